"""Step 3: what the texts would cost by strategy, before anything is sent; and the start."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

import streamlit as st

from src.catalogue.dry_run import Estimate, Share, StrategyEstimate
from src.catalogue.values import STRATEGIES
from src.errors import AnalystError
from src.ui.catalogue.desk import OpenCatalogue
from src.ui.catalogue.shelf import Choices, Mode
from src.ui.catalogue.stepper import go_to, next_button
from src.ui.catalogue.words import model_problem, route_words, strategy_words, type_words
from src.ui.errors import guard, show_error
from src.ui.jobs import Job
from src.ui.messages import t
from src.ui.plain_table import draw_plain_table
from src.ui.safe_text import safe_text
from src.ui.waiting import watch
from src.ui.wording import dollars, percent

_ROUTES: Final = 8
_ALIKE: Final = Decimal("0.01")  # a difference below a hundredth is the estimate's, not the price's


def price_step(desk: OpenCatalogue) -> None:
    """The strategy, the dry run, the bounds, and the button that starts."""
    st.subheader(t("catalogue.price.title"), anchor=False)
    choices = _strategy(desk, desk.catalogue.choices())
    try:
        estimate = desk.estimate(choices)
    except AnalystError as error:
        show_error(error)
        next_button(t("catalogue.price.back"), "texts")
        return
    if isinstance(estimate, Job):
        watch(estimate)
        return
    if estimate.texts == 0:
        st.success(t("catalogue.price.nothing", count=estimate.kept, texts=f"{estimate.kept:,}"))
        next_button(t("catalogue.price.to_review"), "review")
        return
    choices = _mode(desk, choices, estimate)
    _summary(desk, choices, estimate)
    _table(estimate)
    choices = _bounds(desk, choices, estimate)
    _start(desk, choices, estimate)


def _strategy(desk: OpenCatalogue, choices: Choices) -> Choices:
    key = f"catalogue_strategy_{desk.catalogue.id}"
    picked = st.selectbox(
        t("catalogue.price.strategy"),
        STRATEGIES,
        index=STRATEGIES.index(choices.strategy),
        format_func=strategy_words,
        key=key,
    )
    st.caption(t(f"catalogue.strategy_help.{picked}"))
    share = choices.openai_share
    if picked == "load_balance":
        share = st.slider(
            t("catalogue.price.share"), 0, 100, share, 5, format="%d%%",
            key=f"catalogue_share_{desk.catalogue.id}",
        )  # fmt: skip
    if (picked, share) != (choices.strategy, choices.openai_share):
        return desk.catalogue.choose(strategy=picked, openai_share=share)
    return choices


def _mode(desk: OpenCatalogue, choices: Choices, estimate: Estimate) -> Choices:
    """Live or by batches, with the price of each; only live where no model can be asked."""
    if model_problem() is not None:
        return replace(choices, mode="live")
    chosen, in_batches = estimate.strategies[0], desk.in_batches
    if in_batches:
        st.info(t("catalogue.price.in_batches", count=in_batches, texts=f"{in_batches:,}"))
    modes: tuple[Mode, ...] = ("live", "batch")
    prices = {"live": dollars(chosen.cost), "batch": dollars(chosen.batch)}
    picked = st.radio(
        t("catalogue.price.mode"),
        modes,
        index=modes.index("batch" if in_batches else choices.mode),
        format_func=lambda mode: t(f"catalogue.price.modes.{mode}", cost=prices[mode]),
        captions=[t(f"catalogue.price.mode_help.{mode}") for mode in modes],
        key=f"catalogue_mode_{desk.catalogue.id}_{bool(in_batches)}",
        disabled=bool(in_batches),
    )
    return choices if picked == choices.mode else desk.catalogue.choose(mode=picked)


def _summary(desk: OpenCatalogue, choices: Choices, estimate: Estimate) -> None:
    chosen = estimate.strategies[0]
    cost = chosen.batch if choices.mode == "batch" else chosen.cost
    with st.container(horizontal=True, gap="large"):
        st.metric(t("catalogue.price.products"), f"{desk.catalogue.count:,}")
        st.metric(t("catalogue.price.texts"), f"{estimate.texts:,}")
        st.metric(t("catalogue.price.about"), dollars(cost))
        st.metric(
            t("catalogue.price.at_most"), dollars(chosen.at_most),
            help=t("catalogue.price.at_most_help"),
        )  # fmt: skip
    if chosen.problem:
        st.error(safe_text(chosen.problem))
    parts = [
        t("catalogue.price.by_type", count=f"{count:,}", type=type_words(name))
        for name, count in estimate.by_type.items()
    ]
    lines = [", ".join(parts)]
    if estimate.kept:
        lines.append(t("catalogue.price.kept", count=estimate.kept, texts=f"{estimate.kept:,}"))
    routes = list(estimate.routes.items())
    lines += [
        t("catalogue.price.route", count=count, texts=f"{count:,}", why=safe_text(route_words(why)))
        for why, count in routes[:_ROUTES]
    ]
    rest = sum(count for _, count in routes[_ROUTES:])
    if rest:
        lines.append(t("catalogue.price.other_routes", count=rest, texts=f"{rest:,}"))
    st.markdown("\n".join(f"- {line}" for line in lines))


def _table(estimate: Estimate) -> None:
    rows: list[dict[str, str]] = []
    for one in estimate.strategies:
        name = strategy_words(one.strategy)
        if one.problem:
            rows.append(_row(name, one.problem, None))
        for share in one.shares:
            rows.append(_row(name, share.deployment, share))
            name = ""
        if len(one.shares) > 1:
            rows.append(_row("", t("catalogue.price.together"), one))
    st.markdown(t("catalogue.price.table"))
    st.markdown(difference_words(estimate))
    draw_plain_table(rows, t("catalogue.price.table_alt"))
    notes = [
        t("catalogue.price.basis", day=f"{estimate.at:%d %B %Y}"),
        *(safe_text(note) for note in estimate.notes),
    ]
    st.caption("  \n".join(notes))


def _row(strategy: str, model: str, share: Share | StrategyEstimate | None) -> dict[str, str]:
    """One row: a share of a strategy, a strategy's sum, or neither where it cannot be used."""

    def number(of: str) -> str:
        return f"{getattr(share, of):,}" if isinstance(share, Share) else ""

    return {
        t("catalogue.price.strategy"): strategy,
        t("catalogue.price.model"): model,
        t("catalogue.price.texts_column"): number("texts"),
        t("catalogue.price.about"): "" if share is None else dollars(share.cost),
        t("catalogue.price.batch_column"): "" if share is None else dollars(share.batch),
        t("catalogue.price.at_most"): "" if share is None else dollars(share.at_most),
        t("catalogue.price.tokens_in"): number("input_tokens"),
        t("catalogue.price.tokens_out"): number("output_tokens"),
    }


