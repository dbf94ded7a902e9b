"""Amounts in several currencies are never added up: each currency stands by itself."""

from __future__ import annotations

from src.data.semantic import Column, Metric, Table, Unit
from src.query_engine.nl.reading import State
from src.query_engine.nl.span import NoPlan
from src.query_engine.phrases import Note
from src.query_engine.plan import AdHoc, Filter, Having

_MONEY = ("spend", "conversion_value", "budget")


def by_currency(
    state: State,
    metrics: list[str],
    dimensions: list[str],
    filters: list[Filter],
    having: list[Having],
    *,
    cut: bool,
) -> list[str]:
    """Break money down by its currency where the rows have several and the question names none.

    Args:
        dimensions: gets the column of the currencies.
        cut: only the first rows of a ranking are kept.

    Returns: notes for the reader.

    Raises:
        NoPlan: amounts of several currencies would be ranked or compared with a number.
    """
    column = _currency_column(state.table)
    if column is None or state.context.distinct.get(column.name, 0) < 2:
        return []
    money = {m for m in metrics if _is_money(state, m)}
    conditions = any(_is_money(state, h.metric) for h in having)
    if not money or column.name in dimensions or _one(filters, column.name):
        return []
    label = column.label or column.name
    if cut or conditions or state.out.share:
        raise NoPlan("unsupported", Note("refused.currencies", column=label))
    dimensions.append(column.name)
    return [Note("note.currencies", column=label)]


def _currency_column(table: Table) -> Column | None:
    found = next((c for c in table.columns if c.name == table.currency_column), None)
    return found or next((c for c in table.columns if c.concept == "currency"), None)


def _one(filters: list[Filter], name: str) -> bool:
    return any(f.column == name and f.op in ("=", "in") and len(f.values) == 1 for f in filters)


def _is_money(state: State, name: str) -> bool:
    spec = state.spec(name)
    if isinstance(spec, AdHoc):
        if spec.of:
            return _is_money(state, spec.of)
        sides = {spec.column, spec.per}
    elif isinstance(spec, Metric):
        if spec.unit is Unit.CURRENCY:
            return True
        sides = {spec.numerator, spec.denominator}
    else:
        return False
    return any(
        c.name in sides and (c.unit is Unit.CURRENCY or c.concept in _MONEY)
        for c in state.table.columns
    )
