"""What a run has cost, read from the ledger: requests, those turned away, dollars, tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from src.catalogue.pace import Seen
from src.llm.ledger_rows import from_pico

if TYPE_CHECKING:
    from src.llm.ledger import Ledger

_TURNED_AWAY: Final = ("rate_limited", "overloaded")


@dataclass(frozen=True, slots=True)
class Metered:
    """What the run has cost since it was first started, restarts included.

    Attributes:
        requests, turned_away, answered, seconds: as in `pace.Seen`, in all.
        spent: dollars; `unknown` requests whose cost nobody knows.
    """

    requests: int = 0
    turned_away: int = 0
    answered: int = 0
    seconds: float = 0.0
    spent: Decimal = Decimal(0)
    unknown: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def since(self, earlier: Metered) -> Seen:
        """The requests that came after `earlier`."""
        return Seen(
            self.requests - earlier.requests,
            self.turned_away - earlier.turned_away,
            self.answered - earlier.answered,
            self.seconds - earlier.seconds,
        )


Meter = Callable[[], Metered]


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