def difference_words(estimate: Estimate) -> str:
    """What the choice of a strategy saves by these prices; that it saves nothing, where it does."""
    chosen = estimate.strategies[0]
    others = [one for one in estimate.strategies[1:] if not one.problem and one.cost is not None]
    if chosen.problem or chosen.cost is None or not others:
        return t("catalogue.price.difference.unknown")
    mine = chosen.cost
    costs = {one.strategy: one.cost for one in others if one.cost is not None}
    if all(abs(cost - mine) <= mine * _ALIKE for cost in costs.values()):
        return t("catalogue.price.difference.none", strategy=strategy_words(chosen.strategy))
    parts = []
    for way, name in (("less", max(costs, key=costs.__getitem__)),
                      ("more", min(costs, key=costs.__getitem__))):  # fmt: skip
        cost = costs[name]
        if (cost > mine if way == "less" else cost < mine) and abs(cost - mine) > mine * _ALIKE:
            parts.append(t(f"catalogue.price.difference.{way}", amount=dollars(abs(cost - mine)),
                           share=percent(float(abs(cost - mine)), float(max(cost, mine))),
                           other=strategy_words(name)))  # fmt: skip
    together = t("catalogue.price.difference.and").join(parts)
    return t("catalogue.price.difference.some", strategy=strategy_words(chosen.strategy),
             differences=together)  # fmt: skip


def _bounds(desk: OpenCatalogue, choices: Choices, estimate: Estimate) -> Choices:
    chosen = estimate.strategies[0]
    cost = chosen.batch if choices.mode == "batch" else chosen.cost
    small = cost is not None and cost < 1
    left, right = st.columns(2, vertical_alignment="bottom")
    budget = left.number_input(
        t("catalogue.price.budget"),
        min_value=0.0,
        value=None if choices.budget is None else float(choices.budget),
        step=0.01 if small else 0.5,
        format="%.4f" if small else "%.2f",  # a bound must be as fine as the price it bounds
        placeholder=t("catalogue.price.no_budget"),
        help=t("catalogue.price.budget_help"),
        key=f"catalogue_budget_{desk.catalogue.id}",
    )
    offline = right.checkbox(
        t("catalogue.price.offline"),
        value=choices.offline,
        help=t("catalogue.price.offline_help"),
        key=f"catalogue_offline_{desk.catalogue.id}",
    )
    amount = None if budget is None else Decimal(f"{budget:.4f}")
    if (amount, offline) != (choices.budget, choices.offline):
        desk.catalogue.choose(budget=amount, offline=offline)
    # The bound is the whole catalogue's: what earlier runs spent is part of it.
    spent = Decimal(desk.catalogue.status().progress.get("spent", 0))
    if amount is not None and cost is not None and amount < spent + cost:
        st.warning(t("catalogue.price.bound_below"))
    return replace(choices, budget=amount, offline=offline)


def _start(desk: OpenCatalogue, choices: Choices, estimate: Estimate) -> None:
    chosen = estimate.strategies[0]
    no_model = model_problem() is not None
    texts = f"{estimate.texts:,}"
    if no_model:
        label = t("catalogue.price.start_offline", count=estimate.texts, texts=texts)
    elif desk.in_batches:
        label = t("catalogue.batch.fetch")
    elif choices.mode == "batch":
        label = t("catalogue.price.start_batch", count=estimate.texts, texts=texts,
                  cost=dollars(chosen.batch))  # fmt: skip
    else:
        label = t("catalogue.price.start", count=estimate.texts, texts=texts,
                  cost=dollars(chosen.cost))  # fmt: skip
    stuck = bool(chosen.problem) or (no_model and not choices.offline)
    if no_model and not choices.offline:
        st.warning(t("catalogue.price.nobody"))
    st.button(
        label,
        key="catalogue_start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=stuck,
        on_click=guard(_begin),
        args=(desk, choices),
    )


def _begin(desk: OpenCatalogue, choices: Choices) -> None:
    desk.start(choices)
    go_to("run")
