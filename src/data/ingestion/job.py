"""The one job that reads uploads into a DuckDB file, measures it and infers its model.

It runs inside the cage: it sees the named inputs and one folder to write in, and nothing else. What
goes in and out is JSON.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.data.concepts import get_concepts
from src.data.inference import infer_table, name_pairs
from src.data.ingestion.containers import unpack
from src.data.ingestion.inspection import (
    Change,
    ColumnReading,
    Inspection,
    ReadOptions,
    TableReading,
)
from src.data.ingestion.load import Loaded, load_table
from src.data.ingestion.raw_table import RawTable
from src.data.ingestion.sources import read_part
from src.data.issues import find_issues
from src.data.profile import Profile, TableProfile
from src.data.profiling import (
    TableFacts,
    measure_fractions,
    measure_table,
    profile_to_json,
    quote,
    with_days,
)
from src.data.semantic import SemanticModel, Table
from src.errors import DataFileError

if TYPE_CHECKING:
    import duckdb

DATABASE = "data.duckdb"
_MEMORY = "1200MB"

# The process that workers are forked from reads the vocabulary, or each worker would.
get_concepts()


def read_files(args: dict[str, Any]) -> dict[str, Any]:
    """Read files into ``data.duckdb`` in a folder.

    Args:
        args: ``files`` (list of ``{"path", "label"}``), ``out`` (folder to write in), ``name`` of
            the data set, ``options`` (fields of `ReadOptions`).

    Returns:
        ``model``, ``profile`` and ``inspections`` (one for each file) as JSON-ready data.

    Raises:
        DataFileError: a file cannot be read as a table.
    """
    import duckdb

    out = Path(args["out"])
    options = ReadOptions.model_validate(args.get("options") or {})
    scratch = out / "scratch"
    scratch.mkdir()
    reader = _Reader(options)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(scratch / "spill"),
        "threads": "2",
    }
    try:
        with duckdb.connect(config=config) as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute(f"ATTACH '{str(out / DATABASE).replace(chr(39), chr(39) * 2)}' AS final")
            inspections = [
                reader.read_file(con, Path(f["path"]), f["label"], scratch) for f in args["files"]
            ]
            con.execute("DETACH final")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    model = SemanticModel(name=args["name"], tables=tuple(reader.models))
    return {
        "model": model.model_dump(mode="json"),
        "profile": profile_to_json(Profile(reader.profiles)),
        "inspections": [i.to_dict() for i in inspections],
    }


class _Reader:
    """Reads files one after another into the same database; table names stay unique."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.models: list[Table] = []
        self.profiles: dict[str, TableProfile] = {}

    def read_file(
        self, con: duckdb.DuckDBPyConnection, path: Path, label: str, scratch: Path
    ) -> Inspection:
        """Read every table of one file."""
        readings: list[TableReading] = []
        failures: list[DataFileError] = []
        left_out: list[str] = []
        parts = unpack(path, label, scratch)
        for part in parts:
            try:
                raws = read_part(con, part, scratch, self.options, left_out)
                readings.extend(self._read_table(con, raw) for raw in raws)
            except DataFileError as error:
                # One unreadable member of an archive must not hide the others, but it is said.
                if len(parts) == 1:
                    raise
                failures.append(error)
        if not readings:
            raise failures[0]
        first = readings[0]
        notes = tuple(f"{e.message} It was left out." for e in failures)
        dropped = tuple(Change(kind="dropped", message=message) for message in left_out)
        readings[0] = first.model_copy(
            update={
                "warnings": (*first.warnings, *notes),
                "changes": (*first.changes, *dropped),
            }
        )
        return Inspection(file=label, size=path.stat().st_size, tables=tuple(readings))

    def _read_table(self, con: duckdb.DuckDBPyConnection, raw: RawTable) -> TableReading:
        import duckdb

        name = table_name(raw.name, set(self.profiles))
        target = f"final.main.{quote(name)}"
        try:
            loaded = load_table(con, raw, target, self.options)
        except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
            raise DataFileError(
                f"{raw.label} cannot be read: {str(error).splitlines()[0][:200]}",
                where=raw.label,
                hint="Save it as XLSX or CSV from a spreadsheet program and try again.",
            ) from None
        con.execute("USE final")
        try:
            model, profile = describe_table(con, name, loaded)
        finally:
            con.execute("USE memory")
        self.models.append(model)
        self.profiles[name] = profile
        return _reading(name, raw, loaded, model, profile)


