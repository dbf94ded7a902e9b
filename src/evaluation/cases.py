"""Question sets: YAML, JSON or CSV lists of questions with gold SQL, or with a refusal expected."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic import model_validator as check

from src.errors import InputError

_LIST_SEPARATOR = ";;"


class Case(BaseModel):
    """One question.

    Attributes:
        gold_sql: answers that count as right, any of them; empty for an expected refusal.
        ordered: the order of rows matters ("top 5 …").
        expected_refusal: the data cannot answer it, and the engine must say so. Also ``refuse``.
        any_interpretation: the question is open; any of the offered readings may be the right one.
        refuse_ok: saying that the data cannot answer is right, too.
        tags: free words; ``ambiguous`` means that more than one reading is welcome.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    question: str = Field(min_length=1)
    gold_sql: tuple[str, ...] = ()
    ordered: bool = False
    expected_refusal: bool = Field(
        default=False, validation_alias=AliasChoices("expected_refusal", "refuse")
    )
    any_interpretation: bool = False
    refuse_ok: bool = False
    tags: tuple[str, ...] = ()

    @field_validator("gold_sql", "tags", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if value is None:
            return ()
        return (value,) if isinstance(value, str) else value

    @check(mode="after")
    def _answerable(self) -> Case:
        if not self.gold_sql and not self.expected_refusal:
            raise ValueError("needs gold_sql, or expected_refusal: true")
        return self


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file, by its suffix: .yaml, .yml, .json or .csv.

    A CSV has the columns of `Case`; several gold answers or tags are separated by ``;;``.

    Raises:
        InputError: the file cannot be read, or an entry is not as it should be; names the entry.
    """
    try:
        entries = _read(path)
    except (OSError, ValueError) as error:
        raise InputError(f"The question set cannot be read: {error}.", where=str(path)) from error
    if isinstance(entries, dict):
        entries = entries.get("cases")
    if not isinstance(entries, list) or not entries:
        raise InputError("The question set holds no list of cases.", where=str(path))
    return tuple(_case(entry, number, path) for number, entry in enumerate(entries, 1))


def _read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8-sig")
    suffix = path.suffix.lower()
    if suffix == ".json":
        return json.loads(text)
    if suffix == ".csv":
        return [_row(row) for row in csv.DictReader(text.splitlines(keepends=True))]
    if suffix not in (".yaml", ".yml"):
        raise ValueError(f"{suffix or 'no'} suffix; use .yaml, .json or .csv")
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _row(row: dict[str, str | None]) -> dict[str, Any]:
    kept: dict[str, Any] = {k: v for k, v in row.items() if k and v}
    for name in ("gold_sql", "tags"):
        if name in kept:
            kept[name] = [part.strip() for part in kept[name].split(_LIST_SEPARATOR)]
    return kept


def _case(entry: Any, number: int, path: Path) -> Case:
    try:
        return Case.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(p) for p in first["loc"])
        raise InputError(
            f"Case {number} is not as it should be: {place or 'entry'}: {first['msg']}.",
            where=str(path),
        ) from None
