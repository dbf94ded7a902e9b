"""What a table is taken to mean: with marketing headers, in two languages, and without any."""

import pytest

from src.data.concepts import get_concepts, load_concepts
from src.data.metric_formula import formula_text, read_formula
from src.data.semantic import Aggregation, Metric, Role, Table, Unit
from src.errors import ConfigError
from tests.data.reading import model_of

ORDERS = """order_id,order_date,product,category,quantity,unit_price,city
1001,2026-01-01,Tea,Drinks,2,3.50,Riga
1002,2026-01-02,Cup,Kitchen,1,7.25,Oslo
1003,2026-01-02,Tea,Drinks,5,3.50,Oslo
"""
SENSORS = """sensor_id,timestamp,temperature,humidity,status_code,is_online
s-1,2026-01-01 00:00:00,21.5,40,200,true
s-2,2026-01-01 00:10:00,-3.25,55,200,true
s-1,2026-01-01 00:20:00,22.0,41,500,false
"""


def _read(table: Table, metric: Metric) -> dict[str, object]:
    """The metric's formula written and read again."""
    read = read_formula(formula_text(table, metric))
    assert read.pop("table") == table.name
    return read


def _roles(table: Table) -> dict[str, str]:
    return {c.name: c.role.value for c in table.columns}


def test_orders_have_identifiers_dimensions_and_measures() -> None:
    table = model_of(ORDERS)
    assert _roles(table) == {
        "order_id": "identifier",
        "order_date": "time",
        "product": "dimension",
        "category": "dimension",
        "quantity": "measure",
        "unit_price": "measure",
        "city": "dimension",
    }
    assert table.metric("quantity").aggregation is Aggregation.SUM
    assert table.metric("price").aggregation is Aggregation.AVERAGE
    assert table.time_column == "order_date"


def test_sensor_readings_are_averaged_and_codes_are_no_measures() -> None:
    table = model_of(SENSORS)
    assert _roles(table)["sensor_id"] == "identifier"
    assert _roles(table)["is_online"] == "dimension"
    assert _roles(table)["status_code"] in ("identifier", "dimension")
    for name in ("temperature", "humidity"):
        assert table.metric(name).aggregation is Aggregation.AVERAGE
    assert "row_count" in {m.name for m in table.metrics}


SCORES = """date,campaign,impressions,spend,quality_score,avg position,deal_value
2026-01-01,A,1000,5.50,7,1.2,1200
2026-01-02,A,3000,6.50,5,2.2,800
2026-01-02,B,0,1.00,,3.0,0
"""


def test_a_position_is_averaged_by_impressions_and_what_a_deal_is_worth_is_money() -> None:
    table = model_of(SCORES)
    score = next(m for m in table.metrics if m.numerator == "quality_score")
    assert (score.aggregation, score.denominator) == (Aggregation.AVERAGE, None)
    position = next(m for m in table.metrics if "position" in m.name)
    assert (position.aggregation, position.denominator) == (Aggregation.AVERAGE, "impressions")
    assert position == Metric(**{**position.model_dump(), **_read(table, position)})
    deal = next(m for m in table.metrics if m.numerator == "deal_value")
    assert (deal.aggregation, deal.unit) == (Aggregation.SUM, Unit.CURRENCY)


def test_a_score_is_a_plain_average() -> None:
    table = model_of("date,page,quality_score\n2026-01-01,A,7\n2026-01-02,B,5\n")
    (score,) = (m for m in table.metrics if m.numerator == "quality_score")
    assert (score.aggregation, score.denominator) == (Aggregation.AVERAGE, None)


@pytest.mark.parametrize(
    "header",
    [
        "date,campaign_name,spend,impressions,clicks,conversions,revenue",
        "Date,CampaignName,AdSpend,Impressions,Clicks,Conversions,Revenue",
        "Day,Campaign name,Amount spent (EUR),Impr.,Link clicks,Results,Conv. value",
        "Дата,Название кампании,Расход (руб.),Показы,Клики,Конверсии,Доход",
        "segments.date,campaign.name,metrics.cost,metrics.impressions,metrics.clicks,"
        "metrics.conversions,metrics.conversions_value",
    ],
)
def test_one_meaning_under_many_names(header: str) -> None:
    table = model_of(f"{header}\n2026-01-01,A,5.5,1000,50,5,20\n2026-01-02,B,6.5,900,40,4,30\n")
    assert {c.concept for c in table.columns} == {
        "date", "campaign", "spend", "impressions", "clicks", "conversions", "conversion_value",
    }  # fmt: skip
    expected = {"spend", "revenue", "ctr", "cpc", "cpm", "cvr", "cpa", "roas", "aov"}
    assert expected <= {m.name for m in table.metrics}
    ctr = table.metric("ctr")
    clicks = next(c.name for c in table.columns if c.concept == "clicks")
    assert (ctr.aggregation, ctr.numerator, ctr.unit) == (Aggregation.RATIO, clicks, Unit.RATIO)


