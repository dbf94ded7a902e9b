"""What a plan takes for granted, in words: anchors, ranges, definitions."""

from __future__ import annotations

import datetime as dt

from src.data.profile import Profile
from src.data.semantic import Aggregation, Metric, Role, SemanticModel, Table
from src.query_engine.describe import (
    all_of,
    column_words,
    days_of,
    filter_words,
    named,
    period_name,
)
from src.query_engine.phrases import Language, day, listed, lowered, plural, say
from src.query_engine.plan import GRAINS, AdHoc, QueryPlan, TimeRange


def assumptions(plan: QueryPlan, model: SemanticModel, profile: Profile) -> tuple[str, ...]:
    """What the plan fills in that a question need not say: anchors, ranges, definitions."""
    table, language = model.table(plan.table), plan.language
    figures = profile.tables.get(plan.table)
    notes: list[str] = []
    first, last = (figures.first_day, figures.last_day) if figures else (None, None)
    if plan.time and plan.time.anchor:
        notes.append(
            say(
                language,
                "assumed.anchor",
                label=period_name(plan.time, language),
                span=days_of(plan.time, language, labelled=False),
                day=day(language, plan.time.anchor),
                anchor=say(language, _anchor(plan.time.anchor, last)),
            )
        )
    if plan.time and first and last:
        notes.extend(_overlap(plan.time, first, last, language))
    if plan.comparison and first and last:
        notes.extend(_overlap(plan.comparison.baseline, first, last, language))
    if plan.time is None and table and table.time_column and first and last:
        start, end = day(language, first), day(language, last)
        notes.append(say(language, "assumed.no_period", start=start, end=end))
    if plan.running_total and plan.grain:
        notes.append(_running(plan, table, first))
    for name in dict.fromkeys((*plan.metrics, *(h.metric for h in plan.all_having))):
        metric = table.metric(name) if table else None
        if table and metric and metric.aggregation is Aggregation.RATIO:
            notes.append(_definition(metric, table, language))
        if table and metric and metric.aggregation is Aggregation.AVERAGE and metric.denominator:
            weight = named(language, table, metric.denominator)
            label = lowered(metric.label)
            notes.append(say(language, "assumed.weighted", label=label, weight=weight))
    notes.extend(_divided(made, table, language) for made in plan.ad_hoc if made.per)
    notes.extend(_median(made, table, language) for made in plan.ad_hoc if made.over)
    notes.extend(_partial(made, table, language) for made in plan.ad_hoc if made.part)
    summed = [made for made in plan.ad_hoc if (made.plus or made.less) and not made.per]
    notes.extend(_summed(made, table, language) for made in summed)
    if plan.include_empty:
        notes.append(say(language, "assumed.empty_groups"))
    return tuple(notes)


def _running(plan: QueryPlan, table: Table | None, first: dt.date | None) -> str:
    """From which day on a running total counts, and what it is kept apart for."""
    language, grain = plan.language, plan.grain
    start = (plan.time.start if plan.time else None) or first
    since = day(language, start) if start else say(language, "span.all")
    groups = listed(language, [named(language, table, name) for name in plan.dimensions])
    key = "assumed.running_within" if groups else "assumed.running"
    return say(language, key, start=since, grain=say(language, f"word.{grain}"), groups=groups)


def _divided(made: AdHoc, table: Table | None, language: Language) -> str:
    """How an average over days, rows or things is computed."""
    column = named(language, table, made.column)
    if made.plus or made.less:
        top = _sum(made, table, language)
    elif made.aggregation == "sum":
        top = say(language, "assumed.total", column=column)
    elif made.aggregation == "count_rows":
        top = say(language, "assumed.rows")
    else:
        top = say(language, "assumed.distinct", things=plural(column))
    per = table.column(made.per) if table and made.per else None
    if per is not None and per.role is Role.MEASURE:
        below = column_words(table, made.per)
        times = "" if made.scale == 1 else say(language, "assumed.times", scale=f"{made.scale:g}")
        said = {"label": made.label, "top": top, "column": below, "times": times}
        return say(language, "assumed.divided_by_total", **said)
    if made.per in GRAINS:
        grain = say(language, f"word.{made.per}")
        bottom = say(language, "assumed.grains_with_rows", grains=plural(grain))
    elif made.per == "row":
        bottom = say(language, "assumed.only_rows")
    else:
        bottom = say(language, "assumed.different", things=plural(column_words(table, made.per)))
    return say(language, "assumed.divided", label=made.label, top=top, bottom=bottom)


def _median(made: AdHoc, table: Table | None, language: Language) -> str:
    """Which figures a median is the middle one of."""
    if made.over == "row":
        return say(language, "assumed.median_of_rows", label=made.label)
    if made.over in GRAINS:
        grain = say(language, f"word.{made.over}")
        key = "assumed.median_of_days" if made.over == "day" else "assumed.median_of_spans"
        return say(language, key, label=made.label, grain=grain)
    grain = named(language, table, made.over)
    return say(language, "assumed.median_of_things", label=made.label, grain=grain)


def _partial(made: AdHoc, table: Table | None, language: Language) -> str:
    """What a share within each group divides by what."""
    conditions = all_of(language, [filter_words(f, table, language) for f in made.part])
    key = "assumed.part_of_total" if made.column else "assumed.part_of_rows"
    column = column_words(table, made.column)
    return say(language, key, label=made.label, column=column, conditions=conditions)


def _summed(made: AdHoc, table: Table | None, language: Language) -> str:
    """Which sums are added up, or taken from one another."""
    key = "assumed.sum_of" if made.plus else "assumed.difference_of"
    first, other = (named(language, table, c) for c in (made.column, made.plus or made.less))
    return say(language, key, label=made.label, column=first, other=other)


def _sum(made: AdHoc, table: Table | None, language: Language) -> str:
    """The same as the upper part of a quotient."""
    key = "assumed.both" if made.plus else "assumed.rest"
    first, other = (named(language, table, c) for c in (made.column, made.plus or made.less))
    return say(language, key, column=first, other=other)


def _definition(metric: Metric, table: Table, language: Language) -> str:
    sides = (metric.numerator, metric.denominator)
    top, bottom = (named(language, table, name) for name in sides)
    scale = f"{metric.scale:g} × " if metric.scale != 1 else ""
    return say(language, "assumed.ratio", label=metric.label, scale=scale, top=top, bottom=bottom)


def _anchor(anchor: dt.date, last: dt.date | None) -> str:
    """What the day that relative words count from is to the data, as a key of the catalogue."""
    if anchor == last:
        return "assumed.last_day"
    if last and last < anchor <= last + dt.timedelta(days=30):
        return "assumed.end_of_period"
    return "assumed.no_last_day"


def _overlap(time: TimeRange, first: dt.date, last: dt.date, language: Language) -> list[str]:
    label, notes = period_name(time, language), []
    if time.start and time.start < first:
        notes.append(say(language, "assumed.starts_late", day=day(language, first), label=label))
    if time.end and time.end > last:
        notes.append(say(language, "assumed.ends_early", day=day(language, last), label=label))
    return notes
