"""The library of data sets on disk: isolation by owner, whole or not at all, sample."""

import stat
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
