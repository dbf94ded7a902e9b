"""Plain values as words for the screens; the words themselves are in the message catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from src.data.profile import Dataset
from src.ui.messages import has, t

_TYPES: Final = {
    "text": {"VARCHAR", "TEXT", "CHAR", "CHARACTER VARYING", "CHARACTER", "BPCHAR", "STRING"},
    "whole": {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
        "UBIGINT", "UHUGEINT", "INT2", "INT4", "INT8",
    },
    "number": {"DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC", "DOUBLE PRECISION", "FLOAT4",
               "FLOAT8"},
    "day": {"DATE"},
    "moment": {"TIMESTAMP", "DATETIME", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE",
               "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"},
    "truth": {"BOOLEAN", "BOOL"},
}  # fmt: skip


def describe_dataset(dataset: Dataset) -> str:
    """Name, size and period of a data set in one line."""
    return t("dataset.line", name=dataset.name, size=dataset_size(dataset))


def dataset_size(dataset: Dataset) -> str:
    """Rows and period of a data set."""
    profiles = list(dataset.profile.tables.values())
    rows = sum(profile.row_count for profile in profiles)
    first = min((p.first_day for p in profiles if p.first_day), default=None)
    last = max((p.last_day for p in profiles if p.last_day), default=None)
    size = t("dataset.rows", count=rows, rows=f"{rows:,}")
    if first and first == last:
        size = t("dataset.day", size=size, day=day(first))
    elif first and last:
        size = t("dataset.period", size=size, first=day(first), last=day(last))
    return size


def day(value: dt.date) -> str:
    """A date that reads the same everywhere: 8 Sep 2024."""
    return f"{value.day} {value:%b %Y}"


def confidence_words(confidence: float) -> str:
    """What a probability means to a reader."""
    if confidence >= 0.75:
        return t("confidence.very_likely")
    if confidence >= 0.45:
        return t("confidence.likely")
    if confidence >= 0.2:
        return t("confidence.possible")
    return t("confidence.unlikely")


def engine_words(engine: str) -> str:
    """Who answered, as people call it."""
    if engine == "offline":
        return t("engine.offline")
    if engine == "you":
        return t("engine.you")
    return engine


def without_repeats(texts: Sequence[str]) -> list[str]:
    """`texts` in order, without those that another one says in full."""
    unique = list(dict.fromkeys(texts))
    return [text for text in unique if not any(text in t and text != t for t in unique)]


def duration(seconds: float) -> str:
    """A span of time in the unit that fits it."""
    if 0 < seconds < 0.0005:
        return t("duration.milliseconds", value="<1")
    if seconds < 1:
        return t("duration.milliseconds", value=f"{seconds * 1000:.0f}")
    if seconds < 120:
        return t("duration.seconds", value=f"{seconds:.1f}")
    return t("duration.minutes", value=f"{seconds / 60:.1f}")


def dollars(amount: Decimal | None) -> str:
    """Money spent on models: small amounts keep the digits that tell them apart."""
    if amount is None:
        return t("money.unknown")
    if amount and abs(amount) < 1:
        return f"${amount:.4f}"
    return f"${amount:,.2f}"


def budget_words(limit: Decimal) -> str:
    """A budget, as people set one: in dollars and cents."""
    return f"${limit:,.2f}"


def task_words(task: str) -> str:
    """What a call was for."""
    key = f"task.{task}"
    return t(key) if has(key) else task.replace("_", " ")


def percent(part: float, whole: float) -> str:
    """A share of a count, with the digit that tells small ones apart."""
    share = part / whole if whole else 0.0
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def outcome_words(outcome: str, kind: str) -> str:
    """How an attempt ended: the error's name, or who answered it."""
    if outcome == "ok":
        return t(f"outcome.{kind}") if has(f"outcome.{kind}") else t("outcome.model")
    key = f"outcome.{outcome}"
    return t(key) if has(key) else outcome.replace("_", " ")


def encoding_words(encoding: str) -> str:
    """A text encoding as people know it: Windows-1251 for cp1251."""
    name = encoding.lower()
    return name.replace("cp125", "Windows-125") if name.startswith("cp125") else encoding.upper()


def type_words(name: str) -> str:
    """An engine's type (``BIGINT``, ``DECIMAL(18,3)``) by what it holds; a rarer one as it is."""
    plain = name.split("(", maxsplit=1)[0].strip().upper()
    for kind, types in _TYPES.items():
        if plain in types:
            return t(f"data.types.{kind}")
    return name
