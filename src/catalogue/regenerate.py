"""A text written again because a person did not accept it: by the next model, told why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from src.catalogue.fencing import RULE, fenced
from src.catalogue.routing import Route
from src.catalogue.values import Copy, CopyFailed, CopyTask
from src.errors import InputError
from src.llm.types import CachePolicy

if TYPE_CHECKING:
    from src.catalogue.smart_llm_client import SmartLLMClient
    from src.config.models import ModelMap

MAX_REASON: Final = 1_000
_ASKED = (
    "{prompt}\n\nAn editor did not accept the earlier text below. The editor's reason: {reason}\n"
    "Write a new text that does all that is asked above and leaves the editor no such reason. "
    "Write it in the language of the request above.\n{earlier}"
)


async def write_again(
    client: SmartLLMClient, task: CopyTask, earlier: Copy | None, reason: str
) -> Copy:
    """Ask the model behind the one that wrote `earlier`, and so on along the strategy's chain; the
    first one again when `earlier` is the last one's, or the offline template's.

    Args:
        earlier: the text that was not accepted; None when nobody could write one.
        reason: what is wrong with it, in a person's words.

    Raises:
        InputError: no reason was given, or a very long one.
        CopyFailed: no model wrote a text that passes; the offline template is no answer to a
            person's reason.
        Cancelled: the call was cancelled.
    """
    told = " ".join(reason.split())
    if not told or len(told) > MAX_REASON:
        raise InputError(
            f"A reason of 1 to {MAX_REASON:,} characters is needed.",
            where="reason",
            hint="Say what should be different, e.g. “shorter, and without the brand”.",
        )
    text = earlier.text if earlier is not None else ""
    asked = replace(
        task,
        prompt=_ASKED.format(prompt=task.prompt, reason=told, earlier=fenced({"text": text})),
        system_prompt=" ".join(part for part in (task.system_prompt, RULE) if part),
        offline_text=None,
    )
    route = client.plan(task)
    writing = client.writing(asked, cache=CachePolicy("refresh"))
    writing.route = Route(
        behind(route.chain, earlier, client.router.models), f"regenerated: {told[:80]}"
    )
    try:
        return await writing.write()
    except CopyFailed as error:
        # Models that fail alike say the same; and here there is a text to fall back on.
        error.message = " ".join(
            ["No model wrote a text that can be used.", *dict.fromkeys(error.reasons)]
        )
        error.kept = "The earlier text stays. What was spent is in the ledger."
        error.hint = "Say it differently, or write the text yourself."
        if error.stuck:
            error.hint = "Mend the key on the Settings page, or write the text yourself."
        elif error.temporary:
            error.hint = "Try again when a model answers, or write the text yourself."
        raise


def behind(chain: tuple[str, ...], earlier: Copy | None, models: ModelMap) -> tuple[str, ...]:
    """The deployments of `chain` in the order in which a new text is asked of them."""
    named = {one.id: one for one in models.deployments()}
    wrote = [
        (len(named[id_].model), position)
        for position, id_ in enumerate(chain)
        if earlier is not None
        and named[id_].provider == earlier.provider
        # A provider may name the model that answered with its date behind it.
        and earlier.model.startswith((named[id_].model, id_))
    ]
    after = max(wrote)[1] + 1 if wrote else 0
    return (*chain[after:], *chain[:after])
