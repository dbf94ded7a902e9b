"""``--learn``: what the first model keeps refusing, and the words that would save that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from src.catalogue.learned import accept, words_file
from src.catalogue.learning import Proposal, RefusalRate, propose, refusal_rates
from src.catalogue.triggers import Triggers, own_triggers
from src.errors import InputError
from src.shell.outcome import Exit, say, say_json

if TYPE_CHECKING:
    from src.llm.router import Router

_RATES: Final = 20


def learn(router: Router, accepted: str | None, *, json: bool) -> Exit:
    """Show what the ledger teaches, and write the accepted words.

    Args:
        accepted: ``all``, or words with commas between; None writes nothing.

    Raises:
        InputError: a word was accepted that is not proposed.
    """
    settings = router.settings
    rates = refusal_rates(router.ledger)
    proposals = propose(router.ledger, Triggers.load(own_triggers(settings)))
    chosen = [] if accepted is None else _chosen(proposals, accepted)
    written = accept(settings, chosen) if chosen else None
    if json:
        say_json({
            "rates": [asdict(one) for one in rates],
            "proposals": [_plain(one) for one in proposals],
            "accepted": [one.word for one in chosen],
            "file": str(written) if written else None,
        })  # fmt: skip
        return Exit.DONE
    say(learned_words(rates, proposals))
    if written is not None:
        say(f"\nWritten to {written}: {', '.join(one.word for one in chosen)}.")
    elif proposals:
        say(
            f"\n--accept all, or --accept {proposals[0].word}, sends such products to Claude at "
            f"once: it writes the words to {words_file(settings)}."
        )
    return Exit.DONE


def _chosen(proposals: Sequence[Proposal], accepted: str) -> list[Proposal]:
    wanted = [word.strip() for word in accepted.split(",") if word.strip()]
    if wanted == ["all"]:
        return list(proposals)
    known = {one.word: one for one in proposals}
    for word in wanted:
        if word not in known:
            raise InputError(
                f"{word!r} is not among the words that the ledger proposes.",
                where="--accept",
                hint=f"They are {', '.join(known)}." if known else "It proposes none.",
            )
    return [known[word] for word in wanted]


def learned_words(rates: Sequence[RefusalRate], proposals: Sequence[Proposal]) -> str:
    """Rates and proposals as tables for a terminal."""
    if not rates:
        return "The ledger has no catalogue texts yet: there is nothing to learn from."
    lines = [f"{'category':<28} {'model':<24} {'items':>8} {'refused':>8} {'rate':>6}  95%"]
    lines += [
        f"{one.category[:28] or '-':<28} {one.model[:24]:<24} {one.items:>8,} {one.refused:>8,} "
        f"{one.rate:>6.1%}  {one.low:.1%} to {one.high:.1%}"
        for one in rates[:_RATES]
    ]
    if len(rates) > _RATES:
        lines.append(f"and {len(rates) - _RATES:,} more categories, refused less surely")
    lines.append("")
    if not proposals:
        lines.append(
            "No word is proposed: none is refused often enough, and surely more often than the "
            "other products, at no loss of money."
        )
        return "\n".join(lines)
    lines.append(
        f"{'proposed word':<24} {'items':>8} {'refused':>8} {'elsewhere':>9} {'wasted':>10} "
        f"{'saves':>10} {'waited':>8}  such as"
    )
    lines += [
        f"{one.word[:24]:<24} {one.items:>8,} {one.refused:>8,} {one.elsewhere:>9.1%} "
        f"{_dollars(one.wasted):>10} {_dollars(one.saves):>10} {one.seconds:>6.0f} s  "
        f"{one.examples[0][:60] if one.examples else ''}"
        for one in proposals
    ]
    lines.append(
        "Wasted: paid for refused tries. Saves: that, less what Claude would have cost above the "
        "first model for those it did write."
    )
    return "\n".join(lines)


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.4f}"


def _plain(one: Proposal) -> dict[str, Any]:
    return {**asdict(one), "wasted": str(one.wasted), "saves": str(one.saves)}
