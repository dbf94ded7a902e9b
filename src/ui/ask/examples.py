"""Questions to start from and to go on with, made from the data's own metrics and columns.

Nothing here knows the sample: what a data set cannot answer is not offered.
"""

from __future__ import annotations

import datetime as dt

from src.data.profile import Dataset
from src.data.semantic import Aggregation, Column, Metric, Role, Table
from src.query_engine.nl.engine import interpret
from src.query_engine.phrases import by_words, say
from src.query_engine.plan import QueryPlan
from src.ui.messages import t

_PREFERRED_METRICS = ("roas", "revenue", "conversions", "cpa", "ctr", "clicks", "spend")
_PREFERRED_DIMENSIONS = ("campaign", "channel", "platform", "ad_group", "keyword", "region")
_LIMIT = 5


def example_questions(dataset: Dataset) -> list[str]:
    """Up to five questions that the offline engine reads as they are meant, the vaguest first."""
    table = _main_table(dataset)
    metrics = _metrics(table)
    if not metrics:
        return []
    best = metrics[0]
    summed = (m for m in metrics if m.aggregation is Aggregation.SUM)
    volume = next(summed, best)
    worded = _label(volume.label, volume.name)
    found: list[tuple[str, Metric | None]] = []
    for dimension in _dimensions(dataset, table)[:1]:
        if len([m for m in metrics if m.higher_is_better is not None]) > 1:
            found.append((t("example.vague", dimension=_plural(dimension)), None))
        top = t("example.top", dimension=_plural(dimension), metric=_label(best.label, best.name))
        found.append((top, best))
    if table.time_column:
        found.append((t("example.trend", metric=worded), volume))
        found.append((t("example.compare", metric=worded), volume))
    additive = volume.aggregation is Aggregation.SUM
    for dimension in _dimensions(dataset, table)[:2] if additive else []:
        by = _label(_thing(dimension), dimension.name)
        found.append((t("example.share", metric=worded, dimension=by), volume))
    return [_sentence(q) for q, metric in found if _is_read(q, dataset, metric)][:_LIMIT]


def _is_read(
    question: str,
    dataset: Dataset,
    metric: Metric | None = None,
    previous: QueryPlan | None = None,
) -> bool:
    """Whether the offline engine understands every word, and reads the metric that is meant."""
    read = interpret(
        question,
        dataset,
        previous=previous,
        today=dt.datetime.now(dt.UTC).date(),
        suggest=False,
    )
    if not read.interpretations or read.not_understood:
        return False
    plan = read.interpretations[0].plan
    if plan is None or previous is not None or metric is None:
        return plan is not None
    return metric.name in plan.metrics and not plan.filters


def follow_up_questions(dataset: Dataset, plan: QueryPlan | None) -> list[str]:
    """Up to three ways to go on from that plan, in its language."""
    if plan is None:
        return []
    table = dataset.model.table(plan.table)
    if table is None:
        return []
    questions = []
    other = next((c for c in _dimensions(dataset, table) if c.name not in plan.dimensions), None)
    if other:
        thing = by_words(plan.language, _thing(other))
        questions.append(say(plan.language, "go_on.by", thing=thing))
    if table.time_column and plan.time is not None and plan.comparison is None:
        questions.append(say(plan.language, "go_on.previous"))
    if table.time_column and plan.grain is None:
        questions.append(say(plan.language, "go_on.by_month"))
    return [q for q in questions if _is_read(q, dataset, previous=plan)]


def _main_table(dataset: Dataset) -> Table:
    profiles = dataset.profile.tables
    return max(
        dataset.model.tables,
        key=lambda table: profiles[table.name].row_count if table.name in profiles else 0,
    )


def _metrics(table: Table) -> list[Metric]:
    """The table's metrics, those people judge by first and plain counts of rows last."""
    order = {name: place for place, name in enumerate(_PREFERRED_METRICS)}

    def rank(metric: Metric) -> tuple[bool, int]:
        is_count = metric.aggregation is Aggregation.COUNT_ROWS
        return is_count, order.get(metric.name, len(order))

    return sorted(table.metrics, key=rank)


def _dimensions(dataset: Dataset, table: Table) -> list[Column]:
    """Columns worth a breakdown: more than one value, few enough to read, campaign-like first."""
    profile = dataset.profile.tables.get(table.name)
    order = {name: place for place, name in enumerate(_PREFERRED_DIMENSIONS)}
    columns = []
    for column in table.columns:
        if column.role is not Role.DIMENSION:
            continue
        figures = profile.columns.get(column.name) if profile else None
        if figures is None or 1 < figures.distinct <= 1000:
            columns.append(column)
    return sorted(columns, key=lambda c: order.get(c.concept or "", len(order)))


def _label(label: str, name: str) -> str:
    words = label or name.replace("_", " ")
    # Abbreviations such as CTR keep their capitals.
    return " ".join(word if word.isupper() else word.lower() for word in words.split())


def _sentence(question: str) -> str:
    return question[:1].upper() + question[1:]


def _thing(column: Column) -> str:
    """What a breakdown is called: a label that an English sentence cannot take, or a Russian one
    would have to put in a case, gives way to what the column was understood as."""
    words = column.label or column.name
    if column.concept and not words.isascii():
        return column.concept.replace("_", " ")
    return words


def _plural(column: Column) -> str:
    words = _label(_thing(column), column.name).removesuffix(" name")
    if words.endswith(("s", "x", "ch", "sh")):
        return f"{words}es"
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return f"{words[:-1]}ies"
    return f"{words}s"
