"""The semantic model as a YAML file: a subset of Apache Ossie (formerly OSI) 0.1.1.

Standard places hold what the standard knows: names, labels, descriptions, synonyms, expressions,
which field is time. What it does not know (role, unit, currency, additivity, grain …) is in
``custom_extensions`` under our vendor name. A metric's expression is the one truth about how it is
computed. Writing and reading gives the same model; errors name the line.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from src.data.metric_formula import FORMS, formula_text, quoted, read_formula, unquoted
from src.data.semantic import Column, Metric, Role, SemanticModel, Table
from src.data.yaml_lines import YamlDocument, load_yaml
from src.errors import ConfigError

T = TypeVar("T", bound=BaseModel)
VERSION = "0.1.1"
VENDOR = "CAMPAIGN_ANALYST"
_DIALECT = "ANSI_SQL"
_COLUMN_EXTRAS = ("type", "role", "concept", "unit", "currency", "additivity", "identified_by")
_METRIC_EXTRAS = ("unit", "currency", "higher_is_better")
_TABLE_EXTRAS = ("time_column", "currency_column", "grain")


# ---------------------------------------------------------------- writing


def model_to_yaml(model: SemanticModel) -> str:
    """`model` as YAML text; `model_from_yaml` gives the same model back."""
    document = {
        "version": VERSION,
        "semantic_model": [
            _clean(
                {
                    "name": model.name,
                    "description": model.description,
                    "datasets": [_dataset(table) for table in model.tables],
                    "metrics": [_metric(t, m) for t in model.tables for m in t.metrics],
                }
            )
        ],
    }
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes text with unusual line ends in escapes, or YAML would read them as spaces."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if re.search("[\r\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _dataset(table: Table) -> dict[str, Any]:
    return _clean(
        {
            "name": table.name,
            "source": table.name,
            "label": table.label,
            "description": table.description,
            "fields": [_field(table, column) for column in table.columns],
            "custom_extensions": _extension(table, _TABLE_EXTRAS),
        }
    )


def _field(table: Table, column: Column) -> dict[str, Any]:
    is_time = column.name == table.time_column
    groups = column.role in (Role.DIMENSION, Role.IDENTIFIER, Role.TIME)
    return _clean(
        {
            "name": column.name,
            "expression": _expression(quoted(column.name)),
            "dimension": {"is_time": is_time} if groups else None,
            "label": column.label,
            "description": column.description,
            "ai_context": _synonyms(column.synonyms),
            "custom_extensions": _extension(column, _COLUMN_EXTRAS),
        }
    )


def _metric(table: Table, metric: Metric) -> dict[str, Any]:
    return _clean(
        {
            "name": metric.name,
            "expression": _expression(formula_text(table, metric)),
            "label": metric.label,
            "description": metric.description,
            "ai_context": _synonyms(metric.synonyms),
            "custom_extensions": _extension(metric, _METRIC_EXTRAS, dataset=table.name),
        }
    )


def _expression(text: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": _DIALECT, "expression": text}]}


def _synonyms(words: tuple[str, ...]) -> dict[str, Any] | None:
    return {"synonyms": list(words)} if words else None


def _extension(value: BaseModel, names: tuple[str, ...], **more: str) -> list[dict[str, str]]:
    data = value.model_dump(mode="json", include=set(names))
    kept = {**more, **{n: data[n] for n in names if data[n] not in (None, [], ())}}
    return [{"vendor_name": VENDOR, "data": json.dumps(kept, ensure_ascii=False)}]


def _clean(data: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in data.items() if v not in (None, "", [])}


# ---------------------------------------------------------------- reading


def model_from_yaml(text: str, source: str = "model.yaml") -> SemanticModel:
    """The model that the YAML `text` describes.

    Args:
        source: name of the file, for messages.

    Raises:
        ConfigError: the text is not YAML, or something in it is missing, unknown or contradicts
            the rest; names the line and the field.
    """
    document = load_yaml(text, source)
    return _Reader(document).model()


class _Reader:
    def __init__(self, document: YamlDocument) -> None:
        self.doc = document

    def model(self) -> SemanticModel:
        root = self._mapping((), {"version", "semantic_model"})
        version = str(root.get("version", ""))
        if version != VERSION:
            raise self.doc.error(
                ("version",), f"version {version!r} cannot be read", f"Use {VERSION}."
            )
        models = self._list(("semantic_model",))
        if len(models) != 1:
            raise self.doc.error(("semantic_model",), f"{len(models)} models are listed, not one")
        at = ("semantic_model", 0)
        data = self._mapping(at, {"name", "description", "datasets", "metrics"})
        tables = [
            self._table((*at, "datasets", i)) for i, _ in enumerate(self._list((*at, "datasets")))
        ]
        self._unique((*at, "datasets"), [t["name"] for t in tables])
        by_name = {t["name"]: t for t in tables}
        if "metrics" in data:
            for i, _ in enumerate(self._list((*at, "metrics"))):
                self._metric((*at, "metrics", i), by_name)
        built = [
            self._build(Table, (*at, "datasets", i), {**t, "metrics": tuple(t["metrics"])})
            for i, t in enumerate(tables)
        ]
        values = {"name": self._text(at, "name"), "tables": tuple(built)}
        values["description"] = self._text(at, "description", "")
        return self._build(SemanticModel, at, values)

    def _table(self, at: tuple[Any, ...]) -> dict[str, Any]:
        keys = {"name", "source", "label", "description", "fields", "custom_extensions"}
        self._mapping(at, keys)
        columns = [
            self._column((*at, "fields", i)) for i, _ in enumerate(self._list((*at, "fields")))
        ]
        names = [c.name for c in columns]
        self._unique((*at, "fields"), names)
        extra = self._extra(at, _TABLE_EXTRAS)
        for key in ("time_column", "currency_column"):
            if extra.get(key) is not None:
                self._known((*at, "custom_extensions"), key, extra[key], names)
        for name in extra.get("grain", []):
            self._known((*at, "custom_extensions"), "grain", name, names)
        for i, column in enumerate(columns):
            if column.identified_by is not None:
                self._known((*at, "fields", i), "identified_by", column.identified_by, names)
        return {
            "name": self._text(at, "name"),
            "label": self._text(at, "label", ""),
            "description": self._text(at, "description", ""),
            "columns": tuple(columns),
            "metrics": [],
            **extra,
            "grain": tuple(extra.get("grain", ())),
        }

    def _column(self, at: tuple[Any, ...]) -> Column:
        keys = {"name", "expression", "dimension", "label", "description", "ai_context",
                "custom_extensions"}  # fmt: skip
        self._mapping(at, keys)
        name = self._text(at, "name")
        written = unquoted(self._formula(at))
        if written != name:
            message = f"the field {name!r} has the expression {written!r}"
            raise self.doc.error((*at, "expression"), message, "A field is a column of that name.")
        extra = self._extra(at, _COLUMN_EXTRAS)
        for key in ("type", "role"):
            if key not in extra:
                raise self.doc.error(
                    at, f"the field {name!r} has no {key}", f"Add {key} to its data."
                )
        return self._build(
            Column,
            at,
            {
                "name": name,
                "label": self._text(at, "label", ""),
                "description": self._text(at, "description", ""),
                "synonyms": self._words(at),
                **extra,
            },
        )

    def _metric(self, at: tuple[Any, ...], tables: dict[str, dict[str, Any]]) -> None:
        keys = {"name", "expression", "label", "description", "ai_context", "custom_extensions"}
        self._mapping(at, keys)
        extra = self._extra(at, (*_METRIC_EXTRAS, "dataset"))
        name = self._text(at, "name")
        try:
            parts = read_formula(self._formula(at))
        except ValueError as error:
            raise self.doc.error((*at, "expression"), str(error), f"Write {FORMS}.") from None
        dataset = extra.pop("dataset", parts.get("table"))
        table_of = parts.pop("table", dataset)
        if dataset is None:
            raise self.doc.error(
                at, f"the metric {name!r} names no dataset", "Add dataset to its data."
            )
        self._known((*at, "custom_extensions"), "dataset", dataset, list(tables))
        self._known((*at, "expression"), "table", table_of, [dataset])
        columns = [c.name for c in tables[dataset]["columns"]]
        for key in ("numerator", "denominator"):
            if key in parts:
                self._known((*at, "expression"), "column", parts[key], columns)
        metric = self._build(
            Metric,
            at,
            {
                "name": name,
                "label": self._text(at, "label", ""),
                "description": self._text(at, "description", ""),
                "synonyms": self._words(at),
                **parts,
                **extra,
            },
        )
        if any(m.name == name for m in tables[dataset]["metrics"]):
            raise self.doc.error((*at, "name"), f"the metric {name!r} is there twice")
        tables[dataset]["metrics"].append(metric)

    def _scale(self, at: tuple[Any, ...], text: str | None) -> float:
        try:
            return float(text) if text else 1.0
        except ValueError:
            raise self.doc.error((*at, "expression"), f"{text!r} is not a number") from None

    # ------------------------------------------------------------ pieces

    def _formula(self, at: tuple[Any, ...]) -> str:
        """The expression in our dialect."""
        path = (*at, "expression", "dialects")
        for i, _ in enumerate(self._list(path)):
            self._mapping((*path, i), {"dialect", "expression"})
            if self.doc.get((*path, i, "dialect")) == _DIALECT:
                return self._text((*path, i), "expression")
        raise self.doc.error(path, f"there is no expression in the dialect {_DIALECT}")

    def _words(self, at: tuple[Any, ...]) -> tuple[str, ...]:
        if self.doc.get((*at, "ai_context")) is None:
            return ()
        self._mapping((*at, "ai_context"), {"synonyms", "instructions"})
        words = self._list((*at, "ai_context", "synonyms"))
        for i, word in enumerate(words):
            if not isinstance(word, str):
                message = f"the synonym {word!r} is not text"
                raise self.doc.error(
                    (*at, "ai_context", "synonyms", i), message, "Put it in quotes."
                )
        return tuple(words)

    def _extra(self, at: tuple[Any, ...], names: tuple[str, ...]) -> dict[str, Any]:
        """What our extension says; those of other vendors are passed over."""
        path = (*at, "custom_extensions")
        if self.doc.get(path) is None:
            return {}
        for i, _ in enumerate(self._list(path)):
            self._mapping((*path, i), {"vendor_name", "data"})
            if self.doc.get((*path, i, "vendor_name")) != VENDOR:
                continue
            data = self.doc.get((*path, i, "data"))
            if isinstance(data, str):
                try:
                    data = json.loads(data)
                except ValueError as error:
                    message = f"data is not JSON: {error}"
                    raise self.doc.error((*path, i, "data"), message) from None
            if not isinstance(data, dict):
                raise self.doc.error((*path, i, "data"), "data is not a JSON object")
            for key in data:
                if key not in names:
                    raise self._unknown((*path, i, "data"), key, names)
            return data
        return {}

    def _mapping(self, at: tuple[Any, ...], keys: set[str]) -> dict[str, Any]:
        value = self.doc.get(at)
        if not isinstance(value, dict):
            raise self.doc.error(at, f"{_last(at)} must be a mapping of names to values")
        for key in value:
            if key not in keys:
                raise self._unknown((*at, key), key, sorted(keys))
        return value

    def _list(self, at: tuple[Any, ...]) -> list[Any]:
        value = self.doc.get(at)
        if not isinstance(value, list):
            state = "is missing" if value is None else "must be a list"
            raise self.doc.error(at, f"{_last(at)} {state}")
        return value

    def _text(self, at: tuple[Any, ...], key: str, default: str | None = None) -> str:
        value = self.doc.get((*at, key), default)
        if value is None:
            raise self.doc.error(at, f"{key} is missing")
        if not isinstance(value, str):
            message = f"{key} must be text, not {value!r}"
            raise self.doc.error((*at, key), message, "Put it in quotes.")
        return value

    def _known(self, at: tuple[Any, ...], field: str, name: Any, names: list[str]) -> None:
        if name not in names:
            raise self.doc.error(at, f"{field} {name!r} does not exist", _guess(str(name), names))

    def _unknown(self, at: tuple[Any, ...], key: Any, names: Any) -> ConfigError:
        return self.doc.error(at, f"{key!r} is not known here", _guess(str(key), list(names)))

    def _unique(self, at: tuple[Any, ...], names: list[str]) -> None:
        for i, name in enumerate(names):
            if name in names[:i]:
                raise self.doc.error((*at, i), f"{name!r} is there twice")

    def _build(self, kind: type[T], at: tuple[Any, ...], values: dict[str, Any]) -> T:
        try:
            return kind.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            message = f"{field} {first.get('input')!r}: {first['msg']}"
            allowed = re.findall(r"'([^']+)'", str(first.get("ctx", {}).get("expected", "")))
            raise self.doc.error(at, message, _guess(str(first.get("input")), allowed)) from None


def _guess(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known are: {', '.join(names[:20])}." if names else ""


def _last(at: tuple[Any, ...]) -> str:
    return str(next((part for part in reversed(at) if isinstance(part, str)), "the file"))
