"""Texts that say the same as another product's: MinHash over word shingles, in bounded memory.

Similarity is the estimated Jaccard index of the sets of three-word shingles [Broder 1997]. The
newest texts are kept; the oldest are forgotten once `capacity` is reached, so memory does not grow
with the catalogue.
"""

from __future__ import annotations

import re
import threading
import zlib
from typing import cast

import numpy as np
import numpy.typing as npt

_WORD = re.compile(r"[^\W_]+")
_HASHES = 64
_ROWS = 4  # hashes a band: 16 bands find 99.99% of pairs at 0.85 and 97% at 0.66
_SHINGLE = 3
_ENOUGH = 20  # shingles
_SHORT = 6  # shingles; shorter texts coincide without being copied
_HALF = np.uint64(32)
_EMPTY = -1
_BANDS = np.arange(_HASHES // _ROWS)

Signature = npt.NDArray[np.uint32]


class DuplicateIndex:
    """The texts seen, by content type. Safe to share between threads.

    Args:
        threshold: similarity from which a text is a duplicate, 0..1; texts of fewer than
            22 words must be the same word for word, and those of fewer than 8 never are one.
        capacity: texts remembered. Memory is about 0.5 kB each.
    """

    def __init__(self, threshold: float = 0.85, capacity: int = 65_536) -> None:
        self._threshold = threshold
        self._capacity = capacity
        self._lock = threading.Lock()
        self._signatures: Signature | None = None
        self._owners: list[tuple[str, str]] = []
        self._heads: npt.NDArray[np.int32] | None = None
        self._next = 0
        random = np.random.default_rng(20_240_917)  # any fixed seed: signatures must agree
        self._a = random.integers(0, 2**64, _HASHES, dtype=np.uint64) | np.uint64(1)
        self._b = random.integers(0, 2**64, _HASHES, dtype=np.uint64)
        self._words = random.integers(0, 2**64, _SHINGLE, dtype=np.uint64) | np.uint64(1)
        self._rows = random.integers(0, 2**64, _ROWS, dtype=np.uint64) | np.uint64(1)

    def add(self, text: str, *, product: str, type: str) -> str:
        """Remember a text, unless it reads like one of another product of the same type.

        Returns:
            that product's id, and nothing is remembered; or an empty string.
        """
        signature, size = self._sign(text)
        # One word more or less is a large part of a short text, and no sign of copying.
        if size < _SHORT:
            return ""
        threshold = self._threshold if size >= _ENOUGH else 1.0
        bands = self._bands(signature, type)
        with self._lock:
            signatures, heads = self._tables()
            others: list[int] = heads[_BANDS, bands].tolist()
            for other in others:
                if other == _EMPTY or self._owners[other][0] in (product, ""):
                    continue
                like = float(np.mean(signatures[other] == signature))
                if like >= threshold and self._owners[other][1] == type:
                    return self._owners[other][0]
            self._keep(signature, bands, product, type)
        return ""

    def _keep(
        self, signature: Signature, bands: npt.NDArray[np.int64], product: str, type: str
    ) -> None:
        signatures, heads = self._tables()
        at = self._next % self._capacity
        if at < len(self._owners):
            self._owners[at] = (product, type)
        else:
            self._owners.append((product, type))
        signatures[at] = signature
        heads[_BANDS, bands] = at
        self._next += 1

    def _tables(self) -> tuple[Signature, npt.NDArray[np.int32]]:
        if self._signatures is None or self._heads is None:
            self._signatures = np.zeros((self._capacity, _HASHES), dtype=np.uint32)
            slots = 2 * self._capacity
            self._heads = np.full((_HASHES // _ROWS, slots), _EMPTY, dtype=np.int32)
        return self._signatures, self._heads

    def _sign(self, text: str) -> tuple[Signature, int]:
        """The signature of a text, and of how many shingles."""
        words = _WORD.findall(text.casefold()) or [""]
        hashed = np.fromiter(map(zlib.crc32, map(str.encode, words)), np.uint64, len(words))
        # Multiply-shift [Dietzfelbinger 1996], modulo 2^64 by overflow: first of the words of each
        # shingle, then of each shingle by 64 functions.
        size = min(_SHINGLE, len(words))
        rolled = sum(
            hashed[at : len(words) - size + 1 + at] * self._words[at] for at in range(size)
        )
        shingles = rolled >> _HALF
        spread = shingles[:, None] * self._a
        spread += self._b
        # The upper halves have the order of the whole.
        signed: Signature = (spread.min(axis=0) >> _HALF).astype(np.uint32)
        return signed, len(set(shingles.tolist()))

    def _bands(self, signature: Signature, type: str) -> npt.NDArray[np.int64]:
        rows = signature.reshape(-1, _ROWS).astype(np.uint64)
        rows[:, 0] += np.uint64(zlib.crc32(type.encode()))
        slots = ((rows @ self._rows) >> _HALF) % np.uint64(2 * self._capacity)
        return cast(npt.NDArray[np.int64], slots.astype(np.int64))
