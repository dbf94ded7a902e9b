"""What a run would ask of whom, and what it would cost by strategy, before anything is spent.

Tokens are estimated from characters: nobody's tokenizer is at hand offline, and each model has its
own. The estimate counts one answer per text; `at_most` is the same with every answer at its token
limit. Neither counts refused first tries or repairs, which come on top.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from src.catalogue.routing import Planner, Route
from src.catalogue.values import STRATEGIES, CopyTask, Language, Strategy
from src.errors import AnalystError
from src.llm.prices import cost_of
from src.llm.types import Usage

if TYPE_CHECKING:
    from src.catalogue.templates import Templates
    from src.catalogue.triggers import Triggers
    from src.config.models import Deployment, ModelMap

# Characters a token stands for, ASCII and other letters: between the providers' tokenizers, which
# differ by a third either way on Russian text.
CHARACTERS_PER_TOKEN: Final = (4.2, 3.0)
# These ask the same models for every text, so they are planned once.
_SAME_FOR_ALL: Final = frozenset({"openai_only", "claude_only", "cheapest"})
_OVERHEAD: Final = 12  # tokens of roles and separators around a request
_SOON: Final = dt.timedelta(days=60)
_THOUSAND: Final = Decimal(1000)


def estimate_tokens(text: str) -> float:
    """Roughly how many tokens `text` is."""
    extra = len(text.encode("utf-8", "replace")) - len(text)  # one for each Cyrillic letter
    plain, other = CHARACTERS_PER_TOKEN
    return (len(text) - min(extra, len(text))) / plain + extra / other


@dataclass(frozen=True, slots=True)
class Share:
    """What one deployment would be asked first. Tokens; `cost` and so on in dollars.

    Attributes:
        at_most: with every answer at its token limit.
        batch: the same as `cost` at the provider's batch rates. None: a price is unknown.
    """

    deployment: str
    texts: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    at_most: Decimal | None
    batch: Decimal | None


@dataclass(frozen=True, slots=True)
class StrategyEstimate:
    """A strategy's shares and their sums; `problem` says why it cannot be used."""

    strategy: Strategy
    shares: tuple[Share, ...] = ()
    problem: str = ""

    @property
    def cost(self) -> Decimal | None:
        """Dollars of all shares; None when one is unknown."""
        return _sum(share.cost for share in self.shares)

    @property
    def at_most(self) -> Decimal | None:
        """As `cost`, with every answer at its token limit."""
        return _sum(share.at_most for share in self.shares)

    @property
    def batch(self) -> Decimal | None:
        """As `cost`, at batch rates."""
        return _sum(share.batch for share in self.shares)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; dollars as text."""
        return {
            "strategy": self.strategy,
            **_dollars({"cost": self.cost, "at_most": self.at_most, "batch": self.batch}),
            "shares": [_dollars(asdict(share)) for share in self.shares],
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """The whole dry run.

    Attributes:
        texts: to be written; `kept` are in the journal already and cost nothing.
        by_type: texts of each content type.
        routes: texts by the chosen strategy's reason, e.g. ``sensitive: depilation``.
        strategies: every strategy, the chosen one first.
        at: the moment prices and lives were read for.
        notes: models that end soon, prices that are unknown.
    """

    texts: int
    kept: int
    by_type: Mapping[str, int]
    routes: Mapping[str, int]
    strategies: tuple[StrategyEstimate, ...]
    at: dt.datetime
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; dollars as text."""
        return {
            "texts": self.texts,
            "kept": self.kept,
            "by_type": dict(self.by_type),
            "routes": dict(self.routes),
            "strategies": [one.to_dict() for one in self.strategies],
            "at": self.at.isoformat(),
            "notes": list(self.notes),
        }


@dataclass(slots=True)
class _Sums:
    texts: int = 0
    input: float = 0.0
    output: float = 0.0
    most: int = 0

    def add(self, asked: float, answer: float, most: int) -> None:
        self.texts += 1
        self.input += asked
        self.output += answer
        self.most += most


