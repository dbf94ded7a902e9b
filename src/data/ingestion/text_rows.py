"""Streams the rows of a delimited text file into a plain CSV that the engine reads as it is.

Nothing is interpreted here but the shape: which lines are the table, and how many cells a row has.
Each row keeps the line it came from.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from src.data.ingestion.encoding import Encoding, find_encoding, lines
from src.data.ingestion.inspection import Change, ReadOptions
from src.data.ingestion.layout import (
    HEAD_RECORDS,
    Layout,
    column_names,
    find_delimiter,
    find_layout,
    sep_line,
)
from src.errors import DataFileError

MAX_COLUMNS = 5000
MAX_CELL = 8 << 20
_SHOWN_LINES = 10
_BATCH = 5000
_UNCLOSED_AFTER = 500


@dataclass(slots=True)
class TextTable:
    """A text file as a table, before its values are read."""

    encoding: Encoding
    delimiter: str
    delimiter_evidence: str
    header_line: int | None = None
    headers: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    preamble: list[str] = field(default_factory=list)
    width: int = 0
    rows: int = 0
    rows_dropped: int = 0
    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _UnclosedQuoteError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read_text(path: Path, label: str, target: Path, options: ReadOptions) -> TextTable:
    """Write the rows of the text file at `path` to `target` as CSV: line number, number of cells
    that the line had, then the cells.

    Args:
        label: the file's name for messages.

    Raises:
        DataFileError: the file is not a table of text.
    """
    encoding = find_encoding(path, label, options.encoding)
    previous = csv.field_size_limit(MAX_CELL)
    try:
        try:
            return _stream(path, label, target, encoding, options, quoting=True)
        except _UnclosedQuoteError as unclosed:
            table = _stream(path, label, target, encoding, options, quoting=False)
            table.warnings.append(
                f"A quotation mark opened at line {unclosed.line} is never closed, so quotation "
                "marks were read as ordinary characters. Check rows that hold them."
            )
            return table
    finally:
        csv.field_size_limit(previous)


def _stream(
    path: Path, label: str, target: Path, encoding: Encoding, options: ReadOptions, *, quoting: bool
) -> TextTable:
    source = lines(path, encoding)
    head = list(itertools.islice(source, HEAD_RECORDS))
    announced = sep_line(head[0]) if head else None
    delimiter, evidence = _delimiter(head[1:] if announced else head, announced, options)
    table = TextTable(encoding, delimiter, evidence)
    skip = 1 if announced else 0
    if announced:
        table.changes.append(
            Change(kind="dropped", message="The line sep= names the separator.", lines=(1,))
        )
    spans = _Spans(skip)
    records = _records(itertools.chain(head[skip:], source), label, delimiter, spans, quoting)
    first = list(itertools.islice(records, HEAD_RECORDS))
    layout = find_layout([r for _, r in first])
    if layout.width > MAX_COLUMNS:
        raise DataFileError(
            f"{label} has {layout.width} columns; at most {MAX_COLUMNS} are read.",
            where=label,
            hint="Export fewer columns.",
        )
    table.width = layout.width
    _head_of(table, first, layout, label)
    body = itertools.chain(first[layout.first :], records)
    writer = _RowWriter(table, [h.strip() for h in table.headers])
    with target.open("w", encoding="utf-8", newline="") as out:
        writer.write(body, csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\n"))
    if quoting:
        _check_end(path, encoding, spans)
    if not table.rows:
        what = "only a header" if table.header_line else "no rows"
        raise DataFileError(
            f"{label} has {what}, no data.",
            where=f"{label}, line {table.header_line or 1}",
            hint="Export the report again for a period that has data.",
        )
    writer.report()
    return table


def _delimiter(head: list[str], announced: str | None, options: ReadOptions) -> tuple[str, str]:
    if options.delimiter:
        return options.delimiter, "you chose it"
    if announced:
        return announced, "the first line says so"
    return find_delimiter(head)


@dataclass(slots=True)
class _Spans:
    """Where the last record began and ended; `skipped` lines were taken off the file before it."""

    skipped: int
    start: int = 0
    end: int = 0


def _records(
    source: Iterator[str], label: str, delimiter: str, spans: _Spans, quoting: bool
) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each starts at."""
    if quoting:
        reader = csv.reader(source, delimiter=delimiter)
    else:
        reader = csv.reader(source, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    start = spans.skipped + 1
    try:
        for record in reader:
            end = reader.line_num + spans.skipped
            if end - start > _UNCLOSED_AFTER and quoting:
                raise _UnclosedQuoteError(start)
            spans.start, spans.end = start, end
            yield start, record
            start = end + 1
    except csv.Error as error:
        if quoting:
            raise _UnclosedQuoteError(start) from None
        raise DataFileError(
            f"{label} cannot be read as a table: {error}.",
            where=f"{label}, line {start}",
            hint="Look at that line, or export the report as XLSX.",
        ) from None


def _check_end(path: Path, encoding: Encoding, spans: _Spans) -> None:
    """A last record of several lines with an odd number of quotation marks was never closed."""
    if spans.end > spans.start:
        last = itertools.islice(lines(path, encoding), spans.start - 1, None)
        if sum(line.count('"') for line in last) % 2:
            raise _UnclosedQuoteError(spans.start)


def _head_of(
    table: TextTable,
    first: list[tuple[int, list[str]]],
    layout: Layout,
    label: str,
) -> None:
    """Names of the columns, and what stands above them."""
    header, start, width = layout.header, layout.first, layout.width
    if width == 0:
        raise DataFileError(
            f"{label} holds no table.", where=label, hint="It has only blank lines."
        )
    above = [(n, r) for n, r in first[: header if header is not None else start] if any(r)]
    table.preamble = [table.delimiter.join(r).strip(table.delimiter + " \t") for _, r in above]
    if above:
        table.changes.append(
            Change(
                kind="dropped",
                message=f"{len(above)} lines above the header are not part of the table.",
                rows=len(above),
                lines=tuple(n for n, _ in above[:_SHOWN_LINES]),
            )
        )
    if header is None:
        table.warnings.append(
            "The first row holds values, not names, so the columns were numbered. "
            "Add a header row if they have names."
        )
        table.headers = [""] * width
        table.names, _ = column_names(None, width)
        return
    table.header_line = first[header][0]
    table.headers = list(first[header][1][:width]) + [""] * (width - len(first[header][1]))
    table.names, notes = column_names(table.headers, width)
    table.changes += [Change(kind="renamed", message=note) for note in notes]


class _CsvWriter(Protocol):
    def writerows(self, rows: Iterable[Iterable[str | int]], /) -> None: ...


class _RowWriter:
    """Writes rows of one width, and remembers which ones had another."""

    def __init__(self, table: TextTable, header: list[str]) -> None:
        self.table = table
        self.header = header
        self.width = len(header)
        self.blank = self.repeated = self.overflow = 0
        self.comments = any(line.startswith("#") for line in table.preamble)
        self.commented = 0

    def write(self, body: Iterator[tuple[int, list[str]]], out: _CsvWriter) -> None:
        """Stream `body` into `out` in batches."""
        batch: list[list[str | int]] = []
        width, first, comments = self.width, self.header[0] if self.header else "", self.comments
        for line, record in body:
            if len(record) != width or not record:
                shaped = self._shape(line, record)
                if shaped is None:
                    continue
                batch.append([line, len(record), *shaped])
            else:
                start = record[0]
                if not start and not any(record):
                    self.blank += 1
                    continue
                if (start == first or comments) and self._is_furniture(record):
                    continue
                batch.append([line, width, *record])
            if len(batch) >= _BATCH:
                self._flush(batch, out)
        self._flush(batch, out)

    def _flush(self, batch: list[list[str | int]], out: _CsvWriter) -> None:
        out.writerows(batch)
        self.table.rows += len(batch)
        batch.clear()

    def _is_furniture(self, record: list[str]) -> bool:
        """A repeated header or a comment: said, and not loaded."""
        if record[0] == self.header[0] and [c.strip() for c in record] == self.header:
            self.repeated += 1
        elif self.comments and record[0].startswith("#"):
            self.commented += 1
        else:
            return False
        return True

    def _shape(self, line: int, record: list[str]) -> list[str] | None:
        while len(record) > self.width and not record[-1].strip():
            record.pop()
        if not any(cell.strip() for cell in record):
            self.blank += 1
            return None
        if self._is_furniture(record):
            return None
        if len(record) < self.width:
            return record + [""] * (self.width - len(record))
        if len(record) > self.width:
            self.overflow = max(self.overflow, len(record) - self.width)
            if self.overflow > MAX_COLUMNS:
                raise DataFileError(
                    f"Line {line} has {len(record)} cells, the header {self.width}.",
                    where=f"line {line}",
                    hint="Look at that line: the separator or a quotation mark may be wrong there.",
                )
        return record

    def report(self) -> None:
        """Say what was odd, and give cells beyond the header columns of their own."""
        table = self.table
        if self.blank:
            table.changes.append(
                Change(kind="dropped", message="Blank lines were left out.", rows=self.blank)
            )
        for count, what in (
            (self.repeated, "repeated header rows"),
            (self.commented, "comment lines"),
        ):
            if count:
                table.changes.append(
                    Change(kind="dropped", message=f"{count} {what} were left out.", rows=count)
                )
        table.rows_dropped += self.repeated + self.commented
        if self.overflow:
            wide = self.width + self.overflow
            table.names, _ = column_names([*table.names, *(["extra"] * self.overflow)], wide)
            table.headers += [""] * self.overflow
