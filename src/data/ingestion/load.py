"""Turns a raw table into the typed one: totals out, types decided, every misfit said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from src.data.ingestion.columns import ColumnPlan, plan_columns
from src.data.ingestion.inspection import Change, ReadOptions
from src.data.ingestion.sources import RawTable
from src.data.ingestion.totals import find_labelled, find_unlabelled
from src.data.profiling import is_number, is_text, quote
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb

MAX_MISFIT_SHARE = 0.02
_WHOLE_LIMIT = 9.0e15
_COLUMNS_PER_SCAN = 50
_SHOWN = 5


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
    if raw.text and not options.keep_totals:
        found = find_labelled(con, raw.table, names)
        dropped += _drop(con, raw.table, found)
        changes += _short(found)
    _require_rows(con, raw)
    changes += _ragged(con, raw, warnings)
    plans = plan_columns(con, raw.table, raw.columns, options)
    plans, misfits = _make_typed(con, raw.table, plans)
    if raw.text and not options.keep_totals:
        texts = [p.name for p in plans if is_text(p.type)]
        numbers = [p.name for p in plans if is_number(p.type)]
        found = find_unlabelled(con, "typed", texts, numbers)
        dropped += _drop(con, "typed", found)
        changes += _short(found)
    types = _final_types(con, plans)
    picked = ", ".join(f"CAST({quote(n)} AS {t}) AS {quote(n)}" for n, t in types.items())
    con.execute(f"CREATE TABLE {target} AS SELECT {picked} FROM typed")
    con.execute("DROP TABLE typed")
    for plan in plans:
        changes += plan.changes
        warnings += plan.warnings
    changes += misfits
    counted = con.execute(f"SELECT count(*) FROM {target}").fetchone()
    rows = int(counted[0]) if counted else 0
    return Loaded(target, plans, types, rows, dropped, changes, warnings)


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
    for condition, message in (
        ("<", "rows have fewer cells than the header has columns; the missing cells are empty."),
        (">", "rows have more cells than the header has columns; what is beyond the header is kept "
              "in columns of its own. A separator inside a value may have moved the cells."),
    ):  # fmt: skip
        row = con.execute(
            f"SELECT count(*), min(_line, 10) FROM {quote(raw.table)} WHERE _cells {condition} ?",
            [raw.width],
        ).fetchone()
        if not row or not row[0]:
            continue
        lines = tuple(row[1])
        changes.append(Change(kind="kept", message=f"{row[0]} {message}", rows=row[0], lines=lines))
        named = ", ".join(map(str, lines[:_SHOWN])) + (" …" if row[0] > _SHOWN else "")
        warnings.append(f"{row[0]} {message} Lines {named}")
    return changes


def _make_typed(
    con: duckdb.DuckDBPyConnection, raw: str, plans: list[ColumnPlan]
) -> tuple[list[ColumnPlan], list[Change]]:
    """Build the table ``typed``; columns with too many misfits are built again as text."""
    _create(con, raw, plans)
    counted = _count_misfits(con, raw, plans)
    if any(p.thorough_sql and counted.get(p.name, (0, 0))[0] for p in plans):
        plans = [replace(p, sql=p.thorough_sql or p.sql) for p in plans]
        _create(con, raw, plans)
        counted = _count_misfits(con, raw, plans)
    as_text = {n for n, (bad, all_) in counted.items() if bad > max(MAX_MISFIT_SHARE * all_, 0)}
    if as_text:
        plans = [_back_to_text(p) if p.name in as_text else p for p in plans]
        _create(con, raw, plans)
    changes = []
    for plan in plans:
        bad, _ = counted.get(plan.name, (0, 0))
        if bad and plan.name not in as_text:
            changes.append(_misfit(con, raw, plan, bad))
    return plans, changes


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


def _create(con: duckdb.DuckDBPyConnection, raw: str, plans: Sequence[ColumnPlan]) -> None:
    picked = ", ".join(f"{p.sql} AS {quote(p.name)}" for p in plans)
    joins = " ".join(dict.fromkeys(p.join for p in plans if p.join))
    con.execute(
        f"CREATE OR REPLACE TABLE typed AS SELECT r._line, {picked} FROM {quote(raw)} r {joins}"
    )


def _count_misfits(
    con: duckdb.DuckDBPyConnection, raw: str, plans: Sequence[ColumnPlan]
) -> dict[str, tuple[int, int]]:
    """Values with content that became nothing, and values with content, by column."""
    counted: dict[str, tuple[int, int]] = {}
    checked = [p for p in plans if p.misfit_sql]
    for start in range(0, len(checked), _COLUMNS_PER_SCAN):
        batch = checked[start : start + _COLUMNS_PER_SCAN]
        had = ", ".join(f"count(r.{quote(p.column.raw)})" for p in batch)
        has = ", ".join(f"count({quote(p.name)})" for p in batch)
        before = con.execute(f"SELECT {had} FROM {quote(raw)} r").fetchone() or ()
        after = con.execute(f"SELECT {has} FROM typed").fetchone() or ()
        for plan, was, now in zip(batch, before, after, strict=True):
            counted[plan.name] = (was - now, was)
    lost = [p for p in checked if counted[p.name][0]]
    for start in range(0, len(lost), _COLUMNS_PER_SCAN):
        batch = lost[start : start + _COLUMNS_PER_SCAN]
        content = ", ".join(f"count(*) FILTER (WHERE {p.misfit_sql})" for p in batch)
        row = con.execute(f"SELECT {content} FROM {quote(raw)} r").fetchone() or ()
        for plan, had_content in zip(batch, row, strict=True):
            placeholders = counted[plan.name][1] - had_content
            counted[plan.name] = (counted[plan.name][0] - placeholders, had_content)
    return counted


def _misfit(con: duckdb.DuckDBPyConnection, raw: str, plan: ColumnPlan, bad: int) -> Change:
    """Say which values could not be read and where they are."""
    rows = con.execute(
        f"SELECT r._line, r.{quote(plan.column.raw)} FROM {quote(raw)} r "
        f"JOIN typed t ON t._line = r._line "
        f"WHERE t.{quote(plan.name)} IS NULL AND {plan.misfit_sql} ORDER BY 1 LIMIT {_SHOWN}"
    ).fetchall()
    shown = ", ".join(repr(str(value)[:40]) for _, value in rows)
    return Change(
        kind="converted",
        message=f"{bad} values of {plan.name} are not {plan.format} and became empty: {shown}.",
        rows=bad,
        lines=tuple(line for line, _ in rows),
        column=plan.name,
    )


def _final_types(con: duckdb.DuckDBPyConnection, plans: Sequence[ColumnPlan]) -> dict[str, str]:
    """Narrow what was read wide: whole numbers to BIGINT, midnights to DATE."""
    types = {p.name: p.type for p in plans}
    wide = [p for p in plans if p.type in ("DOUBLE", "TIMESTAMP", "FLOAT") and not p.percent]
    for start in range(0, len(wide), _COLUMNS_PER_SCAN):
        batch = wide[start : start + _COLUMNS_PER_SCAN]
        row = (
            con.execute(f"SELECT {', '.join(_narrow(p) for p in batch)} FROM typed").fetchone()
            or ()
        )
        for plan, narrow in zip(batch, row, strict=True):
            if narrow and plan.type == "TIMESTAMP":
                types[plan.name] = "DATE"
            elif narrow and plan.column.type == "VARCHAR" and not plan.currency:
                types[plan.name] = "BIGINT"
    return types


def _narrow(plan: ColumnPlan) -> str:
    name = quote(plan.name)
    if plan.type == "TIMESTAMP":
        return f"bool_and({name} = date_trunc('day', {name}))"
    return f"bool_and({name} = trunc({name}) AND abs({name}) < {_WHOLE_LIMIT})"
