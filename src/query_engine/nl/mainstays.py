"""What a table is mostly about: shown when a question names no measure or breakdown."""

from __future__ import annotations

from src.data.semantic import Additivity, Aggregation, Column, Metric, Role, Table, Unit
from src.query_engine.nl.lexicon import senses
from src.query_engine.nl.vocabulary import is_amount

_ENTITIES = ("campaign", "ad_group", "ad", "keyword", "product", "customer", "employee", "sensor")


def sense_measures(table: Table, sense: str) -> list[str]:
    """Metrics a vague word can be about: those the sense names, then the table's main ones."""
    named = senses().get(sense, {}).get("measures", ())
    found = [name for name in named if table.metric(name)]
    wanted = 5
    for metric in main_metrics(table):
        if not _fits_sense(metric, sense):
            continue
        if len(found) >= wanted:
            break
        good = metric.higher_is_better is not None or sense == "size" or not found
        if metric.name not in found and (good or len(found) < 3):
            found.append(metric.name)
    return found


def _fits_sense(metric: Metric, sense: str) -> bool:
    """Only money can be expensive, and only a ratio efficient."""
    if sense == "cost":
        return metric.unit is Unit.CURRENCY
    return sense != "efficiency" or metric.aggregation is Aggregation.RATIO


def main_metrics(table: Table) -> list[Metric]:
    """The table's metrics, those with a good direction first; budgets and row counts last."""

    def order(metric: Metric) -> tuple[bool, bool, bool]:
        column = table.column(metric.numerator) if metric.numerator else None
        return (
            metric.aggregation is Aggregation.COUNT_ROWS,
            bool(column and column.additivity is Additivity.NON_ADDITIVE),
            metric.higher_is_better is None,
        )

    return sorted(table.metrics, key=order)


def row_amount(table: Table) -> Metric | None:
    """The one amount of money of each row, which "the biggest deal" and "orders over 100" mean."""
    found = [
        m for m in table.metrics
        if m.aggregation is Aggregation.SUM and m.numerator
        and (m.unit is Unit.CURRENCY or is_amount(m))
    ]  # fmt: skip
    named = [m for m in found if is_amount(m)]
    return found[0] if len(found) == 1 else named[0] if len(named) == 1 else None


def table_label(table: Table, name: str) -> str:
    metric = table.metric(name)
    return metric.label if metric else name


def entity(table: Table) -> Column | None:
    """The thing the table's rows are about: campaigns, products; else its first dimension."""
    named = [c for c in table.columns if c.role is Role.DIMENSION]
    for concept in _ENTITIES:
        found = next((c for c in named if c.concept == concept), None)
        if found:
            return found
    return next((c for c in named if c.identified_by), named[0] if named else None)


def overview_metrics(table: Table) -> list[str]:
    names = [n for n in senses()["overview"]["measures"] if table.metric(n)]
    if len(names) < 3:
        names += [m.name for m in main_metrics(table)[:6] if m.name not in names]
    return names
