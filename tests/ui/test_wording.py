"""Plain values in words."""

from __future__ import annotations

from src.ui.wording import without_repeats


def test_a_note_that_another_says_in_full_is_not_shown_twice() -> None:
    short = "openai cannot be reached: connection refused."
    full = f"The offline engine answered: {short}"
    assert without_repeats([short, "31 rows are copies.", full, short]) == [
        "31 rows are copies.",
        full,
    ]
