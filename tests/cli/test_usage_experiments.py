"""`usage` tells what experiments have shown, and when their split cannot be trusted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from src.llm.ledger import CallEnd, CallTag, Ledger
from src.llm.ledger_tables import signals
from src.llm.types import Attempt, Outcome, Usage
from tests.cli.shell import Shell

ARMS = ("gpt-6.1-terra", "claude-sonnet-5-5")
AT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
MODELS = """
[experiments.sql]
task = "sql_generation"
enabled = true
minimum = 20
arms = { "gpt-6.1-terra" = 50, "claude-sonnet-5-5" = 50 }
"""


@pytest.fixture
def own(tmp_path):
    """A shell whose models file has an experiment; own.fill(30, 40, accepted=(9, 36))."""
    shell = Shell(tmp_path / "home")
    shell.home.mkdir()
    (tmp_path / "models.toml").write_text(MODELS, encoding="utf-8")
    shell.env["LLM_MODELS_FILE"] = str(tmp_path / "models.toml")

    def fill(*sessions: int, accepted: tuple[int, int]) -> None:
        ledger = Ledger(f"sqlite:///{shell.home}/state.db")
        heard = []
        for arm, count, good in zip(ARMS, sessions, accepted, strict=True):
            for number in range(count):
                name = f"{arm}-{number}"
                attempt = Attempt(arm, "p", arm, Outcome.OK, AT, 1.5, Usage(900), Decimal("0.02"))
                tags = {"experiment": "sql", "arm": arm}
                tag = CallTag(name, "sql_generation", "current", name, tags=tags)
                end = CallEnd("model", Outcome.OK, 1.5, (attempt,), AT, "p", arm)
                ledger.record(tag, [(1, "model", attempt)], end).result()
                heard.append(
                    {
                        "id": name, "at": AT.replace(tzinfo=None), "task": "sql_generation",
                        "session": name, "call_id": name, "kind": "approved",
                        "value": float(number < good), "experiment": "sql", "arm": arm,
                    }
                )  # fmt: skip
        with ledger.engine.begin() as connection:
            connection.execute(sa.insert(signals), heard)
        ledger.close()

    shell.fill = fill
    return shell


def test_a_running_experiment_is_listed_before_it_has_any_session(own):
    (row,) = own.call("usage", "--json").json["experiments"]
    assert (row["experiment"], row["enabled"], row["warning"]) == ("sql", True, None)
    assert row["verdict"]["code"] == "collecting"
    assert "Not enough data yet: an arm lacks 20 judged sessions." in own.call("usage").out


def test_a_winner_and_the_figures_of_both_arms_are_told(own):
    own.fill(30, 32, accepted=(9, 30))
    (row,) = own.call("usage", "--json").json["experiments"]
    assert (row["verdict"]["code"], row["verdict"]["arm"]) == ("winner", ARMS[1])
    assert [arm["sessions"] for arm in row["arms"]] == [30, 32]
    assert row["split_p"] == pytest.approx(0.7995, abs=1e-4)
    out = own.call("usage").out
    assert f"{ARMS[1]} is better: its lead over {ARMS[0]} is between" in out
    assert "accepted 0.300" in out
    assert "Warning" not in out


def test_a_split_that_the_weights_do_not_explain_is_warned_of_first(own):
    own.fill(30, 80, accepted=(30, 80))
    (row,) = own.call("usage", "--json").json["experiments"]
    assert row["split_p"] < 0.001
    lines = own.call("usage").out.splitlines()
    start = lines.index("Experiment sql (sql_generation, running):")
    assert lines[start + 1] == f"  Warning: {row['warning']}"
    assert lines[start + 2].startswith("  No difference was found")


def test_experiments_that_never_ran_are_left_out(shell):
    assert shell.call("usage", "--json").json["experiments"] == []
