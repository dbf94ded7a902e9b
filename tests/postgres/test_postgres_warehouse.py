"""A real PostgreSQL server: what an analyst gets from it, and what SQL cannot do to it."""

import datetime as dt
import threading
import time
from decimal import Decimal

import psycopg
import pytest

from src.data.approved import ApprovedQuery, GuardVerdict
from src.data.open_warehouse import open_database
from src.data.postgres_warehouse import PostgresWarehouse
from src.data.warehouse import CancelToken, RunLimits
from src.errors import (
    ConfigError,
    NotApproved,
    QueryCancelled,
    QueryTimeout,
    SqlFailed,
)

SETUP = """
CREATE TABLE campaigns AS
  SELECT d::date AS date, (ARRAY['Google Ads', 'Meta'])[1 + i % 2] AS platform,
    'c' || i % 5 AS campaign_id, 'Campaign ' || i % 5 AS campaign_name,
    (i * 1.25)::numeric(12, 2) AS spend, i * 100 AS impressions, i * 3 AS clicks
  FROM generate_series('2024-01-01'::date, '2024-03-31', '1 day') d, generate_series(1, 10) i;
CREATE SCHEMA mart;
CREATE TABLE mart.orders AS SELECT 1 AS id, 'NaN'::float8 AS value;
INSERT INTO mart.orders VALUES (2, NULL);
CREATE TABLE private_notes AS SELECT 'hidden' AS note;
CREATE ROLE reader LOGIN;
GRANT SELECT ON campaigns TO reader;
GRANT USAGE ON SCHEMA mart TO reader;
GRANT SELECT ON mart.orders TO reader;
ANALYZE;
"""


@pytest.fixture(scope="module")
def server(new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SETUP)
    return url


@pytest.fixture(scope="module")
def warehouse(server):
    return open_database(server.replace("postgres:@", "reader@"))


@pytest.fixture(scope="module")
def careless(server):
    """A warehouse whose role may do anything."""
    return PostgresWarehouse(server)


def run(warehouse, sql, **options):
    return warehouse.run(ApprovedQuery.approve(sql, warehouse.check(sql), by="test"), **options)


def forced(sql):
    """An approval as if the guard had let `sql` pass."""
    return ApprovedQuery.approve(sql, GuardVerdict(allowed=True, dialect="postgres"), by="test")


def test_the_tables_the_role_may_read_become_a_data_set(warehouse):
    dataset = warehouse.dataset()
    table = dataset.model.table("campaigns")
    assert {t.name for t in dataset.model.tables} == {"campaigns", "orders"}
    assert dataset.dialect == "postgres"
    assert table.time_column == "date"
    assert {"spend", "clicks", "ctr", "cpc"} <= {metric.name for metric in table.metrics}
    profile = dataset.profile.tables["campaigns"]
    assert profile.row_count == 910
    assert (profile.first_day, profile.last_day) == (dt.date(2024, 1, 1), dt.date(2024, 3, 31))
    assert set(profile.columns["platform"].values) == {"Google Ads", "Meta"}


def test_values_arrive_exact(warehouse):
    result = run(
        warehouse,
        "SELECT sum(spend) AS spend, count(*) AS n, count(*) AS n, NULL::float8 AS nothing, "
        "'NaN'::float8 AS nan, '2024-01-01 12:00+03'::timestamptz AS at, "
        "99999999999999999999.5::numeric AS wide, interval '1 month' AS span, "
        "'100% sure: %s ?' AS text FROM campaigns;",
    )
    row = result.frame.iloc[0]
    assert list(result.frame.columns)[:3] == ["spend", "n", "n_2"]
    assert row["spend"] == Decimal("6256.25")
    assert row["wide"] == Decimal("99999999999999999999.5")
    assert row["at"].isoformat() == "2024-01-01T09:00:00+00:00"
    assert (row["span"], row["text"]) == ("1 mon", "100% sure: %s ?")
    assert result.frame["nothing"].isna().all()
    assert str(row["nan"]) == "nan"


def test_a_table_of_another_schema_is_read_by_its_plain_and_its_full_name(warehouse):
    assert run(warehouse, "SELECT * FROM mart.orders").row_count == 2
    assert run(warehouse, "SELECT * FROM orders").row_count == 2


def test_a_long_result_is_cut_and_says_so(warehouse):
    result = run(warehouse, "SELECT * FROM generate_series(1, 50000)", limits=RunLimits(rows=100))
    assert (result.row_count, result.truncated) == (100, True)
    assert "100 rows" in result.cautions[0]


