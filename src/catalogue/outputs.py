"""The finished texts as a file: JSON lines, CSV, XLSX or Parquet, one row for each text.

Written beside its place and moved there whole, in the order of the input, so that two runs over the
same results give the same file. What a spreadsheet would run as a formula is made text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

from src.catalogue.journal import Entry, Journal
from src.catalogue.tasks import Keys
from src.catalogue.values import CopyTask
from src.errors import InputError, StateError
from src.files import replacing
from src.reporting.exports import EXCEL_TEXT_LIMIT, safe_text

FORMATS: Final = (".jsonl", ".csv", ".xlsx", ".parquet")
_ROWS_AT_ONCE: Final = 2_000
_SHEET_ROWS: Final = 1_048_575  # below the header
_WIDTHS: Final = (16, 12, 40, 20, 9, 80, 10, 12, 22, 24, 14, 10, 12)


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One text. `engine` is ``model`` or ``offline`` (the deterministic template); `cost_usd` is
    empty when unknown; `review` is a person's verdict, if any."""

    product_id: str
    type: str
    title: str
    category: str
    language: str
    text: str
    engine: str
    provider: str
    model: str
    route: str
    failed_over: str
    review: str
    cost_usd: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file got.

    Attributes:
        texts: rows written; `rejected` were left out on a person's word.
        failed: texts that nobody could write; they are in the file `failures` with their reasons.
        missing: not written yet.
    """

    path: Path
    texts: int
    failed: int
    missing: int
    rejected: int
    failures: Path | None


def check_format(path: Path) -> None:
    """Whether `path` names a format that can be written.

    Raises:
        InputError: it does not.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{path.name} is not a format that can be written.",
            where=path.name,
            hint=f"End its name with one of {', '.join(FORMATS)}.",
        )


def failures_path(path: Path) -> Path:
    """Where the items that failed go, beside the output."""
    return path.with_name(f"{path.stem}.failed.jsonl")


def export(path: Path, tasks: Iterable[CopyTask], journal: Journal, keys: Keys) -> Exported:
    """Write what the journal has for `tasks`, and the failures beside it.

    Raises:
        InputError: the file's name ends in no known format.
        StateError: the file cannot be written; what was there before is unchanged.
    """
    check_format(path)
    counts = {"texts": 0, "failed": 0, "missing": 0, "rejected": 0}
    failures = failures_path(path)
    write_rows = _WRITERS[path.suffix.lower()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as out, replacing(failures) as bad, bad.open("wb") as lost:

            def rows() -> Iterator[OutputRow]:
                for task in tasks:
                    entry = journal.find(keys.of(task))
                    kind = _kind(entry)
                    counts[kind] += 1
                    if entry is not None and kind == "texts":
                        yield _row(task, entry)
                    elif entry is not None and kind == "failed":
                        lost.write(_json_line(_failure(task, entry)))

            write_rows(out, rows())
        if not counts["failed"]:
            failures.unlink()
    except OSError as error:
        raise StateError(
            f"{path.name} cannot be written: {error.strerror or error}.",
            where=path.name,
            kept="Every text is in the journal.",
            hint="Free the place or name another file with --out, and start again: nothing is "
            "paid twice.",
        ) from None
    return Exported(path=path, failures=failures if counts["failed"] else None, **counts)


def _kind(entry: Entry | None) -> str:
    if entry is None:
        return "missing"
    if entry.reviewed == "rejected":
        return "rejected"
    return "failed" if entry.text is None else "texts"


def _row(task: CopyTask, entry: Entry) -> OutputRow:
    made = entry.copy
    cost = made.cost if made else None
    return OutputRow(
        product_id=task.product_id,
        type=task.type,
        title=task.title,
        category=task.category,
        language=task.rules.language or "",
        text=entry.text or "",
        engine=made.engine if made else "",
        provider=made.provider if made else "",
        model=made.model if made else "",
        route=made.route if made else "",
        failed_over=made.failed_over if made else "",
        review=entry.reviewed or "",
        cost_usd="" if cost is None else f"{cost:f}",
    )


def _failure(task: CopyTask, entry: Entry) -> dict[str, Any]:
    return {
        "product_id": task.product_id,
        "type": task.type,
        "title": task.title,
        "reasons": list(entry.reasons),
        "may_pass": entry.temporary,
    }


def _json_line(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _write_jsonl(path: Path, rows: Iterator[OutputRow]) -> None:
    with path.open("wb") as out:
        for row in rows:
            out.write(_json_line(asdict(row)))


def _write_csv(path: Path, rows: Iterator[OutputRow]) -> None:
    # Excel reads UTF-8 only after a byte-order mark.
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(_names())
        writer.writerows([safe_text(cell) for cell in astuple(row)] for row in rows)


def _write_xlsx(path: Path, rows: Iterator[OutputRow]) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "tmpdir": str(path.parent),
    }  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet, at = None, 0
        for row in rows:
            if sheet is None or at == _SHEET_ROWS:
                sheet, at = _new_sheet(book, bold), 0
            at += 1
            for column, cell in enumerate(astuple(row)):
                sheet.write_string(at, column, cell[:EXCEL_TEXT_LIMIT])
        if sheet is None:
            _new_sheet(book, bold)


def _new_sheet(book: Any, bold: Any) -> Any:
    sheet = book.add_worksheet()
    for column, (name, width) in enumerate(zip(_names(), _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _write_parquet(path: Path, rows: Iterator[OutputRow]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in _names()])
    with pq.ParquetWriter(path, schema) as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(asdict(row))
            if len(batch) == _ROWS_AT_ONCE:
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
                batch.clear()
        if batch:
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))


_WRITERS: Final[dict[str, Callable[[Path, Iterator[OutputRow]], None]]] = {
    ".jsonl": _write_jsonl,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}


def _names() -> list[str]:
    return [field.name for field in fields(OutputRow)]
