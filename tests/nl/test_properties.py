"""What holds for any text: no exception, at most five, names that exist, words never dropped."""

from __future__ import annotations

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from src.query_engine.assumed import assumptions
from src.query_engine.describe import describe_plan
from src.query_engine.nl.engine import interpret
from src.query_engine.plan_check import plan_problems
from tests.nl.tables import ADS, SENSORS, SHOP

TODAY = dt.date(2026, 11, 1)
TABLES = st.sampled_from([ADS, SHOP, SENSORS])
WORDS = st.sampled_from(
    [
        "top",
        "bottom",
        "5",
        "3",
        "10%",
        "$1,000",
        "by",
        "per",
        "each",
        "for",
        "the",
        "of",
        "in",
        "on",
        "not",
        "excluding",
        "without",
        "no",
        "zero",
        "which",
        "what",
        "how",
        "many",
        "much",
        "share",
        "spend",
        "revenue",
        "clicks",
        "roas",
        "ctr",
        "orders",
        "amount",
        "temperature",
        "energy",
        "campaign",
        "campaigns",
        "platform",
        "device",
        "Meta",
        "google",
        "TikTok",
        "mobile",
        "brand",
        "Germany",
        "wireless",
        "office",
        "last",
        "this",
        "previous",
        "month",
        "week",
        "year",
        "days",
        "30",
        "2025",
        "Q3",
        "March",
        "yesterday",
        "since",
        "before",
        "between",
        "and",
        "or",
        "vs",
        "compare",
        "change",
        "grew",
        "dropped",
        "more",
        "less",
        "than",
        "above",
        "below",
        "at",
        "least",
        "average",
        "max",
        "highest",
        "lowest",
        "best",
        "worst",
        "trend",
        "daily",
        "monthly",
        "over",
        "time",
        "total",
        "sorted",
        "only",
        "same",
        "instead",
        "also",
        "'x'",
        '"',
        "(",
        ")",
        ",",
        "?",
        ";",
        "-",
        "<=",
        ">",
        "=",
        "%",
        "floor",
        "sensor",
        "building",
        "quantity",
        "S01",
        "A-1005",
        "recently",
        "performance",
    ]
)
SENTENCES = st.lists(WORDS, min_size=1, max_size=14).map(" ".join)
UNKNOWN = st.sampled_from(["zorblax", "quintessence", "blorp", "Narnia", "hovercraft", "vwxyz"])
MODEST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(found, data):
    assert (found.refusal is None) == bool(found.interpretations)
    assert len(found.interpretations) <= 5
    confidences = [i.confidence for i in found.interpretations]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < c <= 1 for c in confidences)
    assert sum(confidences) <= 1 + 1e-6
    for reading in found.interpretations:
        assert plan_problems(reading.plan, data.model) == ()
        assert describe_plan(reading.plan, data.model) == reading.text
        assert set(assumptions(reading.plan, data.model, data.profile)) <= set(reading.assumptions)
    plans = [i.plan for i in found.interpretations]
    assert len(set(plans)) == len(plans)


@MODEST
@given(st.text(max_size=200), TABLES)
def test_any_text_is_read_or_refused(text, data):
    check(interpret(text, data, today=TODAY), data)


@MODEST
@given(SENTENCES, TABLES)
def test_any_order_of_known_words_is_read_or_refused(text, data):
    check(interpret(text, data, today=TODAY), data)


@MODEST
@given(SENTENCES, SENTENCES, TABLES)
def test_any_follow_up_is_read_or_refused(first, second, data):
    before = interpret(first, data, today=TODAY).interpretations
    if before:
        check(interpret(second, data, previous=before[0].plan, today=TODAY), data)


@MODEST
@given(SENTENCES, UNKNOWN, TABLES, st.integers(0, 14))
def test_an_unknown_word_is_never_dropped(text, word, data, place):
    words = text.split(" ")
    words.insert(min(place, len(words)), word)
    found = interpret(" ".join(words), data, today=TODAY)
    used = any(
        word.casefold() in str(value).casefold()
        for i in found.interpretations
        for f in i.plan.filters
        for value in f.values
    )
    assert found.refusal is not None or used


@MODEST
@given(SENTENCES, TABLES)
def test_reading_twice_gives_the_same(text, data):
    assert interpret(text, data, today=TODAY) == interpret(text, data, today=TODAY)
