"""The file of verified queries, as people and the app use it."""

from __future__ import annotations

import datetime as dt

from src.workflow.verified import VerifiedQueries, VerifiedQuery


def test_a_query_is_found_whatever_space_stands_around_it(tmp_path):
    verified = VerifiedQueries.of(tmp_path, "ann", "sample")
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    query = VerifiedQuery(
        name="one", question="One?", sql="SELECT 1\n", verified_at=now, verified_by="ann"
    )
    verified.add(query)
    assert verified.find(" SELECT 1") == query
    assert verified.find("SELECT  1") is None
