"""What a request cost, from the bundled price list. Unknown stays unknown; money is Decimal."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from src.llm.types import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

    from src.config.models import Deployment
    from src.config.models_schema import PriceSpec

_MILLION = Decimal(1_000_000)
_STANDARD_TIERS = frozenset({None, "auto", "default", "standard"})
# What may follow a known name and still be the same model: a date, a revision, an alias.
_SAME_MODEL = re.compile(r"(?:[-@]\d{4}-?\d{2}-?\d{2}|-\d{3}|-latest)?\Z")


def cost_of(
    deployment: Deployment,
    kind: str,
    usage: Usage | None,
    *,
    served_model: str | None = None,
    at: dt.datetime | None = None,
    tier: str | None = None,
) -> Decimal | None:
    """Dollars for `usage`, priced by the model that answered; None when it cannot be known.

    Tiers above a long-context threshold apply to the whole request, as providers bill them.

    Args:
        kind: the provider's kind in the models file.
        tier: the service tier the provider says it applied (``batch``, ``flex``, ``priority``,
            ``fast``…). A tier the price list has no price for makes the cost unknown: it is
            billed differently, and nobody here knows how.
    """
    if usage is None:
        return None
    if deployment.price is not None:
        return _own_price(deployment.price, usage)
    if kind == "openai_compatible":
        return Decimal(0)  # a server of the user's own; a price can be set on its deployment
    at = at or dt.datetime.now(dt.UTC)
    return _list_price(kind, served_model or deployment.model, usage, at, tier)


def is_priced(deployment: Deployment, kind: str) -> bool:
    """Whether a request to this deployment can be priced at all."""
    return cost_of(deployment, kind, Usage(input_tokens=1, output_tokens=1)) is not None


def _own_price(price: PriceSpec, usage: Usage) -> Decimal:
    plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    cached = price.input if price.cached_input is None else price.cached_input
    written = price.input if price.cache_write is None else price.cache_write
    total = (
        plain * price.input
        + usage.cached_input_tokens * cached
        + usage.cache_write_tokens * written
        + usage.output_tokens * price.output
    )
    return total / _MILLION


def _list_price(
    kind: str, model: str, usage: Usage, at: dt.datetime, tier: str | None
) -> Decimal | None:
    known = known_model(kind, model.removeprefix("models/"))
    rates = _rates(known, at, _context(kind, tier)) if known is not None else None
    if rates is None:
        return None
    # The list's own arithmetic handles every unit it knows and takes longer than the rest of a
    # call; these five are all that a text model's usage has.
    if not any(rates.values()):
        return Decimal(0)  # listed, and free of charge
    fresh = rates.get("input_mtok")
    read, written = rates.get("cache_read_mtok"), rates.get("cache_write_mtok")
    plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
    long_lived = usage.cache_write_1h_tokens
    if plain < 0 or long_lived > usage.cache_write_tokens:
        return None
    total = Decimal(0)
    for count, rate in (
        (plain, fresh),
        (usage.cached_input_tokens, fresh if read is None else read),
        (usage.cache_write_tokens - long_lived, fresh if written is None else written),
        (long_lived, rates.get("cache_write_1h_mtok")),
        (usage.output_tokens, rates.get("output_mtok")),
    ):
        if count and rate is None:
            return None
        if count:
            total += count * _rate(rate, usage.input_tokens)
    return total / _MILLION


def _rates(
    known: ModelInfo, at: dt.datetime, context: dict[str, str] | None
) -> dict[str, Any] | None:
    """Prices by unit; None when the list has none for the context."""
    if context is not None and not any(
        variant.when.items() <= context.items()
        and (variant.constraint is None or variant.constraint.active(at))
        for variant in known.price_variants or ()
    ):
        return None
    return known.get_prices(at, context).__dict__


def _rate(rate: Any, input_tokens: int) -> Decimal:
    """Dollars per million tokens; the tier goes by all input of the request, and is a cliff."""
    tiers = getattr(rate, "tiers", None)
    if tiers is None:
        return cast(Decimal, rate)
    reached = [tier.price for tier in tiers if input_tokens > tier.start]
    return cast(Decimal, reached[-1] if reached else rate.base)


@lru_cache(maxsize=1024)
def known_model(kind: str, model: str) -> ModelInfo | None:
    """The price list's entry for exactly this model."""
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, known = get_snapshot().find_provider_model(model, None, kind, None)
    except LookupError:
        return None
    return known if _certain(known.match, model) else None


def _context(kind: str, tier: str | None) -> dict[str, str] | None:
    """The tier as the price list names it; None for the standard prices."""
    if tier in _STANDARD_TIERS:
        return None
    if tier == "batch":
        return {"processing": "batch"}
    # Anthropic's fast mode is a speed; OpenAI's is a service tier.
    return {"speed" if kind == "anthropic" and tier == "fast" else "service_tier": str(tier)}


def _certain(clause: Any, model: str) -> bool:
    """Whether the price list means this model, not merely another one whose name begins alike."""
    if not clause.is_match(model):
        return False
    prefix = getattr(clause, "starts_with", None)
    if prefix is not None:
        return _SAME_MODEL.fullmatch(model[len(prefix) :]) is not None
    if (either := getattr(clause, "or_", None)) is not None:
        return any(_certain(part, model) for part in either)
    if (every := getattr(clause, "and_", None)) is not None:
        return any(_certain(part, model) for part in every if not hasattr(part, "regex"))
    return hasattr(clause, "equals") or hasattr(clause, "regex")
