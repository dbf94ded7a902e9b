"""Finds the encoding of a text file by evidence."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from src.data.ingestion.alphabets import latin_encoding
from src.errors import DataFileError

SAMPLE_BYTES = 1 << 20
CYRILLIC = ("cp1251", "koi8-r", "cp866")
_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters by which Russian text in one of its one-byte encodings is told from the others.
_RUSSIAN = frozenset("оеаинтсрвлкмдпу")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, the evidence for it in plain words, and how many places it cannot read."""

    name: str
    evidence: str
    damaged: int = 0


def find_encoding(path: Path, file: str, forced: str | None = None) -> Encoding:
    """The encoding of the text file at `path`; `file` is its name for messages.

    Raises:
        DataFileError: the bytes are not text, or `forced` is not the name of an encoding.
    """
    if forced:
        try:
            return Encoding(codecs.lookup(forced).name, "you chose it")
        except LookupError:
            raise DataFileError(
                f"There is no encoding named {forced!r}.", where=file, hint="Try utf-8 or cp1251."
            ) from None
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name, "the file starts with its byte-order mark")
    wide = _utf16_without_mark(head)
    if wide:
        return Encoding(wide, "every second byte is zero, as in UTF-16 text")
    _refuse_binary(head, file)
    damaged, multibyte = _utf8_damage(path)
    if damaged == 0:
        what = "all bytes are valid UTF-8" if multibyte else "only plain ASCII characters"
        return Encoding("utf-8", what)
    if multibyte > 20 * damaged:
        return Encoding("utf-8", f"valid UTF-8 but for {damaged} damaged places", damaged)
    return _one_byte_encoding(head if _has_high(head) else _high_part(path))


def _utf16_without_mark(head: bytes) -> str | None:
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[0::2], head[1::2]
    low_even, low_odd = even.count(0) / len(even), odd.count(0) / max(len(odd), 1)
    # Cyrillic in UTF-16 has 0x04 where Latin has 0x00.
    if low_odd > 0.25 and low_even < 0.02 and (odd.count(0) + odd.count(4)) / len(odd) > 0.9:
        return "utf-16-le"
    if low_even > 0.25 and low_odd < 0.02 and (even.count(0) + even.count(4)) / len(even) > 0.9:
        return "utf-16-be"
    return None


def _refuse_binary(head: bytes, file: str) -> None:
    controls = len(_CONTROLS.findall(head))
    if controls > 8 and controls > 0.002 * len(head):
        raise DataFileError(
            f"{file} is not a table: it holds binary data, not text.",
            where=file,
            hint="Export the report as CSV or XLSX and upload that file.",
        )


def _utf8_damage(path: Path) -> tuple[int, int]:
    """Places that are not UTF-8, and characters of more than one byte, in the whole file."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    damaged = multibyte = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if block.isascii():
                decoder.decode(block)
                continue
            text = decoder.decode(block)
            broken = text.count("\ufffd")
            damaged += broken
            multibyte += len(text) - len(text.encode("ascii", "ignore")) - broken
    damaged += decoder.decode(b"", final=True).count("\ufffd")
    return damaged, multibyte


def _has_high(data: bytes) -> bool:
    return not data.isascii()


def _high_part(path: Path) -> bytes:
    """A stretch of the file that has bytes above ASCII."""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if _has_high(block):
                return block
    return b""


def _one_byte_encoding(head: bytes) -> Encoding:
    runs = re.findall(rb"[\x80-\xff]+", head)
    high = sum(map(len, runs))
    joined = sum(len(run) for run in runs if len(run) > 2)
    if high and joined > 0.5 * high:
        best, share = max(
            ((name, _russian_share(head, name)) for name in CYRILLIC),
            key=lambda item: item[1],
        )
        if share > 0.3:
            return Encoding(
                best, f"not UTF-8, and read as {best} its letters are as frequent as in Russian"
            )
    return Encoding(*latin_encoding(head))


def _russian_share(data: bytes, encoding: str) -> float:
    """Share of frequent lower-case Russian letters among the characters above ASCII."""
    text = [c for c in data.decode(encoding, "replace") if ord(c) > 127]
    return sum(c in _RUSSIAN for c in text) / max(len(text), 1)
