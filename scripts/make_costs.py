"""Writes docs/costs.md: what the product's calls cost, from the models file and the price list.

python scripts/make_costs.py           write the file
python scripts/make_costs.py --check   exit with 1 when the file is not what would be written
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.catalogue_costs import section  # noqa: E402 - after the path
from src.config.models import Deployment, ModelMap, load_models  # noqa: E402 - after the path
from src.llm.prices import cost_of  # noqa: E402 - after the path
from src.llm.types import TaskType, Usage  # noqa: E402 - after the path

TARGET = ROOT / "docs" / "costs.md"
AS_OF = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
# Shorter repeated beginnings are not cached by any of the three providers.
CACHEABLE_TOKENS = 1024
REPEATED_PERCENT = 80


@dataclass(frozen=True)
class Work:
    """One call of a task, with the token counts that give its first estimate at `reference`."""

    task: TaskType
    name: str
    claim: Decimal
    usage: Usage


WORK = (
    Work(TaskType.QUERY_INTERPRETATION, "query interpretation", Decimal("0.006"),
         Usage(1000, 0, 0, 200)),
    Work(TaskType.SQL_GENERATION, "SQL generation", Decimal("0.003"), Usage(800, 0, 0, 200)),
    Work(TaskType.INSIGHTS_GENERATION, "insights", Decimal("0.009"), Usage(1200, 0, 0, 750)),
    Work(TaskType.EVALUATION, "evaluation batch", Decimal("0.125"), Usage(40_000, 0, 0, 7500)),
)  # fmt: skip
REASONING = 4000  # a plausible amount for one insight at high effort; billed as output
CLAIMED_SAVING_PERCENT = 20


def text() -> str:
    """The whole document."""
    reference, current = load_models(None, "reference"), load_models(None, "current")
    return "\n".join(
        [
            "# What calls cost",
            "",
            "Written by `scripts/make_costs.py` from `src/config/models.toml` and the bundled "
            f"price list, at the prices of {AS_OF:%d %B %Y}; do not edit. Dollars per call, list "
            "prices, without tax.",
            "",
            *_claims(reference),
            *_profile("reference", reference),
            *_profile("current", current),
            *_caching(),
            *_saving(reference, current),
            *section((reference, current), AS_OF),
        ]
    )


def _claims(models: ModelMap) -> list[str]:
    lines = [
        "## The first estimates",
        "",
        "The product was planned with one figure per task and no token counts. These counts give "
        "the figures at the `reference` profile; output includes reasoning.",
        "",
        "| task | model | tokens in | tokens out | estimate | computed | met |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for work in WORK:
        cost = _cost(models, work.task, work.usage)
        lines.append(
            f"| {work.name} | {_first(models, work.task).model} | {work.usage.input_tokens:,} "
            f"| {work.usage.output_tokens:,} | {_dollars(work.claim)} | {_dollars(cost)} "
            f"| {'yes' if cost == work.claim else 'no'} |"
        )
    insights = WORK[2]
    longer = replace(insights.usage, output_tokens=insights.usage.output_tokens + REASONING)
    return [
        *lines,
        "",
        "What they leave out:",
        "",
        f"- Insights are asked at effort {models.tasks[insights.task].effort}. 750 tokens have "
        f"little room for reasoning: with {REASONING:,} tokens of it, a call costs "
        f"{_dollars(_cost(models, insights.task, longer))}, not {_dollars(insights.claim)}. The "
        "estimate cannot be met at that effort.",
        "- 1,000 tokens hold the question and a small table. A wide table's columns, values and "
        "verified examples take several times that.",
        "- Retries, repairs of malformed answers and fallbacks are charged to the call that "
        "caused them. The Usage page shows what calls really cost.",
        "",
    ]


def _profile(name: str, models: ModelMap) -> list[str]:
    lines = [
        f"## The same work at `{name}`",
        "",
        "| task | model | one call | beginning cached | batch |",
        "|---|---|---:|---:|---:|",
    ]
    for work in WORK:
        cached = _cached(work.usage)
        plain = _cost(models, work.task, work.usage)
        hit = _dollars(_cost(models, work.task, cached)) if cached else "too short"
        batch = _batch(models, work)
        lines.append(
            f"| {work.name} | {_first(models, work.task).model} | {_dollars(plain)} | {hit} "
            f"| {_dollars(batch) if batch is not None else 'no batch price'} |"
        )
    return [*lines, ""]


def _caching() -> list[str]:
    return [
        "## Prompt caching and batch",
        "",
        f'"Beginning cached" is a repeat in which {REPEATED_PERCENT}% of the input (system '
        "prompt and schema) is read from the provider's cache. Providers cache beginnings of at "
        f"least {CACHEABLE_TOKENS:,} tokens, so the three small calls gain nothing. The first "
        "call is not cheaper, and with Claude a quarter dearer for what is written to the cache. "
        '"Batch" is the provider\'s asynchronous interface, at half price: for work nobody waits '
        "for. The product's own answer cache is apart from both: an exact repeat costs nothing.",
        "",
    ]


def _saving(*profiles: ModelMap) -> list[str]:
    lines = [
        "## One model for each task, or one for everything",
        "",
        f"Claimed: a model for each task is {CLAIMED_SAVING_PERCENT}% cheaper than one model for "
        "everything. That depends on which one. The work is one interpretation, one SQL and one "
        "set of insights, without and with an evaluation batch; a minus is a saving.",
        "",
        "| profile | instead of this model for everything | analysis | with evaluation batch "
        "| claim holds |",
        "|---|---|---:|---:|---|",
    ]
    for models in profiles:
        mapped = [_cost(models, work.task, work.usage) for work in WORK]
        seen: dict[str, Deployment] = {}
        for work in WORK:
            seen.setdefault(_first(models, work.task).model, _first(models, work.task))
        for deployment in seen.values():
            kind = models.providers[deployment.provider].kind
            single = [_price(deployment, kind, work.usage) for work in WORK]
            small = _change(sum(mapped[:3]), sum(single[:3]))
            whole = _change(sum(mapped), sum(single))
            lines.append(
                f"| {models.profile} | {deployment.model} | {small:+.0f}% | {whole:+.0f}% "
                f"| {_verdict(small, whole)} |"
            )
    return [
        *lines,
        "",
        "It holds against the dearest models alone. The cheapest model of a profile, used for "
        "everything, costs less than the mapping wherever there is a plus. What a model for each "
        "task buys is fitness for the task; whether it pays is for the evaluation and the "
        "experiments to say.",
        "",
    ]


def _first(models: ModelMap, task: TaskType) -> Deployment:
    return models.tasks[task].chain[0]


def _cost(models: ModelMap, task: TaskType, usage: Usage) -> Decimal:
    deployment = _first(models, task)
    return _price(deployment, models.providers[deployment.provider].kind, usage)


def _price(deployment: Deployment, kind: str, usage: Usage) -> Decimal:
    cost = cost_of(deployment, kind, usage, at=AS_OF)
    if cost is None:
        raise SystemExit(f"The price of {deployment.model} is not known.")
    return cost


def _batch(models: ModelMap, work: Work) -> Decimal | None:
    deployment = _first(models, work.task)
    kind = models.providers[deployment.provider].kind
    return cost_of(deployment, kind, work.usage, at=AS_OF, tier="batch")


def _cached(usage: Usage) -> Usage | None:
    """The same call with its repeated beginning cached; None when that is too short."""
    repeated = usage.input_tokens * REPEATED_PERCENT // 100
    return None if repeated < CACHEABLE_TOKENS else replace(usage, cached_input_tokens=repeated)


def _dollars(amount: Decimal) -> str:
    exact = f"{amount.normalize():f}"
    return f"${exact}" if len(exact) <= 8 else f"${amount:.6f}"


def _change(mapped: Decimal | int, single: Decimal | int) -> Decimal:
    """Percent by which the mapping is dearer."""
    return 100 * (Decimal(mapped) / Decimal(single) - 1)


def _verdict(small: Decimal, whole: Decimal) -> str:
    held = [change <= -CLAIMED_SAVING_PERCENT for change in (small, whole)]
    return {(True, True): "yes", (False, False): "no"}.get(
        (held[0], held[1]), "for the analysis" if held[0] else "with the batch"
    )


def main() -> int:
    document = text()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == document else 1
    TARGET.write_text(document, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
