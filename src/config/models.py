"""The models file: which deployment serves which task, with what parameters.

The shipped `models.toml` is the base; a user's file is merged over it key by key, and every
mistake in either is reported with its file and line. Reading is in `load_models`, looking up in
`ModelMap`; the file's shape is in `models_schema.py`, line numbers in `toml_lines.py`.
"""

from __future__ import annotations

import copy
import datetime as dt
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from src.config.models_schema import (
    BreakerSpec,
    BudgetSpec,
    CacheSpec,
    Capability,
    DeploymentSpec,
    ExperimentSpec,
    ModelsFile,
    PriceSpec,
    ProviderSpec,
    RetrySpec,
    TaskSpec,
)
from src.config.toml_lines import line_of
from src.errors import ConfigError, InputError
from src.llm.signals import ACCEPTABLE
from src.llm.types import TaskType

SHIPPED = Path(__file__).with_name("models.toml")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model at a provider, ready to be called.

    Attributes:
        id: the name chains use: the model's own name, or that of a `[deployments.…]` table.
        provider: name of the `[providers.…]` table.
        price: dollars per million tokens set by the user; None: the price list's.
    """

    id: str
    provider: str
    model: str
    capability: Capability
    price: PriceSpec | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    retires: dt.date | None = None


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """How one task is served: the deployments in order and the parameters of a call."""

    task: TaskType
    chain: tuple[Deployment, ...]
    max_tokens: int
    attempt_seconds: float
    deadline_seconds: float
    cache_ttl_seconds: float
    effort: str | None
    temperature: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of an experiment; its share of the sessions is its weight over all weights."""

    deployment: Deployment
    weight: float


@dataclass(frozen=True, slots=True)
class Experiment:
    """Deployments that share a task, so that they can be compared.

    Attributes:
        goal: what they are compared by: answers people ``accepted`` as they were, calls a model
            ``answered``, or the mean ``score`` of a judge.
        minimum: sessions that must be judged in each arm before there is a verdict.
    """

    name: str
    task: TaskType
    arms: tuple[Arm, ...]
    enabled: bool
    goal: Literal["accepted", "answered", "score"]
    minimum: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ModelMap:
    """The active profile of the merged models file.

    Attributes:
        experiments: all of the file; those that are enabled are in `running`, by their task.
    """

    profile: str
    profiles: tuple[str, ...]
    providers: Mapping[str, ProviderSpec]
    tasks: Mapping[TaskType, TaskPlan]
    retry: RetrySpec
    breaker: BreakerSpec
    budgets: BudgetSpec
    cache: CacheSpec
    downgrade: Deployment | None
    sources: tuple[Path, ...]
    experiments: tuple[Experiment, ...] = ()
    running: Mapping[TaskType, Experiment] = field(default_factory=dict)

    def deployments(self) -> tuple[Deployment, ...]:
        """Every deployment that may be asked, once: the profile's in order of first use, then
        those of running experiments."""
        seen: dict[str, Deployment] = {}
        for plan in self.tasks.values():
            for deployment in plan.chain:
                seen.setdefault(deployment.id, deployment)
        for experiment in self.running.values():
            for arm in experiment.arms:
                seen.setdefault(arm.deployment.id, arm.deployment)
        return tuple(seen.values())

    def plan(self, task: TaskType, chain: tuple[str, ...] | None = None) -> TaskPlan:
        """How `task` is served, by the deployments `chain` instead of its own where given.

        Raises:
            InputError: `chain` is empty or names what the active profile does not.
        """
        plan = self.tasks[task]
        if chain is None:
            return plan
        known = {deployment.id: deployment for deployment in self.deployments()}
        unknown = [name for name in chain if name not in known]
        if unknown or not chain:
            raise InputError(
                f"No chain of the profile {self.profile!r} names {', '.join(unknown)}."
                if unknown
                else "The list of models to ask is empty.",
                where="chain",
                hint=f"It names {', '.join(known)}.",
            )
        return replace(plan, chain=tuple(known[name] for name in chain))


