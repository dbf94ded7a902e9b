"""What comes back from an approved query: exact values, honest cuts, and errors that help."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from src.data.warehouse import RunLimits
from src.errors import DataFileError, SqlFailed
from tests.cage.conftest import MODEL, approved


def run(warehouse, sql, **options):
    return warehouse.run(approved(warehouse, sql), **options)


EXACT = [
    ("sum(i)", 4999950000),
    ("1.10::DECIMAL(10, 2)", Decimal("1.10")),
    ("0.1::DECIMAL(38, 20)", Decimal("0.1").quantize(Decimal(10) ** -20)),
    ("170141183460469231731687303715884105727::HUGEINT", Decimal(2**127 - 1)),
    ("340282366920938463463374607431768211455::UHUGEINT", Decimal(2**128 - 1)),
    ("9223372036854775807::BIGINT", 2**63 - 1),
    ("DATE '2024-02-29'", dt.date(2024, 2, 29)),
    ("TIMESTAMPTZ '2024-01-01 12:00:00+03'", pd.Timestamp("2024-01-01 09:00", tz="UTC")),
    ("'x'::ENUM('x', 'y')", "x"),
    ("INTERVAL '1 year 2 months 3 days 4 hours'", "1 year 2 months 3 days 04:00:00"),
    ("'101'::BIT", "101"),
    ("'12:00:00+01'::TIMETZ", "12:00:00+01"),
    ("{'a': 1, 'b': [1, 2]}", {"a": 1, "b": [1, 2]}),
    ("MAP {'k': 1}", [("k", 1)]),
    ("'привет 😀'", "привет 😀"),
    ("'50% :name ? $1'", "50% :name ? $1"),
    ("uuid '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"),
]


@pytest.mark.parametrize(("expression", "value"), EXACT, ids=[case[0] for case in EXACT])
def test_values_arrive_exact(warehouse, expression, value):
    found = run(warehouse, f"SELECT {expression} AS x FROM campaigns LIMIT 1").frame["x"].iloc[0]
    if isinstance(value, dict):
        found = {k: list(v) if hasattr(v, "__len__") else v for k, v in found.items()}
    elif isinstance(value, list):
        found = [tuple(pair) for pair in found]
    assert found == value


def test_null_is_not_nan(warehouse):
    frame = run(warehouse, "SELECT NULL::DOUBLE AS nothing, 'nan'::DOUBLE AS nan").frame
    arrow = {name: frame[name].array.__arrow_array__() for name in frame}
    assert arrow["nothing"].null_count == 1
    assert arrow["nan"].null_count == 0


def test_repeated_names_are_told_apart(warehouse):
    result = run(warehouse, "SELECT 1 AS x, 2 AS x, 3 AS X_2, 4 AS X")
    assert [column.name for column in result.columns] == ["x", "x_3", "X_2", "X_4"]
    assert list(result.frame.columns) == [column.name for column in result.columns]
    assert result.frame.iloc[0].tolist() == [1, 2, 3, 4]


def test_row_order_is_the_query_s(warehouse):
    result = run(warehouse, "SELECT i FROM campaigns ORDER BY i DESC", limits=RunLimits(rows=5000))
    assert result.frame["i"].tolist() == list(range(99_999, 94_999, -1))


@pytest.mark.parametrize(
    ("available", "limit", "rows", "truncated"),
    [
        (10, 10, 10, False),
        (11, 10, 10, True),
        (0, 10, 0, False),
        (50_000_000, 10_000, 10_000, True),
    ],
)
def test_rows_are_capped_at_the_cursor_and_the_cut_is_said(
    warehouse, available, limit, rows, truncated
):
    result = run(warehouse, f"SELECT * FROM range({available})", limits=RunLimits(rows=limit))
    assert (result.row_count, result.truncated) == (rows, truncated)
    assert len(result.frame) == rows
    assert bool(result.cautions) == truncated


def test_a_result_of_too_many_bytes_is_cut_too(warehouse):
    result = run(warehouse, "SELECT repeat('x', 1000000) AS x FROM range(300)")
    assert result.truncated
    assert 0 < result.row_count < 300
    assert "too large" in result.cautions[0]


def test_an_empty_result_keeps_its_columns(warehouse):
    result = run(warehouse, "SELECT i, platform FROM campaigns WHERE false")
    assert [(c.name, c.type) for c in result.columns] == [("i", "BIGINT"), ("platform", "VARCHAR")]
    assert list(result.frame.columns) == ["i", "platform"]


@pytest.mark.parametrize(
    ("sql", "message", "where", "hint"),
    [
        ("SELECT platfrm FROM campaigns", 'column "platfrm" not found', "line 1, column 8",
         "The nearest columns are “platform”"),
        ("SELECT c.spent FROM campaigns AS c", '"spent"', "line 1, column 8", "“spend”"),
        ("SELECT i,\n  'abc'::INT\nFROM campaigns", "Could not convert", "line 2, column 8", ""),
        ("SELECT sum(platform) FROM campaigns", "sum", "line 1, column 8", "cast the argument"),
        ("SELECT nosuch(i) FROM campaigns", "nosuch", "line 1, column 8", ""),
    ],
)  # fmt: skip
def test_an_error_has_the_engine_s_words_place_and_hint(warehouse, sql, message, where, hint):
    with pytest.raises(SqlFailed) as failure:
        run(warehouse, sql)
    assert message in failure.value.message
    assert failure.value.where == where
    assert hint in (failure.value.hint or "")
    assert "Candidate" not in failure.value.message


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("SELECT sum(spend) FROM campaigns", 100_000),
        ("SELECT id FROM orders", 10),
        ("SELECT 1", 0),
    ],
)
def test_rows_read_are_counted(warehouse, sql, read):
    assert run(warehouse, sql).rows_read == read


def test_a_cut_result_does_not_claim_what_was_read(warehouse):
    assert run(warehouse, "FROM campaigns", limits=RunLimits(rows=10)).rows_read is None


def test_plans_are_shown(warehouse):
    assert "campaigns" in warehouse.explain("SELECT platform FROM campaigns")
    assert run(warehouse, "EXPLAIN SELECT 1").row_count == 1


def test_a_missing_or_broken_data_file_is_named(tmp_path, warehouse):
    from src.data.duckdb_warehouse import DuckDBWarehouse
    from src.data.profile import Dataset, Profile

    dataset = Dataset(id="x", name="spring.csv", model=MODEL, profile=Profile())
    with pytest.raises(DataFileError, match=r"spring\.csv"):
        DuckDBWarehouse(tmp_path / "none.duckdb", dataset)
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database" * 1000)
    with DuckDBWarehouse(broken, dataset) as opened, pytest.raises(DataFileError):
        opened.check("SELECT 1")
