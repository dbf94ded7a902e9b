"""What a browser is shown before Streamlit's scripts have run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import streamlit

from src.ui.first_paint import FirstPaint

STREAMLIT = Path(streamlit.__file__).parent / "static" / "index.html"
FILE_HEADERS = [(b"etag", b'"1"'), (b"last-modified", b"x"), (b"accept-ranges", b"bytes")]


def served(
    path: str,
    *,
    body: bytes | None = None,
    content_type: bytes = b"text/html; charset=utf-8",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    method: str = "GET",
    status: int = 200,
) -> tuple[dict[bytes, bytes], bytes, list[tuple[bytes, bytes]]]:
    """The headers and the body that a browser gets, and the headers that the server was asked with;
    the server sends its page in two parts."""
    page = STREAMLIT.read_bytes() if body is None else body
    sent: list[dict[str, Any]] = []
    asked: list[tuple[bytes, bytes]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.extend(scope["headers"])
        length = (b"content-length", str(len(page)).encode())
        start = {"type": "http.response.start", "status": status}
        await send({**start, "headers": [(b"content-type", content_type), length, *FILE_HEADERS]})
        await send({"type": "http.response.body", "body": page[:700], "more_body": True})
        await send({"type": "http.response.body", "body": page[700:]})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(FirstPaint(app)(scope, receive, send))
    return dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:]), asked


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "Ask about your campaigns"), ("/History", "History"), ("/Settings", "Settings")],
)
def test_the_page_names_itself_before_any_script_has_run(path: str, title: str) -> None:
    _, body, _ = served(path)
    inside = body.decode().split('<div id="root">')[1].split("</body>")[0]
    assert f"<h1>{title}</h1>" in inside and "Loading the page" in inside
    assert "Campaign Analyst</title>" in body.decode()


def test_nothing_holds_back_the_first_paint() -> None:
    head, shown = served("/")[1].split(b"<body>")
    assert b'rel="stylesheet"' not in head
    assert shown.index(b"</main>") < shown.index(b'rel="stylesheet"')


def test_what_the_scripts_need_is_still_there() -> None:
    was, now = STREAMLIT.read_bytes(), served("/")[1]
    for tag in (b"<script", b"</script>", b'rel="modulepreload"', b'rel="stylesheet"'):
        assert was.count(tag) == now.count(tag)


def test_the_headers_are_those_of_what_is_sent() -> None:
    headers, body, asked = served("/", headers=((b"if-none-match", b'"1"'), (b"accept", b"*/*")))
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"etag" not in headers and b"last-modified" not in headers
    assert asked == [(b"accept", b"*/*")]


def test_another_answer_passes_unchanged() -> None:
    script = b"x" * 2000
    headers, body, asked = served(
        "/static/js/a.js", body=script, content_type=b"text/javascript",
        headers=((b"if-none-match", b'"1"'),),
    )  # fmt: skip
    assert body == script and headers[b"etag"] == b'"1"' and asked == [(b"if-none-match", b'"1"')]
    assert served("/", status=404)[1] == STREAMLIT.read_bytes()
    assert served("/", method="HEAD")[0][b"etag"] == b'"1"'


def test_a_start_page_of_another_shape_is_still_served() -> None:
    assert served("/", body=b"<html>something else</html>")[1] == b"<html>something else</html>"
