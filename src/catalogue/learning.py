"""What the ledger teaches: which words of titles the first model keeps refusing, and what it costs.

Only on request, and only as proposals: a person puts them into a file of trigger words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from src.catalogue.terms import stem, words_of
from src.llm.ledger import from_pico
from src.llm.types import TaskType

if TYPE_CHECKING:
    from src.catalogue.triggers import Triggers
    from src.llm.ledger import Ledger

MIN_ITEMS = 20
MIN_REFUSALS = 5
_Z = 1.96  # both-sided 95%
_MIN_LETTERS = 3
_REFUSED = ("refused", "blocked")
_ROWS = 5000  # fetched at once
_MOST = 25  # proposals; more than a person would read


@dataclass(frozen=True, slots=True)
class RefusalRate:
    """How often one model refused the items of one category.

    Attributes:
        low, high: Wilson's 95% interval of the rate.
    """

    category: str
    model: str
    items: int
    refused: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A word whose items had better go to Claude at once.

    Attributes:
        word: as it stood most often in the titles; all its forms are meant.
        items: items with it that the first model was asked for; `refused` of them.
        low, high: Wilson's 95% interval of the refusal rate.
        elsewhere: the rate of the items without it.
        wasted: dollars paid for the refused tries.
        saves: dollars that these items would have cost less: the first model's refused tries, less
            what Claude would have cost above it for those it did write.
        seconds: waiting that the refused tries took.
        examples: titles, up to three.
    """

    word: str
    items: int
    refused: int
    rate: float
    low: float
    high: float
    elsewhere: float
    wasted: Decimal
    saves: Decimal
    seconds: float
    examples: tuple[str, ...]


def refusal_rates(
    ledger: Ledger, *, run: str | None = None, user: str | None = None
) -> list[RefusalRate]:
    """Refusals by product category and model, the highest lower bound first.

    Args:
        run, user: only what was booked on that run, in that user's name; everybody's without.
    """
    counts: dict[tuple[str, str], list[int]] = {}
    for first in _first_attempts(ledger, run, user):
        row = counts.setdefault((first.category, first.model), [0, 0])
        row[0] += 1
        row[1] += first.refused
    rates = [
        RefusalRate(category, model, items, refused, refused / items, *wilson(refused, items))
        for (category, model), (items, refused) in counts.items()
    ]
    return sorted(rates, key=lambda rate: (-rate.low, rate.category, rate.model))


def propose(
    ledger: Ledger,
    triggers: Triggers,
    *,
    run: str | None = None,
    user: str | None = None,
    min_items: int = MIN_ITEMS,
    min_refusals: int = MIN_REFUSALS,
) -> list[Proposal]:
    """Words to be added to the triggers, the one that saves most first.

    A word is proposed when it has enough items and refusals, when its refusal rate is surely (by
    the 95% intervals) above that of the items without it, and when to ask Claude first would have
    been no dearer. Words of titles that are triggers already are left out.
    """
    items = [
        (first, {stem(word): word for word in words_of(first.title) if _may_tell(word)})
        for first in _first_attempts(ledger, run, user)
        if not first.claude and triggers.match(first.title, category=first.category) is None
    ]
    found: list[Proposal] = []
    while len(found) < _MOST:
        best = _best(items, min_items, min_refusals)
        if best is None:
            break
        found.append(best[1])
        # What one word explains is no evidence for the words that stand beside it.
        items = [(first, words) for first, words in items if best[0] not in words]
    return sorted(found, key=lambda one: (-one.saves, -one.refused, one.word))


def as_toml(proposals: Iterable[Proposal], name: str = "learned") -> str:
    """The proposals as a category for a user's file of trigger words."""
    return "\n".join([f"[triggers.{name}]", "terms = [", *map(toml_line, proposals), "]", ""])


