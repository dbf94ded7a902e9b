"""One look for the tables of this page."""

from __future__ import annotations

from decimal import Decimal
from math import isnan
from typing import Any

import streamlit as st

from src.ui.messages import t
from src.ui.wording import dollars, duration


def draw_table(rows: list[dict[str, Any]], key: str, alt: str) -> None:
    """Rows with columns named by the catalogue; numbers stay numbers, so that sorting works.

    Seconds and dollars are printed here, as the browser has one format for a column and they span
    milliseconds to minutes, and hundredths of a cent to hundreds of dollars.
    """
    import pandas as pd
    from streamlit import column_config as kinds

    frame = pd.DataFrame(rows)
    printed: dict[str, Any] = {
        **dict.fromkeys((t("usage.p50"), t("usage.p95"), t("usage.seconds")), _duration),
        **dict.fromkeys((t("usage.cost"), t("usage.saved")), _dollars),
    }
    here = {name: write for name, write in printed.items() if name in frame}
    share = kinds.NumberColumn(format="percent")
    count = kinds.NumberColumn(format="localized")
    st.dataframe(
        frame.style.format(here),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) <= 15 else "auto",
        key=f"usage_{key}",
        alt=alt,
        column_config={
            t("usage.at"): kinds.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss", timezone="UTC"),
            **dict.fromkeys((t("usage.errors"), t("usage.fallbacks"), t("usage.cached")), share),
            **dict.fromkeys((t("usage.calls"), t("usage.tokens_in"), t("usage.tokens_out")), count),
        },
    )


def _duration(seconds: float) -> str:
    return "–" if isnan(seconds) else duration(seconds)


def _dollars(amount: float) -> str:
    return dollars(None if isnan(amount) else Decimal(str(amount)))
