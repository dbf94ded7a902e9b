"""Which arm of an experiment a session is in, and a call's chain with that arm first.

The choice is a function of names and weights alone: it needs no store, is the same in every
process, and stays when the weights of other arms change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from src.config.models import Arm, Experiment
    from src.llm.call import Call
    from src.llm.endpoints import Endpoint

_BITS: Final = 52  # half-way points between multiples of 2**-52 are exact, and none of them is 1


def arm_of(experiment: Experiment, unit: str) -> Arm:
    """The arm of a unit, which is a session's id.

    Weighted rendezvous hashing (Schindelhauer and Schomaker 2005, "Weighted distributed hash
    tables", the logarithmic method): an arm's score is -weight / ln(u) with u uniform in (0, 1)
    from the hash of the experiment's, the arm's and the unit's names; the highest score wins. An
    arm wins with the probability of its share of the weights, and when one arm's weight changes,
    only units that move to or from this arm change theirs.
    """
    return max(experiment.arms, key=lambda arm: _score(experiment.name, arm, unit))


def enrol(call: Call, experiment: Experiment, endpoints: Mapping[str, Endpoint]) -> None:
    """Put the arm of the call's session first in its chain, and tag the call with it.

    A call without a session is a unit of its own. Nobody is enrolled while an arm has no key: half
    an experiment compares nothing.
    """
    if missing_providers(experiment, endpoints):
        return
    arm = arm_of(experiment, call.tag.session or call.tag.call_id).deployment
    others = (one for one in call.plan.chain if one.id != arm.id)
    call.plan = replace(call.plan, chain=(arm, *others))
    call.tag.tags.update(experiment=experiment.name, arm=arm.id)


def missing_providers(experiment: Experiment, endpoints: Mapping[str, Endpoint]) -> tuple[str, ...]:
    """Providers that an arm with a weight needs and that cannot be asked; they have no key."""
    wanted = {arm.deployment.provider: None for arm in experiment.arms if arm.weight > 0}
    return tuple(name for name in wanted if not endpoints[name].ready)


def _score(experiment: str, arm: Arm, unit: str) -> float:
    if arm.weight <= 0:
        return 0.0
    text = f"{experiment}\0{arm.deployment.id}\0{unit}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> (64 - _BITS)
    return -arm.weight / math.log((number + 0.5) / 2**_BITS)
