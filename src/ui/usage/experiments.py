"""Experiments: how the arms did, what may be said, and starting, stopping, promoting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from src.config.settings import get_settings
from src.ui.identity import current_owner
from src.ui.messages import t
from src.ui.owned_router import usage_id
from src.ui.plain_table import draw_plain_table
from src.ui.safe_text import safe_text
from src.ui.settings.changing import change_models, may_change_models, show_saved
from src.ui.settings.health import provider_words
from src.ui.wording import dollars, duration, engine_words, percent, task_words

if TYPE_CHECKING:
    from src.config.models import Experiment
    from src.llm.experiments_compare import ArmFigures, Comparison
    from src.llm.experiments_stats import Interval
    from src.llm.ledger import Ledger
    from src.llm.router import Router


def draw_experiments() -> None:
    """Every experiment of the models file, those that run first."""
    from src.llm.router import get_router

    show_saved()
    st.caption(t("experiment.lead"))
    router = get_router()
    listed = sorted(router.models.experiments, key=lambda one: not one.enabled)
    editable = may_change_models()
    if not editable:
        st.info(t("settings.shared"))
    for experiment in listed:
        with st.container(border=True, key=f"experiment_{experiment.name}"):
            _experiment(router, experiment, editable=editable)
    if not listed:
        st.info(t("experiment.none"))
    _taken(router.ledger)


def _experiment(router: Router, experiment: Experiment, *, editable: bool) -> None:
    from src.llm.experiments import missing_providers
    from src.llm.experiments_compare import compare

    missing = missing_providers(experiment, router.endpoints)
    state = "off" if not experiment.enabled else "waiting" if missing else "running"
    with st.container(horizontal=True, vertical_alignment="center"):
        title = experiment.reason or experiment.name.replace("_", " ")
        st.subheader(safe_text(title, 200), anchor=False, width="content")
        colour: Any = {"off": "gray", "waiting": "orange", "running": "green"}[state]
        st.badge(t(f"experiment.state.{state}"), color=colour)
    st.caption(
        t(
            "experiment.about",
            name=safe_text(experiment.name),
            task=task_words(experiment.task.value),
            goal=t(f"experiment.by.{experiment.goal}"),
            minimum=experiment.minimum,
        )
    )
    if missing and experiment.enabled:
        names = ", ".join(safe_text(provider_words(name)) for name in missing)
        st.warning(t("experiment.missing", names=names))
    comparison = compare(router.ledger, experiment)
    if comparison.started:
        if comparison.lopsided:
            st.warning(t("experiment.lopsided"), icon=":material/balance:")
        _verdict(experiment, comparison)
        _arms(experiment, comparison)
    else:
        st.markdown(_split(comparison))
    if editable:
        _actions(experiment, comparison)


def _split(comparison: Comparison) -> str:
    arms = (f"**{safe_text(arm.arm)}** {percent(arm.share, 1)}" for arm in comparison.arms)
    return t("experiment.split", arms=", ".join(arms))


def _verdict(experiment: Experiment, comparison: Comparison) -> None:
    verdict, goal = comparison.verdict, experiment.goal
    if verdict.code == "collecting":
        st.info(t("experiment.collecting", count=verdict.missing, minimum=experiment.minimum))
        return
    assert verdict.lead is not None
    low, high = (_difference(value, goal) for value in verdict.lead)
    basis = t("experiment.basis", minimum=experiment.minimum)
    if verdict.arm is not None:
        names = {"arm": safe_text(verdict.arm), "rival": safe_text(verdict.rival)}
        won = t(f"experiment.won.{goal}", low=low, high=high)
        st.success(f"{t('experiment.winner', **names)} {won} {basis}")
        return
    said = [t("experiment.no_difference"), t(f"experiment.ahead.{goal}", low=low, high=high), basis]
    if verdict.detectable is not None:
        said.append(t("experiment.detectable", points=_difference(verdict.detectable, goal)))
    if verdict.cheaper:
        said.append(t("experiment.cheaper", arm=safe_text(verdict.cheaper)))
    st.info(" ".join(said))


def _difference(value: float, goal: str) -> str:
    """Shares differ by percentage points, scores by themselves."""
    text = f"{value:.2f}" if goal == "score" else f"{value * 100:.0f}"
    return "0" if not float(text) else text.replace("-", "−")


def _arms(experiment: Experiment, comparison: Comparison) -> None:
    score = experiment.goal == "score"
    rows = [
        _arm(arm, t(f"experiment.goal.{experiment.goal}"), score=score) for arm in comparison.arms
    ]
    draw_plain_table(rows, t("experiment.arms"))
    st.caption(t("experiment.intervals"))
    if comparison.mixed:
        st.caption(t("experiment.mixed", count=comparison.mixed))


def _arm(arm: ArmFigures, goal: str, *, score: bool) -> dict[str, str]:
    rate = (lambda value: f"{value:.2f}") if score else (lambda value: f"{value:.0%}")
    return {
        t("experiment.arm"): arm.arm,
        t("experiment.sessions"): t(
            "experiment.judged", sessions=f"{arm.sessions:,}", judged=f"{arm.judged:,}"
        ),
        goal: _between(arm.goal, arm.goal_interval, rate),
        t("experiment.cost"): _between(arm.cost, arm.cost_interval, _dollars),
        t("experiment.seconds"): _between(arm.seconds, arm.seconds_interval, duration),
        t("live.latency"): f"{_unbroken(duration(arm.p50))} / {_unbroken(duration(arm.p95))}"
        if arm.p50 is not None and arm.p95 is not None
        else "–",
        t("experiment.failed"): _between(
            arm.failure, arm.failure_interval, lambda value: percent(value, 1)
        ),
        t("usage.fallbacks"): percent(arm.fallbacks, arm.calls) if arm.calls else "–",
    }


def _between(value: float | None, interval: Interval | None, words: Any) -> str:
    if value is None:
        return "–"
    if interval is None:
        return str(words(value))
    low, high = (words(max(0.0, bound)) for bound in interval)
    between = t("experiment.between", low=low, high=high)
    return f"{_unbroken(str(words(value)))} {_unbroken(between)}"


def _unbroken(text: str) -> str:
    """`text` without places where a narrow cell may break it."""
    return text.replace(" ", "\u00a0")


def _dollars(value: float) -> str:
    from decimal import Decimal

    return dollars(Decimal(f"{value:.6f}"))


def _actions(experiment: Experiment, comparison: Comparison) -> None:
    from src.config.models_override import promote_arm, switch_experiment

    settings, name = get_settings(), experiment.name
    word = t("experiment.stop") if experiment.enabled else t("experiment.start")
    if st.button(word, key=f"switch_{name}"):
        change_models(lambda: switch_experiment(settings, name, enabled=not experiment.enabled))
    arms = [arm.arm for arm in comparison.arms]
    with st.expander(t("experiment.promote_title")):
        arm = st.radio(
            t("experiment.promote_which"),
            arms,
            index=arms.index(comparison.verdict.arm) if comparison.verdict.arm in arms else None,
            key=f"promote_arm_{name}",
        )
        if comparison.verdict.arm is None:
            st.caption(t("experiment.promote_early"))
        if arm is None:
            return
        sure = st.checkbox(
            t(
                "experiment.promote_sure",
                arm=safe_text(arm),
                task=task_words(experiment.task.value),
            ),
            key=f"promote_sure_{name}",
        )
        if st.button(
            t("experiment.promote"), key=f"promote_{name}", disabled=not sure, type="primary"
        ):
            change_models(lambda: promote_arm(settings, name, arm))


def _taken(ledger: Ledger) -> None:
    """How the owner took the answers of each model, experiment or not."""
    from src.llm.experiments_stats import wilson
    from src.llm.signals import taken

    st.subheader(t("experiment.taken"), anchor=False)
    rows = taken(ledger, user=usage_id(current_owner()))
    if not rows:
        st.caption(t("experiment.taken_none"))
        return
    st.caption(t("experiment.taken_lead"))
    shown = [
        {
            t("usage.task"): task_words(row["task"]),
            t("usage.model"): engine_words(row["model"]),
            t("experiment.sessions"): f"{row['sessions']:,}",
            t("experiment.goal.accepted"): _between(
                row["accepted"] / row["sessions"],
                wilson(row["accepted"], row["sessions"]),
                lambda value: f"{value:.0%}",
            ),
        }
        for row in rows
    ]
    draw_plain_table(shown, t("experiment.taken"))
