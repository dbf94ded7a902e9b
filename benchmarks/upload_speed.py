"""Reading an upload in the cage, against bare DuckDB reading the same file.

Bare is ``CREATE TABLE … AS SELECT * FROM read_csv(…)`` into a file, which trusts the file: no
totals rows, encodings, formats, profile or model. Both run in turn on the same file, so the ratio
means something on a busy machine; the load average is printed beside it.

    python benchmarks/upload_speed.py [--rows 1000000 4000000] [--rounds 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from src.data.library import DataLibrary


def make_file(path: Path, rows: int) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2023-01-01' + (i % 700)::INT AS date, "
            "'Platform ' || i % 5 AS platform, 100000 + i % 5000 AS campaign_id, "
            "'Campaign ' || i % 5000 || CASE WHEN i % 9 = 0 THEN ', EU' ELSE '' END AS campaign, "
            "['mobile', 'desktop', 'tablet'][1 + i % 3] AS device, 'USD' AS currency, "
            "round(hash(i) % 100000 / 100, 2) AS spend, hash(i + 1) % 97000 AS impressions, "
            "hash(i + 2) % 970 AS clicks, hash(i + 3) % 13 AS conversions, "
            "round(hash(i + 4) % 900000 / 100, 2) AS conversion_value "
            f"FROM range({rows}) t(i)) TO '{path}' (HEADER)"
        )


def bare(path: Path, folder: Path) -> None:
    target = folder / "bare.duckdb"
    with duckdb.connect(str(target), config={"threads": "2"}) as connection:
        connection.execute("CREATE TABLE t AS SELECT * FROM read_csv(?)", [str(path)])
    target.unlink()


def upload(path: Path, folder: Path) -> None:
    library = DataLibrary(folder / "home", "benchmark")
    library.remove(library.add(path).id)


def measure(rows: int, rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {"bare": [], "upload": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "upload.csv"
        make_file(path, rows)
        for _ in range(rounds):
            for label, run in (("bare", bare), ("upload", upload)):
                started = time.perf_counter()
                run(path, folder)
                times[label].append(time.perf_counter() - started)
        size = path.stat().st_size / (1 << 20)
    plain, caged = (statistics.median(t) for t in times.values())
    return {
        "rows": rows,
        "megabytes": round(size),
        "bare_seconds": round(plain, 2),
        "upload_seconds": round(caged, 2),
        "ratio": round(caged / plain, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = [measure(rows, options.rounds) for rows in options.rows]
    if options.json:
        print(json.dumps(figures, indent=2))
        return 0
    for f in figures:
        print(
            f"{f['rows']:>10,} rows {f['megabytes']:>5} MB  bare {f['bare_seconds']:>6} s  "
            f"upload {f['upload_seconds']:>6} s  ratio {f['ratio']:>5}  load {f['load_average']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
