"""The library of data sets on disk: isolation by owner, whole or not at all, sample."""

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from src.data.library import DataLibrary
from src.errors import DataFileError, InputError


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("order_date,product,quantity\n2026-01-01,Tea,2\n2026-01-02,Coffee,3\n")
    return path


def test_an_added_file_can_be_listed_opened_and_removed(tmp_path: Path, orders: Path) -> None:
    library = DataLibrary(tmp_path / "home", "ann")
    added = library.add(orders, "Orders")
    assert [d.id for d in library.list()] == [added.id]
    database, dataset = library.open(added.id)
    assert dataset == added
    assert dataset.profile.tables["orders"].row_count == 2
    assert not stat.S_IMODE(database.stat().st_mode) & 0o222
    library.remove(added.id)
    assert library.list() == []
    with pytest.raises(InputError):
        library.open(added.id)


def test_another_owner_sees_nothing_and_can_do_nothing(tmp_path: Path, orders: Path) -> None:
    added = DataLibrary(tmp_path / "home", "ann").add(orders)
    bob = DataLibrary(tmp_path / "home", "bob")
    assert bob.list() == []
    for act in (bob.open, bob.remove):
        with pytest.raises(InputError):
            act(added.id)


def test_a_failed_upload_leaves_nothing_behind(tmp_path: Path) -> None:
    library = DataLibrary(tmp_path / "home", "ann")
    with pytest.raises(DataFileError):
        library.add(tmp_path / "missing.csv")
    assert library.list() == []


def test_the_sample_is_read_once_and_is_the_same_for_every_owner(tmp_path: Path) -> None:
    first = DataLibrary(tmp_path / "home", "ann").sample()
    assert DataLibrary(tmp_path / "home", "bob").sample() == first
    table = first.model.tables[0]
    assert table.time_column == "date"
    assert table.column("campaign_name").identified_by == "campaign_id"
    assert {m.name for m in table.metrics} >= {
        "spend",
        "revenue",
        "ctr",
        "cpc",
        "cpa",
        "roas",
        "cac",
    }


def test_two_who_add_the_same_file_at_once_each_get_a_data_set(
    tmp_path: Path, orders: Path
) -> None:
    library = DataLibrary(tmp_path / "home", "ann")
    with ThreadPoolExecutor(2) as pool:
        added = list(pool.map(library.add, [orders, orders]))
    assert {d.id for d in library.list()} == {d.id for d in added}
    assert len(added) == len({d.id for d in added}) == 2
    assert added[0].profile == added[1].profile


ADD = """
import sys
from pathlib import Path
from src.data.library import DataLibrary
DataLibrary(Path(sys.argv[1]), "ann").add(Path(sys.argv[2]))
"""


def test_an_app_killed_while_it_adds_leaves_the_library_usable(
    tmp_path: Path, orders: Path
) -> None:
    library = DataLibrary(tmp_path / "home", "ann")
    kept = library.add(orders)
    large = tmp_path / "large.csv"
    large.write_text("order_date,product,quantity\n" + "2026-01-01,Tea,2\n" * 200_000)
    command = [sys.executable, "-c", ADD, str(tmp_path / "home"), str(large)]
    adding = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    try:
        until = time.monotonic() + 60
        while not (half := list((tmp_path / "home").rglob(".building-*/scratch"))):
            assert adding.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        adding.send_signal(signal.SIGKILL)
        adding.wait()

    assert [d.id for d in library.list()] == [kept.id]
    assert library.open(kept.id)[1] == kept
    long_ago = time.time() - 48 * 3600
    left = half[0].parent
    os.utime(left, (long_ago, long_ago))
    again = library.add(orders)
    assert {d.id for d in library.list()} == {kept.id, again.id}
    assert not left.exists()
