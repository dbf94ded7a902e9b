"""From products and templates to the texts that are to be written, and the key of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from src.catalogue.rendering import FENCE_NOTE, render_offline, render_prompt
from src.catalogue.templates import ContentType, Templates
from src.catalogue.values import CopyTask, Language, Product, Strategy

_FORMAT = 1  # raised when the same task must no longer count as done


def make_task(product: Product, kind: ContentType, *, offline: bool = True) -> CopyTask:
    """The task of one content type of one product; without `offline`, no last resort."""
    return CopyTask(
        id=f"{product.id}/{kind.name}",
        product_id=product.id,
        type=kind.name,
        prompt=render_prompt(kind.prompt, product),
        title=product.title,
        category=product.category,
        system_prompt=_system_prompt(kind.system, kind.language),
        max_tokens=kind.max_tokens,
        rules=kind.rules,
        offline_text=render_offline(kind.offline, product, kind.rules) if offline else None,
    )


def make_tasks(
    products: Iterable[Product], templates: Templates, types: Sequence[str], *, offline: bool = True
) -> Iterator[CopyTask]:
    """Every content type of every product, in order, one at a time."""
    for product in products:
        for name in types:
            yield make_task(product, templates.of(name, product.language), offline=offline)


@lru_cache(maxsize=64)
def _system_prompt(system: str, language: Language) -> str:
    return f"{system} {FENCE_NOTE[language]}"


class Keys:
    """What a result is kept under: it changes with everything that was asked, and with nothing
    else.

    The prompt, the rules and the strategy count. Which models the strategy names today does not:
    a new price list or a renamed model is no reason to pay for a catalogue again. Nor does the
    offline template, which nobody pays for.
    """

    def __init__(self, strategy: Strategy, weights: Mapping[str, float] | None = None) -> None:
        self._strategy = [strategy, sorted((weights or {}).items())]

    def of(self, task: CopyTask) -> str:
        """32 hexadecimal digits."""
        rules = task.rules
        asked = [
            _FORMAT, task.id, task.type, task.prompt, task.system_prompt, task.title,
            task.category, task.max_tokens, rules.language, rules.min_chars, rules.max_chars,
            rules.html, rules.forbidden, *self._strategy,
        ]  # fmt: skip
        return hashlib.blake2b(json.dumps(asked).encode(), digest_size=16).hexdigest()
