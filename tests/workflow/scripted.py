"""A warehouse that records what reaches it, and engines with fixed answers.

They stand at the two borders of the workflow, so that its tests are about the workflow alone.
"""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from pathlib import Path

import pandas as pd

from src.config.settings import Settings
from src.data.approved import ApprovedQuery, GuardReason, GuardVerdict
from src.data.profile import Dataset, Profile, TableProfile
from src.data.result import QueryResult, ResultColumn
from src.data.semantic import Aggregation, Column, Metric, Role, SemanticModel, Table, Unit
from src.data.warehouse import CancelToken, RunLimits
from src.errors import QueryCancelled
from src.insights.facts import Fact, Insight, InsightReport
from src.query_engine.drafts import Clarification, Interpretation, OutputColumn, Refusal, SqlDraft
from src.query_engine.plan import Filter, QueryPlan, TimeRange
from src.workflow.analysis import Analyst
from src.workflow.engines import Engines
from src.workflow.events import Event
from src.workflow.states import Chosen, State
from src.workflow.store import Store
from src.workflow.tables import open_engine
from src.workflow.verified import VerifiedQueries, VerifiedQuery
from src.workflow.view import Workbench

MODEL = SemanticModel(
    name="ads",
    tables=(
        Table(
            name="ads",
            columns=(
                Column(name="day", type="DATE", role=Role.TIME, concept="date"),
                Column(name="campaign", type="VARCHAR", role=Role.DIMENSION, concept="campaign"),
                Column(name="cost", type="DOUBLE", role=Role.MEASURE, concept="spend"),
            ),
            metrics=(
                Metric(
                    name="spend",
                    label="Spend",
                    aggregation=Aggregation.SUM,
                    numerator="cost",
                    unit=Unit.CURRENCY,
                ),
            ),
            time_column="day",
        ),
    ),
)
PLAN = QueryPlan(
    table="ads",
    metrics=("spend",),
    dimensions=("campaign",),
    filters=(
        Filter(column="day", op=">=", values=(dt.date(2026, 1, 31),)),
        Filter(column="campaign", op="!=", values=("2026-01-31",)),
        Filter(column="cost", op="in", values=(1, 1.0, True, "1")),
    ),
    time=TimeRange(start=dt.date(2026, 1, 1), label="since January", anchor=dt.date(2026, 2, 1)),
)
FRAME = pd.DataFrame(
    {"campaign": ["Весна", "Ünï 'quoted'", None], "spend": [Decimal("10.10"), Decimal("3"), None]}
)


class RecordingWarehouse:
    """Remembers every SQL text that was run, in order.

    Attributes:
        ran: what ran.
        fail: raised by the next run instead of an answer.
        gate: when set, a run waits until it is opened or the run is cancelled.
    """

    dialect = "duckdb"

    def __init__(self, dataset_id: str = "ads-1") -> None:
        profile = Profile({"ads": TableProfile("ads", 3)})
        self._dataset = Dataset(dataset_id, "ads.csv", MODEL, profile, fingerprint="f")
        self.ran: list[str] = []
        self.fail: Exception | None = None
        self.gate: threading.Event | None = None
        self.started = threading.Event()

    def dataset(self) -> Dataset:
        return self._dataset

    def schema(self) -> SemanticModel:
        return self._dataset.model

    def profile(self) -> Profile:
        return self._dataset.profile

    def check(self, sql: str) -> GuardVerdict:
        if sql.lstrip().lower().startswith("select"):
            return GuardVerdict(allowed=True, tables=("ads",))
        reason = GuardReason(rule="not_a_query", message="This is not a query", position=0)
        return GuardVerdict(allowed=False, reasons=(reason,))

    def explain(self, sql: str) -> str:
        return sql

    def run(
        self,
        approved: ApprovedQuery,
        *,
        limits: RunLimits | None = None,
        cancel: CancelToken | None = None,
    ) -> QueryResult:
        assert isinstance(approved, ApprovedQuery)
        self.ran.append(approved.sql)
        self.started.set()
        if self.gate is not None:
            while not self.gate.wait(0.01):
                if cancel is not None and cancel.cancelled:
                    raise QueryCancelled("The query was cancelled.")
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error
        columns = (ResultColumn("campaign", "VARCHAR"), ResultColumn("spend", "DECIMAL(18,2)"))
        return QueryResult(FRAME.copy(), columns, approved.sql, 3, False, 0.01, 3, ("a caution",))

    def close(self) -> None:
        pass


