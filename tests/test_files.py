"""A file is replaced whole or not at all."""

from __future__ import annotations

import stat

import pytest

from src.files import replacing


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_new_file_takes_the_place_of_the_old_one_when_it_is_whole(tmp_path):
    path = tmp_path / "r.html"
    path.write_text("old")
    with replacing(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert draft.suffix == ".html"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "models.toml"
    path.write_text("old")
    with pytest.raises(ValueError), replacing(path) as draft:
        draft.write_text("ha")
        raise ValueError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_it_keeps_the_access_rights_and_a_new_file_has_those_of_any_other(tmp_path):
    path, other = tmp_path / "new", tmp_path / "other"
    other.touch()
    with replacing(path):
        pass
    assert rights(path) == rights(other)
    path.chmod(0o600)
    with replacing(path):
        pass
    assert rights(path) == 0o600


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path):
    path = tmp_path / ("n" * 250 + ".html")
    with replacing(path) as draft:
        draft.write_text("new")
    assert path.read_text() == "new"
