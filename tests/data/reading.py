"""Reads text as a file without the cage, for tests of what comes after reading."""

import datetime as dt
import tempfile
from functools import lru_cache
from pathlib import Path

from src.data.ingestion.job import read_files
from src.data.profile import Dataset, Profile, TableProfile
from src.data.profiling import profile_from_json
from src.data.semantic import SemanticModel, Table
from src.query_engine.nl.engine import interpret
from src.query_engine.plan import QueryPlan


@lru_cache(maxsize=32)
def read_text_file(text: str, name: str = "table.csv") -> tuple[Table, TableProfile]:
    """The inferred model and the profile of a CSV given as text."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / name, Path(folder) / "out"
        path.write_text(text, encoding="utf-8")
        out.mkdir()
        files = [{"path": str(path), "label": name}]
        result = read_files({"files": files, "out": str(out), "name": name})
    (table,) = SemanticModel.model_validate(result["model"]).tables
    return table, profile_from_json(result["profile"]).tables[table.name]


def model_of(text: str) -> Table:
    """The inferred model of a CSV given as text."""
    return read_text_file(text)[0]


def plan_of(question: str, text: str) -> tuple[QueryPlan, Table]:
    """The first reading of a question on a CSV given as text, and the table it is of."""
    table, profile = read_text_file(text)
    model = SemanticModel(name="data", tables=(table,))
    dataset = Dataset(
        "data", "data", model, Profile({table.name: profile}), fingerprint=str(hash(text))
    )
    found = interpret(question, dataset, today=dt.date(2026, 6, 1))
    assert found.refusal is None, found.refusal
    return found.interpretations[0].plan, table
