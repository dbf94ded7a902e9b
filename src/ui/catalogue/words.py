"""What the catalogue's values are called on screen, and whether a model can be asked at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from src.catalogue.journal import Entry
from src.catalogue.progress import duration
from src.config.settings import get_settings
from src.llm.types import TaskType
from src.ui.messages import has, t
from src.ui.safe_text import safe_text
from src.ui.wording import dollars

_LEAST: Final = Decimal("0.0001")


def model_problem() -> str | None:
    """Why no model can write, with the variable to set; None when one can."""
    from src.llm.router import get_router

    if get_settings().llm_offline:
        return t("catalogue.models_off")
    router = get_router()
    chain = router.models.tasks[TaskType.CONTENT_GENERATION].chain
    endpoints = [router.endpoints[one.provider] for one in chain]
    if any(endpoint.ready for endpoint in endpoints):
        return None
    names = dict.fromkeys(name for one in endpoints for name in one.missing[:1])
    return t("catalogue.no_model", names=t("catalogue.or").join(names))


def why_offline(entry: Entry) -> str:
    """Why the template wrote a text, ready to be shown."""
    notes = entry.copy.notes[:-1] if entry.copy is not None else ()  # the last says that it did
    return safe_text(" ".join(notes), 600) if notes else t("catalogue.unknown_reason")


def type_words(name: str) -> str:
    """A content type."""
    return t(f"catalogue.type.{name}") if has(f"catalogue.type.{name}") else name


def language_words(name: str) -> str:
    """A language of products."""
    return t(f"catalogue.language.{name}")


def strategy_words(name: str) -> str:
    """A strategy."""
    return t(f"catalogue.strategy.{name}")


def route_words(reason: str) -> str:
    """Why a model is asked first."""
    kind, _, rest = reason.partition(": ")
    key = f"catalogue.route.{kind.replace(' ', '_')}"
    return t(key, what=rest.replace("_", " ")) if has(key) else reason


def price(amount: Decimal | None) -> str:
    """Dollars of a single text, which may be less than the last digit that is shown."""
    if amount is not None and 0 < amount < _LEAST:
        return t("catalogue.less_than", amount=dollars(_LEAST))
    return dollars(amount)


def span(seconds: float) -> str:
    """A span of time of a run."""
    return duration(seconds)
