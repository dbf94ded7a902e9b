"""The one error family every layer raises: what happened, where, what was kept, what to do.

A screen, the shell and JSON show the same four parts, so an error is worded once, where it is
known best, and never again on the way up.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AnalystError(Exception):
    """Base of all errors a person may see.

    Args:
        message: what happened, in plain words, without a trailing traceback or key material.
        where: the file, line, column, setting or step it happened in.
        kept: what is still there after the error.
        hint: the next action that helps.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        kept: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.kept = kept
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.hint) if part)

    def to_dict(self) -> dict[str, Any]:
        """The error as JSON-ready data: code, message, where, kept, hint."""
        return {
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "kept": self.kept,
            "hint": self.hint,
        }


class ConfigError(AnalystError):
    """A setting or a configuration file is wrong; `where` names the file, line or variable."""

    code = "config"


class InputError(AnalystError):
    """What the user gave cannot be used: an empty question, an unreadable file, a bad option."""

    code = "input"


class DataFileError(InputError):
    """An upload cannot be read as a table; `where` names the file and, if known, the line."""

    code = "data_file"


class PlanError(InputError):
    """A query plan names something the data does not have, or asks for the impossible."""

    code = "plan"


class IllegalTransition(AnalystError):
    """A step of the analysis was taken out of order."""

    code = "illegal_transition"


class StepConflict(IllegalTransition):
    """The step is being done, or was done, by another click, tab or process; nothing ran twice."""

    code = "conflict"


class StateError(AnalystError):
    """The state database or something stored in it cannot be used; `where` says which."""

    code = "state"


class NotApproved(AnalystError):
    """SQL that nobody approved, or that changed after approval, was about to run."""

    code = "not_approved"


class ExecutionError(AnalystError):
    """The engine could not finish an approved query. The analysis is kept at its step."""

    code = "execution"


class QueryTimeout(ExecutionError):
    """The query was stopped at its time limit."""

    code = "timeout"


class QueryOutOfMemory(ExecutionError):
    """The query needed more memory than its limit."""

    code = "out_of_memory"


class WorkerCrashed(ExecutionError):
    """The engine process died while it ran the query; the app and other queries are unaffected."""

    code = "crashed"


class QueryCancelled(ExecutionError):
    """The user cancelled the query."""

    code = "cancelled"


class SqlFailed(ExecutionError):
    """The engine refused or failed the SQL: unknown column, type mismatch, conversion error."""

    code = "sql_failed"


class EngineBusy(ExecutionError):
    """Every worker is in use; nothing was started."""

    code = "busy"
