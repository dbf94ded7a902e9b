"""Exports of every platform are read to the same three days, the same sums and standard names."""

import duckdb
import pytest

from src.data.library import DataLibrary
from tests.data.exports import EXPORTS, Export


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataLibrary, str]:
    """All exports as the tables of one data set."""
    library = DataLibrary(tmp_path_factory.mktemp("home"), "ann")
    folder = tmp_path_factory.mktemp("exports")
    return library, library.add_many([e.write(folder) for e in EXPORTS], "All exports").id


@pytest.mark.parametrize("export", EXPORTS, ids=lambda e: e.name)
def test_export_is_understood(export: Export, loaded: tuple[DataLibrary, str]) -> None:
    library, dataset_id = loaded
    database, dataset = library.open(dataset_id)
    inspection = next(i for i in library.inspections(dataset_id) if i.file == export.name)
    (reading,) = inspection.tables
    table = dataset.model.table(reading.table)
    profile = dataset.profile.tables[table.name]

    assert (reading.encoding, reading.rows_dropped) == (export.encoding, export.dropped)
    assert reading.rows_in == reading.rows_loaded + reading.rows_dropped
    assert profile.row_count == reading.rows_loaded == export.rows
    assert {n: table.column(n).concept for n in export.concepts} == export.concepts
    assert str(profile.first_day) == export.first_day
    assert str(profile.last_day) == export.last_day

    with duckdb.connect(str(database), read_only=True) as con:
        for name in ("spend", "impressions", "clicks"):
            expected = getattr(export, name)
            metric = table.metric(name)
            if expected is None:
                assert metric is None
                continue
            query = f'SELECT sum("{metric.numerator}") FROM "{table.name}"'
            assert con.execute(query).fetchone()[0] == pytest.approx(expected)
    if export.currency:
        assert table.metric("spend").currency == export.currency
    if export.spend is not None:
        assert {"ctr", "cpc", "cpm"} <= {m.name for m in table.metrics}
    for column in table.columns:
        if column.label.lower().startswith(("ctr", "cpa", "cpc", "avg. cpc", "frequency")):
            assert column.role == "ignored"
            assert column.description
