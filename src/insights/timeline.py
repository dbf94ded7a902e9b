"""What changed: against a comparison period, from bucket to bucket, as a trend, as an outlier."""

from __future__ import annotations

import datetime as dt
import itertools
from statistics import median

from src.insights.buckets import Period, is_partial, next_bucket
from src.insights.compute import FactBook
from src.insights.shape import Measure, Point, Shape
from src.insights.stats import OUTLIER_SCORE, modified_z, trend
from src.query_engine.phrases import say

NEIGHBOURS = 3
MIN_FOR_OUTLIERS = 12
OUTLIERS_NAMED = 3


def comparison_facts(book: FactBook, shape: Shape, measure: Measure) -> None:
    """Change of the whole and the groups that moved most, against the comparison period."""
    everything = range(shape.rows)
    now, before = shape.over(measure, everything), shape.baseline_over(measure, everything)
    if shape.rows > 1 and now and before and measure.comparable:
        book.value("baseline", measure, before, book.how("before", formula=before.formula))
        _change(book, measure, now, before)
    was = {point.rows: point for point in shape.points(measure, baseline=True)}
    pairs = [(p, was[p.rows]) for p in shape.points(measure) if p.rows in was]
    if shape.rows == 1:
        for new, old in pairs:
            book.value("baseline", measure, old, book.how("before", formula=old.formula))
            _change(book, measure, new, old)
        return
    # Buckets of time have no names here; how they moved is told by `series_facts`.
    named = [pair for pair in pairs if pair[0].label]
    moved = sorted(named, key=lambda pair: pair[0].value - pair[1].value)
    risen = [pair for pair in moved[-1:] if pair[0].value > pair[1].value]
    fallen = [pair for pair in moved[:1] if pair[0].value < pair[1].value]
    for new, old in risen + fallen if measure.comparable else []:
        _driver(book, measure, new, old)
        _change(book, measure, new, old)


def series_facts(book: FactBook, shape: Shape, measure: Measure, period: Period) -> None:
    """The last complete bucket against the one before, the trend and the outliers."""
    grain = shape.time.grain if shape.time else None
    if not measure.comparable:
        return
    line = [
        (start, point)
        for start, point in shape.by_bucket(measure)
        if not is_partial(start, grain, period)
    ]
    if len(line) < 2:
        return
    (before_start, before), (last_start, last) = line[-2:]
    book.value("latest", measure, last)
    if next_bucket(before_start, grain) == last_start:
        book.value("previous", measure, before)
        _change(book, measure, last, before)
    _trend(book, shape, measure, line)
    if grain in (None, "day", "week"):
        _outliers(book, measure, line)


def running_facts(book: FactBook, shape: Shape, measure: Measure) -> None:
    """What a running total came to, and when it had half of that, where it only ever rose."""
    line = [point for _, point in shape.by_bucket(measure)]
    if not line:
        return
    last = line[-1]
    book.value("reached", measure, last)
    rising = all(new.value >= old.value for old, new in itertools.pairwise(line))
    if not (measure.additive and rising and line[0].value >= 0 and last.value > 0):
        return
    half = next(point for point in line if 2 * point.value >= last.value)
    if half is not line[0] and half is not last:
        book.value("halfway", measure, half, book.how("halfway", label=measure.title))


def _change(book: FactBook, measure: Measure, new: Point, old: Point) -> None:
    if old.value <= 0:
        return
    book.add(
        "change", new.value / old.value - 1, book.how("change", formula=new.formula),
        measure=measure, unit="ratio", subject=new.label, cells=new.cells + old.cells,
    )  # fmt: skip


def _driver(book: FactBook, measure: Measure, new: Point, old: Point) -> None:
    book.add(
        "driver", new.value - old.value, book.how("difference", formula=new.formula),
        measure=measure, unit=measure.column.unit, subject=new.label, cells=new.cells + old.cells,
    )  # fmt: skip


def _trend(
    book: FactBook, shape: Shape, measure: Measure, line: list[tuple[dt.date, Point]]
) -> None:
    found = trend([point.value for _, point in line])
    if found is None:
        return
    cells = tuple(cell for _, point in line for cell in point.cells)
    grain = (shape.time.grain if shape.time else None) or "step"
    per = say(book.language, f"per_step.{grain}")
    book.add(
        "trend", found.slope, book.how("trend", label=measure.title, per=per),
        measure=measure, unit=measure.column.unit, cells=cells,
    )  # fmt: skip
    book.add(
        "trend_p", found.p_value, book.how("trend_p"),
        measure=measure, unit="number", cells=cells,
    )  # fmt: skip
    book.add(
        "buckets",
        found.points,
        book.how("bucket_count"),
        measure=measure,
        unit="count",
        cells=cells,
    )


def _outliers(book: FactBook, measure: Measure, line: list[tuple[dt.date, Point]]) -> None:
    """Buckets whose distance from their neighbours' median is extreme among such distances."""
    points = [point for _, point in line]
    if len(points) < MIN_FOR_OUTLIERS:
        return
    around = [
        points[max(0, i - NEIGHBOURS) : i] + points[i + 1 : i + 1 + NEIGHBOURS]
        for i in range(len(points))
    ]
    usual = [median(p.value for p in near) for near in around]
    scores = modified_z([point.value - level for point, level in zip(points, usual, strict=True)])
    extreme = [i for i, score in enumerate(scores) if abs(score) > OUTLIER_SCORE]
    for i in sorted(extreme, key=lambda i: -abs(scores[i]))[:OUTLIERS_NAMED]:
        rule = {"score": OUTLIER_SCORE, "count": len(around[i])}
        how = book.how("outlier", formula=points[i].formula, **rule)
        book.value("outlier", measure, points[i], how)
        book.add(
            "usual", usual[i], book.how("usual", count=len(around[i])),
            measure=measure, unit=measure.column.unit, subject=points[i].label,
            cells=tuple(cell for near in around[i] for cell in near.cells),
        )  # fmt: skip
