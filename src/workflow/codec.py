"""States and results as stored bytes, and back exactly.

States are JSON. Dates travel as tagged objects, because a filter value may be a date or a text that
looks like one, and a plan must mean the same after a reload. Results are Arrow IPC streams: every
engine type survives, decimals to the last digit.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from src.errors import StateError
from src.workflow.states import State

if TYPE_CHECKING:
    import pandas as pd

_STATE: Final[TypeAdapter[State]] = TypeAdapter(State)
_DATE, _DATETIME = "$date", "$datetime"


def dump(value: BaseModel) -> str:
    """ASCII JSON of a state or an event; lone surrogates in a model's answer survive as escapes."""
    return json.dumps(value.model_dump(mode="python"), default=_tag, separators=(",", ":"))


def state_from_json(text: str) -> State:
    """The state that `text` holds.

    Raises:
        StateError: the text is not a state or breaks a rule of one, e.g. approves another text.
    """
    try:
        return _STATE.validate_python(json.loads(text, object_hook=_untag))
    except (ValueError, TypeError, RecursionError) as error:
        raise StateError(
            "The stored step of this analysis is damaged and cannot be read.",
            where=_first_problem(error),
            kept="All other analyses, and this one's audit trail.",
            hint="Ask the question again.",
        ) from None


def _tag(value: object) -> Any:
    if isinstance(value, dt.datetime):
        return {_DATETIME: value.isoformat()}
    if isinstance(value, dt.date):
        return {_DATE: value.isoformat()}
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    raise TypeError(f"cannot store a {type(value).__name__}")


def _untag(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        if _DATE in pairs:
            return dt.date.fromisoformat(pairs[_DATE])
        if _DATETIME in pairs:
            return dt.datetime.fromisoformat(pairs[_DATETIME])
    return pairs


def _first_problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return ".".join(str(part) for part in first["loc"]) or "state"
    return "state"


def frame_to_bytes(frame: pd.DataFrame, limit: int) -> tuple[bytes, int]:
    """`frame` as a compressed Arrow stream of at most `limit` bytes, and how many rows are in it.

    A frame that does not fit keeps its first rows, as many as do.
    """
    table = _to_arrow(frame)
    rows = table.num_rows
    while True:
        data = _stream(table.slice(0, rows))
        if len(data) <= limit or rows == 0:
            return data, rows
        rows = min(rows - 1, int(rows * limit / len(data) * 0.9))


def frame_from_bytes(data: bytes) -> pd.DataFrame:
    """The frame that `frame_to_bytes` stored, Arrow-backed as the executor makes them.

    Raises:
        StateError: the bytes are damaged.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(io.BytesIO(data)) as reader:
            table = reader.read_all()
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StateError(
            "The stored rows of this result are damaged and cannot be read.",
            where="result",
            kept="The question, the SQL and its approval.",
            hint="Approve and run the SQL again.",
        ) from error
    return frame


def _to_arrow(frame: pd.DataFrame) -> Any:
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.Table.from_pandas(_with_texts(frame), preserve_index=False)


def _with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the columns Arrow has no type for as text."""
    import pyarrow as pa

    kept = frame.copy(deep=False)
    for name in frame.columns:
        try:
            pa.Array.from_pandas(frame[name])
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            kept[name] = [None if value is None else str(value) for value in frame[name]]
    return kept


def _stream(table: Any) -> bytes:
    import pyarrow as pa

    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()
