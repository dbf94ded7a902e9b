"""JSON lines: which lines of a file are records, and what is wrong with the others.

The engine reads good files ten times as fast, but of a bad one it tells a single line, by a wrong
number. So when it cannot read a file, or has lines to leave out, each line is looked at here.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from src.data.ingestion.inspection import counted
from src.errors import DataFileError

MAX_LINE: Final = 64 << 20  # bytes
MAX_DEPTH: Final = 127  # of the engine, too
_NAMES: Final = (".jsonl", ".ndjson", ".jsonlines")
_HEAD_LINES: Final = 100
_HEAD_LINE: Final = 1 << 20
_TOLD: Final = 1_000
_SHORT: Final = 256  # a line of blanks may be longer, and is a bad one then
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_KINDS: Final = {
    list: "a list", str: "a text", bool: "true or false", type(None): "null", int: "a number",
    float: "a number",
}  # fmt: skip
_WORDS: Final = (
    ("Extra data", "goes on after the end of its record"),
    ("Unterminated string", "ends within the text that begins"),
    ("Invalid control character", "has a tab or another control character in a text"),
    ("Invalid \\", "has a backslash in a text that stands for nothing"),
    ("Expecting property name", "lacks a name in double quotation marks"),
    ("Illegal trailing comma", "has a comma too many"),
    ("Expecting ':'", "lacks a colon"),
    ("Expecting ','", "lacks a comma or a closing bracket"),
    ("Expecting value", "lacks a value"),
)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no record: its number, from 1, and what is wrong with it."""

    line: int
    message: str


@dataclass(slots=True)
class BadLines:
    """Lines that are no records: the first thousand, and how many there are."""

    told: list[BadLine] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class Lines:
    """What a file of JSON lines holds.

    Attributes:
        records: lines that are one.
        blank: lines with nothing in them.
        others: numbers of the lines that are no records, blank ones included, in order.
    """

    bad: BadLines = field(default_factory=BadLines)
    records: int = 0
    blank: int = 0
    others: array[int] = field(default_factory=lambda: array("Q"))


class _Twice(ValueError):
    """A record has a key twice."""


def named_lines(name: str) -> bool:
    """Whether a file's name says that it holds JSON lines."""
    return name.lower().removesuffix(".gz").endswith(_NAMES)


def is_lines(path: Path, name: str) -> bool:
    """Whether the UTF-8 file at `path` holds a record a line, and not one document.

    Lines of a document are hardly ever whole objects, since commas end them; of a damaged file of
    lines most still are.
    """
    seen = records = 0
    with path.open("rb") as stream:
        for _ in range(_HEAD_LINES):
            line = stream.readline(_HEAD_LINE)
            if not line:
                break
            if text := line.strip():
                seen += 1
                records += text != b"{}" and not _problem(text)
    return seen > 1 and records > 0 and (2 * records > seen or named_lines(name))


def has_gaps(path: Path) -> bool:
    """Whether the engine would pass over a line in silence: a blank one, or ``null``."""
    with path.open("rb") as stream:
        return any(len(line) < _SHORT and line.strip() in (b"", b"null") for line in _lines(stream))


def look_at(path: Path) -> Lines:
    """Look at every line of the UTF-8 file at `path`."""
    found = Lines()
    with path.open("rb") as stream:
        for number, line in enumerate(_lines(stream), 1):
            text = line.strip()
            if not text:
                found.blank += 1
            elif problem := _problem(text):
                found.bad.count += 1
                if found.bad.count <= _TOLD:
                    found.bad.told.append(BadLine(number, problem))
            else:
                found.records += 1
                continue
            found.others.append(number)
    return found


def write_records(path: Path, target: Path, others: array[int]) -> None:
    """Copy a file of lines with an empty record in the place of each line that is none, so that
    records keep their numbers."""
    left_out = iter(others)
    following = next(left_out, 0)
    with path.open("rb") as stream, target.open("wb") as out:
        for number, line in enumerate(_lines(stream), 1):
            if number == following:
                out.write(b"{}\n")
                following = next(left_out, 0)
            else:
                out.write(line)


def refusal(label: str, bad: BadLines) -> DataFileError:
    """The error for a file with lines that are no records; it names the first of them."""
    listed = "; ".join(f"line {one.line} {one.message}" for one in bad.told[:5])
    more = f"; and {bad.count - 5:,} more" if bad.count > 5 else ""
    are = "is no JSON record" if bad.count == 1 else "are no JSON records"
    return DataFileError(
        f"{label} has {counted(bad.count, 'line')} that {are}: {listed}{more}.",
        where=f"{label}, line {bad.told[0].line}",
        hint="Correct these lines or remove them: each line holds one record in braces.",
    )


def damage(document: bytes) -> tuple[int, str] | None:
    """The line of a document at which it is no JSON any more, and why; None when it is JSON, or
    nothing can be told."""
    try:
        json.loads(document.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return document.count(b"\n", 0, error.start) + 1, "holds a byte that is not UTF-8"
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()):
            return error.lineno, "is cut off"
        return error.lineno, f"{_in_words(error.msg)} at character {error.colno}"
    except (RecursionError, ValueError):
        pass
    return None


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines with their ends; no more is kept of one that is too long than tells so."""
    while line := stream.readline(MAX_LINE + 1):
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)
        yield line


def _problem(line: bytes) -> str:
    """What is wrong with a line that should be a record; empty when nothing is."""
    if len(line) > MAX_LINE:
        return f"is longer than {MAX_LINE >> 20} MB"
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return f"holds a byte that is not UTF-8, at byte {error.start + 1}"
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text):
            return f"is cut off after {counted(len(text), 'character')}"
        return f"{_in_words(error.msg)} at character {error.pos + 1}"
    except _Twice as error:
        return str(error)
    except RecursionError:
        return _TOO_DEEP
    if not isinstance(value, dict):
        return f"holds {_KINDS[type(value)]} and not a record in braces"
    if "" in value:
        return "has a value without a name"
    if line.count(b"{") + line.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        return _TOO_DEEP
    if _HALF.search(line) and not _is_text(value):
        return "holds half of a character, a \\ud800 to \\udfff by itself"
    return ""


_TOO_DEEP: Final = f"is nested more than {MAX_DEPTH} levels deep"


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Twice(f"has the key {twice[:60]!r} twice")
    return record


def _whole(digits: str) -> int:
    return 0 if len(digits) > 20 else int(digits)  # only its type is looked at


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_record, parse_int=_whole)


def _in_words(message: str) -> str:
    return next((words for start, words in _WORDS if message.startswith(start)), "is no JSON")


def _depth(value: Any) -> int:
    """How many levels of lists and objects are in each other."""
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    return depth


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
