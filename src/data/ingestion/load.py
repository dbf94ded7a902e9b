"""Turns a raw table into the typed one: totals out, types decided, every misfit said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from src.data.ingestion.columns import ColumnPlan, plan_columns
from src.data.ingestion.inspection import Change, ReadOptions, counted
from src.data.ingestion.raw_table import RawTable
from src.data.ingestion.totals import find_labelled, find_units, find_unlabelled
from src.data.profiling import is_number, is_text, quote
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb

MAX_MISFIT_SHARE = 0.02
MAX_WORDS_SHARE = 0.3
_WRAPPED = re.compile(r"""="([^"]*)"|'([-+]?[0-9][0-9.,\s]*)""")
_WRAPPED_WITHIN = 500
_MOSTLY = 0.5
_OUTLINE_COLUMNS = 3
_OUTLINE_BLANK = 0.4
_OUTLINE_GLANCE = 2000
_WHOLE_LIMIT = 9.0e15
_COLUMNS_PER_SCAN = 50
_SHOWN = 5
_WIDE = 200


@dataclass(slots=True)
class Loaded:
    """A typed table in the final database, and what was done on the way."""

    table: str
    plans: list[ColumnPlan]
    types: dict[str, str]
    rows: int
    dropped: int
    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load_table(
    con: duckdb.DuckDBPyConnection, raw: RawTable, target: str, options: ReadOptions
) -> Loaded:
    """Create the table `target` (a quoted, qualified name) from the raw table `raw`.

    Raises:
        DataFileError: nothing but totals and notes was found.
    """
    changes = list(raw.changes)
    warnings = list(raw.warnings)
    dropped = raw.rows_dropped
    names = [c.raw for c in raw.columns]
    changes += _unwrapped(con, raw)
    if raw.text and not options.keep_totals:
        found = find_units(con, raw.table, names) + find_labelled(con, raw.table, names)
        dropped += _drop(con, raw.table, found)
        changes += _short(found)
    _require_rows(con, raw)
    changes += _ragged(con, raw, warnings)
    warnings += _outlined(con, raw)
    plans = plan_columns(con, raw.table, raw.columns, options)
    plans, fits = _settle(con, raw.table, plans)
    misfits = [
        _misfit(con, raw.table, p, fits[p.name].bad)
        for p in plans
        if p.misfit_sql and fits[p.name].bad
    ]
    texts = [p.name for p in plans if is_text(p.type)]
    if raw.text and texts and not options.keep_totals:
        numbers = [p.name for p in plans if is_number(p.type)]
        con.execute(f"CREATE OR REPLACE TEMP VIEW typed AS {_typed(raw.table, plans)}")
        found = find_unlabelled(con, raw.table, "typed", texts, numbers)
        con.execute("DROP VIEW typed")
        dropped += _drop(con, raw.table, found)
        changes += _short(found)
        if found:
            fits = _fits(con, raw.table, plans)
    types = {p.name: _final_type(p, fits[p.name]) for p in plans}
    picked = ", ".join(f"CAST({quote(n)} AS {t}) AS {quote(n)}" for n, t in types.items())
    with _plainly(con, len(plans)):
        con.execute(f"CREATE TABLE {target} AS SELECT {picked} FROM ({_typed(raw.table, plans)})")
    for plan in plans:
        changes += plan.changes
        warnings += plan.warnings
    changes += misfits
    warnings += [
        change.message
        for change in misfits
        if (change.rows or 0) > MAX_MISFIT_SHARE * fits[change.column or ""].filled
    ]
    row = con.execute(f"SELECT count(*) FROM {target}").fetchone()
    rows = int(row[0]) if row else 0
    return Loaded(target, plans, types, rows, dropped, changes, warnings)


@contextmanager
def _plainly(con: duckdb.DuckDBPyConnection, columns: int) -> Iterator[None]:
    """A wide table is converted without the engine's optimizer: it takes the square of the columns,
    which is most of the time, and finds nothing to do."""
    if columns <= _WIDE:
        yield
        return
    con.execute("PRAGMA disable_optimizer")
    try:
        yield
    finally:
        con.execute("PRAGMA enable_optimizer")


def _unwrapped(con: duckdb.DuckDBPyConnection, raw: RawTable) -> list[Change]:
    """Take off what keeps values text in a spreadsheet: ``="0012"``, and an apostrophe in front of
    numbers."""
    if not raw.text:
        return []
    names = ", ".join(quote(c.raw) for c in raw.columns)
    rows = con.execute(f"SELECT {names} FROM {quote(raw.table)} LIMIT {_WRAPPED_WITHIN}").fetchall()
    changes = []
    for position, column in enumerate(raw.columns):
        filled = [row[position] for row in rows if row[position]]
        wrapped = sum(bool(_WRAPPED.fullmatch(value)) for value in filled)
        if not wrapped or wrapped < _MOSTLY * len(filled):
            continue
        cell = quote(column.raw)
        con.execute(
            f"UPDATE {quote(raw.table)} SET {cell} = "
            f"regexp_extract({cell}, ?, 1) || regexp_extract({cell}, ?, 2) "
            f"WHERE regexp_full_match({cell}, ?)",
            [_WRAPPED.pattern] * 3,
        )
        message = f"Marks that keep {column.name} text in a spreadsheet were taken off."
        changes.append(Change(kind="converted", message=message, column=column.name))
    return changes