def test_plans_are_shown(warehouse):
    assert "Scan" in warehouse.explain("SELECT platform FROM campaigns")
    assert run(warehouse, "EXPLAIN SELECT platform FROM campaigns").row_count >= 1


def test_an_error_names_the_place_in_the_text_as_it_was_approved(warehouse):
    with pytest.raises(SqlFailed, match='column "nosuch" does not exist') as failure:
        run(warehouse, "SELECT platform,\n  nosuch FROM campaigns")
    assert failure.value.where == "line 2, column 3"


def test_a_query_that_does_not_end_is_stopped_on_the_server_too(warehouse, server):
    with pytest.raises(QueryTimeout):
        run(
            warehouse,
            "SELECT count(*) FROM generate_series(1, 1000000000) AS never_ending",
            limits=RunLimits(seconds=1),
        )
    assert_nothing_runs(server, "never_ending")


def test_a_cancelled_query_is_stopped_on_the_server_too(warehouse, server):
    cancel = CancelToken()
    threading.Timer(0.7, cancel.cancel).start()
    with pytest.raises(QueryCancelled):
        run(
            warehouse,
            "SELECT count(*) FROM generate_series(1, 1000000000) AS cancelled",
            cancel=cancel,
        )
    assert_nothing_runs(server, "cancelled")


def assert_nothing_runs(server, marker):
    statement = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
        "AND query LIKE %s AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(server, autocommit=True) as connection:
        for _ in range(50):
            if connection.execute(statement, (f"%AS {marker}%",)).fetchone() == (0,):
                return
            time.sleep(0.1)
    pytest.fail("the server still works on it")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM campaigns",
        "WITH gone AS (DELETE FROM campaigns RETURNING *) SELECT * FROM gone",
        "SELECT 1; DROP TABLE campaigns",
        "COMMIT; BEGIN READ WRITE; DROP TABLE campaigns",
        "SELECT lo_create(4242)",
        'SELECT U&"lo\\005Fcreate"(4242)',
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_sleep(60)",
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT database_to_xml(true, true, '')",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_catalog.pg_read_file('/etc/passwd')",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_catalog.pg_shadow",
        "SELECT * FROM private_notes",
        "SELECT * INTO stolen FROM campaigns",
        "SELECT * FROM campaigns FOR UPDATE",
        "COPY campaigns TO PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "DO $$ BEGIN PERFORM 1; END $$",
        "NOTIFY x",
        "SET transaction_read_only = off",
        "EXPLAIN ANALYZE DELETE FROM campaigns",
        "SELECT $1",
        "CALL x()",
        "PREPARE p AS SELECT 1",
        "LOCK TABLE campaigns",
        "VACUUM",
        "TABLE pg_roles",
        "SELECT query_to_xml('DELETE FROM campaigns', true, true, '')",
        "WITH private_notes AS (SELECT * FROM private_notes) SELECT * FROM private_notes",
    ],
)
def test_what_is_not_a_plain_query_is_refused_before_and_at_the_run(warehouse, sql):
    assert not warehouse.check(sql).allowed
    with pytest.raises(NotApproved):
        warehouse.run(forced(sql))


def test_the_server_itself_refuses_to_write_even_for_a_superuser(careless, server):
    """Behind the guard stands the read-only transaction."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION sneaky() RETURNS int LANGUAGE sql AS "
            "$$ DELETE FROM campaigns RETURNING 1 $$"
        )
    with pytest.raises(SqlFailed, match="read-only"):
        run(careless, "SELECT sneaky()")
    assert run(careless, "SELECT count(*) AS n FROM campaigns").frame["n"].tolist() == [910]


def test_a_role_that_can_write_is_warned_about(careless, warehouse):
    assert any("superuser" in warning for warning in careless.warnings)
    assert warehouse.warnings == ()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://user:hunter2@host/db",
        "snowflake://user:hunter2@account/db",
        "hunter2",
        "postgresql://user:hunter2@127.0.0.1:1/db",
        "postgresql://user:hunter2@127.0.0.1:notaport/db",
    ],
)
def test_a_database_that_cannot_be_opened_is_explained_without_its_password(url):
    with pytest.raises(ConfigError) as failure:
        open_database(url).dataset()
    shown = str(failure.value.to_dict())
    assert "hunter2" not in shown
    assert "DATABASE_URL" in shown
