"""What a person chose for the screens: the data set in use and how numbers are written.

One small JSON file an owner in the app's home, so that a reload or another tab finds it again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from src.config.settings import get_settings
from src.files import replacing

NUMBER_LOCALES: Final = ("en", "de", "fr", "ru")


@dataclass(frozen=True, slots=True)
class Preferences:
    """Attributes:
    dataset_id: an upload of this owner; None for the data the app was started with.
    number_locale: CLDR locale for numbers and dates.
    """

    dataset_id: str | None = None
    number_locale: str = "en"


def load_preferences(owner: str) -> Preferences:
    """The owner's choices; the defaults where there are none or the file cannot be read."""
    try:
        stored = json.loads(_path(owner).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Preferences()
    return _read(stored) if isinstance(stored, dict) else Preferences()


def change_preferences(owner: str, **changes: Any) -> Preferences:
    """Store the owner's choices with `changes` applied; returns them."""
    chosen = _read({**asdict(load_preferences(owner)), **changes})
    path = _path(owner)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_text(json.dumps(asdict(chosen)), encoding="utf-8")
    return chosen


def _read(stored: dict[str, Any]) -> Preferences:
    dataset_id, locale = stored.get("dataset_id"), stored.get("number_locale")
    return Preferences(
        dataset_id=dataset_id if isinstance(dataset_id, str) else None,
        number_locale=locale if isinstance(locale, str) and locale in NUMBER_LOCALES else "en",
    )


def _path(owner: str) -> Path:
    digest = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return get_settings().campaign_analyst_home / "preferences" / f"{digest}.json"
