"""Clauses about time: the period, its buckets, and what it is compared with."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal

from src.data.semantic import Aggregation
from src.query_engine.nl.calendar import Period, bucket, previous, shift, year_before
from src.query_engine.nl.comparing import (
    beside,
    clipped,
    compare,
    each_beside_the_last,
    leans,
    same_year,
    the_one_before,
    union,
)
from src.query_engine.nl.lexicon import lexicon
from src.query_engine.nl.reading import State
from src.query_engine.nl.text import name_stems, stems
from src.query_engine.phrases import Note, PeriodName
from src.query_engine.plan import RECURRING, Grain, Having, HavingOp

_GRAINS = {
    "grain_day": Grain.DAY,
    "grain_week": Grain.WEEK,
    "grain_month": Grain.MONTH,
    "grain_quarter": Grain.QUARTER,
    "grain_year": Grain.YEAR,
    "grain_weekpart": Grain.WEEKPART,
    "grain_weekday": Grain.WEEKDAY,
}
_OVER_OVER = {
    "day_over_day": Grain.DAY,
    "week_over_week": Grain.WEEK,
    "month_over_month": Grain.MONTH,
    "quarter_over_quarter": Grain.QUARTER,
}
_DAILY = stems("daily day дневной суточный")
_BASELINE_PREPOSITIONS = {"over", "from", "since", "than", "with", "to", "с", "со", "к"}


def grains(state: State) -> None:
    """by week, monthly, daily trend, over time, which day."""
    for i, item in enumerate(state.items):
        if not state.free(i) or item.hits or (item.targets and not state.time_column(i)):
            continue
        if item.any_of("per_day_average") and _is_daily(state, state.next(i)):
            state.take(i)
            continue
        if item.any_of("per_day_average"):
            state.take(i)
            state.out.grain = state.out.grain or Grain.DAY
            state.out.notes.append(Note("note.day_by_day"))
            state.out.cost("daily_average")
            continue
        if item.any_of("when") and any(
            k.any_of("highest", "lowest", "best", "worst") for k in state.items
        ):
            state.take(i)
            state.out.grain, state.out.singular = state.out.grain or Grain.DAY, True
            continue
        grain = next(
            (g for n, g in _GRAINS.items() if item.any_of(n, n.replace("grain", "unit"))), None
        )
        if grain and (
            item.period is None or (item.any_of("grain_weekday") and not item.period.weekdays)
        ):
            state.take(i)
            state.out.grains += grain is not state.out.grain
            state.out.grain = grain
            state.out.singular = state.out.singular or (
                not item.plural
                and (item.text.lower().split()[0] in ("which", "what") or _the_best(state, i))
            )
        elif item.any_of("trend"):
            state.take(i)
            state.out.trend = True
    for i in range(len(state.items)):
        if state.free(i) and state.time_column(i):
            state.take(i)
            if state.is_free(i - 1, "by") or (i and state.items[i - 1].any_of("by", "which")):
                state.out.grain = state.out.grain or Grain.DAY


def _is_daily(state: State, i: int) -> bool:
    """The "daily" of "average daily budget" where the measure is an average of daily budgets."""
    spec = state.table.metric(state.metric(i) or "")
    if spec is None or spec.aggregation is not Aggregation.AVERAGE:
        return False
    return bool(set(_DAILY) & set(name_stems(f"{spec.numerator} {spec.label}")))


def _the_best(state: State, i: int) -> bool:
    """ "Best day", "worst single month", "highest revenue week": one of them is asked for."""
    if not any(c.startswith("unit_") for c in state.items[i].grammar):
        return False
    k = state.prev(i)
    while k >= 0 and state.metric(k):
        k = state.prev(k)
    return k >= 0 and state.is_free(k, "best", "worst", "highest", "lowest")


def periods(state: State) -> None:
    """One period, or two that are set against each other."""
    _over_over(state)
    found = [i for i, item in enumerate(state.items) if state.free(i) and item.period]
    found = _weekdays(state, found)
    if not found:
        _relative_baseline(state, None)
        return
    changing = any(item.any_of("change", "grew", "fell", "compare") for item in state.items)
    first = state.items[found[0]].period
    assert first is not None
    split = first.parts and changing and not state.out.comparison and _comparable(first.parts)
    split = split or first.style == "sides"
    if len(found) == 1 and split:
        earlier, later = sorted(first.parts, key=lambda part: part.start or dt.date.min)
        compare(state, later, earlier)
        _take_change_words(state)
        state.take(found[0])
    elif len(found) == 1:
        _single(state, found[0], first, changing)
    else:
        _several(state, found)
    if state.out.period and state.out.comparison and state.out.baseline is None:
        state.out.period = clipped(state.out.period, state.context.anchor)
        each_beside_the_last(state, state.out.period)


def _weekdays(state: State, found: list[int]) -> list[int]:
    """Days of the week are a condition of their own; both halves of the week are a breakdown."""
    picked = [i for i in found if (period := state.items[i].period) and period.weekdays]
    days = {day for i in picked for day in state.items[i].period.weekdays}  # type: ignore[union-attr]
    state.take(*picked)
    against = any(item.any_of("versus", "compare") for item in state.items)
    if days == {6, 7} and against and state.out.grain is Grain.WEEKDAY:
        state.out.grain = Grain.WEEKPART  # "weekend ROAS compared to weekday ROAS"
    if len(days) == 7 or (days and against and state.out.grain in RECURRING):
        state.out.grain = state.out.grain or (Grain.WEEKPART if len(days) == 7 else Grain.WEEKDAY)
        for i, item in enumerate(state.items):
            if state.is_free(i, "versus", "compare") and not item.targets:
                state.take(i)
    else:
        state.out.weekdays = tuple(sorted({*state.out.weekdays, *days}))
        compared = [i for i in range(len(state.items)) if state.is_free(i, "compare", "versus")]
        if len(picked) > 1 and compared and state.out.grain is None:
            state.out.grain = Grain.WEEKDAY  # "compare Mondays and Fridays"
            state.take(*compared)
    return [i for i in found if i not in picked]


def _comparable(parts: tuple[Period, ...]) -> bool:
    return len(parts) == 2 and all(p.style in ("calendar", "absolute") for p in parts)


def _single(state: State, i: int, period: Period, changing: bool) -> None:
    versus = _versus_before(state, i)
    lead = state.items[i].text.lower().split()[0]
    state.take(i)
    if leans(period):
        _leaning(state, period, versus)
        return
    if versus is not None or (
        changing and lead in _BASELINE_PREPOSITIONS and _calendar_back(period)
    ):
        if versus is not None:
            state.take(versus)
        _take_change_words(state)
        _against(state, period)
        return
    if _with_the_one_before(state, period):
        return
    state.out.period = period
    if period.style == "all" and not period.weekdays:
        state.out.notes.append(Note("note.all_data"))
    if period.options:
        state.out.cost("vague_period")
    _relative_baseline(state, period)


def _leaning(state: State, period: Period, versus: int | None) -> None:
    """ "Compared with the month before" and "same day last week" with no other period named."""
    anchor = state.context.anchor
    if period.style == "same" and versus is None:
        today = Period(anchor, anchor, "", "calendar", Grain.DAY, relative=True)
        found = beside(period, today)
        state.out.period = replace(found, relative=True) if found else None
        return
    if versus is not None:
        state.take(versus)
    yearly = period.unit is Grain.YEAR or period.style == "same"
    state.out.comparison = "previous_year" if yearly else "previous_period"
    state.out.comparison_unit = period.unit
    _take_change_words(state)


def _with_the_one_before(state: State, period: Period) -> bool:
    """ "Compare this week with the last", «за месяц по сравнению с предыдущим»: the second period
    borrows the unit of the first."""
    comparing = any(item.any_of("compare") for item in state.items)
    for i, item in enumerate(state.items):
        versus = _versus_before(state, i) if i else None
        if not (comparing or (versus is not None and state.free(versus))):
            continue
        word = "last" in lexicon().time.meanings.get(item.stemmed, ())
        before = previous(period) if word and state.free(i) and not item.targets else None
        if before is None or period.unit is None or period.start is None:
            continue
        if period.style == "to_date":
            start, end = bucket(shift(period.start, period.unit, -1), period.unit)
            before = Period(start, end, f"last {period.unit.value}", "calendar", period.unit)
        state.take(i, *([versus] if versus is not None else []))
        compare(state, period, before)
        _take_change_words(state)
        return True
    return False


def _calendar_back(period: Period) -> bool:
    return period.style == "calendar" and period.relative


def _versus_before(state: State, i: int) -> int | None:
    j = state.prev(i)
    return j if j >= 0 and state.items[j].any_of("versus") and not state.items[j].targets else None


def _against(state: State, baseline: Period) -> None:
    """Only the baseline was named: the period is its unit up to the last day, like for like."""
    unit, anchor = baseline.unit, state.context.anchor
    state.out.against = baseline
    if unit is None or baseline.start is None or baseline.style != "calendar":
        state.out.problem = Note("asked.period_beside")
        return
    start, end = bucket(anchor, unit)
    if (baseline.start, baseline.end) == (start, end):
        baseline = previous(baseline) or baseline  # "against last week" in the week that is over
    assert baseline.start is not None
    if baseline.start >= start:
        state.out.problem = Note("asked.period_beside")
        return
    current = Period(start, anchor, f"this {unit.value}", "to_date", unit, relative=True)
    state.out.period = current
    steps = 1
    while shift(start, unit, -steps) > baseline.start and steps < 1000:
        steps += 1
    end = min(shift(start, unit, -steps) + (anchor - start), baseline.end or anchor)
    label = baseline.label
    if baseline.end and end < baseline.end:
        label = f"the same days of {baseline.label}"
        state.out.notes.append(
            Note("note.not_over", label=PeriodName(current.label), baseline=PeriodName(label))
        )
    state.out.baseline = Period(baseline.start, end, label, "absolute", unit)
    state.out.comparison = "previous_period" if steps == 1 else "custom"


def _several(state: State, found: list[int]) -> None:
    said = [period for i in found if (period := state.items[i].period)]
    versus = _versus_before(state, found[1])
    compared = (
        versus is not None
        or any(leans(period) for period in said)
        or state.items[found[1]].text.lower().startswith("к ")
        or any(item.any_of("compare", "change", "grew", "fell") for item in state.items)
    )
    state.take(*found)
    if not compared:
        whole = [period for period in said if period.style != "all"]
        one = whole[0] if len(whole) == 1 else union(_of_one_year(whole))
        if one:
            state.out.period = one
            return
    if len(found) > 2:
        if not _beside_each_other(state, _of_one_year(said)):
            state.out.problem = Note("asked.many_periods")
        return
    _take_comparing(state, versus)
    _pair(state, found, said[0], said[1])
    _take_change_words(state)


def _beside_each_other(state: State, said: list[Period]) -> bool:
    """ "Compare July, August and September": one stretch of units of one kind, unit by unit."""
    one, unit = union(said), said[0].unit
    alike = all(p.unit is unit and p.count == 1 and not leans(p) for p in said)
    if one is None or unit is None or not alike or state.out.grain not in (None, unit):
        return False
    _take_comparing(state, None)
    state.out.period, state.out.grain = one, unit
    return True


def _take_comparing(state: State, versus: int | None) -> None:
    if versus is not None:
        state.take(versus)
    for i, item in enumerate(state.items):
        if item.any_of("compare") and not item.targets:
            state.take(i)


def _of_one_year(said: list[Period]) -> list[Period]:
    """The year said with the last of a list is the year of all."""
    return [same_year(period, said[-1])[0] for period in said[:-1]] + said[-1:]


def _pair(state: State, found: list[int], left: Period, right: Period) -> None:
    for leaning, other in ((right, left), (left, right)):
        baseline = beside(leaning, other) if leans(leaning) else None
        if baseline:
            compare(state, other, baseline)
            return
    if the_one_before(right, state.items[found[1]].text) and not left.relative:
        before = beside(replace(right, style="before"), left)
        if before:
            compare(state, left, before)
            return
    yearly = right.relative and right.unit is Grain.YEAR and right.style == "calendar"
    earlier = year_before(left) if yearly and left.unit is not Grain.YEAR else None
    if earlier:
        compare(state, left, earlier)
        return
    left, right = same_year(left, right)
    # the later one is the question, the earlier one its yardstick, in whatever order they came
    if left.start is None or right.start is None or left.start >= right.start:
        compare(state, left, right)
    else:
        compare(state, right, left)


def _take_change_words(state: State) -> None:
    """Words of change and comparison that the two periods give their meaning to."""
    for i, item in enumerate(state.items):
        if state.free(i) and not item.targets and not item.hits:
            if item.any_of("grew", "fell"):
                state.take(i)
                state.out.change = state.out.change or ("grew" if item.any_of("grew") else "fell")
            elif item.any_of("change", "compare", "more_less"):
                state.take(i)
                state.out.change = state.out.change or "any"


def _over_over(state: State) -> None:
    for i, item in enumerate(state.items):
        if not state.free(i):
            continue
        unit = next((g for name, g in _OVER_OVER.items() if item.any_of(name)), None)
        if unit and state.out.trend:
            state.take(i)  # "spend trend week over week": its course, by that unit
            state.out.grain = state.out.grain or unit
            continue
        kind: Literal["previous_period", "previous_year"] | None = None
        if unit or item.any_of("previous_period"):
            kind = "previous_period"
        elif item.any_of("previous_year"):
            kind = "previous_year"
        if kind:
            state.take(i)
            before = state.prev(i)
            if state.is_free(before, "versus", "compare"):
                state.take(before)
            state.out.comparison, state.out.comparison_unit = kind, unit
            _take_change_words(state)


def _is_change(state: State, i: int) -> bool:
    item = state.items[i]
    return state.is_free(i, "change", "grew", "fell") and not (item.targets or item.hits)


def directions(state: State) -> None:
    """ "Rising spend but falling ROAS": a condition on the change of each measure.

    One word of change alone orders the answer instead; two on one measure ask for its course.
    """
    words = [i for i in range(len(state.items)) if _is_change(state, i)]
    words = [
        i
        for i in words
        if not state.items[i].any_of("change") or state.items[i].any_of("grew", "fell")
    ]
    if len(words) < 2:
        return
    before = {i: state.metric(state.prev(i)) for i in words}
    # "Clicks went up but conversions went down": all of one kind, where that tells them apart.
    apart = len({m for m in before.values() if m}) == len(words)
    attached = before if apart else {i: _attached(state, i) for i in words}
    measures = {m for m in attached.values() if m}
    if len(measures) < 2:
        state.take(*words)
        state.out.trend = True
        return
    for i, metric in attached.items():
        if metric is None:
            continue
        state.take(i)
        state.out.add_metric(metric)
        op: HavingOp = "<" if state.falls(i, metric) else ">"
        state.out.having.append(Having(metric=metric, op=op, values=(0.0,), of="change"))
    state.out.comparison = state.out.comparison or "previous_period"


def _attached(state: State, i: int) -> str | None:
    """The measure right after a word of change, else right before it."""
    return state.metric(state.next(i)) or state.metric(state.prev(i))


def _relative_baseline(state: State, period: Period | None) -> None:
    """ "How did spend change", "which campaigns lost conversions": against the stretch before."""
    words = [i for i in range(len(state.items)) if _is_change(state, i)]
    by_change = any(h.of in ("change", "change_pct") for h in state.out.having)
    if not (words or by_change) or state.out.comparison:
        return
    _take_change_words(state)
    if not state.out.trend and not state.out.grain:
        state.out.comparison = "previous_period"
    elif state.out.change:
        state.out.trend = True


__all__ = ["grains", "periods"]
