"""Runs ``python -m src`` without keys and with a state folder of its own.

`Shell.run` starts a process, as a person would. `Shell.call` runs the same `main` in this process:
tables of cases take it, because a process costs seconds.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from src.config.settings import get_settings

ROOT = Path(__file__).parents[2]
CSV = """Date,Campaign,Device,Cost,Clicks,Impressions,Conversions,Revenue
2026-01-01,Spring,mobile,10.50,100,1000,5,50
2026-01-01,Autumn,desktop,20.00,50,2000,0,0
2026-01-02,Spring,desktop,30.25,300,3000,20,400
2026-01-02,Весна 🌷,mobile,0,0,10,0,0
"""


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as the one JSON document that it must be."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


class Shell:
    """Commands of one user, whose state is in `home`."""

    def __init__(self, home: Path) -> None:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        self.home = home
        self.env = {**kept, "CAMPAIGN_ANALYST_HOME": str(home)}

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "src", *args]

    def run(self, *args: str, stdin: str = "", **variables: str) -> Said:
        """Run the command in a process, with `variables` added to its environment."""
        done = subprocess.run(
            self.command(*args),
            input=stdin.encode(),
            capture_output=True,
            cwd=ROOT,
            env=self.env | variables,
            timeout=100,
            check=False,
        )
        said = Said(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in said.err
        return said

    def call(self, *args: str, stdin: str | bytes = "", **variables: str) -> Said:
        """Run the command in this process."""
        from src.cli import main

        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with (
            self._settings(variables),
            mock.patch.object(sys, "argv", ["src", *args]),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8")),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Said(code, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def _settings(self, variables: dict[str, str]) -> Iterator[None]:
        from src.llm.router import reset_router

        with mock.patch.dict(os.environ, self.env | variables, clear=True):
            get_settings.cache_clear()
            reset_router()
            try:
                yield
            finally:
                get_settings.cache_clear()
                reset_router()
