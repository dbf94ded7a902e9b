"""The door for files of products: read in the cage, then iterated in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic_core import from_json

from src.catalogue.product_job import PRODUCTS
from src.catalogue.products import RowProblem, refuse
from src.catalogue.values import Product
from src.config.settings import get_settings
from src.data.ingestion.inspection import ReadOptions
from src.errors import DataFileError

_JOB: Final = "src.catalogue.product_job:read_products"
_SECONDS: Final = 30.0
_SECONDS_PER_MB: Final = 3.0
_MEMORY_MB: Final = 3072
_FILE_MB: Final = 8192
SAMPLE: Final = Path(__file__).parents[2] / "sample_data" / "products.csv"
_NO_PRODUCTS: Final = "Export the products again: one row each, under a header that names a title."


@dataclass(frozen=True, slots=True)
class ProductFile:
    """The products of one file, in its order; iterating reads them one by one.

    Attributes:
        source: the file's name as it was given.
        columns: role (id, title, category, language) to the file's own header.
        skipped: rows that were left out (the first thousand), `skipped_count` of them in all.
        notes: what was guessed or left out while reading.
    """

    path: Path
    source: str
    count: int
    columns: dict[str, str]
    skipped: tuple[RowProblem, ...] = ()
    skipped_count: int = 0
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Product]:
        with self.path.open("rb") as lines:
            for line in lines:
                yield Product(**from_json(line))


def read_products(
    path: Path, folder: Path, *, encoding: str | None = None, skip_bad_rows: bool = False
) -> ProductFile:
    """Read CSV, TSV, XLSX, JSON, JSON lines or Parquet into `folder`, which must be empty.

    Args:
        encoding: of a text file, e.g. ``cp1251``; found by evidence when None.
        skip_bad_rows: leave rows out that cannot be used instead of refusing the file.

    Raises:
        DataFileError: the file is missing, too large, not a table, has no titles, or has rows that
            cannot be used; it names row and column.
    """
    from src.data.cage.jobs import JobLimits, run_job

    limit = get_settings().upload_max_mb
    if path.is_dir():
        raise DataFileError(
            f"{path.name} is a folder.", where=path.name, hint="Name a file of products in it."
        )
    if not path.is_file():
        raise DataFileError(
            f"There is no file {path.name}.", where=path.name, hint="Check the path."
        )
    size = path.stat().st_size
    if size > limit << 20:
        raise DataFileError(
            f"{path.name} is larger than {limit} MB.",
            where=path.name,
            hint="Split it, or raise UPLOAD_MAX_MB.",
        )
    full, out = path.resolve(), folder.resolve()
    args = {
        "path": str(full),
        "label": path.name,
        "out": str(out),
        "options": ReadOptions(encoding=encoding).model_dump(mode="json"),
    }
    seconds = max(_SECONDS, _SECONDS_PER_MB * size / (1 << 20))
    limits = JobLimits(seconds=seconds, memory_mb=_MEMORY_MB, file_mb=_FILE_MB)
    try:
        result = run_job(_JOB, args, reads=[full], writes=out, limits=limits)
    except DataFileError as error:
        # What else is read so are reports.
        if error.hint and " period" in error.hint:
            error.hint = _NO_PRODUCTS
        elif error.hint:
            error.hint = error.hint.replace("the report", "the products")
        raise
    problems = tuple(RowProblem(*fields) for fields in result["problems"])
    if problems and (not skip_bad_rows or not result["count"]):
        count = result["problem_count"]
        raise refuse(path.name, problems, count, usable=bool(result["count"]))
    return ProductFile(
        path=out / PRODUCTS,
        source=path.name,
        count=result["count"],
        columns=result["columns"],
        skipped=problems,
        skipped_count=result["problem_count"],
        notes=tuple(result["notes"]),
    )
