"""The records that stages and events carry: an approval, a result without its rows, a report."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict

from src.data.approved import ApprovedQuery
from src.data.result import ResultColumn


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Approval(Value):
    """Who approved which bytes, and when. `query` turns it back into the key that runs them."""

    sql: str
    sha256: str
    approved_by: str
    approved_at: dt.datetime
    dialect: str

    @classmethod
    def of(cls, approved: ApprovedQuery) -> Approval:
        """The record of `approved`."""
        return cls(
            sql=approved.sql,
            sha256=approved.sha256,
            approved_by=approved.approved_by,
            approved_at=approved.approved_at,
            dialect=approved.dialect,
        )

    def query(self) -> ApprovedQuery:
        """The approval as the executor takes it.

        Raises:
            NotApproved: the text is not the text whose hash was recorded.
        """
        return ApprovedQuery.restore(
            {**self.model_dump(), "approved_at": self.approved_at.isoformat()}
        )


class ResultInfo(Value):
    """All of a `QueryResult` but its rows, which the store keeps beside the state.

    Attributes:
        row_count: rows fetched.
        kept_rows: rows the store could keep under its size cap; at most `row_count`.
        seconds, rows_read, truncated, cautions: as in `QueryResult`.
    """

    columns: tuple[ResultColumn, ...]
    row_count: int
    kept_rows: int
    truncated: bool
    seconds: float
    rows_read: int | None = None
    cautions: tuple[str, ...] = ()
    executed_at: dt.datetime


class ReportFile(Value):
    """A report that was written: where, when, and the SHA-256 of its bytes."""

    path: str
    sha256: str
    written_at: dt.datetime
