"""Dollars in the ledger after a thousand texts under each strategy, against the formula.

The real client, or `--mode batch`'s run, asks a loopback provider that reports 1,500 tokens in and
925 out for every answer, a refused one, too. The formula is that of docs/costs.md. Promised: the
ledger says what the formula says, to the last digit. Exit code 1 when it does not.

    python -m benchmarks.catalogue_cost [--products 1000] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import random
import re
import sys
import tempfile
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "catalogue"))

from batch_wire import Asked, BatchWire
from dialects import Answer, Tokens

from scripts import catalogue_costs as formula
from src.catalogue.batch.progress import BatchPace
from src.catalogue.batch.run import run_batch
from src.catalogue.smart_llm_client import SmartLLMClient
from src.catalogue.triggers import Triggers
from src.catalogue.values import Copy, CopyFailed, CopyRules, CopyTask, Strategy
from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router
from src.llm.usage import summary

PLAIN = Tokens(plain=formula.TEXT.input_tokens, visible=formula.TEXT.output_tokens)
CACHED = replace(PLAIN, plain=PLAIN.plain - formula.REPEATED, cached=formula.REPEATED)
QUICK = "[retry]\nbase_seconds = 0.01\n[cache]\nenabled = false\n"
# A machine that is busy with other things must not turn into requests that are made twice.
PATIENT = """
[profiles.{profile}.tasks.content_generation]
attempt_seconds = 600.0
deadline_seconds = 1200.0
{chain}
"""
NEXT = 'chain = ["gpt-6-luna", "claude-sonnet-5-5"]'
PACE = BatchPace(first=0.02, most=0.1, settle=0.0)
WORDS = ("чашка", "фарфор", "ручка", "глазурь", "чай", "утро", "дом", "стол", "тепло", "свет",
         "узор", "край", "дно", "форма", "подарок", "кухня", "цвет", "объём", "пар", "блюдце",
         "вечер", "гость", "семья", "полка", "набор", "мастер", "печь", "глина")  # fmt: skip
ROWS: tuple[tuple[str, Strategy, str], ...] = (
    ("smart: sensitive titles to Claude", "smart", ""),
    ("smart: refused first, and paid", "smart", ""),
    ("balanced, half and half", "load_balance", ""),
    ("Claude only", "claude_only", ""),
    ("OpenAI only", "openai_only", ""),
    ("cheapest", "cheapest", ""),
    ("Claude only, its next model", "claude_only", NEXT),
)

CACHED_TOO = {"smart: sensitive titles to Claude", "Claude only"}


def a_task(number: int, *, telling: bool) -> CopyTask:
    """A text about a product; its prompt names the number."""
    title = formula.TELLING.title if telling else "Чашка"
    return CopyTask(
        id=f"p{number}/description",
        product_id=f"p{number}",
        type="description",
        prompt=f"Опиши товар <{number}>: {title}.",
        title=title,
        rules=CopyRules(language="ru"),
    )


def tasks_of(row: str, products: int, client: SmartLLMClient) -> list[CopyTask]:
    """The products of a row, sorted as its formula says."""
    sensitive = products * formula.SENSITIVE // formula.TEXTS
    if row.startswith("smart: sensitive"):
        return [a_task(n, telling=n < sensitive) for n in range(products)]
    if not row.startswith("balanced"):
        return [a_task(n, telling=False) for n in range(products)]
    # The client shares by a product's id: half of them each, exactly.
    halves: dict[str, list[CopyTask]] = {}
    number = 0
    while sum(map(len, halves.values())) < products:
        task = a_task(number, telling=False)
        half = halves.setdefault(client.plan(task).chain[0], [])
        if len(half) < products // 2:
            half.append(task)
        number += 1
    return [task for half in halves.values() for task in half]


def says(row: str, products: int, tokens: Tokens) -> Any:
    """The provider's answers: distinct texts, and refusals where the row wants them."""
    sensitive = products * formula.SENSITIVE // formula.TEXTS

    def answer(asked: Asked) -> Answer:
        found = re.search(r"<(\d+)>", asked.prompt)
        number = int(found[1]) if found else 0
        if "refused" in row and asked.protocol == "openai" and number < sensitive:
            return Answer("I can't help with that.", stop="refused", tokens=tokens)
        words = random.Random(number).choices(WORDS, k=40)
        return Answer(f"{' '.join(words)}.", tokens=tokens)

    return answer


