"""What a thousand texts cost by strategy: the formula behind docs/costs.md.

`benchmarks/catalogue_cost.py` runs the real client and compares the ledger with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from src.catalogue.routing import Planner
from src.catalogue.triggers import Triggers
from src.catalogue.values import CopyTask, Strategy
from src.config.models import Deployment, ModelMap
from src.llm.prices import cost_of
from src.llm.types import Usage

TEXTS = 1000
TEXT = Usage(input_tokens=1500, output_tokens=925)
# One in twenty is sensitive: Claude's by its title, or refused by the cheap model first.
SENSITIVE = 50
REPEATED = 1200  # tokens of the input that every request begins with, where caching is counted
PLAIN = CopyTask("1/text", "1", "text", "Write about a cup.", "Cup")
TELLING = CopyTask("2/text", "2", "text", "Write about a wax strip.", "Wax strips for depilation")


@dataclass(frozen=True)
class Requests:
    """So many requests of one text to a deployment; never in a batch where `live`."""

    deployment: Deployment
    count: int
    live: bool = False


@dataclass(frozen=True)
class Row:
    """A way of writing a thousand texts."""

    name: str
    requests: tuple[Requests, ...]


def rows(models: ModelMap, at: dt.datetime) -> list[Row]:
    """Every strategy over a profile's models, as the client plans them."""
    cheap, claude = _first(models, "openai_only", at), _first(models, "claude_only", at)
    listed = [
        Row(
            "smart: sensitive titles to Claude",
            (
                Requests(_first(models, "smart", at), TEXTS - SENSITIVE),
                Requests(_first(models, "smart", at, TELLING), SENSITIVE),
            ),
        ),
        Row(
            "smart: refused first, and paid",
            (
                Requests(_first(models, "smart", at), TEXTS),
                # What a batch did not deliver is written live.
                Requests(claude, SENSITIVE, live=True),
            ),
        ),
        Row("balanced, half and half", _both(cheap, claude)),
        Row("Claude only", (Requests(claude, TEXTS),)),
        Row("OpenAI only", (Requests(cheap, TEXTS),)),
        Row("cheapest", (Requests(_first(models, "cheapest", at), TEXTS),)),
    ]
    second = [one for one in _chain(models, "claude_only", at) if one != claude]
    if second:
        listed.append(Row("Claude only, its next model", (Requests(second[0], TEXTS),)))
    return listed


def dollars(
    models: ModelMap,
    requests: Iterable[Requests],
    at: dt.datetime,
    *,
    cached: bool = False,
    batch: bool = False,
) -> Decimal:
    """The sum over all requests of tokens times prices."""
    usage = replace(TEXT, cached_input_tokens=REPEATED) if cached else TEXT
    total = Decimal(0)
    for some in requests:
        tier = "batch" if batch and not some.live else None
        total += some.count * _price(models, some.deployment, usage, at, tier)
    return total


def section(profiles: Iterable[ModelMap], at: dt.datetime) -> list[str]:
    """The part of docs/costs.md on catalogue copy."""
    listed = list(profiles)
    lines = [*_claims(listed[0], at)]
    for models in listed:
        lines += _table(models, at)
    return [*lines, *_footnotes()]


def _claims(models: ModelMap, at: dt.datetime) -> list[str]:
    cheap, claude = _first(models, "openai_only", at), _first(models, "claude_only", at)
    only_cheap, only_claude = _all(models, cheap, at), _all(models, claude, at)
    smart = dollars(models, rows(models, at)[0].requests, at)
    balanced = dollars(models, _both(cheap, claude), at)

    def between(total: str) -> str:
        """The numbers of texts at Claude, of all, whose totals are next to this one."""
        more = (only_claude - only_cheap) / TEXTS
        count = int((Decimal(total) - only_cheap) / more)
        below, above = (_money(only_cheap + n * more) for n in (count, count + 1))
        return f"${total} lies between {count} texts at Claude ({below}) and {count + 1} ({above})"

    formulas = [_formula(models, one, at) for one in (cheap, claude)]
    figures = (
        ("OpenAI only", "$0.78", f"1,000 × {formulas[0]}", _money(only_cheap)),
        ("Claude only", "$18.38", f"1,000 × {formulas[1]}", _money(only_claude)),
        ("smart", "$1.72", "950 × OpenAI + 50 × Claude", _money(smart)),
        ("balanced", "$9.39", "500 × OpenAI + 500 × Claude", _money(balanced)),
        ("balanced / smart", "5.5", "", f"{balanced / smart:.2f}"),
        ("Claude only / smart", "10.7", "", f"{only_claude / smart:.2f}"),
    )
    return [
        f"## Catalogue copy: {TEXTS:,} products",
        "",
        f"The first estimates name no token counts. {TEXT.input_tokens:,} tokens in and "
        f"{TEXT.output_tokens:,} out per product give the two of one model each at "
        f"{cheap.model} and Claude 3.5 Sonnet, now retired, or {claude.model} at the same prices "
        "(dollars per million tokens in the formulas). The other "
        "four do not follow from these two.",
        "",
        "| | first estimate | formula | computed |",
        "|---|---:|---|---:|",
        *(f"| {' | '.join(figure)} |" for figure in figures),
        "",
        f"Nor is it a matter of other shares: {between('1.72')}, {between('9.39')}.",
        "",
    ]


