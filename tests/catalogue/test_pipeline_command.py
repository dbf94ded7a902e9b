"""The command: a dry run, a run with and without models, exit codes, errors in words."""

from __future__ import annotations

import json
import runpy
import signal
from pathlib import Path

import pytest

from src.catalogue import command
from src.config.settings import get_settings
from src.llm.router import reset_router
from tests.llm.wire import Wire, fail

CSV = "id,title,category\n1,Воск для депиляции,Косметика\n2,Cotton T-shirt,Clothing\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """run(*arguments) -> exit code, standard output, standard error; without keys."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CAMPAIGN_ANALYST_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "products.csv").write_text(CSV, encoding="utf-8")
    get_settings.cache_clear()
    reset_router()

    def call(*arguments):
        code = command.main([str(one) for one in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    yield call
    get_settings.cache_clear()
    reset_router()


def test_without_keys_every_text_is_the_templates_and_says_so(run, tmp_path):
    code, out, err = run("products.csv", "--types", "description,ad", "--out", "copy.csv")
    assert code == 0
    assert "4 texts in copy.csv" in out
    assert "offline template" in out
    assert "2 products, 4 texts" in err
    assert (tmp_path / "copy.csv").read_bytes().count(b'"offline"') >= 4
    again = run("products.csv", "--types", "description,ad", "--out", "copy.csv", "--resume")
    assert again[0] == 0
    assert "0 written" in again[1]
    assert "4 kept from before" in again[1]


def test_a_dry_run_prints_a_table_or_json_and_writes_nothing(run, tmp_path):
    before = set(tmp_path.iterdir())
    code, out, _ = run("products.csv", "--dry-run")
    assert code == 0
    assert "2 products, 4 texts to write" in out
    assert "claude_only" in out
    code, out, _ = run("products.csv", "--dry-run", "--json", "--limit", "1")
    assert code == 0
    assert json.loads(out)["texts"] == 2
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"home"}


def test_without_models_and_template_nothing_is_written_and_the_reasons_are_kept(run, tmp_path):
    arguments = ("products.csv", "--out", "copy.jsonl", "--no-offline-template", "--json")
    code, out, _ = run(*arguments)
    assert code == 5
    told = json.loads(out)
    assert (told["texts"], told["failed"]) == (0, 4)
    (first, *_) = (tmp_path / "copy.failed.jsonl").read_text("utf-8").splitlines()
    assert "No key is set" in json.loads(first)["reasons"][0]
    assert run("products.csv", "--out", "copy.jsonl", "--json")[0] == 0  # now with the template
    assert not (tmp_path / "copy.failed.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv"], "There is no file missing.csv"),
        (["products.csv", "--types", "descripton"], "Did you mean 'description'"),
        (["products.csv", "--out", "copy.docx"], "not a format"),
        (["products.csv", "--resume"], "no journal"),
        (["products.csv", "--strategy", "dearest"], "invalid choice"),
        (["products.csv", "--budget", "much"], "not an amount"),
        (["products.csv", "--concurrency", "0"], "number of 1 or more"),
        (["products.csv", "--strategy", "load_balance", "--weights", "x"], "no weights"),
        (["products.csv", "--weights", "openai=1"], "belong to the strategy load_balance"),
    ],
)
def test_bad_usage_is_2_and_says_what_to_do(run, arguments, words):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert words in err


def test_a_fresh_run_sets_the_journal_aside(run, tmp_path):
    run("products.csv", "--out", "copy.jsonl")
    code, out, _ = run("products.csv", "--out", "copy.jsonl", "--fresh")
    assert code == 0
    assert "4 written" in out
    assert len(list(tmp_path.glob("copy.journal*"))) >= 2


def test_a_journal_that_somebody_works_on_is_not_shared(run, tmp_path):
    from src.catalogue.journal import Journal

    with Journal(tmp_path / "copy.journal"):
        code, _, err = run("products.csv", "--out", "copy.jsonl")
    assert code == 1
    assert "Another process is working on copy.journal" in err


def test_a_rejected_key_is_named_where_the_template_wrote(run, monkeypatch):
    wire = Wire()
    for provider in ("openai", "anthropic"):
        wire.on(provider, fail(401, "invalid_api_key", "Incorrect API key"))
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", f"{provider}-key-that-nobody-knows")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.url}/openai/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", wire.url)
    get_settings.cache_clear()
    try:
        code, out, err = run("products.csv", "--limit", 1, "--types", "ad", "--out", "copy.jsonl")
    finally:
        wire.close()
    assert code == 0
    assert "1 is the offline template's" in out
    told = [line for line in out.splitlines() if line.startswith("Why no model was used: ")]
    assert any("rejects the key" in line for line in told)
    assert "nobody-knows" not in out + err


def test_without_texts_there_is_nothing_to_learn(run):
    code, out, _ = run("--learn")
    assert code == 0
    assert "nothing to learn from" in out
    code, _, err = run("--learn", "--accept", "кальян")
    assert code == 2
    assert "кальян" in err


def test_an_interruption_outside_the_command_is_told_in_a_word(monkeypatch, capfd):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "main", interrupted)
    before = signal.getsignal(signal.SIGINT)
    script = Path(__file__).parents[2] / "scripts" / "enhanced_async_pipeline.py"
    try:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(script), run_name="__main__")
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    assert capfd.readouterr().err == "Interrupted.\n"
