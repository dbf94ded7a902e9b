"""The only look the app itself takes at untrusted SQL: its length and its bracket depth.

A parser can be a bomb (5,000 opening brackets cost one 19 s and 4 GB), so no parser runs here.
"""

from __future__ import annotations

from typing import Final

from src.data.approved import GuardReason

MAX_BYTES: Final = 100 * 1024
MAX_DEPTH: Final = 64

_STEP: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def prescan(sql: str) -> GuardReason | None:
    """Why `sql` may not even be parsed, or None.

    Linear in the text and bounded by `MAX_BYTES`. Brackets in strings and comments count too: to
    tell them apart would take a parser, and no real query comes near the limit.
    """
    if len(sql) > MAX_BYTES or len(sql.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return GuardReason(
            rule="too_long",
            message=f"the statement is longer than {MAX_BYTES // 1024} KB",
            position=None,
        )
    depth = 0
    for position, character in enumerate(sql):
        step = _STEP.get(character)
        if step is None:
            if character == "\0" or "\ud800" <= character <= "\udfff":
                return GuardReason(
                    rule="not_text",
                    message="the statement contains a character that is not text",
                    position=position,
                )
            continue
        depth = max(0, depth + step)
        if depth > MAX_DEPTH:
            return GuardReason(
                rule="too_deep",
                message=f"brackets are nested more than {MAX_DEPTH} deep",
                position=position,
            )
    return None
