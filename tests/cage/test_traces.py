"""What the kernel itself saw: no attack and no bomb touches a file of the data or of the app."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from inotify_simple import INotify, flags

from src.data.warehouse import RunLimits
from src.errors import AnalystError
from tests.cage.conftest import approved, forced

WRITES = (
    flags.CREATE | flags.MODIFY | flags.DELETE | flags.MOVED_FROM | flags.MOVED_TO | flags.ATTRIB
)
ATTACKS = Path(__file__).parent.parent / "guard" / "attacks.sql"


@pytest.fixture
def watched(database, tmp_path, monkeypatch):
    """An inotify watch on the data set's folder, a home and the app's working folder."""
    monkeypatch.chdir(tmp_path)
    with INotify() as watch:
        for folder in (database.parent, tmp_path):
            watch.add_watch(str(folder), WRITES)
        yield watch


def test_nothing_that_runs_or_is_refused_writes_a_file(warehouse, database, watched):
    digest = hashlib.sha256(database.read_bytes()).hexdigest()
    statements = ATTACKS.read_text().splitlines()
    for sql in [*statements[::12], "COPY campaigns TO 'out.csv'", "ATTACH 'x.duckdb'"]:
        with pytest.raises(AnalystError):
            warehouse.run(forced(sql), limits=RunLimits(seconds=0.5))
    warehouse.run(approved(warehouse, "SELECT count(*) FROM campaigns"))
    assert [event.name for event in watched.read(timeout=0)] == []
    assert hashlib.sha256(database.read_bytes()).hexdigest() == digest


def test_the_watch_would_have_seen_a_file(watched):
    Path("planted").write_text("x")
    assert "planted" in [event.name for event in watched.read(timeout=0)]
