"""English and Russian words the grounding check goes by: movement, extremes, wholes, openers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

HIGH: Literal["high"] = "high"
LOW: Literal["low"] = "low"
Side = Literal["high", "low", "best", "worst"]

UP = re.compile(
    r"up$|rose$|rise|risen|rising|increas|grew|grow|gain|climb|higher|above|more$|jump|surg|improv|"
    r"added|ahead|exceed|outperform|вырос|раст|рост|увелич|выше|больше|прирост|подня|прибав"
)
DOWN = re.compile(
    r"down$|fell$|fall|drop|declin|decreas|lost$|lower|below|less$|fewer|shrank|shrink|slid|slip|"
    r"cut$|worse|behind|trail|reduc|упал|пада|сниж|сниз|уменьш|ниже|меньше|сократ|просел"
)
WHOLE = re.compile(
    r"\b(total|overall|altogether|combined|together|all|whole|entire|account|sum|average|"
    r"adds? up|всего|итого|в целом|общ\w+|суммарн\w+|вместе|средн\w+)\b",
    re.IGNORECASE,
)
MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "янв", "фев", "мар", "апр", "мая", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек",
)  # fmt: skip
_OPENERS = """
a about according across after all almost already also although an and another any as at
because before behind below besides best better between beyond both but by compared consider
consequently conversely cost costs daily despite during each either even every except expect
few fewer finally first focus for from further given half hence here high higher highest
however if in increase increasing it its keep large largest last least less look low lower
lowest many meanwhile more moreover most much neither nevertheless next no none nonetheless
nor not note nothing notably of on once one only or other others otherwise out over overall
per performance relative review results rows same second see several shift since smallest so
some spending still such that the their then there therefore these they third this those
though three through thus to together top total trend two under unlike until up we weekly
what when where whether which while who why with within without worst yet you а без более
больше в во все всего всё вместе выше где да дальше для до если ещё за и из или итого как
когда кроме лидер лишь лучше меньше на над не нет ниже но о общая общий однако они остальные
от по под после почти при примерно с самая самое самый сейчас средний средняя так также там
то только у чем что эта эти это этот
лидерство одна результат строки условия
"""
OPENERS = frozenset(_OPENERS.split())
_SIDES: dict[Side, str] = {
    "high": r"highest|largest|biggest|most|greatest|peaked|наибольш\w+|сам\w+ высок\w+|"
    r"больше всего|больше всех|максимальн\w+",
    "low": r"lowest|smallest|least|fewest|cheapest|наименьш\w+|сам\w+ низк\w+|меньше всего|"
    r"меньше всех|минимальн\w+",
    "best": r"best|strongest|top|leads|led|leader|winner|wins|leading|лучш\w+|лидир\w+|лидер\w*",
    "worst": r"worst|weakest|bottom|laggard|lags|худш\w+|аутсайдер\w*",
}
_NOT_RANKS = re.compile(
    r"(at most|at least|most of|least of|top (?:three|\d+)|three largest)", re.I
)
_MOVING = re.compile(
    r"\s+(?:\w+\s+)?(rise|increase|gain|growth|fall|drop|decline|decrease|loss|"
    r"рост|прирост|снижение|падение)\b",
    re.I,
)
_LOSSES = frozenset({"fall", "drop", "decline", "decrease", "loss", "снижение", "падение"})


@dataclass(frozen=True, slots=True)
class Rank:
    """A superlative: where it stands, which end it means, and 1 or -1 if it is of a movement."""

    word: str
    start: int
    end: int
    side: Side
    moving: int = 0

    @classmethod
    def find(cls, text: str) -> Iterator[Rank]:
        """The superlatives of `text`; bounds and groups ("at most", "top three") are none."""
        masked = _NOT_RANKS.sub(lambda match: " " * len(match[0]), text)
        for side, words in _SIDES.items():
            for match in re.finditer(rf"\b(?:{words})\b", masked, re.IGNORECASE):
                after = _MOVING.match(text, match.end())
                way = 0 if after is None else (-1 if after[1].lower() in _LOSSES else 1)
                yield cls(match[0], match.start(), match.end(), side, way)
