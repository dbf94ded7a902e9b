"""The analysis with nothing scripted: real files, the real engines without a key, a real DuckDB."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from src.config.settings import get_settings
from src.data.approved import ApprovedQuery, GuardVerdict
from src.errors import AnalystError, InputError, NotApproved, PlanError
from src.workflow.analysis import Analyst, Badge
from tests.workflow.scripted import PLAN

CSV = """Date,Campaign,Device,Cost,Clicks,Impressions,Conversions,Revenue
2026-01-01,Spring,mobile,10.50,100,1000,5,50
2026-01-01,Autumn,desktop,20.00,50,2000,0,0
2026-01-02,Spring,desktop,30.25,300,3000,20,400
2026-01-02,Весна,mobile,0,0,10,0,0
"""
QUESTION = "Spend and clicks by campaign"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGN_ANALYST_HOME", str(tmp_path / "home"))
    for key in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    get_settings.cache_clear()
    yield tmp_path / "home"
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A home with the file in it: to read it takes longer than what most tests do with it."""
    folder = tmp_path_factory.mktemp("library")
    file = folder / "export.csv"
    file.write_text(CSV, encoding="utf-8")
    config = get_settings().model_copy(update={"campaign_analyst_home": folder / "home"})
    Analyst.open(data=[file], settings=config).close()
    return folder / "home"


@pytest.fixture
def analyst(home, library, tmp_path):
    shutil.copytree(library, home, ignore=shutil.ignore_patterns("state.db*"))
    file = tmp_path / "export.csv"
    file.write_text(CSV, encoding="utf-8")
    opened = Analyst.open(data=[file])
    yield opened
    opened.close()


def test_from_a_file_to_a_report(analyst, tmp_path):
    session = analyst.ask(QUESTION)
    assert session.leading == 0
    draft = session.choose(0)
    assert draft.guard.allowed
    assert session.badge is Badge.OFFLINE
    result = session.run(draft.approve(by="me"))
    spend = dict(zip(*(result.frame[name] for name in result.frame.columns[:2]), strict=True))
    assert float(spend["Spring"]) == 40.75
    assert set(spend) == {"Spring", "Autumn", "Весна"}
    assert all(insight.text for insight in session.insights())
    report = session.report(tmp_path / "report.html")
    assert "Spring" in report.read_text(encoding="utf-8")
    assert session.state.stage == "reported"
    again = analyst.resume(session.id)
    assert again.state == session.state
    assert again.result.frame.equals(result.frame)
    assert again.columns == session.columns


def test_a_follow_up_keeps_the_context(analyst):
    session = analyst.ask(QUESTION)
    session.choose(0)
    later = session.follow_up("and by device?")
    later.choose(0)
    assert later.id != session.id
    assert "device" in map(str.lower, later.chosen.plan.dimensions)
    assert set(later.chosen.plan.metrics) >= {"spend", "clicks"}


def test_an_edited_plan_is_drafted_again(analyst):
    session = analyst.ask(QUESTION)
    session.choose(0)
    plan = session.chosen.plan.model_copy(update={"metrics": ("clicks",)})
    draft = session.edit_plan(plan)
    assert session.chosen.engine == "you"
    assert "spend" not in [column.name for column in draft.columns]
    before = session.state
    with pytest.raises(PlanError):
        session.edit_plan(PLAN)
    assert session.state == before


def test_an_edit_the_guard_refuses_cannot_be_approved(analyst):
    session = analyst.ask(QUESTION)
    session.choose(0)
    draft = session.edit_sql("DROP TABLE export")
    assert not draft.guard.allowed
    with pytest.raises(NotApproved):
        session.approve(by="me")
    forged = ApprovedQuery.approve(draft.sql, GuardVerdict(allowed=True), by="eve")
    with pytest.raises(AnalystError):
        session.run(forged)
    session.edit_sql("SELECT 1 AS one")
    assert session.run(session.approve(by="me")).frame["one"].tolist() == [1]
    assert session.badge is Badge.EDITED


def test_a_verified_query_gives_the_badge_and_survives_in_its_file(analyst, home):
    session = analyst.ask(QUESTION)
    with pytest.raises(InputError, match="approved"):
        analyst.verify(session, "spend by campaign")
    session.run(session.choose(0).approve(by="Ann"))
    analyst.verify(session, "Расход по кампаниям", onboarding=True)
    assert session.badge is Badge.VERIFIED
    other = analyst.ask(QUESTION)
    other.choose(0)
    assert other.badge is Badge.VERIFIED
    (file,) = home.rglob("verified_queries.yaml")
    assert "Расход по кампаниям" in file.read_text(encoding="utf-8")
    (entry,) = analyst.verified()
    assert (entry.question, entry.verified_by, entry.sql) == (QUESTION, "Ann", session.draft.sql)
    analyst.verify(session, "Расход по кампаниям")
    assert len(analyst.verified()) == 1


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ("", "empty"),
        ("   \n\t ", "empty"),
        ("x" * 2_001, "2,001 characters"),
        ("spend by campaign " * 556, "characters"),
        ("spend \0 by campaign", "not text"),
        ("spend \udcff", "not text"),
        (None, "not text"),
    ],
)
def test_what_is_no_question_is_refused_and_leaves_no_trace(analyst, question, problem):
    with pytest.raises(InputError, match=problem):
        analyst.ask(question)
    assert analyst.sessions() == ()


