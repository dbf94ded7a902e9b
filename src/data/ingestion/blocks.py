"""Finds the records in a block of delimited text, all at once instead of character by character.

A block counts as regular when a quotation mark stands only where RFC 4180 has one: around a whole
cell, or doubled inside it. In such a block the number of marks before a line break tells whether
the break ends a record, and every reader of CSV sees the same cells. Anything else is for the csv
module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Positions = NDArray[np.intp]
    Bytes = NDArray[np.uint8]

LF, CR, QUOTE = b"\n"[0], b"\r"[0], b'"'[0]


@dataclass(frozen=True, slots=True)
class Block:
    """The whole records of a block of bytes, one array entry for each.

    Attributes:
        starts, stops: byte positions, the line end not included.
        cells: cells of the record.
        lines: line breaks in the block before the record.
        length: bytes of all whole records; `line_count` their lines.
    """

    starts: Positions
    stops: Positions
    cells: Positions
    lines: Positions
    length: int
    line_count: int


def scan(data: bytes, delimiter: int) -> Block | None:
    """The records of `data`, which starts with one; None when none is whole or some is irregular.

    Args:
        data: UTF-8, or another encoding in which ASCII bytes are nothing but ASCII characters.
        delimiter: the separator's byte.
    """
    import numpy as np

    if data.count(b"\r") != data.count(b"\r\n"):
        return None
    codes = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(codes == LF)
    quotes = np.flatnonzero(codes == QUOTE)
    ends = _outside(breaks, quotes)
    if not len(ends):
        return None
    length = int(ends[-1]) + 1
    quotes = quotes[: np.searchsorted(quotes, length)]
    if not _well_quoted(codes, quotes, delimiter):
        return None
    starts = np.concatenate((np.zeros(1, ends.dtype), ends[:-1] + 1))
    separators = _outside(np.flatnonzero(codes[:length] == delimiter), quotes)
    return Block(
        starts=starts,
        stops=ends - ((ends > starts) & (codes[ends - 1] == CR)),
        cells=np.diff(np.searchsorted(separators, ends), prepend=0) + 1,
        lines=np.searchsorted(breaks, starts),
        length=length,
        line_count=int(np.searchsorted(breaks, length)),
    )


def _outside(positions: Positions, quotes: Positions) -> Positions:
    """Those of `positions` with an even number of quotation marks before them."""
    import numpy as np

    if not len(quotes):
        return positions
    outside: Positions = positions[np.searchsorted(quotes, positions) % 2 == 0]
    return outside


def _well_quoted(codes: Bytes, quotes: Positions, delimiter: int) -> bool:
    """Whether marks open at the start of a cell, close at the end of one, or are doubled."""
    import numpy as np

    if not len(quotes):
        return True
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = opening[1:] == closing[:-1] + 1
    before, after = codes[opening[1:] - 1], codes[closing + 1]
    first = opening[0] == 0 or codes[opening[0] - 1] in (delimiter, LF)
    opens = (before == delimiter) | (before == LF) | doubled
    closes = (after == delimiter) | (after == LF) | (after == CR)
    closes[:-1] |= doubled
    return bool(first and np.all(opens) and np.all(closes))
