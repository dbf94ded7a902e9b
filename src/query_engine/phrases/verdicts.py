"""Why the guard refuses a statement, in the question's language."""

from __future__ import annotations

import re
from typing import Final

from src.data.approved import GuardReason
from src.query_engine.phrases import Language, capital, say

_PIECE: Final = re.compile(r'"[^"\n]{1,60}"|[\w.$]{1,60}')
_ABOUT_ALL: Final = ("empty", "guard_failed", "dialect", "not_text", "too_deep")


def reason_text(reason: GuardReason, sql: str, language: Language) -> str:
    """The reason in words, with its place in `sql`.

    The guard words it in English; another language names the piece of `sql` that stands there.
    """
    told = capital(reason.message) if language == "en" else _told(reason, sql, language)
    if reason.position is None:
        return told
    return say(language, "verdict.at", reason=told, position=reason.position + 1)


def _told(reason: GuardReason, sql: str, language: Language) -> str:
    try:
        told = say(language, f"guard.{reason.rule}")
    except KeyError:
        told = say(language, "guard.unknown")
    if reason.position is None or reason.rule in _ABOUT_ALL:
        return told
    piece = _PIECE.match(sql, reason.position)
    return say(language, "guard.reason", reason=told, piece=piece[0]) if piece else told
