"""What SQL is said to do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.query_engine.compiler import compile_plan
from src.query_engine.explain import UNREADABLE, explain_sql
from src.query_engine.plan import QueryPlan
from tests.sql import shop
from tests.sql.test_compile_properties import plans
from tests.sql.test_lints import PIECES, UGLY

FEBRUARY = {"start": "2024-02-01", "end": "2024-02-29"}

PLANS = [
    ({"metrics": ["roas"]}, "ROAS is total revenue divided by total spend; empty where"),
    ({"metrics": ["cpm"]}, "divided by total impressions times 1,000"),
    ({"metrics": ["spend"], "time": FEBRUARY}, "from 1 Feb 2024 to 29 Feb 2024 (29 days"),
    ({"metrics": ["spend"]}, "Makes one row of totals."),
    ({"metrics": ["spend"], "dimensions": ["campaign_name"]}, "told apart by campaign_id"),
    ({"metrics": ["budget"]}, "once per campaign_id and day"),
    ({"metrics": ["spend"], "filters": [{"column": "platform", "op": "!=", "values": ["Meta"]}]},
     "rows where it is empty stay"),
    ({"metrics": ["spend"], "filters": [{"column": "campaign_name", "op": "=", "values": ["B"]}]},
     "rows under an older name count too"),
    ({"metrics": ["spend"], "dimensions": ["group"], "limit": 2,
      "order": [{"by": "spend", "descending": False}]}, "smallest first"),
    ({"metrics": ["spend"], "dimensions": ["group"], "limit": 2}, "Keeps the first 2 rows."),
    ({"metrics": ["spend"], "dimensions": ["group"]}, "Sorts by spend, largest first"),
    ({"metrics": ["spend"], "dimensions": ["group"], "share_of_total": True},
     "share of spend in the total"),
    ({"metrics": ["spend"], "dimensions": ["group"],
      "having": [{"metric": "roas", "op": ">", "values": [3]}]}, "whose ROAS is above 3"),
    ({"metrics": ["spend"], "time": FEBRUARY, "dimensions": ["group"],
      "comparison": {"kind": "custom", "baseline": {"start": "2024-01-01", "end": "2024-01-31"}}},
     "Sets beside it the same figures from 1 Jan 2024"),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "words"), PLANS, ids=lambda v: str(v)[:40])
def test_compiled_sql_is_told_from_its_plan(parts: dict[str, object], words: str):
    plan = QueryPlan.model_validate({"table": "order", **parts})
    sql = compile_plan(plan, shop.MODEL).sql
    assert words in "\n".join(explain_sql(sql, shop.MODEL, plan=plan))


def test_a_russian_reading_is_told_in_russian():
    plan = QueryPlan.model_validate({
        "table": "order", "metrics": ["spend", "roas"], "dimensions": ["campaign_name"],
        "time": FEBRUARY, "limit": 21, "language": "ru",
        "having": [{"metric": "spend", "op": ">", "values": [1234.5]}],
        "filters": [{"column": "platform", "op": "!=", "values": ["Meta"]}],
    })  # fmt: skip
    told = "\n".join(explain_sql(compile_plan(plan, shop.MODEL).sql, shop.MODEL, plan=plan))
    for words in ("с 1 фев 2024 по 29 фев 2024 (29 дней включительно)", "больше 1\u00a0234,5",
                  "первую 21 строку", "сначала наибольшие", "— не «Meta»"):  # fmt: skip
        assert words in told
    assert not re.search(r"\b(the|rows|where|sum)\b", told)


def test_an_edited_text_is_told_from_the_text_not_the_plan():
    plan = QueryPlan(table="order", metrics=("spend",), dimensions=("group",), limit=5)
    sql = compile_plan(plan, shop.MODEL).sql.replace("LIMIT 5", "LIMIT 7")
    assert "Keeps the first 7 rows." in explain_sql(sql, shop.MODEL, plan=plan)


TEXTS = [
    ("SELECT * FROM \"order\" WHERE platform = 'Meta'", "Keeps rows where platform = 'Meta'."),
    ("SELECT a FROM x LEFT JOIN y ON x.k = y.k", "keeping rows without a match"),
    ("SELECT a FROM x, y", "with every row of it (no condition)"),
    ("WITH t AS (SELECT 1 AS a) SELECT a FROM t", "Step “t”"),
    ("SELECT a, SUM(b) AS s FROM x GROUP BY 1 HAVING SUM(b) > 3", "Makes one row for each a."),
    ("SELECT a, SUM(b) AS s FROM x GROUP BY 1 HAVING SUM(b) > 3", "Keeps groups where SUM(b) > 3."),
    ("SELECT a FROM x UNION SELECT a FROM y", "Takes the rows of these together."),
    ("SELECT a FROM x ORDER BY a DESC LIMIT 3 OFFSET 2", "largest first"),
    ("SELECT a FROM x ORDER BY a DESC LIMIT 3 OFFSET 2", "Skips the first 2 rows."),
    ("SELECT a FROM (SELECT a FROM z) AS q", "Reads z"),
    ("DELETE FROM x", "DELETE statement"),
]


@pytest.mark.parametrize(("sql", "words"), TEXTS)
def test_any_other_sql_is_told_from_its_tree(sql: str, words: str):
    assert words in "\n".join(explain_sql(sql, shop.MODEL))


@pytest.mark.parametrize("sql", UGLY, ids=lambda s: s[:20])
def test_no_text_is_too_ugly(sql: str):
    assert explain_sql(sql, shop.MODEL)


def test_what_cannot_be_read_is_said_to_be_so():
    assert explain_sql("SELECT " + "f(" * 70 + "1" + ")" * 70, shop.MODEL) == UNREADABLE


@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_it_always_says_something(sql: str):
    assert all(isinstance(line, str) and line for line in explain_sql(sql, shop.MODEL))


@given(plans())
@settings(max_examples=25, deadline=None)
def test_every_plan_can_be_told(parts: dict[str, object]):
    plan = QueryPlan.model_validate(parts)
    sql = compile_plan(plan, shop.MODEL).sql
    assert explain_sql(sql, shop.MODEL, plan=plan) != UNREADABLE
