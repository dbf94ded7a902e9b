"""No path through an analysis runs SQL that a person has not approved as it stands.

Hypothesis walks at random over everything the public face offers, with failures and reloads in
between, on a warehouse that records what reaches it. A small model beside it knows which text a
person has approved last; everything that ran must be that text.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from src.data.approved import ApprovedQuery, GuardVerdict
from src.errors import (
    AnalystError,
    IllegalTransition,
    InputError,
    NotApproved,
    QueryTimeout,
    WorkerCrashed,
)
from src.workflow.session import AnalysisSession
from tests.workflow.scripted import PLAN, RecordingWarehouse, ScriptedEngines, analyst

OWNERS = ("ann", "bob")
TEXTS = st.sampled_from(
    ["SELECT 1", "SELECT 1 ", "SELECT campaign FROM ads", "DROP TABLE ads", "SELECT 'я'; -- x"]
)


@dataclass
class Shadow:
    """What a person has done to one analysis, kept apart from the code under test."""

    owner: str
    approved: str | None = None
    executed: bool = False
    old_approvals: list[ApprovedQuery] = field(default_factory=list)


class AnyPath(RuleBasedStateMachine):
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="machine-"))
        self.warehouse = RecordingWarehouse()
        self.engines = ScriptedEngines()
        self.people = {
            owner: analyst(self.home, self.warehouse, self.engines, owner=owner) for owner in OWNERS
        }
        self.live: dict[str, AnalysisSession] = {}
        self.shadows: dict[str, Shadow] = {}
        self.touched: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    @rule(target=sessions, owner=st.sampled_from(OWNERS), moon=st.booleans())
    def ask(self, owner, moon):
        question = "Spend on the moon?" if moon else "Spend by campaign?"
        try:
            session = self.people[owner].ask(question)
        except WorkerCrashed:
            session = self._left_behind(owner, question)
        self.live[session.id] = session
        self.touched.add(session.id)
        self.shadows[session.id] = Shadow(owner)
        return session.id

    @rule(target=sessions, parent=sessions)
    def follow_up(self, parent):
        try:
            session = self.live[parent].follow_up("and by device?")
        except IllegalTransition:
            assert self.live[parent].chosen is None
            return parent
        except WorkerCrashed:
            session = self._left_behind(self.shadows[parent].owner, "and by device?")
        assert session.previous == PLAN
        self.live[session.id] = session
        self.touched.add(session.id)
        self.shadows[session.id] = Shadow(self.shadows[parent].owner)
        return session.id

    @rule(key=sessions, index=st.integers(-1, 2))
    def choose(self, key, index):
        self._edit(key, lambda s: s.choose(index))

    @rule(key=sessions)
    def edit_plan(self, key):
        self._edit(key, lambda s: s.edit_plan(PLAN))

    @rule(key=sessions, sql=TEXTS)
    def edit_sql(self, key, sql):
        self._edit(key, lambda s: s.edit_sql(sql))

    @rule(key=sessions, comment=st.sampled_from(["", "by month please"]))
    def reject(self, key, comment):
        self._edit(key, lambda s: s.reject(comment))

    @rule(key=sessions)
    def redraft(self, key):
        self._edit(key, lambda s: s.redraft())

    @rule(key=sessions)
    def reword(self, key):
        self._edit(key, lambda s: s.reword("Clicks by campaign?"))

    @rule(key=sessions)
    def approve(self, key):
        session, shadow = self._touch(key)
        try:
            approved = session.approve(by=shadow.owner)
        except (IllegalTransition, NotApproved):
            assert session.draft is None or not session.draft.guard.allowed
            return
        shadow.approved, shadow.executed = approved.sql, False
        shadow.old_approvals.append(approved)

    @rule(key=sessions)
    def run_what_the_session_says_is_approved(self, key):
        if self.live[key].approved is not None:
            self._run(key, self.live[key].approved)

    @rule(key=sessions)
    def approve_the_draft_and_run(self, key):
        draft = self.live[key].draft
        if draft is not None and draft.guard.allowed:
            approved = draft.approve(by="ann")
            if not self.shadows[key].executed:
                self.shadows[key].approved = approved.sql
            self._run(key, approved)

    @rule(key=sessions, other=sessions)
    def run_an_approval_given_earlier_or_elsewhere(self, key, other):
        for approved in self.shadows[other].old_approvals[-2:]:
            self._run(key, approved)

    @rule(key=sessions, sql=TEXTS)
    def run_text_approved_by_no_draft(self, key, sql):
        verdict = GuardVerdict(allowed=True)
        elsewhere = ApprovedQuery.approve(sql + "-- elsewhere", verdict, by="eve")
        with pytest.raises((NotApproved, IllegalTransition)):
            self._run(key, elsewhere, catch=False)

    @rule(key=sessions, thing=st.sampled_from(["SELECT 1", None, object()]))
    def run_what_is_no_approval(self, key, thing):
        with pytest.raises(NotApproved):
            self._run(key, thing, catch=False)

    @rule(key=sessions)
    def explain(self, key):
        session, _ = self._touch(key)
        with contextlib.suppress(AnalystError):
            session.insights()

    @rule(engine=st.booleans())
    def the_next_step_fails(self, engine):
        if engine:
            self.engines.fail = WorkerCrashed("the engine died")
        else:
            self.warehouse.fail = QueryTimeout("stopped at the limit")

    @rule(key=sessions)
    def reload(self, key):
        shadow = self.shadows[key]
        fresh = analyst(self.home, self.warehouse, self.engines, owner=shadow.owner)
        self.live[key] = fresh.resume(key)

    @rule(key=sessions)
    def another_owner_looks(self, key):
        stranger = next(o for o in OWNERS if o != self.shadows[key].owner)
        with pytest.raises(InputError, match="no such analysis"):
            self.people[stranger].resume(key)

    @invariant()
    def a_reload_finds_the_same_step(self):
        while self.touched:
            key = self.touched.pop()
            again = self.people[self.shadows[key].owner].resume(key)
            assert again.state == self.live[key].state
            assert again.running is None

    @invariant()
    def each_owner_sees_their_own(self):
        for owner, person in self.people.items():
            mine = {key for key, shadow in self.shadows.items() if shadow.owner == owner}
            assert {line.id for line in person.sessions(limit=1000)} == mine

    def _touch(self, key):
        self.touched.add(key)
        return self.live[key], self.shadows[key]

    def _left_behind(self, owner, question):
        """The analysis whose question was stored before its first step failed."""
        person = self.people[owner]
        (left,) = {line.id for line in person.sessions(limit=1000)} - set(self.live)
        session = person.resume(left)
        assert (session.state.stage, session.question) == ("asked", question)
        session.clarify()
        return session

    def _edit(self, key, change):
        session, shadow = self._touch(key)
        before, ran = session.state, len(self.warehouse.ran)
        try:
            change(session)
        except (IllegalTransition, InputError):
            assert session.state == before
        except WorkerCrashed:
            if session.state != before:
                shadow.approved, shadow.executed = None, False
        else:
            shadow.approved, shadow.executed = None, False
            assert session.approved is None
        assert len(self.warehouse.ran) == ran

    def _run(self, key, approved, catch=True):
        session, shadow = self._touch(key)
        before = len(self.warehouse.ran)
        try:
            result = session.run(approved)
        except (NotApproved, IllegalTransition):
            assert len(self.warehouse.ran) == before
            if not catch:
                raise
        except QueryTimeout:
            assert self.warehouse.ran[before:] == [shadow.approved]
            assert session.approved is not None
        else:
            assert result.sql == shadow.approved
            assert self.warehouse.ran[before:] == ([] if shadow.executed else [shadow.approved])
            shadow.executed = True


AnyPath.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_no_path_runs_unapproved_sql = AnyPath.TestCase
