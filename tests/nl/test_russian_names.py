"""Names of a user's own Russian columns, in the plural that a sentence needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.query_engine.phrases import by_words, plural

NAMES = [
    ("источник", "источники", "источникам"),
    ("менеджер", "менеджеры", "менеджерам"),
    ("город", "города", "городам"),
    ("тип клиента", "типы клиента", "типам клиента"),
    ("рекламная кампания", "рекламные кампании", "рекламным кампаниям"),
    ("категория товара", "категории товара", "категориям товара"),
    ("площадь", "площади", "площадям"),
    ("последний статус", "последние статусы", "последним статусам"),
    ("источники", "источники", "источникам"),
    ("рынок", "рынки", "рынкам"),
    ("гео", "гео", "гео"),
    ("устройство", "устройства", "устройствам"),
]


@pytest.mark.parametrize(("name", "many", "by"), NAMES)
def test_a_name_in_the_plural(name: str, many: str, by: str) -> None:
    assert plural(name) == many
    assert by_words("ru", name) == by


@pytest.mark.parametrize("name", ["id клиента", "utm_source", "Канал 2", ""])
def test_what_is_not_russian_alone_stays(name: str) -> None:
    assert by_words("ru", name) == name.replace("_", " ").lower()


def test_a_capital_stays() -> None:
    assert plural("Тип клиента") == "Типы клиента"


@given(st.text(alphabet="абвгдеийкоуыьюя ё", max_size=12))
def test_any_text_is_given_back_as_some_text(name: str) -> None:
    assert isinstance(plural(name), str)
    assert len(by_words("ru", name).split()) == len(name.split())
