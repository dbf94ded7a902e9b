"""How tables too long to be printed cell by cell leave their numbers to the browser."""

from __future__ import annotations

import pytest

from src.query_engine.drafts import OutputColumn
from src.ui.ask.table import browser_format

SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("currency", "locale", "form"),
    [
        ("USD", "en", "$%,.2f"),
        ("EUR", "en", "€%,.2f"),
        ("GBP", "en", "£%,.2f"),
        ("JPY", "en", "¥%,.0f"),
        ("RUB", "en", f"RUB{SPACE}%,.2f"),
        ("RUB", "ru", f"%,.2f{SPACE}₽"),
        ("EUR", "de", f"%,.2f{SPACE}€"),
        ("CHF", "fr", f"%,.2f{SPACE}CHF"),
        (None, "en", "%,.2f"),
    ],
)
def test_an_amount_carries_its_currency(currency: str | None, locale: str, form: str) -> None:
    column = OutputColumn(
        name="spend", label="Spend", kind="metric", unit="currency", currency=currency
    )
    assert browser_format(column, locale) == form


@pytest.mark.parametrize(
    ("kind", "unit", "form"),
    [
        ("metric", "ratio", "percent"),
        ("share", "currency", "percent"),
        ("change_pct", "count", "percent"),
        ("metric", "multiple", "%,.2f"),
        ("metric", "count", "localized"),
        ("metric", None, "localized"),
    ],
)
def test_other_numbers_follow_their_unit(kind: str, unit: str | None, form: str) -> None:
    column = OutputColumn.model_validate({"name": "x", "label": "X", "kind": kind, "unit": unit})
    assert browser_format(column, "en") == form
