"""Whether a sentence says only what the facts say: every number, delta, rank and name in it.

A number counts as resolved when some fact has that value at the precision it was written with, in a
unit that fits, of the subject and metric named nearest to it, moving the way the words say. Names
must be subjects of the facts or values in the result. What cannot be resolved is a problem: the
check would rather doubt a true sentence than pass a false one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from src.insights.facts import Fact
from src.insights.lexicon import DOWN, HIGH, LOW, MONTHS, OPENERS, UP, WHOLE, Rank
from src.insights.numbers_in_text import Claim, claims, plain_spaces

DELTAS = frozenset({"change", "driver", "gap", "trend"})
WHOLES = frozenset({"total", "baseline", "change"})
DIRECTION_REACH = 40


class Mention(NamedTuple):
    """A name or a metric where the sentence says it."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Grounding:
    """The verdict on a sentence: what could not be resolved, and the facts that its numbers are."""

    problems: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def verified(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Grounds:
    """What sentences may rest on.

    Attributes:
        facts: the facts of the result.
        metrics: words for each metric by its name, the name included.
        names: values of the result's dimensions and time buckets.
        parameters: numbers of the question: thresholds, limits.
        phrases: texts that may be repeated as they are: the period's label, filter values.
    """

    facts: tuple[Fact, ...]
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    parameters: tuple[float, ...] = ()
    phrases: tuple[str, ...] = ()

    def check(self, text: str) -> Grounding:
        """Resolve everything `text` states."""
        return _Sentence(plain_spaces(text), self).judge()

    def subjects(self) -> frozenset[str]:
        """Every name that may be said."""
        return self.names | {fact.subject for fact in self.facts if fact.subject}


class _Sentence:
    """One sentence under examination.

    `wording` is its text without the names in it, `rest` what is still to be resolved; blanks keep
    every position the same.
    """

    def __init__(self, text: str, grounds: Grounds) -> None:
        self.text = self.wording = self.rest = text
        self.grounds = grounds
        self.names: list[Mention] = []
        self.metrics: list[Mention] = []
        self.problems: list[str] = []
        self.facts: list[str] = []

    def judge(self) -> Grounding:
        for fact in self.grounds.facts:
            if fact.kind == "data_issue" and self._blank_phrase(plain_spaces(fact.subject)):
                self.facts.append(fact.id)
        self._find_names()
        self.wording = self.rest
        for phrase in self.grounds.phrases:
            self._blank_phrase(plain_spaces(phrase))
        self._find_metrics()
        self._resolve_dates()
        for claim in claims(self.rest):
            self._resolve(claim)
            self._blank(claim.start, claim.end)
        if left := re.search(r"\S*\d\S*", self.rest):
            self.problems.append(f"{left[0]!r} cannot be read")
        self._ranks()
        self._unknown_names()
        return Grounding(tuple(self.problems), tuple(dict.fromkeys(self.facts)))

    # Names, metrics and dates

    def _find_names(self) -> None:
        """Longest first, so that ``Search Brand 2`` is not read as ``Search`` and a number."""
        for name in sorted(self.grounds.subjects(), key=len, reverse=True):
            said = plain_spaces(" ".join(name.split()))
            if said.lower() not in self.rest.lower():
                continue
            flags = 0 if len(said) <= 2 else re.IGNORECASE
            for match in re.finditer(_whole(said), self.rest, flags):
                self.names.append(Mention(name, match.start(), match.end()))
                self._blank(match.start(), match.end())

    def _find_metrics(self) -> None:
        words = [(w, name) for name, said in self.grounds.metrics.items() for w in said if w]
        taken = self.rest
        for word, name in sorted(words, key=lambda pair: len(pair[0]), reverse=True):
            for match in re.finditer(_whole(word), taken, re.IGNORECASE):
                self.metrics.append(Mention(name, match.start(), match.end()))
                blank = " " * (match.end() - match.start())
                taken = taken[: match.start()] + blank + taken[match.end() :]
                if re.search(r"\d", match[0]) or not match[0].islower():
                    self._blank(match.start(), match.end())

    def _resolve_dates(self) -> None:
        """Dates and years are said only if a bucket, the period or a name has them."""
        known = " ".join((*self.grounds.subjects(), *self.grounds.phrases)).lower()
        for match in re.finditer(_DATE, self.rest, re.IGNORECASE):
            parts = [p.lower() for p in re.findall(r"\d+|[^\W\d_]+", match[0])]
            if not all(_date_part(part, known) for part in parts):
                self.problems.append(f"{match[0].strip()!r} is not a date of the result")
            self._blank(match.start(), match.end())

    # Numbers

    def _resolve(self, claim: Claim) -> None:
        if claim.word and not claim.ordinal and claim.value == len({m.name for m in self.names}):
            return
        if claim.value == 3 and self._says_three():
            return
        if not claim.percent and claim.value in self.grounds.parameters and self._bounds(claim):
            return
        for fact in self.grounds.facts:
            if self._supports(fact, claim):
                self.facts.append(fact.id)
                return
        self.problems.append(f"{claim.text!r} is not a fact of this result")

    def _says_three(self) -> bool:
        """``the three largest``, ``top 3``, where a fact has their share."""
        said = re.search(
            r"three (largest|biggest|top)|top (three|3)|топ-?3|три ", self.wording, re.I
        )
        return said is not None and any(f.kind == "top3_share" for f in self.grounds.facts)

    def _bounds(self, claim: Claim) -> bool:
        """A threshold or a limit of the question: ``above 3``, ``top 5``."""
        before = self.text[max(0, claim.start - 16) : claim.start].lower()
        named = re.search(
            r"\b(top|first|threshold of|threshold|limit of|limit|топ|первые)\s$", before
        )
        return claim.at_least or claim.at_most or named is not None

    def _supports(self, fact: Fact, claim: Claim) -> bool:
        return (
            _unit_fits(fact, claim)
            and self._value_fits(fact, claim)
            and self._subject_fits(fact, claim)
            and self._metric_fits(fact, claim)
        )

    def _value_fits(self, fact: Fact, claim: Claim) -> bool:
        value = fact.value * 100 if claim.percent or claim.points else fact.value
        if fact.kind == "change" and claim.times:
            value = fact.value + 1
        stated = claim.value
        if fact.kind in DELTAS and not claim.signed and not claim.times:
            way = self._direction(claim)
            value, stated = value * (way or 1), abs(stated)
        slack = claim.step / 2 + abs(value) * 1e-9
        if claim.at_least and not claim.word:
            return stated <= value <= stated + claim.step + slack
        if claim.at_most and not claim.word:
            return stated - claim.step - slack <= value <= stated
        return abs(stated - value) <= slack

    def _direction(self, claim: Claim) -> int:
        """1 or -1 by the nearest word of movement: in the clause before the number, in the one
        after it, else anywhere before it; 0 without one."""
        start = max(0, claim.start - DIRECTION_REACH)
        before = re.split(r"[;(]|,(?!\d)| and | while | а | и ", self.wording[start : claim.start])
        after = re.split(r"[;(]|[,.](?!\d)", self.wording[claim.end : claim.end + DIRECTION_REACH])
        pieces = ((before[-1], -1), (after[0], 1), (self.wording[: claim.start], -1))
        for piece, step in pieces:
            for word in re.findall(r"[^\W\d_]+", piece.lower())[::step]:
                if UP.match(word):
                    return 1
                if DOWN.match(word):
                    return -1
        return 0

    def _subject_fits(self, fact: Fact, claim: Claim) -> bool:
        """The fact is about the name nearest to the number, or about the whole and said so."""
        if fact.kind == "top3_share":
            said = {mention.name for mention in self.names}
            return self._says_three() or all(name in said for name in fact.subject.split(", "))
        if not fact.subject:
            local = self._nearest(self.names, claim)
            return not (fact.kind in WHOLES and local) or WHOLE.search(self.wording) is not None
        near = self._nearest(self.names, claim)
        return fact.subject in near

    def _metric_fits(self, fact: Fact, claim: Claim) -> bool:
        if fact.metric is None or not self.metrics:
            return True
        return fact.metric in self._nearest(self.metrics, claim, both=True)

    def _nearest(self, mentions: list[Mention], claim: Claim, *, both: bool = False) -> set[str]:
        """Names said nearest before the number (else after it); all names of a list ``A and B``."""
        before = sorted((m for m in mentions if m.end <= claim.start), key=lambda m: -m.end)
        after = sorted((m for m in mentions if m.start >= claim.end), key=lambda m: m.start)
        chosen: set[str] = set()
        if before:
            chosen.add(before[0].name)
            for left, right in zip(before[1:], before, strict=False):
                if not re.fullmatch(
                    r"\s*(,|and|и|&|·|, and)\s*", self.text[left.end : right.start]
                ):
                    break
                chosen.add(left.name)
        if after and (both or not before or self._owns(claim, after[0])):
            chosen.add(after[0].name)
        return chosen

    def _owns(self, claim: Claim, name: Mention) -> bool:
        """``$500 on Meta``, ``up 5% in Nov 2026``: the name right after the number owns it."""
        between = self.text[claim.end : name.start]
        return re.fullmatch(r"\s*(in|on|for|from|at|of|by|в|у|на|за|для)?\s*", between) is not None

    # Ranks and names

    def _ranks(self) -> None:
        """``X has the highest ROAS`` needs the fact that it has."""
        for rank in Rank.find(self.wording):
            names = self._rank_subject(rank)
            if names and not any(self._rank_holds(fact, rank) for fact in self._about(names, rank)):
                who = " and ".join(sorted(names))
                self.problems.append(f"no fact says that {who} is {rank.word!r}")

    def _rank_subject(self, rank: Rank) -> set[str]:
        place = Claim(rank.word, rank.start, rank.end, 0.0, 1.0)
        for name in self.names:
            # «самый низкий показатель «CPA» — Search»: what a dash leads to is what has it
            if name.start > rank.end and _INTRODUCED.fullmatch(self.text[rank.end : name.start]):
                return {name.name}
        return self._nearest(self.names, place)

    def _about(self, names: set[str], rank: Rank) -> Iterator[Fact]:
        place = Claim(rank.word, rank.start, rank.end, 0.0, 1.0)
        for fact in self.grounds.facts:
            parts = {fact.subject, *fact.subject.split(", ")} if fact.kind == "top3_share" else {
                fact.subject
            }  # fmt: skip
            if names & parts and self._metric_fits(fact, place):
                yield fact

    def _rank_holds(self, fact: Fact, rank: Rank) -> bool:
        if rank.moving:
            return fact.kind == "driver" and (fact.value > 0) == (rank.moving > 0)
        if fact.kind in ("share", "top3_share"):
            return rank.side in (HIGH, "best")
        if fact.kind == "rank":
            return fact.value == 1 and rank.side == "best"
        if fact.kind not in ("leader", "laggard"):
            return False
        if rank.side in ("best", "worst"):
            return (fact.kind == "leader") == (rank.side == "best")
        return rank.side == {"highest": HIGH, "lowest": LOW}.get(fact.extreme)

    def _unknown_names(self) -> None:
        """Quoted text and capitalised words that no fact, metric or period explains."""
        known = self._known_words()
        for match in re.finditer(r"[\"“«]([^\"”»]{2,})[\"”»]", self.rest):
            said = re.findall(r"[^\W_]+", match[1].lower())
            if said and not known.issuperset(said):
                self.problems.append(f"{match[1].strip()!r} is not in the result")
        for match in re.finditer(r"[^\W\d_][\w&'’-]*", self.rest):
            word = match[0]
            if not word[0].isupper() or word.lower() in known or _month(word.lower()):
                continue
            opens = not self.text[: match.start()].strip() or re.search(
                r"[.!?:]\s*$", self.text[: match.start()]
            )
            if opens and word.lower() in OPENERS:
                continue
            self.problems.append(f"{word!r} is not in the result")

    def _known_words(self) -> set[str]:
        texts: Iterable[str] = (
            *(word for said in self.grounds.metrics.values() for word in said),
            *self.grounds.phrases,
        )
        return {word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())}

    def _blank_phrase(self, phrase: str) -> bool:
        found = False
        for match in re.finditer(_whole(phrase), self.rest, re.IGNORECASE) if phrase else ():
            self._blank(match.start(), match.end())
            found = True
        return found

    def _blank(self, start: int, end: int) -> None:
        self.rest = self.rest[:start] + " " * (end - start) + self.rest[end:]


