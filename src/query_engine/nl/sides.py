"""The two values of a yes-or-no column."""

from __future__ import annotations

_YES = ("yes", "true", "y", "t", "1", "да", "истина")
_NO = ("no", "false", "n", "f", "0", "нет", "ложь")


def sides_of(values: tuple[str, ...]) -> tuple[str, str] | None:
    """Which of two stored values says yes and which no; None when they say something else."""
    if len(values) != 2:
        return None
    for yes, no in (values, values[::-1]):
        folded = yes.casefold(), no.casefold()
        if folded[0] in _YES and folded[1] in _NO and _YES.index(folded[0]) == _NO.index(folded[1]):
            return yes, no
    return None
