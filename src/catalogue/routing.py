"""Who is asked for a text, in which order, and why. No call is made here."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from src.catalogue.triggers import Triggers
from src.catalogue.values import STRATEGIES, CopyTask, Strategy
from src.errors import ConfigError, InputError
from src.llm.prices import cost_of
from src.llm.types import TaskType, Usage

if TYPE_CHECKING:
    from src.config.models import Deployment, ModelMap

Family = Literal["claude", "openai", "other"]
# Deployments are ranked by the price of one typical text: a product's data and a page of copy.
TYPICAL = Usage(input_tokens=1500, output_tokens=925)


@dataclass(frozen=True, slots=True)
class Route:
    """Deployment ids in the order they are asked, and why the first one comes first.

    Attributes:
        sensitive: the trigger's category and the words it was found by; empty without one.
    """

    chain: tuple[str, ...]
    reason: str
    sensitive: str = ""


class Planner:
    """Routes tasks by one strategy over the active models file.

    Args:
        weights: for ``load_balance``: shares by ``openai``, ``claude`` or deployment id; they need
            not sum to 1. Half and half without them.
        smart: False takes the plain chain in order where the strategy is ``smart``.

    Raises:
        InputError: an unknown strategy, or weights that name nobody or are not positive.
        ConfigError: the profile has no model of the family a strategy insists on.
    """

    def __init__(
        self,
        models: ModelMap,
        triggers: Triggers,
        strategy: Strategy = "smart",
        *,
        weights: Mapping[str, float] | None = None,
        smart: bool = True,
    ) -> None:
        if strategy not in STRATEGIES:
            raise InputError(
                f"There is no strategy {strategy!r}.", hint=f"One of {', '.join(STRATEGIES)}."
            )
        if weights is not None and strategy != "load_balance":
            raise InputError(
                "Weights belong to the strategy load_balance.", where=f"strategy {strategy}"
            )
        self.strategy = strategy
        self._models = models
        self._triggers = triggers
        self._smart = smart
        self._chain = models.tasks[TaskType.CONTENT_GENERATION].chain
        self._claude = self._family("claude")
        self._openai = self._family("openai")
        self._shares = self._balance(weights) if strategy == "load_balance" else []
        if strategy in ("openai_only", "claude_only"):
            self._insist("openai" if strategy == "openai_only" else "claude")
        cheap = self._chain[:1]
        self._openai_only = Route(_ids(self._openai), "OpenAI only")
        self._claude_only = Route(_ids(self._claude), "Claude only")
        self._plain = Route(_ids(self._chain), "plain chain")
        self._standard = Route(_ids((*cheap, *self._claude, *self._chain)), "standard")
        self._claude_first = _ids((*self._claude, *self._chain))
        self._ranked: tuple[dt.date, Route] | None = None

    def plan(self, task: CopyTask, now: dt.datetime | None = None) -> Route:
        """The route of one task; the same task has the same route every time.

        Args:
            now: the moment prices and lives are read at, for ``cheapest``.
        """
        match self.strategy:
            case "openai_only":
                return self._openai_only
            case "claude_only":
                return self._claude_only
            case "load_balance":
                return self._balanced(task)
            case "cheapest":
                return self._cheapest(now or dt.datetime.now(dt.UTC))
            case _:
                return self._by_triggers(task)

    def _by_triggers(self, task: CopyTask) -> Route:
        if not self._smart:
            return self._plain
        match = self._triggers.match(
            task.title, type=task.type, prompt=task.prompt, category=task.category
        )
        if match is None:
            return self._standard
        why = f"sensitive: {match.category}"
        if not self._claude:
            return Route(self._plain.chain, f"{why}, but the profile names no Claude model")
        return Route(self._claude_first, why, f"{match.category} ({match.found})")

    def _balanced(self, task: CopyTask) -> Route:
        # The id alone decides, so that a restart and a second process choose alike.
        digest = hashlib.blake2b(task.id.encode(), digest_size=8).digest()
        point = int.from_bytes(digest, "big") / 2**64
        for bound, route in self._shares:
            if point < bound:
                return route
        return self._shares[-1][1]

    def _cheapest(self, now: dt.datetime) -> Route:
        today = now.astimezone(dt.UTC).date()
        if self._ranked is not None and self._ranked[0] == today:
            return self._ranked[1]
        living = [one for one in self._chain if one.retires is None or one.retires >= today]
        if not living:
            raise ConfigError(
                "Every model of the catalogue's chain is retired.",
                where=f"profiles.{self._models.profile}.tasks.content_generation",
                hint="Name living models in the models file; `doctor` shows their last days.",
            )
        # An unknown price is not a low one: those come last.
        ranked = sorted(living, key=lambda one: _rank(self._price(one, now)))
        price = self._price(ranked[0], now)
        told = "price unknown" if price is None else f"${price * 1000:.2f} a thousand"
        route = Route(_ids(tuple(ranked)), f"cheapest: {ranked[0].id}, {told}")
        self._ranked = (today, route)
        return route

    def _price(self, deployment: Deployment, now: dt.datetime) -> Decimal | None:
        kind = self._models.providers[deployment.provider].kind
        return cost_of(deployment, kind, TYPICAL, at=now)

    def _family(self, family: Family) -> tuple[Deployment, ...]:
        """The chain's deployments of a family; the profile's, where the chain has none."""
        own = tuple(one for one in self._chain if family_of(one, self._models) == family)
        return own or tuple(
            one for one in self._models.deployments() if family_of(one, self._models) == family
        )

    def _insist(self, family: Family) -> None:
        if not self._family(family):
            raise ConfigError(
                f"The profile {self._models.profile!r} names no model of the family {family}.",
                where=f"profiles.{self._models.profile}",
                hint="Choose another strategy, or add one to the chain in the models file.",
            )

    def _balance(self, weights: Mapping[str, float] | None) -> list[tuple[float, Route]]:
        """The upper bound of each share in 0..1, and its route."""
        given = dict(weights) if weights is not None else {"openai": 1.0, "claude": 1.0}
        known: dict[str, tuple[Deployment, ...]] = {
            **{one.id: (one,) for one in self._models.deployments()},
            "openai": self._openai,
            "claude": self._claude,
        }
        for name in given:
            if not known.get(name):
                raise InputError(
                    f"The weight {name!r} names no model of the profile.",
                    where="weights",
                    hint=f"Use {', '.join(name for name, found in known.items() if found)}.",
                )
        total = sum(given.values())
        if not (math.isfinite(total) and total > 0 and min(given.values()) >= 0):
            raise InputError("Weights are numbers of 0 or more, not all 0.", where="weights")
        bounds, reached = [], 0.0
        for name, weight in given.items():
            reached += weight / total
            if weight:
                route = Route(_ids((*known[name], *self._chain)), f"balanced: {name}")
                bounds.append((reached, route))
        return bounds


def family_of(deployment: Deployment, models: ModelMap) -> Family:
    """Whose model it is, by provider or, behind a gateway, by its name."""
    kind, name = models.providers[deployment.provider].kind, deployment.model.lower()
    if kind == "anthropic" or "claude" in name:
        return "claude"
    if kind == "openai" or "gpt-" in name:
        return "openai"
    return "other"


def ledger_tags(
    task: CopyTask, route: Route, strategy: Strategy, step: str, because: str = ""
) -> dict[str, str]:
    """What a ledger row says of a text: statistics and learning read nothing else.

    Args:
        step: ``first``, ``repair`` (of a text that failed its checks), ``next`` (model after one
            that failed), ``offline`` or ``failed`` (how the item ended; no model was asked).
        because: what made the step necessary.
    """
    tags = {
        "item": task.id, "type": task.type, "category": task.category, "title": task.title[:200],
        "strategy": strategy, "route": route.reason, "step": step,
    }  # fmt: skip
    if because:
        tags["because"] = because
    return tags


def _ids(deployments: tuple[Deployment, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.id for one in deployments))


def _rank(price: Decimal | None) -> tuple[bool, Decimal]:
    return (price is None, price or Decimal(0))
