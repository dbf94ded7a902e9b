"""A data set from whatever describes one: a semantic model, a warehouse, names of columns, DDL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from src.data.profile import ColumnProfile, Dataset, Profile, TableProfile
from src.data.semantic import Role, SemanticModel
from src.errors import InputError

if TYPE_CHECKING:
    from src.data.warehouse import Warehouse

_LOOSE_TABLE = re.compile(
    r"(?:table\s+)?[\"`]?(\w+)[\"`]?\s*[(:]\s*([^()]*(?:\([^()]*\)[^()]*)*)\)?", re.I
)
_NUMERIC_NAME = re.compile(
    r"(?:^|_)(?:amount|price|total|qty|quantity|count|number|sum|avg|rate|score|value|hours|minutes"
    r"|seconds|days|salary|weight|height|temperature|humidity|duration|age|units|discount|profit|margin)(?:_|$)",
    re.IGNORECASE,
)
_DATE_NAME = re.compile(r"(?:^|_)(?:date|day|at|time|timestamp)(?:_|$)", re.IGNORECASE)


def dataset_of(
    schema: Dataset | SemanticModel | Warehouse | Mapping[str, Any] | str,
) -> Dataset:
    """A data set to read questions against.

    Raises:
        InputError: `schema` describes no table.
    """
    if isinstance(schema, Dataset):
        return schema
    if isinstance(schema, SemanticModel):
        return _without_data(schema)
    if isinstance(schema, str):
        return _inferred(_tables_of_text(schema))
    if isinstance(schema, Mapping):
        return _inferred(_tables_of_mapping(schema))
    if hasattr(schema, "dataset"):
        return schema.dataset()
    raise _nothing()


def _without_data(model: SemanticModel) -> Dataset:
    profile = Profile({t.name: TableProfile(t.name, 0) for t in model.tables})
    return Dataset(model.name, model.name, model, profile, fingerprint=str(hash(model)))


def _inferred(tables: dict[str, dict[str, str]]) -> Dataset:
    from src.data.inference import infer_model
    from src.data.profiling import TableFacts

    facts = [
        TableFacts(
            profile=TableProfile(
                name, 0, {column: ColumnProfile(column, 0, 0) for column in columns}
            ),
            types=columns,
        )
        for name, columns in tables.items()
        if columns
    ]
    if not facts:
        raise _nothing()
    return _without_data(infer_model("schema", facts))


def _nothing() -> InputError:
    return InputError(
        "The schema describes no table.",
        hint="Give a data set, a semantic model, {table: [columns]} or CREATE TABLE statements.",
    )


def _tables_of_mapping(schema: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    inner = schema.get("tables", schema)
    if not isinstance(inner, Mapping):
        inner = {str(t.get("name", "data")): t for t in inner if isinstance(t, Mapping)}
    if "columns" in inner:
        return {str(inner.get("name", inner.get("table", "data"))): _columns(inner["columns"])}
    if inner and all(isinstance(v, str) for v in inner.values()):
        return {"data": _columns(inner)}
    return {str(name): _columns(columns) for name, columns in inner.items()}


def _columns(given: Any) -> dict[str, str]:
    """Column names to engine types, guessed from the name where no type is given."""
    if isinstance(given, Mapping):
        if "columns" in given:
            return _columns(given["columns"])
        return {str(name): _type(str(type_), str(name)) for name, type_ in given.items()}
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Iterable):
        return {}
    found: dict[str, str] = {}
    for column in given:
        if isinstance(column, Mapping):
            name = str(column.get("name", column.get("column", "")))
            found[name] = _type(str(column.get("type", "")), name)
        elif isinstance(column, tuple | list) and len(column) > 1:
            found[str(column[0])] = _type(str(column[1]), str(column[0]))
        elif str(column).strip():
            name, _, type_ = str(column).strip().partition(" ")
            found[name.strip('"`')] = _type(type_, name)
    return {name: type_ for name, type_ in found.items() if name}


def _type(given: str, name: str) -> str:
    upper = given.upper()
    if not upper.strip():
        return _guessed(name)
    if re.search(r"DATETIME|TIMESTAMP", upper):
        return "TIMESTAMP"
    if "DATE" in upper:
        return "DATE"
    if re.search(r"INT|SERIAL", upper):
        return "BIGINT"
    if re.search(r"FLOAT|DOUBLE|DECIMAL|NUM|REAL|MONEY", upper):
        return "DOUBLE"
    return "BOOLEAN" if "BOOL" in upper else "VARCHAR"


def _guessed(name: str) -> str:
    from src.data.concepts import get_concepts

    concept = get_concepts().read_header(name).concept
    if concept is not None:
        return {Role.MEASURE: "DOUBLE", Role.TIME: "DATE"}.get(concept.role, "VARCHAR")
    if _DATE_NAME.search(name):
        return "DATE"
    return "DOUBLE" if _NUMERIC_NAME.search(name) else "VARCHAR"


def _tables_of_text(text: str) -> dict[str, dict[str, str]]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    found: dict[str, dict[str, str]] = {}
    try:
        statements = sqlglot.parse(text[:100_000])
    except (SqlglotError, RecursionError):
        statements = []
    for statement in statements:
        if isinstance(statement, exp.Create) and isinstance(statement.this, exp.Schema):
            found[statement.this.this.name] = {
                c.name: _type(c.args["kind"].sql() if c.args.get("kind") else "", c.name)
                for c in statement.this.expressions
                if isinstance(c, exp.ColumnDef)
            }
    if not found:
        for match in _LOOSE_TABLE.finditer(text[:100_000]):
            found[match.group(1)] = _columns(match.group(2))
    return found