def load_models(override: Path | None = None, profile: str | None = None) -> ModelMap:
    """Read the shipped file, merge the user's over it, validate, and take one profile.

    Raises:
        ConfigError: the file cannot be read or is wrong; `where` names file and line.
    """
    base = _read(SHIPPED)
    sources: tuple[Path, ...] = (SHIPPED,)
    merged = base
    if override is not None:
        merged = _merge(base, _read(override))
        sources = (override, SHIPPED)
    try:
        file = ModelsFile.model_validate(merged)
    except ValidationError as error:
        raise _explain(error, sources) from None
    return _resolve(file, profile, sources)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The models file cannot be read: {error.strerror or error}.",
            where=str(path),
            hint="Check LLM_MODELS_FILE, or remove it to use the shipped models.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The models file is not valid TOML: {error}.",
            where=str(path),
            hint="The position is in the message; src/config/models.toml is an example.",
        ) from None


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(dict(base))
    for key, value in over.items():
        if key == "capabilities" and isinstance(value, list):
            merged[key] = value + merged.get(
                key, []
            )  # the first match wins, so the user's go first
        elif isinstance(value, Mapping) and isinstance(merged.get(key), dict):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _resolve(file: ModelsFile, profile: str | None, sources: tuple[Path, ...]) -> ModelMap:
    name = profile or file.default_profile
    chosen = file.profiles.get(name)
    if chosen is None:
        raise _unknown("profile", name, file.profiles, ("default_profile",), sources)
    tasks: dict[TaskType, TaskPlan] = {}
    for task in TaskType:
        spec = chosen.tasks.get(task)
        if spec is None:
            raise ConfigError(
                f"The profile {name!r} has no chain for the task {task.value!r}.",
                where=_where(("profiles", name, "tasks"), sources),
                hint=f"Add [profiles.{name}.tasks.{task.value}] with a chain.",
            )
        tasks[task] = _plan(task, spec, name, file, sources)
    downgrade = None
    if file.budgets.at_limit == "downgrade" or file.budgets.downgrade_to:
        downgrade = _deployment(
            file.budgets.downgrade_to or "", file, ("budgets", "downgrade_to"), sources
        )
    experiments = tuple(
        _experiment(key, spec, file, sources) for key, spec in file.experiments.items()
    )
    return ModelMap(
        profile=name,
        profiles=tuple(file.profiles),
        providers=file.providers,
        tasks=tasks,
        retry=file.retry,
        breaker=file.breaker,
        budgets=file.budgets,
        cache=file.cache,
        downgrade=downgrade,
        sources=sources,
        experiments=experiments,
        running=_running(experiments, sources),
    )


def _experiment(
    name: str, spec: ExperimentSpec, file: ModelsFile, sources: tuple[Path, ...]
) -> Experiment:
    at = ("experiments", name)
    if spec.goal == "accepted" and spec.task not in ACCEPTABLE:
        raise ConfigError(
            f"Nobody accepts or rejects the answers of the task {spec.task.value!r}.",
            where=_where((*at, "goal"), sources),
            hint='Compare by goal = "answered" or "score".',
        )
    return Experiment(
        name=name,
        task=spec.task,
        arms=tuple(
            Arm(_deployment(one, file, (*at, "arms", one), sources), weight)
            for one, weight in spec.arms.items()
        ),
        enabled=spec.enabled,
        goal=spec.goal,
        minimum=spec.minimum,
        reason=spec.reason or "",
    )


