"""From a worker's answer to a `QueryResult`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from src.data.cage.frames import Head
from src.data.result import QueryResult, ResultColumn
from src.data.warehouse import RunLimits

if TYPE_CHECKING:
    import pandas as pd


def to_frame(body: bytes) -> pd.DataFrame:
    """The Arrow stream as a frame with Arrow-backed columns: exact, and NULL is not NaN."""
    import pandas as pd
    import pyarrow as pa

    with pa.ipc.open_stream(body) as reader:
        table = reader.read_all()
    return table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)  # type: ignore[no-any-return]


def to_result(head: Head, body: bytes, sql: str, limits: RunLimits) -> QueryResult:
    """The result, with a caution when it was cut."""
    frame = to_frame(body)
    return QueryResult(
        frame=frame,
        columns=tuple(ResultColumn(name, kind) for name, kind in head["columns"]),
        sql=sql,
        row_count=len(frame),
        truncated=bool(head["truncated"]),
        seconds=float(head["seconds"]),
        rows_read=head.get("rows_read"),
        cautions=_cautions(head, len(frame), limits),
    )


def _cautions(head: Head, rows: int, limits: RunLimits) -> tuple[str, ...]:
    if head.get("cut_by_size"):
        return (f"The result was cut after {rows:,} rows because it is too large; there are more.",)
    if head["truncated"]:
        return (f"Only the first {limits.rows:,} rows are here; the query has more.",)
    return ()
