"""`check-sql`, `inspect`, `evaluate`, `usage`, and help."""

from __future__ import annotations

import json

import pytest

from src import errors
from src.llm.errors import RateLimited
from src.shell.outcome import Exit, exit_of


@pytest.mark.parametrize(("sql", "code"), [("SELECT 1 FROM ads", 0), ("DROP TABLE ads", 4)])
def test_check_sql_in_a_pipe_of_a_real_shell(shell, sql, code):
    said = shell.run("check-sql", "-", "--json", stdin=sql)
    assert (said.code, said.json["allowed"]) == (code, code == 0)


@pytest.mark.parametrize(
    ("sql", "dialect", "code"),
    [
        ("SELECT 1", "duckdb", 0),
        ("\ufeffSELECT campaign, sum(cost) FROM ads GROUP BY 1;", "duckdb", 0),
        ("SELECT 'имя', '🌷' FROM ads", "duckdb", 0),
        ("SELECT 1", "postgres", 0),
        ("DROP TABLE ads", "duckdb", 4),
        ("SELECT 1; SELECT 2", "duckdb", 4),
        ("SELECT * FROM '/etc/passwd'", "duckdb", 4),
        ("SELECT pg_sleep(10)", "postgres", 4),
        ("SELECT (" * 5000, "duckdb", 4),
        ("this is no SQL", "duckdb", 4),
        ("", "duckdb", 2),
        (" \n ", "duckdb", 2),
        ("SELECT 1", "klingon", 2),
        (b"\xff\xfe\x00", "duckdb", 2),
    ],
)
def test_check_sql_reads_a_pipe(shell, sql, dialect, code):
    said = shell.call("check-sql", "--dialect", dialect, "--json", stdin=sql)
    assert said.code == code
    if code == 2:
        assert said.json["error"]["hint"]
    else:
        assert said.json["allowed"] is (code == 0)
        assert bool(said.json["reasons"]) is (code == 4)


def test_check_sql_reads_a_file_and_speaks_in_words(shell, tmp_path):
    file = tmp_path / "запрос.sql"
    file.write_text("SELECT count(*) FROM ads", encoding="utf-8")
    said = shell.call("check-sql", str(file))
    assert (said.code, said.err) == (0, "")
    assert "Allowed" in said.out
    file.write_text("DELETE FROM ads", encoding="utf-8")
    said = shell.call("check-sql", str(file))
    assert said.code == 4
    assert said.out.startswith("Refused:")
    assert shell.call("check-sql", str(tmp_path / "missing.sql")).code == 2


def test_inspect_says_how_a_file_would_be_read(shell, export):
    said = shell.call("inspect", str(export), "--json")
    assert said.code == 0
    (table,) = said.json["tables"]
    assert table["rows_loaded"] == 4
    assert {c["header"]: c["concept"] for c in table["columns"]}["Cost"] == "spend"
    words = shell.call("inspect", str(export))
    assert "4 rows in the file" in words.out


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff" * 500])
def test_inspect_refuses_what_is_no_table(shell, tmp_path, content):
    file = tmp_path / "garbage.csv"
    file.write_bytes(content)
    said = shell.call("inspect", str(file), "--json")
    assert said.code == 2
    assert said.json["error"]["code"] == "data_file"


def test_evaluate_scores_a_question_set(shell, export, tmp_path):
    cases = tmp_path / "cases.json"
    gold = f'SELECT "Campaign", sum("Cost") AS spend FROM "{_table(shell, export)}" GROUP BY 1'
    listed = [
        {"question": "Spend by campaign", "gold_sql": gold},
        {"question": "Impression share lost to rank", "refuse": True},
    ]
    cases.write_text(json.dumps(listed), encoding="utf-8")
    said = shell.call("evaluate", "--cases", str(cases), "--data", str(export), "--json")
    assert said.code == 0
    assert (said.json["accuracy"], said.json["refusal_recall"]) == (1.0, 1.0)


def test_evaluating_models_without_a_key_is_a_provider_failure(shell, tmp_path):
    cases = tmp_path / "cases.json"
    cases.write_text('[{"question": "x", "refuse": true}]', encoding="utf-8")
    said = shell.run("evaluate", "--cases", str(cases), "--engine", "models", "--json")
    assert said.code == 5
    assert said.json["error"]["code"] == "no_provider"
    assert shell.call("evaluate", "--cases", str(tmp_path / "none.json")).code == 2


def test_usage_counts_what_was_asked(shell):
    shell.call("ask", "Spend by campaign")
    said = shell.call("usage", "--json")
    assert said.code == 0
    assert said.json["total"]["calls"] >= 1
    assert said.json["total"]["cost"] == 0
    assert "query_interpretation" in said.json["tasks"]
    assert "calls" in shell.call("usage").out


def test_help_says_what_the_exit_codes_mean_and_how_readings_are_counted(shell):
    assert "3 needs a human decision" in " ".join(shell.call("--help").out.split())
    assert "from 0" in " ".join(shell.call("ask", "--help").out.split())


def _table(shell, file):
    return shell.call("inspect", str(file), "--json").json["tables"][0]["table"]


@pytest.mark.parametrize(("profile", "code"), [("current", 0), ("reference", 1)])
def test_doctor_exits_with_1_when_a_mapped_model_is_near_its_end(shell, profile, code):
    said = shell.call("doctor", "--no-ask", "--json", LLM_PROFILE=profile)
    assert (said.code, said.json["healthy"]) == (code, code == 0)
    assert said.json["profile"] == profile


def test_doctor_prints_a_table_and_what_to_do(shell):
    said = shell.call("doctor", "--no-ask", LLM_PROFILE="reference")
    assert "gpt-5.1-codex" in said.out
    assert "is retired: name another model for sql_generation" in said.out
    assert "set ANTHROPIC_API_KEY" in said.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError("x"), Exit.INPUT),
        (errors.PlanError("x"), Exit.INPUT),
        (errors.ConfigError("x"), Exit.INPUT),
        (errors.IllegalTransition("x"), Exit.INPUT),
        (errors.StepConflict("x"), Exit.FAILED),
        (errors.StateError("x"), Exit.FAILED),
        (errors.QueryTimeout("x"), Exit.FAILED),
        (errors.NotApproved("x"), Exit.GUARD),
        (RateLimited("x"), Exit.PROVIDER),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_error_has_its_exit_code(error, code):
    assert exit_of(error) is code


def test_what_data_holds_cannot_drive_the_terminal(shell, tmp_path):
    file = tmp_path / "export.csv"
    file.write_text("campaign,spend\n\x1b[2J\x1b]0;owned\x07A,1\nB,2\n", encoding="utf-8")
    said = shell.call("ask", "spend by campaign\x1b[2J", "--data", str(file), "--approve")
    assert said.code == 0
    assert "[2J ]0;owned A" in said.out
    assert not any(c < " " and c != "\n" for c in said.out + said.err)
