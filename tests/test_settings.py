"""Settings: what can be set is what the example file shows."""

from __future__ import annotations

import re
from pathlib import Path

from src.config.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


def test_the_example_lists_every_setting_and_no_other():
    shown = re.findall(r"^(\w+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(shown) == sorted(name.upper() for name in Settings.model_fields)


def test_a_copy_of_the_example_changes_nothing(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=tmp_path / "none")
