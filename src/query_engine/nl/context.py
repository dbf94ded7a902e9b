"""What is known of a table before any question: its words, its values, its days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from src.data.profile import Dataset
from src.data.semantic import Role, Table
from src.query_engine.nl.coverage import covered_until, spacing
from src.query_engine.nl.lexicon import lexicon
from src.query_engine.nl.sides import sides_of
from src.query_engine.nl.spelling import grammar_words
from src.query_engine.nl.text import name_stems
from src.query_engine.nl.values import ValueIndex, blocks, build_values
from src.query_engine.nl.vocabulary import Vocabulary, build_vocabulary
from src.query_engine.plan import Grain


@dataclass(frozen=True, slots=True)
class TableContext:
    """What annotation needs to know about one table; built once per data set.

    Attributes:
        set_aside: names of columns that are not asked about, as phrases: a share that is given for
            each row, and says nothing of several.
    """

    table: Table
    vocabulary: Vocabulary
    values: ValueIndex
    word_blocks: dict[tuple[str, int], list[str]]
    anchor: dt.date
    first: dt.date | None
    distinct: dict[str, int]
    flags: dict[str, tuple[str, str]] = field(default_factory=dict)
    spacing: Grain = Grain.DAY
    gaps: frozenset[str] = frozenset()
    unique: frozenset[str] = frozenset()
    set_aside: frozenset[tuple[str, ...]] = frozenset()

    def is_unique(self, column: str) -> bool:
        """Whether every row has another value there: an order's number in a list of orders."""
        return column in self.unique


_contexts: dict[tuple[str, str, str, int], TableContext] = {}
_CONTEXTS_KEPT = 64


def contexts(dataset: Dataset, today: dt.date) -> tuple[TableContext, ...]:
    """The tables of a data set, indexed; cached by the data's fingerprint."""
    return tuple(_context(dataset, table, today) for table in dataset.model.tables)


def _context(dataset: Dataset, table: Table, today: dt.date) -> TableContext:
    key = (dataset.id, dataset.fingerprint, table.name, hash(table))
    found = _contexts.get(key)
    if found is None:
        profile = dataset.profile.tables.get(table.name)
        rows = profile.row_count if profile else 0
        spaced = spacing(profile, table.time_column)
        figures = profile.columns if profile else {}
        unique = frozenset(n for n, c in figures.items() if rows and c.distinct == rows)
        vocabulary = build_vocabulary(table, lexicon(), unique)
        found = TableContext(
            table,
            vocabulary,
            build_values(table, dataset),
            blocks(vocabulary.words | grammar_words()),
            covered_until(profile.last_day, spaced)
            if profile and profile.last_day
            else dt.date.min,
            profile.first_day if profile else None,
            {name: figures.distinct for name, figures in profile.columns.items()}
            if profile
            else {},
            {name: pair for name, c in figures.items() if (pair := sides_of(c.values))},
            spaced,
            frozenset(name for name, c in figures.items() if c.nulls),
            unique,
            _set_aside(table, vocabulary),
        )
        if len(_contexts) >= _CONTEXTS_KEPT:
            _contexts.pop(next(iter(_contexts)))
        _contexts[key] = found
    return found if found.anchor != dt.date.min else replace(found, anchor=today)


def _set_aside(table: Table, vocabulary: Vocabulary) -> frozenset[tuple[str, ...]]:
    names = {name_stems(c.name) for c in table.columns if c.role is Role.IGNORED}
    return frozenset(n for n in names if len(n) > 1 and n not in vocabulary.phrases)
