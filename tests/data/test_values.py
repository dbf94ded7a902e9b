# ruff: noqa: DTZ001 - reports carry no time zone
"""Numbers and dates as reports write them: one rule for Python and for the engine."""

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.ingestion.dates import DateStyle, find_date_style, parse_words, settle_order
from src.data.ingestion.numbers import NumberStyle, choose_style, weigh

POINT, COMMA = NumberStyle(".", percent=True), NumberStyle(",", percent=True)

NUMBERS = [
    (POINT, "1,033.33", 1033.33),
    (POINT, "$172.45", 172.45),
    (POINT, "-$5.50", -5.5),
    (POINT, "(5.20)", -5.2),
    (POINT, "1.5E-3", 0.0015),
    (POINT, "12%", 0.12),
    (POINT, "5 руб.", 5.0),
    (POINT, "1'234.5", 1234.5),
    (POINT, ".5", 0.5),
    (COMMA, "1 234,56", 1234.56),
    (COMMA, "1\u00a0234,56", 1234.56),
    (COMMA, "1\u202f234,56 ₽", 1234.56),
    (COMMA, "1.234,5", 1234.5),
    (COMMA, "12,5 %", 0.125),
    (COMMA, "\u22125,1", -5.1),
    (COMMA, "1.234", 1234.0),
    (POINT, "abc", None),
    (POINT, "1,23.4", None),
    (POINT, "12 apples", None),
    (POINT, "nan", None),
    (POINT, "inf", None),
    (POINT, "1_000", None),
    (COMMA, "12.5", None),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def _in_engine(engine: duckdb.DuckDBPyConnection, style: NumberStyle, text: str) -> float | None:
    query = f"SELECT {style.sql('x')} FROM (SELECT ? AS x)"
    return engine.execute(query, [text]).fetchone()[0]


@pytest.mark.parametrize(("style", "text", "value"), NUMBERS, ids=[n[1] for n in NUMBERS])
def test_a_number_is_read_alike_by_both(
    style: NumberStyle, text: str, value: float | None, engine: duckdb.DuckDBPyConnection
) -> None:
    expected = value if value is None else pytest.approx(value)
    assert style.parse(text) == expected
    assert _in_engine(engine, style, text) == expected


@given(
    value=st.decimals(-(10**9), 10**9, places=2),
    decimal=st.sampled_from(".,"),
    group=st.sampled_from(["", " ", "\u00a0", "\u202f", "own"]),
    sign=st.sampled_from(["", "$", "€", "₽"]),
)
@settings(max_examples=50, deadline=None)
def test_a_formatted_amount_comes_back(engine, value, decimal, group, sign) -> None:
    style = NumberStyle(decimal)
    mark = style.group if group == "own" else group
    text = sign + f"{value:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", mark)
    assert style.parse(text) == pytest.approx(float(value))
    assert _in_engine(engine, style, text) == pytest.approx(float(value))


@given(
    st.text(max_size=12) | st.from_regex(r"[-+(]?[$]?[0-9., ]{0,8}[%)eE]?[0-9]?", fullmatch=True)
)
@settings(max_examples=60, deadline=None)
def test_python_and_the_engine_agree_on_any_text(engine, text: str) -> None:
    for style in (POINT, COMMA):
        mine = style.parse(text.replace("\0", ""))
        theirs = _in_engine(engine, style, text.replace("\0", ""))
        assert (mine is None) == (theirs is None)
        if mine is not None:
            assert theirs == pytest.approx(mine)


STYLES = [
    (["1,033.33", "172.45"], ".", False),
    (["1 033,33", "172,45"], ",", False),
    (["1.234,5", "2.345"], ",", False),
    (["1,234", "2,345"], ".", True),
    (["$1,234"], ".", False),
    (["1.234", "2.345"], ".", False),
    (["5", "6"], ".", False),
]


@pytest.mark.parametrize(
    ("values", "decimal", "ambiguous"), STYLES, ids=[str(s[0]) for s in STYLES]
)
def test_the_decimal_mark_is_found_by_evidence(values, decimal, ambiguous) -> None:
    style = choose_style(weigh(values), None)
    assert (style.decimal, style.ambiguous) == (decimal, ambiguous)


