"""Streams the rows of a delimited text file into a plain CSV that the engine reads as it is.

Nothing is interpreted here but the shape: which lines are the table, and how many cells a row has.
Each row keeps the line it came from. Blocks of regular records are copied as they are; only records
that need a look go through the csv module.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from src.data.ingestion.blocks import Block, scan
from src.data.ingestion.encoding import Encoding, find_encoding
from src.data.ingestion.feed import Feed
from src.data.ingestion.inspection import Change, ReadOptions, counted
from src.data.ingestion.layout import (
    DELIMITERS,
    HEAD_RECORDS,
    PIVOTED,
    TWO_HEADERS,
    Layout,
    column_names,
    find_delimiter,
    find_layout,
    header_cells,
    is_pivot,
    sep_line,
)
from src.data.ingestion.repair import repair
from src.data.ingestion.row_writer import MAX_COLUMNS, RowWriter
from src.errors import DataFileError

MAX_CELL = 8 << 20
_SHOWN_LINES = 10
_UNCLOSED_AFTER = 500


@dataclass(slots=True)
class TextTable:
    """A text file as a table, before its values are read.

    Attributes:
        delimiter: separates the cells in the file; `separator` those of the rows written.
    """

    encoding: Encoding
    delimiter: str
    delimiter_evidence: str
    separator: str = ","
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
    written, repaired = encoding.name, target.with_suffix(".repaired")
    try:
        repair_note = repair(path, encoding.name, repaired)
        if repair_note:
            path, encoding = repaired, replace(encoding, name="utf-8")
        try:
            table = _stream(path, label, target, encoding, options, quoting=True)
        except _UnclosedQuoteError as unclosed:
            table = _stream(path, label, target, encoding, options, quoting=False)
            table.warnings.append(
                f"A quotation mark opened at line {unclosed.line} is never closed, so quotation "
                "marks were read as ordinary characters. Check rows that hold them."
            )
        if repair_note:
            table.encoding = replace(encoding, name=written)
            table.changes.insert(0, Change(kind="converted", message=repair_note))
        return table
    finally:
        csv.field_size_limit(previous)
        repaired.unlink(missing_ok=True)


def _stream(
    path: Path, label: str, target: Path, encoding: Encoding, options: ReadOptions, *, quoting: bool
) -> TextTable:
    spans = _Spans()
    with Feed(path, encoding.name) as feed, target.open("wb") as out:
        table = _start(feed, encoding, options)
        records = _records(feed, label, table.delimiter, spans, quoting)
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
        writer = RowWriter(table, out)
        writer.write(first[layout.first :])
        if quoting and table.separator == table.delimiter:
            _copy_blocks(feed, records, writer, spans)
        else:
            writer.write(records)
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


def _start(feed: Feed, encoding: Encoding, options: ReadOptions) -> TextTable:
    """A table with its separator; `feed` stands after a line that announces one."""
    head = list(itertools.islice(feed, HEAD_RECORDS))
    announced = sep_line(head[0]) if head else None
    skip = 1 if announced else 0
    delimiter, evidence = _delimiter(head[skip:], announced, options)
    table = TextTable(encoding, delimiter, evidence)
    if delimiter in DELIMITERS:
        table.separator = delimiter
    if announced:
        table.changes.append(
            Change(kind="dropped", message="The line sep= names the separator.", lines=(1,))
        )
    feed.give_back("".join(head[skip:]), skip)
    return table


def _copy_blocks(
    feed: Feed, records: Iterator[tuple[int, list[str]]], writer: RowWriter, spans: _Spans
) -> None:
    """Write what is left of `feed`: regular blocks as they are, others by way of `records`."""
    separator = ord(writer.delimiter)
    while text := feed.block():
        line = feed.line
        data = text.encode("utf-8", "replace")
        block = scan(data, separator)
        if block and _within_limits(block):
            writer.write_block(data, block, line)
            feed.give_back(data[block.length :].decode(), line + block.line_count)
            spans.start = spans.end = line + block.line_count
        else:
            feed.give_back(text, line)
            until = line + max(text.count("\n"), text.count("\r"), 1)
            writer.write(itertools.chain.from_iterable(_some(records, feed, until)))


def _some(
    records: Iterator[tuple[int, list[str]]], feed: Feed, until: int
) -> Iterator[list[tuple[int, list[str]]]]:
    """Records, one by one, until line `until` of the file is handed out."""
    while feed.line < until and (one := list(itertools.islice(records, 1))):
        yield one


def _within_limits(block: Block) -> bool:
    """Whether no record is so long that a quotation mark was probably left open."""
    longest = int((block.stops - block.starts).max())
    spans = [*block.lines[1:], block.line_count] - block.lines
    return longest <= MAX_CELL and int(spans.max()) <= _UNCLOSED_AFTER + 1


def _delimiter(head: list[str], announced: str | None, options: ReadOptions) -> tuple[str, str]:
    if options.delimiter:
        return options.delimiter, "you chose it"
    if announced:
        return announced, "the first line says so"
    return find_delimiter(head)


@dataclass(slots=True)
class _Spans:
    """The lines where the last record began and ended."""

    start: int = 0
    end: int = 0


def _records(
    feed: Feed, label: str, delimiter: str, spans: _Spans, quoting: bool
) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each starts at."""
    if quoting:
        reader = csv.reader(feed, delimiter=delimiter)
    else:
        reader = csv.reader(feed, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    start = feed.line + 1
    try:
        for record in reader:
            if feed.line - start > _UNCLOSED_AFTER and quoting:
                raise _UnclosedQuoteError(start)
            spans.start, spans.end = start, feed.line
            yield start, record
            start = feed.line + 1
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
        with Feed(path, encoding.name) as feed:
            last = itertools.islice(feed, spans.start - 1, None)
            if sum(line.count('"') for line in last) % 2:
                raise _UnclosedQuoteError(spans.start)


def _head_of(
    table: TextTable,
    first: list[tuple[int, list[str]]],
    layout: Layout,
    label: str,
) -> None:
    """Names of the columns, and what stands above them."""
    width = layout.width
    if width == 0:
        raise DataFileError(
            f"{label} holds no table.", where=label, hint="It has only blank lines."
        )
    above = [(n, r) for n, r in first[: layout.top] if any(r)]
    table.preamble = [table.delimiter.join(r).strip(table.delimiter + " \t") for _, r in above]
    if above:
        table.changes.append(
            Change(
                kind="dropped",
                message=(
                    f"{counted(len(above), 'line')} above the header "
                    f"{'is' if len(above) == 1 else 'are'} not part of the table."
                ),
                rows=len(above),
                lines=tuple(n for n, _ in above[:_SHOWN_LINES]),
            )
        )
    headers = header_cells([r for _, r in first], layout)
    if layout.header is not None and is_pivot(first[layout.header][1]):
        table.warnings.append(PIVOTED)
    if layout.header is None or headers is None:
        table.warnings.append(
            "The first row holds values, not names, so the columns were numbered. "
            "Add a header row if they have names."
        )
        table.headers = [""] * width
        table.names, _ = column_names(None, width)
        return
    table.header_line = first[layout.header][0]
    table.headers = headers
    table.names, notes = column_names(table.headers, width)
    table.changes += [Change(kind="renamed", message=note) for note in notes]
    named = next((i + 1 for i in range(width - 1, -1, -1) if headers[i].strip()), 0)
    if named < width:
        table.warnings.append(
            f"Rows have {width} cells, but the header names {named} columns. A separator inside "
            "values, such as a decimal comma without quotation marks, may have split them: then "
            "numbers stand in the wrong columns. Export the report again with another separator."
        )
    if layout.groups is not None:
        lines = (first[layout.groups][0], table.header_line)
        table.changes.append(Change(kind="renamed", message=TWO_HEADERS, lines=lines))
