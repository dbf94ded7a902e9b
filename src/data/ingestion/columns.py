"""Decides the type of every column of a raw table and how each value becomes that type.

Evidence comes from a sample of the rows, the decision is checked against all of them: values that
do not fit are counted and named, and a column where many do not fit stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from src.data.concepts import HeaderReading, get_concepts, header_words
from src.data.ingestion.date_columns import date_parts, map_dates, read_moments
from src.data.ingestion.dates import DateStyle, find_date_style, settle_order
from src.data.ingestion.formats import SPACES, is_placeholder, nothing_sql, trim_sql
from src.data.ingestion.inspection import Change, ReadOptions
from src.data.ingestion.numbers import (
    NumberEvidence,
    NumberStyle,
    choose_style,
    weigh,
)
from src.data.profiling import is_number, is_text, quote
from src.data.semantic import Role

if TYPE_CHECKING:
    import duckdb

SAMPLE_CELLS = 2_000_000
SAMPLE_ROWS = 20_000
_EXAMPLES = 3
_LOOSE_NUMBER = re.compile(r"[^\w]*\d[\d.,\s]*[^\w]*")
_SCALED = r"[0-9]\s*[^\W\d_]"


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column of the raw table: its name there, its header, its name-to-be, its raw type."""

    raw: str
    header: str
    name: str
    type: str = "VARCHAR"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How a raw column becomes a typed one.

    Attributes:
        sql: expression over the raw table, aliased ``r``, and `join`.
        join: a LEFT JOIN that the expression needs, or empty.
        misfit_sql: condition that holds for values that have content and cannot be read; None when
            every value can.
        measured: the header names something counted or paid: words in it stand for nothing.
        thorough_sql: a slower expression that reads more, for when `sql` leaves misfits.
    """

    column: RawColumn
    sql: str
    type: str
    name: str
    format: str = ""
    join: str = ""
    misfit_sql: str | None = None
    thorough_sql: str | None = None
    currency: str | None = None
    percent: bool = False
    measured: bool = False
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sampled:
    """A text column with its header read and its sample of distinct values."""

    column: RawColumn
    reading: HeaderReading
    values: list[str]
    evidence: NumberEvidence = field(default_factory=NumberEvidence)
    dates: DateStyle | None = None


def plan_columns(
    con: duckdb.DuckDBPyConnection,
    raw_table: str,
    columns: Sequence[RawColumn],
    options: ReadOptions,
) -> list[ColumnPlan]:
    """A plan for every column of `raw_table`."""
    texts = [c for c in columns if is_text(c.type)]
    sampled = {s.column.raw: s for s in _sample(con, raw_table, texts, options)}
    decimal = options.decimal or _file_decimal(sampled.values())
    day_first = _locale_day_first(con, raw_table, list(sampled.values()), decimal)
    plans = []
    for column in columns:
        item = sampled.get(column.raw)
        if item is None:
            plans.append(_typed_plan(column))
        elif item.dates:
            plans.append(_date_plan(con, raw_table, item, options, day_first))
        else:
            plans.append(_value_plan(item, options, decimal))
    return _unique_names(plans)


# ---------------------------------------------------------------- evidence


def _sample(
    con: duckdb.DuckDBPyConnection,
    raw_table: str,
    columns: Sequence[RawColumn],
    options: ReadOptions,
) -> list[_Sampled]:
    rows = max(500, min(SAMPLE_ROWS, SAMPLE_CELLS // max(len(columns), 1)))
    names = ", ".join(quote(c.raw) for c in columns)
    found: list[_Sampled] = []
    if not columns:
        return found
    cells = con.execute(
        f"SELECT {names} FROM {quote(raw_table)} USING SAMPLE reservoir({rows} ROWS) REPEATABLE (7)"
    ).fetchall()
    concepts = get_concepts()
    for position, column in enumerate(columns):
        distinct = list(dict.fromkeys(row[position] for row in cells if row[position] is not None))
        item = _Sampled(column, concepts.read_header(column.header or column.name), distinct)
        if column.header not in options.as_text and column.name not in options.as_text:
            item.dates = find_date_style(distinct, header_says_date=_says_date(item))
            if item.dates is None:
                item.evidence = weigh(distinct)
        found.append(item)
    return found


def _says_date(item: _Sampled) -> bool:
    concept = item.reading.concept
    if concept and concept.role is not Role.TIME and concept.name != "period_end":
        return False
    words = header_words(item.column.header or item.column.name)
    return bool(concept) or bool(set(words) & get_concepts().words.date)


def _file_decimal(items: Iterable[_Sampled]) -> str | None:
    """The decimal mark that most columns vote for, or None when none does."""
    votes = [item.evidence for item in items]
    comma, point = sum(e.comma > e.point for e in votes), sum(e.point > e.comma for e in votes)
    if comma != point:
        return "," if comma > point else "."
    return None


def _locale_day_first(
    con: duckdb.DuckDBPyConnection, raw_table: str, listed: Sequence[_Sampled], decimal: str | None
) -> bool | None:
    """Whether the rest of the file is written as where the day comes first; None when unclear."""
    for item in listed:
        if item.dates and item.dates.kind == "parts":
            settled = settle_order(
                item.dates,
                date_parts(con, raw_table, item.column.raw),
                forced=None,
                locale_day_first=None,
                dotted=False,
            )
            if not settled.ambiguous:
                return settled.day_first
    headers = " ".join(item.column.header for item in listed)
    if re.search(r"[а-яё]", headers, re.IGNORECASE) or decimal == ",":
        return True
    currencies = {c for item in listed for c in item.evidence.currencies}
    currencies |= {item.reading.currency for item in listed if item.reading.currency}
    if currencies & {"EUR", "GBP", "RUB", "BRL", "INR", "AUD"}:
        return True
    return False if "USD" in currencies else None


# ---------------------------------------------------------------- plans


def _typed_plan(column: RawColumn) -> ColumnPlan:
    """A column that comes with a type, from Parquet or JSON."""
    source = f"r.{quote(column.raw)}"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return ColumnPlan(column, f"({source} AT TIME ZONE 'UTC')", "TIMESTAMP", column.name,
                          "points in time, in UTC")  # fmt: skip
    if column.type.startswith("TIMESTAMP"):
        return ColumnPlan(column, f"CAST({source} AS TIMESTAMP)", "TIMESTAMP", column.name,
                          "points in time")  # fmt: skip
    reading = get_concepts().read_header(column.header or column.name)
    if reading.micros and is_number(column.type):
        name, change = _without_micros(column)
        return ColumnPlan(column, f"({source})::DOUBLE / 1000000", "DOUBLE", name,
                          "numbers in millionths", changes=(change,))  # fmt: skip
    return ColumnPlan(column, source, column.type, column.name, f"typed as {column.type}")


def _text_plan(item: _Sampled, *, why: str = "") -> ColumnPlan:
    column = item.column
    source = "r." + quote(column.raw)
    return ColumnPlan(
        column,
        f"CASE WHEN {nothing_sql(source, numbers=False)} THEN NULL ELSE {trim_sql(source)} END",
        "VARCHAR",
        column.name,
        why or "text",
        examples=_examples(item),
    )


def _value_plan(item: _Sampled, options: ReadOptions, decimal: str | None) -> ColumnPlan:
    values = [v for v in item.values if not is_placeholder(v)]
    header = item.column.header or item.column.name
    if header in options.as_text or item.column.name in options.as_text:
        return _text_plan(item, why="text, as you chose")
    if values and {v.strip().lower() for v in values} <= {"true", "false"}:
        return ColumnPlan(
            item.column,
            f"TRY_CAST(r.{quote(item.column.raw)} AS BOOLEAN)",
            "BOOLEAN",
            item.column.name,
            "true or false",
            examples=_examples(item),
        )
    concept = item.reading.concept
    measured = concept is not None and concept.role is Role.MEASURE
    style = choose_style(item.evidence, decimal, measured=measured)
    if style is None:
        return replace(_text_plan(item), warnings=_unread(item, values))
    why = _identifier_reason(item, values)
    if why:
        plan = _text_plan(item, why=f"text, because {why}")
        if any(re.fullmatch(r"\d(?:[.,]\d+)?[eE]\+?\d+", v.strip()) for v in values):
            warning = (
                f"Identifiers in {item.column.name} are written like {values[0].strip()}: a "
                "spreadsheet program has cut their digits. Export the report again, unopened."
            )
            plan = replace(plan, warnings=(warning,))
        return plan
    if options.decimal:
        style = replace(style, decimal=options.decimal, ambiguous=False)
    return _number_plan(item, style)


def _unread(item: _Sampled, values: list[str]) -> tuple[str, ...]:
    """Said of a column that stays text though its header promises numbers or dates."""
    concept = item.reading.concept
    if not values or concept is None or concept.role not in (Role.MEASURE, Role.TIME):
        return ()
    odd = next((v for v in values if not _LOOSE_NUMBER.fullmatch(v)), values[0])
    what = "numbers, so it cannot be added up"
    if concept.role is Role.TIME:
        what = "dates, so no period can be asked for"
        odd = values[0]
    return (
        f"{item.column.name} is kept as text: values such as {odd.strip()[:40]!r} cannot be read "
        f"as {what}.",
    )


def _identifier_reason(item: _Sampled, values: list[str]) -> str:
    """Why digits are a name and not a number; empty when they are a number."""
    plain = [v.strip(SPACES) for v in values]
    digits = [v for v in plain if v.isdigit()]
    if any(len(v) > 1 and v.startswith("0") for v in digits):
        return "some numbers start with 0, as identifiers do"
    if any(len(v) >= 16 for v in digits):
        return "numbers this long are identifiers"
    concept = item.reading.concept
    if concept:
        if concept.role is Role.MEASURE:
            return ""
        named = concept.role is Role.IDENTIFIER
        return f"it is a {concept.label.lower()}" if named or len(digits) == len(plain) else ""
    words = header_words(item.column.header or item.column.name)
    vocabulary = get_concepts().words
    named = bool(words) and (words[-1] in vocabulary.identifier or words[0] in {"id", "№"})
    if named and len(digits) == len(plain) and "number of" not in " ".join(words):
        return "its header names an identifier"
    return ""


def _number_plan(item: _Sampled, style: NumberStyle) -> ColumnPlan:
    column, reading = item.column, item.reading
    source = "r." + quote(column.raw)
    plain = item.evidence.plain and style.decimal == "."
    number, thorough = style.sql(source, plain=plain), style.sql(source)
    concept = reading.concept
    name = column.name
    changes: list[Change] = []
    warnings: list[str] = []
    percent = style.percent
    if reading.percent and not style.percent:
        number, thorough, percent = f"({number}) / 100", f"({thorough}) / 100", True
        message = f"The header of {column.name} says percent; 5 became 0.05."
        changes.append(Change(kind="converted", message=message, column=column.name))
    elif style.percent:
        message = f"Percents in {column.name} became fractions: 5% is 0.05."
        changes.append(Change(kind="converted", message=message, column=column.name))
    if reading.micros:
        number, thorough = f"({number}) / 1000000", f"({thorough}) / 1000000"
        name, change = _without_micros(column)
        changes.append(change)
    if reading.thousands:
        number, thorough = f"({number}) * 1000", f"({thorough}) * 1000"
        message = f"The header of {column.name} says thousands; 5 became 5,000."
        changes.append(Change(kind="converted", message=message, column=name))
    if style.mixed:
        warnings.append(
            f"{column.name} mixes decimal points and commas; each value was read by its own mark."
        )
    if style.scaled:
        warnings.append(
            f"{column.name} is rounded in the file: {_first(item, _SCALED)} became whole units. "
            "Export exact numbers if there are any."
        )
    if style.ambiguous:
        warnings.append(
            f"In {column.name}, values such as {_first(item, r'[0-9],[0-9]{3}')} were read as "
            "thousands; nothing in the file says whether the comma is a decimal mark."
        )
    if len(style.currencies) > 1:
        listed = ", ".join(sorted(style.currencies))
        warnings.append(
            f"{column.name} mixes currencies ({listed}); adding its values up would mislead."
        )
    if style.currency:
        message = f"The sign of {style.currency} beside the values of {column.name} was taken off."
        changes.append(Change(kind="converted", message=message, column=name))
    nothing = nothing_sql("r." + quote(column.raw), numbers=True)
    return ColumnPlan(
        column,
        number,
        "DOUBLE",
        name,
        style.describe(),
        misfit_sql=f"r.{quote(column.raw)} IS NOT NULL AND NOT {nothing}",
        thorough_sql=thorough if plain else None,
        currency=style.currency,
        percent=percent,
        measured=concept is not None and concept.role is Role.MEASURE,
        changes=tuple(changes),
        warnings=tuple(warnings),
        examples=_examples(item),
    )


def _without_micros(column: RawColumn) -> tuple[str, Change]:
    """The name of a column of millionths once they are whole units, and that said."""
    pattern = r"(?i)[\s_.]*(in[\s_])?micros?([\s_]*(dollars?))?"
    name = re.sub(pattern, "", column.name) or column.name
    message = f"{column.name} holds millionths; they became whole units, in {name}."
    return name, Change(kind="converted", message=message, column=name)


def _date_plan(
    con: duckdb.DuckDBPyConnection,
    raw_table: str,
    item: _Sampled,
    options: ReadOptions,
    locale_day_first: bool | None,
) -> ColumnPlan:
    column, style = item.column, item.dates
    assert style is not None
    changes: list[Change] = []
    warnings: list[str] = []
    if style.kind == "parts":
        style = settle_order(
            style,
            date_parts(con, raw_table, column.raw),
            forced=options.day_first,
            locale_day_first=locale_day_first,
            dotted=any("." in v for v in item.values),
        )
        message = f"Dates in {column.name} are {style.describe()[9:]}: {style.evidence}."
        changes.append(Change(kind="guessed", message=message, column=column.name))
        if style.ambiguous:
            warnings.append(
                f"{message} Days up to 12 can be read both ways: check the first and last day, and "
                "choose the other order if they are wrong."
            )
    elif style.kind not in ("iso",):
        message = f"{column.name} holds {style.describe()}."
        changes.append(Change(kind="converted", message=message, column=column.name))
    if style.kind == "iso" and style.has_time:
        # Points in time may all differ: the engine reads them without a table of them.
        join = ""
        moment, message = read_moments(column.raw, column.name, item.values)
        if message:
            changes.append(Change(kind="converted", message=message, column=column.name))
    else:
        mapping = map_dates(con, raw_table, column.raw, style)
        join = f"LEFT JOIN {mapping} ON {mapping}.text = r.{quote(column.raw)}"
        moment = f"{mapping}.moment"
    nothing = nothing_sql("r." + quote(column.raw), numbers=True)
    return ColumnPlan(
        column,
        moment,
        "TIMESTAMP" if style.has_time else "DATE",
        column.name,
        style.describe(),
        join=join,
        misfit_sql=f"r.{quote(column.raw)} IS NOT NULL AND NOT {nothing}",
        changes=tuple(changes),
        warnings=tuple(warnings),
        examples=_examples(item),
    )


def _unique_names(plans: list[ColumnPlan]) -> list[ColumnPlan]:
    """Names that became equal (``cost_micros`` beside ``cost``) made different again."""
    taken: set[str] = set()
    unique = []
    for plan in plans:
        name, number = plan.name, 2
        while name.casefold() in taken:
            name, number = f"{plan.name}_{number}", number + 1
        taken.add(name.casefold())
        unique.append(replace(plan, name=name))
    return unique


def _examples(item: _Sampled) -> tuple[str, ...]:
    shown = [v[:80] for v in item.values if not is_placeholder(v)]
    return tuple(shown[:_EXAMPLES])


def _first(item: _Sampled, pattern: str) -> str:
    return next((repr(v) for v in item.values if re.search(pattern, v)), "")
