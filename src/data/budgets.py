"""What a column of budgets holds: a daily budget, or the budget of each week or month.

A daily budget is repeated from day to day and cannot be added up over them. In a report of one row
a week or a month the budget is that of the row, and adds up as spend does.
"""

from __future__ import annotations

import datetime as dt

from src.data.concepts import header_words
from src.data.profile import ColumnProfile
from src.data.semantic import Additivity, Column

_BUDGET = "daily_budget"
_DAILY = {"daily", "day", "дневной", "суточный"}
_FEWEST = 3


def settle_budgets(columns: tuple[Column, ...], time: ColumnProfile | None) -> tuple[Column, ...]:
    """The columns with budgets of a week or month as sums.

    Args:
        time: figures of the table's time column, if it has one.
    """
    if time is None or not _week_or_month_apart(time):
        return columns
    return tuple(_of_its_row(c) if c.concept == _BUDGET else c for c in columns)


def _of_its_row(column: Column) -> Column:
    if _DAILY & set(header_words(column.name)):
        return column
    label = "Budget" if _DAILY & set(header_words(column.label)) else column.label
    words = tuple(w for w in column.synonyms if not _DAILY & set(header_words(w)))
    update = {"concept": None, "additivity": Additivity.ADDITIVE, "label": label}
    return column.model_copy(update={**update, "synonyms": words, "description": ""})


def _week_or_month_apart(column: ColumnProfile) -> bool:
    """Whether the dates follow each other by a week or a month, without a gap."""
    try:
        first, last = (
            dt.date.fromisoformat(str(end)[:10]) for end in (column.minimum, column.maximum)
        )
    except ValueError:
        return False
    if column.distinct < _FEWEST:
        return False
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    weeks, rest = divmod((last - first).days, 7)
    monthly = first.day == last.day == 1 and column.distinct == months
    return monthly or (rest == 0 and column.distinct == weeks + 1)
