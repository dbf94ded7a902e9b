"""The public face of the router: one class, the tasks, the mapping, the numbers.

Importing this module loads no provider SDK, no database and no price list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from src.errors import ConfigError
from src.llm.types import LLMRequest, TaskType, Usage

__all__ = ["MODEL_MAPPING", "LLMRouter", "TaskType", "performance_tracker"]


class LLMRouter:
    """Simple calls for people who need text in, text out. `src.llm.router` has the full face."""

    @staticmethod
    def call_llm(
        task_type: TaskType | str,
        prompt: str,
        system_prompt: str | None = None,
        max_tokens: int | None = None,
        session: str | None = None,
    ) -> str:
        """The answer of the model that serves the task.

        Raises:
            NoProviderAvailable: no key is set for any model of the task (the hint names the
                variables), or none of them could answer.
            LLMError: see `src.llm.errors`.
        """
        from src.llm.router import get_router

        request = LLMRequest(
            task=TaskType(task_type),
            prompt=prompt,
            system_prompt=system_prompt,
            max_tokens=max_tokens,
            session=session,
        )
        return get_router().complete(request).text

    @staticmethod
    def get_cost_estimate(
        task_type: TaskType | str,
        input_tokens: int,
        output_tokens: int,
        profile: str | None = None,
    ) -> float:
        """Dollars one call would cost at list price with the task's first model.

        Args:
            profile: a profile of the models file; the active one by default.

        Raises:
            ConfigError: the model's price is not known.
        """
        from src.config.models import load_models
        from src.config.models_override import override_file
        from src.config.settings import get_settings
        from src.llm.prices import cost_of

        settings = get_settings()
        models = load_models(override_file(settings), profile or settings.llm_profile)
        deployment = models.tasks[TaskType(task_type)].chain[0]
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        cost = cost_of(deployment, models.providers[deployment.provider].kind, usage)
        if cost is None:
            raise ConfigError(
                f"The price of {deployment.model} is not known.",
                where=deployment.id,
                hint="Give its deployment a price in the models file.",
            )
        return float(cost)


class _ModelMapping(Mapping[TaskType, str]):
    """Task to the name of the model that is asked first; read from the models file when used."""

    def __getitem__(self, task: TaskType) -> str:
        return self._names()[TaskType(task)]

    def __iter__(self) -> Iterator[TaskType]:
        return iter(TaskType)

    def __len__(self) -> int:
        return len(TaskType)

    def __repr__(self) -> str:
        return repr({task.value: model for task, model in self._names().items()})

    @staticmethod
    def _names() -> dict[TaskType, str]:
        from src.llm.router import get_router

        return {task: plan.chain[0].model for task, plan in get_router().models.tasks.items()}


class PerformanceTracker:
    """Reads the ledger: what each task's calls cost, how long they took, how they ended."""

    def get_summary(self, session: str | None = None) -> dict[str, dict[str, Any]]:
        """For every task: total_calls, total_cost (dollars), avg_latency, p50_latency,
        p95_latency (seconds), input_tokens, output_tokens, cached_input_tokens,
        reasoning_tokens, errors, fallbacks, cache_hits, offline_calls, saved, unknown_costs,
        served_by. Tasks without calls have zeros."""
        from src.llm import usage
        from src.llm.router import get_router

        seen = usage.by_task(get_router().ledger, session=session)
        return {task.value: _public(seen.get(task.value, {})) for task in TaskType}


def _public(row: Mapping[str, Any]) -> dict[str, Any]:
    counted = (
        "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens",
        "errors", "fallbacks", "cache_hits", "offline_calls", "unknown_costs",
    )  # fmt: skip
    return {
        "total_calls": row.get("calls", 0),
        "total_cost": float(row.get("cost", Decimal(0))),
        "avg_latency": row.get("avg") or 0.0,
        "p50_latency": row.get("p50") or 0.0,
        "p95_latency": row.get("p95") or 0.0,
        **{name: row.get(name, 0) for name in counted},
        "saved": float(row.get("saved", Decimal(0))),
        "served_by": row.get("served_by"),
    }


MODEL_MAPPING: Mapping[TaskType, str] = _ModelMapping()
performance_tracker = PerformanceTracker()
