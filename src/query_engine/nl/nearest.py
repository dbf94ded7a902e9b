"""Questions that can be asked instead of one that cannot; each is checked to have a reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from src.data.profile import Dataset
from src.data.semantic import Role, Table
from src.query_engine.describe import plural
from src.query_engine.drafts import Clarification
from src.query_engine.nl.mainstays import entity, main_metrics
from src.query_engine.nl.text import stems

_WANTED = 3
_TRIED = 8


def nearest_questions(
    question: str, dataset: Dataset, ask: Callable[[str], Clarification]
) -> tuple[str, ...]:
    """Up to three questions about the data that share the most words with `question`."""
    words = set(stems(question[:500]))
    offered = [q for table in dataset.model.tables for q in _offers(table, words)]
    scored = sorted(offered, key=lambda q: -len(words & set(stems(q))))
    kept: list[str] = []
    for candidate in scored[:_TRIED]:
        if len(kept) == _WANTED:
            break
        if candidate not in kept and ask(candidate).interpretations:
            kept.append(candidate)
    return tuple(kept)


def _offers(table: Table, words: set[str]) -> Iterator[str]:
    metrics = sorted(
        main_metrics(table), key=lambda m: -len(words & set(stems(f"{m.name} {m.label}")))
    )
    columns = [c for c in table.columns if c.role is Role.DIMENSION]
    columns.sort(key=lambda c: -len(words & set(stems(f"{c.name} {c.label}"))))
    main = entity(table)
    names = [(c.label or c.name).replace("_", " ").lower() for c in columns[:2]]
    if main and len(names) < 2:
        names.append((main.label or main.name).replace("_", " ").lower())
    for metric in metrics[:3]:
        label = metric.label or metric.name
        for name in names[:2]:
            yield f"{label} by {name}"
        if names:
            yield f"Top 5 {plural(names[0])} by {label}"
        if table.time_column:
            yield f"{label} by month"
    if not metrics and names:
        yield f"List {plural(names[0])}"
