"""Which chart a result gets, and what is in it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from src.errors import InputError
from src.reporting.chart_build import chart_data
from src.reporting.charts import build_figure, choose_chart
from src.reporting.palette import palette
from src.reporting.svg import chart_svg
from tests.insights.tables import result

MONTHS = [dt.date(2024, month, 1) for month in range(1, 7)]
NAMES = list("ABCDEFGH")
SHAPES = {
    "one value a month": ("line", {"time": MONTHS, "spend": [1.0, 2, 3, 4, 5, 6]}),
    "two months": ("column", {"time": MONTHS[:2], "spend": [1.0, 2]}),
    "platforms over months": (
        "line",
        {"time": MONTHS * 2, "platform": ["A"] * 6 + ["B"] * 6, "spend": [1.0] * 12},
    ),
    "ranked": ("bar", {"campaign": NAMES, "roas": [8.0, 7, 6, 5, 4, 3, 2, 1]}),
    "two periods": (
        "grouped_bar",
        {"platform": ["A", "B"], "spend": [2.0, 1], "spend_baseline": [1.0, 2]},
    ),
    "two groupings": (
        "grouped_bar",
        {"platform": ["A", "A", "B", "B"], "device": ["x", "y"] * 2, "spend": [4.0, 3, 2, 1]},
    ),
    "few shares": (
        "stacked_bar",
        {"platform": ["A", "B"], "spend": [3.0, 1], "spend_share": [0.75, 0.25]},
    ),
    "many shares": ("treemap", {"campaign": NAMES, "spend": [1.0] * 8, "spend_share": [0.125] * 8}),
    "two metrics": (
        "scatter",
        {"campaign": NAMES, "spend": [1.0, 2, 3, 4, 5, 6, 7, 8], "roas": [1.0, 2] * 4},
    ),
    "one row": ("indicator", {"spend": [12.5], "ctr": [0.05]}),
    "text alone": ("table", {"campaign": ["A", "B"]}),
    "no rows": ("table", {"campaign": [], "spend": []}),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_chooses_the_chart_and_every_alternative_draws(name):
    kind, frame = SHAPES[name]
    answer, columns = result(frame, grain="month" if "time" in frame else None)
    choice = choose_chart(answer, columns)
    assert choice.kind == kind and choice.reason and kind not in choice.alternatives
    for drawn in (choice.kind, *choice.alternatives):
        if drawn == "table" and kind == "table":
            continue
        for theme in ("light", "dark"):
            figure = build_figure(answer, columns, drawn, theme)
            assert figure.layout.template.layout.paper_bgcolor == palette(theme).ground
        assert chart_svg(chart_data(answer, columns, drawn), "t").count("<svg") == (
            drawn != "table"
        )


HOSTILE = "<b>x</b><a href='https://e.example'>y</a><script>1</script>"


@pytest.mark.parametrize(
    "name", [n for n in SHAPES if "campaign" in SHAPES[n][1] and SHAPES[n][0] != "table"]
)
def test_text_from_the_data_is_never_markup(name):
    kind, frame = SHAPES[name]
    answer, columns = result({**frame, "campaign": [f"{HOSTILE}{i}" for i in range(8)]})
    drawn = json.dumps(build_figure(answer, columns, kind).to_plotly_json(), default=str)
    assert "<a" not in drawn and "<script" not in drawn
    picture = chart_svg(chart_data(answer, columns, kind), HOSTILE)
    assert "<a" not in picture and "<script" not in picture and "<b>" not in picture


def test_bars_come_largest_first_with_null_last_and_the_rest_counted():
    answer, columns = result(
        {"campaign": [f"c{i}" for i in range(40)], "spend": [None, 5.0, *map(float, range(38))]}
    )
    data = chart_data(answer, columns, "bar")
    assert data.categories[0] == "c39" and len(data.categories) == 20
    assert data.note == "20 of 40 shown"


def test_long_names_stay_apart():
    long = "A very long campaign name for the autumn season in Europe"
    answer, columns = result({"campaign": [f"{long} {x} end" for x in "ab"], "spend": [2.0, 1.0]})
    short = chart_data(answer, columns, "bar").short
    assert len(set(short)) == 2 and all(len(name) <= 28 for name in short)


def test_a_null_breaks_the_line():
    answer, columns = result({"time": MONTHS, "roas": [1.0, 2, None, 4, 5, 6]}, grain="month")
    assert chart_svg(chart_data(answer, columns, "line"), "t").count("<polyline") == 2
    assert build_figure(answer, columns, "line").data[0].connectgaps is None


def test_axis_texts_follow_unit_and_locale():
    answer, columns = result({"campaign": ["A", "B"], "spend": [30000.0, 10.0]})
    assert "$30K" in chart_data(answer, columns, "bar").panels[0].ticks.texts
    russian = build_figure(answer, columns, "bar", locale="ru")
    assert russian.layout.separators == ",\u00a0"
    assert "30\u00a0тыс.\u00a0$" in russian.layout.xaxis.ticktext


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        ("pie", {"campaign": ["A", "B"], "spend": [1.0, 2]}),
        ("line", {"campaign": ["A", "B"], "spend": [1.0, 2]}),
        ("bar", {"campaign": ["A"], "device": ["x"]}),
    ],
)
def test_what_cannot_be_drawn_is_an_error_with_a_hint(kind, frame):
    answer, columns = result(frame)
    with pytest.raises(InputError) as error:
        build_figure(answer, columns, kind)
    assert error.value.hint


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_colours_reach_the_contrast_of_wcag_aa(theme):
    colours = palette(theme)
    for colour in (colours.text, colours.muted):
        assert _contrast(colour, colours.ground) >= 4.5


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