def _drop(con: duckdb.DuckDBPyConnection, table: str, found: Sequence[Change]) -> int:
    lines = [line for change in found for line in change.lines]
    if lines:
        con.execute(f"DELETE FROM {quote(table)} WHERE _line IN (SELECT unnest(?))", [lines])
    return len(lines)


def _short(found: Sequence[Change]) -> list[Change]:
    """Changes with no more than the first lines named."""
    return [change.model_copy(update={"lines": change.lines[:10]}) for change in found]


def _require_rows(con: duckdb.DuckDBPyConnection, raw: RawTable) -> None:
    row = con.execute(f"SELECT count(*) FROM {quote(raw.table)}").fetchone()
    if not row or not row[0]:
        raise DataFileError(
            f"{raw.label} holds totals or notes only, no rows of data.",
            where=f"{raw.label}, line {raw.header_line or 1}",
            hint="Export the report again for a period that has data.",
        )


def _ragged(con: duckdb.DuckDBPyConnection, raw: RawTable, warnings: list[str]) -> list[Change]:
    """Rows with fewer or more cells than the header, counted and named by line."""
    if raw.width is None:
        return []
    changes = []
    for condition, words in (
        ("<", "fewer cells than the header has columns; the missing cells are empty."),
        (">", "more cells than the header has columns; what is beyond the header is kept in "
              "columns of its own. A separator inside a value may have moved the cells."),
    ):  # fmt: skip
        row = con.execute(
            f"SELECT count(*), min(_line, 10) FROM {quote(raw.table)} WHERE _cells {condition} ?",
            [raw.width],
        ).fetchone()
        if not row or not row[0]:
            continue
        lines = tuple(row[1])
        rows = row[0]
        message = f"{counted(rows, 'row')} {'has' if rows == 1 else 'have'} {words}"
        changes.append(Change(kind="kept", message=message, rows=rows, lines=lines))
        named = ", ".join(map(str, lines[:_SHOWN])) + (" …" if rows > _SHOWN else "")
        warnings.append(f"{message} {'Line' if rows == 1 else 'Lines'} {named}")
    return changes


def _outlined(con: duckdb.DuckDBPyConnection, raw: RawTable) -> list[str]:
    """Warn of names that stand in the first row of their group only, as pivot tables print them."""
    listed = raw.columns[:_OUTLINE_COLUMNS] if raw.text and len(raw.columns) > 1 else []
    for column in listed:
        cell = f"nullif(trim({quote(column.raw)}), '')"
        few = f"(SELECT {quote(column.raw)} FROM {quote(raw.table)} LIMIT {_OUTLINE_GLANCE})"
        share = con.execute(f"SELECT count({cell}) / count(*) FROM {few}").fetchone()
        if not share or share[0] > 1 - _OUTLINE_BLANK:
            continue
        row = con.execute(
            f"SELECT count(*), count({cell}), count(DISTINCT {cell}), "
            f"arg_min({cell} IS NOT NULL, _line) FROM {quote(raw.table)}"
        ).fetchone() or (0, 0, 0, False)
        rows, filled, distinct, starts = row
        if starts and 1 < filled == distinct and filled <= (1 - _OUTLINE_BLANK) * rows:
            return [
                f"{column.name} is filled in {filled} of {rows} rows, each time with another name, "
                "as pivot tables print groups. The blank rows count as rows without a name: repeat "
                "the labels in every row (in a pivot table: Repeat All Item Labels) and upload it "
                "again."
            ]
    return []


@dataclass(frozen=True, slots=True)
class _Fit:
    """How the values of a column suit its plan.

    Attributes:
        filled: values that say something.
        bad: those of them that could not be read.
        words: those of the bad that have no digit and stand where something is counted or paid.
        whole: all values are whole numbers, or midnights.
    """

    filled: int = 0
    bad: int = 0
    whole: bool = False
    words: int = 0


def _settle(
    con: duckdb.DuckDBPyConnection, raw: str, plans: list[ColumnPlan]
) -> tuple[list[ColumnPlan], dict[str, _Fit]]:
    """`plans` with those replaced by text that too many values do not fit, and how all fit."""
    fits = _fits(con, raw, plans)
    if any(p.thorough_sql and fits[p.name].bad for p in plans):
        plans = [
            replace(p, sql=p.thorough_sql) if p.thorough_sql and fits[p.name].bad else p
            for p in plans
        ]
        fits = _fits(con, raw, plans)
    as_text = {n for n, fit in fits.items() if fit.bad - fit.words > MAX_MISFIT_SHARE * fit.filled}
    return [_back_to_text(p) if p.name in as_text else p for p in plans], fits


