"""Who leads, by how much, and how concentrated the whole is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from src.insights.buckets import Period, is_partial
from src.insights.compute import FactBook, leading_first
from src.insights.facts import CellRef, Extreme
from src.insights.shape import Measure, Point, Shape

RANKS_LISTED = 10
MIN_FOR_TOP3 = 6
MIN_FOR_VARIATION = 5
MAX_FOR_VARIATION = 1000
TIES_NAMED = 3


def ranking_facts(book: FactBook, shape: Shape, measure: Measure, period: Period) -> None:
    """Total, leader, laggard, shares, spread and gaps of the measure over the result's groups."""
    _nulls(book, shape, measure)
    total = _total(book, shape, measure)
    if not measure.comparable:
        return
    points = complete_points(shape, measure, period)
    if len(points) < 2:
        if shape.rows == 1 and points:
            book.value("leader", measure, points[0], book.how("only_row", label=measure.title))
        return
    ranked = sorted(points, key=lambda p: p.value, reverse=not measure.low_is_good)
    if ranked[0].value == ranked[-1].value:
        return
    _ends(book, shape, measure, ranked)
    _ratios(book, measure, ranked, total)
    if not shape.is_series:
        _shares(book, shape, measure, ranked)


def complete_points(shape: Shape, measure: Measure, period: Period) -> list[Point]:
    """The points to be ranked: groups, or the complete buckets of a plain time series."""
    if not shape.is_series:
        return shape.points(measure)
    grain = shape.time.grain if shape.time else None
    return [
        point for start, point in shape.by_bucket(measure) if not is_partial(start, grain, period)
    ]


def _nulls(book: FactBook, shape: Shape, measure: Measure) -> None:
    column = measure.column.name
    empty = [row for row in range(shape.rows) if shape.value(column, row) is None]
    if empty:
        cells = tuple(CellRef(row=row, column=column) for row in empty)
        formula = book.how("nulls", label=measure.title)
        book.add("nulls", len(empty), formula, measure=measure, unit="count", cells=cells)


def _total(book: FactBook, shape: Shape, measure: Measure) -> float | None:
    if shape.rows < 2:
        return None
    point = shape.over(measure, range(shape.rows))
    if point is None:
        return None
    book.value("total", measure, point)
    return point.value


def _ends(book: FactBook, shape: Shape, measure: Measure, ranked: Sequence[Point]) -> None:
    first: Extreme = "lowest" if measure.low_is_good else "highest"
    last: Extreme = "highest" if measure.low_is_good else "lowest"
    among = book.how("buckets" if shape.is_series else "groups")
    named = {"label": measure.title, "count": len(ranked), "among": among}
    for kind, word, side in (("leader", first, ranked), ("laggard", last, ranked[::-1])):
        tied = [point for point in side if point.value == side[0].value]
        if len(tied) <= TIES_NAMED:
            for point in tied:
                formula = book.how(word, **named, formula=point.formula)
                book.value(kind, measure, point, formula, extreme=word)
    if len(ranked) > 2 and ranked[0].value != ranked[1].value != ranked[2].value:
        book.value("runner_up", measure, ranked[1], book.how(f"second_{first}", **named))
    if shape.is_series or measure is not leading_first(shape)[0]:
        return
    values = [point.value for point in ranked]
    for point in ranked[:RANKS_LISTED]:
        place = 1 + values.index(point.value)
        formula = book.how(f"rank_{first}", label=measure.title)
        book.add(
            "rank", place, formula, measure=measure, unit="count",
            subject=point.label, cells=point.cells,
        )  # fmt: skip


def _ratios(book: FactBook, measure: Measure, ranked: Sequence[Point], total: float | None) -> None:
    values = [point.value for point in ranked]
    cells = tuple(cell for point in ranked for cell in point.cells)
    high, low = max(ranked, key=lambda p: p.value), min(ranked, key=lambda p: p.value)
    if low.value > 0:
        book.add(
            "spread", high.value / low.value, book.how("spread", label=measure.title),
            measure=measure, unit="multiple", cells=high.cells + low.cells,
        )  # fmt: skip
    single = all(len(point.cells) == 1 for point in ranked)
    if single and MIN_FOR_VARIATION <= len(values) <= MAX_FOR_VARIATION and low.value >= 0:
        book.add(
            "variation", statistics.pstdev(values) / statistics.fmean(values),
            book.how("variation", label=measure.title),
            measure=measure, unit="ratio", cells=cells,
        )  # fmt: skip
    if measure.ratio is not None and total:
        for point in (ranked[0], ranked[-1]):
            book.add(
                "gap", point.value / total - 1, book.how("gap", label=measure.title),
                measure=measure, unit="ratio", subject=point.label, cells=point.cells,
            )  # fmt: skip


def _shares(book: FactBook, shape: Shape, measure: Measure, ranked: Sequence[Point]) -> None:
    """Shares of the whole: the result's own where it has them, else sums of all its groups."""
    if measure.share is not None and shape.time is None:
        row = ranked[0].rows[0]
        value = shape.value(measure.share.name, row)
        if value is not None:
            book.add(
                "share", value, book.how("own_share", label=measure.title),
                measure=measure, unit="ratio", subject=ranked[0].label,
                cells=(CellRef(row=row, column=measure.share.name),),
            )  # fmt: skip
        return
    whole = sum(point.value for point in ranked)
    if not (measure.additive and shape.complete) or whole <= 0 or min(p.value for p in ranked) < 0:
        return
    by_size = sorted(ranked, key=lambda p: p.value, reverse=True)
    cells = tuple(cell for point in by_size for cell in point.cells)
    book.add(
        "share", by_size[0].value / whole, book.how("share", label=measure.title),
        measure=measure, unit="ratio", subject=by_size[0].label, cells=cells,
    )  # fmt: skip
    if len(by_size) >= MIN_FOR_TOP3:
        book.add(
            "top3_share", sum(p.value for p in by_size[:3]) / whole,
            book.how("top3", label=measure.title),
            measure=measure, unit="ratio", cells=cells,
            subject=", ".join(p.label for p in by_size[:3]),
        )  # fmt: skip
