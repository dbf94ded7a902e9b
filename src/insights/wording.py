"""Facts in plain sentences, by code: short, specific, each number a fact, nothing causal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from src.insights.compute import MEASURE_LIMIT, FactBook, leading_first
from src.insights.facts import Fact
from src.insights.shape import Measure, Shape
from src.query_engine import phrases
from src.query_engine.describe import comparison_words
from src.query_engine.phrases import Language, capital, listed
from src.reporting.formats import format_change, format_value

MIN_SPREAD, MAX_SPREAD = 1.05, 100


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finding in words with the facts its numbers are; a higher weight is shown first."""

    text: str
    facts: tuple[str, ...]
    weight: float


def shown(fact: Fact, language: Language) -> str:
    """The fact's number as it is printed in a sentence."""
    return format_value(fact.value, fact.unit, fact.currency, language)


def sentences(book: FactBook, shape: Shape) -> tuple[Sentence, ...]:
    """Findings of every measure, weightiest first."""
    found: list[Sentence] = []
    for place, measure in enumerate(leading_first(shape)[:MEASURE_LIMIT]):
        for sentence in _Words(book, measure, shape).all():
            weight = sentence.weight - 12 * place
            found.append(Sentence(sentence.text, sentence.facts, weight))
    return tuple(sorted(found, key=lambda sentence: -sentence.weight))


