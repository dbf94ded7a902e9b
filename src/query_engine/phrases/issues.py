"""What is odd about the data, in the question's language."""

from __future__ import annotations

import datetime as dt

from src.data.profile import DataIssue
from src.query_engine.phrases import Language, capital, day, label_in, listed, say


def issue_text(issue: DataIssue, language: Language) -> str:
    """The issue in words; in English where it was found before its figures were kept."""
    if language == "en" or not issue.figures:
        return issue.message if issue.message.endswith(".") else f"{issue.message}."
    figures, key = issue.figures, f"issue.{issue.rule}"
    if figures.get("gaps", 1) > 1:
        key = "issue.many_gaps"
    days = [day(language, dt.date.fromisoformat(text)) for text in figures.get("days", ())]
    if figures.get("more"):
        days = [say(language, "word.more", shown=", ".join(days), count=figures["more"])]
    lists = {name: listed(language, value) for name, value in figures.items() if _is_list(value)}
    told = {
        **figures,
        **lists,
        "on": say(language, "issue.when.days", days=listed(language, days)) if days else "",
        "share": say(language, "word.percent", value=round(100 * figures.get("share", 0))),
    }
    return say(language, key, **{**told, **_place(issue, language)})


def _place(issue: DataIssue, language: Language) -> dict[str, str]:
    """When and where it is, each with the space that parts it from the sentence."""
    when = ""
    if issue.start and issue.end:
        key = "on" if issue.start == issue.end else "from_to"
        when = say(language, f"issue.when.{key}", start=issue.start, end=issue.end)
    owner, value = issue.figures.get("owner"), issue.figures.get("value")
    name = capital(label_in(language, str(owner))) if owner else ""
    where = say(language, "issue.where", owner=name, value=value) if owner else ""
    return {"when": when, "where": where}


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)
