"""From a question to at most five ranked readings, or a refusal that says what is missing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from src.data.profile import Dataset
from src.query_engine.assumed import assumptions
from src.query_engine.describe import describe_plan
from src.query_engine.drafts import Clarification, Interpretation, Refusal
from src.query_engine.nl.annotate import Item, annotate
from src.query_engine.nl.context import TableContext, contexts
from src.query_engine.nl.finish import Candidate, finish
from src.query_engine.nl.follow_up import merge
from src.query_engine.nl.labels import in_russian
from src.query_engine.nl.nearest import nearest_questions
from src.query_engine.nl.parser import parse
from src.query_engine.nl.ranking import confidences, log_odds
from src.query_engine.nl.reading import with_first
from src.query_engine.nl.span import NoPlan
from src.query_engine.nl.text import Token, stems, tokenise
from src.query_engine.nl.vocabulary import VERB
from src.query_engine.phrases import Language, Note, language_of, said, say
from src.query_engine.plan import QueryPlan

MAX_LENGTH = 2000
MAX_TOKENS = 150
MAX_READINGS = 5
_MAX_VARIANTS = 8
_SQL = re.compile(
    r"\b(select|insert|update|delete|drop|alter|create|union|grant)\b[^?]*\b(from|into|table|set|where|select|database)\b|--|;\s*\w|/\*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one table makes of the question."""

    candidates: tuple[Candidate, ...]
    leftovers: tuple[str, ...]
    refusal: NoPlan | None
    understood: int


def interpret(
    question: str,
    dataset: Dataset,
    *,
    previous: QueryPlan | None = None,
    today: dt.date,
    suggest: bool = True,
) -> Clarification:
    """Read a question against a data set. Never raises, whatever the text.

    Args:
        previous: the plan a follow-up question refers to.
        today: the anchor of relative dates for tables without a last day.
        suggest: look for the nearest questions on a refusal.
    """
    read = ranked_candidates(question, dataset, previous=previous, today=today)
    if isinstance(read, Refusal):
        return _refuse(question, dataset, today, read, suggest)
    return _answer(question, dataset, read)


def ranked_candidates(
    question: str, dataset: Dataset, *, previous: QueryPlan | None = None, today: dt.date
) -> list[Candidate] | Refusal:
    """At most five plans, best first, with what each took for granted; or why there is none."""
    language = language_of(question)
    refused = _unreadable(question, language)
    if refused:
        return refused
    tokens = tokenise(question)[: MAX_TOKENS + 1]
    if len(tokens) > MAX_TOKENS:
        return _too_long(language)
    known = contexts(dataset, today)
    attempts = [_attempt(tokens, context, previous) for context in known]
    unsupported = _unsupported(tokens, known, language)
    if unsupported:
        return unsupported
    candidates = _best_tables(attempts)
    if candidates:
        return _ranked(candidates)
    best = max(attempts, key=lambda a: (a.understood, -len(a.leftovers)))
    return _why_not(best, tokens, language, known)


def _unreadable(question: str, language: Language) -> Refusal | None:
    if not question.strip():
        return Refusal(kind="empty", reason=say(language, "refused.empty"))
    if len(question) > MAX_LENGTH:
        return _too_long(language)
    if not any(c.isalnum() for c in question):
        return Refusal(kind="not_a_question", reason=say(language, "refused.no_words"))
    if _SQL.search(question):
        return Refusal(kind="not_a_question", reason=say(language, "refused.sql"))
    return None


def _too_long(language: Language) -> Refusal:
    limits = {"characters": MAX_LENGTH, "words": MAX_TOKENS}
    return Refusal(kind="too_long", reason=say(language, "refused.too_long", **limits))


def _unsupported(
    tokens: tuple[Token, ...], known: tuple[TableContext, ...], language: Language
) -> Refusal | None:
    """A kind of question no plan can answer, unless its words are names in the data."""
    for context in known:
        asked = False
        for item in annotate(tokens, context):
            kinds = [
                c.split(":", 1)[1] for c in sorted(item.grammar) if c.startswith("unsupported:")
            ]
            if kinds == ["action"] and (asked or item.plural):
                continue  # "how many emails did we send" asks; only an opening verb commands
            verb = kinds == ["action"] and all(t.weight <= VERB for t in item.targets)
            if kinds and (verb or not item.targets) and not item.hits:
                reason = say(language, f"refused.{kinds[0]}")
                return Refusal(kind="unsupported", reason=reason, missing=(item.text,))
            named = bool(item.targets or item.hits)
            asked = asked or named or item.any_of("count", "how_much", "which_one")
    return None


