"""The state of a batch run: what goes in comes out, whatever the texts are."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from batch_run import a_task
from hypothesis import given, settings
from hypothesis import strategies as st

from src.catalogue.batch.store import FILE, BatchStore, End
from src.catalogue.checks import Problem
from src.catalogue.values import Copy, CopyRules, CopyTask
from src.errors import StateError
from src.llm.types import Attempt, Outcome, Usage

words = st.text(max_size=40)
usages = st.none() | st.builds(Usage, *[st.integers(0, 10**6)] * 6)
costs = st.none() | st.decimals(0, 100, places=12)
tasks = st.builds(
    CopyTask,
    id=words,
    product_id=words,
    type=words,
    prompt=words,
    title=words,
    system_prompt=st.none() | words,
    offline_text=st.none() | words,
    rules=st.builds(
        CopyRules,
        language=st.sampled_from([None, "ru", "en"]),
        html=st.booleans(),
        forbidden=st.lists(words, max_size=3).map(tuple),
    ),
)
copies = st.builds(
    Copy,
    task_id=words,
    text=words,
    engine=st.just("model"),
    provider=words,
    model=words,
    route=words,
    usage=usages,
    cost=costs,
    calls=st.lists(words, max_size=2).map(tuple),
    notes=st.lists(words, max_size=2).map(tuple),
)
attempts = st.builds(
    Attempt,
    deployment=words,
    provider=words,
    model=words,
    outcome=st.sampled_from(Outcome),
    started_at=st.datetimes(timezones=st.just(dt.UTC)),
    seconds=st.just(0.0),
    usage=usages,
    cost=costs,
    error=st.none() | words,
)
ends = st.builds(
    End,
    st.none() | copies,
    because=words,
    told=words,
    attempt=st.none() | attempts,
    call=words,
    answer=words,
    problems=st.lists(st.builds(Problem, words, words), max_size=2).map(tuple),
)


def asked(pair: tuple[CopyTask, End]) -> CopyTask:
    return replace(pair[0], offline_text=None)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(tasks, ends), min_size=1, max_size=4, unique_by=asked))
def test_tasks_and_their_ends_survive_a_restart(pairs):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = BatchStore(folder)
        part = store.add("part", "gpt-6-luna", [task for task, _ in pairs])
        store.settle(list(zip(store.items("part"), [end for _, end in pairs], strict=True)))
        store.put(replace(part, state="open", batch_id="b-1", tries=2))
        store.close()
        store = BatchStore(folder)
        try:
            assert store.parts() == [replace(part, state="open", batch_id="b-1", tries=2)]
            for task, end in pairs:
                found = store.find(task)
                assert found is not None
                assert (found.task.prompt, found.end) == (task.prompt, end)
        finally:
            store.close()


def test_a_new_offline_text_is_no_new_task_and_anything_else_is(tmp_path):
    store = BatchStore(tmp_path)
    task = a_task(1)
    store.add("part", "gpt-6-luna", [task])
    assert store.find(replace(task, offline_text="Чашка.")) is not None
    assert store.find(replace(task, max_tokens=501)) is None
    assert store.find(replace(task, rules=CopyRules(language="en"))) is None
    store.close()


def test_only_what_this_run_wants_is_written_live(tmp_path):
    store = BatchStore(tmp_path)
    store.add_live("part", [a_task(1), a_task(2)], End(because="expired"))
    store.close()
    store = BatchStore(tmp_path)
    assert store.live(0, 10) == []
    store.find(a_task(2))
    assert [item.task.product_id for _, item in store.live(0, 10)] == ["p2"]
    store.close()


@pytest.mark.parametrize("damage", ["garbage", "newer"])
def test_a_file_that_cannot_be_used_is_told_and_left_alone(tmp_path, damage):
    file = tmp_path / FILE
    if damage == "garbage":
        file.write_bytes(b"not a database, and long enough to be looked at" * 40)
    else:
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    before = file.read_bytes()
    with pytest.raises(StateError) as caught:
        BatchStore(tmp_path)
    assert caught.value.hint
    assert file.read_bytes() == before
