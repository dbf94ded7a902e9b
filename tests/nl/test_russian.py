"""Russian questions become the same plans."""

from __future__ import annotations

import datetime as dt

import pytest

from src.data.semantic import SemanticModel
from src.query_engine.nl.engine import interpret
from tests.nl.parts import parts
from tests.nl.small_tables import MAILINGS, SLOTS
from tests.nl.tables import ADS

WORDS = {
    "spend": ("расход", "расходы"),
    "clicks": ("клики",),
    "impressions": ("показы",),
    "conversions": ("конверсии", "конверсия"),
    "revenue": ("выручка",),
    "cpa": ("цена конверсии",),
    "platform": ("площадка",),
    "campaign_name": ("кампания",),
    "device": ("устройство",),
    "region": ("регион",),
}


def russian():
    """The ad account with Russian synonyms on its columns and metrics."""
    (table,) = ADS.model.tables

    def named(things):
        return tuple(
            t.model_copy(update={"synonyms": (*t.synonyms, *WORDS.get(t.name, ()))}) for t in things
        )

    table = table.model_copy(
        update={"columns": named(table.columns), "metrics": named(table.metrics)}
    )
    model = SemanticModel(name="ads", tables=(table,))
    return ADS.__class__("ru", "ru", model, ADS.profile, fingerprint="ru")


DATA = russian()
CASES = [
    ("Сколько потратили за последние 7 дней?", {"show": "spend", "time": "2026-10-09..2026-10-15"}),
    ("Сколько потратили за 7 дней?", {"show": "spend", "time": "2026-10-09..2026-10-15"}),
    (
        "Расходы по площадкам за прошлый месяц",
        {"show": "spend", "by": "platform", "time": "2026-09-01..2026-09-30"},
    ),
    ("топ 5 кампаний по выручке", {"show": "revenue", "by": "campaign_name", "top": 5}),
    (
        "Какие кампании имели ROAS выше 3 и расход больше 10 тыс за последние 30 дней?",
        {"by": "campaign_name", "having": ["roas > 3", "spend > 10000"]},
    ),
    ("клики и показы по устройствам", {"show": "clicks impressions", "by": "device"}),
    ("кампании без конверсий за прошлую неделю", {"having": ["conversions = 0"], "empty": True}),
    ("доля расходов по площадкам", {"show": "spend", "by": "platform", "share": True}),
    ("расход кроме TikTok", {"show": "spend", "where": ["platform != TikTok"]}),
    ("расходы на Meta в сентябре 2026", {"where": ["platform = Meta"]}),
    ("расходы по месяцам за 2025 год", {"grain": "month", "time": "2025-01-01..2025-12-31"}),
    ("расходы с марта по май", {"time": "2026-03-01..2026-05-31"}),
    ("динамика расходов по неделям", {"show": "spend", "grain": "week"}),
    ("сравни Meta и Google по цене конверсии", {"show": "cpa", "by": "platform"}),
    (
        "на сколько выросли конверсии в сентябре по сравнению с августом",
        {"time": "2026-09-01..2026-09-30", "vs": "2026-08-01..2026-08-31"},
    ),
    ("расход на мобильных", {"where": ["device = mobile"]}),
    (
        "кампании с ROAS выше 2 и менее 500 конверсий",
        {"having": ["roas > 2", "conversions < 500"]},
    ),
]


@pytest.mark.parametrize(("question", "wanted"), CASES)
def test_the_question_becomes_the_plan(question, wanted):
    found = interpret(question, DATA, today=dt.date(2026, 11, 1))
    assert found.refusal is None
    plan = parts(found.interpretations[0].plan)
    assert {key: plan.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Почему дорого?", "unsupported"),
        ("прибыль по кампаниям", "missing_column"),
        ("расходы по складам", "missing_column"),
        ("прогноз расходов на следующий месяц", "unsupported"),
    ],
)
def test_what_the_data_cannot_answer_is_refused(question, kind):
    assert interpret(question, DATA, today=dt.date(2026, 11, 1)).refusal.kind == kind


def test_a_made_ratio_is_named_in_russian():
    reading = interpret(
        "доля конверсий в показах по площадкам", DATA, today=dt.date(2026, 11, 1)
    ).interpretations[0]
    assert [a.label for a in reading.plan.ad_hoc] == ["Конверсии / показы"]


def test_measures_that_a_question_makes_have_russian_names():
    asked = {
        "среднее число конверсий в день": "Конверсии в среднем в день",
        "количество кампаний по площадкам": "Количество: кампании",
        "доля Meta в расходах по месяцам": "Доля в «расход»: Meta",
    }
    for question, label in asked.items():
        (reading, *_) = interpret(question, DATA, today=dt.date(2026, 11, 1)).interpretations
        assert [a.label for a in reading.plan.ad_hoc] == [label]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("сколько доставленных по каналам", {"show": "Доставлено", "by": "Канал"}),
        ("доставленные в августе", {"show": "Доставлено", "time": "2026-08-01..2026-08-31"}),
        ("отправленные и доставленные по каналам", {"show": "Отправлено Доставлено"}),
        ("каналы, где доставленных меньше 500", {"having": ["Доставлено < 500"]}),
    ],
)
def test_the_participle_of_a_measure_is_the_measure(question, wanted):
    (reading,) = interpret(question, MAILINGS, today=dt.date(2026, 11, 1)).interpretations
    found = parts(reading.plan)
    assert {key: found.get(key) for key in wanted} == wanted


def test_another_word_of_the_same_root_is_no_slip():
    asked = "сколько раз выходил mid-roll в марте"
    found = interpret(asked, SLOTS, today=dt.date(2026, 11, 1))
    assert found.refusal.missing == ("выходил",)


def test_a_slip_in_the_word_itself_is_still_mended():
    (reading,) = interpret("выручка в выхдные", SLOTS, today=dt.date(2026, 11, 1)).interpretations
    assert any("выхдные" in note for note in reading.assumptions)
    assert reading.plan.filters
