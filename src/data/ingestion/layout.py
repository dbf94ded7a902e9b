"""Finds where the table is in a report: separator, lines above the header, the header itself."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from src.data.ingestion.dates import DateStyle, parse_words
from src.data.ingestion.formats import is_placeholder, looks_like_value

HEAD_RECORDS = 400
DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r'^\ufeff?"?sep=(.)"?,*;*\s*$', re.IGNORECASE)
TWO_HEADERS = "Two rows of names stand above the data; they were read as one header."
PIVOTED = (
    "Periods stand side by side in columns, so no period can be asked for. For questions over "
    "time, bring the table into one row for each name and period (in a spreadsheet program: "
    "Unpivot)."
)
_HEADER_SEARCH = 60
_PIVOT_NAMES = 4
_TOTAL = re.compile(r"\b(total|sum|итог|итого|всего|gesamt\w*|ergebnis)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the table is among the first records of a file.

    Attributes:
        header: index of the header among the records, or None when there is none.
        first: index of the first record of data.
        width: columns of the table.
        groups: index of the record above the header that names groups of columns, or None.
    """

    header: int | None
    first: int
    width: int
    groups: int | None = None

    @property
    def top(self) -> int:
        """How many records stand above the table."""
        if self.groups is not None:
            return self.groups
        return self.first if self.header is None else self.header


def sep_line(line: str) -> str | None:
    """The separator that a ``sep=;`` line announces, or None."""
    found = _SEP_LINE.match(line.rstrip("\r\n"))
    return found.group(1) if found else None


def find_delimiter(head: Sequence[str]) -> tuple[str, str]:
    """The separator of the lines `head`, and the evidence for it in plain words.

    The one that cuts most lines into the same number of cells wins; a table of one column is
    taken as separated by commas.
    """
    best, best_score, evidence = ",", 0.0, "no separator found: one column"
    for delimiter in DELIMITERS:
        records = list(csv.reader(head, delimiter=delimiter))[:HEAD_RECORDS]
        widths = Counter(len(r) for r in records if any(c.strip() for c in r))
        wide = {w: n for w, n in widths.items() if w > 1}
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda item: (item[1] * (item[0] - 1), item[0]))
        share = count / max(sum(widths.values()), 1)
        # Lines of equal width speak for a separator; how many columns it makes only breaks ties,
        # or else commas inside decimal numbers would outvote the semicolons around them.
        score = share + min(width, 40) / 200 + _clean_cells(records, width) / 2
        if score > best_score:
            best, best_score = delimiter, score
            evidence = f"{count} of {sum(widths.values())} lines looked at have {width} cells"
    return best, evidence


def _clean_cells(records: Sequence[Sequence[str]], width: int) -> float:
    """Share of cells without another separator in them: a wrong separator leaves those behind."""
    cells = [c for r in records if len(r) == width for c in r]
    dirty = sum(any(d in cell for d in DELIMITERS if d != ",") for cell in cells)
    return 1 - dirty / max(len(cells), 1)


def find_layout(records: Sequence[Sequence[str]]) -> Layout:
    """Where the table begins among `records`, the first records of a file or sheet.

    The header is the first record about as wide as the table whose cells are names rather than
    numbers or dates. A table that starts with values at once has no header.
    """
    filled = [sum(bool(cell.strip()) for cell in record) for record in records]
    width = _table_width(records, filled)
    for index, record in enumerate(records[:_HEADER_SEARCH]):
        if filled[index] < max(1, min(width, 2)) or filled[index] < 0.5 * width:
            continue
        if _is_comment(record) and any(
            n >= 0.5 * width and not _is_comment(r)
            for n, r in zip(filled[index + 1 :], records[index + 1 :], strict=True)
        ):
            continue
        if _is_header(record, records[index + 1 :]):
            found = Layout(index, index + 1, max(width, _used(record)))
            return _with_groups(records, found, index)
        return Layout(None, index, width)
    return Layout(None, 0, max(width, 1))


def _table_width(records: Sequence[Sequence[str]], filled: Sequence[int]) -> int:
    """Cells of the usual record, trailing empty ones not counted."""
    used = Counter(_used(r) for r, n in zip(records, filled, strict=True) if n)
    if not used:
        return 0
    # A header and one row of data outweigh a longer preamble of single cells.
    return max(used, key=lambda width: (used[width] * min(width, 12), width))


def _used(record: Sequence[str]) -> int:
    return next((i + 1 for i in range(len(record) - 1, -1, -1) if record[i].strip()), 0)


def _is_comment(record: Sequence[str]) -> bool:
    return bool(record) and record[0].lstrip().startswith("#")


def _is_header(record: Sequence[str], following: Sequence[Sequence[str]]) -> bool:
    """Whether the cells are names: no numbers or dates where the rows below have them."""
    cells = [(i, c) for i, c in enumerate(record) if c.strip() and not is_placeholder(c)]
    values = [(i, c) for i, c in cells if looks_like_value(c)]
    if not values:
        return bool(cells)
    if len(values) > 0.5 * len(cells) and not is_pivot(record):
        return False
    below = [r for r in following[:50] if _used(r) >= 0.5 * len(record)]
    if not below:
        return len(values) * 2 < len(cells)
    same = sum(
        1
        for i, _ in values
        if sum(i < len(r) and looks_like_value(r[i]) for r in below) > 0.5 * len(below)
    )
    return same == 0 or is_pivot(record)


