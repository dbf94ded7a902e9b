"""What the web server adds to every answer: a visitor's cookie and the security headers.

Pure ASGI, so that it wraps Streamlit's own routes and its websocket alike. Which visitor a page
run belongs to is read back in `identity.py`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

VISITOR_COOKIE: Final = "campaign_analyst_visitor"
_YEAR_SECONDS: Final = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_COOKIE_IN_HEADER = re.compile(rf"(?:^|;\s*){VISITOR_COOKIE}=([^;]*)")


def valid_token(token: str | None) -> bool:
    """Whether `token` has the shape of one this server gave out: 256 bits, URL-safe base64."""
    return token is not None and _TOKEN.fullmatch(token) is not None


class VisitorCookie:
    """Gives a browser that has none an unguessable id, out of reach of scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_page(scope) or _has_visitor(scope):
            await self.app(scope, receive, send)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = (
            f"{VISITOR_COOKIE}={secrets.token_urlsafe(32)}; Path=/; Max-Age={_YEAR_SECONDS}; "
            f"HttpOnly; SameSite=Lax{secure}"
        ).encode()

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                # A cached page would hand one visitor's cookie to the next.
                headers = [h for h in message.get("headers", []) if h[0] != b"cache-control"]
                headers += [(b"set-cookie", cookie), (b"cache-control", b"no-store")]
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, with_cookie)


class SecurityHeaders:
    """Content-security policy and its companions on every HTTP answer.

    The policy is the second wall behind `safe_text`: text from a model or from data that slips
    through still cannot make the browser talk to anyone but this server.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_security_headers()]
            await send(message)

        await self.app(scope, receive, with_headers)


def middleware() -> list[Middleware]:
    """The stack for `streamlit.starlette.App`."""
    from starlette.middleware import Middleware

    from src.ui.first_paint import FirstPaint

    return [Middleware(SecurityHeaders), Middleware(VisitorCookie), Middleware(FirstPaint)]


@lru_cache(maxsize=1)
def _security_headers() -> tuple[tuple[bytes, bytes], ...]:
    policy = "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *_inline_script_hashes())),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' ws: wss:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        # The address holds the id of an analysis: it stays on this site.
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    )


def _inline_script_hashes() -> tuple[str, ...]:
    """The hashes that let Streamlit's own start page keep its inline script under the policy."""
    import streamlit

    page = Path(streamlit.__file__).parent / "static" / "index.html"
    try:
        html = page.read_text(encoding="utf-8")
    except OSError:
        return ()
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    return tuple(f"'sha256-{digest}'" for digest in digests)


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and not any(
        part in path for part in ("/_stcore", "/static/", "/media/", "/component")
    )


def _is_html(message: Message) -> bool:
    headers: dict[bytes, bytes] = dict(message.get("headers", []))
    return headers.get(b"content-type", b"").startswith(b"text/html")


def _has_visitor(scope: Scope) -> bool:
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            found = _COOKIE_IN_HEADER.search(value.decode("latin-1"))
            if found and valid_token(found.group(1)):
                return True
    return False
