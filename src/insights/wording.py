"""Facts in plain sentences, by code: short, specific, each number a fact, nothing causal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from src.insights.compute import MEASURE_LIMIT, FactBook, leading_first
from src.insights.facts import Fact
from src.insights.shape import Measure, Shape
from src.reporting.formats import format_change, format_value


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finding in words with the facts its numbers are; a higher weight is shown first."""

    text: str
    facts: tuple[str, ...]
    weight: float


class Facts:
    """The facts of one measure, by kind."""

    def __init__(self, facts: tuple[Fact, ...], measure: Measure) -> None:
        self._facts = [f for f in facts if f.metric == measure.name]

    def all(self, kind: str) -> list[Fact]:
        return [f for f in self._facts if f.kind == kind]

    def get(self, kind: str, subject: str | None = None) -> Fact | None:
        found = (f for f in self.all(kind) if subject is None or f.subject == subject)
        return next(found, None)


def say(fact: Fact) -> str:
    """The fact's number as it is printed in a sentence."""
    return format_value(fact.value, fact.unit, fact.currency)


def sentences(book: FactBook, shape: Shape) -> tuple[Sentence, ...]:
    """Findings of every measure, weightiest first."""
    found: list[Sentence] = []
    for place, measure in enumerate(leading_first(shape)[:MEASURE_LIMIT]):
        facts = Facts(book.facts, measure)
        for sentence in _about(facts, measure, shape):
            weight = sentence.weight - 12 * place
            found.append(Sentence(sentence.text, sentence.facts, weight))
    return tuple(sorted(found, key=lambda sentence: -sentence.weight))


def _about(facts: Facts, measure: Measure, shape: Shape) -> Iterator[Sentence]:
    label = measure.label
    if shape.rows == 1:
        yield from _single(facts, label)
        return
    if shape.time is not None:
        yield from _bucket_change(facts, label, "on" if shape.time.grain == "day" else "in")
        yield from _trend(facts, label, shape)
        yield from _outlier(facts, label)
    yield from _whole(facts, measure, shape)
    yield from _drivers(facts, label)
    if shape.is_series:
        yield from _peak(facts, label, "on" if shape.time and shape.time.grain == "day" else "in")
    else:
        yield from _leader(facts, measure, shape)
        yield from _concentration(facts, label)


def _single(facts: Facts, label: str) -> Iterator[Sentence]:
    value, change, before = facts.get("leader"), facts.get("change"), facts.get("baseline")
    if value is None:
        return
    whose = f"{value.subject}: " if value.subject else ""
    text, used = f"{whose}{label} is {say(value)}", [value]
    if change and before:
        text += f", {_moved(change)} from {say(before)} in the comparison period"
        used += [change, before]
    yield Sentence(f"{text}.", _ids(used), 80)


def _whole(facts: Facts, measure: Measure, shape: Shape) -> Iterator[Sentence]:
    """Total or overall ratio, with its change against the comparison period."""
    total, before = facts.get("total"), facts.get("baseline", "")
    change = facts.get("change", "")
    if total is None:
        return
    shown = "" if shape.complete else " over the rows shown"
    name = f"Total {measure.label}" if measure.additive else f"Overall {measure.label}"
    text = f"{name}{shown} is {say(total)}"
    if change and before:
        text += f", {_moved(change)} from {say(before)} in the comparison period"
        yield Sentence(f"{text}.", _ids([total, change, before]), 95)
    else:
        yield Sentence(f"{text}.", _ids([total]), 50)


def _drivers(facts: Facts, label: str) -> Iterator[Sentence]:
    """The groups that moved most in each direction."""
    for fact in facts.all("driver"):
        change = facts.get("change", fact.subject)
        used = [fact, change] if change else [fact]
        size = format_change(fact.value, fact.unit, fact.currency)
        part = f" ({_signed(change)})" if change else ""
        word = "rise" if fact.value > 0 else "fall"
        text = f"{fact.subject} has the largest {word} in {label}: {size}{part}."
        yield Sentence(text, _ids(used), 85)


