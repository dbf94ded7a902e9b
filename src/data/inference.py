"""Infers a semantic model from what was measured: roles, units, metrics, grain.

Headers are read against the marketing vocabulary first; a column it does not know is judged by its
type, its name and its values, so that a table of orders or of sensor readings works as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from src.data.budgets import settle_budgets
from src.data.concepts import (
    CURRENCY_CODES,
    SUMMED_WORDS,
    Concepts,
    HeaderReading,
    get_concepts,
    header_words,
)
from src.data.metrics import infer_metrics, names_of_others
from src.data.order_lists import as_money, order_list, order_metrics, read_as_shop
from src.data.profile import ColumnProfile
from src.data.profiling import TableFacts, is_date, is_number, is_text, is_whole_number
from src.data.semantic import Additivity, Column, Role, SemanticModel, Table, Unit
from src.data.wordings import more_words

_MAX_CODE_VALUES = 40
_AVERAGES = {"avg", "average", "mean", "median", "per", "unit", "rate", "средний", "средняя", "ср"}


def infer_model(name: str, tables: Sequence[TableFacts]) -> SemanticModel:
    """The semantic model of a new data set.

    Args:
        name: what people call the data set.
        tables: what was measured of each table, in order.
    """
    return SemanticModel(name=name, tables=tuple(infer_table(facts) for facts in tables))


def infer_table(facts: TableFacts) -> Table:
    """The meaning of one table: every column of it, its metrics, its time axis and its grain."""
    vocabulary = get_concepts()
    readings = {name: vocabulary.read_header(facts.titles.get(name, name)) for name in facts.types}
    readings = _apart_by_platform(_settle_counts(facts, readings, vocabulary), vocabulary)
    readings = read_as_shop(facts, readings, vocabulary)
    chosen = _one_column_each(facts, readings)
    currency_column = next((c for c, concept in chosen.items() if concept == "currency"), None)
    shared = _shared_currency(facts, readings, currency_column)
    columns = tuple(
        _column(facts, name, readings[name], chosen.get(name), shared) for name in facts.types
    )
    time_column = _time_column(facts, columns)
    columns = tuple(_settle_time(column, time_column) for column in columns)
    columns = settle_budgets(columns, facts.profile.columns.get(time_column or ""))
    columns = _link_names(columns, facts.names_of)
    orders = order_list(columns, facts)
    columns = as_money(columns, orders, shared)
    columns = tuple(_asked_for(column, columns, vocabulary) for column in columns)
    metrics = infer_metrics(facts.name, columns, vocabulary)
    return Table(
        name=facts.name,
        label=_label(facts.name),
        columns=columns,
        metrics=order_metrics(metrics, orders, columns, vocabulary) if orders else metrics,
        time_column=time_column,
        currency_column=currency_column,
        grain=_grain(columns, time_column, facts),
    )


def _settle_counts(
    facts: TableFacts, readings: dict[str, HeaderReading], vocabulary: Concepts
) -> dict[str, HeaderReading]:
    """A header like "sales" means a count where another column has the money."""
    settled = dict(readings)
    for name, reading in readings.items():
        concept = reading.concept
        if concept is None or not is_whole_number(facts.types[name]) or name in facts.currencies:
            continue
        counted = next((c for c, words in concept.counts.items() if reading.words in words), None)
        if counted is None:
            continue
        if any(
            other.concept is concept and other.words != reading.words for other in readings.values()
        ):
            # A header that can only mean the count comes first.
            settled[name] = replace(
                reading, concept=vocabulary.concepts[counted], rank=reading.rank + 1000
            )
    return settled


def _apart_by_platform(
    readings: dict[str, HeaderReading], vocabulary: Concepts
) -> dict[str, HeaderReading]:
    """Columns such as "Google spend" beside "Meta spend" are each a measure of its own: neither is
    the spend that a question means."""
    named: dict[str, dict[str, str]] = {}
    for name, reading in readings.items():
        platforms = set(reading.words.split()) & vocabulary.words.platform
        if reading.concept and reading.concept.role is Role.MEASURE and platforms:
            named.setdefault(reading.concept.name, {})[name] = min(platforms)
    apart = {name for of in named.values() if len(set(of.values())) > 1 for name in of}
    return {n: replace(r, concept=None) if n in apart else r for n, r in readings.items()}


def _one_column_each(facts: TableFacts, readings: dict[str, HeaderReading]) -> dict[str, str]:
    """Which column stands for which concept: the best header wins, the first column on a tie."""
    best: dict[str, tuple[int, int, str]] = {}
    for position, (name, reading) in enumerate(readings.items()):
        concept = reading.concept
        if concept is None or not _fits(concept.role, facts, name):
            continue
        candidate = (reading.rank, position, name)
        if concept.name not in best or candidate < best[concept.name]:
            best[concept.name] = candidate
    return {name: concept for concept, (_, _, name) in best.items()}


def _fits(role: Role, facts: TableFacts, name: str) -> bool:
    """Whether the column's type can play the role that its header suggests."""
    type_name = facts.types[name]
    column = facts.profile.columns[name]
    if column.nulls == facts.profile.row_count and facts.profile.row_count:
        return False
    if role is Role.MEASURE:
        return is_number(type_name)
    if role is Role.TIME:
        return is_date(type_name)
    if role is Role.DIMENSION:
        return not is_date(type_name)
    return True