def estimate_run(
    tasks: Iterable[CopyTask],
    templates: Templates,
    models: ModelMap,
    triggers: Triggers,
    *,
    strategy: Strategy = "smart",
    weights: Mapping[str, float] | None = None,
    smart: bool = True,
    is_kept: Callable[[CopyTask], bool] | None = None,
    at: dt.datetime,
) -> Estimate:
    """Go through the tasks once, in constant memory; nothing is sent.

    Args:
        weights: for ``load_balance``.
        is_kept: whether a task's text is there already.
        at: prices and lives are those of this moment.
    """
    order = (strategy, *(name for name in STRATEGIES if name != strategy))
    planners, problems = _planners(order, models, triggers, weights, smart)
    sums: dict[tuple[Strategy, str], _Sums] = {}
    types: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    fixed: dict[str | None, float] = {}
    same: dict[Strategy, Route] = {}
    all_texts = _Sums()
    expected = _Expected(templates)
    kept = 0
    for task in tasks:
        if is_kept is not None and is_kept(task):
            kept += 1
            continue
        if task.system_prompt not in fixed:
            fixed[task.system_prompt] = estimate_tokens(task.system_prompt or "") + _OVERHEAD
        asked = estimate_tokens(task.prompt) + fixed[task.system_prompt]
        answer = expected.of(task)
        types[task.type] += 1
        all_texts.add(asked, answer, task.max_tokens)
        for name, planner in list(planners.items()):
            try:
                route = planner.plan(task, at)
            except AnalystError as error:
                problems[name] = error.message
                del planners[name]
                continue
            if name in _SAME_FOR_ALL:
                same[name] = route
                del planners[name]
                continue
            if name == strategy:
                routes[route.reason] += 1
            share = sums.get((name, route.chain[0]))
            if share is None:
                share = sums[name, route.chain[0]] = _Sums()
            share.add(asked, answer, task.max_tokens)
    for name, route in same.items():
        sums[name, route.chain[0]] = all_texts
        if name == strategy:
            routes[route.reason] = all_texts.texts
    named = {one.id: one for one in models.deployments()}
    strategies = tuple(
        StrategyEstimate(
            name,
            tuple(
                _share(named[deployment], found, models, at)
                for (own, deployment), found in sums.items()
                if own == name
            ),
            problems.get(name, ""),
        )
        for name in order
    )
    used = [named[name] for name in sorted({deployment for _, deployment in sums})]
    return Estimate(
        texts=sum(types.values()),
        kept=kept,
        by_type=dict(types),
        routes=dict(routes.most_common()),
        strategies=strategies,
        at=at,
        notes=_notes(used, models, at),
    )


class _Expected:
    """Tokens of a typical answer, by content type and language."""

    def __init__(self, templates: Templates) -> None:
        plain, other = CHARACTERS_PER_TOKEN
        per_token: dict[Language, float] = {"en": plain, "ru": other}
        self._known: dict[tuple[str, str | None], float] = {
            (name, language): kind.typical_chars / per_token[language]
            for (name, language), kind in templates.types.items()
        }

    def of(self, task: CopyTask) -> float:
        known = self._known.get((task.type, task.rules.language))
        return task.max_tokens / 2 if known is None else min(known, task.max_tokens)


def _planners(
    order: Iterable[Strategy],
    models: ModelMap,
    triggers: Triggers,
    weights: Mapping[str, float] | None,
    smart: bool,
) -> tuple[dict[Strategy, Planner], dict[Strategy, str]]:
    planners: dict[Strategy, Planner] = {}
    problems: dict[Strategy, str] = {}
    for name in order:
        shares = weights if name == "load_balance" else None
        try:
            planners[name] = Planner(models, triggers, name, weights=shares, smart=smart)
        except AnalystError as error:
            problems[name] = error.message
    return planners, problems


def _share(deployment: Deployment, found: _Sums, models: ModelMap, at: dt.datetime) -> Share:
    def dollars(tokens_in: float, tokens_out: float, tier: str | None = None) -> Decimal | None:
        # By the thousand: the price of a long context begins far above any text of a catalogue.
        per_in = cost_of(deployment, kind, Usage(input_tokens=1000), at=at, tier=tier)
        per_out = cost_of(deployment, kind, Usage(output_tokens=1000), at=at, tier=tier)
        if per_in is None or per_out is None:
            return None
        total = per_in * Decimal(round(tokens_in)) + per_out * Decimal(round(tokens_out))
        return total / _THOUSAND

    kind = models.providers[deployment.provider].kind
    return Share(
        deployment=deployment.id,
        texts=found.texts,
        input_tokens=round(found.input),
        output_tokens=round(found.output),
        cost=dollars(found.input, found.output),
        at_most=dollars(found.input, found.most),
        batch=dollars(found.input, found.output, "batch"),
    )


def _notes(used: Iterable[Deployment], models: ModelMap, at: dt.datetime) -> tuple[str, ...]:
    notes: list[str] = []
    today = at.astimezone(dt.UTC).date()
    for one in used:
        if one.retires is not None and one.retires < today:
            notes.append(f"{one.id} ended on {one.retires:%d %B %Y}; the next model would answer.")
        elif one.retires is not None and one.retires - today < _SOON:
            notes.append(f"{one.id} ends on {one.retires:%d %B %Y}.")
        kind = models.providers[one.provider].kind
        if cost_of(one, kind, Usage(input_tokens=1000, output_tokens=1000), at=at) is None:
            notes.append(f"The price of {one.id} is not known; sums with it cannot be given.")
    return tuple(notes)


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


def _dollars(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()
    }
