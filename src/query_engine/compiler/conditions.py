"""Filters and periods as SQL conditions. A condition that excludes a value keeps empty cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from src.data.semantic import Column, Table
from src.errors import PlanError
from src.query_engine.compiler import quoting as q
from src.query_engine.compiler.resolve import resolve_column, time_column
from src.query_engine.plan import Filter, Having, Scalar, TimeRange

_ARITY = {"between": 2, "is null": 0, "is not null": 0}
_EXCLUDING = ("!=", "not in", "not contains")


def period(time: TimeRange | None, table: Table) -> str | None:
    """The condition that keeps the days of `time`, or None when it keeps all."""
    if time is None or (time.start is None and time.end is None):
        return None
    column = time_column(table)
    name = q.identifier(column.name)
    if q.family(column.type) == "timestamp":
        return _instants(name, column.type, time.start, time.end)
    if q.family(column.type) != "date":
        name = f"CAST({name} AS DATE)"
    if time.start and time.end:
        if time.start == time.end:
            return f"{name} = {q.day(time.start)}"
        return f"{name} BETWEEN {q.day(time.start)} AND {q.day(time.end)}"
    if time.start:
        return f"{name} >= {q.day(time.start)}"
    return f"{name} <= {q.day(time.end)}" if time.end else None


def row_filter(item: Filter, table: Table, complete: frozenset[str] = frozenset()) -> str:
    """The condition of one filter.

    A filter on a name that an identifier stands behind selects whole entities: a campaign that
    ever bore the name, with the rows from before and after it was renamed.

    Args:
        complete: columns known to have no empty cells.

    Raises:
        PlanError: an unknown column, a wrong number of values, or a value of the wrong kind.
    """
    column = resolve_column(item.column, table)
    _check_arity(item)
    identifier = table.column(column.identified_by) if column.identified_by else None
    if identifier is None or identifier.name == column.name or not item.values:
        return _condition(q.identifier(column.name), column, item)
    if identifier.name in complete:
        return _entity_condition(column, identifier, item, table)
    key = q.identifier(identifier.name)
    nameless = f"({key} IS NULL AND {_condition(q.identifier(column.name), column, item)})"
    return f"({_entity_condition(column, identifier, item, table, gaps=True)} OR {nameless})"


def either(items: Sequence[str]) -> str:
    """The condition that at least one of them holds."""
    return f"({' OR '.join(items)})"


def having(item: Having, expression: str, *, missing_is_zero: bool = False) -> str:
    """The condition on an output `expression`.

    Args:
        missing_is_zero: a group without rows passes as 0 (``no conversions`` is 0 conversions).
    """
    expected = 2 if item.op == "between" else 1
    if len(item.values) != expected:
        raise PlanError(f"A condition with {item.op!r} takes {expected} numbers.")
    if missing_is_zero:
        expression = f"COALESCE({expression}, 0)"
    values = [q.number(v) for v in item.values]
    if item.op == "between":
        low, high = sorted(item.values)
        return f"{expression} BETWEEN {q.number(low)} AND {q.number(high)}"
    return f"{expression} {'<>' if item.op == '!=' else item.op} {values[0]}"


def against(item: Having, expression: str, average: str) -> str:
    """The condition on an output that is held against its own average."""
    if len(item.values) != 1 or item.op == "between":
        raise PlanError("A value is held against one average.")
    times = "" if item.values[0] == 1 else f"{q.number(item.values[0])} * "
    return f"{expression} {'<>' if item.op == '!=' else item.op} {times}{average}"


def _entity_condition(
    column: Column, identifier: Column, item: Filter, table: Table, *, gaps: bool = False
) -> str:
    """Rows of the entities that ever matched; with `gaps`, identifiers may be empty."""
    key = q.identifier(identifier.name)
    wanted = _condition(q.identifier(column.name), column, _affirmative(item))
    if gaps:
        wanted += f" AND {key} IS NOT NULL"
    source = q.identifier(table.name)
    entities = f"SELECT {key} FROM {source} WHERE {wanted}"  # noqa: S608 - quoting.py quotes it
    return f"{key} {'NOT IN' if item.op in _EXCLUDING else 'IN'} ({entities})"


def _affirmative(item: Filter) -> Filter:
    opposite = {"!=": "=", "not in": "in", "not contains": "contains"}
    return item.model_copy(update={"op": opposite.get(item.op, item.op)})


def _condition(name: str, column: Column, item: Filter) -> str:
    if item.op in ("is null", "is not null"):
        return f"{name} {item.op.upper()}"
    if item.op in ("contains", "not contains", "starts with"):
        return _text_condition(name, column, item)
    if q.family(column.type) == "timestamp":
        return _timestamp_condition(name, column.type, item)
    values = [_literal(v, column) for v in item.values]
    if item.op in ("in", "not in"):
        listed = ", ".join(dict.fromkeys(values))
        if item.op == "in":
            return f"{name} IN ({listed})"
        return f"({name} NOT IN ({listed}) OR {name} IS NULL)"
    if item.op == "between":
        low, high = sorted(values, key=float if q.family(column.type) == "number" else str)
        return f"{name} BETWEEN {low} AND {high}"
    if item.op == "!=":
        return f"{name} IS DISTINCT FROM {values[0]}"
    return f"{name} {item.op} {values[0]}"


def _text_condition(name: str, column: Column, item: Filter) -> str:
    if q.family(column.type) != "text" or not column.type.upper().startswith(("VARCHAR", "TEXT")):
        name = f"CAST({name} AS VARCHAR)"
    value = str(item.values[0])
    if item.op == "starts with":
        return f"{name} LIKE {q.like(value, prefix='')}"
    if item.op == "contains":
        return f"{name} ILIKE {q.like(value)}"
    return f"({name} NOT ILIKE {q.like(value)} OR {name} IS NULL)"


def _timestamp_condition(name: str, type_name: str, item: Filter) -> str:
    """Days compared with instants: a day is all of its hours."""
    days = [q.as_day(v, item.column) for v in item.values]
    first, last = min(days), max(days)
    if item.op == "between":
        return _instants(name, type_name, first, last) or "TRUE"
    if item.op in ("<=", ">"):
        after = _next_day(first)
        if after is None:
            return "TRUE" if item.op == "<=" else "FALSE"
        return f"{name} {'<' if item.op == '<=' else '>='} {q.moment(after, type_name)}"
    if item.op in ("<", ">="):
        return f"{name} {item.op} {q.moment(first, type_name)}"
    listed = ", ".join(dict.fromkeys(q.day(d) for d in days))
    if item.op in ("!=", "not in"):
        return f"(CAST({name} AS DATE) NOT IN ({listed}) OR {name} IS NULL)"
    return f"CAST({name} AS DATE) IN ({listed})"


def _instants(name: str, type_name: str, start: dt.date | None, end: dt.date | None) -> str | None:
    parts = []
    if start:
        parts.append(f"{name} >= {q.moment(start, type_name)}")
    after = _next_day(end) if end else None
    if after:
        parts.append(f"{name} < {q.moment(after, type_name)}")
    return " AND ".join(parts) or None


def _next_day(value: dt.date) -> dt.date | None:
    return None if value == dt.date.max else value + dt.timedelta(days=1)


def _literal(value: Scalar, column: Column) -> str:
    return q.literal(value, column.type, column.label or column.name)


def _check_arity(item: Filter) -> None:
    given = len(item.values)
    if item.op in ("in", "not in"):
        if not given:
            raise PlanError(f"The filter on {item.column} lists no values.")
        return
    expected = _ARITY.get(item.op, 1)
    if given != expected:
        plural = "value" if expected == 1 else "values"
        raise PlanError(
            f"The filter {item.column} {item.op} takes {expected} {plural}, not {given}."
        )