def _table(models: ModelMap, at: dt.datetime) -> list[str]:
    lines = [
        f"### {TEXTS:,} products at `{models.profile}`",
        "",
        "| strategy | requests | live | beginning cached | batch | both | against smart |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    listed = rows(models, at)
    smart = dollars(models, listed[0].requests, at)
    for row in listed:
        asked = " + ".join(f"{some.count:,} {some.deployment.model}" for some in row.requests)
        ways = [
            _money(dollars(models, row.requests, at, cached=cached, batch=batch))
            for batch in (False, True)
            for cached in (False, True)
        ]
        times = dollars(models, row.requests, at) / smart
        lines.append(f"| {row.name} | {asked} | {' | '.join(ways)} | {times:.2f} |")
    return [*lines, ""]


def _footnotes() -> list[str]:
    return [
        "Each request has the tokens above, a refused one, too: that is the most it can cost. "
        f'"Beginning cached" reads {REPEATED:,} of the {TEXT.input_tokens:,} tokens from the '
        "provider's cache; it takes instructions of that length before the product's data, which "
        "the shipped templates do not have. OpenAI caches by itself; Claude is asked to for "
        "instructions of 8,000 characters and more, so its share of this column is what caching "
        "would be worth. "
        '"Batch" is `--mode batch`; what the cheap model refuses in a batch is '
        "written by Claude live, at the full price. Where Claude's first model costs what the "
        "cheap model does, routing saves nothing, and is there for the texts that the cheap "
        "model refuses.",
        "",
        "`python -m benchmarks.catalogue_cost` writes 1,000 texts under each of these through "
        "the real client and a loopback provider, and compares the ledger with the formula.",
        "",
    ]


def _chain(
    models: ModelMap, strategy: Strategy, at: dt.datetime, task: CopyTask = PLAIN
) -> list[Deployment]:
    known = {one.id: one for one in models.deployments()}
    plan = Planner(models, Triggers.load(), strategy).plan(task, at)
    return [known[name] for name in plan.chain]


def _first(
    models: ModelMap, strategy: Strategy, at: dt.datetime, task: CopyTask = PLAIN
) -> Deployment:
    return _chain(models, strategy, at, task)[0]


def _both(cheap: Deployment, claude: Deployment) -> tuple[Requests, ...]:
    return Requests(cheap, TEXTS // 2), Requests(claude, TEXTS // 2)


def _all(models: ModelMap, deployment: Deployment, at: dt.datetime) -> Decimal:
    return dollars(models, (Requests(deployment, TEXTS),), at)


def _formula(models: ModelMap, deployment: Deployment, at: dt.datetime) -> str:
    into = _price(models, deployment, Usage(input_tokens=1000), at, None) * 1000
    out = _price(models, deployment, Usage(output_tokens=1000), at, None) * 1000
    tokens = f"{TEXT.input_tokens:,} × {into:.2f} + {TEXT.output_tokens:,} × {out:.2f}"
    return f"({tokens}) / 1,000,000"


def _price(
    models: ModelMap, deployment: Deployment, usage: Usage, at: dt.datetime, tier: str | None
) -> Decimal:
    kind = models.providers[deployment.provider].kind
    cost = cost_of(deployment, kind, usage, at=at, tier=tier)
    if cost is None:
        raise SystemExit(f"The price of {deployment.model} is not known.")
    return cost


def _money(amount: Decimal) -> str:
    return f"${amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"
