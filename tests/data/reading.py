"""Reads text as a file without the cage, for tests of what comes after reading."""

import tempfile
from pathlib import Path

from src.data.ingestion.job import read_files
from src.data.profile import TableProfile
from src.data.profiling import profile_from_json
from src.data.semantic import SemanticModel, Table


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
