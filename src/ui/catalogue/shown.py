"""Catalogue copy on screen: readable, and never as markup of its own."""

from __future__ import annotations

import html
import re
from typing import Final

from src.ui.safe_text import safe_text

_ITEM: Final = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)
_BREAK: Final = re.compile(
    r"<(?:br|/?p|/li|/?[uo]l|/?h\d|/?t(?:able|r|d|h|head|body)|/?blockquote)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_BULLET: Final = "\x00"


def readable(text: str) -> str:
    """A text as markdown of its paragraphs and list items, every character of them plain."""
    lines = _BREAK.sub("\n", _ITEM.sub(f"\n{_BULLET}", text.replace(_BULLET, ""))).splitlines()
    out: list[str] = []
    for line in lines:
        is_item = line.startswith(_BULLET)
        plain = html.unescape(_TAG.sub("", line.lstrip(_BULLET))).strip()
        if not plain:
            continue
        if is_item:
            # A list needs no empty line between its items, and one before its first.
            out.append(f"- {safe_text(plain, None)}")
        else:
            out.append(safe_text(plain, None))
    joined = ""
    for position, block in enumerate(out):
        both = block.startswith("- ") and position and out[position - 1].startswith("- ")
        joined += ("\n" if both else "\n\n") + block if position else block
    return joined
