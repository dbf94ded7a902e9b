"""Finds the rows of a report that are not data: totals, averages, and notes under the table.

Reports print them with a label ("Total: Account", «Итого и средние»), or with blank names beside
the sums (Meta, GA4). The latter are only believed when the numbers really are the sums.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from src.data.ingestion.formats import CURRENCY_TOKENS, looks_like_value
from src.data.ingestion.inspection import Change, counted
from src.data.ingestion.subtotals import find_proven
from src.data.profiling import quote

if TYPE_CHECKING:
    import duckdb

_LABEL = (
    r"(grand |sub-?|report |overall )?totals?\s*([:(\-–—].*)?"
    r"|total (of|for|in) .*|totals? and averages?.*|results from .*|grand total.*|subtotal.*"
    r"|total (results?|campaigns?|account|ads?|rows?|général|geral|general).*"
    r"|(промежуточный )?(итог|итого|всего|итоги)\s*([:(,\-–—].*)?"
    r"|(итого|всего) (и средн|по |за |с |для ).*|итого и средние.*|среднее и итог.*"
    r"|(ins)?gesamt(summe|ergebnis)?\s*([:(\-–—].*)?|(summe|totale|totaux|totaal|suma|suma total|"
    r"razem|łącznie|celkem|toplam|genel toplam|合計|总计|總計|합계)\s*([:(\-–—].*)?"
    r"|(averages?|avg\.?|mean|median|среднее|средн(ее|ие) (значени[ея]|за .*)|в среднем|медиана|"
    r"durchschnitt|mittelwert|moyennes?|promedio|gemiddelde?|średnia|průměr|ortalama)"
    r"\s*([:(\-–—].*)?"
)
_TOTAL = re.compile(_LABEL, re.IGNORECASE)
_UNIT = re.compile(
    rf"[(\[]?({CURRENCY_TOKENS}|[#№%]|counts?|number|no\.|units?|pcs\.?|percent|text|date|"
    r"yyyy-mm-dd|dd\.mm\.yyyy|шт\.?|ед\.?|дата|текст|stück|anzahl)[)\]]?",
    re.IGNORECASE,
)
_UNITS_WITHIN = 1000
_EDGE = 12
_BLANK_EDGE = 3
_LABEL_COLUMNS = 8
_NOTE_ROWS = 30
_USUAL_ROWS = 500


def is_total_label(text: str) -> bool:
    """Whether a cell is the label of a totals row."""
    return bool(_TOTAL.fullmatch(text.strip(" \u00a0*\"'")))


def find_labelled(con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]) -> list[Change]:
    """Totals rows with a label, and notes under the table, as changes that name their lines.

    A label in the middle of the data counts only when the row leaves other names blank that rows
    usually fill: a campaign called "Total" is data.
    """
    lines: list[int] = []
    shown: list[str] = []
    usual = _usual_filled(con, raw, columns)
    first, tail = _edges(con, raw)
    for line, filled, label in _labelled_rows(con, raw, columns):
        at_edge = line == first or line >= tail
        if first < tail and is_total_label(label) and (at_edge or filled < usual):
            lines.append(line)
            shown.append(label.strip())
    for line, label in find_proven(con, raw, columns, set(lines)):
        lines.append(line)
        shown.append(label)
    notes = _notes(con, raw, columns, usual, set(lines))
    changes = []
    if lines:
        names = ", ".join(f"«{s}»" for s in dict.fromkeys(shown[:5]))
        were = "is not data and was" if len(lines) == 1 else "are not data and were"
        message = f"{counted(len(lines), 'totals row')} {were} left out: {names}."
        changes.append(_dropped(message, sorted(lines)))
    if notes:
        quoted = "; ".join(f"«{text[:80]}»" for _, text in notes[:3])
        are = "is a note" if len(notes) == 1 else "are notes"
        message = f"{counted(len(notes), 'line')} under the table {are}, not data: {quoted}."
        changes.append(_dropped(message, [line for line, _ in notes]))
    return changes


def find_units(con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]) -> list[Change]:
    """A row of units right under the header (``USD``, ``#``, ``%``), as a change.

    Thousands and millions are no units here: a table in thousands must not lose that word.
    """
    names = ", ".join(map(quote, columns))
    # The bound lets the engine skip what comes after, which it would else read to sort.
    rows = con.execute(
        f"SELECT _line, {names} FROM {quote(raw)} "
        f"WHERE _line < (SELECT min(_line) FROM {quote(raw)}) + {_UNITS_WITHIN} "
        "ORDER BY _line LIMIT 2"
    ).fetchall()
    if len(rows) < 2:
        return []
    line, *cells = rows[0]
    filled = [cell.strip() for cell in cells if (cell or "").strip()]
    below = [cell for cell in rows[1][1:] if cell and looks_like_value(cell)]
    if len(filled) < 2 or not below or not all(map(_UNIT.fullmatch, filled)):
        return []
    message = f"The row of units under the header is not data: {', '.join(filled[:5])}."
    return [_dropped(message, [line])]


def find_unlabelled(
    con: duckdb.DuckDBPyConnection,
    raw: str,
    typed: str,
    names: Sequence[str],
    numbers: Sequence[str],
) -> list[Change]:
    """Totals rows without a label: at the edge of the data, every usually filled name is blank,
    and a number equals the sum of all the other rows.

    Args:
        raw, typed: the same rows, unread and read.
    """
    if not names or not numbers:
        return []
    # Of the unread rows: to sort the others, the engine would read the values of each.
    ends = _ends(con, raw)
    if not _has_blank(con, typed, ends, names):
        return []
    keys = _key_columns(con, typed, names)
    if not keys:
        return []
    blank = " AND ".join(f"{quote(k)} IS NULL" for k in keys)
    rows = con.execute(
        f"SELECT _line FROM {quote(typed)} WHERE {blank} ORDER BY _line LIMIT 10"
    ).fetchall()
    found = [line for (line,) in rows if line in ends and _is_sum(con, typed, line, blank, numbers)]
    if not found:
        return []
    named = ", ".join(keys[:3])
    holds = "holds the sums of all others; it was" if len(found) == 1 else "hold sums; they were"
    message = f"{counted(len(found), 'totals row')} with blank {named} {holds} left out."
    return [_dropped(message, found)]


def _ends(con: duckdb.DuckDBPyConnection, raw: str) -> set[int]:
    """The first and last lines of data."""
    return {
        line
        for direction in ("ASC", "DESC")
        for (line,) in con.execute(
            f"SELECT _line FROM {quote(raw)} ORDER BY _line {direction} LIMIT {_BLANK_EDGE}"
        ).fetchall()
    }


def _has_blank(
    con: duckdb.DuckDBPyConnection, typed: str, lines: set[int], names: Sequence[str]
) -> bool:
    """Whether some name is blank on one of `lines`: a glance that nearly always ends the search."""
    listed = ", ".join(map(str, sorted(lines)))
    picked = ", ".join(map(quote, names))
    rows = con.execute(f"SELECT {picked} FROM {quote(typed)} WHERE _line IN ({listed})").fetchall()
    return any(cell is None for row in rows for cell in row)


def _dropped(message: str, lines: Sequence[int]) -> Change:
    return Change(kind="dropped", message=message, rows=len(lines), lines=tuple(lines))


def _edges(con: duckdb.DuckDBPyConnection, raw: str) -> tuple[int, int]:
    """The first line of data, and the line where the last few rows begin."""
    first = con.execute(f"SELECT min(_line) FROM {quote(raw)}").fetchone() or (0,)
    last = con.execute(
        f"SELECT _line FROM {quote(raw)} ORDER BY _line DESC LIMIT {_EDGE}"
    ).fetchall()
    return int(first[0] or 0), max(int(last[-1][0]), int(first[0] or 0) + 1) if last else 0


def _filled(cells: Sequence[str | None]) -> int:
    """How many cells of a row have content."""
    return sum((cell or "").strip() not in ("", "-", "--") for cell in cells)


def _usual_filled(con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]) -> int:
    names = ", ".join(map(quote, columns))
    rows = con.execute(f"SELECT {names} FROM {quote(raw)} LIMIT {_USUAL_ROWS}").fetchall()
    return int(statistics.median(map(_filled, rows))) if rows else len(columns)


def _labelled_rows(
    con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]
) -> list[tuple[int, int, str]]:
    """Rows whose first filled cell is a label: line, filled cells, label."""
    first = ", ".join(
        f"CASE WHEN trim({c}, ' \u00a0*-—') <> '' THEN trim({c}, ' \u00a0*') END"
        for c in map(quote, columns[:_LABEL_COLUMNS])
    )
    names = ", ".join(map(quote, columns))
    rows = con.execute(
        f"SELECT _line, label, {names} "
        f"FROM (SELECT *, coalesce({first}) AS label FROM {quote(raw)}) "
        "WHERE regexp_full_match(label, ?) ORDER BY _line LIMIT 100000",
        [f"(?i)({_LABEL})"],
    ).fetchall()
    return [(line, _filled(cells), label) for line, label, *cells in rows]


def _notes(
    con: duckdb.DuckDBPyConnection,
    raw: str,
    columns: Sequence[str],
    usual: int,
    totals: set[int],
) -> list[tuple[int, str]]:
    """Rows of a sentence, or of a name and its value, at the very end of a wider table."""
    if usual < 3:
        return []
    names = ", ".join(map(quote, columns))
    rows = con.execute(
        f"SELECT _line, {names} FROM {quote(raw)} ORDER BY _line DESC LIMIT {_NOTE_ROWS}"
    ).fetchall()
    notes: list[tuple[int, str]] = []
    pairs: list[tuple[int, str]] = []
    for line, *cells in rows:
        if line in totals:
            continue
        filled = [cell.strip() for cell in cells if (cell or "").strip() not in ("", "-", "--")]
        text = " ".join(filled)
        if len(filled) > 2 or not re.search(r"[^\W\d_]{2}", text):
            break
        pairs.append((line, text))
        # Lines of "Report time:" and its value are notes; two names of a row without numbers may
        # be data, unless such lines stand around them.
        if len(filled) == 1 or (usual > 4 and filled[0].endswith(":")):
            notes += pairs
            pairs = []
    return notes[::-1]


def _key_columns(con: duckdb.DuckDBPyConnection, typed: str, names: Sequence[str]) -> list[str]:
    """Text columns that are filled in nearly every row and are not the same everywhere."""
    if not names:
        return []
    parts = ", ".join(f"count({quote(n)}), approx_count_distinct({quote(n)})" for n in names)
    row = con.execute(f"SELECT count(*), {parts} FROM {quote(typed)}").fetchone() or (0,)
    total = row[0]
    return [
        name
        for i, name in enumerate(names)
        if row[1 + 2 * i] >= total - max(2, 0.01 * total)
        and row[1 + 2 * i] < total
        and row[2 + 2 * i] > 1
    ]


def _is_sum(
    con: duckdb.DuckDBPyConnection, typed: str, line: int, blank: str, numbers: Sequence[str]
) -> bool:
    """Whether some number of the row is the sum of that column over the rows that have names."""
    parts = ", ".join(
        f"sum({quote(n)}) FILTER (WHERE NOT ({blank})), "
        f"any_value({quote(n)}) FILTER (WHERE _line = {line})"
        for n in numbers
    )
    row = con.execute(f"SELECT {parts} FROM {quote(typed)}").fetchone() or ()
    pairs = [(row[2 * i], row[2 * i + 1]) for i in range(len(numbers))]
    return any(
        rest and own is not None and abs(own - rest) <= 0.001 * abs(rest) + 0.011
        for rest, own in pairs
    )