def _with_groups(records: Sequence[Sequence[str]], found: Layout, header: int) -> Layout:
    """`found`, with the second row of names that stands below or above its header, if any."""
    row = records[header]
    below = records[header + 1 :]
    if below and _is_second_header(row, below[0], below[1:51]):
        width = max(found.width, _used(below[0]))
        return Layout(header + 1, header + 2, width, groups=header)
    names = [c.strip().casefold() for c in row if c.strip()]
    above = [i for i, c in enumerate(records[header - 1]) if c.strip()] if header else []
    repeated = len(set(names)) < len(names)
    if repeated and len(above) > 1 and all(i < len(row) and row[i].strip() for i in above):
        return replace(found, groups=header - 1)
    return found


def _is_second_header(
    row: Sequence[str], second: Sequence[str], below: Sequence[Sequence[str]]
) -> bool:
    """Whether `second` names the columns that the header `row` leaves blank, in merged cells."""
    named = [i for i, c in enumerate(second) if c.strip()]
    if not any(i >= len(row) or not row[i].strip() for i in named):
        return False
    if any(is_placeholder(second[i]) or looks_like_value(second[i]) for i in named):
        return False
    wide = max(_used(row), _used(second))
    known = set(named) | {i for i, c in enumerate(row) if c.strip()}
    rows = [r for r in below if any(c.strip() for c in r)]
    return len(known) == wide and any(
        sum(i < len(r) and looks_like_value(r[i]) for r in rows) > 0.5 * len(rows) for i in named
    )


def header_cells(records: Sequence[Sequence[str]], layout: Layout) -> list[str] | None:
    """The header of a table, as wide as it is; None when there is none.

    Under a row of groups ("Google", "Meta"), names that occur twice get their group's name.
    """
    if layout.header is None:
        return None
    row = _padded(records[layout.header], layout.width)
    if layout.groups is None:
        return row
    upper = _padded(records[layout.groups], layout.width)
    names = [name if name.strip() else above for name, above in zip(row, upper, strict=True)]
    counts = Counter(name.strip().casefold() for name in names)
    group = ""
    for i, above in enumerate(upper):
        group = above.strip() or group
        if group and row[i].strip() and counts[names[i].strip().casefold()] > 1:
            names[i] = f"{group} {names[i].strip()}"
    return names


def _padded(record: Sequence[str], width: int) -> list[str]:
    return [*record[:width], *[""] * (width - len(record))]


def is_pivot(record: Sequence[str]) -> bool:
    """A header of periods: a name, then years, months or days that are all different, and perhaps
    their total."""
    cells = [c.strip() for c in record if c.strip()]
    rest = cells[1:-1] if len(cells) > 3 and _TOTAL.search(cells[-1]) else cells[1:]
    # A few more names may stand before the periods: campaign, metric.
    first = next((i for i, c in enumerate(rest[:_PIVOT_NAMES]) if _period_kind(c)), 0)
    rest = rest[first:]
    kinds = set(map(_period_kind, rest))
    return (
        len(rest) > 1
        and len(set(rest)) == len(rest)
        and not looks_like_value(cells[0])
        and len(kinds) == 1
        and None not in kinds
    )


def _period_kind(text: str) -> str | None:
    """How a cell that is a year, a month or a day is written; None for any other."""
    if re.fullmatch(r"(19|20)\d\d", text):
        return "year"
    if re.fullmatch(r"(19|20)\d\d[-./]\d\d?", text) or DateStyle("iso").parse(text):
        return "iso"
    if DateStyle("parts").parse(text) or DateStyle("parts", day_first=False).parse(text):
        return "parts"
    return "words" if parse_words(text) else None


def column_names(header: Sequence[str] | None, width: int) -> tuple[list[str], list[str]]:
    """Names for `width` columns, and what was changed to make them usable, in plain words.

    Names are unique without regard to case, as the engine sees them.
    """
    names: list[str] = []
    notes: list[str] = []
    taken: set[str] = set()
    for index in range(width):
        raw = header[index] if header is not None and index < len(header) else ""
        name = re.sub(r"[\s\u00a0]+", " ", raw.replace("\ufeff", "").replace('"', "'")).strip()
        name = "".join(c for c in name if c.isprintable()).lstrip("#").strip() or name.strip("#")
        if len(name) > 200:
            notes.append(f"The header of column {index + 1} was cut to 200 characters.")
            name = name[:200].strip()
        if not name:
            name = f"column_{index + 1}"
            if header is not None:
                notes.append(f"Column {index + 1} has no header; it is called {name}.")
        unique, number = name, 2
        while unique.casefold() in taken:
            unique, number = f"{name}_{number}", number + 1
        if unique != name:
            notes.append(f"A second column {name!r} is called {unique!r}.")
        taken.add(unique.casefold())
        names.append(unique)
    return names, notes
