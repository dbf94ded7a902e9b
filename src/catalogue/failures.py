"""Why models did not write: the last failure of each in a run, from the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from src.llm.ledger import Ledger

_LOOKED_AT = 200


def last_failures(ledger: Ledger, run: str) -> list[str]:
    """What the models of a run failed with last, in words, each once; a model that has written
    since is left out. The newest requests only are looked at.

    Args:
        run: the ledger's session the run books on.
    """
    import sqlalchemy as sa

    from src.llm.ledger_tables import attempts as table

    query = (
        sa.select(table.c.deployment, table.c.outcome, table.c.detail)
        .where(table.c.session == run, table.c.kind == "model")
        .order_by(table.c.started_at.desc())
        .limit(_LOOKED_AT)
    )
    newest: dict[str, str] = {}
    with ledger.engine.connect() as connection:
        for deployment, outcome, detail in connection.execute(query):
            newest.setdefault(deployment, "" if outcome == "ok" else detail)
    return list(dict.fromkeys(detail for detail in newest.values() if detail))
