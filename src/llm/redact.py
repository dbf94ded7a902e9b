"""Keeps keys out of every text that leaves this layer: errors, logs, the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Providers echo keys back, whole or shortened, in their own error messages.
_KEY_SHAPES = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_\-*.]{6,}|AIza[A-Za-z0-9_\-*.]{6,}|"
    r"(?i:bearer)\s+[A-Za-z0-9_\-.=*]{6,}|(?i:(?:x-api-|api[_-]?)key)[\"']?\s*[:=]\s*[\"']?[^\s\"',}]{6,}"
)
_MASK = "[key]"


def redact(text: str, secrets: Iterable[str] = (), limit: int = 500) -> str:
    """`text` without the given secrets or anything shaped like a key, cut to `limit` characters."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, _MASK)
    text = _KEY_SHAPES.sub(_MASK, text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
