"""Words that a person accepted: written into the user's file of trigger words, which stays theirs.

Nothing else of the file is touched, comments included. It is replaced in one step, and only by a
file that loads.
"""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from src.catalogue.learning import Proposal, as_toml, toml_line
from src.catalogue.triggers import Triggers, own_triggers
from src.errors import ConfigError, StateError
from src.files import replacing

if TYPE_CHECKING:
    from src.config.settings import Settings

CATEGORY: Final = "learned"
_HEADER: Final = re.compile(rf"\s*\[\s*triggers\s*\.\s*{CATEGORY}\s*\]\s*(#.*)?$")
_TERMS: Final = re.compile(r"\s*terms\s*=\s*\[\s*$")
_LOCK: Final = threading.Lock()


def words_file(settings: Settings) -> Path:
    """Where accepted words go: CATALOGUE_TRIGGERS_FILE, or triggers.toml in the app's home."""
    return own_triggers(settings) or settings.campaign_analyst_home / "triggers.toml"


def words_stamp(settings: Settings) -> tuple[str, int]:
    """Changes with the user's file of trigger words."""
    path = words_file(settings)
    try:
        return (str(path), path.stat().st_mtime_ns)
    except OSError:
        return (str(path), 0)


def accept(settings: Settings, proposals: Sequence[Proposal]) -> Path:
    """Add words to the category ``learned``; runs that begin from now on go by them.

    Returns:
        the file.

    Raises:
        ConfigError: the file is wrong, or keeps its category ``learned`` in another form than a
            table with a list over several lines. Nothing is changed.
        StateError: the file cannot be written. Nothing is changed.
    """
    path = words_file(settings)
    with _LOCK:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text:
            Triggers.load(path)  # a mistake that is there already is no fault of the new words
        known = tomllib.loads(text).get("triggers", {}).get(CATEGORY, {}).get("terms", [])
        new = [one for one in proposals if one.word not in known]
        if new:
            try:
                _write_checked(path, _with_words(text, new, path))
            except OSError as error:
                raise StateError(
                    f"The trigger words cannot be written: {error.strerror or error}.",
                    where=path.name,
                    kept="The words in use stay as they are.",
                    hint="Free the place, or add the words to the file yourself.",
                ) from None
    return path


def _with_words(text: str, new: Sequence[Proposal], path: Path) -> str:
    lines = text.splitlines()
    header = next((at for at, line in enumerate(lines) if _HEADER.match(line)), None)
    if header is None:
        if CATEGORY in tomllib.loads(text).get("triggers", {}):
            raise _other_form(path, new)
        before = text.rstrip("\n") + "\n\n" if text.strip() else ""
        return before + as_toml(new, CATEGORY)
    ends = (at for at in range(header + 1, len(lines)) if re.match(r"\s*\[", lines[at]))
    section = range(header + 1, next(ends, len(lines)))
    at = next((at for at in section if _TERMS.match(lines[at])), None)
    if at is None:
        raise _other_form(path, new)
    return "\n".join([*lines[: at + 1], *map(toml_line, new), *lines[at + 1 :], ""])


def _other_form(path: Path, new: Sequence[Proposal]) -> ConfigError:
    words = ", ".join(f'"{one.word}"' for one in new)
    return ConfigError(
        f"The category {CATEGORY} of the trigger words is not written as a list over several "
        "lines, to which words could be added.",
        where=path.name,
        kept="The file was not changed.",
        hint=f"Add them to its terms yourself: {words}.",
    )


def _write_checked(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
        Triggers.load(draft)
