"""The user's own models file: where it is, and how the settings page writes to it.

Comments and everything else in the file are kept: a change replaces or adds one line.
"""

from __future__ import annotations

import re
import threading
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from src.config.models import load_models
from src.errors import InputError
from src.files import replacing
from src.llm.types import TaskType

if TYPE_CHECKING:
    from src.config.models import Experiment
    from src.config.settings import Settings

_LOCK = threading.Lock()
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")


def override_file(settings: Settings) -> Path | None:
    """The user's file: LLM_MODELS_FILE, or models.toml in the app's home if it is there."""
    if settings.llm_models_file is not None:
        return settings.llm_models_file
    own = settings.campaign_analyst_home / "models.toml"
    return own if own.is_file() else None


def swap_model(settings: Settings, task: TaskType, model: str | None) -> Path:
    """Put a model (or a deployment) first in a task's chain; None goes back to the file's own.

    Returns:
        the file that was written.

    Raises:
        ConfigError: nothing in the models file says who provides this model. Nothing is changed.
        InputError: not a model's name.
    """
    if model is not None and not _NAME.fullmatch(model):
        raise InputError(f"{model!r} is not a model's name.", hint="Copy it from the provider.")
    return _change(settings, "swap", task.value, None if model is None else f'"{model}"')


def switch_experiment(settings: Settings, name: str, *, enabled: bool) -> Path:
    """Start or stop an experiment of the models file.

    Raises:
        ConfigError: another one runs on its task. Nothing is changed.
        InputError: there is no such experiment.
    """
    _known_experiment(settings, name)
    return _change(settings, f"experiments.{name}", "enabled", str(enabled).lower())


def promote_arm(settings: Settings, name: str, arm: str) -> Path:
    """End an experiment: its task goes to `arm` from now on, as `swap_model` would have it.

    Raises:
        ConfigError: the file as it would be does not load. Nothing is changed.
        InputError: there is no such experiment, or it has no such arm.
    """
    experiment = _known_experiment(settings, name)
    arms = [one.deployment.id for one in experiment.arms]
    if arm not in arms:
        raise InputError(
            f"The experiment {name!r} has no arm {arm!r}.", hint=f"It has {', '.join(arms)}."
        )
    return _change_all(
        settings,
        ("swap", experiment.task.value, f'"{arm}"'),
        (f"experiments.{name}", "enabled", "false"),
    )


def _known_experiment(settings: Settings, name: str) -> Experiment:
    models = load_models(override_file(settings), settings.llm_profile)
    for experiment in models.experiments:
        if experiment.name == name:
            return experiment
    known = ", ".join(one.name for one in models.experiments) or "none"
    raise InputError(f"There is no experiment {name!r}.", hint=f"The models file has {known}.")


def set_budget(
    settings: Settings, scope: Literal["session", "day"], dollars: Decimal | None
) -> Path:
    """Set or, with None, remove a budget. A variable in the environment still wins over it.

    Raises:
        InputError: the amount is negative or not a number.
    """
    if dollars is not None and not (dollars.is_finite() and dollars >= 0):
        raise InputError("A budget is an amount of dollars, zero or more.")
    return _change(settings, "budgets", f"{scope}_usd", None if dollars is None else f"{dollars:f}")


def set_limit_action(settings: Settings, action: Literal["stop", "downgrade", "offline"]) -> Path:
    """What happens when a budget is spent."""
    return _change(settings, "budgets", "at_limit", f'"{action}"')


def set_profile(settings: Settings, profile: str) -> Path:
    """Choose the profile; LLM_PROFILE in the environment still wins over it.

    Raises:
        ConfigError: there is no such profile. Nothing is changed.
    """
    return _change(
        settings, "", "default_profile", f'"{profile}"' if _NAME.fullmatch(profile) else '""'
    )


def _change(settings: Settings, table: str, key: str, value: str | None) -> Path:
    return _change_all(settings, (table, key, value))


def _change_all(settings: Settings, *lines: tuple[str, str, str | None]) -> Path:
    """Set or, with None, remove keys of tables, in one write."""
    path = settings.llm_models_file or settings.campaign_analyst_home / "models.toml"
    with _LOCK:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for table, key, value in lines:
            text = _with_line(text, table, key, value)
        _write_checked(path, text)
    return path


def _with_line(text: str, table: str, key: str, value: str | None) -> str:
    lines = text.splitlines()
    start, end = _section(lines, table)
    if start is None:
        if value is None:
            return text
        return (
            text.rstrip("\n") + ("\n\n" if text.strip() else "") + f"[{table}]\n{key} = {value}\n"
        )
    setting = re.compile(rf"\s*{re.escape(key)}\s*=")
    at = next((i for i in range(start, end) if setting.match(lines[i])), None)
    if at is not None:
        lines[at : at + 1] = [] if value is None else [f"{key} = {value}"]
    elif value is not None:
        lines.insert(start, f"{key} = {value}")
    return "\n".join(lines) + "\n"


def _section(lines: list[str], table: str) -> tuple[int | None, int]:
    """Where a table's lines begin and end; the unnamed top table is always there."""
    headers = [i for i, line in enumerate(lines) if re.match(r"\s*\[", line)]
    if not table:
        return 0, headers[0] if headers else len(lines)
    wanted = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?$")
    for position, at in enumerate(headers):
        if wanted.match(lines[at]):
            following = headers[position + 1 :]
            return at + 1, following[0] if following else len(lines)
    return None, len(lines)


def _write_checked(path: Path, text: str) -> None:
    """Replace the file in one step, and only by a file that loads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
        load_models(draft)
