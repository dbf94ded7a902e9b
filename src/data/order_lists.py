"""Lists of orders: which column is the order, which the amount, and what they make together.

Exports of shops call the amount "Total" or "Net sales". It keeps its name and gains the words that
ask for revenue; where a row is an order, rows are orders and their mean is the average order value.
Refunds, discounts, taxes and shipping are amounts too, and never that one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from src.data.concepts import (
    CURRENCY_CODES,
    CURRENCY_SYMBOLS,
    Concepts,
    HeaderReading,
    header_words,
)
from src.data.profiling import TableFacts
from src.data.semantic import Additivity, Aggregation, Column, Metric, Role, Unit

_FILE: Final = Path(__file__).with_name("order_lists.toml")
_ADS: Final = {"spend", "impressions", "clicks", "sessions"}
_NUMBER: Final = re.compile(r"(?:#|№\s?)\d+(?:[-.]\w+)?")
_OF_CUSTOMERS: Final = {"account": "customer", "account_id": "customer_id"}


@dataclass(frozen=True, slots=True)
class OrderList:
    """What is known of a table of orders.

    Attributes:
        key: the column that names an order.
        amount: the column of what an order brought; None where nothing says which one it is.
        one_row: each row is an order of its own, as far as was counted exactly.
        one_amount: each order has its amount in one row, and its other rows have none.
    """

    key: str
    amount: str | None
    one_row: bool
    one_amount: bool


def read_as_shop(
    facts: TableFacts, readings: Mapping[str, HeaderReading], known: Concepts
) -> dict[str, HeaderReading]:
    """A "customer ID" is the advertiser's in a report of ads, and a buyer's anywhere else; a "name"
    such as #1001 is an order's."""
    read = {
        name: replace(r, concept=None) if _no_address(facts, name, r) else r
        for name, r in readings.items()
    }
    meant = {r.concept.name for r in read.values() if r.concept}
    if meant & _ADS:
        return read
    for name, reading in read.items():
        concept = reading.concept.name if reading.concept else None
        if concept in _OF_CUSTOMERS and reading.words in _words()["customers"]:
            read[name] = replace(reading, concept=known.concepts[_OF_CUSTOMERS[concept]])
        elif "order_id" not in meant and _numbered(facts, name, reading):
            meant.add("order_id")
            read[name] = replace(reading, concept=known.concepts["order_id"])
    return read


def _no_address(facts: TableFacts, name: str, reading: HeaderReading) -> bool:
    """Whether an "email" column holds figures or answers, and nobody's address."""
    if not set(reading.words.split()) & {"email", "mail"}:
        return False
    named = reading.concept is not None and reading.concept.name == "customer_id"
    return named and not any("@" in v for v in facts.profile.columns[name].values[:1000])


def _numbered(facts: TableFacts, name: str, reading: HeaderReading) -> bool:
    values = facts.profile.columns[name].values
    named = reading.concept is None and reading.words in _words()["numbered"]
    return named and bool(values) and all(_NUMBER.fullmatch(v.strip()) for v in values[:1000])


def order_list(columns: Sequence[Column], facts: TableFacts) -> OrderList | None:
    """What `columns` say of orders, or None where they are of something else."""
    known = {c.concept for c in columns}
    key = next((c for c in columns if c.concept == "order_id"), None)
    if key is None or known & (_ADS | {"orders"}):
        return None
    profile, rows = facts.profile.columns[key.name], facts.profile.row_count
    one_row = 0 < rows == profile.distinct and profile.values_complete
    repeated = rows - profile.distinct if profile.values_complete else 0
    amount = None if "conversion_value" in known else _amount(columns)
    if amount and facts.profile.columns[amount.name].nulls < repeated and _of_order(amount):
        amount = None  # written again in each line of the order
    revenue = next((c for c in columns if c.concept == "conversion_value"), amount)
    if revenue is None:
        return OrderList(key.name, None, one_row, False)
    filled = rows - facts.profile.columns[revenue.name].nulls
    one_amount = one_row or (profile.values_complete and 0 < filled == profile.distinct)
    return OrderList(key.name, revenue.name, one_row, one_amount)


