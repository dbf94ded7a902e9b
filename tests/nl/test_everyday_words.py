"""Everyday words: statuses in other forms, a name around a value, records, several months."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import pytest

from src.config.settings import get_settings
from src.query_engine.nl.engine import interpret
from src.workflow.sources import open_source
from tests.nl.parts import parts
from tests.nl.tables import ADS

TODAY = dt.date(2026, 11, 1)
STATUSES, CITIES, MANAGERS = ("Выполнен", "Отменён", "В обработке"), ("Москва", "Казань"), "АБВ"


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory):
    """Data sets by name, read as uploads are."""
    home = tmp_path_factory.mktemp("words")
    orders = ["№ заказа;Дата заказа;Статус;Город;Менеджер;Сумма заказа, ₽"]
    sends = ["Send Time,List,Subject,Deliveries,Unique Clicks,Click Rate,Spam Complaints"]
    for i in range(90):
        day = dt.date(2026, 7, 1) + dt.timedelta(i)
        status, city, manager = STATUSES[i % 3], CITIES[i % 2], MANAGERS[i % 3]
        orders.append(f"{1000 + i};{day:%d.%m.%Y};{status};{city};{manager};{900 + 7 * i}")
        clicks, sent = 20 + i % 9, 900 + i
        rate = f"{clicks / sent:.2%}"
        sends.append(f"{day},List {i % 4},Subject {i % 7},{sent},{clicks},{rate},{i % 3}")
    data = {}
    for name, rows in (("orders", orders), ("sends", sends)):
        path = home / f"{name}.csv"
        path.write_text("\n".join(rows), "utf-8")
        settings = get_settings().model_copy(update={"campaign_analyst_home": home / name})
        with closing(open_source(settings, "somebody", data=[path], database_url=None)) as source:
            data[name] = source.dataset()
    return data


READ = [
    ("orders", "сколько выполненных заказов", {"where": ["Статус = Выполнен"]}),
    ("orders", "сколько отмененных заказов", {"where": ["Статус = Отменён"]}),
    ("orders", "топ-2 города по сумме выполненных заказов",
     {"show": "сумма_заказа_₽", "by": "Город", "top": 2, "where": ["Статус = Выполнен"]}),
    ("orders", "сумма отмененных заказов по городам",
     {"show": "сумма_заказа_₽", "by": "Город", "where": ["Статус = Отменён"]}),
    ("orders", "сколько заказов висит в обработке и на какую сумму",
     {"show": "row_count сумма_заказа_₽", "where": ["Статус = В обработке"]}),
    ("orders", "кто из менеджеров продал больше всех в сентябре, только выполненные",
     {"by": "Менеджер", "top": 1, "where": ["Статус = Выполнен"],
      "time": "2026-09-01..2026-09-30"}),
    ("sends", "spam complaints per list, worst first",
     {"by": "List", "sort": "spam_complaints desc"}),
    ("sends", "top 5 subject lines by click rate",
     {"by": "Subject", "top": 5, "show": "sum(Unique Clicks)"}),
    ("ads", "our record month for revenue", {"grain": "month", "top": 1, "sort": "revenue desc"}),
    ("ads", "how many records", {"show": "count_rows(*)"}),
    ("ads", "compare spend jul, aug and sep 2026",
     {"grain": "month", "time": "2026-07-01..2026-09-30"}),
    ("ads", "spend and clicks in q1, q2 and q3 2026 next to each other",
     {"show": "spend clicks", "grain": "quarter", "time": "2026-01-01..2026-09-30"}),
    ("ads", "clicks n spend by platform so far", {"show": "clicks spend", "by": "platform"}),
    ("ads", "spend by platform, biggest on top", {"by": "platform", "sort": "spend desc"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "question", "wanted"), READ)
def test_what_is_said_is_read(name, question, wanted, uploaded):
    data = ADS if name == "ads" else uploaded[name]
    found = interpret(question, data, today=TODAY)
    assert found.interpretations, found.refusal.reason
    told = parts(found.interpretations[0].plan)
    assert {key: told.get(key) for key in wanted} == wanted


def test_months_with_a_gap_are_not_compared_as_one_stretch():
    assert not interpret("compare spend in march, june and july", ADS, today=TODAY).interpretations
