"""`ask` and `resume`: as far as the flags allow, then stop and say what a person must decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.config.settings import get_settings
from src.errors import InputError
from src.shell import words
from src.shell.documents import analysis_document
from src.shell.outcome import Exit, say, say_json, warn
from src.workflow import states
from src.workflow.analysis import AnalysisSession, Analyst
from src.workflow.questions import clean_question

_REPORT_SUFFIXES = (".html", ".md")


@dataclass(frozen=True, slots=True)
class Wishes:
    """The flags of the command: how far to go, in whose name, and what to leave behind."""

    choose: int | None
    approve: bool
    by: str | None
    insights: bool
    report: Path | None
    as_json: bool


def owner() -> str:
    """Whose analyses the shell works on."""
    return get_settings().campaign_analyst_user or "local"


def ask_question(
    question: str, data: Sequence[Path] | None, database: str | None, wishes: Wishes
) -> Exit:
    """Ask a new question. Raises what `Analyst.open` and `Analyst.ask` raise."""
    question = clean_question(question)
    _check_report(wishes.report)
    analyst = Analyst.open(data=data or None, database_url=database, owner=owner())
    try:
        return _go_on(analyst.ask(question), wishes)
    finally:
        analyst.close()


def resume_session(session_id: str, database: str | None, wishes: Wishes) -> Exit:
    """Go on with a stored analysis. Raises what `Analyst.resume` raises."""
    _check_report(wishes.report)
    analyst = Analyst.open(database_url=database, owner=owner())
    try:
        return _go_on(analyst.resume(session_id), wishes)
    finally:
        analyst.close()


def _check_report(path: Path | None) -> None:
    """Refuse a report that cannot be written before any work is done for it."""
    if path is None:
        return
    if path.suffix.lower() not in _REPORT_SUFFIXES:
        raise InputError(
            f"A report cannot be written as {path.suffix or 'a file without a suffix'}.",
            where=str(path),
            hint=f"End the name in {' or '.join(_REPORT_SUFFIXES)}.",
        )
    if not path.absolute().parent.is_dir():
        raise InputError(
            "The folder for the report does not exist.",
            where=str(path.parent),
            hint="Create it first, or name another.",
        )


def _go_on(session: AnalysisSession, wishes: Wishes) -> Exit:
    if isinstance(session.state, states.Asked):
        session.clarify()
    if not session.interpretations:
        return _refused(session, wishes)
    certain = _draft_something(session, wishes.choose)
    draft = session.draft
    assert draft is not None
    if not draft.guard.allowed:
        return _stopped(session, wishes, "blocked", Exit.GUARD)
    if not certain:
        return _stopped(session, wishes, "needs_choice", Exit.DECISION)
    if not wishes.approve and session.approved is None:
        return _stopped(session, wishes, "needs_approval", Exit.DECISION)
    return _answered(session, wishes)


def _draft_something(session: AnalysisSession, choose: int | None) -> bool:
    """Have SQL written; True when a person or the lead of one reading decided for which."""
    if choose is not None:
        session.choose(choose)
        return True
    if isinstance(session.state, states.Interpreted):
        lead = session.leading
        session.choose(0 if lead is None else lead)
        return lead is not None
    if isinstance(session.state, states.Chosen):
        session.redraft()
    return True


def _answered(session: AnalysisSession, wishes: Wishes) -> Exit:
    approved = session.approved or session.approve(by=wishes.by or owner())
    result = session.run(approved)
    if wishes.insights or wishes.report:
        session.insights()
    report = str(session.report(wishes.report)) if wishes.report else None
    if wishes.as_json:
        say_json(_document(session, "done", report))
        return Exit.DONE
    draft = session.draft
    assert draft is not None
    say(f"{words.heading(session)}\n")
    say(f"{words.reading(session)}\n")
    say(f"{words.draft(draft, str(session.badge), None)}\n")
    plan = draft.plan
    say(words.table(result, session.columns, plan.language if plan else "en"))
    if wishes.insights:
        say(f"\n{words.insights(session)}")
    if report:
        say(f"\nReport: {report}")
    return Exit.DONE


def _stopped(session: AnalysisSession, wishes: Wishes, status: str, code: Exit) -> Exit:
    """Show what there is to decide on, and how to go on."""
    draft, clarification = session.draft, session.clarification
    assert draft is not None
    assert clarification is not None
    if wishes.as_json:
        say_json(_document(session, status))
    else:
        say(f"{words.heading(session)}\n\n{words.readings(clarification)}\n")
        say(words.draft(draft, str(session.badge), _index(session)))
    warn("\n" + _next_step(session, status))
    return code


def _next_step(session: AnalysisSession, status: str) -> str:
    command = f"python -m src resume {session.id}"
    if status == "blocked":
        return "The guard refused this SQL; nothing ran. Reword the question, or choose another."
    if status == "needs_choice":
        last = len(session.interpretations) - 1
        return (
            "Nothing ran: several readings are about as likely, and one must be chosen.\n"
            f"Choose with: {command} --choose N    (N from 0 to {last}; --approve runs its SQL)"
        )
    lines = [
        "Nothing ran: the SQL is not approved.",
        f"Run exactly this SQL with: {command} --approve",
    ]
    if len(session.interpretations) > 1:
        lines.append(f"Take another reading with: {command} --choose N")
    return "\n".join(lines)


def _refused(session: AnalysisSession, wishes: Wishes) -> Exit:
    clarification = session.clarification
    assert clarification is not None
    if wishes.as_json:
        say_json(_document(session, "refused"))
    warn(f"{words.heading(session)}\n\n{words.refusal(clarification)}")
    return Exit.INPUT


def _document(session: AnalysisSession, status: str, report: str | None = None) -> dict[str, Any]:
    return analysis_document(session, status, shown=_index(session), report=report)


def _index(session: AnalysisSession) -> int | None:
    state = session.state
    return state.choice if isinstance(state, states.WithChoice) else None
