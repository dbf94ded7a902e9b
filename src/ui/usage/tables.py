"""One look for the tables of this page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from src.ui.messages import t


def draw_table(rows: list[dict[str, Any]], key: str, alt: str) -> None:
    """Rows with columns named by the catalogue; numbers stay numbers, so that sorting works."""
    import pandas as pd
    from streamlit import column_config as kinds

    seconds = kinds.NumberColumn(format="%.2f s")
    share = kinds.NumberColumn(format="percent")
    money = kinds.NumberColumn(format="$%.4f")
    count = kinds.NumberColumn(format="localized")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) <= 15 else "auto",
        key=f"usage_{key}",
        alt=alt,
        column_config={
            t("usage.cost"): money,
            t("usage.saved"): money,
            t("usage.at"): kinds.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss", timezone="UTC"),
            **dict.fromkeys((t("usage.p50"), t("usage.p95"), t("usage.seconds")), seconds),
            **dict.fromkeys((t("usage.errors"), t("usage.fallbacks"), t("usage.cached")), share),
            **dict.fromkeys((t("usage.calls"), t("usage.tokens_in"), t("usage.tokens_out")), count),
        },
    )