CURRENCIES = [
    ("Amount spent (USD)", "5", "USD"),
    ("Расход, ₽", "5", "RUB"),
    ("cost_eur", "5", "EUR"),
    ("Cost", "£5", "GBP"),
    ("Cost", "5", None),
]


@pytest.mark.parametrize(("header", "value", "currency"), CURRENCIES)
def test_the_currency_is_read_where_it_is_said(header, value, currency) -> None:
    table = model_of(f'day,"{header}"\n2026-01-01,{value}\n')
    assert table.metric("spend").currency == currency


def test_a_name_is_identified_by_its_id_even_when_it_was_renamed() -> None:
    rows = "".join(f"2026-01-0{d},c{i},Name {i},1\n" for d in range(1, 8) for i in range(3))
    table = model_of(f"date,campaign_id,campaign_name,clicks\n{rows}2026-01-08,c1,New name,1\n")
    assert table.column("campaign_name").identified_by == "campaign_id"
    assert table.grain == ("date", "campaign_id")


def test_ready_made_ratios_are_shown_but_never_added_up() -> None:
    table = model_of("day,clicks,impressions,CTR,Avg. CPC\n2026-01-01,5,100,5%,1.5\n")
    for name in ("CTR", "Avg. CPC"):
        assert table.column(name).role is Role.IGNORED
        assert "ratio of sums" in table.column(name).description
    assert table.metric("ctr").numerator == "clicks"


def test_sixty_columns_are_all_given_a_role_and_metrics_with_unique_names() -> None:
    names = [f"metric {i}" for i in range(30)] + [f"Dim{i}" for i in range(30)]
    rows = "".join(",".join([*["3"] * 30, *[f"v{r}"] * 30]) + "\n" for r in range(3))
    table = model_of(",".join(names) + "\n" + rows)
    roles = list(_roles(table).values())
    assert (roles.count("measure"), roles.count("dimension")) == (30, 30)
    assert len({m.name for m in table.metrics}) == len(table.metrics) == 31


def test_every_concept_and_ratio_can_be_asked_for_in_both_languages() -> None:
    concepts = get_concepts()
    for entry in (*concepts.concepts.values(), *concepts.ratios):
        words = " ".join((*entry.synonyms, entry.label_ru)).lower()
        assert any("a" <= c <= "z" for c in words), entry.name
        if entry.role is Role.MEASURE if hasattr(entry, "role") else True:
            assert any("а" <= c <= "я" for c in words) or entry.label_ru.isascii(), entry.name


def test_a_mistake_in_the_vocabulary_names_its_line(tmp_path) -> None:
    from src.data.concepts import CONCEPTS_FILE

    text = CONCEPTS_FILE.read_text(encoding="utf-8").replace('role = "time"', 'role = "tiem"', 1)
    broken = tmp_path / "concepts.toml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line \d+"):
        load_concepts(broken)


def test_sales_beside_an_amount_are_a_count_and_alone_are_money() -> None:
    both = model_of("day,publisher,sales,sale_amount\n2026-01-01,A,3,120.5\n2026-01-02,B,1,40.0\n")
    assert (both.column("sales").concept, both.column("sale_amount").concept) == (
        "orders",
        "conversion_value",
    )
    assert both.metric("revenue").numerator == "sale_amount"
    assert "sales" not in both.metric("revenue").synonyms
    assert "sales" in both.metric("orders").synonyms
    russian = model_of('Дата,Продажи,"Выручка, руб"\n2026-01-01,3,120\n2026-01-02,1,40\n')
    assert russian.metric("orders").numerator == "Продажи"
    assert "sales" in russian.metric("orders").synonyms
    alone = model_of("day,sales\n2026-01-01,1200\n2026-01-02,980\n")
    assert alone.column("sales").concept == "conversion_value"
