"""Plain values in words."""

from __future__ import annotations

import pytest

from src.ui.wording import duration, encoding_words, type_words, without_repeats


def test_a_note_that_another_says_in_full_is_not_shown_twice() -> None:
    short = "openai cannot be reached: connection refused."
    full = f"The offline engine answered: {short}"
    assert without_repeats([short, "31 rows are copies.", full, short]) == [
        "31 rows are copies.",
        full,
    ]


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("VARCHAR", "text"),
        ("BIGINT", "whole number"),
        ("DECIMAL(18,3)", "number"),
        ("timestamp without time zone", "date and time"),
        ("BOOLEAN", "yes or no"),
        ("STRUCT(a INTEGER)", "STRUCT(a INTEGER)"),
    ],
)
def test_a_type_is_named_by_what_it_holds(engine: str, said: str) -> None:
    assert type_words(engine) == said


def test_an_encoding_has_the_name_people_know() -> None:
    assert [encoding_words(n) for n in ("cp1251", "utf-8")] == ["Windows-1251", "UTF-8"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"), (0.0004, "<1 ms"), (0.0006, "1 ms"), (0.42, "420 ms"), (1.5, "1.5 s"),
        (150, "2.5 min"),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds) == said
