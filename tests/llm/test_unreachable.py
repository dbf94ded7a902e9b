"""Providers that cannot be reached: how soon a person's call moves on, with the real SDKs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from served import MODEL
from wire import fail, hang, hanging_up, say

from src.config.models import load_models
from src.llm import errors, usage
from src.llm.endpoints import Endpoint
from src.llm.reach import check_reachable
from src.llm.types import LLMRequest, TaskType

INTERACTIVE = TaskType.QUERY_INTERPRETATION
# The shipped pauses between tries, so that the tests see what a user would.
AS_SHIPPED = "[cache]\nenabled = false\n"
CHAIN = ("anthropic", "openai", "google")


@pytest.fixture
def closed() -> dict[str, str]:
    """Addresses where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    return {
        "anthropic_base_url": url,
        "openai_base_url": f"{url}/v1",
        "gemini_base_url": url,
    }


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose queue is full: connecting to it neither succeeds nor fails."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port
        for one in crowd:
            one.close()


def ask(**rest: object) -> LLMRequest:
    return LLMRequest(task=INTERACTIVE, prompt="Why?", **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("loaded", [False, True], ids=["sdk not loaded", "sdk loaded"])
def test_refused_connections_cost_a_person_one_quick_retry_each(loaded, wire, make_router, closed):
    if loaded:
        router = make_router(*CHAIN, toml=AS_SHIPPED)
        for protocol in CHAIN:
            wire.on(protocol, hanging_up(say("I can't help with that.")))
        router.complete(ask(offline=lambda: "all three have declined"))
        wire.close()
    else:
        router = make_router(*CHAIN, toml=AS_SHIPPED, **closed)
    response = router.complete(ask(offline=lambda: "by rule"))
    assert response.text == "by rule"
    tried = [attempt.provider for attempt in response.attempts]
    assert tried == [name for name in CHAIN for _ in range(2)] + ["offline"]
    assert {attempt.error for attempt in response.attempts[:-1]} == {"connection_failed"}
    assert response.cost == 0


def test_the_last_model_is_given_its_usual_tries_when_nothing_else_can_answer(make_router, closed):
    toml = "[retry]\nbase_seconds = 0.01\n[breaker]\nfailures = 9\n"
    router = make_router("anthropic", "openai", toml=toml, **closed)
    with pytest.raises(errors.ConnectionFailed) as caught:
        router.complete(ask())
    tried = [attempt.provider for attempt in caught.value.attempts]
    assert tried == ["anthropic"] * 2 + ["openai"] * 3


def test_bulk_work_has_the_patience_to_try_again(make_router, closed):
    toml = "[retry]\nbase_seconds = 0.01\n[breaker]\nfailures = 9\n"
    router = make_router("anthropic", toml=toml, **closed)
    response = router.complete(ask(offline=lambda: "by rule", priority="bulk"))
    assert len(response.attempts) == 3 + 1


def test_a_closed_port_counts_for_the_circuit_breaker_although_no_sdk_was_loaded(
    make_router, closed
):
    router = make_router("anthropic", toml=AS_SHIPPED, **closed)
    for _ in range(2):
        router.complete(ask(offline=lambda: "by rule"))
    response = router.complete(ask(offline=lambda: "by rule"))
    assert [attempt.provider for attempt in response.attempts] == ["offline"]
    assert "left alone" in response.notes[-1]


def test_wrong_keys_are_told_once_each_and_the_offline_engine_answers(wire, make_router):
    for protocol, status in (("anthropic", 401), ("openai", 401), ("google", 403)):
        wire.on(protocol, fail(status, "authentication_error"))
    response = make_router(*CHAIN, toml=AS_SHIPPED).complete(ask(offline=lambda: "by rule"))
    assert response.offline
    assert len(wire.asked()) == len(CHAIN)


def test_a_hanging_provider_cannot_hold_a_person_beyond_the_deadline(wire, make_router):
    wire.on("anthropic", say(), hang())
    router = make_router("anthropic", toml=AS_SHIPPED)
    router.complete(ask())  # the SDK is loaded now
    response = router.complete(ask(offline=lambda: "by rule", deadline_seconds=1.0))
    assert response.offline
    assert response.seconds < 10, "it hangs for 30"


@pytest.mark.parametrize("profile", ["current", "reference"])
@pytest.mark.parametrize(("task", "most"), [(INTERACTIVE, 20.0), (TaskType.SQL_GENERATION, 45.0)])
def test_shipped_deadlines_fit_somebody_who_waits(profile, task, most):
    plan = load_models(None, profile).tasks[task]
    assert plan.deadline_seconds <= most
    assert plan.attempt_seconds < plan.deadline_seconds, "the next model must get a turn"


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("http://no-such-host.invalid/v1", "the name is not known"),
        ("http://127.0.0.1:{closed}/v1", "connection refused"),
        ("http://127.0.0.1:{silent}/v1", "no answer"),
    ],
)
def test_an_unreachable_address_says_why(base_url, says, closed, silent_port):
    port = closed["gemini_base_url"].rsplit(":", 1)[1]
    url = base_url.format(closed=port, silent=silent_port)
    with pytest.raises(errors.ConnectionFailed, match=says):
        asyncio.run(check_reachable(_endpoint(url), seconds=0.3))


def test_behind_a_proxy_only_a_request_can_tell(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    assert not asyncio.run(check_reachable(_endpoint("http://models.example")))


def test_a_gateway_without_an_address_is_never_asked(wire, make_router, monkeypatch):
    monkeypatch.delenv("COMPANY_GATEWAY_URL", raising=False)
    toml = (
        AS_SHIPPED + '[providers.company]\nkind = "openai_compatible"\n'
        'base_url_env = "COMPANY_GATEWAY_URL"\n'
        '[deployments.company-model]\nprovider = "company"\nmodel = "m"\n'
    )
    response = make_router("company-model", "openai", toml=toml).complete(ask())
    assert response.model == MODEL["openai"]
    assert [attempt.provider for attempt in response.attempts] == ["openai"]


def _endpoint(base_url: str) -> Endpoint:
    return Endpoint("anthropic", "anthropic", base_url, "k", None, ("ANTHROPIC_API_KEY",))


def test_warming_up_asks_nobody_and_harms_nothing(wire, make_router, closed):
    router = make_router("anthropic", toml=AS_SHIPPED)
    router.warm_up()
    assert not wire.asked()
    assert router.complete(ask()).model == MODEL["anthropic"]
    away = make_router("openai", toml=AS_SHIPPED, **closed)
    away.warm_up()
    assert away.complete(ask(offline=lambda: "by rule")).offline


def test_an_sdk_that_cannot_be_set_up_is_passed_over_and_tried_again(
    wire, make_router, monkeypatch, tmp_path
):
    router = make_router("anthropic", "openai", toml=AS_SHIPPED + "[breaker]\nfailures = 9\n")
    with monkeypatch.context() as broken:
        broken.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        with pytest.raises(errors.NotSetUp, match="cannot be used here") as caught:
            router.complete(ask())
        assert "SSL_CERT_FILE" in str(caught.value.hint)
        assert router.complete(ask(offline=lambda: "by rule")).text == "by rule"
    assert router.complete(ask()).model == MODEL["anthropic"]
    assert [row["error"] for row in usage.attempts(router.ledger)].count("not_set_up") == 4
