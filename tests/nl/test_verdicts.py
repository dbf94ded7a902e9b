"""What the guard objects to, said in the language of the question."""

from __future__ import annotations

import re

import pytest

from src.query_engine.phrases.verdicts import reason_text
from src.query_engine.sql_guard import check_sql

REFUSED = [
    "",
    "SELEC 1",
    "SELECT 1; SELECT 2",
    "DELETE FROM campaigns",
    "SELECT $1",
    "SHOW TABLES",
    "SELECT getenv('HOME')",
    "SELECT * FROM read_csv('x.csv')",
    "SELECT * FROM elsewhere",
    "SELECT " + "(" * 65 + "1" + ")" * 65,
    "SELECT '" + "x" * 103_000 + "'",
    "SELECT '\0'",
]


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql[:20])
def test_every_refusal_has_russian_words(sql: str) -> None:
    verdict = check_sql(sql, tables=["campaigns"])
    assert not verdict.allowed and verdict.reasons
    for reason in verdict.reasons:
        told = reason_text(reason, sql, "ru")
        assert "Защита отклонила" not in told
        assert re.search("[а-яё]{4}", told)
        # Latin words are those of the statement itself, and of statements one may write instead.
        foreign = set(re.findall(r"[A-Za-z_]{2,}", told)) - {"SQL", "SHOW", "DESCRIBE", "SUMMARIZE"}
        assert all(word in sql for word in foreign)


def test_a_new_rule_is_still_refused_in_russian() -> None:
    reason = check_sql("DROP TABLE campaigns").reasons[0].model_copy(update={"rule": "brand_new"})
    assert reason_text(reason, "DROP TABLE campaigns", "ru").startswith("Защита отклонила")