async def write_all(
    client: SmartLLMClient, tasks: list[CopyTask], folder: Path | None
) -> list[Copy | CopyFailed]:
    """All texts, live or, with a folder, in batches."""
    if folder is None:
        results: Any = client.generate_many(tasks, concurrency=32)
    else:
        results = run_batch(tasks, router=client.router, client=client, folder=folder, pace=PACE)
    async with aclosing(results):
        return [result async for result in results]


def measure(wire: BatchWire, profile: str, products: int, home: Path) -> list[dict[str, Any]]:
    """Every row of a profile, live and in batches; some with caching."""
    measured = []
    now = dt.datetime.now(dt.UTC)
    for place, (name, strategy, chain) in enumerate(ROWS):
        own = home / f"{profile}-{place}"
        own.mkdir()
        toml = QUICK + PATIENT.format(profile=profile, chain=chain)
        (own / "models.toml").write_text(toml, encoding="utf-8")
        models = load_models(own / "models.toml", profile)
        shipped = {row.name: row for row in formula.rows(load_models(None, profile), now)}
        if name not in shipped:
            continue
        settings = Settings(
            _env_file=None,
            campaign_analyst_home=own,
            anthropic_api_key="k" * 20,
            openai_api_key="k" * 20,
            anthropic_base_url=wire.url,
            openai_base_url=f"{wire.url}/openai/v1",
        )
        router = Router(settings, models)
        try:
            for mode in ("live", "cached", "batch") if name in CACHED_TOO else ("live", "batch"):
                wire.says = says(name, products, CACHED if mode == "cached" else PLAIN)
                client = SmartLLMClient(
                    router, strategy=strategy, triggers=Triggers.load(), run=mode,
                    stats_path=own / "stats.json",
                )  # fmt: skip
                tasks = tasks_of(name, products, client)
                folder = own / "batch" if mode == "batch" else None
                texts = asyncio.run(write_all(client, tasks, folder))
                expected = formula.dollars(
                    models, shipped[name].requests, now,
                    cached=mode == "cached", batch=mode == "batch",
                )  # fmt: skip
                measured.append(
                    {
                        "profile": profile,
                        "strategy": name,
                        "mode": mode,
                        "texts": sum(isinstance(text, Copy) for text in texts),
                        "formula": expected * products / formula.TEXTS,
                        "ledger": summary(router.ledger, session=mode)["cost"],
                    }
                )
                wire.billed.clear()
                wire.batches.clear()
        finally:
            router.close()
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--products", type=int, default=formula.TEXTS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.products < 1 or options.products % 20:
        parser.error("--products takes multiples of 20: one in twenty is sensitive")
    wire = BatchWire(polls=0)
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            row
            for profile in ("reference", "current")
            for row in measure(wire, profile, options.products, Path(folder))
        ]
    wire.close()
    kept = all(row["ledger"] == row["formula"] and row["texts"] == options.products for row in rows)
    if options.json:
        print(json.dumps({"rows": rows, "kept": kept}, default=str))
    else:
        print(f"{'profile':10}{'strategy':36}{'mode':8}{'texts':>6}{'formula':>14}{'ledger':>14}")
        for row in rows:
            print(
                f"{row['profile']:10}{row['strategy']:36}{row['mode']:8}{row['texts']:>6}"
                f"{_money(row['formula']):>14}{_money(row['ledger']):>14}"
            )
        print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


def _money(amount: Decimal) -> str:
    return f"${amount:.6f}"


if __name__ == "__main__":
    sys.exit(main())
