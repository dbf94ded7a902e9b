"""Writes the rows of a text table for the engine, one width for all, and remembers the odd ones."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from src.data.ingestion.inspection import Change, counted
from src.data.ingestion.layout import column_names
from src.errors import DataFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from src.data.ingestion.blocks import Block
    from src.data.ingestion.text_rows import TextTable

MAX_COLUMNS = 5000
_BATCH = 5000


class RowWriter:
    """Writes rows to `out` as line number, number of cells the line had, then the cells.

    Args:
        table: its `rows` are counted here; its `separator` is written.
    """

    def __init__(self, table: TextTable, out: BinaryIO) -> None:
        self.table = table
        self.out = out
        self.delimiter = table.separator
        self.header = [h.strip() for h in table.headers]
        self.width = len(self.header)
        self.blank = self.repeated = self.overflow = self.commented = 0
        self.comments = any(line.startswith("#") for line in table.preamble)

    def write(self, body: Iterable[tuple[int, list[str]]]) -> None:
        """Look at each record of `body` and write those that are data, in batches."""
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
                self._flush(batch)
        self._flush(batch)

    def write_block(self, data: bytes, block: Block, line: int) -> None:
        """Copy the regular records of `block`, whose bytes are `data`; look at the others.

        Args:
            line: lines of the file before the block.
        """
        stops, odd = self._odd(data, block)
        numbers = (block.lines + (line + 1)).tolist()
        rows = list(zip(numbers, block.starts.tolist(), stops.tolist(), strict=True))
        middle = f"{self.delimiter}{self.width}{self.delimiter}".encode()
        done = 0
        for position in [*odd, len(rows)]:
            self.out.write(
                b"".join([b"%d%b%b\n" % (n, middle, data[a:b]) for n, a, b in rows[done:position]])
            )
            self.table.rows += position - done
            if position < len(rows):
                number, start, stop = rows[position]
                text = data[start:stop].decode()
                parsed = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
                self.write([(number, next(parsed, []))])
            done = position + 1

    def _odd(self, data: bytes, block: Block) -> tuple[NDArray[np.intp], list[int]]:
        """Where records stop, and the positions of those that may be more than plain data."""
        import numpy as np

        codes = np.frombuffer(data, np.uint8)
        separator = ord(self.delimiter)
        first, last = codes[block.starts], codes[block.stops - 1]
        # One separator too many at the end of a row is an empty cell that nobody meant.
        extra = (block.cells == self.width + 1) & (last == separator) & (self.width > 0)
        stops = block.stops - extra
        length = stops - block.starts
        odd = (block.cells - extra != self.width) | (length == 0)
        marks = (separator, ord('"'))
        odd |= np.isin(first, marks) & np.isin(last, marks) & (length <= 3 * self.width)
        if self.comments:
            odd |= np.isin(first, (ord("#"), ord('"')))
        found = np.flatnonzero(odd).tolist()
        header = self._like_header(data, block)
        return stops, sorted({*found, *header}) if header else found

    def _like_header(self, data: bytes, block: Block) -> set[int]:
        """Positions of records that hold the first name of the header where the header does."""
        import numpy as np

        name = next((h for h in self.header if h), "").replace('"', '""').encode()
        if not name:
            return set()
        ends = self.delimiter.encode() + b'"\r\n'
        bounded = re.escape(name) + b"(?=[" + re.escape(ends) + b"])"
        if self.header[0]:
            starts = [m.end() - 1 for m in re.finditer(b'\n"?' + bounded, data)]
            starts += [0] if re.match(b'"?' + bounded, data) else []
        else:
            starts = [m.start() for m in re.finditer(bounded, data)]
        inside = [at for at in starts if at < block.length]
        return set((np.searchsorted(block.starts, inside, side="right") - 1).tolist())

    def _flush(self, batch: list[list[str | int]]) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        writer.writerows(batch)
        self.out.write(text.getvalue().encode("utf-8", "replace"))
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
            (self.repeated, "repeated header row"),
            (self.commented, "comment line"),
        ):
            if count:
                were = "was" if count == 1 else "were"
                message = f"{counted(count, what)} {were} left out."
                table.changes.append(Change(kind="dropped", message=message, rows=count))
        table.rows_dropped += self.repeated + self.commented
        if self.overflow:
            wide = self.width + self.overflow
            table.names, _ = column_names([*table.names, *(["extra"] * self.overflow)], wide)
            table.headers += [""] * self.overflow
