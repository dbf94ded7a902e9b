"""Several analysts asking at the same moment."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from src.query_engine.nl.engine import interpret
from src.query_engine.nl.text import stem
from tests.nl.tables import ADS

TODAY = dt.date(2026, 10, 15)
QUESTIONS = (
    "total spend by platform last month", "top 5 campaigns by ROAS in Q3 2026",
    "расходы по платформам за прошлый месяц", "campaigns with CPA over 40 and spend above 5k",
    "weekly clicks in 2026 for TikTok", "доля конверсий по устройствам в сентябре",
    "compare Meta and Google Ads by CTR", "сравни август и сентябрь по выручке",
)  # fmt: skip
THREADS = 4


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can, and no word is known from before."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    stem.cache_clear()
    yield
    sys.setswitchinterval(usual)


def test_each_gets_the_answer_that_one_alone_would_get() -> None:
    def ask_all(first: int) -> dict[str, object]:
        order = (*QUESTIONS[first:], *QUESTIONS[:first])
        return {question: interpret(question, ADS, today=TODAY) for question in order}

    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(ask_all, range(THREADS)))
    alone = ask_all(0)
    assert all(answers == alone for answers in together)
