"""Exit codes, standard output and standard error of every command.

Standard output carries the answer and nothing else; with ``--json`` it is one JSON document, also
when the command fails. Errors go to standard error in their four parts, never as a traceback.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, TextIO

from src.errors import (
    AnalystError,
    ConfigError,
    IllegalTransition,
    InputError,
    NotApproved,
    StepConflict,
)


class Exit(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    FAILED = 1
    INPUT = 2
    DECISION = 3
    GUARD = 4
    PROVIDER = 5
    INTERRUPTED = 130


def exit_of(error: AnalystError) -> Exit:
    """The exit code that tells of `error`."""
    if isinstance(error, NotApproved):
        return Exit.GUARD
    if isinstance(error, StepConflict):
        return Exit.FAILED
    if isinstance(error, InputError | ConfigError | IllegalTransition):
        return Exit.INPUT
    models = sys.modules.get("src.llm.errors")
    if models is not None and isinstance(error, models.LLMError):
        return Exit.PROVIDER
    return Exit.FAILED


def say(text: str) -> None:
    """Write `text` and a newline to standard output."""
    _write(sys.stdout, text)


def say_json(document: dict[str, Any]) -> None:
    """Write `document` as indented JSON, in UTF-8, to standard output."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False, default=str)
    _write(sys.stdout, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def warn(text: str) -> None:
    """Write `text` and a newline to standard error."""
    _write(sys.stderr, text)


def warn_of(error: AnalystError) -> None:
    """Write what happened, where, what was kept and what to do to standard error."""
    lines = [f"Error: {error.message}"]
    for name, part in (("Where", error.where), ("Kept", error.kept), ("Hint", error.hint)):
        if part:
            lines.append(f"{name}: {part}")
    warn("\n".join(lines))


@contextlib.contextmanager
def reported(as_json: bool) -> Iterator[None]:
    """Turn whatever goes wrong inside into words on standard error and an exit code."""
    try:
        yield
    except AnalystError as error:
        warn_of(error)
        if as_json:
            say_json({"status": "error", "error": error.to_dict()})
        raise SystemExit(exit_of(error)) from None
    except Exception as error:  # noqa: BLE001 - the last line before a traceback
        unknown = internal(error)
        warn_of(unknown)
        if as_json:
            say_json({"status": "error", "error": unknown.to_dict()})
        raise SystemExit(Exit.FAILED) from None
    except KeyboardInterrupt:
        warn("Error: Interrupted.\nKept: Every step that was finished.")
        raise SystemExit(Exit.INTERRUPTED) from None


def internal(error: Exception) -> AnalystError:
    """What to say of an error that nobody foresaw."""
    return AnalystError(
        f"Something inside failed: {type(error).__name__}: {error}",
        kept="Every step that was finished.",
        hint="Try again; if it fails again, please report it with the command you used.",
    )


def prepare_streams() -> None:
    """Make the three standard streams usable whatever the caller did to them.

    A closed one is opened on the null device first, or the next file opened, perhaps a database,
    would take its number and be written over by prints.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            null = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for good
            setattr(sys, name, null)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _write(stream: TextIO, text: str) -> None:
    """Write a line; a reader that has gone away (``| head``) is no error."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
