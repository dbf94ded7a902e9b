"""Approved SQL to result through a caged worker, against the same SQL in bare DuckDB.

Both run in this process's turn, alternating, on one table of 10 million rows; the figure is the
median over rounds. The promise: at most 1.2 times bare DuckDB plus 30 ms, with a worker that had
time to warm up, as between two clicks of a person. Exit code 1 when it is not kept.

    python benchmarks/query_overhead.py [--rows 10000000] [--rounds 9] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from src.data.approved import ApprovedQuery
from src.data.duckdb_warehouse import DuckDBWarehouse
from src.data.profile import Dataset, Profile
from src.data.semantic import SemanticModel, Table

FACTOR, CONSTANT_MS, WARM_UP_SECONDS = 1.2, 30.0, 1.5
QUERIES = {
    "one number": "SELECT sum(spend) FROM campaigns",
    "ratio by platform": (
        "SELECT platform, sum(spend) / sum(clicks) AS cpc FROM campaigns GROUP BY 1"
    ),
    "month by platform": (
        "SELECT date_trunc('month', date) AS m, platform, sum(spend), sum(clicks) "
        "FROM campaigns GROUP BY ALL ORDER BY ALL"
    ),
    "top campaigns": (
        "SELECT campaign, sum(spend) AS s FROM campaigns GROUP BY 1 ORDER BY s DESC LIMIT 20"
    ),
    "moving average": (
        "WITH d AS (SELECT date, sum(spend) AS s FROM campaigns GROUP BY 1) "
        "SELECT date, avg(s) OVER (ORDER BY date ROWS 6 PRECEDING) FROM d ORDER BY 1"
    ),
    "first 10,000 rows": "SELECT * FROM campaigns WHERE clicks > 90",
}


def make_table(path: Path, rows: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE campaigns AS SELECT DATE '2023-01-01' + (range % 700)::INT AS date, "
            "'Platform ' || range % 5 AS platform, 'Campaign ' || range % 5000 AS campaign, "
            "(hash(range) % 10000) / 100 AS spend, (hash(range + 1) % 97)::INT AS clicks "
            f"FROM range({rows})"
        )


def measure(path: Path, rounds: int) -> list[dict[str, object]]:
    dataset = Dataset(
        id="bench",
        name="bench",
        model=SemanticModel(name="bench", tables=(Table(name="campaigns", columns=()),)),
        profile=Profile(),
    )
    figures = []
    with (
        duckdb.connect(str(path), read_only=True) as bare,
        DuckDBWarehouse(path, dataset) as warehouse,
    ):
        for name, sql in QUERIES.items():
            approved = ApprovedQuery.approve(sql, warehouse.check(sql), by="benchmark")
            times: dict[str, list[float]] = {"bare": [], "caged": []}
            for _ in range(rounds + 1):
                time.sleep(WARM_UP_SECONDS)
                started = time.perf_counter()
                bare.sql(sql).limit(10_001).to_arrow_table()
                times["bare"].append(time.perf_counter() - started)
                started = time.perf_counter()
                warehouse.run(approved)
                times["caged"].append(time.perf_counter() - started)
            # the first round reads the file from disk
            bare_ms, caged_ms = (1000 * statistics.median(t[1:]) for t in times.values())
            allowed = FACTOR * bare_ms + CONSTANT_MS
            figures.append(
                {
                    "query": name,
                    "bare_ms": round(bare_ms, 1),
                    "caged_ms": round(caged_ms, 1),
                    "allowed_ms": round(allowed, 1),
                    "kept": caged_ms <= allowed,
                }
            )
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.duckdb"
        make_table(path, options.rows)
        figures = measure(path, options.rounds)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for row in figures:
            print(
                f"{row['query']:20} bare {row['bare_ms']:8} ms  caged {row['caged_ms']:8} ms  "
                f"allowed {row['allowed_ms']:8} ms  {'kept' if row['kept'] else 'NOT KEPT'}"
            )
    return 0 if all(row["kept"] for row in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
