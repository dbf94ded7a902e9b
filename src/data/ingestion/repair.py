"""Brings text files whose quotation marks are written otherwise into the usual way of CSV.

Two ways are known: a quotation mark in a value escaped by a backslash, as databases and programs
write it, and lines quoted whole, as spreadsheet programs save a CSV that was opened as one column.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from src.data.ingestion.feed import Feed
from src.data.ingestion.layout import DELIMITERS, HEAD_RECORDS

BACKSLASHES = "Quotation marks in values are escaped by backslashes; they were read as such."
WHOLE_LINES = "Every line is quoted as a whole; the quotation marks around it were taken off."
_ENOUGH = 0.9
_BETTER = 0.3


def repair(path: Path, encoding: str, target: Path) -> str | None:
    """Write the text of `path` to `target`, as UTF-8 and in the usual way; lines keep their places.

    Returns:
        What was done, in plain words; None when nothing was to be done and nothing was written.
    """
    with Feed(path, encoding) as feed:
        head = list(itertools.islice(feed, HEAD_RECORDS))
    change, message = _whole_line, WHOLE_LINES
    if not _quoted_whole(head):
        if not _backslashed(head):
            return None
        change, message = _doubled, BACKSLASHES
    with Feed(path, encoding) as feed, target.open("w", encoding="utf-8", newline="") as out:
        out.writelines(map(change, feed))
    return message


def _whole_line(line: str) -> str:
    text = line.rstrip("\r\n")
    end = line[len(text) :]
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text + end


def _doubled(line: str) -> str:
    return line.replace('\\"', '""')


def _quoted_whole(head: Sequence[str]) -> bool:
    lines = [line.strip() for line in head if line.strip()]
    quoted = [n for n in lines if n[0] == '"' and len(next(csv.reader([n]), [])) == 1]
    if len(lines) < 2 or len(quoted) < _ENOUGH * len(lines):
        return False
    return any(_regular(list(map(_whole_line, quoted)), d) >= _ENOUGH for d in DELIMITERS)


def _backslashed(head: Sequence[str]) -> bool:
    if not any('\\"' in line for line in head):
        return False
    repaired = list(map(_doubled, head))
    return any(
        _regular(repaired, d) >= max(_ENOUGH, _regular(head, d) + _BETTER) for d in DELIMITERS
    )


def _regular(lines: Sequence[str], delimiter: str) -> float:
    """Share of the records that are as wide as the header, the first of more than one cell."""
    try:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter) if record]
    except csv.Error:
        return 0.0
    header = next((width for width in widths if width > 1), 0)
    return Counter(widths)[header] / len(widths) if header else 0.0
