"""Every fact can be computed again from the cells it names, by the definition of its kind."""

from __future__ import annotations

import math
import re
import statistics

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from src.insights.cautions import find_cautions
from src.insights.compute import facts_of
from src.insights.facts import Fact
from src.insights.grounds import grounds_of
from src.insights.shape import Shape, read_shape
from src.insights.stats import trend
from src.insights.wording import sentences
from tests.insights.tables import ADS, column, dataset
from tests.insights.worlds import NAMES, WORLDS, world_of

NEAR = {"rel": 1e-9, "abs": 1e-9}


def values(shape: Shape, fact: Fact, suffix: str | None = None) -> list[float]:
    """The fact's cells as numbers, or those of columns that end (or do not) on `_baseline`."""
    picked = [
        c for c in fact.cells if suffix is None or c.column.endswith("_baseline") is bool(suffix)
    ]
    return [float(shape.result.frame[c.column].iloc[c.row]) for c in picked]


def combined(shape: Shape, fact: Fact, suffix: str | None = None) -> float:
    """The metric over the fact's cells: a cell, a sum, or a ratio of sums."""
    metric = ADS.metric(fact.metric or "")
    names = {c.column.removesuffix("_baseline") for c in fact.cells}
    if metric and names <= {fact.metric}:
        return math.fsum(values(shape, fact, suffix))
    sums = {m.numerator: m.name for m in ADS.metrics if m.denominator is None}
    sides = []
    for side in (metric.numerator, metric.denominator):
        cells = [c for c in fact.cells if c.column == sums[side]]
        sides.append(math.fsum(float(shape.result.frame[c.column].iloc[c.row]) for c in cells))
    return metric.scale * sides[0] / sides[1]


def recomputed(shape: Shape, fact: Fact) -> float:
    if fact.kind in ("nulls", "buckets"):
        return len(fact.cells)
    cells = values(shape, fact)
    if fact.kind in ("total", "leader", "laggard", "runner_up", "latest", "previous", "outlier"):
        return combined(shape, fact)
    if fact.kind == "baseline":
        return combined(shape, fact)
    if fact.kind == "rows":
        return len(shape.result.frame)
    if fact.kind == "rank":
        column = [float(v) for v in shape.result.frame[fact.cells[0].column].dropna()]
        low = ADS.metric(fact.metric).higher_is_better is False
        return 1 + sum(v < cells[0] if low else v > cells[0] for v in column)
    if fact.kind == "share":
        own = [
            v for c, v in zip(fact.cells, cells, strict=True) if shape.keys[c.row] == fact.subject
        ]
        return math.fsum(own) / math.fsum(cells)
    if fact.kind == "top3_share":
        return math.fsum(sorted(cells)[-3:]) / math.fsum(cells)
    if fact.kind == "spread":
        return cells[0] / cells[1]
    if fact.kind == "variation":
        return statistics.pstdev(cells) / statistics.fmean(cells)
    if fact.kind in ("change", "driver"):
        half = len(cells) // 2
        new, old = values(shape, fact, ""), values(shape, fact, "_baseline")
        if not old:
            new, old = cells[:half], cells[half:]
        now, before = math.fsum(new), math.fsum(old)
        return now - before if fact.kind == "driver" else now / before - 1
    if fact.kind == "usual":
        return statistics.median(cells)
    if fact.kind == "trend":
        return trend(cells).slope
    if fact.kind == "trend_p":
        return trend(cells).p_value
    if fact.kind == "gap":
        columns = shape.result.frame
        sums = {m.numerator: m.name for m in ADS.metrics if m.denominator is None}
        metric = ADS.metric(fact.metric)
        top, bottom = (
            columns[sums[side]].dropna().sum() for side in (metric.numerator, metric.denominator)
        )
        return cells[0] / (metric.scale * top / bottom) - 1
    raise AssertionError(f"no definition of {fact.kind}")


@settings(max_examples=40, deadline=None)
@given(world=WORLDS)
def test_every_fact_is_what_its_cells_say(world):
    shape, _ = world
    for fact in facts_of(shape, dataset()).facts:
        assert fact.formula
        assert fact.value == pytest.approx(recomputed(shape, fact), **NEAR), fact


@settings(max_examples=40, deadline=None)
@given(world=WORLDS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_offline_sentence_passes_the_grounding_check(language, world):
    shape = in_language(world, language)
    book = facts_of(shape, dataset())
    said = [(s.text, s.facts) for s in sentences(book, shape)]
    said += [(c.text, c.facts) for c in find_cautions(book, shape, dataset())]
    grounds = grounds_of(shape, book)
    for text, facts in said:
        assert grounds.check(text).problems == (), text
        assert all(any(f.id == i for f in book.facts) for i in facts)


def in_language(world, language: str) -> Shape:
    """The same result, to be spoken about in `language`."""
    shape, query = world
    spoken = query.model_copy(update={"language": language})
    columns = tuple(column(c.name, query.grain) for c in shape.result.columns)
    return read_shape(shape.result, columns, spoken, dataset())


def test_a_leader_above_a_crowd_of_ties_is_the_highest():
    frame = {"campaign": list(NAMES[:5]), "revenue": [5.0, 0.0, 0.0, 0.0, 0.0]}
    shape, _ = world_of(frame, dimensions=("campaign",))
    book = facts_of(shape, dataset())
    assert not [fact for fact in book.facts if fact.kind == "laggard"]
    (best,) = (s.text for s in sentences(book, shape) if "highest" in s.text)
    grounds = grounds_of(shape, book)
    assert grounds.check(best).problems == ()
    assert grounds.check(best.replace("highest", "lowest")).problems


@settings(max_examples=40, deadline=None)
@given(world=WORLDS, factor=st.sampled_from([0.31, 0.87, 1.13, 2.7, 10, 100]), data=st.data())
def test_a_planted_number_is_always_caught(world, factor, data):
    shape, _ = world
    book = facts_of(shape, dataset())
    grounds = grounds_of(shape, book)
    money = [s.text for s in sentences(book, shape) if re.search(r"\$\d", s.text)]
    assume(money)
    text = data.draw(st.sampled_from(money))
    figure = data.draw(st.sampled_from(re.findall(r"\$\d[\d,]*\.\d\d\b", text) or [""]))
    assume(figure)
    false = float(figure[1:].replace(",", "")) * factor
    held = [fact.value for fact in book.facts if fact.unit == "currency"]
    assume(all(abs(abs(value) - false) > 0.011 for value in held))
    assert not grounds.check(text.replace(figure, f"${false:,.2f}")).verified