def toml_line(one: Proposal) -> str:
    """A proposal as a line of the list ``terms``, with what it was proposed for."""
    return (
        f'  "{one.word}",  # {one.refused} of {one.items} refused '
        f"({one.low:.0%} to {one.high:.0%}), saves ${one.saves:.4f}"
    )


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of a share at 95% [Wilson 1927]."""
    if not total:
        return 0.0, 1.0
    share, square = hits / total, _Z * _Z
    middle = share + square / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class _First:
    """What the first model asked for an item did.

    Attributes:
        paid: dollars of that attempt; None when unknown.
        later: dollars of the answer of the model that took over; None without one.
    """

    title: str
    category: str
    model: str
    claude: bool
    refused: bool
    paid: Decimal | None
    later: Decimal | None
    seconds: float


@dataclass(slots=True)
class _Word:
    """`named` counts titles in which the word looks like a name: capital, and not the first."""

    items: int = 0
    refused: int = 0
    wasted: Decimal = Decimal(0)
    written: Decimal = Decimal(0)
    taken_over: list[Decimal] = field(default_factory=list)
    seconds: float = 0.0
    named: int = 0
    forms: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def add(self, first: _First, form: str) -> None:
        self.items += 1
        self.forms[form] = self.forms.get(form, 0) + 1
        self.named += first.title.find(form.capitalize()) > 0
        if not first.refused:
            self.written += first.paid or Decimal(0)
            return
        self.refused += 1
        self.wasted += first.paid or Decimal(0)
        self.seconds += first.seconds
        if first.later is not None:
            self.taken_over.append(first.later)
        if len(self.examples) < 3:
            self.examples.append(first.title)


def _best(
    items: list[tuple[_First, dict[str, str]]], min_items: int, min_refusals: int
) -> tuple[str, Proposal] | None:
    """The word that is refused most surely, by its stem."""
    words: dict[str, _Word] = {}
    total = _Word()
    for first, forms in items:
        total.add(first, "")
        for root, form in forms.items():
            words.setdefault(root, _Word()).add(first, form)
    likely = [
        (root, proposal)
        for root, word in words.items()
        if word.items >= min_items and word.refused >= min_refusals
        if (proposal := _proposal(word, total)) is not None
    ]
    # Of a thing and a brand that always stand together, the thing is what was refused.
    return max(
        likely,
        key=lambda one: (one[1].low, one[1].refused, -words[one[0]].named, one[0]),
        default=None,
    )


def _proposal(word: _Word, total: _Word) -> Proposal | None:
    others, others_refused = total.items - word.items, total.refused - word.refused
    low, high = wilson(word.refused, word.items)
    _, usual = wilson(others_refused, others)  # 1 without others: a word on all tells nothing
    saves = word.wasted - _dearer(word)
    if low <= usual or saves < 0:
        return None
    return Proposal(
        word=max(word.forms, key=lambda form: (word.forms[form], form)),
        items=word.items,
        refused=word.refused,
        rate=word.refused / word.items,
        low=low,
        high=high,
        elsewhere=others_refused / others,
        wasted=word.wasted,
        saves=saves,
        seconds=word.seconds,
        examples=tuple(word.examples),
    )


def _dearer(word: _Word) -> Decimal:
    """What Claude would have cost above the first model for the items that one wrote."""
    written = word.items - word.refused
    if not written or not word.taken_over:
        return Decimal(0)
    each = sum(word.taken_over, Decimal(0)) / len(word.taken_over)
    return max(Decimal(0), each * written - word.written)


def _may_tell(word: str) -> bool:
    return word.isalpha() and len(word) >= _MIN_LETTERS


def _first_attempts(ledger: Ledger, run: str | None, user: str | None) -> Iterator[_First]:
    """The first attempt at each item, with what became of it; streamed. An item that one model was
    asked for again, by a person or a restart, counts as it went at first."""
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts, calls

    later = attempts.alias()
    answer = (
        sa.select(sa.func.min(later.c.cost_pico))
        .where(later.c.call_id == calls.c.call_id, later.c.outcome == "ok", later.c.number > 1)
        .scalar_subquery()
    )
    asked = (
        sa.select(
            calls.c.tags,
            attempts.c.model,
            attempts.c.provider,
            attempts.c.outcome,
            attempts.c.cost_pico,
            attempts.c.seconds,
            answer.label("later"),
            sa.func.row_number()
            .over(
                partition_by=(calls.c.session, calls.c.tags["item"].as_string(), attempts.c.model),
                order_by=(calls.c.started_at, calls.c.call_id),
            )
            .label("time"),
        )
        .select_from(calls.join(attempts, attempts.c.call_id == calls.c.call_id))
        .where(
            calls.c.task == TaskType.CONTENT_GENERATION.value,
            calls.c.tags["step"].as_string() == "first",
            attempts.c.number == 1,
            attempts.c.kind == "model",
            # A provider that was down says nothing about the words.
            attempts.c.outcome.in_(("ok", "truncated", *_REFUSED)),
            *([calls.c.session == run] if run is not None else []),
            *([calls.c.user == user] if user is not None else []),
        )
        .subquery()
    )
    query = sa.select(asked).where(asked.c.time == 1)
    with ledger.engine.connect() as connection:
        for row in connection.execution_options(yield_per=_ROWS).execute(query).mappings():
            tags: dict[str, Any] = row["tags"]
            yield _First(
                title=tags.get("title", ""),
                category=tags.get("category", ""),
                model=row["model"],
                claude=row["provider"] == "anthropic" or "claude" in row["model"].lower(),
                refused=row["outcome"] in _REFUSED,
                paid=None if row["cost_pico"] is None else from_pico(row["cost_pico"]),
                later=None if row["later"] is None else from_pico(row["later"]),
                seconds=row["seconds"],
            )
