"""Statistics on paper and on screen: the JSON file, replaced whole, and a table for a terminal."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from src.errors import AnalystError
from src.files import replacing

SWITCHED_OFF = "Cost tracking is off (COST_TRACKING_ENABLED): no statistics are kept in a file."
_OTHERS_KEPT = 20
_IN_PROCESS = threading.Lock()


class StatsUnwritten(AnalystError):
    """The file of statistics cannot be written; the ledger has every figure."""

    code = "stats_unwritten"


def save(path: Path, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Read the statistics and replace the file by them, atomically.

    Reading happens under a lock beside the file: of two processes the one that writes last has
    also read last, so that the file never goes back. What the file says of other runs, which write
    beside the same output, stays in it under ``other_runs``.

    Raises:
        StatsUnwritten: the file cannot be written. The old one is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _IN_PROCESS, _locked(path.with_name(f".{path.name}.lock")):
            stats = read()
            others = _other_runs(path, stats["run"])
            whole = {**stats, "other_runs": others} if others else stats
            text = json.dumps(whole, ensure_ascii=False, indent=2, default=_plain)
            with replacing(path) as draft:
                draft.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise StatsUnwritten(
            f"The statistics cannot be written: {error.strerror or error}.",
            where=str(path),
            kept="The ledger has every call; the old file is as it was.",
            hint="Give another path, or set COST_TRACKING_ENABLED=false.",
        ) from None
    return stats


def _other_runs(path: Path, run: str | None) -> dict[str, Any]:
    """What the file says of runs other than `run`, the newest of them last; of a file that cannot
    be read, nothing."""
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
        others: dict[str, Any] = earlier.pop("other_runs", {})
        if earlier["run"] is not None:
            others.pop(earlier["run"], None)
            others[earlier["run"]] = earlier
        others.pop(str(run), None)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}
    return dict(list(others.items())[-_OTHERS_KEPT:]) if run is not None else {}


def as_text(stats: dict[str, Any]) -> str:
    """The statistics as a table of plain text."""
    scope = f"run {stats['run']}" if stats["run"] else "all runs"
    unknown = f" and {stats['unknown_costs']} of unknown cost" if stats["unknown_costs"] else ""
    lines = [
        f"Catalogue copy, {scope}",
        f"  items      {stats['items']:>10,}   {stats['answered']:,} by models, "
        f"{stats['offline']:,} by the offline template, {stats['failed']:,} failed; "
        f"{stats['sensitive']:,} sensitive",
        f"  requests   {stats['requests']:>10,}   {stats['refusals']:,} refused, "
        f"{stats['truncated']:,} truncated, {stats['errors']:,} failed; {stats['repairs']:,} "
        f"repairs, {stats['failovers']:,} failovers, {stats['cache_hits']:,} cache hits",
        f"  tokens     {stats['input_tokens']:>10,}   in, {stats['output_tokens']:,} out",
        f"  dollars    {_money(stats['cost']):>10}{unknown}",
        f"  latency    {_seconds(stats['p50']):>10}   p50, {_seconds(stats['p95'])} p95",
    ]
    if stats["by_model"]:
        lines += ["", f"  {'model':28}{'requests':>9}{'refused':>9}{'dollars':>12}{'p50':>9}"]
        lines += [
            f"  {name:28}{row['requests']:>9,}{row['refusals']:>9,}{_money(row['cost']):>12}"
            f"{_seconds(row['p50']):>9}"
            for name, row in stats["by_model"].items()
        ]
    if stats["by_type"]:
        lines += ["", f"  {'type':28}{'requests':>9}{'items':>9}{'dollars':>12}"]
        lines += [
            f"  {name:28}{row['requests']:>9,}{row['items']:>9,}{_money(row['cost']):>12}"
            for name, row in stats["by_type"].items()
        ]
    lines += ["", "  The same answers elsewhere:"]
    for name in ("load_balance", "claude_only", "openai_only"):
        other = stats["savings"][name]
        if other["cost"] is not None:
            times = f", {other['times']:.2f} times" if other["times"] is not None else ""
            models = " and ".join(other["models"])
            lines.append(f"  {name:28}{_money(other['cost']):>9}{times}   ({models})")
    return "\n".join([*lines, f"  {stats['savings']['basis']}"])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock file; the system lets go of it when the process dies."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _money(amount: Decimal) -> str:
    digits = 2 if amount >= 100 else 4 if amount >= Decimal("0.1") or not amount else 6
    return f"${amount:,.{digits}f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
