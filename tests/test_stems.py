"""Stems asked for by several threads at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from src.stems import snowball

WORDS = (
    "кампаниями", "расходов", "воскресенье", "показы", "прошлой", "неделе", "конверсии", "клик",
    "депиляция", "подписавшихся", "устройствам", "я", "рентабельность", "платформе", "марта",
) * 40  # fmt: skip
THREADS = 4


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_threads_do_not_mix_their_words() -> None:
    alone = [snowball(word, "russian") for word in WORDS]
    start = Barrier(THREADS)

    def stems() -> list[str]:
        start.wait()
        return [snowball(word, "russian") for word in WORDS]

    with ThreadPoolExecutor(THREADS) as pool:
        results = [pool.submit(stems) for _ in range(THREADS)]
    assert all(result.result() == alone for result in results)


def test_each_language_has_its_own_stems() -> None:
    assert snowball("campaigns", "english") == "campaign"
    assert snowball("кампаниями", "russian") == "кампан"
