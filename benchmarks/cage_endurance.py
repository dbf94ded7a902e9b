"""Whether the cage holds over many blows: workers killed at work, and damaged files read.

    python -m benchmarks.cage_endurance --kills 1000 --files 10000 [--minutes 60]

Kills: a query is stopped at a random moment; afterwards no worker may be left but the guard's warm
one, and the data must have the bytes it had. Files: good CSV, XLSX and Parquet with random bits
turned are read as uploads are, each in a worker of its own; each must end as a table or as an error
that names the file. With --minutes it stops after that time. Prints how many were done, the counts
and the longest time of each; ends with 1 when a promise is not kept.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import duckdb
import pandas as pd

from src.data.approved import ApprovedQuery
from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.ingestion.caged import inspect_file
from src.data.profile import Dataset, Profile
from src.data.semantic import Column, Role, SemanticModel, Table
from src.data.warehouse import CancelToken
from src.errors import DataFileError, QueryCancelled

ENDLESS = "SELECT count(*) FROM t a, t b, t c WHERE a.i + b.i + c.i = 7"
LONGEST_SECONDS = 30.0


def main() -> int:
    """Run both and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="for the files")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        kept = _kills(Path(folder), options.kills, chance)
        kept &= _files(Path(folder), options.files, options.minutes * 60, chance)
    return 0 if kept else 1


def _kills(folder: Path, count: int, chance: random.Random) -> bool:
    path = folder / "data.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS i FROM range(100000)")
    digest = _digest(path)
    column = Column(name="i", type="BIGINT", role=Role.MEASURE)
    model = SemanticModel(name="t", tables=(Table(name="t", columns=(column,)),))
    longest = 0.0
    with DuckDBWarehouse(path, Dataset(id="t", name="t", model=model, profile=Profile())) as data:
        approved = ApprovedQuery.approve(ENDLESS, data.check(ENDLESS), by="benchmark")
        for _ in range(count):
            cancel = CancelToken()
            stop = threading.Timer(chance.uniform(0, 0.1), cancel.cancel)
            stop.start()
            started = time.monotonic()
            with suppress(QueryCancelled):
                data.run(approved, cancel=cancel)
            longest = max(longest, time.monotonic() - started)
    time.sleep(1)
    left = sum(len(_children(server)) for server in _children(os.getpid()))
    same = _digest(path) == digest
    print(f"{count} kills: {left} workers left, data unchanged: {same}, longest {longest:.2f} s")
    return left <= 1 and same


def _files(folder: Path, count: int, seconds: float, chance: random.Random) -> bool:
    goods = _good_files(folder)
    ends: Counter[str] = Counter()
    longest = 0.0
    until = time.monotonic() + seconds
    for number in range(count):
        if time.monotonic() > until:
            break
        good = goods[number % len(goods)]
        damaged = folder / f"damaged{good.suffix}"
        damaged.write_bytes(_damaged(good.read_bytes(), chance))
        started = time.monotonic()
        try:
            inspect_file(damaged)
            ends[f"{good.suffix} read"] += 1
        except DataFileError as error:
            named = damaged.name in f"{error.where} {error.message}"
            ends[f"{good.suffix} refused" if named else "not named"] += 1
        longest = max(longest, time.monotonic() - started)
        if ends.total() % 500 == 0:
            print(f"{ends.total()} files so far", file=sys.stderr)
    done = f"{ends.total()} of {count} damaged files"
    print(f"{done}: {dict(sorted(ends.items()))}, longest {longest:.2f} s")
    return not ends["not named"] and longest <= LONGEST_SECONDS


def _good_files(folder: Path) -> list[Path]:
    rows = range(200)
    frame = pd.DataFrame(
        {
            "date": pd.date_range("2026-01-01", periods=len(rows)),
            "campaign": [f"Кампания {i % 7}" for i in rows],
            "spend": [i * 1.25 for i in rows],
            "clicks": list(rows),
        }
    )
    csv, xlsx, parquet = (folder / f"good.{kind}" for kind in ("csv", "xlsx", "parquet"))
    frame.to_csv(csv, index=False)
    frame.to_excel(xlsx, index=False)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM frame) TO '{parquet}' (FORMAT parquet)")
    return [csv, xlsx, parquet]


def _damaged(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 24)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _children(pid: int) -> list[int]:
    """Living child processes of `pid`, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(entry.name))
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
