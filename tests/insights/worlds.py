"""Hypothesis strategies: results of every shape that the facts must get right."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from src.insights.shape import Shape, read_shape
from src.query_engine.plan import Grain, QueryPlan
from tests.insights.tables import column, dataset, plan, result

NAMES = ("Search Brand", "Retargeting 2024", "Top Feed - Gen Z", "Поиск - Бренд", "ABM, North",
         "A & B", "Prospecting (EU)", "Video 30 sec")  # fmt: skip
MONEY = st.one_of(
    st.none(), st.floats(0, 1e6, allow_nan=False).map(lambda x: round(x, 2)), st.just(0.0)
)
COUNT = st.one_of(st.none(), st.integers(0, 10**7))


def _ratio(top: float | None, bottom: float | None) -> float | None:
    return None if top is None or not bottom else top / bottom


@st.composite
def rankings(draw: st.DrawFn) -> tuple[Shape, QueryPlan]:
    """Campaigns with amounts and ratios, sometimes against a comparison period."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True))
    rows = len(names)
    frame: dict[str, list[object]] = {"campaign": list(names)}
    for name in ("spend", "revenue"):
        frame[name] = draw(st.lists(MONEY, min_size=rows, max_size=rows))
    for name in ("clicks", "conversions"):
        frame[name] = draw(st.lists(COUNT, min_size=rows, max_size=rows))
    frame["cpa"] = [_ratio(*p) for p in zip(frame["spend"], frame["conversions"], strict=True)]
    if draw(st.booleans()):
        frame["spend_baseline"] = draw(st.lists(MONEY, min_size=rows, max_size=rows))
    keep = draw(st.sets(st.sampled_from(list(frame)[1:]), min_size=1)) | {"campaign"}
    if "spend_baseline" in keep:
        keep.add("spend")
    limit = draw(st.sampled_from([None, None, rows, rows + 3]))
    return world_of(
        {k: v for k, v in frame.items() if k in keep}, dimensions=("campaign",), limit=limit
    )


@st.composite
def series(draw: st.DrawFn) -> tuple[Shape, QueryPlan]:
    """Daily or monthly amounts with a ratio of them."""
    grain = draw(st.sampled_from([Grain.DAY, Grain.MONTH]))
    size = draw(st.integers(2, 30 if grain is Grain.DAY else 12))
    days = [
        dt.date(2024, 3, 1) + dt.timedelta(days=i)
        if grain is Grain.DAY
        else dt.date(2024, i + 1, 1)
        for i in range(size)
    ]
    spend = draw(st.lists(MONEY, min_size=size, max_size=size))
    revenue = draw(st.lists(MONEY, min_size=size, max_size=size))
    roas = [_ratio(*pair) for pair in zip(revenue, spend, strict=True)]
    frame = {"time": days, "spend": spend, "revenue": revenue, "roas": roas}
    return world_of(frame, grain=grain)


def world_of(frame: dict[str, list[object]], **parts: object) -> tuple[Shape, QueryPlan]:
    """A result with its shape: columns by name, `parts` of the plan."""
    query = plan(**parts)
    grain = query.grain.value if query.grain else None
    answer, columns = result(frame, grain=grain)
    assert all(c == column(c.name, grain) for c in columns)
    return read_shape(answer, columns, query, dataset()), query


WORLDS = st.one_of(rankings(), series())
