"""What phrases about time mean; the data they are read for covers 2024-10-16 to 2026-10-15."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.query_engine.describe import describe_plan
from src.query_engine.nl.calendar import Period
from src.query_engine.nl.lexicon import lexicon
from src.query_engine.nl.periods import PeriodFinder
from src.query_engine.nl.text import tokenise
from src.query_engine.plan import QueryPlan
from tests.nl.tables import ADS

FIRST, ANCHOR = dt.date(2024, 10, 16), dt.date(2026, 10, 15)
MONTHS = "January February March April May June July August September October November December"
RUSSIAN_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"


def period(text: str) -> Period | None:
    """The period a whole phrase stands for; None when some word of it is left over."""
    tokens = tokenise(text)
    found = PeriodFinder(tokens, lexicon(), ANCHOR, FIRST).at(0)
    return found[0] if found and found[1] == len(tokens) else None


def span(text: str) -> str | None:
    found = period(text)
    return f"{found.start or ''}..{found.end or ''}" if found else None


NAMED = {
    "in September": "2026-09-01..2026-09-30",
    "in November": "2025-11-01..2025-11-30",
    "March 2025": "2025-03-01..2025-03-31",
    "March last year": "2025-03-01..2025-03-31",
    "in may 26": "2026-05-01..2026-05-31",
    "on may 26": "2026-05-26..2026-05-26",
    "Sep '25": "2025-09-01..2025-09-30",
    "09.2026": "2026-09-01..2026-09-30",
    "2026-09": "2026-09-01..2026-09-30",
    "Q3": "2026-07-01..2026-09-30",
    "Q4": "2026-10-01..2026-12-31",
    "H2": "2026-07-01..2026-12-31",
    "Q3'25": "2025-07-01..2025-09-30",
    "2025 Q3": "2025-07-01..2025-09-30",
    "second half of 2025": "2025-07-01..2025-12-31",
    "the last quarter of 2025": "2025-10-01..2025-12-31",
    "the last week of September": "2026-09-24..2026-09-30",
    "the first 10 days of May": "2026-05-01..2026-05-10",
    "week of 7 October": "2026-10-05..2026-10-11",
    "October 1, 2026": "2026-10-01..2026-10-01",
    "from the 1st to the 15th of October": "2026-10-01..2026-10-15",
    "1-15 October": "2026-10-01..2026-10-15",
    "October 1 through 15, 2025": "2025-10-01..2025-10-15",
    "from Nov to Jan": "2025-11-01..2026-01-31",
    "Thanksgiving 2025": "2025-11-27..2025-11-27",
    "last Christmas": "2025-12-25..2025-12-25",
    "since Black Friday": "2025-11-28..2026-10-15",
    "since the beginning of September": "2026-09-01..2026-10-15",
    "за 3 квартал": "2026-07-01..2026-09-30",
    "за 3 квартала": "2026-01-16..2026-10-15",
    "за 2 квартал 2026": "2026-04-01..2026-06-30",
    "в III квартале": "2026-07-01..2026-09-30",
    "3-й квартал 2025 года": "2025-07-01..2025-09-30",
    "1 полугодие": "2026-01-01..2026-06-30",
    "с 1 по 15 октября": "2026-10-01..2026-10-15",
    "с 01.10 по 15.10": "2026-10-01..2026-10-15",
    "с августа": "2026-08-01..2026-10-15",
    "с августом": "2026-08-01..2026-08-31",
    "до 5 сентября": "..2026-09-04",
    "до конца августа": "..2026-08-31",
    "from 2026-09-01": "2026-09-01..2026-10-15",
    "Black Friday week": "2025-11-24..2025-11-30",
    "в черную пятницу": "2025-11-28..2025-11-28",
    "в день победы": "2026-05-09..2026-05-09",
}
RELATIVE = {
    "yesterday": "2026-10-14..2026-10-14",
    "yday": "2026-10-14..2026-10-14",
    "the day before yesterday": "2026-10-13..2026-10-13",
    "last 7d": "2026-10-09..2026-10-15",
    "past 4 wks": "2026-09-18..2026-10-15",
    "last 3 mo": "2026-07-16..2026-10-15",
    "L30D": "2026-09-16..2026-10-15",
    "last wk": "2026-10-05..2026-10-11",
    "last qtr": "2026-07-01..2026-09-30",
    "LY": "2025-01-01..2025-12-31",
    "MTD": "2026-10-01..2026-10-15",
    "YTD": "2026-01-01..2026-10-15",
    "the month before last": "2026-08-01..2026-08-31",
    "two weeks ago": "2026-09-28..2026-10-04",
    "last 2 full months": "2026-08-01..2026-09-30",
    "last weekend": "2026-10-10..2026-10-11",
    "вчера": "2026-10-14..2026-10-14",
    "за последние 3 мес": "2026-07-16..2026-10-15",
    "позапрошлый месяц": "2026-08-01..2026-08-31",
    "за прошлую неделю": "2026-10-05..2026-10-11",
    "с начала квартала": "2026-10-01..2026-10-15",
    "за последние полгода": "2026-04-16..2026-10-15",
    "неделю назад": "2026-10-05..2026-10-11",
}


@pytest.mark.parametrize(("text", "wanted"), [*NAMED.items(), *RELATIVE.items()])
def test_a_phrase_is_a_stretch_of_days(text, wanted):
    assert span(text) == wanted


@pytest.mark.parametrize("text", RELATIVE)
def test_relative_phrases_say_so_and_end_by_the_anchor(text):
    found = period(text)
    assert found.relative
    assert found.end <= ANCHOR


ONE_ORDER = {
    "10/01/2026 - 10/15/2026": "2026-10-01..2026-10-15",
    "15/09/2026 - 01/10/2026": "2026-09-15..2026-10-01",
    "from 9/1 to 9/15": "2026-09-01..2026-09-15",
    "с 01/09/2026 по 05/09/2026": "2026-09-01..2026-09-05",
    "01.09.2026 - 05.09.2026": "2026-09-01..2026-09-05",
    "11/01/2026": "2026-01-11..2026-01-11",
}


@pytest.mark.parametrize(("text", "wanted"), ONE_ORDER.items())
def test_a_part_above_12_the_language_or_the_data_decides_the_order_of_a_date(text, wanted):
    assert span(text) == wanted
    assert period(text).options == ()


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("on 3/5/2026", ["2026-03-05", "2026-05-03"]),
        ("sept 26", ["2026-09-26", "2026-09-01"]),
        ("past quarter", ["2026-07-16", "2026-07-01"]),
    ],
)
def test_a_phrase_of_two_meanings_keeps_both(text, starts):
    assert [str(option.start) for option in period(text).options] == starts


@pytest.mark.parametrize("text", [*NAMED, *RELATIVE])
def test_the_words_of_a_plan_can_be_asked_again(text):
    found = period(text)
    plan = QueryPlan(table="campaigns", metrics=("spend",), time=found.time_range(ANCHOR))
    said = describe_plan(plan, ADS.model).rstrip(".").removeprefix("Spend, ")
    dates = said[said.rindex("(") + 1 : -1] if said.endswith(")") else said
    assert span(dates) == f"{found.start or ''}..{found.end or ''}"


DAYS = st.dates(FIRST, ANCHOR)


def _written(day: dt.date, style: int) -> str:
    month = MONTHS.split()[day.month - 1]
    return [
        day.isoformat(),
        f"{day:%d.%m.%Y}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.day} {RUSSIAN_MONTHS.split()[day.month - 1]} {day.year} года",
    ][style]


JOINED = [("from {} to {}", 4), ("{} - {}", 4), ("between {} and {}", 4), ("с {} по {}", 5)]


@settings(max_examples=60, deadline=None)
@given(st.tuples(DAYS, DAYS), st.sampled_from(JOINED), st.integers(0, 4), st.integers(0, 4))
def test_two_dates_in_any_writing_are_the_range_between_them(days, joined, one, other):
    template, styles = joined
    start, end = sorted(days)
    text = template.format(_written(start, one % styles), _written(end, other % styles))
    assert span(text) == f"{start}..{end}"


@settings(max_examples=40, deadline=None)
@given(st.tuples(DAYS, DAYS))
def test_american_dates_are_read_as_such_once_a_day_is_above_12(days):
    start, end = sorted(days)
    if start.day <= 12 and end.day <= 12:
        return
    assert span(f"{start:%m/%d/%Y} to {end:%m/%d/%Y}") == f"{start}..{end}"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["last", "past", "this", "previous", "last full"]),
    st.one_of(st.just(""), st.integers(1, 400).map(str)),
    st.sampled_from(["day", "week", "month", "quarter", "year", "wk", "qtr"]),
)
def test_no_relative_phrase_reaches_beyond_the_anchor(word, count, unit):
    found = period(" ".join(f"{word} {count} {unit}".split()))
    if found is not None:
        assert found.start <= found.end <= ANCHOR
