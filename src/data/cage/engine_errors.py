"""What an engine's failure means, in words that name no file of this machine."""

from __future__ import annotations

import re
from typing import Any, Final

_LINE: Final = re.compile(r"\n+LINE (\d+): (.*)\n( *)\^", re.DOTALL)
_PATH: Final = re.compile(r"(?<![\w.<])(?:/[\w.+@~-]+){2,}/?|[A-Za-z]:\\[^\s\"']+")
_HINT: Final = re.compile(r"\n\s*((?:Candidate|Did you mean|HINT|Possible).*)", re.DOTALL)
# Settings are locked in a worker: the engine's advice to change one leads nowhere.
_SETTING: Final = re.compile(
    r"(?:[,;]? or|\. (?:Use|You can use)) SET \w+ ?= ?[^.\n]*", re.IGNORECASE
)
_MESSAGE_LIMIT: Final = 2000
_KINDS_LISTED: Final = 4
_LINE_PREFIX: Final = "LINE {}: "


def describe_failure(error: BaseException, sql: str, database: str | None) -> dict[str, Any]:
    """A failure as JSON: kind (``memory`` or ``sql``), message, hint and where."""
    text = str(error)
    name = type(error).__name__
    if "OutOfMemory" in name or "Out of Memory" in text or "bad_alloc" in text:
        return {"kind": "memory"}
    where = _position(text, sql)
    text = _LINE.split(text)[0] if _LINE.search(text) else text
    hint = None
    found = _HINT.search(text)
    if found:
        hint = _advice(found.group(1).strip())
        text = text[: found.start()]
    if database:
        text = text.replace(database, "the data file")
    return {
        "kind": "sql",
        "message": _PATH.sub("(a file)", _SETTING.sub("", text)).strip()[:_MESSAGE_LIMIT],
        "hint": None if hint is None else _PATH.sub("(a file)", hint)[:_MESSAGE_LIMIT],
        "where": where,
    }


def _advice(hint: str) -> str:
    """The engine's own suggestions as a sentence; other hints as they are."""
    names = re.findall(r'"([^"]+)"', hint)
    if hint.startswith("Candidate bindings") and names:
        listed = ", ".join(f"“{name}”" for name in names)
        return f"The nearest column{'s are' if len(names) > 1 else ' is'} {listed}."
    if hint.startswith("Candidate tables") and names:
        listed = ", ".join(f"“{name}”" for name in names)
        return f"The nearest table{'s are' if len(names) > 1 else ' is'} {listed}."
    takes = list(dict.fromkeys(re.findall(r"\(([^)]*)\) ->", hint)))
    if hint.startswith("Candidate functions") and takes:
        kinds = "; ".join(f"({kind})" for kind in takes[:_KINDS_LISTED])
        more = " and others" if len(takes) > _KINDS_LISTED else ""
        return f"It takes {kinds}{more}: cast the argument, as in CAST(x AS DOUBLE)."
    return hint


def _position(text: str, sql: str) -> str | None:
    """``line 2, column 8``, from the caret under the piece of text the engine shows."""
    found = _LINE.search(text)
    if found is None:
        return None
    number, shown, indent = int(found.group(1)), found.group(2), len(found.group(3))
    offset = indent - len(_LINE_PREFIX.format(number))
    lines = sql.split("\n")
    if shown.startswith("...") and number <= len(lines):
        at = lines[number - 1].find(shown.strip(".\n"))
        if at < 0:
            return f"line {number}"
        offset += at - 3
    return f"line {number}, column {offset + 1}" if offset >= 0 else f"line {number}"
