from __future__ import annotations

import pytest

from tests.cli.shell import CSV, Shell


@pytest.fixture(scope="session")
def shell(tmp_path_factory):
    return Shell(tmp_path_factory.mktemp("shell") / "home")


@pytest.fixture(scope="session")
def export(tmp_path_factory):
    """A file to ask about, with a name that needs quoting."""
    file = tmp_path_factory.mktemp("data") / "мой export (1).csv"
    file.write_text(CSV, encoding="utf-8")
    return file
