"""Ask, choose, review, run, understand: the whole product without a screen.

`Analyst` is one owner's work on a data set; `AnalysisSession` (session.py) is one analysis.

    analyst = Analyst.open(data=["export.csv"])
    session = analyst.ask("Which campaigns had ROAS above 3 in the last 30 days?")
    draft = session.choose(0)
    result = session.run(draft.approve(by="me"))
    session.insights()
    session.report("report.html")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from src.config.settings import Settings, get_settings
from src.data.profile import Dataset
from src.data.warehouse import Warehouse
from src.errors import InputError
from src.query_engine.plan import QueryPlan
from src.workflow.engines import Engines
from src.workflow.past import RemovedWarehouse
from src.workflow.questions import clean_question
from src.workflow.records import SessionSummary
from src.workflow.session import AnalysisSession, start
from src.workflow.sources import open_source
from src.workflow.states import Asked
from src.workflow.store import open_store
from src.workflow.verified import VerifiedQueries, VerifiedQuery
from src.workflow.view import Badge, SessionView, Workbench

if TYPE_CHECKING:
    from src.llm.router import Router

__all__ = ["AnalysisSession", "Analyst", "Badge"]

_OWNER_LIMIT: Final = 200


class Analyst:
    """One owner's analyses, asked of one data set; analyses of the owner's others can be resumed.

    Args:
        warehouse: what questions are asked of; closed by `close`.
        owner: whose analyses; another owner's are invisible.
        engines: who clarifies, drafts and explains; the product's own when None.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        *,
        owner: str = "local",
        settings: Settings | None = None,
        engines: Engines | None = None,
    ) -> None:
        if not owner.strip() or len(owner) > _OWNER_LIMIT:
            raise InputError(
                "An analyst needs an owner's name.",
                where="owner",
                hint=f"Use 1 to {_OWNER_LIMIT} characters.",
            )
        self._owner = owner
        self._settings = settings or get_settings()
        self._engines = engines or Engines()
        self._store = open_store(self._settings.state_url)
        self._main = self._bench(warehouse)
        self._others: dict[str, Workbench] = {}

    @classmethod
    def open(
        cls,
        data: Sequence[str | Path] | None = None,
        database_url: str | None = None,
        *,
        dataset_id: str | None = None,
        owner: str = "local",
        settings: Settings | None = None,
        router: Router | None = None,
    ) -> Analyst:
        """Open files (each becomes a table), a database, or a data set uploaded before.

        With none of them: the database of ``DATABASE_URL`` if that is set, else the shipped sample.

        Raises:
            InputError: more than one of them is given, or the data set is not the owner's.
            DataFileError: a file cannot be read as a table; nothing is kept of it.
            ConfigError: the address is not one, or its driver is not installed.
        """
        settings = settings or get_settings()
        warehouse = open_source(
            settings, owner, data=data, database_url=database_url, dataset_id=dataset_id
        )
        return cls(warehouse, owner=owner, settings=settings, engines=Engines(router))

    @property
    def dataset(self) -> Dataset:
        return self._main.warehouse.dataset()

    @property
    def warehouse(self) -> Warehouse:
        return self._main.warehouse

    def ask(
        self, question: str, previous: AnalysisSession | QueryPlan | None = None
    ) -> AnalysisSession:
        """A new analysis, clarified. That the data cannot answer is no error: it is
        ``session.clarification.refusal``, with the nearest questions that can be asked.

        Raises:
            InputError: the question is empty, too long or not text; nothing is stored.
        """
        if isinstance(previous, AnalysisSession):
            return previous.follow_up(question)
        return start(
            self._main, self._owner, Asked(question=clean_question(question), previous=previous)
        )

    def sessions(self, search: str | None = None, limit: int = 50) -> tuple[SessionSummary, ...]:
        """The owner's analyses on any data set, newest first; `search` words must all occur in the
        question, the chosen reading or the SQL."""
        return self._store.search(self._owner, search, limit)

    def resume(self, session_id: str) -> AnalysisSession:
        """The analysis at its last stored step, on its own data set.

        Raises:
            InputError: the owner has no such analysis, or its data set is gone.
            StateError: its stored state is damaged; others are not affected.
        """
        stored = self._store.load(self._owner, session_id)
        return AnalysisSession(self._bench_of(stored.dataset_id, stored.dataset_name), stored)

    def recall(self, session_id: str) -> SessionView:
        """The analysis at its last stored step, to read only; its data may be gone.

        Raises:
            InputError: the owner has no such analysis.
            StateError: its stored state is damaged; others are not affected.
        """
        stored = self._store.load(self._owner, session_id)
        gone = RemovedWarehouse(stored.dataset_id, stored.dataset_name)
        return SessionView(self._bench(gone), stored)

    def verify(
        self, session: AnalysisSession, name: str, *, onboarding: bool = False
    ) -> VerifiedQuery:
        """Vouch for the approved SQL of `session`: the next drafts may use it, and answers with
        exactly this SQL carry the badge Verified.

        Raises:
            InputError: the SQL of `session` is not approved, or `name` is empty.
        """
        return session.verify(name, onboarding=onboarding)

    def verified(self) -> tuple[VerifiedQuery, ...]:
        """The verified queries of this data set."""
        return self._main.verified.all()

    def close(self) -> None:
        """Let go of the warehouses; stored analyses stay."""
        for bench in (self._main, *self._others.values()):
            bench.warehouse.close()

    def _bench(self, warehouse: Warehouse) -> Workbench:
        home = self._settings.campaign_analyst_home
        verified = VerifiedQueries.of(home, self._owner, warehouse.dataset().id)
        return Workbench(self._store, warehouse, self._settings, verified, self._engines)

    def _bench_of(self, dataset_id: str, name: str) -> Workbench:
        if dataset_id == self.dataset.id:
            return self._main
        if dataset_id not in self._others:
            try:
                warehouse = open_source(self._settings, self._owner, dataset_id=dataset_id)
            except InputError as error:
                raise InputError(
                    f"This analysis is about {name}, which was removed or is not open here.",
                    where=name,
                    kept="The analysis and its audit trail, as they were.",
                    hint="Ask the question again of the data in use. If it was asked of a "
                    "database, start the app with that database.",
                ) from error
            self._others[dataset_id] = self._bench(warehouse)
        return self._others[dataset_id]
