"""What a run has cost, read from the ledger: requests, those turned away, dollars, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from src.catalogue.pipeline import Metered
from src.llm.ledger_rows import from_pico

if TYPE_CHECKING:
    from src.llm.ledger import Ledger

_TURNED_AWAY: Final = ("rate_limited", "overloaded")


class LedgerMeter:
    """Adds up the attempts that are booked on one run.

    Args:
        run: the ledger's session the run books on.
    """

    def __init__(self, ledger: Ledger, run: str) -> None:
        self._ledger = ledger
        self._run = run

    def __call__(self) -> Metered:
        """The totals now."""
        import sqlalchemy as sa

        from src.llm.ledger_tables import attempts as table

        def total(column: sa.ColumnElement[int] | sa.ColumnElement[float]) -> sa.Function[int]:
            return sa.func.coalesce(sa.func.sum(column), 0)

        answered = sa.and_(table.c.outcome == "ok", table.c.kind == "model")
        query = sa.select(
            total(sa.case((table.c.kind == "model", 1), else_=0)),
            total(sa.case((table.c.error.in_(_TURNED_AWAY), 1), else_=0)),
            total(sa.case((answered, 1), else_=0)),
            total(sa.case((answered, table.c.seconds), else_=0.0)),
            total(table.c.cost_pico),
            total(sa.case((table.c.cost_pico.is_(None), 1), else_=0)),
            total(table.c.input_tokens),
            total(table.c.output_tokens),
        ).where(table.c.session == self._run)
        with self._ledger.engine.connect() as connection:
            row = connection.execute(query).one()
        return Metered(
            requests=int(row[0]),
            turned_away=int(row[1]),
            answered=int(row[2]),
            seconds=float(row[3]),
            spent=from_pico(row[4]),
            unknown=int(row[5]),
            input_tokens=int(row[6]),
            output_tokens=int(row[7]),
        )
