"""What output columns mean when a person or a model wrote the SQL."""

from __future__ import annotations

import pytest

from src.data.result import ResultColumn
from src.query_engine.columns import columns_for, columns_read, output_names
from src.query_engine.plan import QueryPlan
from tests.sql import shop

PLAN = QueryPlan(table="order", metrics=("spend",), dimensions=("campaign_name",))

MEANINGS = [
    ("roas", "DOUBLE", {"kind": "metric", "metric": "roas", "unit": "multiple"}),
    ("SPEND", "DECIMAL(38,2)", {"kind": "metric", "metric": "spend", "unit": "currency"}),
    ("spend_previous", "DOUBLE", {"kind": "baseline", "metric": "spend", "unit": "currency"}),
    ("roas_change", "DOUBLE", {"kind": "change", "metric": "roas"}),
    ("roas_change_pct", "DOUBLE", {"kind": "change_pct", "unit": "ratio"}),
    ("clicks_share", "DOUBLE", {"kind": "share", "metric": "clicks", "unit": "ratio"}),
    ("campaign_name", "VARCHAR", {"kind": "dimension", "label": "campaign_name"}),
    ("platform", "VARCHAR", {"kind": "dimension"}),
    ("date", "DATE", {"kind": "time", "grain": "day"}),
    ("month", "DATE", {"kind": "time", "grain": "month"}),
    ("impressions", "BIGINT", {"kind": "metric", "unit": "count"}),
    ("p", "VARCHAR", {"kind": "dimension", "name": "p"}),
    ("anything", "DOUBLE", {"kind": "other", "unit": None}),
    ("weekday_name", "VARCHAR", {"kind": "dimension"}),
]


@pytest.mark.parametrize(("name", "type_name", "expected"), MEANINGS)
def test_meaning_comes_from_plan_model_or_type(name: str, type_name: str, expected: dict[str, str]):
    sql = 'SELECT platform AS p FROM "order"'
    (found,) = columns_for((ResultColumn(name, type_name),), shop.MODEL, PLAN, sql)
    assert {key: getattr(found, key) for key in expected} == expected
    assert found.name == name


def test_a_renamed_column_keeps_its_meaning():
    sql = 'SELECT platform AS p, "Clicks (all)" AS c FROM "order"'
    names = (ResultColumn("p", "VARCHAR"), ResultColumn("c", "INTEGER"))
    found = columns_for(names, shop.MODEL, None, sql)
    assert [(c.kind, c.metric) for c in found] == [("dimension", None), ("metric", "Clicks (all)")]


def test_columns_read_are_those_the_text_names():
    sql = 'SELECT campaign_id, SUM(spend) FROM "order" WHERE platform = 1 GROUP BY 1'
    assert columns_read(sql, shop.MODEL) == ("order.platform", "order.campaign_id", "order.spend")
    assert len(columns_read('SELECT * FROM "order"', shop.MODEL)) == len(shop.TABLE.columns)
    assert "order.group" not in columns_read('SELECT COUNT(*) FROM "order"', shop.MODEL)
    assert columns_read("nonsense (", shop.MODEL) == ()


def test_output_names_as_far_as_the_text_tells():
    assert output_names('SELECT platform, SUM(spend) AS s FROM "order" GROUP BY 1') == (
        "platform",
        "s",
    )
    assert output_names('SELECT * FROM "order"') == ()
