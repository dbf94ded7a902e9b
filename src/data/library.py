"""The data sets of one owner on disk: add files, list, open, edit the model, remove.

Each data set is a folder with an immutable DuckDB file and JSON beside it. A folder appears whole,
by one rename, or not at all, so a crash half-way leaves nothing that could be opened. The folder of
an owner is named by a hash: no owner can name another's.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import stat
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from src.data.ingestion.caged import read_in_cage
from src.data.ingestion.inspection import Inspection, ReadOptions
from src.data.profile import Dataset
from src.data.profiling import dataset_from_json, dataset_to_json, profile_from_json
from src.data.semantic import SemanticModel
from src.errors import DataFileError, InputError
from src.files import replacing

SAMPLE_ID = "sample"
SAMPLE_FOLDER = Path(__file__).parents[2] / "sample_data"
DATABASE = "data.duckdb"
_RECORD = "dataset.json"
_READINGS = "inspection.json"
_STALE_SECONDS = 24 * 3600


class DataLibrary:
    """The data sets of `owner`, kept under `home`.

    Args:
        home: the state folder; created on first use.
        owner: whose data sets; another owner's are invisible.
    """

    def __init__(self, home: Path, owner: str) -> None:
        self._shared = Path(home) / "datasets"
        digest = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._root = self._shared / digest

    def add(
        self, path: Path, name: str | None = None, options: ReadOptions | None = None
    ) -> Dataset:
        """Read one file into a new data set. As `add_many`."""
        return self.add_many([path], name, options)

    def add_many(
        self, paths: Sequence[Path], name: str | None = None, options: ReadOptions | None = None
    ) -> Dataset:
        """Read files into one new data set, a table for each (for each sheet or archive member).

        Args:
            name: what people call it; the first file's name by default.
            options: what the user says about the files instead of leaving it to evidence.

        Raises:
            DataFileError: a file cannot be read as a table; nothing was added.
        """
        if not paths:
            raise InputError("No file was given.", hint="Choose at least one file.")
        dataset_id = uuid.uuid4().hex[:16]
        title = name or Path(paths[0]).name
        files = [Path(p) for p in paths]
        return self._build(self._root / dataset_id, files, dataset_id, title, options=options)

    def list(self) -> list[Dataset]:
        """The owner's data sets, newest first; the sample is not among them."""
        if not self._root.is_dir():
            return []
        found = [p for p in self._root.iterdir() if _is_id(p.name) and (p / _RECORD).is_file()]
        found.sort(key=lambda p: (-(p / DATABASE).stat().st_mtime, p.name))
        return [_read_record(p) for p in found]

    def find(self, paths: Sequence[Path]) -> Dataset | None:
        """The newest data set that was made of exactly these files, by name and content."""
        files = [Path(path) for path in paths]
        if not all(file.is_file() for file in files):
            return None
        fingerprint, names = _fingerprint(files), [file.name for file in files]
        same = (dataset for dataset in self.list() if dataset.fingerprint == fingerprint)
        return next(
            (d for d in same if [item.file for item in self.inspections(d.id)] == names), None
        )

    def open(self, dataset_id: str) -> tuple[Path, Dataset]:
        """The DuckDB file of a data set, and the data set.

        Raises:
            InputError: the owner has no such data set.
        """
        if dataset_id == SAMPLE_ID:
            dataset = self.sample()
            return self._sample_folder() / DATABASE, dataset
        folder = self._folder(dataset_id)
        return folder / DATABASE, _read_record(folder)

    def inspections(self, dataset_id: str) -> tuple[Inspection, ...]:
        """How each file of a data set was read.

        Raises:
            InputError: the owner has no such data set.
        """
        folder = self.open(dataset_id)[0].parent
        data = json.loads((folder / _READINGS).read_text(encoding="utf-8"))
        return tuple(Inspection.model_validate(item) for item in data)

    def save_model(self, dataset_id: str, model: SemanticModel) -> Dataset:
        """Keep an edited model for a data set.

        Raises:
            InputError: no such data set of this owner, or the model names columns that the data
                does not have.
        """
        if dataset_id == SAMPLE_ID:
            raise InputError("The sample's model cannot be edited.", hint="Upload a copy of it.")
        folder = self._folder(dataset_id)
        dataset = _read_record(folder)
        _check_model(model, dataset)
        changed = replace(dataset, model=model)
        _write(folder / _RECORD, dataset_to_json(changed))
        return changed

    def remove(self, dataset_id: str) -> None:
        """Delete a data set of this owner for good.

        Raises:
            InputError: no such data set of this owner.
        """
        folder = self._folder(dataset_id)
        doomed = self._root / f".removed-{uuid.uuid4().hex}"
        folder.rename(doomed)
        _delete(doomed)

    def sample(self) -> Dataset:
        """The shipped sample, read on first use and again whenever its file changes."""
        folder = self._sample_folder()
        if not (folder / _RECORD).is_file():
            source = _sample_file()
            self._build(folder, [source], SAMPLE_ID, "Sample campaigns", synthetic=True)
        return _read_record(folder)

    def _sample_folder(self) -> Path:
        digest = _fingerprint([_sample_file()])
        return self._shared / f"{SAMPLE_ID}-{digest[:16]}"

    def _folder(self, dataset_id: str) -> Path:
        folder = self._root / dataset_id
        if not _is_id(dataset_id) or not (folder / _RECORD).is_file():
            raise InputError(
                "There is no such data set.",
                where=f"data set {dataset_id[:40]!r}",
                hint="It may have been removed; the Data page lists what is there.",
            )
        return folder

    def _build(
        self,
        folder: Path,
        paths: Sequence[Path],
        dataset_id: str,
        name: str,
        *,
        options: ReadOptions | None = None,
        synthetic: bool = False,
    ) -> Dataset:
        """Read `paths` in a folder of their own, then move it into place in one step."""
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(folder.parent)
        building = folder.parent / f".building-{uuid.uuid4().hex}"
        building.mkdir(mode=0o700)
        try:
            result = read_in_cage(paths, building, name, options)
            dataset = Dataset(
                id=dataset_id,
                name=name,
                model=SemanticModel.model_validate(result["model"]),
                profile=profile_from_json(result["profile"]),
                fingerprint=_fingerprint(paths),
                synthetic=synthetic,
            )
            _write(building / _READINGS, result["inspections"])
            _write(building / _RECORD, dataset_to_json(dataset))
            (building / DATABASE).chmod(stat.S_IRUSR | stat.S_IRGRP)
            with suppress(FileExistsError):
                _move(building, folder)
            return dataset
        finally:
            _delete(building)


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:
        if not (target / _RECORD).is_file():
            raise
        raise FileExistsError(target) from None


