"""A question set through an engine, executed on a real warehouse, and scored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.profile import Dataset
from src.data.warehouse import Warehouse
from src.errors import InputError, PlanError
from src.evaluation import evaluate
from src.evaluation.cases import Case, load_cases
from src.evaluation.judging import judgements
from src.evaluation.score import Outcome, calibrate
from src.query_engine.drafts import Clarification, Interpretation, Refusal, SqlDraft
from src.query_engine.plan import QueryPlan
from tests.sql import shop

SPEND = QueryPlan(table="order", metrics=("spend",))
BY_GROUP = QueryPlan(table="order", metrics=("spend",), dimensions=("group",))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    with shop.warehouse(tmp_path_factory.mktemp("evaluation")) as opened:
        yield opened


class Scripted:
    """An engine with fixed readings per question, so that every figure can be foretold."""

    name = "scripted"

    def __init__(self, readings: dict[str, list[tuple[QueryPlan, float]]]) -> None:
        self.readings = readings
        self.told: list[tuple[str, str]] = []

    def clarify(self, question: str, dataset: Dataset, session: str) -> Clarification:
        known = self.readings.get(question, [])
        items = tuple(Interpretation(text="", confidence=c, plan=p) for p, c in known)
        refusal = None if items else Refusal(kind="missing_column", reason="no such column")
        return Clarification(question=question, interpretations=items, refusal=refusal)

    def draft(self, interpretation: Interpretation, warehouse: Warehouse, session: str) -> SqlDraft:
        from src.query_engine.compiler import compile_plan

        assert interpretation.plan is not None
        if interpretation.plan.limit == 99:
            raise PlanError("This engine has a bad day.")
        sql = compile_plan(interpretation.plan, warehouse.schema()).sql
        return SqlDraft(sql=sql, dialect="duckdb", guard=warehouse.check(sql), plan=SPEND)

    def cost(self, session: str) -> Decimal | None:
        return Decimal("0.002")

    def judged(self, session: str, outcome: Outcome) -> None:
        self.told.append((session, outcome.question))


TOTAL = 'SELECT sum(spend) AS money FROM "order"'
GROUPS = 'SELECT "group", sum(spend) FROM "order" GROUP BY 1'
CASES = (
    Case(question="right", gold_sql=(TOTAL,), tags=("easy",)),
    Case(question="right of two", gold_sql=("SELECT 1", TOTAL), tags=("easy",)),
    Case(question="second", gold_sql=(GROUPS,), tags=("hard",)),
    Case(question="second, open", gold_sql=(GROUPS,), any_interpretation=True),
    Case(question="refused", gold_sql=(TOTAL,)),
    Case(question="refused, rightly", expected_refusal=True),
    Case(question="refused, either way", gold_sql=(TOTAL,), refuse_ok=True),
    Case(question="answered, wrongly", expected_refusal=True),
    Case(question="breaks", gold_sql=(TOTAL,)),
    Case(question="bad gold", gold_sql=("SELECT nothing FROM nowhere",)),
)
READINGS = {
    "right": [(SPEND, 0.9)],
    "right of two": [(SPEND, 0.6), (BY_GROUP, 0.4)],
    "second": [(SPEND, 0.8), (BY_GROUP, 0.1)],
    "second, open": [(SPEND, 0.5), (BY_GROUP, 0.5)],
    "answered, wrongly": [(SPEND, 0.7)],
    "breaks": [(SPEND.model_copy(update={"limit": 99}), 0.5)],
    "bad gold": [(SPEND, 0.9)],
}


def test_every_figure_of_a_run(warehouse: DuckDBWarehouse):
    engine = Scripted(READINGS)
    report = evaluate(CASES, warehouse, engine)
    results = [o.result for o in report.outcomes]
    assert results == [
        "right", "right", "wrong", "right", "refused", "refused", "right", "wrong", "failed",
        "gold_failed",
    ]  # fmt: skip
    assert report.answerable == 7
    assert report.accuracy == pytest.approx(4 / 7)
    assert report.recall_at_5 == pytest.approx(5 / 7)
    assert report.refusal_precision == pytest.approx(1 / 2)
    assert report.refusal_recall == pytest.approx(1 / 2)
    assert report.over_asking == pytest.approx(1 / 6)
    assert report.by_tag == {"easy": 1.0, "hard": 0.0}
    assert Decimal(report.cost or 0) == Decimal("0.02")
    assert [question for _, question in engine.told] == [case.question for case in CASES]
    assert len({session for session, _ in engine.told}) == len(CASES)
    assert json.loads(json.dumps(report.to_dict()))["engine"] == "scripted"


def test_calibration_by_hand():
    found = calibrate([(0.9, True), (0.9, True), (0.9, False), (0.2, False)])
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.81 + 0.04) / 4)
    assert found.ece == pytest.approx((3 * abs(0.9 - 2 / 3) + 0.2) / 4)
    assert [b.count for b in found.bins] == [1, 3]
    assert calibrate([]).brier is None


FILES = {
    "set.yaml": "- question: q\n  gold_sql: SELECT 1\n  tags: [easy]\n"
    "- {question: r, refuse: true}\n",
    "set.json": '{"cases": [{"question": "q", "gold_sql": ["SELECT 1"], "tags": ["easy"]},'
    ' {"question": "r", "expected_refusal": true}]}',
    "set.csv": "question,gold_sql,tags,refuse\nq,SELECT 1,easy,\nr,,,true\n",
}


@pytest.mark.parametrize("name", FILES)
def test_question_sets_are_files_people_can_write(tmp_path: Path, name: str):
    (tmp_path / name).write_text(FILES[name])
    assert load_cases(tmp_path / name) == (
        Case(question="q", gold_sql=("SELECT 1",), tags=("easy",)),
        Case(question="r", expected_refusal=True),
    )


BROKEN = {
    "missing.yaml": (None, "cannot be read"),
    "tree.yaml": ("- [", "cannot be read"),
    "empty.yaml": ("", "no list"),
    "gold.yaml": ("- question: q\n- question: r\n  gold_sql: SELECT 1", "Case 1"),
    "typo.json": ('[{"question": "q", "gold": "SELECT 1"}]', "gold"),
    "set.txt": ("q", "suffix"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_question_set_says_where(tmp_path: Path, name: str):
    content, words = BROKEN[name]
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words):
        load_cases(tmp_path / name)


def test_the_offline_engine_asks_no_model_and_costs_nothing(
    warehouse: DuckDBWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from src.config.settings import get_settings

    monkeypatch.setenv("CAMPAIGN_ANALYST_HOME", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-key")
    get_settings.cache_clear()
    case = Case(question="total spend by group", gold_sql=(GROUPS,))
    report = evaluate([case], warehouse, "offline")
    get_settings.cache_clear()
    assert [o.result for o in report.outcomes] == ["right"]
    assert report.outcomes[0].engine == "offline"
    assert report.cost is not None
    assert Decimal(report.cost) == 0


@pytest.mark.parametrize(
    ("facts", "scores"),
    [
        ({"result": "right", "rank": 1, "sql": "SELECT 1"}, [1.0, 1.0]),
        ({"result": "wrong", "rank": 2, "sql": "SELECT 1"}, [0.5, 0.0]),
        ({"result": "right", "rank": 3, "sql": "SELECT 1"}, [1 / 3, 0.0]),
        ({"result": "failed", "sql": "SELECT x"}, [0.0, 0.0]),
        ({"result": "refused"}, [0.0]),
        ({"result": "refused", "expected_refusal": True}, [1.0]),
        ({"result": "gold_failed", "sql": "SELECT 1"}, []),
    ],
)
def test_an_outcome_is_a_judges_score_of_reading_and_sql(facts, scores):
    outcome = Outcome.model_validate({"question": "q", "expected_refusal": False, **facts})
    assert [signal.value for signal in judgements(outcome)] == scores