class ScriptedEngines(Engines):
    """Every question has two readings, but for questions that mention the moon.

    Attributes:
        fail: raised by the next step instead of an answer.
        seen: what the engines were asked, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fail: BaseException | None = None
        self.seen: list[object] = []
        self.drafts = 0

    def _step(self, what: object) -> None:
        self.seen.append(what)
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error

    def clarify(
        self, question: str, dataset: Dataset, previous: QueryPlan | None, session: str
    ) -> Clarification:
        self._step(("clarify", question, previous))
        if "moon" in question:
            refusal = Refusal(kind="missing_column", reason="No moon.", nearest=("Spend",))
            return Clarification(question=question, refusal=refusal)
        readings = tuple(
            Interpretation(text=f"{question}, by {sense}", confidence=0.4, sense=sense, plan=PLAN)
            for sense in ("spend", "clicks")
        )
        return Clarification(question=question, interpretations=readings)

    def reading_of(self, plan: QueryPlan, warehouse: object) -> Interpretation:
        return Interpretation(text="an edited plan", confidence=1.0, plan=plan, engine="you")

    def draft(
        self,
        state: Chosen,
        warehouse: RecordingWarehouse,
        verified: tuple[VerifiedQuery, ...],
        session: str,
    ) -> SqlDraft:
        self._step(("draft", state.comment, len(verified)))
        self.drafts += 1
        sql = f"SELECT campaign, sum(cost) AS spend FROM ads -- draft {self.drafts}"
        return SqlDraft(
            sql=sql,
            dialect="duckdb",
            guard=warehouse.check(sql),
            plan=state.chosen.plan,
            columns=(
                OutputColumn(name="campaign", label="Campaign", kind="dimension"),
                OutputColumn(name="spend", label="Spend", kind="metric", metric="spend"),
            ),
            comment=state.comment,
        )

    def edited(self, sql: str, warehouse: RecordingWarehouse, previous: SqlDraft) -> SqlDraft:
        self._step(("edited", sql))
        return SqlDraft(
            sql=sql, dialect="duckdb", guard=warehouse.check(sql), engine="you", edited=True
        )

    def columns(self, columns, dataset, draft):
        return draft.columns

    def explain(self, result, columns, plan, dataset, *, question, session) -> InsightReport:
        self._step(("explain", result.row_count))
        fact = Fact(id="f1", kind="leader", value=float("inf"), subject="Весна")
        return InsightReport(facts=(fact,), insights=(Insight(kind="finding", text="10.10"),))

    def heard(self, session: str, before: State, event: Event) -> None:
        pass

    def cost(self, session: str) -> Decimal | None:
        return Decimal("0.0123")

    def write_report(self, path: Path, data: object) -> Path:
        path.write_text("report", encoding="utf-8")
        return path


def analyst(
    home: Path,
    warehouse: RecordingWarehouse | None = None,
    engines: ScriptedEngines | None = None,
    *,
    owner: str = "ann",
    url: str | None = None,
) -> Analyst:
    """An analyst on a recording warehouse with its state under `home`."""
    settings = Settings(_env_file=None, campaign_analyst_home=home, state_database_url=url)
    return Analyst(
        warehouse or RecordingWarehouse(),
        owner=owner,
        settings=settings,
        engines=engines or ScriptedEngines(),
    )


def bench(store: Store, home: Path, warehouse: RecordingWarehouse) -> Workbench:
    """A workbench on a given store."""
    settings = Settings(_env_file=None, campaign_analyst_home=home)
    verified = VerifiedQueries.of(home, "ann", "ads-1")
    return Workbench(store, warehouse, settings, verified, ScriptedEngines())


def new_store(home: Path) -> Store:
    """A store of its own file, not shared with other callers of the process."""
    return Store(open_engine(f"sqlite:///{home / 'state.db'}"))
