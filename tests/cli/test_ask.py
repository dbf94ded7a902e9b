"""`ask` and `resume`: what stops where, with which exit code, and what is said on which stream."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing

import pytest

from src.config.settings import Settings
from src.workflow.analysis import Analyst

CLEAR = "Spend and clicks by campaign"


@pytest.fixture(scope="module")
def asked(shell, export):
    """A clear question without --approve."""
    return shell.run("ask", CLEAR, "--data", str(export), "--json")


def test_without_approval_nothing_runs_and_a_person_must_decide(asked):
    assert asked.code == 3
    document = asked.json
    assert document["status"] == "needs_approval"
    assert document["result"] is None
    assert document["approval"] is None
    assert document["sql"].lstrip().upper().startswith(("SELECT", "WITH"))
    assert document["draft"]["guard"]["allowed"] is True
    assert f"resume {document['session']} --approve" in asked.err


def test_resume_approves_exactly_what_was_shown(shell, asked):
    shown = asked.json
    done = shell.run("resume", shown["session"], "--approve", "--by", "Анна", "--json")
    assert done.code == 0
    document = done.json
    assert document["sql"] == shown["sql"]
    assert document["approval"]["by"] == "Анна"
    rows = {row["Campaign"]: row for row in document["result"]["rows"]}
    assert rows["Spring"] == {"Campaign": "Spring", "spend": 40.75, "clicks": 400}
    assert rows["Весна 🌷"]["spend"] == 0
    assert document["result"]["row_count"] == 3
    assert document["result"]["truncated"] is False


def test_an_answer_in_words_with_insights_and_a_report(shell, export, tmp_path):
    report = tmp_path / "отчёт.html"
    said = shell.call(
        "ask", CLEAR, "--data", str(export), "--approve", "--insights", "--report", str(report)
    )
    assert said.code == 0
    assert said.err == ""
    for expected in (CLEAR, "Reading:", "SQL (Offline", "Spring", "Insights:", f"Report: {report}"):
        assert expected in said.out
    assert "Spring" in report.read_text(encoding="utf-8")


def test_a_vague_question_is_not_answered_until_a_reading_is_chosen(shell):
    vague = "Show me high performing campaigns"
    said = shell.call("ask", vague, "--approve", "--json")
    assert said.code == 3
    assert said.json["status"] == "needs_choice"
    assert said.json["result"] is None
    readings = said.json["interpretations"]
    assert len(readings) == 5
    assert [item["index"] for item in readings] == [0, 1, 2, 3, 4]
    assert all(item["interpretation"] and 0 < item["confidence"] <= 1 for item in readings)
    chosen = shell.call("resume", said.json["session"], "--choose", "3", "--approve", "--json")
    assert chosen.code == 0
    assert chosen.json["chosen"] == 3
    assert chosen.json["question"] == vague
    assert chosen.json["dataset"]["synthetic"] is True


def test_a_refused_question_says_why_and_what_can_be_asked(shell, export):
    said = shell.call("ask", "impression share lost to rank", "--data", str(export), "--json")
    assert said.code == 2
    assert said.json["status"] == "refused"
    assert said.json["refusal"]["reason"] in said.err
    for question in said.json["refusal"]["nearest"]:
        assert question in said.err
    assert said.json["sql"] is None


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("ask", ""), "empty"),
        (("ask", "   "), "empty"),
        (("ask", "x" * 10_000), "10,000 characters"),
        (("ask", CLEAR, "--data", "nowhere.csv"), "nowhere.csv"),
        (("ask", CLEAR, "--report", "report.exe"), ".exe"),
        (("ask", CLEAR, "--report", "no/such/folder/r.html"), "folder"),
        (("ask", CLEAR, "--data", "a.csv", "--database", "postgresql://x/y"), "More than one"),
        (("ask", CLEAR, "--database", "oracle://scott:tiger@h/d"), "oracle"),
        (("ask", CLEAR, "--choose", "99"), "no reading"),
        (("resume", "nothing-of-the-kind"), "no such analysis"),
    ],
)
def test_input_that_cannot_be_used_is_explained_in_four_parts(shell, args, message):
    said = shell.call(*args, "--json")
    assert said.code == 2
    assert said.err.startswith("Error: ")
    assert message in said.err
    assert "tiger" not in said.err + said.out
    error = said.json["error"]
    assert said.json["status"] == "error"
    assert set(error) == {"code", "message", "where", "kept", "hint"}
    assert error["message"] in said.err


@pytest.mark.parametrize(
    "args", [("ask",), ("nonsense",), ("ask", CLEAR, "--choose", "one"), ("ask", CLEAR, "--nope")]
)
def test_wrong_usage_exits_with_2_and_leaves_stdout_alone(shell, args):
    said = shell.call(*args)
    assert (said.code, said.out) == (2, "")
    assert said.err


def test_a_state_folder_that_cannot_be_used_is_a_failure_not_a_traceback(shell, tmp_path):
    (tmp_path / "state.db").write_bytes(b"no database at all " * 100)
    said = shell.call("sessions", CAMPAIGN_ANALYST_HOME=str(tmp_path))
    assert said.code == 1
    assert "state database cannot be used" in said.err


def test_a_query_that_hits_its_limit_fails_and_keeps_the_analysis(shell, asked):
    settings = Settings(_env_file=None, campaign_analyst_home=shell.home)
    with closing(Analyst.open(settings=settings)) as analyst:
        session = analyst.ask("Spend by platform")
        session.choose(0)
        session.edit_sql("SELECT count(*) FROM range(1000000000000) AS a, range(1000000) AS b")
    args = ("resume", session.id, "--approve", "--json")
    done = shell.call(*args, QUERY_TIMEOUT_SECONDS="0.5")
    assert (done.code, done.json["error"]["code"]) == (1, "timeout")
    (line,) = shell.call("sessions", "platform", "Spend", "by", "--json").json["sessions"]
    assert (line["stage"], line["running"]) == ("approved", None)


def test_a_key_that_does_not_work_does_not_stop_the_answer(shell, export):
    said = shell.call(
        "ask", CLEAR, "--data", str(export), "--approve", "--json",
        ANTHROPIC_API_KEY="sk-wrong", ANTHROPIC_BASE_URL="http://127.0.0.1:9",
    )  # fmt: skip
    assert said.code == 0
    assert said.json["result"]["row_count"] == 3
    assert "sk-wrong" not in said.out + said.err


def test_a_reader_that_goes_away_is_no_error(shell, asked):
    command = " ".join(map(json.dumps, shell.command("sessions", "--json"))) + " | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        env=shell.env,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize("shut", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_harm_nothing(shell, asked, shut):
    command = " ".join(map(json.dumps, shell.command("sessions"))) + " " + shut
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.env, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert shell.call("sessions", "--json").json["sessions"]


def test_two_users_have_two_histories(shell, asked):
    session = asked.json["session"]
    assert session in shell.call("sessions").out
    assert shell.call("sessions", CAMPAIGN_ANALYST_USER="eve").out == "There are no analyses yet.\n"
    assert shell.call("resume", session, CAMPAIGN_ANALYST_USER="eve").code == 2