def _running(
    experiments: tuple[Experiment, ...], sources: tuple[Path, ...]
) -> dict[TaskType, Experiment]:
    running: dict[TaskType, Experiment] = {}
    for experiment in experiments:
        if not experiment.enabled:
            continue
        other = running.setdefault(experiment.task, experiment)
        if other is not experiment:
            raise ConfigError(
                f"Two experiments share the task {experiment.task.value!r}: "
                f"{other.name} and {experiment.name}.",
                where=_where(("experiments", experiment.name, "enabled"), sources),
                hint="Stop one of them: enabled = false.",
            )
    return running


def _plan(
    task: TaskType, spec: TaskSpec, profile: str, file: ModelsFile, sources: tuple[Path, ...]
) -> TaskPlan:
    at = ("profiles", profile, "tasks", task.value, "chain")
    names = list(spec.chain)
    if task in file.swap:
        names = [file.swap[task], *(n for n in names if n != file.swap[task])]
    chain = tuple(
        _deployment(n, file, ("swap", task.value) if n == file.swap.get(task) else at, sources)
        for n in names
    )
    given = file.profiles[profile].defaults.model_dump(exclude_none=True)
    given |= spec.model_dump(exclude_none=True, exclude={"chain"})
    return TaskPlan(
        task=task,
        chain=chain,
        max_tokens=given["max_tokens"],
        attempt_seconds=given["attempt_seconds"],
        deadline_seconds=given["deadline_seconds"],
        cache_ttl_seconds=given["cache_ttl_seconds"],
        effort=given.get("effort"),
        temperature=given.get("temperature"),
        reason=given.get("reason", ""),
    )


def _deployment(
    name: str, file: ModelsFile, at: tuple[str, ...], sources: tuple[Path, ...]
) -> Deployment:
    spec = file.deployments.get(name) or DeploymentSpec(model=name)
    capability = next(
        (c for c in file.capabilities if fnmatchcase(spec.model, c.match)), Capability(match="*")
    )
    capability = capability.model_copy(update=spec.overrides())
    provider = spec.provider or capability.provider
    if provider is None:
        known = [*file.deployments, *(d for t in _all_chains(file) for d in t)]
        raise _unknown("model or deployment", name, known, at, sources)
    if provider not in file.providers:
        raise _unknown("provider", provider, file.providers, at, sources)
    ends = [day for pattern, day in file.lives.items() if fnmatchcase(spec.model, pattern)]
    return Deployment(
        id=name,
        provider=provider,
        model=spec.model,
        capability=capability,
        price=spec.price,
        requests_per_minute=spec.requests_per_minute,
        tokens_per_minute=spec.tokens_per_minute,
        retires=ends[0] if ends else None,
    )


def _all_chains(file: ModelsFile) -> list[list[str]]:
    return [task.chain for profile in file.profiles.values() for task in profile.tasks.values()]


def _unknown(
    what: str, name: str, known: Any, at: tuple[str, ...], sources: tuple[Path, ...]
) -> ConfigError:
    near = difflib.get_close_matches(name, sorted(set(known)), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(set(known)))}."
    if what.startswith("model"):
        hint += " A model the file does not know needs a [deployments.…] table with its provider."
    return ConfigError(f"There is no {what} {name!r}.", where=_where(at, sources), hint=hint)


def _explain(error: ValidationError, sources: tuple[Path, ...]) -> ConfigError:
    problem = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in problem["loc"] if part != "[key]")
    name = ".".join(path) or "the file"
    if problem["type"] == "extra_forbidden":
        message, hint = f"{name} is not a setting of the models file.", "Check its spelling."
    else:
        message = f"{name}: {problem['msg'].removeprefix('Value error, ')}."
        hint = "The shipped src/config/models.toml shows every setting."
    return ConfigError(message, where=_where(path, sources), hint=hint)


def _where(path: tuple[str, ...], sources: tuple[Path, ...]) -> str:
    """The file and line that set `path`: the user's file if it says anything about it."""
    for source in sources:
        text = source.read_text(encoding="utf-8")
        line = line_of(text, path)
        if line is not None:
            return f"{source}, line {line}"
    return str(sources[0])
