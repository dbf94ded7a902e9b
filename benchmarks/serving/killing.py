"""Kills a catalogue run with SIGKILL and looks at what is left once it was started again."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.copy_server import CopyServer, write
from benchmarks.serving.set_up import products, write_products
from src.catalogue.tasks import make_task
from src.catalogue.templates import load_templates
from src.catalogue.values import Product

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Left:
    """What kills left behind, once a last run had ended.

    Attributes:
        lost: texts that are missing; `wrong` differ from those of an undisturbed run.
        paid_again: answers beyond one for each text; at most `allowed`: as many as could be under
            way at each kill.
        repeated: rows beyond one for each text.
    """

    kills: int
    texts: int
    lost: int
    wrong: int
    repeated: int
    paid_again: int
    allowed: int

    @property
    def sound(self) -> bool:
        return not (self.lost or self.wrong or self.repeated) and self.paid_again <= self.allowed


class Victim:
    """The command line over one home, to be started, killed and started again.

    Attributes:
        pid: of the run that was started last.
    """

    def __init__(
        self, home: Path, server: CopyServer, count: int, concurrency: int, processes: int = 1
    ) -> None:
        home.mkdir(parents=True)
        self.home, self.server, self.count, self.concurrency = home, server, count, concurrency
        self.processes, self.pid = processes, 0
        self.out = home / "copy.jsonl"
        self._products = write_products(home / "products.csv", count)
        (home / "models.toml").write_text("[cache]\nenabled = false\n")
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._env = {
            **kept,
            "CAMPAIGN_ANALYST_HOME": str(home / "state"),
            "LLM_MODELS_FILE": str(home / "models.toml"),
            "OPENAI_API_KEY": "k" * 20,
            "ANTHROPIC_API_KEY": "k" * 20,
            "OPENAI_BASE_URL": f"{server.url}/openai/v1",
            "ANTHROPIC_BASE_URL": f"{server.url}/anthropic",
        }

    def start(self) -> subprocess.Popen[bytes]:
        """Begin a run, or go on with the last one."""
        command = [
            sys.executable, str(ROOT / "scripts" / "enhanced_async_pipeline.py"),
            str(self._products), "--types", "description", "--out", str(self.out),
            "--concurrency", str(self.concurrency), "--strategy", "openai_only",
            "--processes", str(self.processes),
        ]  # fmt: skip
        process = subprocess.Popen(
            command,
            env=self._env,
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=(self.home / "stderr.txt").open("ab"),
        )
        self.pid = process.pid
        return process

    def kill_when(self, due: Callable[[], bool]) -> bool:
        """Start, and kill as soon as `due`; False when the run ended before that."""
        process = self.start()
        while not due():
            if process.poll() is not None:
                return False
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True

    def look(self, kills: int) -> Left:
        """Run to the end and compare with what an undisturbed run would have given."""
        code = self.start().wait()
        if code:
            raise RuntimeError((self.home / "stderr.txt").read_text()[-2000:])
        rows = [json.loads(line) for line in self.out.read_text("utf-8").splitlines()]
        texts = {row["product_id"]: row["text"] for row in rows}
        expected = expected_texts(self.count)
        counts = self.server.counts()
        # What was under way at a kill found nobody to answer; a provider would bill it, too.
        billed = sum(counts.texts.values()) + counts.abandoned
        return Left(
            kills=kills,
            texts=len(texts),
            lost=len(expected.keys() - texts.keys()),
            wrong=sum(texts[one] != text for one, text in expected.items() if one in texts),
            repeated=len(rows) - len(texts),
            paid_again=billed - self.count,
            allowed=kills * self.concurrency,
        )


def expected_texts(count: int) -> dict[str, str]:
    """What the server writes of each product: its text depends on the prompt alone."""
    templates = load_templates()
    found: dict[str, str] = {}
    for row in itertools.islice(products(count), count):
        named = {"id", "title", "category", "language"}
        attributes = {name: text for name, text in row.items() if name not in named and text}
        product = Product(row["id"], row["title"], row["category"], row["language"], attributes)
        task = make_task(product, templates.of("description", product.language))
        found[product.id] = write(task.prompt, row["title"])
    return found