class _Words:
    """What there is to say about one measure of a result."""

    def __init__(self, book: FactBook, measure: Measure, shape: Shape) -> None:
        self.facts = [f for f in book.facts if f.metric == measure.name]
        self.measure, self.shape, self.language = measure, shape, shape.language
        self.agreeing = phrases.grammar(shape.language, measure.title, measure.column.unit)
        self.grain = (shape.time.grain if shape.time else None) or "step"

    def all(self) -> Iterator[Sentence]:
        """The findings, in no order."""
        if self.measure.to_date and self.shape.is_series:
            yield from self._reached()
            return
        if self.shape.rows == 1:
            yield from self._single()
            return
        if self.shape.time is not None:
            yield from self._last_bucket()
            yield from self._trend()
            yield from self._outlier()
        yield from self._whole()
        yield from self._drivers()
        if self.shape.is_series:
            yield from self._peak()
        else:
            yield from self._leader()
            yield from self._spread()
            yield from self._concentration()

    def _reached(self) -> Iterator[Sentence]:
        """What a running total came to, and when it had half of that."""
        last, half = self._get("reached"), self._get("halfway")
        if last is None:
            return
        yield self._sentence(90, "reached", [last], value=last, when=self._by_when(last))
        if half is not None:
            english = self.language == "en"
            when = self._when(half) if english else self._by_when(half)
            yield self._sentence(80, "halfway", [half], value=half, when=when)

    def _by_when(self, fact: Fact) -> str:
        return phrases.say(self.language, f"by_end.{self.grain}", bucket=fact.subject)

    def _single(self) -> Iterator[Sentence]:
        value, change, before = self._get("leader"), self._get("change"), self._get("baseline")
        if value is None:
            return
        moved, used = self._moved_from(change, before)
        key = "single_of" if value.subject else "single"
        yield self._sentence(80, key, [value, *used], value=value, moved=moved)

    def _whole(self) -> Iterator[Sentence]:
        """Total or overall ratio, with its change against the comparison period."""
        total = self._get("total")
        if total is None:
            return
        moved, used = self._moved_from(self._get("change", ""), self._get("baseline", ""))
        key = ("total" if self.measure.additive else "overall") + (
            "" if self.shape.complete else "_shown"
        )
        yield self._sentence(95 if used else 50, key, [total, *used], value=total, moved=moved)

    def _drivers(self) -> Iterator[Sentence]:
        """The groups that moved most in each direction."""
        for fact in self._all("driver"):
            change = self._get("change", fact.subject)
            part = f" ({_signed(change, self.language)})" if change else ""
            yield self._sentence(
                85,
                "rise" if fact.value > 0 else "fall",
                [fact, *([change] if change else [])],
                size=format_change(fact.value, fact.unit, fact.currency, self.language),
                part=part,
            )

    def _last_bucket(self) -> Iterator[Sentence]:
        last, before = self._get("latest"), self._get("previous")
        if last is None:
            return
        change, when = self._get("change", last.subject), self._when(last)
        if before is None or change is None:
            yield self._sentence(60, "bucket", [last], value=last, when=when)
            return
        yield self._sentence(
            82,
            "bucket_moved",
            [last, change, before],
            value=last,
            when=when,
            moved=self._moved(change),
            before=before,
            before_when=self._when(before),
        )

    def _trend(self) -> Iterator[Sentence]:
        slope, p_value, count = self._get("trend"), self._get("trend_p"), self._get("buckets")
        if slope is None or p_value is None or count is None:
            return
        steps = phrases.say(self.language, f"steps.{self.grain}", count=int(count.value))
        if p_value.value >= 0.05 or slope.value == 0:
            yield self._sentence(48, "no_trend", [count, p_value], steps=steps, p=p_value)
            return
        size = format_change(abs(slope.value), slope.unit, slope.currency, self.language)
        yield self._sentence(
            84,
            "trend_up" if slope.value > 0 else "trend_down",
            [count, slope],
            steps=steps,
            size=size.lstrip("+"),
            per=phrases.say(self.language, f"per_step.{self.grain}"),
        )

    def _outlier(self) -> Iterator[Sentence]:
        for place, fact in enumerate(self._all("outlier")):
            usual = self._get("usual", fact.subject)
            if usual is not None:
                used, when = [fact, usual], self._when(fact)
                weight = 76 - 10 * place
                yield self._sentence(weight, "outlier", used, value=fact, when=when, usual=usual)

    def _peak(self) -> Iterator[Sentence]:
        high, low = self._get("leader"), self._get("laggard")
        if high is None or low is None:
            return
        if high.value < low.value:
            high, low = low, high
        when, low_when = self._when(high), self._when(low)
        yield self._sentence(
            62, "peak", [high, low], value=high, when=when, low=low, low_when=low_when
        )

    def _leader(self) -> Iterator[Sentence]:
        """Best and worst; of a result that may lack rows, only within what it shows."""
        best, worst = self._all("leader"), self._all("laggard")
        if not best:
            return
        first, last = ("lowest", "highest") if self.measure.low_is_good else ("highest", "lowest")
        rest, used = "", list(best)
        if len(worst) == 1:
            value = shown(worst[0], self.language)
            name = worst[0].subject
            rest = self._say(f"rest_{last}", name=name, value=value, **self.agreeing)
            used += worst
        yield self._sentence(
            88,
            f"{first}_{'many' if len(best) > 1 else 'one'}",
            used,
            names=listed(self.language, [fact.subject for fact in best]),
            value=best[0],
            among="" if self.shape.complete else self._say("among"),
            rest=rest,
        )
        gap, total = self._get("gap", best[0].subject), self._get("total")
        if gap and total and gap.value:
            size = format_value(abs(gap.value), "ratio", None, self.language)
            side = "above" if gap.value > 0 else "below"
            yield self._sentence(58, side, [gap, total], gap=size, total=total)

    def _spread(self) -> Iterator[Sentence]:
        spread = self._get("spread")
        if spread is not None and MIN_SPREAD <= spread.value <= MAX_SPREAD:
            yield self._sentence(46, "spread", [spread], times=spread)

    def _concentration(self) -> Iterator[Sentence]:
        one, three = self._get("share"), self._get("top3_share")
        if one is None:
            return
        more = self._say("share_three", three=shown(three, self.language)) if three else ""
        used = [one, *([three] if three else [])]
        yield self._sentence(72, "share", used, share=one, three=more)

    # Parts of sentences

    def _moved_from(self, change: Fact | None, before: Fact | None) -> tuple[str, list[Fact]]:
        """How much it moved, from what, and since when; nothing without a comparison."""
        if change is None or before is None:
            return "", []
        plan = self.shape.plan
        comparison = plan.comparison if plan else None
        named = self._say("comparison")
        if comparison:
            named = comparison_words(comparison, self.language)
        earlier, moved = shown(before, self.language), self._moved(change)
        text = self._say("moved_from", moved=moved, before=earlier, period=named)
        return text, [change, before]

    def _moved(self, change: Fact) -> str:
        if change.value == 0:
            return self._say("unchanged")
        size = format_value(abs(change.value), "ratio", None, self.language)
        return self._say("up" if change.value > 0 else "down", size=size)

    def _when(self, fact: Fact) -> str:
        return phrases.say(self.language, f"when.{self.grain}", bucket=fact.subject)

    def _sentence(
        self, weight: float, key: str, used: list[Fact], **values: str | Fact
    ) -> Sentence:
        """The sentence `key` on the facts `used`, about the subject of the first of them."""
        told = {
            name: shown(value, self.language) if isinstance(value, Fact) else value
            for name, value in values.items()
        }
        title = self.measure.title
        words = {"label": title, "Label": capital(title), "subject": used[0].subject}
        text = self._say(key, **{**self.agreeing, **words, **told})
        # an abbreviation brings its own stop
        text = f"{text[:-2]}." if text.endswith("..") else text
        opening = text if used[0].subject and text.startswith(used[0].subject) else capital(text)
        return Sentence(opening, tuple(fact.id for fact in used), weight)

    def _say(self, key: str, **values: object) -> str:
        return phrases.say(self.language, f"finding.{key}", **values)

    def _all(self, kind: str) -> list[Fact]:
        return [f for f in self.facts if f.kind == kind]

    def _get(self, kind: str, subject: str | None = None) -> Fact | None:
        found = (f for f in self._all(kind) if subject is None or f.subject == subject)
        return next(found, None)


def _signed(change: Fact, language: Language) -> str:
    text = format_value(change.value, "ratio", None, language)
    return f"+{text}" if change.value > 0 else text
