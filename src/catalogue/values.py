"""The values that carry catalogue copy from a product to its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from src.errors import AnalystError
from src.llm.types import Usage

Language = Literal["ru", "en"]
Strategy = Literal["smart", "load_balance", "openai_only", "claude_only", "cheapest"]
STRATEGIES: tuple[Strategy, ...] = (
    "smart", "load_balance", "openai_only", "claude_only", "cheapest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """One item of the catalogue; `attributes` are its other columns as text."""

    id: str
    title: str
    category: str = ""
    language: Language = "ru"
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CopyRules:
    """What code checks in a text. Lengths count characters of the text without its tags.

    Attributes:
        language: the text's language; None is not checked.
        min_chars, max_chars: 0 means no bound.
        html: the text may hold HTML, of the allowed tags only; otherwise none at all.
        forbidden: claims that must not be made, as words or phrases in any form.
    """

    language: Language | None = None
    min_chars: int = 0
    max_chars: int = 0
    html: bool = False
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyTask:
    """One text to be written: a content type of one product.

    Attributes:
        id: unique in a run, ``<product id>/<type>``.
        type: content type, e.g. ``description``, ``seo``, ``bullets``, ``ad``.
        offline_text: the deterministic template's text, the last resort; None without one.
    """

    id: str
    product_id: str
    type: str
    prompt: str
    title: str = ""
    category: str = ""
    system_prompt: str | None = None
    max_tokens: int = 2000
    rules: CopyRules = CopyRules()
    offline_text: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that passed its checks, and how it came about.

    Attributes:
        engine: ``model`` or ``offline`` (the deterministic template).
        route: why the first model was chosen, e.g. ``standard``, ``sensitive: depilation``.
        failed_over: what made the next model necessary: ``refused``, ``blocked``, ``truncated``,
            ``failed``, ``rejected`` (a check failed twice); empty when the first one answered.
        usage, cost: over all calls of the task; None when any part is unknown.
        calls: ids of the ledger's calls.
        temporary: the offline template wrote it only because no model could be asked, for reasons
            that may pass.
        stuck: they will not pass by themselves: every model that could be asked rejects its key,
            has no credit left or is not served. Not kept in the journal.
    """

    task_id: str
    text: str
    engine: Literal["model", "offline"]
    provider: str
    model: str
    route: str
    failed_over: str = ""
    usage: Usage | None = None
    cost: Decimal | None = None
    seconds: float = 0.0
    calls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    temporary: bool = False
    stuck: bool = False


class CopyFailed(AnalystError):
    """No model wrote a text that passes, and there is no offline template; `reasons` in order.

    Attributes:
        temporary: the item is not at fault (no key, budget spent, every provider down): the same
            task may well succeed another time.
        stuck: as in `Copy`.
        usage, cost: over all calls of the task; None when any part is unknown.
        calls: ids of the ledger's calls.
    """

    code = "copy_failed"

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        kept: str | None = None,
        hint: str | None = None,
        task_id: str = "",
        reasons: tuple[str, ...] = (),
        temporary: bool = False,
        stuck: bool = False,
        usage: Usage | None = None,
        cost: Decimal | None = None,
        seconds: float = 0.0,
        calls: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, where=where, kept=kept, hint=hint)
        self.task_id = task_id
        self.reasons = reasons
        self.temporary = temporary
        self.stuck = stuck
        self.usage = usage
        self.cost = cost
        self.seconds = seconds
        self.calls = calls
        self.notes = notes


class NobodyWrites(AnalystError):
    """The processes that write the texts have all ended; the run cannot go on."""

    code = "nobody_writes"
