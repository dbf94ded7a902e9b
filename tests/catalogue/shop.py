"""What tests of the client write about."""

from __future__ import annotations

from typing import Any

from src.catalogue.values import CopyRules, CopyTask

CHEAP, CLAUDE, STRONG = "gpt-6-luna", "claude-haiku-5-5", "claude-sonnet-5-5"
RUSSIAN = "Лёгкая чашка из фарфора хранит тепло и приятна в руке."
ENGLISH = "A light cup that keeps the tea warm and is nice to hold in your hand."


def task(number: int = 1, title: str = "Чашка фарфоровая", **rest: Any) -> CopyTask:
    """A description of one product, in Russian."""
    rules = rest.pop("rules", CopyRules(language="ru"))
    return CopyTask(
        id=f"p{number}/description",
        product_id=f"p{number}",
        type="description",
        prompt=rest.pop("prompt", f"Опиши товар {number}: {title}"),
        title=title,
        rules=rules,
        **rest,
    )