def describe_table(
    con: duckdb.DuckDBPyConnection, name: str, loaded: Loaded
) -> tuple[Table, TableProfile]:
    """Measure one loaded table, infer what it means, and look for what is odd in it."""
    facts = TableFacts(
        profile=measure_table(con, name),
        types=loaded.types,
        currencies={p.name: p.currency for p in loaded.plans if p.currency},
        percents=frozenset(p.name for p in loaded.plans if p.percent),
        titles={p.name: p.column.header for p in loaded.plans if p.column.header.strip()},
        fractions=measure_fractions(con, name),
    )
    model = infer_table(facts)
    names_of = {n: k for n, k in name_pairs(model.columns) if _determines(con, name, k, n)}
    if names_of:
        model = infer_table(
            TableFacts(facts.profile, facts.types, facts.currencies, facts.percents, facts.titles,
                       names_of, facts.fractions)
        )  # fmt: skip
    profile = with_days(facts.profile, model.time_column)
    return model, find_issues(con, model, profile)


def _determines(con: duckdb.DuckDBPyConnection, table: str, key: str, name: str) -> bool:
    """Whether an identifier has one name almost always: a renamed campaign may have two."""
    row = con.execute(
        f"SELECT count(DISTINCT {quote(key)}), count(DISTINCT ({quote(key)}, {quote(name)})) "
        f"FROM {quote(table)} WHERE {quote(key)} IS NOT NULL"
    ).fetchone()
    return bool(row and row[0] and row[1] <= 1.5 * row[0] + 1)


def table_name(source: str, used: set[str]) -> str:
    """A file's or sheet's name as a plain table name that is not in `used`."""
    stem = re.sub(
        r"(\.(csv|tsv|txt|xlsx?|xlsm|xlsb|ods|parquet|jsonl?|ndjson|gz|zip))+$", "", source.lower()
    )
    stem = re.sub(r"[^\w]+", "_", stem).strip("_")[:60]
    base = stem if stem and not stem[0].isdigit() else f"table_{stem}".rstrip("_")
    name, number = base, 2
    while name in used:
        name, number = f"{base}_{number}", number + 1
    return name


def _reading(
    name: str, raw: RawTable, loaded: Loaded, model: Table, profile: TableProfile
) -> TableReading:
    columns = []
    for plan in loaded.plans:
        meaning = model.column(plan.name)
        columns.append(
            ColumnReading(
                name=plan.name,
                header=plan.column.header,
                type=loaded.types[plan.name],
                format=plan.format,
                role=meaning.role.value if meaning else "",
                concept=meaning.concept if meaning else None,
                unit=meaning.unit.value if meaning and meaning.unit else None,
                currency=meaning.currency if meaning else None,
                empty=profile.columns[plan.name].nulls,
                examples=plan.examples,
            )
        )
    return TableReading(
        table=name,
        source=raw.label,
        format=raw.format,
        encoding=raw.encoding,
        encoding_evidence=raw.encoding_evidence,
        delimiter=raw.delimiter,
        header_line=raw.header_line,
        preamble=tuple(raw.preamble),
        rows_in=raw.rows_in,
        rows_loaded=loaded.rows,
        rows_dropped=loaded.dropped,
        columns=tuple(columns),
        changes=tuple(loaded.changes),
        warnings=tuple(loaded.warnings),
    )
