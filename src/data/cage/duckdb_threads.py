"""How many threads a query gets."""

from __future__ import annotations

import os


def default_threads() -> int:
    """As many as bare DuckDB would take: the cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux knows
        return os.cpu_count() or 1
