"""The metrics a table offers: its measures, the standard ratios of them, and its row count."""

from __future__ import annotations

import re
from collections.abc import Sequence

from src.data.concepts import (
    CURRENCY_CODES,
    Concept,
    Concepts,
    Ratio,
    header_phrase,
    header_words,
)
from src.data.horizons import by_day
from src.data.semantic import Additivity, Aggregation, Column, Metric, Role, Unit
from src.data.stand_ins import stand_ins
from src.data.wordings import renderings

_NOT_SUMMED = {
    Additivity.NON_ADDITIVE: "It cannot be added up over rows, so it is averaged.",
    Additivity.SEMI_ADDITIVE: "It repeats over time or over rows, so it is averaged, not added up.",
}
_UNWELCOME = frozenset({
    "bounces", "bounced", "unsubscribes", "unsubscribed", "unsubscriptions", "complaints",
    "refunds", "cancellations", "cancelled", "errors",
    "отказы", "отписки", "жалобы", "возвраты", "отмены",
})  # fmt: skip
_REACH = "Counts people once per row; added up over rows it counts the same people again."


def infer_metrics(table: str, columns: Sequence[Column], concepts: Concepts) -> tuple[Metric, ...]:
    """Measures first in the table's order, then ratios, then the row count; names are unique."""
    measures = [c for c in columns if c.role is Role.MEASURE]
    standing = stand_ins(measures)
    by_concept = {c.concept: c for c in measures if c.concept}
    guessed = {column.name: concepts.concepts[name] for name, column in standing.items()}
    by_concept |= standing
    metrics: list[Metric] = []
    taken: set[str] = set()
    for column in measures:
        others = names_of_others(column, columns, concepts)
        metric = _measure(column, concepts.concepts.get(column.concept or ""), taken, others)
        if column.name in guessed:
            metric = _standing(metric, guessed[column.name], columns)
        shown = by_concept.get("impressions")
        if shown and metric.aggregation is Aggregation.AVERAGE and _is_position(column, concepts):
            note = f"Averaged over rows, each counting by its {shown.name}."
            metric = metric.model_copy(update={"denominator": shown.name, "description": note})
        taken.add(metric.name)
        metrics.append(metric)
    for ratio in concepts.ratios:
        made = _ratio(ratio, by_concept)
        if made and made.numerator in guessed:
            made = _by_own_name(made)
        if made and made.name not in taken:
            taken.add(made.name)
            metrics.append(made)
    for made in by_day(columns, concepts):
        if made.name not in taken:
            taken.add(made.name)
            metrics.append(made)
    if "cpa" not in taken:
        metrics = [_as_cpa(m) if m.name == "cpi" else m for m in metrics]
    metrics.append(_row_count(table, taken))
    return tuple(metrics)


def names_of_others(column: Column, columns: Sequence[Column], concepts: Concepts) -> set[str]:
    """Words by which other columns are asked for: their names, and what those say in the other
    language where a header such as "Продажи" turned out to be a count."""
    taken = {header_phrase(c.name) for c in columns if c.name != column.name}
    own = header_phrase(column.name)
    taken |= {word for name in taken for word in renderings(name)} - {own}
    concept = concepts.concepts.get(column.concept or "")
    for words in (concept.counts if concept else {}).values():
        if taken & set(words):
            taken |= set(words)
    return taken


def _measure(column: Column, concept: Concept | None, taken: set[str], others: set[str]) -> Metric:
    """`others`: names of the other columns; asked by name, each of them means itself."""
    if concept and concept.metric:
        own = " ".join(header_words(column.label)) in concept.own
        return Metric(
            name=_unique(concept.metric, taken),
            label=column.label if own else concept.label,
            aggregation=concept.aggregation,
            numerator=column.name,
            unit=column.unit or Unit.NUMBER,
            currency=column.currency,
            higher_is_better=concept.higher_is_better,
            synonyms=tuple(
                word
                for word in dict.fromkeys(
                    (*concept.synonyms, concept.label_ru.lower(), *column.synonyms)
                )
                if word not in others
            ),
            description=_measure_note(column, concept.aggregation),
        )
    summed = column.additivity in (Additivity.ADDITIVE, None)
    aggregation = Aggregation.SUM if summed else Aggregation.AVERAGE
    return Metric(
        name=_unique(_identifier(column.name), taken),
        label=column.label,
        aggregation=aggregation,
        numerator=column.name,
        unit=column.unit or Unit.NUMBER,
        currency=column.currency,
        higher_is_better=False if _UNWELCOME & {*header_words(column.name)} else None,
        synonyms=column.synonyms,
        description=_measure_note(column, aggregation),
    )


