"""Starts the reading job in the cage; the app's own process never opens an upload."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from src.config.settings import get_settings
from src.data.ingestion.inspection import Inspection, ReadOptions
from src.errors import DataFileError

_JOB = "src.data.ingestion.job:read_files"
# A small file that takes long is a bomb; a large one needs its time on a busy machine.
_SECONDS = 30.0
_SECONDS_PER_FURTHER_FILE = 5.0
_SECONDS_PER_MB = 3.0
_MEMORY_MB = 3072
_FILE_MB = 8192


def read_in_cage(
    paths: Sequence[Path], out: Path, name: str, options: ReadOptions | None = None
) -> dict[str, Any]:
    """Read `paths` into the folder `out`; what comes back is described in `job.read_files`.

    Raises:
        DataFileError: a file is missing, too large, or cannot be read as a table.
    """
    from src.data.cage.jobs import JobLimits, run_job

    limit = get_settings().upload_max_mb
    for path in paths:
        if not path.is_file():
            raise DataFileError(
                f"There is no file {path.name}.", where=path.name, hint="Check the path."
            )
        if path.stat().st_size > limit << 20:
            raise DataFileError(
                f"{path.name} is larger than {limit} MB.",
                where=path.name,
                hint="Export a shorter period or fewer columns, or raise UPLOAD_MAX_MB.",
            )
    resolved = [path.resolve() for path in paths]
    args = {
        "files": [
            {"path": str(full), "label": path.name}
            for full, path in zip(resolved, paths, strict=True)
        ],
        "out": str(out.resolve()),
        "name": name,
        "options": (options or ReadOptions()).model_dump(mode="json"),
    }
    size = sum(path.stat().st_size for path in resolved) / (1 << 20)
    seconds = max(_SECONDS, _SECONDS_PER_MB * size)
    seconds += _SECONDS_PER_FURTHER_FILE * (len(resolved) - 1)
    limits = JobLimits(seconds=seconds, memory_mb=_MEMORY_MB, file_mb=_FILE_MB)
    result: dict[str, Any] = run_job(_JOB, args, reads=resolved, writes=out, limits=limits)
    return result


def inspect_file(path: Path, options: ReadOptions | None = None) -> Inspection:
    """How the file at `path` would be read, and why. Nothing is kept.

    Raises:
        DataFileError: the file cannot be read as a table.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="inspect-") as folder:
        result = read_in_cage([path], Path(folder), path.name, options)
    return Inspection.model_validate(result["inspections"][0])
