"""Finds totals among the rows by their label and their numbers: "Search Total", "All campaigns".

Such a label may as well be a campaign's name, so a row is only believed when it leaves a name blank
that rows usually fill and its numbers are the sums of the rows before it, after it, or of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from src.data.ingestion.formats import literal, trim_sql
from src.data.ingestion.numbers import choose_style, weigh
from src.data.profiling import quote

if TYPE_CHECKING:
    import duckdb

_LABEL = (
    r"(sub-?|grand )?totals? .*|.*[^a-z](sub-?|grand )?totals?"
    r"|(all|alle|tous|toutes les|tutte le|todas las|todas as|все) "
    r"(campaigns?|accounts?|ads?|ad ?(groups?|sets?)|channels?|platforms?|networks?|days|months|"
    r"kampagnen|campagnes|campagne|campañas|campanhas|кампании|каналы|площадки)"
    r"|(итог|итого|всего) .*|.* (итог|итого|всего)"
    r"|(gesamt|summe|somme|suma|razem|celkem|toplam|totale|totaal) .*"
    r"|.*[ -](gesamt|summe|ergebnis|razem|celkem|toplam|totale|totaal)"
)
# How labels end that start with the date they sum up ("2026-05-01 Total").
_ENDS = "('Total', 'total', 'TOTAL', 'Итого', 'итого', 'ИТОГО', 'Всего', 'всего', 'Summe')"
_MAX_FOUND = 20_000
_SAMPLE = 1_000
_NUMBER_COLUMNS = 12
_LABEL_COLUMNS = 8


def find_proven(
    con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str], known: AbstractSet[int]
) -> list[tuple[int, str]]:
    """Line and label of each row that is labelled as a total, has a blank name, and is a sum.

    Args:
        known: lines that are known to be totals.
    """
    found = _labelled(con, raw, columns)
    if set(found) <= known:
        return []
    found |= dict.fromkeys(known, "")
    numbers = _numbers(con, raw, columns, found)
    names = [c for c in columns if c not in numbers]
    blank = _with_blank_name(con, raw, names, found)
    proven = {line: label for line, label in found.items() if line in blank | known}
    # A row that is no sum parts no blocks: what is left is looked at once more without it.
    for _ in range(2):
        sums = _sums(con, raw, numbers, proven) if numbers and proven else set()
        proven = {line: label for line, label in proven.items() if line in sums | known}
    return sorted((line, label) for line, label in proven.items() if line not in known)


def _labelled(con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for column in map(quote, columns[:_LABEL_COLUMNS]):
        # Digits come before letters: numbers and dates need no look. The distinct texts are few,
        # and must be had first, or the engine would match every row.
        rows = con.execute(
            f"WITH texts AS MATERIALIZED (SELECT DISTINCT {column} AS t FROM {quote(raw)} "
            f"WHERE {column} > ':' OR right({column}, 5) IN {_ENDS}) SELECT t FROM texts "
            f"WHERE regexp_full_match({trim_sql('t')}, {literal('(?i)' + _LABEL)}) "
            f"LIMIT {_MAX_FOUND}"
        ).fetchall()
        if rows:
            lines = con.execute(
                f"SELECT _line, {trim_sql(column)} FROM {quote(raw)} "
                f"WHERE {column} IN (SELECT unnest(?)) ORDER BY _line LIMIT {_MAX_FOUND}",
                [[text for (text,) in rows]],
            ).fetchall()
            found = dict(lines) | found
    return found


def _numbers(
    con: duckdb.DuckDBPyConnection, raw: str, columns: Sequence[str], found: dict[int, str]
) -> dict[str, str]:
    """Columns of numbers, and the expression that reads each."""
    listed = ", ".join(map(quote, columns))
    rows = con.execute(
        f"SELECT {listed} FROM {quote(raw)} WHERE _line NOT IN (SELECT unnest(?)) LIMIT {_SAMPLE}",
        [list(found)],
    ).fetchall()
    readable: dict[str, str] = {}
    for position, column in enumerate(columns):
        values = [row[position] for row in rows if row[position]]
        style = choose_style(weigh(values), None)
        if style and not style.percent and len(readable) < _NUMBER_COLUMNS:
            readable[column] = style.sql(f"r.{quote(column)}")
    return readable


def _with_blank_name(
    con: duckdb.DuckDBPyConnection, raw: str, names: Sequence[str], found: dict[int, str]
) -> set[int]:
    """Those of the lines `found` that leave a name blank which other rows fill."""
    if not names:
        return set()
    filled = [f"nullif({trim_sql(quote(c))}, '') NOT IN ('-', '--', '—')" for c in names]
    counts = ", ".join(f"avg(coalesce({f}, false)::INT)" for f in filled)
    where = "(SELECT unnest(?))"
    usual = (
        con.execute(
            f"SELECT {counts} FROM (SELECT * FROM {quote(raw)} WHERE _line NOT IN {where} "
            f"LIMIT {_SAMPLE})",
            [list(found)],
        ).fetchone()
        or ()
    )
    keys = [f for f, share in zip(filled, usual, strict=True) if share and share > 0.9]
    if not keys:
        return set()
    every = " AND ".join(f"coalesce({key}, false)" for key in keys)
    rows = con.execute(
        f"SELECT _line FROM {quote(raw)} WHERE _line IN {where} AND NOT ({every})", [list(found)]
    ).fetchall()
    return {line for (line,) in rows}


def _sums(
    con: duckdb.DuckDBPyConnection, raw: str, numbers: dict[str, str], found: dict[int, str]
) -> set[int]:
    """Those of the lines `found` in which a number is the sum of the block of rows that they end,
    of the block that they begin, or of all rows."""
    cells = ", ".join(f"{sql} AS n{i}" for i, sql in enumerate(numbers.values()))
    indices = range(len(numbers))
    own = ", ".join(f"any_value(n{i}) FILTER (WHERE t) AS own{i}" for i in indices)
    rest = ", ".join(f"sum(n{i}) FILTER (WHERE NOT t) AS rest{i}" for i in indices)
    near = ", ".join(
        f"own{i}, rest{i}, lead(rest{i}) OVER (ORDER BY block), sum(rest{i}) OVER ()"
        for i in indices
    )
    rows = con.execute(
        f"WITH v AS (SELECT _line, _line IN (SELECT unnest(?)) AS t, {cells} FROM {quote(raw)} r), "
        "b AS (SELECT *, count(*) FILTER (WHERE t) OVER (ORDER BY _line ROWS BETWEEN UNBOUNDED "
        "PRECEDING AND 1 PRECEDING) AS block FROM v), "
        f"s AS (SELECT block, any_value(_line) FILTER (WHERE t) AS line, {own}, {rest} "
        f"FROM b GROUP BY block) SELECT line, {near} FROM s ORDER BY block",
        [list(found)],
    ).fetchall()
    return {line for line, *values in rows if line is not None and _is_any_sum(values)}


def _is_any_sum(values: Sequence[float | None]) -> bool:
    """Whether some own number equals one of the three sums that stand behind it."""
    for start in range(0, len(values), 4):
        own, *sums = values[start : start + 4]
        if own and any(s and abs(own - s) <= 0.0001 * abs(s) + 0.011 for s in sums):
            return True
    return False
