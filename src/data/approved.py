"""The guard's verdict and the approval: the only key that makes SQL run."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from src.errors import NotApproved


class GuardReason(BaseModel):
    """Why a statement is refused.

    Attributes:
        rule: stable name of the rule, e.g. ``not_a_query``, ``function_not_allowed``.
        message: plain words.
        position: offset of the offending piece in the SQL text, in characters, or None.
    """

    model_config = ConfigDict(frozen=True)
    rule: str
    message: str
    position: int | None = None


class GuardVerdict(BaseModel):
    """What the guard found on the engine's own syntax tree.

    Attributes:
        allowed: True only if no rule objects.
        tables: base tables the statement reads.
        functions: functions it calls, lower case.
    """

    model_config = ConfigDict(frozen=True)
    allowed: bool
    reasons: tuple[GuardReason, ...] = ()
    tables: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    dialect: str = "duckdb"


def sql_sha256(sql: str) -> str:
    """Hex SHA-256 of the SQL text's UTF-8 bytes."""
    return hashlib.sha256(sql.encode("utf-8", "surrogatepass")).hexdigest()


_SEAL: Final = object()


class ApprovedQuery:
    """SQL text that a named person approved, byte for byte. Immutable.

    There are two ways to get one: `ApprovedQuery.approve`, from text that the guard allowed, and
    `ApprovedQuery.restore`, from the record of an earlier approval. The executor takes nothing else
    and checks the hash again before it runs.

    Raises:
        NotApproved: from both, and from the executor, when the text is not what was approved.
    """

    __slots__ = ("approved_at", "approved_by", "dialect", "sha256", "sql")

    sql: str
    sha256: str
    approved_by: str
    approved_at: dt.datetime
    dialect: str

    def __init__(
        self, seal: object, *, sql: str, sha256: str, by: str, at: dt.datetime, dialect: str
    ) -> None:
        if seal is not _SEAL:
            raise NotApproved(
                "An approved query can only be made by approving a draft.",
                hint="Call SqlDraft.approve(by=…).",
            )
        if sql_sha256(sql) != sha256:
            raise NotApproved("The SQL text is not the text that was approved.")
        for name, value in (
            ("sql", sql),
            ("sha256", sha256),
            ("approved_by", by),
            ("approved_at", at),
            ("dialect", dialect),
        ):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an approved query cannot be changed; approve a new draft")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("an approved query cannot be changed; approve a new draft")

    def __repr__(self) -> str:
        return f"ApprovedQuery(sha256={self.sha256[:12]}…, by={self.approved_by!r})"

    @classmethod
    def approve(
        cls, sql: str, verdict: GuardVerdict, *, by: str, at: dt.datetime | None = None
    ) -> ApprovedQuery:
        """Approve `sql` in the name of `by`.

        Raises:
            NotApproved: the guard refused the text, or nobody is named.
        """
        if not verdict.allowed:
            why = "; ".join(r.message for r in verdict.reasons) or "no reason recorded"
            raise NotApproved(f"The guard refused this statement: {why}.")
        if not by.strip():
            raise NotApproved("An approval needs a name.", hint="Pass by='your name'.")
        when = at or dt.datetime.now(dt.UTC)
        return cls(_SEAL, sql=sql, sha256=sql_sha256(sql), by=by, at=when, dialect=verdict.dialect)

    def record(self) -> dict[str, Any]:
        """JSON-ready record for the audit trail."""
        return {
            "sql": self.sql,
            "sha256": self.sha256,
            "approved_by": self.approved_by,
            "approved_at": self.approved_at.isoformat(),
            "dialect": self.dialect,
        }

    @classmethod
    def restore(cls, record: dict[str, Any]) -> ApprovedQuery:
        """The approval that `record` tells of."""
        return cls(
            _SEAL,
            sql=record["sql"],
            sha256=record["sha256"],
            by=record["approved_by"],
            at=dt.datetime.fromisoformat(record["approved_at"]),
            dialect=record["dialect"],
        )
