"""Long names made to fit, and text made harmless, for charts."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence

ELLIPSIS = "…"


def short_name(name: str, limit: int = 28) -> str:
    """`name` in at most `limit` characters, cut in the middle: what differs is often at the end."""
    name = " ".join(name.split())
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 3
    return f"{name[: limit - 1 - tail].rstrip()}{ELLIPSIS}{name[len(name) - tail :].lstrip()}"


def short_names(names: Sequence[str], limit: int = 28) -> list[str]:
    """Short names of a list, kept apart: two that would look alike are numbered."""
    short = [short_name(name, limit) for name in names]
    seen = Counter(short)
    used: Counter[str] = Counter()
    kept = []
    for full, name in zip(names, short, strict=True):
        used[name] += 1
        clash = seen[name] > 1 and full != name
        kept.append(f"{short_name(name, limit - 4)} ({used[name]})" if clash else name)
    return kept


def chart_text(text: str) -> str:
    """`text` for Plotly, which reads a subset of HTML, entities, and TeX between dollar signs."""
    escaped = html.escape(re.sub(r"[ \t\r\n]+", " ", text), quote=False)
    return escaped.replace("$", "&#36;") if escaped.count("$") > 1 else escaped