def _standing(metric: Metric, concept: Concept, columns: Sequence[Column]) -> Metric:
    """A metric that is asked for by a concept's words, too, as far as no column is called so."""
    named = {" ".join(header_words(word)) for c in columns for word in (c.name, c.label)}
    words = (w for w in (*concept.synonyms, concept.label_ru.lower()) if w not in named)
    return metric.model_copy(
        update={
            "synonyms": tuple(dict.fromkeys((*metric.synonyms, *words))),
            "higher_is_better": concept.higher_is_better,
        }
    )


def _as_cpa(cost: Metric) -> Metric:
    """Where installs are all that is won, the cost of an action is that of an install."""
    words = (*cost.synonyms, "cpa", "cost per acquisition", "cost per action")
    return cost.model_copy(update={"synonyms": words})


def _by_own_name(ratio: Metric) -> Metric:
    """ "Send cost per order" is the cost per order of a table whose cost is the send cost."""
    own = [w for w in header_words(ratio.numerator or "") if w.upper() not in CURRENCY_CODES]
    if not own:
        return ratio
    before = f"{own[-1]} per "
    said = tuple(f"{' '.join(own[:-1])} {s}" for s in ratio.synonyms if s.startswith(before))
    return ratio.model_copy(update={"synonyms": (*ratio.synonyms, *said)})


def _is_position(column: Column, concepts: Concepts) -> bool:
    """Each impression has a position of its own; a score or a rating is the row's."""
    named = set(header_words(column.name)) | set(header_words(column.label))
    return column.additivity is Additivity.NON_ADDITIVE and bool(named & concepts.words.position)


def _measure_note(column: Column, aggregation: Aggregation) -> str:
    if column.additivity is Additivity.NON_ADDITIVE and aggregation is Aggregation.SUM:
        return _REACH
    if column.additivity in _NOT_SUMMED and aggregation is Aggregation.AVERAGE:
        return _NOT_SUMMED[column.additivity]
    return ""


def _ratio(ratio: Ratio, measures: dict[str, Column]) -> Metric | None:
    top = next((measures[c] for c in ratio.numerator if c in measures), None)
    bottom = next((measures[c] for c in ratio.denominator if c in measures), None)
    if top is None or bottom is None or top.name == bottom.name:
        return None
    money = ratio.unit is Unit.CURRENCY
    currencies = {c.currency for c in (top, bottom) if c.unit is Unit.CURRENCY}
    if ratio.unit in (Unit.MULTIPLE, Unit.RATIO) and len(currencies - {None}) > 1:
        return None
    formula = f"sum({top.name}) / sum({bottom.name})"
    scaled = formula if ratio.scale == 1.0 else f"{ratio.scale:g} * {formula}"
    return Metric(
        name=ratio.name,
        label=ratio.label,
        aggregation=Aggregation.RATIO,
        numerator=top.name,
        denominator=bottom.name,
        scale=ratio.scale,
        unit=ratio.unit,
        currency=top.currency if money else None,
        higher_is_better=ratio.higher_is_better,
        synonyms=tuple(dict.fromkeys((*ratio.synonyms, ratio.label_ru.lower()))),
        description=f"{scaled}. {ratio.description}".strip(),
    )


def _row_count(table: str, taken: set[str]) -> Metric:
    own = " ".join(header_words(table))
    synonyms = ["rows", "row count", "number of rows", "records", "entries", "count", "строк",
                "количество строк", "записей", "число записей"]  # fmt: skip
    if own and own not in taken:
        synonyms += [own, f"number of {own}"]
    return Metric(
        name=_unique("row_count", taken),
        label="Rows",
        aggregation=Aggregation.COUNT_ROWS,
        unit=Unit.COUNT,
        synonyms=tuple(synonyms),
        description="Number of rows in the table.",
    )


def _identifier(name: str) -> str:
    """A column name as a metric name: ``Clicks (all)`` as ``clicks_all``."""
    return re.sub(r"_+", "_", "_".join(header_words(name))).strip("_") or "value"


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
