"""How long a question takes to become readings, offline, ledger write included.

    python -m benchmarks.interpretation_latency [--questions 200] [--values 100000]

Two tables: the sample's shape, and a generated one of 60 columns with 100,000 distinct values in
its dimensions. The value index is built once per data set; its cost is printed apart.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import tempfile
import time
from itertools import product

from src.data.profile import ColumnProfile, Dataset, Profile, TableProfile
from src.data.semantic import (
    Aggregation,
    Column,
    Metric,
    Role,
    SemanticModel,
    Table,
    Unit,
)

SEED = 7
SAMPLE_LIMIT_MS, WIDE_LIMIT_MS = 60, 150
SAMPLE_VALUES = {
    "platform": ("Google Ads", "Meta", "LinkedIn", "TikTok", "Yandex Direct"),
    "campaign": tuple(
        f"{kind} - {aim}"
        for kind in ("Search", "Display", "Reels")
        for aim in ("Brand", "Generic", "Cart", "Catalog")
    ),
    "device": ("desktop", "mobile", "tablet"),
    "region": ("Asia Pacific", "CIS", "Europe", "North America"),
}
SAMPLE_MEASURES = ("spend", "impressions", "clicks", "conversions", "revenue")
TEMPLATES = (
    "{m} by {d}",
    "top 5 {d}s by {m} last month",
    "{m} for {v} in the last 30 days",
    "which {d}s had {m} above 1000 and {n} under 50 in Q3 2025",
    "share of {m} by {d} excluding {v}",
    "monthly {m} trend for {v}",
    "compare {m} in March with February by {d}",
    "which {d}s lost the most {m} vs last month",
    "show me high performing {d}s",
    "{m} by {d} for {t}",
    "impression share lost to rank by {d}",
)


def table_of(
    measures: tuple[str, ...], dimensions: dict[str, tuple[str, ...]], name: str
) -> Dataset:
    """A data set with these columns; every measure is a metric, the first two give a ratio."""
    columns = [Column(name="date", type="DATE", role=Role.TIME, concept="date", label="Date")]
    columns += [
        Column(name=d, type="VARCHAR", role=Role.DIMENSION, label=d.replace("_", " "))
        for d in dimensions
    ]
    columns += [
        Column(name=m, type="DOUBLE", role=Role.MEASURE, label=m.replace("_", " "))
        for m in measures
    ]
    metrics = [
        Metric(
            name=m,
            label=m.replace("_", " "),
            aggregation=Aggregation.SUM,
            numerator=m,
            unit=Unit.COUNT,
            higher_is_better=True,
        )
        for m in measures
    ]
    table = Table(name=name, columns=tuple(columns), metrics=tuple(metrics), time_column="date")
    profile = TableProfile(
        name,
        1_000_000,
        {d: ColumnProfile(d, len(v), 0, values=v) for d, v in dimensions.items()},
        dt.date(2024, 10, 16),
        dt.date(2026, 10, 15),
    )
    model = SemanticModel(name=name, tables=(table,))
    return Dataset(name, name, model, Profile({name: profile}), fingerprint=name)


def wide(values: int, rng: random.Random) -> Dataset:
    """60 columns: 39 measures, 20 dimensions that share `values` distinct values, a date."""
    syllables = [
        "ka",
        "lo",
        "mi",
        "ren",
        "tor",
        "vel",
        "san",
        "dro",
        "pix",
        "qua",
        "zen",
        "bur",
        "fil",
        "gom",
    ]
    words = ["".join(p) for p in product(syllables, repeat=3)]
    names = rng.sample(
        [
            f"{a} {b} {n}"
            for a, b in zip(words, reversed(words), strict=True)
            for n in range(values // len(words) + 1)
        ],
        values,
    )
    share = values // 20
    dimensions = {f"dim_{words[i]}": tuple(names[i * share : (i + 1) * share]) for i in range(20)}
    return table_of(tuple(f"{words[-i - 1]}_total" for i in range(39)), dimensions, "wide")


def questions(dataset: Dataset, count: int, rng: random.Random) -> list[str]:
    """`count` different questions from the templates, some with a misspelled value."""
    table = dataset.model.tables[0]
    profile = dataset.profile.tables[table.name]
    dimensions = [c for c in table.columns if c.role is Role.DIMENSION]
    made: dict[str, None] = {}
    while len(made) < count:
        column = rng.choice(dimensions)
        value = rng.choice(profile.columns[column.name].values)
        typo = value[:3] + value[4:] if len(value) > 5 else value
        first, second = rng.sample(table.metrics, 2)
        template = rng.choice(TEMPLATES)
        made[template.format(m=first.label, n=second.label, d=column.label, v=value, t=typo)] = None
    return list(made)


def measure(name: str, dataset: Dataset, asked: list[str], limit: float) -> bool:
    """Ask all questions once; print the distribution; whether the p95 keeps the limit."""
    from src.query_engine.query_clarification import QueryClarifier

    clarifier = QueryClarifier()
    started = time.perf_counter()
    clarifier.clarify(asked[0], dataset)
    first = time.perf_counter() - started
    taken, answered = [], 0
    for question in asked:
        started = time.perf_counter()
        found = clarifier.clarify(question, dataset, session="bench")
        taken.append((time.perf_counter() - started) * 1000)
        answered += bool(found.interpretations)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(
        f"{name}: first question {first * 1000:.0f} ms (index built), then {len(taken)} questions: "
        f"p50 {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms, max {max(taken):.1f} ms; "
        f"{answered} answered; limit {limit:.0f} ms: {'kept' if p95 <= limit else 'MISSED'}"
    )
    return p95 <= limit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--values", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["CAMPAIGN_ANALYST_HOME"] = home
        os.environ["LLM_OFFLINE"] = "true"
        rng = random.Random(SEED)
        sample = table_of(SAMPLE_MEASURES, SAMPLE_VALUES, "campaigns")
        big = wide(options.values, rng)
        kept = [
            measure("sample", sample, questions(sample, options.questions, rng), SAMPLE_LIMIT_MS),
            measure("wide", big, questions(big, options.questions, rng), WIDE_LIMIT_MS),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
