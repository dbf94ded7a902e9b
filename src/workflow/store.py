"""Where analyses are kept: the current state, an append-only audit trail, and the result's rows.

Every statement names the owner, so one owner's analyses do not exist for another. Every change is
a compare-and-set on the row's version: of two clicks or two tabs one wins and the other is told. A
slow step is claimed first; a claim left by a dead process is void.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy import exc

from src.data.approved import sql_sha256
from src.errors import InputError, StateError, StepConflict
from src.workflow import codec
from src.workflow.events import Event
from src.workflow.holder import is_dead, new_holder
from src.workflow.records import EventRecord, SessionSummary, Stored
from src.workflow.states import State, WithApproval, WithChoice, WithDraft
from src.workflow.tables import events, open_engine, results, sessions, unusable, utc_text

RESULT_LIMIT_BYTES: Final = 32 * 1024 * 1024


class Store:
    """The analyses in one database.

    Args:
        engine: from `open_engine`.
        clock: gives the present moment, with a time zone.
    """

    def __init__(self, engine: sa.Engine, clock: Callable[[], dt.datetime] | None = None) -> None:
        self._engine = engine
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))

    def now(self) -> dt.datetime:
        """The present moment by this store's clock."""
        return self._clock()

    def create(
        self, owner: str, state: State, *, dataset_id: str, dataset_name: str, actor: str
    ) -> Stored:
        """Store a new analysis in its first state."""
        session_id = uuid.uuid4().hex
        now = utc_text(self._clock())
        with self._transaction() as connection:
            connection.execute(
                sa.insert(sessions).values(
                    id=session_id,
                    owner=owner,
                    dataset_id=dataset_id,
                    dataset_name=_storable(dataset_name),
                    version=1,
                    created_at=now,
                    **_columns(state, now),
                )
            )
            self._log(connection, (session_id, owner), "asked", actor, state, codec.dump(state))
        return Stored(session_id, owner, state, 1, dataset_id, dataset_name)

    def load(self, owner: str, session_id: str) -> Stored:
        """The analysis at its last stored step.

        Raises:
            InputError: the owner has no analysis of that id.
            StateError: its stored state is damaged.
        """
        query = sa.select(sessions).where(*_key(owner, session_id))
        with self._transaction() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError(
                "There is no such analysis in your history.",
                where=session_id,
                hint="Open one from the history, or ask a new question.",
            )
        return Stored(
            row.id,
            owner,
            codec.state_from_json(row.state),
            row.version,
            row.dataset_id,
            row.dataset_name,
            running=self._running(row),
        )

    def begin(self, stored: Stored, step: str, seconds: float) -> Stored:
        """Claim the next step for at most `seconds`.

        Raises:
            StepConflict: somebody is doing a step of this analysis, or it has moved on.
        """
        now = self._clock()
        holder = new_holder()
        values = {
            "version": stored.version + 1,
            "claim_step": step,
            "claim_holder": holder,
            "claim_until": utc_text(now + dt.timedelta(seconds=seconds)),
        }
        with self._transaction() as connection:
            self._change(connection, stored, values)
            key = (stored.id, stored.owner)
            self._log(connection, key, "started", stored.owner, stored.state, json.dumps(step))
        return replace(stored, version=stored.version + 1, claim=holder, running=step)

    def commit(
        self,
        stored: Stored,
        state: State,
        event: Event,
        actor: str,
        *,
        result: bytes | None = None,
        hold: bool = False,
    ) -> Stored:
        """Store `state`, reached from `stored` by `event`; ends the claim unless `hold`.

        Raises:
            StepConflict: somebody else changed the analysis meanwhile; nothing is stored.
        """
        now = utc_text(self._clock())
        values: dict[str, object] = {"version": stored.version + 1, **_columns(state, now)}
        if not hold:
            values |= _NO_CLAIM
        with self._transaction() as connection:
            self._change(connection, stored, values)
            payload = codec.dump(event)
            self._log(connection, (stored.id, stored.owner), event.kind, actor, state, payload)
            if result is not None and isinstance(state, WithApproval):
                self._keep_result(connection, stored, state, result)
        stored = replace(stored, version=stored.version + 1, state=state)
        return stored if hold else replace(stored, claim=None, running=None)

    def search(self, owner: str, text: str | None, limit: int) -> tuple[SessionSummary, ...]:
        """The owner's analyses whose question, reading or SQL contain every word of `text`."""
        query = sa.select(*(c for c in sessions.c if c.name not in {"state", "search"}))
        query = query.where(sessions.c.owner == owner)
        for word in (text or "").casefold().split():
            query = query.where(sessions.c.search.contains(word, autoescape=True))
        query = query.order_by(sessions.c.updated_at.desc(), sessions.c.id).limit(max(limit, 0))
        with self._transaction() as connection:
            rows = connection.execute(query).all()
        return tuple(
            SessionSummary(
                row.id,
                row.question,
                row.stage,
                row.dataset_id,
                row.dataset_name,
                dt.datetime.fromisoformat(row.created_at),
                dt.datetime.fromisoformat(row.updated_at),
                self._running(row),
            )
            for row in rows
        )

    def events(self, owner: str, session_id: str) -> tuple[EventRecord, ...]:
        """The audit trail of one analysis, oldest first; empty when the owner has no such one."""
        query = sa.select(events).where(events.c.owner == owner, events.c.session_id == session_id)
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(events.c.seq)).all()
        return tuple(
            EventRecord(
                row.seq,
                row.kind,
                row.actor,
                dt.datetime.fromisoformat(row.at),
                row.sql_sha256,
                row.payload,
            )
            for row in rows
        )

    def result(self, owner: str, session_id: str, sha256: str) -> bytes:
        """The stored rows of the result of the SQL with that hash.

        Raises:
            StateError: they are not there.
        """
        query = sa.select(results.c.data).where(
            results.c.owner == owner,
            results.c.session_id == session_id,
            results.c.sql_sha256 == sha256,
        )
        with self._transaction() as connection:
            data = connection.scalar(query)
        if data is None:
            raise StateError(
                "The rows of this result are no longer stored.",
                where=session_id,
                kept="The question, the SQL and its approval.",
                hint="Approve and run the SQL again.",
            )
        return bytes(data)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except exc.DBAPIError as error:
            raise unusable(self._engine.url, error) from error

    def _change(self, connection: sa.Connection, stored: Stored, values: dict[str, object]) -> None:
        """Compare and set: the row must be as `stored` says, and nobody else's live claim on it.

        It is the first statement of its transaction, so that SQLite takes the write lock at once
        and never has to upgrade a read.
        """
        mine = sessions.c.claim_holder == stored.claim
        free = sessions.c.claim_holder.is_(None)
        expired = sessions.c.claim_until < utc_text(self._clock())
        may = mine if stored.claim else sa.or_(free, expired)
        if self._set(connection, stored, values, may):
            return
        row = connection.execute(
            sa.select(sessions).where(*_key(stored.owner, stored.id))
        ).one_or_none()
        if row is None:
            raise InputError("There is no such analysis in your history.", where=stored.id)
        orphaned = not stored.claim and row.claim_holder and is_dead(row.claim_holder)
        if orphaned and self._set(
            connection, stored, values, sessions.c.claim_holder == row.claim_holder
        ):
            return
        raise _conflict(self._running(row), row.stage)

    def _set(
        self,
        connection: sa.Connection,
        stored: Stored,
        values: dict[str, object],
        condition: sa.ColumnElement[bool],
    ) -> bool:
        update = sa.update(sessions).where(
            *_key(stored.owner, stored.id), sessions.c.version == stored.version, condition
        )
        return connection.execute(update.values(**values)).rowcount == 1

    def _running(self, row: sa.Row[tuple[object, ...]]) -> str | None:
        """The step of a live claim on `row`."""
        if row.claim_holder is None or row.claim_until < utc_text(self._clock()):
            return None
        return None if is_dead(row.claim_holder) else str(row.claim_step)

    def _log(  # noqa: PLR0917 - a row has that many columns
        self,
        connection: sa.Connection,
        key: tuple[str, str],
        kind: str,
        actor: str,
        state: State,
        payload: str,
    ) -> None:
        session_id, owner = key
        last = sa.select(sa.func.coalesce(sa.func.max(events.c.seq), 0)).where(
            events.c.session_id == session_id
        )
        connection.execute(
            sa.insert(events).values(
                session_id=session_id,
                owner=owner,
                seq=(connection.scalar(last) or 0) + 1,
                kind=kind,
                actor=actor,
                at=utc_text(self._clock()),
                sql_sha256=sql_sha256(state.draft.sql) if isinstance(state, WithDraft) else None,
                payload=payload,
            )
        )

    def _keep_result(
        self, connection: sa.Connection, stored: Stored, state: WithApproval, data: bytes
    ) -> None:
        connection.execute(
            sa.delete(results).where(
                results.c.session_id == stored.id, results.c.owner == stored.owner
            )
        )
        connection.execute(
            sa.insert(results).values(
                session_id=stored.id,
                owner=stored.owner,
                sql_sha256=state.approval.sha256,
                data=data,
            )
        )


