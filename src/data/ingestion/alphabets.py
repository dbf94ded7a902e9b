"""Tells the one-byte encodings of Latin alphabets apart by the letters that languages have.

The same byte is ``¹`` in Western European text and ``ą`` in Polish: the encoding is believed whose
reading gives letters of one language.
"""

from __future__ import annotations

import re
from collections import Counter

WESTERN = "cp1252"
# Icelandic is not among the Western ones: it would explain Turkish. It is not taken for Turkish, as
# that lacks its vowels.
_ALPHABETS = {
    WESTERN: (
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüç", "ãáâàçéêíóôõú", "àèéìíîòóùú", "åäöé", "æøåéèóôòâ",
        "àçèéíïòóúü·", "áéëïóöüè",
    ),
    "cp1250": (
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîșțşţ",
    ),
    "cp1254": ("çğıiöşüâîû",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    # As Excel on a Mac saves "CSV (Macintosh)".
    "mac-roman": ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüç", "ãáâàçéêíóôõú", "àèéìíîòóùú"),
}  # fmt: skip
_ALPHABETS["iso-8859-2"] = _ALPHABETS["cp1250"]
# A currency after a name or a number, where the rest of the file may be plain ASCII.
_TOKENS = ((re.compile(rb"(?<![A-Za-z])z\xb3(?![A-Za-z])"), "cp1250"),
           (re.compile(rb"(?<![A-Za-z])K\xe8(?![A-Za-z])"), "cp1250"))  # fmt: skip
# How many different letters must tell an encoding from Western European; more where common letters
# of the one are rare letters of the other.
_ENOUGH = {"mac-roman": 3}
_USUAL_ENOUGH = 2
_EXPLAINED = 0.75
_IN_WORD = re.compile(rb"(?<=[A-Za-z\x80-\xff])[\x80-\xff]|[\x80-\xff](?=[A-Za-z\x80-\xff])")


def latin_encoding(data: bytes) -> tuple[str, str]:
    """The encoding of `data`, text in one byte a letter, and the evidence in plain words.

    Western European is left only for one that reads more letters as those of one language, with at
    least two letters (or a currency) that Western European reads otherwise.
    """
    bytes_seen = Counter(ord(found) for found in _IN_WORD.findall(data))
    shares = {name: _share(bytes_seen, name) for name in _ALPHABETS}
    told = [
        name
        for name, share in shares.items()
        if share >= _EXPLAINED and _telling(bytes_seen, name) >= _ENOUGH.get(name, _USUAL_ENOUGH)
    ]
    best = max([WESTERN, *told], key=shares.__getitem__)
    if shares[best] > shares[WESTERN] + 0.02:
        return best, f"not UTF-8, and read as {best} its letters are those of one language"
    for token, name in _TOKENS:
        if token.search(data) and shares[name] >= shares[WESTERN]:
            return name, f"not UTF-8, and read as {name} a currency is written right"
    return WESTERN, "not UTF-8; single accented letters, as in Western European text"


def _share(seen: Counter[int], encoding: str) -> float:
    """Share of the bytes that are letters of the language of `encoding` which fits best; signs that
    are no letters in any of the encodings do not count."""
    counted = {byte: n for byte, n in seen.items() if not _is_sign(byte)}
    total = sum(counted.values())
    if not total:
        return 0.0
    fitting = (
        sum(n for byte, n in counted.items() if _letter(byte, encoding) in alphabet)
        for alphabet in map(frozenset, _ALPHABETS[encoding])
    )
    return max(fitting) / total


def _telling(seen: Counter[int], encoding: str) -> int:
    """How many different bytes are letters in `encoding` and others in Western European."""
    letters = frozenset("".join(_ALPHABETS[encoding]))
    return sum(
        (letter := _letter(byte, encoding)) in letters and letter != _letter(byte, WESTERN)
        for byte in seen
    )


def _letter(byte: int, encoding: str) -> str:
    return bytes([byte]).decode(encoding, "replace").lower()[0]


def _is_sign(byte: int) -> bool:
    """Whether a byte is no letter, or nothing, however it is read: a dash, a sign of a currency."""
    return not any(_letter(byte, name).isalpha() for name in _ALPHABETS if name != "mac-roman")