def _column(
    facts: TableFacts,
    name: str,
    reading: HeaderReading,
    concept_name: str | None,
    currency: str | None,
) -> Column:
    type_name = facts.types[name]
    title = facts.titles.get(name, name)
    own_currency = facts.currencies.get(name) or reading.currency or currency
    if concept_name and reading.concept:
        concept = reading.concept
        money = concept.unit is Unit.CURRENCY
        return Column(
            name=name,
            type=type_name,
            role=concept.role,
            concept=concept_name,
            label=_label(title)
            if reading.words in concept.own
            else (concept.label if _is_plain(title) else title),
            unit=concept.unit,
            currency=own_currency if money else None,
            additivity=concept.additivity,
            synonyms=_words(name, title, *concept.synonyms, concept.label_ru),
            description=concept.description,
        )
    if reading.ready_made and is_number(type_name):
        return _ready_made(facts, name, reading, own_currency)
    return _plain_column(facts, name, title, reading, own_currency)


def _ready_made(
    facts: TableFacts, name: str, reading: HeaderReading, currency: str | None
) -> Column:
    """A ratio that the file brings row by row: summing or averaging it would mislead."""
    ratio = reading.ratio
    if ratio:
        why = (
            f"Ready-made {ratio.label} of each row. Adding or averaging it over rows is wrong; "
            f"the metric {ratio.name} is computed as a ratio of sums where both parts are here."
        )
    else:
        why = "A ready-made ratio or average of each row; it cannot be added up over rows."
    unit = ratio.unit if ratio else Unit.RATIO if name in facts.percents else Unit.NUMBER
    title = facts.titles.get(name, name)
    scored = unit is Unit.NUMBER and set(reading.words.split()) & get_concepts().words.score
    if scored:
        why = "A score or a position of each row: averaged over rows, never added up."
    return Column(
        name=name,
        type=facts.types[name],
        role=Role.MEASURE if scored else Role.IGNORED,
        label=_label(title),
        unit=unit,
        currency=currency if unit is Unit.CURRENCY else None,
        additivity=Additivity.NON_ADDITIVE,
        synonyms=_words(name, title),
        description=why,
    )


def _plain_column(
    facts: TableFacts, name: str, title: str, reading: HeaderReading, currency: str | None
) -> Column:
    """A column the vocabulary does not know, judged by type, name and values."""
    type_name, column = facts.types[name], facts.profile.columns[name]
    words = header_words(title)
    role = _plain_role(facts, name, words)
    unit: Unit | None = None
    additivity: Additivity | None = None
    if role is Role.MEASURE:
        unit = _plain_unit(facts, name, words, reading)
        additivity = _plain_additivity(facts, name, words, unit)
    return Column(
        name=name,
        type=type_name,
        role=role,
        label=_label(title),
        unit=unit,
        currency=currency if unit is Unit.CURRENCY else None,
        additivity=additivity,
        synonyms=_words(name, title),
        description="No values." if column.nulls == facts.profile.row_count else "",
    )