_INTRODUCED = re.compile(r"\s*(?:показатель|значение)?\s*(?:«[^»]*»)?\s*—\s*")
_MONTH = r"(?:" + "|".join(MONTHS) + r")[^\W\d_]*\.?"
_DATE = (
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}\.\d\d\.\d{{4}}\b|\bQ[1-4]\s?\d{{4}}\b|"
    rf"\b{_MONTH}\s\d{{1,2}},?\s\d{{4}}\b|\b\d{{1,2}}\s{_MONTH}\s\d{{4}}\b|\b{_MONTH}\s\d{{4}}\b|"
    rf"\b{_MONTH}\s\d{{1,2}}\b(?!%)|\b\d{{1,2}}\s{_MONTH}|(?<![\d.,$€£₽])\b(?:19|20)\d\d\b(?![\d.,%]*\d|\s?%)"
)


def _whole(text: str) -> str:
    """A pattern for `text` as whole words."""
    return rf"(?<!\w){re.escape(text)}(?!\w)"


def _month(word: str) -> str | None:
    return next((m for m in MONTHS if word.startswith(m) and len(word) <= 10), None)


def _date_part(part: str, known: str) -> bool:
    """Whether a day, month or year of a date is among those of the result."""
    if part.isdigit():
        return re.search(rf"(?<!\d)0?{int(part)}(?!\d)", known) is not None
    month = _month(part)
    return month is None or month in known


def _unit_fits(fact: Fact, claim: Claim) -> bool:
    if claim.ordinal:
        return fact.kind == "rank" or (fact.kind == "runner_up" and claim.value == 2)
    if claim.percent:
        return fact.unit == "ratio"
    if claim.points:
        return fact.unit == "ratio" and fact.kind in ("driver", "trend")
    if claim.currency:
        return fact.unit == "currency" and fact.currency in (None, claim.currency)
    if claim.times:
        return fact.unit == "multiple" or fact.kind == "change"
    if claim.word:
        return fact.unit == "count"
    return True
