"""What a PostgreSQL database holds: readable tables, their profile, and what the role may do.

Small tables are measured whole, large ones on a sample; every statement here is the app's own and
runs in a read-only worker with a time limit. A table that cannot be measured in time keeps its
columns and has no values.
"""

# ruff: noqa: S608 (identifiers are quoted, and no text of a user is in these statements)
from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from src.data.inference import infer_model, infer_table, name_pairs
from src.data.postgres_types import duckdb_type
from src.data.profile import ColumnProfile, Dataset, Profile, TableProfile
from src.data.profiling import TableFacts, is_date, is_number, is_text, with_days
from src.data.semantic import Table
from src.errors import ConfigError

Rows = list[list[Any]]
Ask = Callable[[list[tuple[str, list[Any]]]], list[Rows | None]]

_TABLES_AT_MOST: Final = 100
_WHOLE_ROWS: Final = 300_000
_SAMPLE_ROWS: Final = 100_000
_VALUES_AT_MOST: Final = 2_000
_VALUE_CHARACTERS: Final = 200

_FIND_TABLES: Final = """
SELECT n.nspname, c.relname, c.reltuples::bigint, c.relkind = ANY ('{r,p,m}'::"char"[])
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY ('{r,p,v,m,f}'::"char"[]) AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname <> 'public', n.nspname, c.relname"""
_FIND_COLUMNS: Final = """
SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
ORDER BY table_schema, table_name, ordinal_position"""
_FIND_RIGHTS: Final = """
SELECT r.rolsuper,
  coalesce(bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')), false),
  coalesce(bool_or(c.relowner = r.oid), false)
FROM pg_roles r LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%')
  ON c.relkind = ANY ('{r,p}'::"char"[])
WHERE r.rolname = current_user GROUP BY r.oid, r.rolsuper"""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Attributes:
        readable: names the guard lets pass: ``schema.table``, and plain where that is clear.
        schemas: where plain names are looked up, in order.
    """

    dataset: Dataset
    readable: tuple[str, ...]
    schemas: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    schema: str
    name: str
    estimate: int
    can_sample: bool
    types: dict[str, str]

    @property
    def address(self) -> str:
        return f"{_quote(self.schema)}.{_quote(self.name)}"


def survey(ask: Ask, *, dataset_id: str, name: str) -> Survey:
    """Find and measure the tables the role may read.

    Args:
        ask: runs statements with parameters in one read-only transaction; None for a failed one.

    Raises:
        ConfigError: there is no table to ask about.
    """
    tables, columns, rights = ask([(_FIND_TABLES, []), (_FIND_COLUMNS, []), (_FIND_RIGHTS, [])])
    types: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in columns or []:
        types.setdefault((schema, table), {})[column] = duckdb_type(kind)
    found = [_Found(s, t, n, ok, types.get((s, t), {})) for s, t, n, ok in tables or []]
    found = [table for table in found if table.types]
    if not found:
        raise ConfigError(
            f"The database {name} has no table this user may read.",
            where="DATABASE_URL",
            hint="Grant the user SELECT on the tables to analyse.",
        )
    chosen = _plain_names(found)
    facts = [_measure(ask, table) for table in chosen]
    model = infer_model(name, facts)
    profiles = {
        fact.profile.name: with_days(fact.profile, table.time_column)
        for fact, table in zip(facts, model.tables, strict=True)
    }
    dataset = Dataset(
        id=dataset_id,
        name=name,
        model=model,
        profile=Profile(profiles),
        dialect="postgres",
        fingerprint=_fingerprint(profiles),
    )
    return Survey(
        dataset=dataset,
        readable=tuple([table.name for table in chosen] + [f"{t.schema}.{t.name}" for t in found]),
        schemas=tuple(dict.fromkeys(table.schema for table in found)),
        warnings=_warnings(found, rights),
    )


def _plain_names(found: list[_Found]) -> list[_Found]:
    """The tables a plain name means: the first of each name, in the order of the schemas."""
    by_name: dict[str, _Found] = {}
    for table in found:
        by_name.setdefault(table.name, table)
    return list(by_name.values())[:_TABLES_AT_MOST]


def _warnings(found: list[_Found], rights: Rows | None) -> tuple[str, ...]:
    warnings = []
    if rights and any(rights[0]):
        superuser, writes, owns = rights[0]
        what = "is a superuser" if superuser else "owns tables" if owns else "can change data"
        if superuser or writes or owns:
            warnings.append(
                f"The database user {what}. Queries run read-only all the same, but a user with "
                "SELECT alone is safer."
            )
    if len(found) > _TABLES_AT_MOST:
        warnings.append(f"Only the first {_TABLES_AT_MOST} of {len(found)} tables were measured.")
    return tuple(warnings)


def _measure(ask: Ask, table: _Found) -> TableFacts:
    whole = not table.can_sample or 0 <= table.estimate <= _WHOLE_ROWS
    source = _source(table, whole=whole)
    texts = [column for column, kind in table.types.items() if is_text(kind)]
    times = [column for column, kind in table.types.items() if is_date(kind)]
    statements: list[tuple[str, list[Any]]] = [(_figures(table, source), [])]
    statements += [(_values(column, source), []) for column in texts]
    statements += [
        (f"SELECT min({_quote(c)})::text, max({_quote(c)})::text FROM {table.address}", [])
        for c in ([] if whole else times)
    ]
    answers = ask(statements)
    profile, fractions = _profile(table, answers[0], whole=whole)
    columns = dict(profile.columns)
    for column, rows in zip(texts, answers[1 : 1 + len(texts)], strict=True):
        columns[column] = _with_values(columns[column], rows, whole=whole)
    for column, rows in zip(times, answers[1 + len(texts) :], strict=False):
        if rows:
            columns[column] = replace(columns[column], minimum=rows[0][0], maximum=rows[0][1])
    facts = TableFacts(
        profile=replace(profile, columns=columns), types=table.types, fractions=fractions
    )
    return replace(facts, names_of=_names_of(ask, source, infer_table(facts)))


def _source(table: _Found, *, whole: bool) -> str:
    if not table.can_sample:  # a view: its first rows are all there is to be had cheaply
        return f"(SELECT * FROM {table.address} LIMIT {_WHOLE_ROWS}) AS s"
    if whole:
        return f"{table.address} AS s"
    percent = 100.0 * _SAMPLE_ROWS / table.estimate
    return f"(SELECT * FROM {table.address} TABLESAMPLE SYSTEM ({percent:.6f})) AS s"


def _figures(table: _Found, source: str) -> str:
    parts = ["count(*)"]
    for column, kind in table.types.items():
        c = _quote(column)
        comparable = is_text(kind) or is_date(kind) or is_number(kind) or kind == "BOOLEAN"
        parts.append(f"count({c})")
        parts.append(f"count(DISTINCT {c})" if comparable else f"count(DISTINCT {c}::text)")
        if is_date(kind):
            parts += [f"min({c})::text", f"max({c})::text", "NULL"]
        elif is_number(kind):
            parts += [f"min({c})::float8", f"max({c})::float8", f"bool_or({c} <> trunc({c}))"]
        else:
            parts += ["NULL", "NULL", "NULL"]
    return f"SELECT {', '.join(parts)} FROM {source}"


def _values(column: str, source: str) -> str:
    c = _quote(column)
    return (
        f"SELECT {c}::text FROM {source} WHERE {c} IS NOT NULL "
        f"AND length({c}::text) <= {_VALUE_CHARACTERS} "
        f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {_VALUES_AT_MOST + 1}"
    )


def _profile(
    table: _Found, rows: Rows | None, *, whole: bool
) -> tuple[TableProfile, frozenset[str]]:
    figures: list[Any] = rows[0] if rows else [0, *[0, 0, None, None, None] * len(table.types)]
    measured = int(figures[0])
    count = measured if whole else table.estimate
    scale = count / measured if measured else 1.0
    columns: dict[str, ColumnProfile] = {}
    fractions: set[str] = set()
    for index, column in enumerate(table.types):
        filled, distinct, low, high, fraction = figures[1 + 5 * index : 6 + 5 * index]
        nulls = round((measured - filled) * scale)
        columns[column] = ColumnProfile(column, distinct, nulls, low, high)
        if fraction:
            fractions.add(column)
    return TableProfile(table.name, max(count, 0), columns), frozenset(fractions)


def _with_values(column: ColumnProfile, rows: Rows | None, *, whole: bool) -> ColumnProfile:
    values = tuple(str(row[0]) for row in rows or [])
    complete = whole and rows is not None and len(values) == column.distinct
    return replace(column, values=values[:_VALUES_AT_MOST], values_complete=complete)


def _names_of(ask: Ask, source: str, model: Table) -> dict[str, str]:
    """Name columns that their identifier column determines, but for a few renamed ones."""
    pairs = name_pairs(model.columns)
    if not pairs:
        return {}
    answers = ask(
        [
            (
                f"SELECT count(DISTINCT {_quote(key)}), "
                f"count(DISTINCT ({_quote(key)}, {_quote(name)})) "
                f"FROM {source} WHERE {_quote(key)} IS NOT NULL",
                [],
            )
            for name, key in pairs
        ]
    )
    return {
        name: key
        for (name, key), rows in zip(pairs, answers, strict=True)
        if rows and rows[0][0] and rows[0][1] <= 1.5 * rows[0][0] + 1
    }


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fingerprint(profiles: dict[str, TableProfile]) -> str:
    text = repr([(p.name, p.row_count, p.last_day, tuple(p.columns)) for p in profiles.values()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
