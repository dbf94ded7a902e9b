"""Step 1: the products as they were read, with what was left out of the file."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import streamlit as st

from src.catalogue.values import Product
from src.ui.catalogue.desk import OpenCatalogue
from src.ui.catalogue.shelf import Catalogue
from src.ui.catalogue.stepper import next_button
from src.ui.catalogue.words import language_words
from src.ui.messages import t
from src.ui.safe_text import safe_text

_ROWS: Final = 10
_SKIPPED: Final = 10
_ATTRIBUTES: Final = 200


def products_step(desk: OpenCatalogue) -> None:
    """What was understood of the file."""
    catalogue = desk.catalogue
    st.subheader(t("catalogue.products.title", count=catalogue.count,
                   products=f"{catalogue.count:,}"), anchor=False)  # fmt: skip
    languages = [
        t("catalogue.products.language", count=f"{count:,}", language=language_words(name))
        for name, count in catalogue.languages.items()
    ]
    columns = [
        t("catalogue.products.column", role=t(f"catalogue.role.{role}").lower(),
          column=safe_text(name, 60))
        for role, name in catalogue.columns.items()
    ]  # fmt: skip
    lines = [", ".join(languages), t("catalogue.products.columns", columns=", ".join(columns))]
    st.markdown("\n".join(f"- {line}" for line in lines))
    _left_out(catalogue)
    import pandas as pd

    st.dataframe(
        pd.DataFrame([_row(product) for product in islice(catalogue.products, _ROWS)]),
        hide_index=True,
        alt=t("catalogue.products.alt", name=catalogue.name),
    )
    if catalogue.count > _ROWS:
        st.caption(t("catalogue.products.first", rows=_ROWS))
    next_button(t("catalogue.products.next"), "texts")


def _left_out(catalogue: Catalogue) -> None:
    if catalogue.notes:
        st.caption("  \n".join(safe_text(note) for note in catalogue.notes))
    if not catalogue.skipped_count:
        return
    lines = [f"- {safe_text(one, 300)}" for one in catalogue.skipped[:_SKIPPED]]
    if catalogue.skipped_count > len(lines):
        more = catalogue.skipped_count - len(lines)
        lines.append(f"- {t('catalogue.products.more', count=more, rows=f'{more:,}')}")
    head = t("catalogue.products.skipped", count=catalogue.skipped_count,
             rows=f"{catalogue.skipped_count:,}")  # fmt: skip
    st.warning("\n".join([head, "", *lines]))


def _row(product: Product) -> dict[str, Any]:
    rest = "; ".join(f"{name}: {text}" for name, text in product.attributes.items())
    return {
        t("catalogue.role.id"): product.id,
        t("catalogue.role.title"): product.title,
        t("catalogue.role.category"): product.category,
        t("catalogue.role.language"): language_words(product.language),
        t("catalogue.role.rest"): rest[:_ATTRIBUTES],
    }