def _bucket_change(facts: Facts, label: str, when: str) -> Iterator[Sentence]:
    last, before = facts.get("latest"), facts.get("previous")
    if last is None:
        return
    change = facts.get("change", last.subject)
    if before is None or change is None:
        yield Sentence(f"{label} was {say(last)} {when} {last.subject}.", _ids([last]), 60)
        return
    text = (
        f"{label} was {say(last)} {when} {last.subject}, {_moved(change)} from {say(before)} "
        f"{when} {before.subject}."
    )
    yield Sentence(text, _ids([last, change, before]), 82)


def _trend(facts: Facts, label: str, shape: Shape) -> Iterator[Sentence]:
    slope, p_value, count = facts.get("trend"), facts.get("trend_p"), facts.get("buckets")
    if slope is None or p_value is None or count is None:
        return
    grain = (shape.time.grain if shape.time else None) or "step"
    over = f"over {say(count)} {grain}s"
    if p_value.value >= 0.05 or slope.value == 0:
        text = f"{label} shows no clear trend {over} (p = {say(p_value)})."
        yield Sentence(text, _ids([count, p_value]), 48)
        return
    way = "up" if slope.value > 0 else "down"
    size = format_change(abs(slope.value), slope.unit, slope.currency).lstrip("+")
    text = f"{label} trends {way} {over}, by about {size} a {grain}."
    yield Sentence(text, _ids([count, slope]), 84)


def _outlier(facts: Facts, label: str) -> Iterator[Sentence]:
    for place, fact in enumerate(facts.all("outlier")):
        usual = facts.get("usual", fact.subject)
        if usual is None:
            continue
        text = f"{label} on {fact.subject} was {say(fact)}, against a usual {say(usual)} around it."
        yield Sentence(text, _ids([fact, usual]), 76 - 10 * place)


def _peak(facts: Facts, label: str, when: str) -> Iterator[Sentence]:
    high, low = facts.get("leader"), facts.get("laggard")
    if high is None or low is None:
        return
    if high.value < low.value:
        high, low = low, high
    text = (
        f"{label} peaked {when} {high.subject} at {say(high)} "
        f"and was lowest {when} {low.subject}, {say(low)}."
    )
    yield Sentence(text, _ids([high, low]), 62)


def _leader(facts: Facts, measure: Measure, shape: Shape) -> Iterator[Sentence]:
    """Best and worst; of a result that may lack rows, only within what it shows."""
    best, worst = facts.all("leader"), facts.all("laggard")
    if not best:
        return
    label = measure.label
    first, last = ("lowest", "highest") if measure.low_is_good else ("highest", "lowest")
    names = " and ".join(fact.subject for fact in best)
    verb = "have" if len(best) > 1 else "has"
    among = "" if shape.complete else "Of the rows shown, "
    text, used = f"{among}{names} {verb} the {first} {label}, {say(best[0])}", list(best)
    if len(worst) == 1:
        text += f"; {worst[0].subject} has the {last}, {say(worst[0])}"
        used += worst
    yield Sentence(f"{text}.", _ids(used), 88)
    gap, total = facts.get("gap", best[0].subject), facts.get("total")
    if gap and total and gap.value:
        side = "above" if gap.value > 0 else "below"
        text = (
            f"{gap.subject} is {format_value(abs(gap.value), 'ratio')} {side} "
            f"the overall {label} of {say(total)}."
        )
        yield Sentence(text, _ids([gap, total]), 58)


def _concentration(facts: Facts, label: str) -> Iterator[Sentence]:
    one, three = facts.get("share"), facts.get("top3_share")
    if one is None:
        return
    text, used = f"{one.subject} accounts for {say(one)} of {label}", [one]
    if three is not None:
        text += f", the three largest together for {say(three)}"
        used.append(three)
    yield Sentence(f"{text}.", _ids(used), 72)


def _moved(change: Fact) -> str:
    if change.value == 0:
        return "unchanged"
    return f"{'up' if change.value > 0 else 'down'} {format_value(abs(change.value), 'ratio')}"


def _signed(change: Fact) -> str:
    text = format_value(change.value, "ratio")
    return f"+{text}" if change.value > 0 else text


def _ids(facts: list[Fact]) -> tuple[str, ...]:
    return tuple(fact.id for fact in facts)
