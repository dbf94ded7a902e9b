"""What the columns and metrics of a table can be called in a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from src.data.semantic import Aggregation, Column, Metric, Role, Table, Unit
from src.query_engine.nl.lexicon import Lexicon, Phrase
from src.query_engine.nl.text import name_stems, plain_words, stems

VERB = 0.85  # the weight of an everyday word or verb for what a measure counts
STAND_IN = 0.8  # the weight of a measure that answers for one the table does not name
_AMOUNTS = {"total", "amount", "sum", "value", "сумм", "итог", "стоимост"}
_COSTS = {"cost", "spend", "discount", "tax", "fee", "shipping", "budget", "bid", "refund", "скидк"}
_PAID = {"fee", "cost", "expense", "payout", "гонорар", "расход", "затрат"}
_DONE = {"sent", "sold", "delivered", "shipped", "placed", "made"}
_PLAIN = re.compile(r"[_\W]+")
_WINDOW = re.compile(r"l?\d{1,3}d")  # the "30d" of "downloads_30d"
_SHORT = 4
_FIGURES = 3  # counts in a row that make it one of figures
_LINKS = {"по", "на", "за", "в", "из", "от", "by", "of", "for", "per", "to", "in", "on"}
_HEAD = 0.65
_ADJECTIVE_ENDINGS = ("ая", "яя", "ый", "ий", "ой", "ое", "ее", "ые", "ие")
_NAME_SUFFIXES = {"name", "title", "label", "nm"}
_ID_SUFFIXES = {"id", "code", "key", "number", "no", "uuid", "sku", "asin", "ean"}
_ID_NOUNS = {"sku", "asin", "ean"}
_UNIT_SUFFIXES = {
    "c",
    "f",
    "pct",
    "percent",
    "kg",
    "g",
    "lb",
    "usd",
    "eur",
    "gbp",
    "rub",
    "ms",
    "sec",
    "second",
    "s",
    "min",
    "minute",
    "hr",
    "hour",
    "hpa",
    "ppm",
    "ppb",
    "kwh",
    "kw",
    "w",
    "v",
    "mm",
    "cm",
    "m",
    "km",
    "mbar",
    "pa",
    "day",
    "dollar",
    "amt",
    "руб",
    "р",
    "шт",
    "сек",
    "мин",
    "₽",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a phrase may mean: a metric, a column, or the rows of the table themselves.

    Attributes:
        weight: 1 for the full name or label; less for a synonym, and for a part of a name.
    """

    kind: Literal["metric", "column", "rows"]
    name: str
    weight: float = 1.0


