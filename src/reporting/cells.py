"""One place that reads a cell of a result, whatever pandas kept it as.

NULL is always None (never NaN, NaT or 0), decimals stay `Decimal`, NumPy scalars become Python's.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Number = int | float | Decimal
Cell = str | bool | int | float | Decimal | dt.date | dt.datetime | dt.time | dt.timedelta | None


def plain(value: Any) -> Cell:
    """The cell as a Python value; NULL in any spelling is None, other objects become text."""
    if value is None or type(value) in (str, int, bool):
        return value  # type: ignore[no-any-return]
    if type(value) is float:
        return None if math.isnan(value) else value
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    elif isinstance(value, pd.Timedelta):
        value = value.to_pytimedelta()
    elif hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return plain(value.item())
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta | str | int | float):
        return value
    return str(value)


def number(value: Any) -> Number | None:
    """The cell as a finite number, or None for NULL, text, booleans and infinities."""
    cell = plain(value)
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return None
    return cell if math.isfinite(cell) else None


def day(value: Any) -> dt.date | None:
    """The cell as a calendar day: dates, timestamps and ISO text; None for anything else."""
    cell = plain(value)
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, str):
        try:
            return dt.date.fromisoformat(cell[:10])
        except ValueError:
            return None
    return None


def column_cells(frame: pd.DataFrame, name: str) -> list[Cell]:
    """All cells of a column, in row order; an absent column gives None in every row."""
    if name not in frame.columns:
        return [None] * len(frame)
    return [plain(value) for value in frame[name].tolist()]
