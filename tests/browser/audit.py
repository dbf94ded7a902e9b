"""What the app has stored of an analysis, read beside it."""

from __future__ import annotations

import re
import sqlite3

from playwright.sync_api import Page

from tests.browser.conftest import Server


def analysis_id(page: Page) -> str:
    """The analysis in the page's address."""
    found = re.search(r"analysis=([0-9a-f]+)", page.url)
    assert found, page.url
    return found.group(1)


def events(server: Server, session_id: str) -> list[str]:
    """The audit trail of an analysis, oldest first."""
    with sqlite3.connect(f"file:{server.home / 'state.db'}?mode=ro", uri=True) as state:
        tables = [r[0] for r in state.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        table = next(name for name in tables if name.endswith("events"))
        columns = [r[1] for r in state.execute(f"PRAGMA table_info({table})")]
        key = next(c for c in columns if c in ("session_id", "session"))
        query = f"SELECT kind FROM {table} WHERE {key} = ? ORDER BY seq"
        return [r[0] for r in state.execute(query, (session_id,))]
