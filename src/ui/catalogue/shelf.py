"""The catalogues of one owner on disk: read a file of products, list, open, settle, remove.

A catalogue is a folder: the products as they were read, what was chosen for them, the journal of
texts, and how the last run ended. It appears whole, by one rename, or not at all. The folder of an
owner is named by a hash: no owner can name another's.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import re
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from src.catalogue.product_files import ProductFile, read_products
from src.catalogue.product_job import PRODUCTS
from src.catalogue.values import STRATEGIES, Language, Strategy
from src.errors import InputError, StateError
from src.files import replacing

JOURNAL: Final = "copy.journal"
_ABOUT: Final = "catalogue.json"
_CHOICES: Final = "choices.json"
_STATUS: Final = "status.json"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_SKIPPED_KEPT: Final = 100
State = Literal["new", "running", "waiting", "done", "cancelled", "budget", "failed"]
Mode = Literal["live", "batch"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for a catalogue.

    Attributes:
        openai_share: percent of the texts for OpenAI under ``load_balance``; the rest is Claude's.
        budget: dollars the run may cost in all; None: no bound of its own.
        mode: ``batch`` hands the texts to the providers' batch services.
        edits: changes to the shipped templates, as `edited_templates` takes them.
    """

    types: tuple[str, ...] = ("description", "seo")
    strategy: Strategy = "smart"
    openai_share: int = 50
    budget: Decimal | None = None
    offline: bool = True
    mode: Mode = "live"
    edits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> Choices:
        """What the texts and their price depend on; how they come about is left at its default."""
        return replace(self, budget=None, offline=True, mode="live")

    @property
    def weights(self) -> dict[str, float] | None:
        """Shares for ``load_balance``."""
        if self.strategy != "load_balance":
            return None
        return {"openai": float(self.openai_share), "claude": float(100 - self.openai_share)}


@dataclass(frozen=True, slots=True)
class Status:
    """How far the texts are: `progress` is `Progress.to_dict` of the last run, empty before it.

    Attributes:
        state: ``running`` without a run in this process is a run that was interrupted;
            ``waiting``: texts are in batches at the providers.
    """

    state: State = "new"
    progress: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One file of products.

    Attributes:
        columns: role (id, title, category, language) to the file's own header.
        languages: products of each language.
        skipped: why rows were left out, the first of them; `skipped_count` in all.
    """

    id: str
    folder: Path
    name: str
    created: dt.datetime
    count: int
    columns: Mapping[str, str]
    languages: Mapping[Language, int]
    skipped: tuple[str, ...]
    skipped_count: int
    notes: tuple[str, ...]

    @property
    def products(self) -> ProductFile:
        """The products, read one by one."""
        return ProductFile(self.folder / PRODUCTS, self.name, self.count, dict(self.columns))

    @property
    def journal(self) -> Path:
        """Where the texts are kept."""
        return self.folder / JOURNAL

    def choices(self) -> Choices:
        """What was chosen last."""
        stored = _read(self.folder / _CHOICES)
        try:
            budget = stored.get("budget")
            return Choices(
                types=tuple(map(str, stored["types"])),
                strategy=STRATEGIES[STRATEGIES.index(stored["strategy"])],
                openai_share=int(stored["openai_share"]),
                budget=None if budget is None else Decimal(budget),
                offline=bool(stored["offline"]),
                mode="batch" if stored.get("mode") == "batch" else "live",
                edits=dict(stored["edits"]),
            )
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return Choices()  # nothing was chosen yet, or the file is damaged

    def choose(self, **changes: Any) -> Choices:
        """Keep the choices with `changes` applied."""
        chosen = replace(self.choices(), **changes)
        budget = None if chosen.budget is None else str(chosen.budget)
        _write(self.folder / _CHOICES, asdict(chosen) | {"budget": budget})
        return chosen

    def status(self) -> Status:
        """How the last run ended."""
        stored = _read(self.folder / _STATUS)
        progress = stored.get("progress")
        return Status(stored.get("state", "new"), progress if isinstance(progress, dict) else {})

    def settle(self, state: State, progress: Mapping[str, Any]) -> None:
        """Keep how a run goes or ended."""
        _write(self.folder / _STATUS, {"state": state, "progress": dict(progress)})


class Shelf:
    """The catalogues of `owner`, kept under `home`; another owner's are invisible."""

    def __init__(self, home: Path, owner: str) -> None:
        digest = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._root = Path(home) / "catalogues" / digest

    def add(self, path: Path, *, encoding: str | None = None) -> Catalogue:
        """Read a file of products in the cage. Rows that cannot be used are left out and named.

        Raises:
            DataFileError: the file cannot be read as products; nothing was kept.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="reading-", dir=self._root) as place:
            folder = Path(place) / "catalogue"
            folder.mkdir()
            read = read_products(path, folder, encoding=encoding, skip_bad_rows=True)
            about = {
                "name": path.name,
                "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "count": read.count,
                "columns": read.columns,
                "languages": Counter(product.language for product in read),
                "skipped": [str(problem) for problem in read.skipped[:_SKIPPED_KEPT]],
                "skipped_count": read.skipped_count,
                "notes": read.notes,
            }
            _write(folder / _ABOUT, about)
            target = self._root / uuid.uuid4().hex
            folder.rename(target)
        return _catalogue(target)

    def list(self) -> list[Catalogue]:
        """The owner's catalogues, newest first."""
        if not self._root.is_dir():
            return []
        found: list[Catalogue] = []
        for folder in self._root.iterdir():
            # One damaged record must not hide the others.
            with contextlib.suppress(StateError):
                if _ID.fullmatch(folder.name) and (folder / _ABOUT).is_file():
                    found.append(_catalogue(folder))
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    def get(self, catalogue_id: str) -> Catalogue:
        """One catalogue.

        Raises:
            InputError: the owner has no such catalogue.
        """
        folder = self._root / catalogue_id
        if not _ID.fullmatch(catalogue_id) or not (folder / _ABOUT).is_file():
            raise InputError(
                "This catalogue is not there.",
                kept="Your other catalogues are listed below.",
                hint="It may have been removed, or belong to somebody else.",
            )
        return _catalogue(folder)

    def remove(self, catalogue_id: str) -> None:
        """Delete a catalogue with its texts for good.

        Raises:
            InputError: the owner has no such catalogue.
        """
        folder = self.get(catalogue_id).folder
        # Out of sight at once, so that a half-deleted one is never listed.
        aside = folder.with_name(f"removed-{uuid.uuid4().hex}")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def _catalogue(folder: Path) -> Catalogue:
    about = _read(folder / _ABOUT)
    try:
        return Catalogue(
            id=folder.name,
            folder=folder,
            name=about["name"],
            created=dt.datetime.fromisoformat(about["created"]),
            count=about["count"],
            columns=about["columns"],
            languages=about["languages"],
            skipped=tuple(about["skipped"]),
            skipped_count=about["skipped_count"],
            notes=tuple(about["notes"]),
        )
    except (KeyError, ValueError):
        raise StateError(
            "The record of a catalogue is damaged.",
            where=f"{folder.name}/{_ABOUT}",
            kept="The products and the journal of its texts are still in its folder.",
            hint="Read the file of products again.",
        ) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _write(path: Path, value: Any) -> None:
    """Put a file in its place whole."""
    text = json.dumps(value, ensure_ascii=False)
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="replace")
