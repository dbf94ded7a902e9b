INSERT INTO campaigns VALUES (1)
UPDATE campaigns SET spend = 0
DELETE FROM campaigns
DROP TABLE campaigns
TRUNCATE campaigns
ALTER TABLE campaigns ADD COLUMN x INT
CREATE TABLE t AS SELECT 1
CREATE VIEW v AS SELECT 1
CREATE TEMP MACRO sum(x) AS 42
CREATE TEMP TABLE campaigns AS SELECT 42
CREATE TYPE mood AS ENUM ('a')
CREATE SEQUENCE s
MERGE INTO campaigns USING orders ON true WHEN MATCHED THEN DELETE
COPY campaigns TO 'out.csv'
COPY campaigns FROM 'in.csv'
COPY (SELECT 1) TO 'out.parquet' (FORMAT parquet)
EXPORT DATABASE 'folder'
IMPORT DATABASE 'folder'
ATTACH 'other.duckdb'
DETACH data
USE memory
INSTALL httpfs
LOAD httpfs
SET memory_limit = '1TB'
RESET threads
SET VARIABLE x = 1
PRAGMA database_list
PRAGMA table_info('campaigns')
CALL duckdb_functions()
CALL pragma_version()
BEGIN TRANSACTION
COMMIT
CHECKPOINT
VACUUM
ANALYZE
PREPARE p AS SELECT 1
EXECUTE p
DEALLOCATE p
COMMENT ON TABLE campaigns IS 'x'
CREATE SECRET (TYPE s3)
SHOW TABLES
SHOW ALL TABLES
SHOW DATABASES
DESCRIBE
SELECT 1; SELECT 2
SELECT 1; DROP TABLE campaigns; --
SELECT 1 /* ; */ ; COPY campaigns TO 'x'
WITH s AS (COPY campaigns TO 'x') SELECT 1
WITH s AS (DELETE FROM campaigns RETURNING *) SELECT * FROM s
WITH s AS (INSERT INTO campaigns VALUES (1) RETURNING *) SELECT * FROM s
WITH s AS (UPDATE campaigns SET spend = 0 RETURNING *) SELECT * FROM s
SELECT * FROM (WITH s AS (DELETE FROM campaigns RETURNING *) SELECT * FROM s)
EXPLAIN DELETE FROM campaigns
EXPLAIN ANALYZE COPY campaigns TO 'x'
EXPLAIN ANALYZE INSERT INTO campaigns VALUES (1)
EXPLAIN SELECT * FROM read_text('/etc/passwd')
EXPLAIN ANALYZE WITH s AS (COPY campaigns TO 'x') SELECT 1
SELECT * FROM 'file.csv'
SELECT * FROM "file.parquet"
SELECT * FROM '/etc/passwd'
SELECT * FROM "/proc/self/environ"
SELECT * FROM 's3://bucket/x.parquet'
SELECT * FROM 'https://example.com/x.csv'
SELECT * FROM 'folder/*.json'
SELECT * FROM 'C:\data\x'
SELECT * FROM file.csv
SELECT * FROM folder.file.parquet
SELECT * FROM campaigns JOIN 'file.csv' ON true
SELECT * FROM campaigns WHERE spend IN (SELECT a FROM 'file.csv')
SELECT (SELECT a FROM 'file.csv')
SUMMARIZE 'file.csv'
SUMMARIZE "file.csv"
DESCRIBE 'file.csv'
SUMMARIZE SELECT * FROM 'file.csv'
PIVOT 'file.csv' ON a USING sum(b)
PIVOT (SELECT * FROM read_csv('x')) ON a USING sum(b)
PIVOT campaigns ON read_text('x') USING sum(b)
PIVOT campaigns ON platform USING sum(getenv('HOME'))
PIVOT campaigns ON platform USING sum(spend) GROUP BY date; DROP TABLE campaigns
UNPIVOT 'file.csv' ON a INTO NAME n VALUE v
FROM campaigns PIVOT (sum(spend) FOR platform IN (SELECT a FROM 'file.csv'))
WITH "file.csv" AS (SELECT * FROM "file.csv") SELECT 1
WITH a AS (SELECT * FROM "b.csv"), "b.csv" AS (SELECT 1) SELECT * FROM a
SELECT * FROM (WITH "x.csv" AS (SELECT 1) SELECT 1), "x.csv"
FROM read_csv('x')
FROM READ_CSV_AUTO('x')
FROM "read_csv"('x')
FROM main.read_csv('x')
FROM system.main.read_csv('x')
FROM read_text('/etc/passwd')
FROM read_blob('x')
FROM read_parquet(['a', 'b'])
FROM parquet_scan('x')
FROM read_json_auto('x')
FROM read_ndjson('x')
FROM read_duckdb('x')
FROM glob('*')
FROM sniff_csv('x')
FROM parquet_metadata('x')
FROM query('SELECT 1')
FROM query_table('campaigns')
FROM query_table(['file.csv'])
FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
FROM duckdb_settings()
FROM duckdb_secrets()
FROM duckdb_tables()
FROM duckdb_databases()
FROM duckdb_functions()
FROM pragma_table_info('campaigns')
FROM pragma_database_size()
FROM which_secret('x', 's3')
FROM test_all_types()
FROM seq_scan('campaigns')
FROM pandas_scan(1)
FROM arrow_scan(1, 2, 3)
FROM enable_logging()
FROM checkpoint()
FROM duckdb_logs
FROM sqlite_master
FROM duckdb_views
FROM duckdb_settings
FROM pragma_database_list
FROM information_schema.tables
FROM information_schema.columns
FROM pg_catalog.pg_tables
FROM pg_class
FROM system.information_schema.tables
FROM temp.main.x
SELECT "read_text"('/etc/passwd')
SELECT read_blob('x')
SELECT getenv('OPENAI_API_KEY')
SELECT GetEnv('HOME')
SELECT main.getenv('HOME')
SELECT current_setting('secret_directory')
SELECT getvariable('x')
SELECT sleep_ms(100000)
SELECT pg_sleep(100)
SELECT nextval('s')
SELECT setval('s', 1)
SELECT write_log('x')
SELECT current_query()
SELECT json_serialize_plan('SELECT 1')
SELECT json_execute_serialized_sql('x')
SELECT spend.getenv() FROM campaigns
SELECT 'HOME'.getenv()
SELECT list_transform(['HOME'], x -> getenv(x))
SELECT sum(spend) FILTER (WHERE getenv('x') = 'y') FROM campaigns
SELECT sum(spend) OVER (ORDER BY getenv('x')) FROM campaigns
SELECT 1 ORDER BY getenv('x')
SELECT 1 LIMIT (SELECT length(getenv('x')))
SELECT platform FROM campaigns GROUP BY getenv('x')
SELECT platform FROM campaigns HAVING getenv('x') = 'y'
SELECT platform FROM campaigns QUALIFY getenv('x') = 'y'
SELECT * REPLACE (getenv('x') AS platform) FROM campaigns
SELECT COLUMNS(c -> getenv(c) = 'x') FROM campaigns
SELECT CASE WHEN getenv('x') = 'y' THEN 1 END
VALUES (getenv('x'))
SELECT * FROM range(length(getenv('x')))
SELECT * FROM campaigns JOIN orders ON getenv('x') = 'y'
SELECT __internal_compress_integral_utinyint(1, 0)
SELECT ?
SELECT $1
SELECT $name
SELECT * FROM campaigns WHERE spend > ?
SELEC 1
SELECT FROM WHERE
garbage
SELECT 'unclosed
SELECT /* unclosed
;
-- only a comment
FROM histogram(duckdb_databases, path)
FROM histogram_values(duckdb_databases, path)
FROM histogram('duckdb_databases', path)
FROM histogram('duckdb_' || 'databases', path)
FROM histogram(source := duckdb_databases, col_name := path)
FROM histogram(information_schema.tables, table_name)
FROM histogram(sqlite_master, sql)
FROM histogram('file.csv', a)
WITH x AS (SELECT 1 AS a) FROM histogram(x, a, source := duckdb_databases)
WITH "information_schema.tables" AS (SELECT 1 AS table_name) FROM histogram("information_schema.tables", table_name)
FROM (DESCRIBE SELECT getenv('x'))
FROM (SUMMARIZE 'file.csv')
FROM E'/etc/pass\x77d'
FROM $$/etc/passwd$$
SELECT invoke(lambda x: getenv(x), 'HOME')
SELECT 'HOME'.getenv()
SELECT sum(spend) OVER w FROM campaigns WINDOW w AS (ORDER BY getenv('x'))
SELECT 1 FROM campaigns USING SAMPLE 10% (bernoulli, 1) WHERE getenv('x') IS NULL
WITH x AS (MERGE INTO campaigns USING campaigns c ON true WHEN MATCHED THEN DELETE RETURNING *) FROM x
WITH a AS (SELECT path FROM duckdb_databases), duckdb_databases AS (SELECT 1 AS path) FROM a
PIVOT campaigns ON platform IN (SELECT content FROM read_text('x')) USING sum(spend)
UPDATE EXTENSIONS
EXECUTE IMMEDIATE 'SELECT 1'
