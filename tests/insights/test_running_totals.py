"""What is said of a running total: what it came to, and nothing of rises and falls."""

from __future__ import annotations

import datetime as dt

import pytest

from src.data.result import QueryResult
from src.insights.auto_insights import AutoInsights
from src.query_engine.drafts import OutputColumn
from src.query_engine.plan import Grain
from src.reporting.charts import build_figure, choose_chart
from tests.insights.tables import column, dataset, plan, result

DAYS = [dt.date(2024, 3, day) for day in range(1, 11)]
SPEND = [10.0 * n for n in range(1, 11)]


def _columns(*names: str) -> tuple[OutputColumn, ...]:
    found = [column("time", "day").model_copy(update={"name": "day"})]
    for name in names:
        made = column(name.removesuffix("_to_date"))
        found.append(made.model_copy(update={"name": name, "to_date": made.kind == "metric"}))
    return tuple(found)


def _result(frame: dict[str, list[object]]) -> QueryResult:
    return result(frame)[0]


def _told(frame, columns, language="en", **parts):
    query = plan(grain=Grain.DAY, running_total=True, language=language, **parts)
    return AutoInsights().generate(_result(frame), columns, query, dataset(), "?")


def test_what_it_came_to_and_when_it_had_half():
    report = _told(
        {"day": DAYS, "spend_to_date": SPEND}, _columns("spend_to_date"), metrics=("spend",)
    )
    findings = [i.text for i in report.insights if i.kind == "finding"]
    assert findings == [
        "Spend came to $100.00 by 10 Mar 2024.",
        "Half of that was reached on 5 Mar 2024, at $50.00.",
    ]
    assert all(i.verified for i in report.insights)
    assert not {f.kind for f in report.facts} & {"latest", "change", "trend", "outlier", "total"}


def test_in_russian():
    report = _told(
        {"day": DAYS, "spend_to_date": SPEND},
        _columns("spend_to_date"),
        metrics=("spend",),
        language="ru",
    )
    assert report.insights[0].text.startswith("Расход нарастающим итогом по 10 мар 2024")


def test_a_ratio_to_date_has_no_half():
    report = _told(
        {"day": DAYS, "roas_to_date": SPEND}, _columns("roas_to_date"), metrics=("roas",)
    )
    assert [f.kind for f in report.facts] == ["rows", "reached"]


def test_groups_are_held_by_their_last_totals():
    frame = {
        "day": [*DAYS[:3], *DAYS[:2]],
        "platform": ["Meta"] * 3 + ["TikTok"] * 2,
        "spend_to_date": [5.0, 10.0, 30.0, 60.0, 70.0],
    }
    columns = _columns("platform", "spend_to_date")
    report = _told(frame, columns, metrics=("spend",), dimensions=("platform",))
    facts = {(f.kind, f.subject): f for f in report.facts}
    assert facts["total", ""].value == pytest.approx(100)
    assert [c.row for c in facts["total", ""].cells] == [2, 4]
    assert facts["leader", "TikTok"].value == pytest.approx(70)
    assert facts["share", "TikTok"].value == pytest.approx(0.7)
    assert not {f.kind for f in report.facts} & {"latest", "change", "trend", "outlier"}


def test_the_chart_is_a_line_and_never_a_stack():
    frame = {
        "day": DAYS[:4] * 2,
        "platform": ["Meta"] * 4 + ["TikTok"] * 4,
        "spend_to_date": SPEND[:8],
    }
    columns = _columns("platform", "spend_to_date")
    choice = choose_chart(_result(frame), columns)
    assert choice.kind == "line"
    assert "stacked_bar" not in choice.alternatives
    assert build_figure(_result(frame), columns, choice.kind).data
