"""Every message the screens ask for is in the catalogue, with the values it needs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from src.ui import messages
from src.ui.messages import t

SOURCES = [
    *Path("src/ui").rglob("*.py"),
    *Path("pages").glob("*.py"),
    Path("streamlit_app_hitl.py"),
]


def literal_keys() -> list[tuple[str, str]]:
    """Every ``t("…")`` with a literal key, with the file it stands in."""
    return [
        (str(path), node.args[0].value)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "t"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


def test_the_sources_use_the_catalogue() -> None:
    assert len(literal_keys()) > 100


@pytest.mark.parametrize(("path", "key"), literal_keys())
def test_every_key_exists(path: str, key: str) -> None:
    assert messages.has(key), f"{path} asks for {key}"


def test_plural_forms_follow_the_count() -> None:
    assert t("history.count", count=1) == "1 analysis"
    assert t("history.count", count=3) == "3 analyses"


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        t("no.such.key")


@pytest.mark.parametrize(
    "stage",
    ["asked", "interpreted", "chosen", "drafted", "approved", "executed", "explained", "reported"],
)
def test_every_stage_has_a_name_and_a_step(stage: str) -> None:
    from src.ui.ask.stepper import STEPS, step_of

    assert messages.has(f"history.stage.{stage}")
    assert step_of(stage) in STEPS
