"""`doctor`: the examination of the model map as a table."""

from __future__ import annotations

from typing import Any

from src.shell.words import line


def doctor_document(ask: bool) -> dict[str, Any]:
    """What `src.llm.doctor.examine` finds with the process's settings."""
    from src.llm.doctor import examine
    from src.llm.router import get_router

    return examine(get_router(), ask=ask)


def doctor_words(document: dict[str, Any]) -> str:
    """Providers, models and what to do, in lines."""
    lines = [f"Profile {document['profile']} on {document['today']}", "", "Providers"]
    lines += _table(
        ("provider", "address", "key", "reachable"),
        [
            (row["provider"], row["address"] or "-", _key(row), _yes_no(row["reachable"]))
            for row in document["providers"]
        ],
    )
    lines += ["", "Models"]
    lines += _table(
        ("model", "price", "last day", "life", "served", "tasks"),
        [
            (
                row["model"],
                "known" if row["priced"] else "unknown",
                f"{row['retires']} ({row['says_so']})" if row["retires"] else "-",
                row["life"],
                _yes_no(row["served"]),
                ", ".join(row["tasks"]),
            )
            for row in document["models"]
        ],
    )
    if document["offline"]:
        lines += ["", "No model can be asked: the offline engine answers."]
    if document["findings"]:
        lines += ["", *(line(finding) for finding in document["findings"])]
    return "\n".join(lines)


def _key(row: dict[str, Any]) -> str:
    if row["missing"]:
        return "missing"
    if row["key_in"] is None:
        return "not needed"
    works = {True: "works", False: "rejected", None: "found"}[row["key_works"]]
    return f"{works} ({row['key_in']})"


def _yes_no(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "-"}[value]


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]
