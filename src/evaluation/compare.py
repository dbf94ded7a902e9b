"""Whether two results say the same: rows as a bag, columns by name then by value.

Extra columns are allowed, extra rows are not. Numbers agree within a relative tolerance, an empty
cell equals only an empty cell (never 0), and order counts only where it is asked for.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-5
_TINY = 1e-9
_MATCHING_LIMIT = 300
_ASSIGNMENT_LIMIT = 200

Cell = str | float | bool | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the results agree, and if not why, in a few words."""

    same: bool
    reason: str = ""


def compare_results(gold: pd.DataFrame, found: pd.DataFrame, *, ordered: bool = False) -> Verdict:
    """Whether `found` answers what `gold` answers."""
    if len(gold) != len(found):
        return Verdict(False, f"{len(found)} rows, {len(gold)} expected")
    if gold.shape[1] > found.shape[1]:
        return Verdict(False, f"{found.shape[1]} columns, {gold.shape[1]} expected")
    expected = [_cells(gold.iloc[:, i]) for i in range(gold.shape[1])]
    given = [_cells(found.iloc[:, i]) for i in range(found.shape[1])]
    names = [str(c) for c in gold.columns]
    reason = "no column has the values of " + ", ".join(names)
    for columns in _assignments(names, expected, [str(c) for c in found.columns], given):
        mine, theirs = list(zip(*expected, strict=True)), list(
            zip(*(given[i] for i in columns), strict=True)
        )  # fmt: skip
        if not same_bag(mine, theirs):
            reason = "the values of the rows differ"
        elif ordered and not _same_order(mine, theirs):
            reason = "the rows are in another order"
        else:
            return Verdict(True)
    return Verdict(False, reason)


def same_bag(mine: Sequence[Row], theirs: Sequence[Row]) -> bool:
    """Whether the rows can be paired so that every pair agrees."""
    if len(mine) != len(theirs):
        return False
    groups: dict[Row, tuple[list[list[float]], list[list[float]]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((mine, theirs)):
        for row in rows:
            words = tuple("\0number" if _is_number(c) else c for c in row)
            numbers = [float(c) for c in row if _is_number(c) and c is not None]
            groups[words][side].append(numbers)
    return all(_paired(a, b) for a, b in groups.values())


def same_cell(a: Cell, b: Cell) -> bool:
    """Whether two cells agree."""
    if _is_number(a) and _is_number(b):
        return _close(float(a or 0), float(b or 0))
    return type(a) is type(b) and a == b


def _assignments(
    names: list[str], expected: list[list[Cell]], found: list[str], given: list[list[Cell]]
) -> Iterator[list[int]]:
    """Ways to match expected columns to given ones: of the same name first, then of the same
    values. The number of ways tried is capped."""
    candidates = []
    for name, cells in zip(names, expected, strict=True):
        fits = [i for i, other in enumerate(given) if _alike(cells, other)]
        candidates.append(sorted(fits, key=lambda i: found[i].casefold() != name.casefold()))
    tried = 0

    def extend(chosen: list[int]) -> Iterator[list[int]]:
        nonlocal tried
        if len(chosen) == len(candidates):
            tried += 1
            yield chosen
            return
        for i in candidates[len(chosen)]:
            if i not in chosen and tried < _ASSIGNMENT_LIMIT:
                yield from extend([*chosen, i])

    yield from extend([])


def _alike(a: list[Cell], b: list[Cell]) -> bool:
    return same_bag([(c,) for c in a], [(c,) for c in b])


def _paired(mine: list[list[float]], theirs: list[list[float]]) -> bool:
    if len(mine) != len(theirs):
        return False
    left, right = sorted(mine), sorted(theirs)
    if all(_close_rows(a, b) for a, b in zip(left, right, strict=True)):
        return True
    # Rows that differ by less than the tolerance can sort either way; then pair them in earnest.
    return len(left) <= _MATCHING_LIMIT and _matching(left, right)


def _matching(left: list[list[float]], right: list[list[float]]) -> bool:
    """Whether a perfect matching exists (augmenting paths)."""
    near = [[j for j, b in enumerate(right) if _close_rows(a, b)] for a in left]
    partner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j in near[i]:
            if j not in seen:
                seen.add(j)
                if j not in partner or place(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(left)))


def _same_order(mine: list[Row], theirs: list[Row]) -> bool:
    """Row by row, or at least in a column that the expected rows are sorted by: ties may swap."""
    if all(
        all(same_cell(a, b) for a, b in zip(x, y, strict=True))
        for x, y in zip(mine, theirs, strict=True)
    ):
        return True
    for column, other in zip(zip(*mine, strict=True), zip(*theirs, strict=True), strict=True):
        if _is_sorted(column) and all(same_cell(a, b) for a, b in zip(column, other, strict=True)):
            return True
    return False


def _is_sorted(column: Sequence[Cell]) -> bool:
    numbers = [float(c) for c in column if _is_number(c) and c is not None]
    if len(numbers) < 2 or any(c is not None and not _is_number(c) for c in column):
        return False
    if max(Counter(numbers).values()) == len(numbers):
        return False
    return numbers in (sorted(numbers), sorted(numbers, reverse=True))


def _cells(column: pd.Series[Any]) -> list[Cell]:
    return [_cell(value) for value in column.tolist()]


def _cell(value: Any) -> Cell:
    import pandas as pd

    if isinstance(value, bool | str):
        return value
    if isinstance(value, list | tuple | dict | set):
        return repr(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "item"):
        return _cell(value.item())
    return str(value)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, float)


def _close_rows(a: list[float], b: list[float]) -> bool:
    return all(_close(x, y) for x, y in zip(a, b, strict=True))


def _close(a: float, b: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=_TINY)
