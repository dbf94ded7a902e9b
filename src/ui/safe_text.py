"""The one door through which text from a model or from data reaches a page.

Streamlit renders markdown nearly everywhere: labels, captions, errors, metrics, table cells. An
image in such text makes the browser call a foreign server without a click, so nothing that a
person did not write for this app may be read as markup.
"""

from __future__ import annotations

import html
import re
from typing import Final

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>$:~^=&])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACE = re.compile(r"\s+")
# Bare addresses become links after escapes are resolved; an invisible joiner inside them does not
# change how they read but keeps them text.
# The last alternative does the same for icon and emoji short codes.
_LINKISH = re.compile(r"(?i)(https?:|www(?=\.)|mailto:|@(?=[\w-])|:(?=[\w+\-/]+:))")
_JOINER: Final = "\u2060"


def safe_text(text: object, limit: int | None = 2000) -> str:
    """`text` as one line of markdown that renders as exactly its characters.

    Args:
        text: anything; None gives an empty string.
        limit: longer text is cut and ends in an ellipsis; None keeps all of it.
    """
    plain = _plain(text, limit)
    return _MARKUP.sub(r"\\\1", _LINKISH.sub(rf"\1{_JOINER}", plain))


def safe_html(text: object, limit: int | None = 2000) -> str:
    """`text` escaped for the inside of an HTML element or a quoted attribute."""
    return html.escape(_plain(text, limit), quote=True)


def _plain(text: object, limit: int | None) -> str:
    plain = "" if text is None else str(text)
    plain = _SPACE.sub(" ", _CONTROL.sub("", plain)).strip()
    if limit is not None and len(plain) > limit:
        plain = plain[: limit - 1] + "…"
    return plain
