"""The shape of the models file. Unknown keys are mistakes, not ignored."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from src.llm.types import TaskType

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RetrySpec(_Table):
    """Requests to one deployment, and how long to wait between them."""

    attempts: int = Field(default=3, ge=1, le=10)
    base_seconds: float = Field(default=0.5, ge=0)
    max_backoff_seconds: float = Field(default=8.0, ge=0)
    max_retry_after_seconds: float = Field(default=10.0, ge=0)


class BreakerSpec(_Table):
    """When a failing deployment is left alone, and for how long."""

    failures: int = Field(default=3, ge=1)
    cooldown_seconds: float = Field(default=30.0, ge=0)


class BudgetSpec(_Table):
    """Dollars per session and per UTC day, and what happens when they are spent."""

    session_usd: Decimal | None = Field(default=None, ge=0)
    day_usd: Decimal | None = Field(default=None, ge=0)
    warn_at: float = Field(default=0.8, gt=0, le=1)
    at_limit: Literal["stop", "downgrade", "offline"] = "offline"
    downgrade_to: str | None = None

    @model_validator(mode="after")
    def _downgrade_needs_a_target(self) -> Self:
        if self.at_limit == "downgrade" and not self.downgrade_to:
            raise ValueError('at_limit = "downgrade" needs downgrade_to')
        return self


class CacheSpec(_Table):
    """The answer cache on disk."""

    enabled: bool = True
    max_mb: int = Field(default=256, ge=1)


class ProviderSpec(_Table):
    """An endpoint and where its key comes from. Keys are never in this file."""

    kind: Literal["anthropic", "openai", "google", "openai_compatible"]
    key_env: list[str] = []
    base_url: str | None = None
    base_url_env: str | None = None

    @model_validator(mode="after")
    def _compatible_needs_an_address(self) -> Self:
        if self.kind == "openai_compatible" and not (self.base_url or self.base_url_env):
            raise ValueError("an openai_compatible provider needs base_url or base_url_env")
        return self


class Capability(_Table):
    """What the models that `match` accept; `None` in `provider` means it must be named."""

    match: str
    provider: str | None = None
    context_tokens: int = Field(default=8192, ge=256)
    max_output_tokens: int = Field(default=2048, ge=16)
    temperature: bool = True
    efforts: list[Effort] = []
    adaptive_thinking: bool = False
    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    images: bool = True
    tools: bool = True
    json_schema: bool = True


class PriceSpec(_Table):
    """Dollars per million tokens."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)


class DeploymentSpec(_Table):
    """A model at a provider, where the model's name alone does not say enough."""

    model: str = Field(min_length=1)
    provider: str | None = None
    price: PriceSpec | None = None
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    context_tokens: int | None = Field(default=None, ge=256)
    max_output_tokens: int | None = Field(default=None, ge=16)
    temperature: bool | None = None
    efforts: list[Effort] | None = None
    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] | None = None
    images: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None

    def overrides(self) -> dict[str, Any]:
        """The capabilities this deployment states itself."""
        own = set(Capability.model_fields) - {"match", "provider"}
        return self.model_dump(include=own, exclude_none=True)


class ParameterSpec(_Table):
    """Parameters of a call; a task's own win over its profile's defaults."""

    max_tokens: int | None = Field(default=None, ge=16)
    attempt_seconds: float | None = Field(default=None, gt=0)
    deadline_seconds: float | None = Field(default=None, gt=0)
    cache_ttl_seconds: float | None = Field(default=None, ge=0)
    effort: Effort | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    reason: str | None = None


class DefaultSpec(ParameterSpec):
    """A profile's defaults: everything a call cannot do without."""

    max_tokens: int = Field(default=4096, ge=16)
    attempt_seconds: float = Field(default=60.0, gt=0)
    deadline_seconds: float = Field(default=120.0, gt=0)
    cache_ttl_seconds: float = Field(default=86400.0, ge=0)


class TaskSpec(ParameterSpec):
    """A task's chain: models or deployments, the preferred one first."""

    chain: list[str] = Field(min_length=1)


class ProfileSpec(_Table):
    """One complete mapping of tasks to models."""

    defaults: DefaultSpec = DefaultSpec()
    tasks: dict[TaskType, TaskSpec] = {}


class ExperimentSpec(_Table):
    """Deployments that share a task by weight, and what they are compared by."""

    task: TaskType
    arms: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    enabled: bool = False
    goal: Literal["accepted", "answered", "score"] = "accepted"
    minimum: int = Field(default=200, ge=20)
    reason: str | None = None

    @model_validator(mode="after")
    def _two_arms_at_least(self) -> Self:
        if sum(weight > 0 for weight in self.arms.values()) < 2:
            raise ValueError("an experiment needs two arms with a weight above 0")
        return self


class ModelsFile(_Table):
    """The whole file, after the user's was merged over the shipped one."""

    default_profile: str
    retry: RetrySpec = RetrySpec()
    breaker: BreakerSpec = BreakerSpec()
    budgets: BudgetSpec = BudgetSpec()
    cache: CacheSpec = CacheSpec()
    providers: dict[str, ProviderSpec]
    capabilities: list[Capability] = []
    lives: dict[str, dt.date] = {}
    deployments: dict[str, DeploymentSpec] = {}
    profiles: dict[str, ProfileSpec]
    swap: dict[TaskType, str] = {}
    experiments: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], ExperimentSpec] = {}