def _typed(raw: str, plans: Sequence[ColumnPlan]) -> str:
    """Query of the typed rows, with the line of each."""
    picked = ", ".join(f"{p.sql} AS {quote(p.name)}" for p in plans)
    joins = " ".join(dict.fromkeys(p.join for p in plans if p.join))
    return f"SELECT r._line, {picked} FROM {quote(raw)} r {joins}"


def _fits(con: duckdb.DuckDBPyConnection, raw: str, plans: Sequence[ColumnPlan]) -> dict[str, _Fit]:
    """How each plan fits all values of its column, in one scan for many columns."""
    found = {p.name: _Fit() for p in plans}
    looked_at = [p for p in plans if p.misfit_sql or _may_narrow(p)]
    for start in range(0, len(looked_at), _COLUMNS_PER_SCAN):
        batch = looked_at[start : start + _COLUMNS_PER_SCAN]
        cells = ", ".join(
            f"{p.sql} AS v{i}, r.{quote(p.column.raw)} AS s{i}" for i, p in enumerate(batch)
        )
        joins = " ".join(dict.fromkeys(p.join for p in batch if p.join))
        wanted = ", ".join(
            f"count(s{i}), count(v{i}), {_whole(p, f'v{i}')}" for i, p in enumerate(batch)
        )
        row = con.execute(
            f"SELECT {wanted} FROM (SELECT {cells} FROM {quote(raw)} r {joins})"
        ).fetchone()
        values = row or ()
        for i, plan in enumerate(batch):
            had, has, whole = values[3 * i : 3 * i + 3]
            found[plan.name] = _Fit(had, had - has, bool(whole))
    return found | _without_placeholders(con, raw, [p for p in plans if found[p.name].bad], found)


def _without_placeholders(
    con: duckdb.DuckDBPyConnection, raw: str, lost: Sequence[ColumnPlan], fits: dict[str, _Fit]
) -> dict[str, _Fit]:
    """The fits of columns that lost values, with those not counted that say "nothing"."""
    corrected: dict[str, _Fit] = {}
    checked = [p for p in lost if p.misfit_sql]
    for start in range(0, len(checked), _COLUMNS_PER_SCAN):
        batch = checked[start : start + _COLUMNS_PER_SCAN]
        content = ", ".join(
            f"count(*) FILTER (WHERE {p.misfit_sql}), count(*) FILTER (WHERE {p.misfit_sql} "
            f"AND NOT regexp_matches(r.{quote(p.column.raw)}, '[0-9]'))"
            for p in batch
        )
        row = con.execute(f"SELECT {content} FROM {quote(raw)} r").fetchone() or ()
        for plan, filled, words in zip(batch, row[::2], row[1::2], strict=True):
            fit = fits[plan.name]
            bad = fit.bad - fit.filled + filled
            few = plan.measured and words <= MAX_WORDS_SHARE * filled
            corrected[plan.name] = replace(fit, filled=filled, bad=bad, words=words if few else 0)
    return corrected


def _back_to_text(plan: ColumnPlan) -> ColumnPlan:
    message = (
        f"{plan.name} looked like {plan.format} at first, but too many values are not; it is text."
    )
    return replace(
        plan,
        sql=f"trim(r.{quote(plan.column.raw)})",
        type="VARCHAR",
        join="",
        name=plan.name,
        format="text",
        misfit_sql=None,
        currency=None,
        percent=False,
        changes=(Change(kind="kept", message=message, column=plan.name),),
        warnings=(),
    )


def _misfit(con: duckdb.DuckDBPyConnection, raw: str, plan: ColumnPlan, bad: int) -> Change:
    """Say which values could not be read and where they are."""
    rows = con.execute(
        f"SELECT r._line, r.{quote(plan.column.raw)} FROM {quote(raw)} r {plan.join} "
        f"WHERE {plan.sql} IS NULL AND {plan.misfit_sql} ORDER BY 1 LIMIT {_SHOWN}"
    ).fetchall()
    shown = ", ".join(repr(str(value)[:40]) for _, value in rows)
    return Change(
        kind="converted",
        message=(
            f"{counted(bad, 'value')} of {plan.name} {'is' if bad == 1 else 'are'} not "
            f"{plan.format} and became empty: {shown}."
        ),
        rows=bad,
        lines=tuple(line for line, _ in rows),
        column=plan.name,
    )


def _may_narrow(plan: ColumnPlan) -> bool:
    """Whether the column was read wide: whole numbers may become BIGINT, midnights DATE."""
    if plan.type == "TIMESTAMP":
        return True
    plain = plan.column.type == "VARCHAR" and not plan.percent and not plan.currency
    return plan.type == "DOUBLE" and plain


def _whole(plan: ColumnPlan, value: str) -> str:
    if not _may_narrow(plan):
        return "false"
    if plan.type == "TIMESTAMP":
        return f"bool_and({value} = date_trunc('day', {value}))"
    return f"bool_and({value} = trunc({value}) AND abs({value}) < {_WHOLE_LIMIT})"


def _final_type(plan: ColumnPlan, fit: _Fit) -> str:
    if not fit.whole or not _may_narrow(plan):
        return plan.type
    return "DATE" if plan.type == "TIMESTAMP" else "BIGINT"