def test_the_rest_of_the_file_settles_what_a_column_cannot() -> None:
    style = choose_style(weigh(["1,234", "2,345"]), ",")
    assert (style.decimal, style.ambiguous) == (",", False)


DATES = [
    (["2026-05-01", "2026-05-02"], False, "iso", dt.datetime(2026, 5, 1)),
    (["2026-05-01 10:30:00"], False, "iso", dt.datetime(2026, 5, 1, 10, 30)),
    (["2026-05-01T23:00:00+03:00"], False, "iso", dt.datetime(2026, 5, 1, 20)),
    (["01.05.2026", "14.05.2026"], False, "parts", dt.datetime(2026, 5, 1)),
    (["20260501"], True, "compact", dt.datetime(2026, 5, 1)),
    (["2026050113"], True, "compact_hour", dt.datetime(2026, 5, 1, 13)),
    (["2026-05"], False, "month", dt.datetime(2026, 5, 1)),
    (["46143"], True, "serial", dt.datetime(2026, 5, 1)),
    (["May 1, 2026"], False, "words", dt.datetime(2026, 5, 1)),
    (["1 мая 2026"], False, "words", dt.datetime(2026, 5, 1)),
    (["01-May-26"], False, "words", dt.datetime(2026, 5, 1)),
    (["май 2026"], False, "words", dt.datetime(2026, 5, 1)),
    (["04.05.2026 - 10.05.2026"], False, "words", dt.datetime(2026, 5, 4)),
]


@pytest.mark.parametrize(("values", "header", "kind", "first"), DATES, ids=[d[0][0] for d in DATES])
def test_dates_are_recognised(values, header, kind, first) -> None:
    style = find_date_style(values, header_says_date=header)
    assert style.kind == kind
    assert style.parse(values[0]) == first


@pytest.mark.parametrize(
    "values", [["20260501"], ["46143"], ["1767225600"], ["1.2.3"], ["Campaign May"], ["5", "6"]]
)
def test_numbers_and_names_are_not_dates_without_a_header_that_says_so(values) -> None:
    assert find_date_style(values, header_says_date=False) is None


ORDERS = [
    ([(1, 2, 2026), (13, 1, 2026)], None, True, False),
    ([(1, 2, 2026), (1, 13, 2026)], None, False, False),
    ([(5, d, 2026) for d in range(1, 10)], None, False, True),
    ([(d, 5, 2026) for d in range(1, 10)], None, True, True),
    ([(1, 2, 2026)], True, True, True),
    ([(1, 2, 2026)], None, False, True),
]


@pytest.mark.parametrize(("parts", "locale", "day_first", "ambiguous"), ORDERS)
def test_the_order_of_day_and_month_is_decided_by_evidence(parts, locale, day_first, ambiguous):
    style = settle_order(
        DateStyle("parts"), parts, forced=None, locale_day_first=locale, dotted=False
    )
    assert (style.day_first, style.ambiguous) == (day_first, ambiguous)
    assert style.evidence


@given(st.dates(dt.date(1970, 1, 2), dt.date(2099, 12, 31)))
def test_any_day_comes_back_from_every_way_of_writing_it(day: dt.date) -> None:
    moment = dt.datetime(day.year, day.month, day.day)
    assert DateStyle("iso").parse(f"{day:%Y-%m-%d}") == moment
    assert DateStyle("parts").parse(f"{day:%d.%m.%Y}") == moment
    assert DateStyle("parts", day_first=False).parse(f"{day.month}/{day.day}/{day.year}") == moment
    assert DateStyle("compact").parse(f"{day:%Y%m%d}") == moment
    assert DateStyle("serial").parse(str((day - dt.date(1899, 12, 30)).days)) == moment
    assert parse_words(f"{day:%d %b %Y}") == moment


@given(st.text(max_size=20))
def test_no_text_breaks_the_date_reader(text: str) -> None:
    for kind in ("iso", "parts", "compact", "month", "serial", "epoch", "words"):
        DateStyle(kind).parse(text)
