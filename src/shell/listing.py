"""`sessions`, `inspect` and `usage`: what there is, as JSON and in words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from src.config.settings import get_settings
from src.errors import DataFileError
from src.shell.experiments import experiments_rows, experiments_words
from src.shell.words import line


def sessions_document(search: str | None, limit: int) -> dict[str, Any]:
    """The shell user's analyses, newest first."""
    from src.shell.asking import owner
    from src.workflow.store import open_store

    found = open_store(get_settings().state_url).search(owner(), search, limit)
    return {
        "sessions": [
            {
                "session": entry.id,
                "question": entry.question,
                "stage": entry.stage,
                "dataset": {"id": entry.dataset_id, "name": entry.dataset_name},
                "created_at": entry.created_at.isoformat(),
                "updated_at": entry.updated_at.isoformat(),
                "running": entry.running,
            }
            for entry in found
        ]
    }


def sessions_words(document: dict[str, Any]) -> str:
    """The list in lines: id, day, step, question."""
    lines = [
        f"{row['session']}  {row['updated_at'][:16]}  {row['stage']:<11}  {line(row['question'])}"
        for row in document["sessions"]
    ]
    return "\n".join(lines) or "There are no analyses yet."


def inspection_document(file: Path) -> dict[str, Any]:
    """How `file` would be read.

    Raises:
        DataFileError: it is not there or cannot be read as a table.
    """
    if not file.is_file():
        raise DataFileError(
            f"There is no file {file.name}.", where=str(file), hint="Check the name and the folder."
        )
    from src.data.ingestion.caged import inspect_file

    return inspect_file(file).to_dict()


def inspection_words(document: dict[str, Any]) -> str:
    """How the file would be read, a table after another."""
    lines = [f"File: {line(document['file'])}, {document['size']:,} bytes"]
    for table in document["tables"]:
        lines += _table_words(table)
    return "\n".join(lines)


def usage_document() -> dict[str, Any]:
    """What model calls cost so far, in total and by task, model and day, and what experiments have
    shown; dollars and seconds."""
    from src.llm import usage
    from src.llm.router import get_router

    router = get_router()
    ledger = router.ledger
    figures: dict[str, Any] = _jsonable(
        {
            "total": usage.summary(ledger),
            "tasks": usage.by_task(ledger),
            "models": usage.series(ledger, "model"),
            "days": usage.series(ledger, "day"),
        }
    )
    return figures | {"experiments": experiments_rows(router)}


def usage_words(document: dict[str, Any]) -> str:
    """The figures in lines: totals, then a line for each task and model, then the experiments."""
    lines = [_figures("All calls", document["total"])]
    for task, figures in document["tasks"].items():
        served = f", last served by {figures['served_by']}" if figures["served_by"] else ""
        lines.append(_figures(f"  {task}", figures) + served)
    lines += [_figures(f"  {row['key']}", row) for row in document["models"]]
    lines += experiments_words(document["experiments"])
    return "\n".join(lines)


def _table_words(table: dict[str, Any]) -> list[str]:
    facts = [table["format"], table["encoding"], table["encoding_evidence"]]
    if table["delimiter"]:
        facts.append(f"delimiter {table['delimiter']!r}")
    if table["header_line"]:
        facts.append(f"header in line {table['header_line']}")
    lines = [
        "",
        f"Table {line(table['table'])} from {line(table['source'])}",
        "  " + ", ".join(line(str(fact)) for fact in facts if fact),
        f"  {table['rows_in']:,} rows in the file, {table['rows_loaded']:,} loaded, "
        f"{table['rows_dropped']:,} left out",
        "  Columns:",
    ]
    for column in table["columns"]:
        header = "" if column["header"] == column["name"] else f" (in the file: {column['header']})"
        parts = [column["type"], column["role"], column["concept"], column["format"]]
        known = ", ".join(str(part) for part in parts if part)
        lines.append(f"    {line(column['name'])}{line(header)}: {line(known)}")
    lines += [
        f"  {item['kind'].capitalize()}: {line(item['message'])}" for item in table["changes"]
    ]
    lines += [f"  Warning: {line(text)}" for text in table["warnings"]]
    return lines


def _figures(name: str, row: dict[str, Any]) -> str:
    cost = f"${row['cost']:.4f}"
    if row.get("unknown_costs"):
        cost += f" and {row['unknown_costs']} calls of unknown cost"
    speed = f", p50 {row['p50']:.2f} s, p95 {row['p95']:.2f} s" if row.get("p50") else ""
    return f"{name}: {row['calls']:,} calls, {cost}{speed}"


def _jsonable(value: Any) -> Any:
    """`value` with exact dollars as numbers."""
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
