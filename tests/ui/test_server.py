"""What the server adds to answers: a visitor's cookie and the security headers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from src.ui.server import VISITOR_COOKIE, SecurityHeaders, VisitorCookie, valid_token

GOOD = "A" * 43


def answer(
    path: str = "/",
    cookie: str | None = None,
    scheme: str = "http",
    content_type: bytes = b"text/html; charset=utf-8",
) -> dict[bytes, list[bytes]]:
    """The headers of the answer to a GET of `path`."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", content_type), (b"cache-control", b"public")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": path, "scheme": scheme, "headers": headers}
    asyncio.run(SecurityHeaders(VisitorCookie(app))(scope, receive, send))
    found: dict[bytes, list[bytes]] = {}
    for name, value in sent[0]["headers"]:
        found.setdefault(name, []).append(value)
    return found


def test_a_new_browser_gets_an_unguessable_id_that_scripts_cannot_read() -> None:
    first, second = (answer()[b"set-cookie"][0].decode() for _ in range(2))
    assert first.startswith(f"{VISITOR_COOKIE}=")
    assert valid_token(first.split("=", 1)[1].split(";")[0])
    assert "HttpOnly" in first and "SameSite=Lax" in first and "Secure" not in first
    assert first != second


def test_over_https_the_cookie_stays_on_https() -> None:
    assert b"Secure" in answer(scheme="https")[b"set-cookie"][0]


def test_a_page_that_sets_a_cookie_is_never_cached() -> None:
    assert answer()[b"cache-control"] == [b"no-store"]


@pytest.mark.parametrize(
    ("path", "cookie", "content_type"),
    [
        ("/", f"other=1; {VISITOR_COOKIE}={GOOD}", b"text/html"),
        ("/_stcore/health", None, b"text/html"),
        ("/static/js/index.js", None, b"text/html"),
        ("/manifest.json", None, b"application/json"),
    ],
)
def test_no_cookie_where_there_is_one_or_where_it_is_not_a_page(
    path: str, cookie: str | None, content_type: bytes
) -> None:
    assert b"set-cookie" not in answer(path, cookie, content_type=content_type)


@pytest.mark.parametrize("token", [None, "", "short", "A" * 42, "A" * 44, "A" * 42 + ";", "é" * 43])
def test_a_cookie_that_this_server_did_not_make_is_replaced(token: str | None) -> None:
    assert not valid_token(token)
    if token and token.isascii() and ";" not in token:
        assert b"set-cookie" in answer(cookie=f"{VISITOR_COOKIE}={token}")


def test_the_policy_lets_the_browser_talk_to_this_server_only() -> None:
    policy = answer()[b"content-security-policy"][0].decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["connect-src"] == "'self' ws: wss:"
    assert "unsafe" not in rules["script-src"]
    assert rules["object-src"] == "'none'"
