"""Every word the screens say, by key, from a catalogue file. They speak English.

The catalogue is a TOML file of nested tables. A message that depends on a number is a table of
its plural forms (``one``, ``other``) and takes ``count``.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

_CATALOGUE: Final = Path(__file__).with_name("en.toml")


def t(key: str, **args: Any) -> str:
    """The message of that dotted key with `args` filled in.

    Raises:
        KeyError: no catalogue has the key; a test walks the sources so that none is missing.
    """
    message = _find(_catalogue(), key)
    if isinstance(message, dict):
        message = message["one" if args["count"] == 1 else "other"]
    return str(message).format(**args) if args else str(message)


def has(key: str) -> bool:
    """Whether the catalogue knows the key; for texts keyed by names that data brings."""
    try:
        _find(_catalogue(), key)
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
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))