def test_a_question_about_what_the_data_lacks_is_refused_with_something_to_ask(analyst):
    session = analyst.ask("What is our impression share lost to rank?")
    assert session.interpretations == ()
    refusal = session.clarification.refusal
    assert refusal.reason
    assert refusal.nearest
    assert analyst.ask(refusal.nearest[0]).interpretations
    assert session.reword(QUESTION).interpretations


def test_files_of_one_owner_do_not_exist_for_another(home, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text(CSV, encoding="utf-8")
    ann = Analyst.open(data=[file], owner="ann")
    with pytest.raises(InputError):
        Analyst.open(dataset_id=ann.dataset.id, owner="bob")
    assert Analyst.open(dataset_id=ann.dataset.id, owner="ann").dataset.id == ann.dataset.id
    ann.close()


def test_the_same_file_is_read_once_and_a_changed_one_again(analyst, tmp_path):
    file = tmp_path / "export.csv"
    with closing(Analyst.open(data=[file])) as again:
        assert again.dataset.id == analyst.dataset.id
    renamed = tmp_path / "other.csv"
    renamed.write_text(CSV, encoding="utf-8")
    file.write_text(CSV + "2026-01-03,Spring,mobile,1,1,1,1,1\n", encoding="utf-8")
    for changed in (renamed, file):
        with closing(Analyst.open(data=[changed])) as another:
            assert another.dataset.id != analyst.dataset.id


def test_an_analysis_is_resumed_on_its_own_data(analyst, home):
    session = analyst.ask(QUESTION)
    session.run(session.choose(0).approve(by="me"))
    on_sample = Analyst.open()
    assert on_sample.dataset.synthetic
    again = on_sample.resume(session.id)
    assert again.dataset.id == analyst.dataset.id
    assert again.approve(by="me")
    assert again.run(again.approved).row_count == session.result.row_count
    on_sample.close()


@pytest.mark.parametrize(
    "kinds", [("data", "database_url"), ("data", "dataset_id"), ("database_url", "dataset_id")]
)
def test_one_source_at_a_time(home, kinds, tmp_path):
    given = {"data": [tmp_path / "x"], "database_url": "postgresql://x/y", "dataset_id": "sample"}
    with pytest.raises(InputError, match="More than one"):
        Analyst.open(**{kind: given[kind] for kind in kinds})


class OnRealDuckDB(RuleBasedStateMachine):
    """A short random walk whose every result is recomputed: the rows are those of approved SQL."""

    def __init__(self):
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="product-"))
        self.session = None
        self.approved = None

    @initialize()
    def open(self):
        file = self.home / "export.csv"
        file.write_text(CSV, encoding="utf-8")
        config = get_settings().model_copy(update={"campaign_analyst_home": self.home})
        self.analyst = Analyst.open(data=[file], settings=config)
        self.session = self.analyst.ask(QUESTION)
        self.session.choose(0)

    def teardown(self):
        if self.session is not None:
            self.analyst.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @rule(number=st.integers(0, 9))
    def edit(self, number):
        self.session.edit_sql(f"SELECT {number} AS n")
        self.approved = None

    @rule()
    def edit_badly(self):
        self.session.edit_sql("COPY export TO 'x.csv'")
        self.approved = None

    @rule()
    def approve(self):
        try:
            self.approved = self.session.approve(by="me").sql
        except NotApproved:
            assert not self.session.draft.guard.allowed

    @rule()
    def run(self):
        if self.session.approved is None:
            with pytest.raises(NotApproved):
                self.session.run(self.session.approved)
            return
        result = self.session.run(self.session.approved)
        assert result.sql == self.approved
        if self.approved.startswith("SELECT") and self.approved.endswith("AS n"):
            assert result.frame["n"].tolist() == [int(self.approved.split()[1])]

    @rule()
    def reload(self):
        self.session = self.analyst.resume(self.session.id)

    @invariant()
    def only_approved_sql_has_a_result(self):
        if self.session is not None and self.session.result is not None:
            assert self.session.result.sql == self.approved


OnRealDuckDB.TestCase.settings = settings(
    max_examples=4,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_a_walk_on_a_real_warehouse = OnRealDuckDB.TestCase
