"""A planted key is found nowhere: not in errors, logs, the database, `repr` or the cache."""

from __future__ import annotations

import logging
import traceback

import pytest
from dialects import PROTOCOLS
from served import KEYS, MODEL
from wire import fail, reset, say

from src.llm import errors
from src.llm.redact import redact
from src.llm.status import task_map
from src.llm.types import LLMRequest, TaskType

REQUEST = LLMRequest(task=TaskType.EVALUATION, prompt="q")


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name != "chat"])
@pytest.mark.parametrize("way", ["echoed", "shortened", "reset", "fine"])
def test_a_planted_key_is_found_nowhere(protocol, way, wire, make_router, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    name = {"google": "gemini_api_key"}.get(protocol, f"{protocol}_api_key")
    key = KEYS[name]
    step = {
        "echoed": fail(401, "authentication_error", f"Incorrect API key provided: {key}"),
        "shortened": fail(401, "authentication_error", f"Bad key {key[:9]}*****{key[-4:]}"),
        "reset": reset(),
        "fine": say(),
    }[way]
    wire.on(protocol, step)
    router = make_router(protocol, toml="[retry]\nbase_seconds = 0\n")
    seen = [repr(router.endpoints), repr(router), repr(task_map(router))]
    try:
        seen.append(repr(router.complete(REQUEST)))
        seen.append(repr(list(router.stream(REQUEST))))
    except errors.LLMError as error:
        seen += [str(error), repr(error), repr(error.attempts), str(error.to_dict())]
        seen += traceback.format_exception(error)
        seen += [f"{link!r} {link} {vars(link)}" for link in chain_of(error)]
    router.close()
    seen.append(caplog.text)
    for file in (tmp_path / "home").iterdir():
        seen.append(file.read_bytes().decode("latin-1"))
    everything = "\n".join(seen)
    assert key in str(wire.asked()[0].headers), "the provider itself must get it"
    assert key not in everything
    if way == "shortened":
        assert key[:9] not in everything
    assert MODEL[protocol] in everything


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Incorrect API key provided: sk-proj-abc***xyz.", "Incorrect API key provided:"),
        ("Authorization: Bearer abcdefgh12345", "Authorization:"),
        ("API key AIzaSyA-1234567 not valid", "API key"),
        ("the task-oriented model said no", "the task-oriented model said no"),
    ],
)
def test_what_looks_like_a_key_is_masked_and_words_are_not(text, kept):
    cleaned = redact(text)
    assert cleaned.startswith(kept)
    assert ("[key]" in cleaned) == (cleaned != text)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("asked_for", [False, True])
def test_prompts_are_logged_only_when_asked_for(protocol, asked_for, wire, make_router, caplog):
    caplog.set_level(logging.DEBUG)
    router = make_router(protocol, llm_log_content=asked_for)
    router.complete(LLMRequest(task=TaskType.EVALUATION, prompt="a very private question"))
    assert ("a very private question" in caplog.text) == asked_for


def chain_of(error: BaseException) -> list[BaseException]:
    """An error and whatever it was raised from, shown or not."""
    links: list[BaseException] = []
    rest: list[BaseException | None] = [error]
    while rest:
        link = rest.pop()
        if link is not None and link not in links:
            links.append(link)
            rest += [link.__cause__, link.__context__]
    return links


@pytest.mark.parametrize("step", [say(), fail(401, "authentication_error", "no"), reset()])
def test_the_key_of_a_gateway_is_found_nowhere_either(
    step, wire, make_router, monkeypatch, tmp_path, caplog
):
    caplog.set_level(logging.DEBUG)
    key = "gateway-planted-0123456789"
    monkeypatch.setenv("COMPANY_KEY", key)
    toml = (
        f'[providers.company]\nkind = "openai_compatible"\nbase_url = "{wire.url}/chat/v1"\n'
        'key_env = ["COMPANY_KEY"]\n[deployments.ours]\nprovider = "company"\nmodel = "m"\n'
        "[retry]\nbase_seconds = 0\n"
    )
    wire.on("chat", step)
    router = make_router("ours", toml=toml)
    seen = [repr(router.endpoints)]
    try:
        seen.append(repr(router.complete(REQUEST)))
    except errors.LLMError as error:
        seen += [f"{link!r} {link} {vars(link)}" for link in chain_of(error)]
    router.close()
    seen.append(caplog.text)
    seen += [file.read_bytes().decode("latin-1") for file in (tmp_path / "home").iterdir()]
    assert key in str(wire.asked()[0].headers)
    assert key not in "\n".join(seen)


def test_a_log_record_says_what_a_request_did_in_fields_and_in_words(wire, make_router, caplog):
    caplog.set_level(logging.INFO, logger="src.llm")
    wire.on("anthropic", fail(401, "authentication_error"))
    response = make_router("anthropic", "openai").complete(REQUEST)
    first, second = (record for record in caplog.records if hasattr(record, "llm"))
    assert (first.llm["error"], first.llm["cost_usd"]) == ("authentication", "0")
    assert second.llm == {
        "call_id": response.call_id,
        "task": "evaluation",
        "session": None,
        "deployment": MODEL["openai"],
        "model": MODEL["openai"],
        "outcome": "ok",
        "error": None,
        "seconds": second.llm["seconds"],
        "input_tokens": 100,
        "output_tokens": 20,
        "cost_usd": "0.0004",
    }
    assert f"call_id={response.call_id} task=evaluation" in second.getMessage()