_NO_CLAIM: Final = {"claim_step": None, "claim_holder": None, "claim_until": None}


@lru_cache(maxsize=8)
def open_store(url: str) -> Store:
    """The store in the database at `url`; one engine a process and address.

    Raises:
        ConfigError, StateError: as `open_engine`.
    """
    return Store(open_engine(url))


def _key(owner: str, session_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return sessions.c.owner == owner, sessions.c.id == session_id


def _columns(state: State, now: str) -> dict[str, object]:
    words = [state.question]
    if isinstance(state, WithChoice):
        words.append(state.chosen.text)
    if isinstance(state, WithDraft):
        words.append(state.draft.sql)
    return {
        "question": state.question,
        "search": _storable(" ".join(words).casefold()),
        "stage": state.stage,
        "state": codec.dump(state),
        "updated_at": now,
    }


def _storable(text: str) -> str:
    """`text` without what no database stores as text: NUL and lone surrogates."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _conflict(running: str | None, stage: str) -> StepConflict:
    if running:
        return StepConflict(
            f"The step '{running}' of this analysis is already running; nothing was started.",
            where=stage,
            kept="The running step.",
            hint="Wait for it, or cancel it.",
        )
    return StepConflict(
        f"This analysis has moved on in another window; it is now at the step '{stage}'.",
        where=stage,
        kept="What was done in the other window.",
        hint="Look at the current step and go on from there.",
    )
