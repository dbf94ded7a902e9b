"""Every word the screens say, by key, from one catalogue file a language.

A catalogue is a TOML file of nested tables. A message that depends on a number is a table of
CLDR plural forms (``one``, ``few``, ``many``, ``other``) and takes ``count``.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

FALLBACK_LANGUAGE: Final = "en"
_FOLDER = Path(__file__).parent


def t(key: str, **args: Any) -> str:
    """The message of that dotted key with `args` filled in, in the language in use.

    Raises:
        KeyError: no catalogue has the key; a test walks the sources so that none is missing.
    """
    message = _find(_catalogue(FALLBACK_LANGUAGE), key)
    if isinstance(message, dict):
        message = message.get(_plural_form(args["count"], FALLBACK_LANGUAGE), message["other"])
    return str(message).format(**args) if args else str(message)


def has(key: str) -> bool:
    """Whether the catalogue knows the key; for texts keyed by names that data brings."""
    try:
        _find(_catalogue(FALLBACK_LANGUAGE), key)
    except KeyError:
        return False
    return True


def _find(catalogue: dict[str, Any], key: str) -> Any:
    found: Any = catalogue
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            raise KeyError(f"no message {key!r}")
        found = found[part]
    return found


@lru_cache
def _catalogue(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _plural_form(count: float, language: str) -> str:
    if language == "en":
        return "one" if count == 1 else "other"
    from babel import Locale

    return str(Locale.parse(language).plural_form(count))