def _plain_role(facts: TableFacts, name: str, words: list[str]) -> Role:
    type_name, column = facts.types[name], facts.profile.columns[name]
    rows = facts.profile.row_count
    if is_date(type_name):
        return Role.TIME
    if type_name == "BOOLEAN":
        return Role.DIMENSION
    if is_text(type_name):
        looks_like_id = bool(words) and (
            words[-1] in get_concepts().words.identifier or words[0] in {"id", "№"}
        )
        return Role.IDENTIFIER if looks_like_id else Role.DIMENSION
    if not is_number(type_name):
        return Role.IGNORED
    whole = name not in facts.fractions
    if (
        whole
        and words
        and (words[-1] in get_concepts().words.identifier or words[0] in {"id", "№"})
    ):
        return Role.IDENTIFIER
    if whole and _looks_like_code(words, column, rows):
        return Role.DIMENSION
    return Role.MEASURE


def _looks_like_code(words: list[str], column: ColumnProfile, rows: int) -> bool:
    """Whole numbers that name things: years, months, grades, flags."""
    if not words or not column.distinct:
        return False
    low, high = column.minimum, column.maximum
    named = words[-1] in get_concepts().words.category or words[0] in {"is", "has"}
    if words[-1] in {"year", "год"} and isinstance(low, float) and isinstance(high, float):
        return low >= 1900 and high <= 2200
    if named and column.distinct <= _MAX_CODE_VALUES:
        return True
    return words[0] in {"is", "has"} and low == 0.0 and high == 1.0 and rows > 2


def _plain_unit(facts: TableFacts, name: str, words: list[str], reading: HeaderReading) -> Unit:
    if name in facts.percents or reading.percent:
        return Unit.RATIO
    if name in facts.currencies or reading.currency or set(words) & get_concepts().words.money:
        return Unit.CURRENCY
    if words[-1:] in (["value"], ["worth"]) and set(words) & get_concepts().words.sold:
        return Unit.CURRENCY
    if words[:1] in (["ценность"], ["стоимость"]) and set(words) & get_concepts().words.sold:
        return Unit.CURRENCY
    low = facts.profile.columns[name].minimum
    whole = name not in facts.fractions
    if (
        whole
        and not (isinstance(low, float) and low < 0)
        and not set(words) & get_concepts().words.averaged
    ):
        return Unit.COUNT
    return Unit.NUMBER


def _plain_additivity(facts: TableFacts, name: str, words: list[str], unit: Unit) -> Additivity:
    named = set(words)
    if named & get_concepts().words.stock:
        return Additivity.SEMI_ADDITIVE
    if unit is Unit.CURRENCY and named & SUMMED_WORDS and not named & _AVERAGES:
        return Additivity.ADDITIVE
    if unit is Unit.RATIO or named & get_concepts().words.averaged:
        return Additivity.NON_ADDITIVE
    if {"value", "значение"} & named and unit is Unit.NUMBER:
        return Additivity.NON_ADDITIVE
    return Additivity.ADDITIVE


def _time_column(facts: TableFacts, columns: Sequence[Column]) -> str | None:
    """The column that periods filter on: the date concept, then a period's start, then any date."""
    order = ["date", "period_start", "period_end"]
    dated = [c for c in columns if is_date(c.type) and _has_values(facts, c.name)]

    def preference(column: Column) -> tuple[int, int, int]:
        known = order.index(column.concept) if column.concept in order else len(order)
        words = set(header_words(column.label)) | set(header_words(column.name))
        secondary = words & get_concepts().words.secondary_date
        return (known, len(secondary), facts.profile.columns[column.name].nulls)

    return min(dated, key=preference).name if dated else None


def _has_values(facts: TableFacts, name: str) -> bool:
    return facts.profile.columns[name].nulls < facts.profile.row_count