def _sample_file() -> Path:
    for name in ("campaigns.parquet", "campaigns.csv"):
        if (SAMPLE_FOLDER / name).is_file():
            return SAMPLE_FOLDER / name
    raise DataFileError(
        "The sample data is missing.",
        where=SAMPLE_FOLDER.name,
        hint="Run `make sample-data`, or upload a file of your own.",
    )


def _fingerprint(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{16}", text))


def _read_record(folder: Path) -> Dataset:
    return dataset_from_json(json.loads((folder / _RECORD).read_text(encoding="utf-8")))


def _write(target: Path, data: Any) -> None:
    with replacing(target) as draft:
        draft.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _check_model(model: SemanticModel, dataset: Dataset) -> None:
    for table in model.tables:
        known = dataset.profile.tables.get(table.name)
        if known is None:
            raise InputError(f"The data has no table {table.name!r}.", where=table.name)
        for column in table.columns:
            if column.name not in known.columns:
                raise InputError(
                    f"The table {table.name} has no column {column.name!r}.",
                    where=f"{table.name}.{column.name}",
                )


def _sweep(root: Path) -> None:
    """Clear what a crash left behind, once it is old enough that nobody can be writing it."""
    for left in (*root.glob(".building-*"), *root.glob(".removed-*")):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                _delete(left)


def _delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