@dataclass(slots=True)
class Vocabulary:
    """Phrases of one table to targets, best first.

    Attributes:
        shadowed: parts of names that are words of grammar, too: the "shares" of ``post_shares``.
        is_figures: rows are figures of a day and a breakdown, and no things to be counted.
    """

    table: Table
    phrases: dict[Phrase, list[Target]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    shadowed: dict[Phrase, list[Target]] = field(default_factory=dict)
    is_figures: bool = False

    def at(self, stemmed: tuple[str, ...], start: int) -> dict[int, tuple[Target, ...]]:
        """Length in tokens to targets, for every name that starts at `start`."""
        found: dict[int, tuple[Target, ...]] = {}
        for length in range(1, min(self.longest.get(stemmed[start], 0), len(stemmed) - start) + 1):
            targets = self.phrases.get(stemmed[start : start + length])
            if targets:
                found[length] = tuple(targets)
        return found

    def lookup(self, name: str) -> Target | None:
        """The best target of a name, or None."""
        targets = self.phrases.get(stems(name))
        return targets[0] if targets else None

    def _add(self, phrase: Phrase, target: Target) -> None:
        if not phrase:
            return
        known = self.phrases.setdefault(phrase, [])
        if any(t.kind == target.kind and t.name == target.name for t in known):
            return
        known.append(target)
        known.sort(key=lambda t: (-t.weight, t.kind == "column"))
        self.longest[phrase[0]] = max(self.longest.get(phrase[0], 0), len(phrase))
        self.words.update(word for word in phrase if len(word) > 3)


def build_vocabulary(
    table: Table, lexicon: Lexicon, unique: frozenset[str] = frozenset()
) -> Vocabulary:
    """All phrases for `table`. Parts of names never shadow the full name of something else.

    Args:
        unique: columns with another value in every row: counting them is counting rows.
    """
    vocabulary = Vocabulary(table, is_figures=_is_figures(table))
    things = {
        phrase
        for phrase, target in _entries(table)
        if target.kind == "column" and target.weight >= 0.86 and target.name not in unique
    }
    counts = {m.name for m in table.metrics if m.aggregation is Aggregation.COUNT_ROWS}
    heads = dict(_heads(table))
    own = name_stems(table.name)
    entries = sorted(_entries(table), key=lambda entry: -entry[1].weight)
    for phrase, target in entries:
        if target.name in counts and _counted(phrase, lexicon) in things:
            continue  # rows of a table of daily figures are not "the number of campaigns"
        if target.name in counts and _counted(phrase, lexicon) in heads:
            continue
        if target.name in counts and phrase == own and vocabulary.is_figures:
            continue
        rivals = vocabulary.phrases.get(phrase)
        is_word = bool(lexicon.grammar.meanings.get(phrase, set()) - {"absent"})
        is_word = is_word or _asks_share(phrase, lexicon)
        if target.weight < 0.8 and is_word and target.kind == "metric":
            vocabulary.shadowed.setdefault(phrase, []).append(target)
        if target.weight < 0.8 and (is_word or (rivals and rivals[0].weight >= 0.85)):
            continue
        vocabulary._add(phrase, target)
    for phrase, target in heads.items():
        meant = lexicon.grammar.meanings.get(phrase, set()) - {"unsupported:action"}
        if phrase not in vocabulary.phrases and not meant:
            vocabulary._add(phrase, target)
    for phrase, names in lexicon.metric_words.items():
        found = map(vocabulary.lookup, names)
        hit = next((t for t in found if t and (t.weight >= 0.84 or t.weight == _HEAD)), None)
        if hit and phrase not in vocabulary.phrases:
            weight = hit.weight if hit.kind == "rows" else VERB
            vocabulary._add(phrase, Target(hit.kind, hit.name, weight))
    outlay = _outlay(table)
    for phrase in lexicon.outlay if outlay else ():
        if outlay and phrase not in vocabulary.phrases:
            vocabulary._add(phrase, Target("metric", outlay.name, STAND_IN))
    sale = _sale(table)
    for phrase in lexicon.money if sale else ():
        if sale and phrase not in vocabulary.phrases:
            vocabulary._add(phrase, Target("metric", sale.name, STAND_IN))
    return vocabulary


def _is_figures(table: Table) -> bool:
    """Whether rows are figures of a day and a breakdown, and no things to be counted."""
    if any(c.role is Role.IDENTIFIER for c in table.columns):
        return False
    return sum(_is_count(m) for m in table.metrics) >= _FIGURES


def _asks_share(phrase: Phrase, lexicon: Lexicon) -> bool:
    """ "Share of revenue" asks for one, whatever "cost share of revenue" the table names."""
    heads = (phrase[:n] for n in range(1, len(phrase)))
    return any("share" in lexicon.grammar.meanings.get(head, ()) for head in heads)


def _sale(table: Table) -> Metric | None:
    """The one amount of money the table adds up, where it is not called revenue or spend."""
    if any(c.concept in ("spend", "conversion_value") for c in table.columns):
        return None
    found = [
        metric
        for metric in table.metrics
        if metric.aggregation is Aggregation.SUM
        and metric.unit in (Unit.CURRENCY, Unit.NUMBER)
        and is_amount(metric)
    ]
    return found[0] if len(found) == 1 else None


def _outlay(table: Table) -> Metric | None:
    """The one amount that the table says was paid, where none is called spend: a fee."""
    if any(c.concept == "spend" for c in table.columns):
        return None
    found = [
        metric
        for metric in table.metrics
        if metric.aggregation is Aggregation.SUM
        and metric.unit in (Unit.CURRENCY, Unit.NUMBER)
        and _PAID & set(name_stems(metric.label) + name_stems(metric.name))
    ]
    return found[0] if len(found) == 1 else None


def is_amount(metric: Metric) -> bool:
    """Whether a metric is named as the amount of a sale, and not as a cost."""
    words = {w.removesuffix("ed") for w in name_stems(metric.label) + name_stems(metric.name)}
    return bool(_AMOUNTS & words) and not _COSTS & words


def _counted(phrase: Phrase, lexicon: Lexicon) -> Phrase:
    """The noun of "number of orders"."""
    for cut in range(1, len(phrase)):
        if "count" in lexicon.grammar.meanings.get(phrase[:cut], ()) and cut < len(phrase):
            rest = phrase[cut:]
            if "count" not in lexicon.grammar.meanings.get(phrase[: cut + 1], ()):
                return rest
    return phrase


def _entries(table: Table) -> Iterator[tuple[Phrase, Target]]:
    for metric in table.metrics:
        for phrase, weight in _metric_phrases(metric):
            yield phrase, Target("metric", metric.name, weight)
    for column in table.columns:
        if column.role is not Role.IGNORED:
            target = metric_of(table, column)
            for phrase, weight in _column_phrases(column):
                if target:
                    yield phrase, Target("metric", target.name, weight)
                else:
                    yield phrase, Target("column", column.name, weight)
    counted = dict(_heads(table))
    for name in (table.name, table.label):
        phrase = name_stems(name)
        if phrase in counted:
            continue  # an email of "emails sent" is not one row of daily figures
        yield phrase, Target("rows", table.name, 0.84)
        if len(phrase) > 1:
            yield phrase[-1:], Target("rows", table.name, 0.5)
    rows = next((m for m in table.metrics if m.aggregation is Aggregation.COUNT_ROWS), None)
    for phrase in _row_nouns(table) if rows else ():
        yield phrase, Target("metric", rows.name if rows else "", 0.7)


def _heads(table: Table) -> Iterator[tuple[Phrase, Target]]:
    """The "emails" of "Emails sent": what a count counts, when no other measure counts it."""
    found: dict[Phrase, list[Target]] = {}
    for metric in table.metrics:
        phrase = name_stems(metric.label or metric.name)
        if _is_count(metric) and len(phrase) == 2 and phrase[1] in _DONE:
            found.setdefault(phrase[:1], []).append(Target("metric", metric.name, 0.7))
    for phrase, targets in found.items():
        if len(targets) == 1:
            yield phrase, targets[0]


def _is_count(metric: Metric) -> bool:
    return metric.aggregation is Aggregation.SUM and metric.unit is Unit.COUNT


def _row_nouns(table: Table) -> Iterator[Phrase]:
    """The "deal" of ``deal_value``, where a row has one of something that has an amount."""
    if any(c.concept in ("spend", "impressions", "clicks") for c in table.columns):
        return
    for column in table.columns:
        phrase = name_stems(column.name)
        amount = column.role is Role.MEASURE and len(phrase) == 2 and phrase[-1] in _AMOUNTS
        if amount and not {phrase[0].removesuffix("ed")} & (_COSTS | _AMOUNTS):
            yield phrase[:1]


def metric_of(table: Table, column: Column) -> Metric | None:
    """The metric that stands for a measure column: its plain aggregation."""
    if column.role is not Role.MEASURE:
        return None
    simple = (Aggregation.SUM, Aggregation.AVERAGE, Aggregation.MAXIMUM, Aggregation.MINIMUM)
    for aggregation in simple:
        for metric in table.metrics:
            if metric.aggregation is aggregation and metric.numerator == column.name:
                return metric
    return None


def _metric_phrases(metric: Metric) -> Iterator[tuple[Phrase, float]]:
    for name in (metric.name, metric.label):
        phrase = name_stems(name)
        yield phrase, 1.0
        yield from _parts(phrase)
        yield from _participles(name)
        if len(phrase) == 2 and phrase[0] in _COSTS and phrase[1] in _AMOUNTS:
            yield phrase[:1], 0.88  # the "discount" of "Discount amount", before a discount's code
    for synonym in metric.synonyms:
        yield stems(synonym), 0.95


def _participles(name: str) -> Iterator[tuple[Phrase, float]]:
    """The «доставленных» of «Доставлено», the "redeemed coupons" of "Coupons redeemed"."""
    words = plain_words(_PLAIN.sub(" ", name))
    last = words[-1] if words else ""
    if len(words) == 1 and last.endswith(("но", "то")) and len(last) > _SHORT:
        yield stems(f"{last[:-1]}ные" if last.endswith("но") else f"{last[:-1]}ые"), 0.9
    if len(words) == 2 and (last.endswith("ed") or last in _DONE):
        yield stems(f"{last} {words[0]}"), 0.9


def _column_phrases(column: Column) -> Iterator[tuple[Phrase, float]]:
    for name in (column.name, column.label):
        phrase = name_stems(name)
        yield phrase, 1.0
        if len(phrase) > 1 and phrase[-1] in _NAME_SUFFIXES:
            yield phrase[:-1], 0.97
            yield from _parts(phrase[:-1])
        elif len(phrase) > 1 and phrase[-1] in _ID_SUFFIXES:
            yield phrase[:-1], 0.86
            if phrase[-1] in _ID_NOUNS:
                yield phrase[-1:], 0.84
        else:
            yield from _parts(phrase)
            if column.role is Role.DIMENSION:
                yield from _head(name)
    for synonym in column.synonyms:
        yield stems(synonym), 0.95


def _head(name: str) -> Iterator[tuple[Phrase, float]]:
    """The «канал» of «Канал продвижения»: a Russian name that opens with its noun."""
    words = plain_words(name)
    if len(words) < 2 or words[0].isascii() or words[0].endswith(_ADJECTIVE_ENDINGS):
        return
    yield stems(words[0]), _HEAD


def _parts(phrase: Phrase) -> Iterator[tuple[Phrase, float]]:
    """What people shorten a name to: without its unit, its head noun, what stands before "of"."""
    if len(phrase) < 2:
        return
    if phrase[-1] in _UNIT_SUFFIXES:
        yield phrase[:-1], 0.96
    if _WINDOW.fullmatch(phrase[-1]):
        yield phrase[:-1], 0.7
    if "of" in phrase[1:]:
        yield phrase[: phrase.index("of", 1)], 0.7
    for cut in range(1, len(phrase)):
        if phrase[cut] not in _LINKS:  # "by turnover" is said of the turnover, not of its plan
            yield phrase[cut:], 0.6
