"""The cage alone, no guard in front of it: what a hardened and confined process cannot do."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# reads its attacks from stdin as JSON, runs each on a fresh cursor, prints what came of it
PROGRAM = """
import json, sys
sys.path.insert(0, {root!r})
from src.data.cage import confine
from src.data.cage.duckdb_worker import _rehearse, open_hardened
database, attacks, landlock = json.load(sys.stdin)
connection = open_hardened(database, memory_mb=256, threads=2)
_rehearse(connection)
confine.drop_privileges()
confine.limit_resources(memory_mb=1024, file_mb=0)
if landlock:
    confine.restrict_files()
outcomes = []
for attack in attacks:
    try:
        outcomes.append(["done", repr(connection.execute(attack).fetchall())[:500]])
    except Exception as error:
        outcomes.append(["failed", type(error).__name__])
print(json.dumps(outcomes))
"""

ATTACKS = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('{database}')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_csv('/proc/self/environ', delim='\\0', header=false)",
    "SELECT * FROM read_csv_auto('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_parquet('{folder}/*')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{secret}'')'))",
    "SUMMARIZE '{secret}'",
    "DESCRIBE '{secret}'",
    "COPY campaigns TO '{folder}/out.csv'",
    "COPY (SELECT 'x'::BLOB) TO '{database}.wal' (FORMAT blob)",
    "WITH s AS (COPY campaigns TO '{folder}/out.csv') SELECT 1",
    "EXPORT DATABASE '{folder}/export'",
    "IMPORT DATABASE '{folder}/export'",
    "ATTACH '{database}' AS again",
    "ATTACH '{database}' AS again (READ_WRITE)",
    "ATTACH '{folder}/new.duckdb' AS new",
    "INSERT INTO campaigns SELECT * FROM campaigns",
    "DELETE FROM campaigns",
    "UPDATE campaigns SET i = 0",
    "DROP TABLE campaigns",
    "ALTER TABLE campaigns ADD COLUMN x INT",
    "CREATE TABLE data.main.more AS SELECT 1",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM 'http://127.0.0.1:9/x.csv'",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "SET temp_directory = '{folder}'",
    "SET disabled_filesystems = ''",
    "SET allowed_directories = ['/']",
    "SET home_directory = '/'",
    "SET extension_directory = '{folder}'",
    "RESET memory_limit",
    "PRAGMA enable_profiling = 'json'",
    "PRAGMA profiling_output = '{folder}/profile.json'",
    "SET log_query_path = '{folder}/log'",
    "CALL enable_logging(storage = 'file', storage_config = {{'path': '{folder}/log'}})",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "FROM pandas_frame",
    "SELECT getenv('HOME')",
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secret.csv").write_text("word\ntop-secret-word\n")
    return tmp_path


@pytest.mark.parametrize("landlock", [True, False], ids=["with Landlock", "without Landlock"])
def test_no_attack_reads_writes_or_unlocks_anything(database, folder, landlock):
    names = {"database": database, "folder": folder, "secret": folder / "secret.csv"}
    attacks = [attack.format(**names) for attack in ATTACKS]
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    neighbours = sorted(database.parent.iterdir())
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM.format(root=str(ROOT))],
        input=json.dumps([str(database), attacks, landlock]),
        env={"CANARY_KEY": "sk-canary"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    outcomes = dict(zip(attacks, json.loads(done.stdout), strict=True))
    for attack, (_, shown) in outcomes.items():
        assert "top-secret-word" not in shown, attack
        assert "sk-canary" not in shown, attack
        assert "root:" not in shown, attack
    assert [a for a, (state, _) in outcomes.items() if state == "done"] == []
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert sorted(database.parent.iterdir()) == neighbours
    assert sorted(path.name for path in folder.iterdir()) == ["secret.csv"]


CONFINED = """
import json, os, socket, sys
sys.path.insert(0, {root!r})
from src.data.cage import confine
confine.drop_privileges()
confine.limit_resources(memory_mb=256, file_mb=0)
abi = confine.restrict_files()
def attempt(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    except MemoryError:
        return "MemoryError"
    return "done"
print(json.dumps({{
    "abi": abi,
    "read": attempt(lambda: open("/etc/passwd").read()),
    "list": attempt(lambda: os.listdir("/")),
    "create": attempt(lambda: open("made.txt", "w")),
    "connect": attempt(lambda: socket.create_connection(("127.0.0.1", {port}), timeout=2)),
    "memory": attempt(lambda: bytearray(2 << 30)),
}}))
"""


def test_a_confined_process_has_no_files_no_network_and_little_memory(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        done = subprocess.run(
            [sys.executable, "-I", "-c",
             CONFINED.format(root=str(ROOT), port=server.getsockname()[1])],
            cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
    outcome = json.loads(done.stdout)
    assert outcome["memory"] == "MemoryError"
    if not outcome["abi"]:
        pytest.skip("this kernel has no Landlock; the engine's own locks are tested above")
    assert outcome["read"] == outcome["list"] == outcome["create"] == "PermissionError"
    if outcome["abi"] >= 4:
        assert outcome["connect"] == "PermissionError"
    assert list(tmp_path.iterdir()) == []
