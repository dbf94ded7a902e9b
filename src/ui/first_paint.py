"""What a browser shows while Streamlit's own scripts load: which page this is, in words.

Streamlit's start page is an empty element until about three megabytes of scripts have been fetched
and run. The same answer, with the page's title inside that element, is painted as soon as it
arrives; React empties the element when it takes over. It needs no script and follows the theme that
the browser prefers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from src.ui.messages import t
from src.ui.safe_text import safe_html

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ROOT: Final = b'<div id="root"></div>'
_SHEET: Final = re.compile(rb'<link rel="stylesheet"[^>]*>')
_TITLE: Final = re.compile(rb"<title>[^<]*</title>")
_PAGES: Final = ("data", "history", "catalogue", "usage", "settings")
# The lengths repeat the page's: its column, its title, the sidebar where there is room for one.
_STYLE: Final = """
body { margin: 0; }
.ca-first { color-scheme: light dark; display: flex; min-height: 100vh; line-height: 1.5;
  font-family: "Source Sans", sans-serif;
  color: light-dark(#1c2430, #e8ecf1); background: light-dark(#ffffff, #12161c); }
.ca-first div { flex: 0 0 16rem; padding: 3.4rem 0.5rem 0 2.25rem; font-weight: 650;
  font-size: 1.1rem; background: light-dark(#f3f5f7, #171c23); }
.ca-first main { flex: 1; max-width: 60rem; margin: 0 auto; padding: 2.5rem 1rem; }
.ca-first h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.2; padding: 1.25rem 0 1rem;
  margin: 0; }
@media (max-width: 48rem) { .ca-first div { display: none; } }
"""


class FirstPaint:
    """Puts a page's title into Streamlit's start page. An answer that is not that page, or has
    another shape than the one known, passes unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def with_title(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_start_page(message):
                start = message
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            filled = with_first_paint(body, scope["path"])
            # What names the file's own bytes is not true of these.
            dropped = (b"content-length", b"etag", b"last-modified")
            headers = [h for h in start["headers"] if h[0].lower() not in dropped]
            headers.append((b"content-length", str(len(filled)).encode()))
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": filled})

        await self.app(_unconditional(scope), receive, with_title)


def with_first_paint(html: bytes, path: str) -> bytes:
    """Streamlit's start page `html` (UTF-8) with the title of the page at `path` (``/History``)."""
    name = path.rsplit("/", 1)[-1].lower()
    page = name if name in _PAGES else "ask"
    heading, app = safe_html(t(f"{page}.title")), safe_html(t("app.name"))
    title = safe_html(t("app.title", page=t(f"nav.{page}")))
    shown = (
        f'<div id="root"><style>{_STYLE}</style><div class="ca-first"><div>{app}</div><main>'
        f'<h1>{heading}</h1><p role="status">{safe_html(t("app.loading"))}</p></main></div></div>'
    )
    html = html.replace(_ROOT, shown.encode(), 1)
    # A style sheet in the head holds back all painting until it has come, behind sixty scripts.
    if (sheet := _SHEET.search(html)) is not None:
        html = html.replace(sheet[0], b"", 1).replace(b"</body>", sheet[0] + b"</body>", 1)
    return _TITLE.sub(lambda _: f"<title>{title}</title>".encode(), html, count=1)


def _is_start_page(message: Message) -> bool:
    headers: dict[bytes, bytes] = dict(message.get("headers", []))
    html = headers.get(b"content-type", b"").startswith(b"text/html")
    return html and message["status"] == 200


def _unconditional(scope: Scope) -> Scope:
    """Without the conditions under which a server may answer that its file has not changed: a
    newer release of this app may have changed what is put into it."""
    asked = (b"if-none-match", b"if-modified-since")
    if "static" in scope["path"]:
        return scope
    return {**scope, "headers": [h for h in scope["headers"] if h[0] not in asked]}
