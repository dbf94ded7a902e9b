"""Two values joined by "and": side by side, together, or too unclear to be answered."""

import datetime as dt

import pytest

from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 11, 1)
SIDE_BY_SIDE = [
    "CTR of Meta and TikTok",
    "Meta and TikTok CTR",
    "CTR for Meta & TikTok",
    "CTR of Meta, TikTok last month",
]
TOGETHER = [
    "CTR of Meta and TikTok together",
    "Meta and TikTok CTR combined",
    "total clicks of Meta and TikTok",
    "CTR of Meta or TikTok",
]
UNCLEAR = ["Meta and mobile spend", "TikTok and desktop CTR by month"]


@pytest.mark.parametrize("question", SIDE_BY_SIDE)
def test_values_of_one_column_stand_side_by_side(question):
    (reading,) = interpret(question, ADS, today=TODAY).interpretations
    assert parts(reading.plan)["by"] == "platform"
    assert any("together" in note for note in reading.assumptions)


@pytest.mark.parametrize("question", TOGETHER)
def test_together_and_or_give_one_figure(question):
    (reading, *_) = interpret(question, ADS, today=TODAY).interpretations
    assert "by" not in parts(reading.plan)


@pytest.mark.parametrize("question", UNCLEAR)
def test_values_of_two_columns_are_not_joined_by_a_guess(question):
    found = interpret(question, ADS, today=TODAY)
    assert found.refusal is not None
    assert found.refusal.kind == "unsupported"


def test_within_another_breakdown_both_readings_are_offered():
    apart, over_both = interpret(
        "spend by device for Meta and TikTok", ADS, today=TODAY
    ).interpretations
    assert parts(apart.plan)["by"] == "device platform"
    assert parts(over_both.plan)["by"] == "device"


@pytest.mark.parametrize(
    ("question", "by"), [("top 3 campaigns on Meta and TikTok by ROAS", "campaign_name")]
)
def test_a_ranking_keeps_the_values_as_a_condition(question, by):
    (reading, *_) = interpret(question, ADS, today=TODAY).interpretations
    assert parts(reading.plan)["by"] == by


PARTS = [
    ("share of spend that goes to mobile by platform", "platform", 1),
    ("what share of clicks is mobile by month", "", 1),
    ("share of mobile spend by platform", "platform", 2),
]


@pytest.mark.parametrize(("question", "by", "readings"), PARTS)
def test_a_share_within_each_group_divides_by_the_group(question, by, readings):
    found = interpret(question, ADS, today=TODAY).interpretations
    assert len(found) == readings
    within = next(r.plan for r in found if r.plan.ad_hoc)
    (share,) = within.ad_hoc
    assert [f"{f.column} {f.op} {f.values[0]}" for f in share.part] == ["device = mobile"]
    assert (" ".join(within.dimensions), within.filters) == (by, ())


MADE = [("clicks per conversion by platform", "clicks"), ("revenue / impressions", "revenue")]


@pytest.mark.parametrize(("question", "top"), MADE)
def test_a_ratio_the_model_lacks_is_made_of_two_sums(question, top):
    (reading,) = interpret(question, ADS, today=TODAY).interpretations
    (made,) = reading.plan.ad_hoc
    assert made.aggregation == "sum"
    assert made.per
    assert top in made.name
