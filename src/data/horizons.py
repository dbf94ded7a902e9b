"""Ratios of a cohort by its age: retention of day 7, ROAS of day 30.

Reports of apps hold for each day of installs how many came back, and what was earned, after so many
days. The days are in the names of the columns; any of them makes its ratio.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from src.data.concepts import Concepts, header_words
from src.data.semantic import Additivity, Aggregation, Column, Metric, Role, Unit
from src.data.wordings import day_of, in_days, wordings

_SEVERAL: Final = 2
_COHORTS: Final = ("installs", "new_users", "leads", "users")  # best first
_RETENTION: Final = ("retention", "retention rate", "ретеншн", "ретеншен", "удержание")
_ROAS: Final = ("roas", "return on ad spend", "роас", "окупаемость")


def by_day(columns: Sequence[Column], known: Concepts) -> Iterator[Metric]:
    """Retention of each day with a count of who came back, and ROAS of each day with a revenue.

    ROAS only where there are several days to tell apart: of one revenue it is plain ROAS or none.
    """
    measures = [c for c in columns if c.role is Role.MEASURE]
    of_concept = {c.concept: c for c in measures if c.concept}
    read = {c: day_of(c) for c in measures if c.concept is None}
    dated = {column: said for column, said in read.items() if said}
    start, spend = _cohort(measures), of_concept.get("spend")
    for column, (name, day) in dated.items():
        counted = column.unit is Unit.COUNT and column.additivity is Additivity.ADDITIVE
        if start and start is not column and counted and name in wordings()["retained"]:
            yield Metric(
                name=f"retention_rate_d{day}",
                label=f"D{day} retention",
                unit=Unit.RATIO,
                synonyms=in_days(_RETENTION, day),
                **_quotient(column, start),
            )
    earned = [c for c in dated if spend and _is_earned(c, dated[c][0], spend, known)]
    if spend is None or len(earned) < _SEVERAL or "conversion_value" in of_concept:
        return
    for column in earned:
        day = dated[column][1]
        yield Metric(
            name=f"roas_d{day}",
            label=f"D{day} ROAS",
            unit=Unit.MULTIPLE,
            synonyms=in_days(_ROAS, day),
            **_quotient(column, spend),
        )


def _is_earned(column: Column, name: str, spend: Column, known: Concepts) -> bool:
    concept = known.read_header(name).concept
    same = not (column.currency and spend.currency) or column.currency == spend.currency
    return concept is not None and concept.name == "conversion_value" and same


def _cohort(measures: Sequence[Column]) -> Column | None:
    """How many the cohort began with."""
    for concept in _COHORTS:
        found = next((c for c in measures if c.concept == concept), None)
        if found:
            return found
    named = (c for c in measures if " ".join(header_words(c.name)) in wordings()["cohort"])
    first = (
        c for c in measures if (d := day_of(c)) and d[1] == 0 and d[0] in wordings()["retained"]
    )
    return next(named, None) or next(first, None)


def _quotient(top: Column, bottom: Column) -> dict[str, Any]:
    return {
        "aggregation": Aggregation.RATIO,
        "numerator": top.name,
        "denominator": bottom.name,
        "higher_is_better": True,
        "description": f"sum({top.name}) / sum({bottom.name}).",
    }
