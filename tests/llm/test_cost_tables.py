"""docs/costs.md says what the code and the price list say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from src.config.llm_router import LLMRouter

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_is_what_the_script_writes():
    script = ROOT / "scripts" / "make_costs.py"
    checked = subprocess.run([sys.executable, str(script), "--check"], check=False, cwd=ROOT)
    assert checked.returncode == 0, "run python scripts/make_costs.py"


@pytest.mark.parametrize(
    ("task", "tokens_in", "tokens_out", "dollars"),
    [
        ("query_interpretation", 1000, 200, 0.006),
        ("sql_generation", 800, 200, 0.003),
        ("insights_generation", 1200, 750, 0.009),
        ("evaluation", 40_000, 7500, 0.125),
    ],
)
def test_the_first_estimates_come_from_these_token_counts(task, tokens_in, tokens_out, dollars):
    assert LLMRouter.get_cost_estimate(task, tokens_in, tokens_out, "reference") == dollars
