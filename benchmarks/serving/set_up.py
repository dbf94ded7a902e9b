"""Routers and products for the catalogue's benchmarks and tests."""

from __future__ import annotations

import csv
import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from make_sample_products import COLUMNS, products

from src.config.models import load_models
from src.config.settings import Settings
from src.llm.router import Router

MODELS = """
default_profile = "current"
[retry]
base_seconds = 0.1
[cache]
enabled = false
[profiles.current.tasks.content_generation]
attempt_seconds = {attempt_seconds}
deadline_seconds = 30.0
"""


def make_router(home: Path, url: str, *, attempt_seconds: float, more: str = "") -> Router:
    """A router over the shipped models whose providers are the server at `url`.

    Args:
        more: tables of the models file.
    """
    file = home / "models.toml"
    file.write_text(MODELS.format(attempt_seconds=attempt_seconds) + more, encoding="utf-8")
    settings = Settings(
        _env_file=None,
        campaign_analyst_home=home,
        anthropic_api_key="k" * 20,
        openai_api_key="k" * 20,
        anthropic_base_url=f"{url}/anthropic",
        openai_base_url=f"{url}/openai/v1",
    )
    return Router(settings, load_models(file))


def write_products(path: Path, count: int) -> Path:
    """`count` invented products as CSV."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(itertools.islice(products(count), count))
    return path
