"""The ledger's tables. Times are UTC without a zone; `…_pico` are picodollars."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

attempts = sa.Table(
    "llm_attempts",
    metadata,
    sa.Column("call_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("task", sa.String(32), nullable=False),
    sa.Column("session", sa.String(128)),
    sa.Column("user", sa.String(128)),
    sa.Column("profile", sa.String(64), nullable=False),
    sa.Column("deployment", sa.String(128), nullable=False),
    sa.Column("provider", sa.String(64), nullable=False),
    sa.Column("model", sa.String(128), nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("error", sa.String(32)),
    sa.Column("detail", sa.Text, nullable=False, default=""),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("input_tokens", sa.BigInteger),
    sa.Column("cached_input_tokens", sa.BigInteger),
    sa.Column("cache_write_tokens", sa.BigInteger),
    sa.Column("output_tokens", sa.BigInteger),
    sa.Column("reasoning_tokens", sa.BigInteger),
    sa.Column("cost_pico", sa.BigInteger),
    sa.Index("ix_llm_attempts_session", "session"),
    sa.Index("ix_llm_attempts_started_at", "started_at"),
)

calls = sa.Table(
    "llm_calls",
    metadata,
    sa.Column("call_id", sa.String(32), primary_key=True),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("task", sa.String(32), nullable=False),
    sa.Column("session", sa.String(128)),
    sa.Column("user", sa.String(128)),
    sa.Column("profile", sa.String(64), nullable=False),
    sa.Column("priority", sa.String(16), nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("provider", sa.String(64)),
    sa.Column("model", sa.String(128)),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("error", sa.String(32)),
    sa.Column("fallback", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("time_to_first_token", sa.Float),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("cached_input_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("reasoning_tokens", sa.BigInteger, nullable=False),
    sa.Column("cost_pico", sa.BigInteger, nullable=False),
    sa.Column("unknown_costs", sa.Integer, nullable=False),
    sa.Column("saved_pico", sa.BigInteger),
    sa.Index("ix_llm_calls_session", "session"),
    sa.Index("ix_llm_calls_started_at", "started_at"),
    sa.Index("ix_llm_calls_task", "task"),
)

signals = sa.Table(
    "llm_signals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("task", sa.String(32), nullable=False),
    sa.Column("session", sa.String(128), nullable=False),
    sa.Column("user", sa.String(128)),
    sa.Column("call_id", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("model", sa.String(128)),
    sa.Column("experiment", sa.String(64)),
    sa.Column("arm", sa.String(128)),
    sa.Index("ix_llm_signals_experiment", "experiment"),
)