def _amount(columns: Sequence[Column]) -> Column | None:
    """The amount of an order; None where it could be one of two."""
    found: dict[str, Column] = {}
    for column in columns:
        if column.role is Role.MEASURE and column.additivity is Additivity.ADDITIVE:
            found.setdefault(_bare(column), column)
    paid = [found[words] for words in _words()["paid"] if words in found]
    sales = [found[words] for words in _words()["sales"] if words in found]
    if paid and not sales:
        return paid[0]
    return sales[0] if len(sales) == 1 and not paid else None


def _of_order(column: Column) -> bool:
    return bool(set(_bare(column).split()) & set(_words()["of_order"]))


def _bare(column: Column) -> str:
    said = header_words(column.name)
    kept = (w for w in said if w.upper() not in CURRENCY_CODES and w not in CURRENCY_SYMBOLS)
    return " ".join(w for w in kept if w != "руб")


def as_money(
    columns: tuple[Column, ...], orders: OrderList | None, currency: str | None
) -> tuple[Column, ...]:
    """The columns with the amount of the orders as money, in `currency` where it has none."""
    return tuple(
        c.model_copy(update={"unit": Unit.CURRENCY, "currency": c.currency or currency})
        if orders and c.name == orders.amount
        else c
        for c in columns
    )


def order_metrics(
    metrics: Sequence[Metric], orders: OrderList, columns: Sequence[Column], known: Concepts
) -> tuple[Metric, ...]:
    """`metrics` with revenue, orders and the average order value of a list of orders."""
    own = {" ".join(header_words(word)) for c in columns for word in (c.name, c.label)}

    def words(*of: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(w for w in of if w not in own))

    revenue, counted = known.concepts["conversion_value"], known.concepts["orders"]
    asked = words(*revenue.synonyms, revenue.label_ru.lower(), *_words()["asked"])
    orders_asked = words(*counted.synonyms, "number of orders", "order count")
    amount = next(
        (m for m in metrics if m.aggregation is Aggregation.SUM and m.numerator == orders.amount),
        None,
    )
    taken = {m.name for m in metrics}
    made: list[Metric] = []
    for metric in metrics:
        if metric is amount:
            made.append(_asked_as(metric, (*metric.synonyms, *asked), higher_is_better=True))
        elif metric.aggregation is not Aggregation.COUNT_ROWS:
            made.append(metric)
        else:
            made += [m for m in _mean(amount, orders, known) if m.name not in taken]
            if orders.one_row:
                both = (*orders_asked, *metric.synonyms)
                made.append(_asked_as(metric, both, label=counted.label))
            else:
                count = _count(orders, counted.label, orders_asked)
                made += [metric] if count.name in taken else [count, metric]
    return tuple(made)


def _asked_as(metric: Metric, synonyms: tuple[str, ...], **more: str | bool) -> Metric:
    return metric.model_copy(update={"synonyms": tuple(dict.fromkeys(synonyms)), **more})


def _count(orders: OrderList, label: str, asked: tuple[str, ...]) -> Metric:
    return Metric(
        name="orders",
        label=label,
        aggregation=Aggregation.COUNT_DISTINCT,
        numerator=orders.key,
        unit=Unit.COUNT,
        higher_is_better=True,
        synonyms=asked,
        description=f"Different values of {orders.key}: an order may have several rows.",
    )


def _mean(amount: Metric | None, orders: OrderList, known: Concepts) -> list[Metric]:
    """The average order value, where an order has one amount; of lines it would be too low."""
    if amount is None or not orders.one_amount:
        return []
    ratio = next(r for r in known.ratios if r.name == "aov")
    return [
        Metric(
            name=ratio.name,
            label=ratio.label,
            aggregation=Aggregation.AVERAGE,
            numerator=amount.numerator,
            unit=Unit.CURRENCY,
            currency=amount.currency,
            higher_is_better=True,
            synonyms=tuple(dict.fromkeys((*ratio.synonyms, ratio.label_ru.lower()))),
            description=f"{amount.label} of an order, averaged over orders: each has one.",
        )
    ]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, tuple[str, ...]]:
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {kind: tuple(words) for kind, words in read.items()}