def _attempt(
    tokens: tuple[Token, ...],
    context: TableContext,
    previous: QueryPlan | None,
) -> _Attempt:
    found: list[Candidate] = []
    leftovers: tuple[str, ...] = ()
    refusal: NoPlan | None = None
    understood = 0
    items = annotate(tokens, context)
    for variant, cost in _variants(items):
        left, state = parse(variant, context)
        try:
            made = None
            if previous is not None and previous.table == context.table.name:
                made = merge(state, previous)
            understood = max(understood, len(state.used))
            if made is None and state.out.unsupported:
                raise NoPlan("unsupported", Note("refused.asks_for", problem=state.out.problem))
            if made is None and left:
                leftovers = leftovers or tuple(left)
                continue
            for candidate in finish(state) if made is None else made:
                costs = {**candidate.costs, **({"alternative": cost} if cost else {})}
                found.append(replace(candidate, costs=costs))
        except NoPlan as reason:
            refusal = refusal or reason
            if state.out.unclear:
                break
    return _Attempt(tuple(found), leftovers, refusal, understood)


def _variants(items: tuple[Item, ...]) -> Iterator[tuple[tuple[Item, ...], int]]:
    """The items as they are, then with one ambiguous item read its other ways."""
    yield items, 0
    count = 1
    for i, item in enumerate(items):
        for other in _alternatives(item):
            if count >= _MAX_VARIANTS:
                return
            count += 1
            yield with_first(items, i, **other), 1


def _alternatives(item: Item) -> Iterator[dict[str, object]]:
    best = item.targets[0].weight if item.targets else 0.0
    for target in item.targets[1:]:
        if target.weight >= best - 0.04 and target.kind != "rows":
            yield {"targets": (target,)}
    if item.hits and item.unsure:
        yield {"hits": ()}
    for hit in item.hits[1:4]:
        yield {"hits": (hit,)}
    if item.hits and item.hits[0].quality == "partial" and 1 < len(item.hits[0].values) <= 4:
        for value in item.hits[0].values:
            yield {"hits": (replace(item.hits[0], values=(value,)),)}


def _best_tables(attempts: Iterable[_Attempt]) -> list[Candidate]:
    answered = [a for a in attempts if a.candidates]
    if not answered:
        return []
    most = max(a.understood for a in answered)
    return [c for a in answered if a.understood >= most for c in a.candidates]


def _ranked(candidates: list[Candidate]) -> list[Candidate]:
    unique: dict[QueryPlan, Candidate] = {}
    for candidate in candidates:
        known = unique.get(candidate.plan)
        if known is None or log_odds(candidate) > log_odds(known):
            unique[candidate.plan] = candidate
    return sorted(unique.values(), key=log_odds, reverse=True)[:MAX_READINGS]


def _answer(question: str, dataset: Dataset, ranked: list[Candidate]) -> Clarification:
    language = language_of(question)
    plans = [c.plan.model_copy(update={"language": language}) for c in ranked]
    if language == "ru":
        tables = {t.name: t for t in dataset.model.tables}
        plans = [in_russian(plan, tables[plan.table]) for plan in plans]
    return Clarification(
        question=question,
        interpretations=tuple(
            Interpretation(
                text=describe_plan(plan, dataset.model),
                confidence=confidence,
                assumptions=tuple(
                    dict.fromkeys(
                        (
                            *(said(note, language) for note in c.notes),
                            *assumptions(plan, dataset.model, dataset.profile),
                        )
                    )
                ),
                plan=plan,
                sense=said(c.sense, language),
            )
            for c, plan, confidence in zip(ranked, plans, confidences(ranked), strict=True)
        ),
    )


def _why_not(
    attempt: _Attempt,
    tokens: tuple[Token, ...],
    language: Language,
    known: tuple[TableContext, ...],
) -> Refusal:
    aside = {phrase for context in known for phrase in context.set_aside}
    named = [word for word in attempt.leftovers if stems(word) in aside]
    if named:
        reason = say(language, "refused.set_aside", words=", ".join(named))
        return Refusal(kind="missing_column", reason=reason, missing=tuple(named))
    if attempt.leftovers and not (attempt.refusal and attempt.refusal.kind == "unsupported"):
        words = [say(language, "refused.quoted", word=word) for word in attempt.leftovers[:4]]
        after_in = any(t.norm in ("in", "on", "from", "only", "excluding") for t in tokens)
        named_value = after_in and attempt.leftovers[0][:1].isupper()
        return Refusal(
            kind="missing_value" if named_value else "missing_column",
            reason=say(language, "refused.nothing_matches", words=", ".join(words)),
            missing=attempt.leftovers,
        )
    if attempt.refusal:
        kind, missing = attempt.refusal.kind, attempt.refusal.missing
        reason = said(attempt.refusal.reason, language)
        return Refusal(kind=kind, reason=reason, missing=tuple(said(m, language) for m in missing))
    return Refusal(kind="not_a_question", reason=say(language, "refused.no_match"))


def _refuse(
    question: str, dataset: Dataset, today: dt.date, refusal: Refusal, suggest: bool
) -> Clarification:
    nearest: tuple[str, ...] = ()
    if suggest:

        def ask(other: str) -> Clarification:
            return interpret(other, dataset, today=today, suggest=False)

        nearest = nearest_questions(question[:MAX_LENGTH], refusal.missing, dataset, ask)
    return Clarification(
        question=question,
        refusal=refusal.model_copy(update={"nearest": nearest}),
        not_understood=refusal.missing,
    )