def _settle_time(column: Column, time_column: str | None) -> Column:
    """Other date columns stay askable as dimensions; an end of period adds nothing to ask for."""
    if column.name == time_column:
        return column.model_copy(update={"role": Role.TIME})
    if column.role is Role.TIME:
        return column.model_copy(update={"role": Role.DIMENSION})
    return column


def _asked_for(column: Column, columns: Sequence[Column], vocabulary: Concepts) -> Column:
    """The column with the words that ask for it and for no other column by its name."""
    own = " ".join(header_words(column.name))
    taken = names_of_others(column, columns, vocabulary) - {own}
    more: tuple[str, ...] = ()
    for concept in vocabulary.concepts.values():
        for words in concept.counts.values():
            if own in words and column.concept != concept.name:
                more = words
    more += more_words(column, columns, vocabulary)
    kept = tuple(dict.fromkeys(w for w in (*column.synonyms, *more) if w not in taken))
    return column if kept == column.synonyms else column.model_copy(update={"synonyms": kept})


def _link_names(columns: tuple[Column, ...], names_of: dict[str, str]) -> tuple[Column, ...]:
    known = {c.name for c in columns if c.role is Role.IDENTIFIER}
    return tuple(
        c.model_copy(update={"identified_by": names_of[c.name]})
        if c.role is Role.DIMENSION and names_of.get(c.name) in known
        else c
        for c in columns
    )


def name_pairs(columns: Iterable[Column]) -> list[tuple[str, str]]:
    """Name columns with the identifier column that could determine them: ``campaign_name`` with
    ``campaign_id``. Whether it does is for the data to say."""
    items = list(columns)
    pairs = []
    for column in items:
        if column.role is not Role.DIMENSION or not is_text(column.type):
            continue
        stem = _stem(column.label) or _stem(column.name)
        for other in items:
            if other.role is not Role.IDENTIFIER:
                continue
            by_concept = column.concept and other.concept == f"{column.concept}_id"
            if by_concept or (stem and stem in (_stem(other.name), _stem(other.label))):
                pairs.append((column.name, other.name))
                break
    return pairs


def _stem(text: str) -> str:
    drop = {
        "name",
        "title",
        "label",
        "название",
        "имя",
        "наименование",
    } | get_concepts().words.identifier
    return " ".join(w for w in header_words(text) if w not in drop)


def _grain(
    columns: Sequence[Column], time_column: str | None, facts: TableFacts
) -> tuple[str, ...]:
    """The columns that identify a row: time, identifiers instead of the names they determine, and
    dimensions with more than one value."""
    by_id = {c.identified_by for c in columns if c.identified_by}
    kept = [
        c.name
        for c in columns
        if c.role in (Role.DIMENSION, Role.IDENTIFIER)
        and not c.identified_by
        and c.concept not in ("currency", "status")
        and (facts.profile.columns[c.name].distinct > 1 or c.name in by_id)
    ]
    return ((time_column,) if time_column else ()) + tuple(kept)


def _shared_currency(
    facts: TableFacts, readings: dict[str, HeaderReading], currency_column: str | None
) -> str | None:
    """The one currency of the whole table, or None where there are several or nobody says."""
    if currency_column:
        values = {v.strip().upper() for v in facts.profile.columns[currency_column].values}
        return values.pop() if len(values) == 1 and values <= CURRENCY_CODES else None
    named = {r.currency for r in readings.values() if r.currency} | set(facts.currencies.values())
    return named.pop() if len(named) == 1 else None


def _is_plain(title: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_.]*", title))


def _label(title: str) -> str:
    """``campaignName`` and ``campaign_name`` as ``Campaign name``; a written title as it is."""
    text = title.strip()
    if " " in text or not re.search(r"[_.]|[a-z][A-Z]", text):
        return text[:1].upper() + text[1:]
    joined = " ".join(header_words(text))
    return joined[:1].upper() + joined[1:]


def _words(name: str, title: str, *more: str) -> tuple[str, ...]:
    """Synonyms: the name's own words first, then `more`; lower case, each once."""
    candidates = [" ".join(header_words(title)), " ".join(header_words(name)), name.lower(), *more]
    return tuple(dict.fromkeys(c.lower().strip() for c in candidates if c.strip()))
