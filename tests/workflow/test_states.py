"""The stages by themselves: what leads where, what is refused, what an edit takes away."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.approved import GuardVerdict
from src.data.result import ResultColumn
from src.errors import IllegalTransition, InputError, NotApproved, StateError
from src.insights.facts import CellRef, Fact, Insight, InsightReport
from src.query_engine.drafts import Clarification, Interpretation, Refusal, SqlDraft
from src.query_engine.plan import Filter, QueryPlan, TimeRange
from src.workflow import codec, events, states, values

T0 = dt.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)
LATER = T0 + dt.timedelta(seconds=1)
PLAN = QueryPlan(table="ads", metrics=("spend",))
READING = Interpretation(text="by spend", confidence=0.6, plan=PLAN)
CLEAR = Clarification(question="q", interpretations=(READING, READING))
REFUSED = Clarification(question="q", refusal=Refusal(kind="missing_column", reason="no"))
INFO = values.ResultInfo(
    columns=(ResultColumn("x", "INTEGER"),),
    row_count=1,
    kept_rows=1,
    truncated=False,
    seconds=0.5,
    executed_at=LATER,
)
REPORT = values.ReportFile(path="r.html", sha256="0" * 64, written_at=LATER)


def draft(sql: str = "SELECT 1", allowed: bool = True) -> SqlDraft:
    return SqlDraft(sql=sql, dialect="duckdb", guard=GuardVerdict(allowed=allowed), plan=PLAN)


def approval(sql: str = "SELECT 1", at: dt.datetime = LATER) -> values.Approval:
    return values.Approval.of(draft(sql).approve(by="ann", at=at))


EVENTS: dict[str, events.Event] = {
    "clarified": events.Clarified(clarification=CLEAR),
    "chose": events.Chose(index=0),
    "edited_plan": events.EditedPlan(interpretation=READING),
    "drafted_sql": events.DraftedSql(draft=draft(), at=T0),
    "edited_sql": events.EditedSql(draft=draft("SELECT 2"), at=T0),
    "rejected": events.Rejected(comment="no"),
    "approve": events.Approve(approval=approval()),
    "ran": events.Ran(result=INFO),
    "explained_result": events.ExplainedResult(insights=InsightReport()),
    "wrote_report": events.WroteReport(report=REPORT),
    "reworded": events.Reworded(question="other"),
    "followed_up": events.FollowedUp(question="and by device?", session="s1"),
}

MAIN_PATH = (
    "clarified", "chose", "drafted_sql", "approve", "ran", "explained_result", "wrote_report",
)  # fmt: skip


def at_stage(stage: str) -> states.State:
    """The main path, walked as far as `stage`."""
    state: states.State = states.Asked(question="q")
    for kind in MAIN_PATH[: states.STAGES.index(stage)]:
        state = states.advance(state, EVENTS[kind])
    assert state.stage == stage
    return state


WHERE_TO = {
    "asked": {"clarified": "interpreted", "reworded": "asked"},
    "interpreted": {"chose": "chosen", "edited_plan": "chosen", "reworded": "asked"},
    "chosen": {
        "chose": "chosen", "edited_plan": "chosen", "drafted_sql": "drafted",
        "followed_up": "asked", "reworded": "asked",
    },
    "drafted": {
        "chose": "chosen", "edited_plan": "chosen", "edited_sql": "drafted", "rejected": "chosen",
        "approve": "approved", "followed_up": "asked", "reworded": "asked",
    },
    "approved": {
        "chose": "chosen", "edited_plan": "chosen", "edited_sql": "drafted", "rejected": "chosen",
        "approve": "approved", "ran": "executed", "followed_up": "asked", "reworded": "asked",
    },
    "executed": {
        "chose": "chosen", "edited_plan": "chosen", "edited_sql": "drafted", "rejected": "chosen",
        "approve": "approved", "explained_result": "explained", "followed_up": "asked",
        "reworded": "asked",
    },
    "explained": {
        "chose": "chosen", "edited_plan": "chosen", "edited_sql": "drafted", "rejected": "chosen",
        "approve": "approved", "explained_result": "explained", "wrote_report": "reported",
        "followed_up": "asked", "reworded": "asked",
    },
    "reported": {
        "chose": "chosen", "edited_plan": "chosen", "edited_sql": "drafted", "rejected": "chosen",
        "approve": "approved", "explained_result": "explained", "wrote_report": "reported",
        "followed_up": "asked", "reworded": "asked",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("stage", states.STAGES)
def test_every_event_at_every_stage_leads_on_or_says_what_is_possible(stage, kind):
    state = at_stage(stage)
    target = WHERE_TO[stage].get(kind)
    if target:
        assert states.advance(state, EVENTS[kind]).stage == target
        return
    with pytest.raises(IllegalTransition) as caught:
        states.advance(state, EVENTS[kind])
    assert caught.value.where == stage
    for possible in states.allowed(state):
        assert events.ACTIONS[possible] in caught.value.hint


@pytest.mark.parametrize("stage", states.STAGES)
def test_a_failure_keeps_the_step(stage):
    state = at_stage(stage)
    failure = events.Failed(step="run", code="timeout", message="stopped")
    assert states.advance(state, failure) is state


@pytest.mark.parametrize("kind", ["chose", "edited_plan", "edited_sql", "rejected", "reworded"])
@pytest.mark.parametrize("stage", ["approved", "executed", "explained", "reported"])
def test_every_edit_voids_the_approval_and_the_result(stage, kind):
    after = states.advance(at_stage(stage), EVENTS[kind])
    assert not isinstance(after, states.WithApproval)
    with pytest.raises(IllegalTransition):
        states.advance(after, EVENTS["ran"])


@pytest.mark.parametrize("kind", ["edited_sql", "chose", "rejected"])
def test_an_old_approval_is_void_even_when_the_text_comes_back(kind):
    after = states.advance(at_stage("approved"), EVENTS[kind])
    if isinstance(after, states.Chosen):
        after = states.advance(after, EVENTS["drafted_sql"])
    back = events.EditedSql(draft=draft(), at=LATER + dt.timedelta(seconds=1))
    after = states.advance(after, back)
    with pytest.raises(NotApproved, match="changed after it was approved"):
        states.advance(after, EVENTS["approve"])


@pytest.mark.parametrize(
    "sql", ["SELECT 2", "SELECT 1 ", "select 1", "SELECT 1;", "SELECT 1\n", "SELECT\u00a01"]
)
def test_an_approval_is_for_the_exact_text(sql):
    with pytest.raises(NotApproved):
        states.advance(at_stage("drafted"), events.Approve(approval=approval(sql)))


def test_what_the_guard_refused_cannot_be_approved():
    refused = events.EditedSql(draft=draft("DROP TABLE ads", allowed=False), at=T0)
    state = states.advance(at_stage("drafted"), refused)
    with pytest.raises(IllegalTransition, match="guard refused"):
        states.advance(state, EVENTS["approve"])


def test_a_refused_question_leads_on_only_by_another_wording():
    asked = states.Asked(question="q")
    refused = states.advance(asked, events.Clarified(clarification=REFUSED))
    assert states.allowed(refused) == ("reworded",)


@pytest.mark.parametrize("index", [-1, 2, 10**9])
def test_a_reading_that_is_not_there_cannot_be_chosen(index):
    with pytest.raises(InputError, match="no reading") as caught:
        states.advance(at_stage("interpreted"), events.Chose(index=index))
    assert "0 to 1" in caught.value.hint


def test_a_follow_up_takes_the_plan_along():
    child = states.advance(at_stage("executed"), EVENTS["followed_up"])
    assert child == states.Asked(question="and by device?", previous=PLAN, follows="s1")


def test_a_rejected_draft_and_its_comment_reach_the_next_draft_and_no_further():
    chosen = states.advance(at_stage("drafted"), EVENTS["rejected"])
    assert (chosen.rejected, chosen.comment) == (draft(), "no")
    again = states.advance(chosen, EVENTS["drafted_sql"])
    assert again.comment == "no"
    assert states.advance(again, EVENTS["chose"]).comment is None


# --- stored and read again -------------------------------------------------------------------

any_text = st.text(st.characters(codec=None), max_size=20)
scalars = st.one_of(
    any_text,
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False),
    st.booleans(),
    st.dates(),
    st.dates().map(str),
)
plans = st.builds(
    QueryPlan,
    table=any_text,
    filters=st.lists(
        st.builds(
            Filter,
            column=any_text,
            op=st.sampled_from(["=", "in", "between"]),
            values=st.lists(scalars, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    time=st.none() | st.builds(TimeRange, start=st.none() | st.dates(), label=any_text),
)
facts = st.builds(
    Fact,
    id=any_text,
    kind=any_text,
    value=st.floats(allow_nan=False),
    cells=st.lists(st.builds(CellRef, row=st.integers(), column=any_text), max_size=2).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(
    stage=st.sampled_from(states.STAGES), question=any_text, plan=plans, fact=facts, sql=any_text
)
def test_every_state_comes_back_from_json_exactly(stage, question, plan, fact, sql):
    reading = Interpretation(text=question, confidence=0.5, plan=plan)
    told = Insight(kind="finding", text=question, facts=(fact.id,))
    steps = {
        **EVENTS,
        "clarified": events.Clarified(
            clarification=Clarification(question=question, interpretations=(reading,))
        ),
        "drafted_sql": events.DraftedSql(draft=draft(sql), at=T0),
        "approve": events.Approve(approval=approval(sql)),
        "explained_result": events.ExplainedResult(
            insights=InsightReport(facts=(fact,), insights=(told,))
        ),
    }
    state: states.State = states.Asked(question=question, previous=plan, follows="s0")
    for kind in MAIN_PATH[: states.STAGES.index(stage)]:
        state = states.advance(state, steps[kind])
    text = codec.dump(state)
    back = codec.state_from_json(text)
    assert back == state
    assert repr(back) == repr(state)
    assert text.isascii()


def _tampered(change):
    data = json.loads(codec.dump(at_stage("executed")))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"stage":"approved"}',
        "[" * 100_000,
        codec.dump(at_stage("executed"))[:-40],
        _tampered(lambda d: d["draft"].update(sql="SELECT secret")),
        _tampered(lambda d: d["approval"].update(sql="SELECT secret")),
        _tampered(lambda d: (d["draft"].update(sql="x"), d["approval"].update(sql="x"))),
        _tampered(lambda d: d["draft"]["guard"].update(allowed=False)),
        _tampered(lambda d: d.update(drafted_at="never")),
        _tampered(lambda d: d.update(drafted_at={"$datetime": 7})),
        _tampered(lambda d: d.pop("approval")),
    ],
)
def test_a_damaged_or_forged_state_is_refused(text):
    with pytest.raises(StateError, match="damaged"):
        codec.state_from_json(text)
