"""docs/costs.md says what the code and the price list say."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from scripts.catalogue_costs import dollars, rows
from scripts.make_costs import AS_OF
from src.config.llm_router import LLMRouter
from src.config.models import load_models

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


@pytest.mark.parametrize(
    ("profile", "strategy", "live", "batch"),
    [
        ("reference", "OpenAI only", "0.78", "0.39"),
        ("reference", "Claude only", "18.375", "9.1875"),
        ("reference", "smart: sensitive titles to Claude", "1.65975", "0.829875"),
        # 1,000 cheap tries and 50 at Claude; after a batch, those 50 at the full price.
        ("reference", "smart: refused first, and paid", "1.69875", "1.30875"),
        ("reference", "balanced, half and half", "9.5775", "4.78875"),
        ("current", "OpenAI only", "0.6125", "0.30625"),
        ("current", "Claude only", "0.6125", "0.30625"),
        ("current", "Claude only, its next model", "12.25", "6.125"),
    ],
)
def test_a_thousand_products_cost_what_was_worked_out_by_hand(profile, strategy, live, batch):
    models = load_models(None, profile)
    (row,) = [row for row in rows(models, AS_OF) if row.name == strategy]
    assert dollars(models, row.requests, AS_OF) == Decimal(live)
    assert dollars(models, row.requests, AS_OF, batch=True) == Decimal(batch)


def test_a_cached_beginning_is_read_at_the_cached_price():
    models = load_models(None, "reference")
    claude = next(row for row in rows(models, AS_OF) if row.name == "Claude only")
    # 300 × $3 + 1,200 × $0.30 + 925 × $15 a million tokens, a thousand times.
    assert dollars(models, claude.requests, AS_OF, cached=True) == Decimal("15.135")
