"""The tables analyses are kept in, and how their database is opened.

Times are text in ISO form, UTC, microseconds always written, so that they sort as text and come
back exactly from any engine.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateIndex, CreateTable

from src.errors import ConfigError, StateError

SCHEMA_VERSION: Final = 1
_BUSY_MS: Final = 10_000

metadata = sa.MetaData()

schema = sa.Table(
    "analysis_schema",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
)

sessions = sa.Table(
    "analysis_sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("dataset_name", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("claim_step", sa.String(30)),
    sa.Column("claim_holder", sa.String(400)),
    sa.Column("claim_until", sa.String(32)),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("updated_at", sa.String(32), nullable=False),
    sa.Index("analysis_sessions_by_owner", "owner", "updated_at"),
)

events = sa.Table(
    "analysis_events",
    metadata,
    sa.Column("session_id", sa.String(32), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("sql_sha256", sa.String(64)),
    sa.Column("payload", sa.Text, nullable=False),
)

results = sa.Table(
    "analysis_results",
    metadata,
    sa.Column("session_id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("sql_sha256", sa.String(64), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


def utc_text(moment: dt.datetime) -> str:
    """`moment` as sortable text."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def open_engine(url: str) -> sa.Engine:
    """The engine behind `url`, its tables made and its schema version checked.

    Raises:
        ConfigError: the URL is not one.
        StateError: the database cannot be opened or written, or another version of the app made it.
    """
    try:
        parsed = sa.make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        if sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, pool_pre_ping=not sqlite)
    except (exc.ArgumentError, exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            "STATE_DATABASE_URL is not a database address that can be used.",
            where="STATE_DATABASE_URL",
            hint="Use sqlite:///path/state.db or postgresql+psycopg://user@host/name.",
        ) from error
    except OSError as error:
        raise unusable(url, error) from error
    if sqlite:
        sa.event.listen(engine, "connect", _prepare_sqlite)
    _create(engine)
    _check_version(engine)
    return engine


def unusable(url: str | sa.URL, error: Exception) -> StateError:
    """The error for a state database that does not answer as it must."""
    where = sa.make_url(url).render_as_string(hide_password=True)
    reason = str(getattr(error, "orig", error)).splitlines()
    return StateError(
        f"The state database cannot be used: {reason[0] if reason else type(error).__name__}.",
        where=where,
        kept="Uploaded data and written reports; the step you took was not stored.",
        hint="Check that the file or server is there, writable and has room, then try again.",
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.close()


def _create(engine: sa.Engine) -> None:
    """Make what is missing. Several processes may start at once, so a lost race is tried again."""
    for attempt in range(5):
        try:
            with engine.begin() as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                for table in metadata.sorted_tables:
                    connection.execute(CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        connection.execute(CreateIndex(index, if_not_exists=True))
                if connection.scalar(sa.select(schema.c.version)) is None:
                    connection.execute(sa.insert(schema).values(version=SCHEMA_VERSION))
            return
        except (exc.IntegrityError, exc.ProgrammingError, exc.OperationalError) as error:
            if attempt == 4:
                raise unusable(engine.url, error) from error
            time.sleep(0.1 * 2**attempt)
        except exc.DBAPIError as error:
            raise unusable(engine.url, error) from error


def _check_version(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        found = connection.scalar(sa.select(sa.func.max(schema.c.version)))
    if found != SCHEMA_VERSION:
        raise StateError(
            f"The state database has schema version {found}; this version of the app "
            f"reads version {SCHEMA_VERSION}.",
            where=engine.url.render_as_string(hide_password=True),
            kept="Everything in it; nothing was changed.",
            hint="Run the version of the app that made it, or set CAMPAIGN_ANALYST_HOME or "
            "STATE_DATABASE_URL to a new place.",
        )
