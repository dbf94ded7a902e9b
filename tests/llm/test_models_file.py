"""The models file: what ships, what a user may change, and what a mistake is told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from src.config.models import load_models
from src.config.models_override import (
    set_budget,
    set_limit_action,
    set_profile,
    swap_model,
    switch_experiment,
)
from src.config.settings import Settings
from src.config.toml_lines import line_of
from src.errors import ConfigError, InputError
from src.llm.prices import is_priced
from src.llm.types import TaskType

FAMILIES = {
    TaskType.QUERY_INTERPRETATION: ("claude-", "claude-sonnet-4-5"),
    TaskType.WORKFLOW_ORCHESTRATION: ("claude-", "claude-sonnet-4-5"),
    TaskType.SQL_GENERATION: ("gpt-", "gpt-5.1-codex"),
    TaskType.CODE_GENERATION: ("gpt-", "gpt-5.1-codex"),
    TaskType.INSIGHTS_GENERATION: ("gpt-", "gpt-5.1"),
    TaskType.REPORT_GENERATION: ("gpt-", "gpt-5.1"),
    TaskType.DATA_PROCESSING: ("gpt-", "gpt-5.1"),
    TaskType.PREDICTIVE_ANALYTICS: ("gpt-", "gpt-5.1"),
    TaskType.EVALUATION: ("gemini-", "gemini-2.5-pro"),
    TaskType.VISION_ANALYSIS: ("gemini-", "gemini-2.5-pro"),
    TaskType.CONTENT_GENERATION: ("gpt-", "gpt-4o-mini"),
}


@pytest.mark.parametrize("task", TaskType)
def test_each_task_is_served_by_its_family_and_its_reference_model(task):
    family, reference = FAMILIES[task]
    assert load_models().tasks[task].chain[0].model.startswith(family)
    assert load_models(profile="reference").tasks[task].chain[0].model == reference


def test_every_model_of_the_current_profile_is_listed_by_its_sdk_alive_and_priced():
    import anthropic.types.model_param as claude
    import openai.types.shared.all_models as responses
    import openai.types.shared.chat_model as gpt
    from google import genai

    listed = "".join(Path(str(module.__file__)).read_text() for module in (claude, gpt, responses))
    listed += Path(str(genai.models.__file__)).read_text()
    models = load_models()
    for deployment in models.deployments():
        assert deployment.model in listed
        assert deployment.retires is None
        assert is_priced(deployment, models.providers[deployment.provider].kind)


def test_high_reasoning_tasks_ask_for_high_effort():
    for profile in ("current", "reference"):
        tasks = load_models(profile=profile).tasks
        assert tasks[TaskType.INSIGHTS_GENERATION].effort == "high"


def override(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_one_line_swaps_a_model(tmp_path):
    models = load_models(override(tmp_path, '[swap]\nsql_generation = "claude-opus-5-5"\n'))
    chain = [deployment.model for deployment in models.tasks[TaskType.SQL_GENERATION].chain]
    assert chain[0] == "claude-opus-5-5"
    assert "gpt-6.1-terra" in chain[1:]


def test_a_local_server_is_a_provider_like_any_other(tmp_path):
    text = (
        '[providers.local]\nkind = "openai_compatible"\nbase_url = "http://127.0.0.1:1/v1"\n'
        '[deployments.coder]\nprovider = "local"\nmodel = "qwen2.5-coder:7b"\n'
        '[swap]\nevaluation = "coder"\n'
    )
    first = load_models(override(tmp_path, text)).tasks[TaskType.EVALUATION].chain[0]
    assert (first.provider, first.model) == ("local", "qwen2.5-coder:7b")
    assert first.capability.efforts == []


def test_a_new_models_capabilities_and_life_are_data(tmp_path):
    text = (
        '[[capabilities]]\nmatch = "gpt-9-*"\nprovider = "openai"\nefforts = ["max"]\n'
        '[lives]\n"gpt-9-*" = 2030-01-31\n[swap]\nevaluation = "gpt-9-nova"\n'
    )
    first = load_models(override(tmp_path, text)).tasks[TaskType.EVALUATION].chain[0]
    assert first.capability.efforts == ["max"]
    assert first.retires == dt.date(2030, 1, 31)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[retry]\nattempts = 0\n", 2, "greater than or equal to 1"),
        ("\n\n[retry]\nattemts = 3\n", 4, "attemts is not a setting"),
        ('[swap]\nsql_generation = "unheard-of"\n', 2, "no model or deployment 'unheard-of'"),
        ('[swap]\nsql_generatoin = "gpt-6-luna"\n', 2, "sql_generatoin"),
        ('# hello\ndefault_profile = "curent"\n', 2, "no profile 'curent'"),
        ('[providers.x]\nkind = "openai_compatible"\n', 1, "needs base_url"),
        ('[providers.x]\nkind = "mistral"\n', 2, "kind"),
        ("[budgets]\nsession_usd = -1\n", 2, "greater than or equal to 0"),
        (
            "[profiles.current.tasks.evaluation]\nchain = []\n",
            2,
            "at least 1 item",
        ),
        ('[deployments.d]\nmodel = "gpt-6-luna"\nprovider = "nobody"\n[swap]\nevaluation = "d"\n',
         5,
         "no provider 'nobody'"),
        ("[profiles.mine]\n[profiles.mine.tasks.evaluation]\nchain = [1]\n", 3, "valid string"),
        ("retry.attempts = 'x'\n", 1, "valid integer"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_file_and_line(text, line, says, tmp_path):
    path = override(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_models(path)
    assert says in caught.value.message
    assert caught.value.where == f"{path}, line {line}"
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"[swap\n", b"a = 1\na = 2\n", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_told_by_name(content, tmp_path):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_models(path)
    assert str(path) in str(caught.value.where)


def test_lines_are_found_in_every_form_of_toml():
    text = 'a = 1\n[b."c.d"]\ne = """\nf = 1\n"""\n[[g]]\nh = 1\n[[g]]\nh = 2\ni.j = 3\n'
    assert [
        line_of(text, path)
        for path in [("a",), ("b", "c.d", "e"), ("g", "1", "h"), ("g", "1", "i", "j"), ("z",)]
    ] == [1, 3, 9, 10, None]


# --- Writing the user's file ---


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, campaign_analyst_home=tmp_path)


def test_the_settings_page_swaps_a_model_and_back(settings, tmp_path):
    path = tmp_path / "models.toml"
    path.write_text("# mine\n[retry]\nattempts = 2 # few\n")
    assert swap_model(settings, TaskType.EVALUATION, "gpt-6-luna") == path
    assert load_models(path).tasks[TaskType.EVALUATION].chain[0].model == "gpt-6-luna"
    swap_model(settings, TaskType.EVALUATION, "claude-opus-5-5")
    swap_model(settings, TaskType.SQL_GENERATION, "claude-opus-5-5")
    swap_model(settings, TaskType.EVALUATION, None)
    models = load_models(path)
    assert models.tasks[TaskType.EVALUATION].chain[0].model == "gemini-3.8-flash"
    assert models.tasks[TaskType.SQL_GENERATION].chain[0].model == "claude-opus-5-5"
    assert models.retry.attempts == 2
    assert "# mine" in path.read_text()
    assert "# few" in path.read_text()


def test_a_line_is_written_in_its_own_table(settings, tmp_path):
    path = tmp_path / "models.toml"
    path.write_text(
        "[experiments.readings_sonnet_or_flash]\nminimum = 30\n\n[cache]\nenabled = false\n"
    )
    models = load_models(switch_experiment(settings, "readings_sonnet_or_flash", enabled=True))
    assert [one.name for one in models.running.values()] == ["readings_sonnet_or_flash"]
    assert not models.cache.enabled


def test_budgets_limits_and_profile_are_written(settings, tmp_path):
    set_budget(settings, "session", Decimal("1.50"))
    set_budget(settings, "day", Decimal(20))
    set_limit_action(settings, "stop")
    path = set_profile(settings, "reference")
    models = load_models(path)
    assert (models.budgets.session_usd, models.budgets.day_usd) == (Decimal("1.50"), Decimal(20))
    assert (models.budgets.at_limit, models.profile) == ("stop", "reference")
    set_budget(settings, "session", None)
    assert load_models(path).budgets.session_usd is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda s: swap_model(s, TaskType.EVALUATION, "unheard-of"), ConfigError),
        (lambda s: swap_model(s, TaskType.EVALUATION, 'x"\n[retry]\nattempts = 9'), InputError),
        (lambda s: set_profile(s, "nowhere"), ConfigError),
        (lambda s: set_budget(s, "day", Decimal(-1)), InputError),
        (lambda s: set_budget(s, "day", Decimal("NaN")), InputError),
    ],
)
def test_a_change_that_does_not_load_changes_nothing(change, error, settings, tmp_path):
    path = set_budget(settings, "day", Decimal(5))
    before = path.read_text()
    with pytest.raises(error):
        change(settings)
    assert path.read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == ["models.toml"]
