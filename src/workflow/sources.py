"""Where questions go: files, a database, a data set kept before, or the shipped sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from src.config.settings import Settings
from src.data.warehouse import Warehouse
from src.errors import InputError


def open_source(
    settings: Settings,
    owner: str,
    *,
    data: Sequence[str | Path] | None = None,
    database_url: str | None = None,
    dataset_id: str | None = None,
) -> Warehouse:
    """A warehouse on one of: files, a database, a data set of `owner`.

    Files that were read before, by name and content, are not read again.
    With none of them: the database of ``DATABASE_URL`` if that is set, else the shipped sample.

    Raises:
        InputError: more than one of them is given, or the data set is not the owner's.
        DataFileError: a file cannot be read as a table; nothing is kept of it.
        ConfigError: the address is not one, or its driver is not installed.
    """
    if sum(given is not None for given in (data, database_url, dataset_id)) > 1:
        raise InputError(
            "More than one of files, a database and a data set is given.",
            hint="Open one of them at a time.",
        )
    if data is None and dataset_id is None:
        database_url = database_url or settings.database_url
    if database_url is not None:
        from src.data.open_warehouse import open_database

        return open_database(database_url, settings)
    from src.data.duckdb_warehouse import DuckDBWarehouse
    from src.data.library import SAMPLE_ID, DataLibrary

    settings.campaign_analyst_home.mkdir(parents=True, exist_ok=True)
    library = DataLibrary(settings.campaign_analyst_home, owner)
    if data is not None:
        files = [Path(path) for path in data]
        dataset_id = (library.find(files) or library.add_many(files)).id
    path, dataset = library.open(dataset_id or SAMPLE_ID)
    return DuckDBWarehouse(path, dataset, settings)
