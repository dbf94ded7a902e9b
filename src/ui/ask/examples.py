"""Questions to start from and to go on with, made from the data's own metrics and columns.

Nothing here knows the sample: what a data set cannot answer is not offered.
"""

from __future__ import annotations

from src.data.profile import Dataset
from src.data.semantic import Column, Metric, Role, Table
from src.query_engine.plan import QueryPlan
from src.ui.messages import t

_PREFERRED_METRICS = ("roas", "revenue", "conversions", "cpa", "ctr", "clicks", "spend")
_PREFERRED_DIMENSIONS = ("campaign", "channel", "platform", "ad_group", "keyword", "region")
_LIMIT = 5


def example_questions(dataset: Dataset) -> list[str]:
    """Up to five questions that work on the data set's largest table, the vaguest first."""
    table = _main_table(dataset)
    metrics = _metrics(table)
    if not metrics:
        return [t("example.rows")] if table.columns else []
    dimension = next(iter(_dimensions(dataset, table)), None)
    best = metrics[0]
    volume = next((m for m in metrics if m.unit.value in ("currency", "count")), best)
    questions = []
    if dimension and len([m for m in metrics if m.higher_is_better is not None]) > 1:
        questions.append(t("example.vague", dimension=_plural(dimension)))
    if dimension:
        questions.append(
            t("example.top", dimension=_plural(dimension), metric=_label(best.label, best.name))
        )
    if table.time_column:
        questions.append(t("example.trend", metric=_label(volume.label, volume.name)))
        questions.append(t("example.compare", metric=_label(volume.label, volume.name)))
    if dimension:
        questions.append(
            t(
                "example.share",
                metric=_label(volume.label, volume.name),
                dimension=_label(dimension.label, dimension.name),
            )
        )
    return questions[:_LIMIT]


def follow_up_questions(dataset: Dataset, plan: QueryPlan | None) -> list[str]:
    """Up to three ways to go on from that plan."""
    if plan is None:
        return []
    table = dataset.model.table(plan.table)
    if table is None:
        return []
    questions = []
    other = next((c for c in _dimensions(dataset, table) if c.name not in plan.dimensions), None)
    if other:
        questions.append(t("example.by", dimension=_label(other.label, other.name)))
    if table.time_column and plan.time is not None and plan.comparison is None:
        questions.append(t("example.previous"))
    if table.time_column and plan.grain is None:
        questions.append(t("example.monthly"))
    return questions


def _main_table(dataset: Dataset) -> Table:
    profiles = dataset.profile.tables
    return max(
        dataset.model.tables,
        key=lambda table: profiles[table.name].row_count if table.name in profiles else 0,
    )


def _metrics(table: Table) -> list[Metric]:
    """The table's metrics, those people judge by first."""
    order = {name: place for place, name in enumerate(_PREFERRED_METRICS)}
    return sorted(table.metrics, key=lambda m: order.get(m.name, len(order)))


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


def _plural(column: Column) -> str:
    words = _label(column.label, column.name).removesuffix(" name")
    if words.endswith(("s", "x", "ch", "sh")):
        return f"{words}es"
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return f"{words[:-1]}ies"
    return f"{words}s"
