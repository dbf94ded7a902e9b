"""An analysis whose data is gone: it can be read as it was stored, and nothing more."""

from __future__ import annotations

from src.data.approved import ApprovedQuery, GuardVerdict
from src.data.profile import Dataset, Profile
from src.data.result import QueryResult
from src.data.semantic import Column, Role, SemanticModel, Table
from src.data.warehouse import CancelToken, RunLimits
from src.errors import InputError


class RemovedWarehouse:
    """Stands where the data of a stored analysis was; whatever asks it for data is told so."""

    dialect = "duckdb"

    def __init__(self, dataset_id: str, name: str) -> None:
        # A model has at least one table; nothing is known of those that were here.
        column = Column(name="removed", type="VARCHAR", role=Role.IGNORED)
        model = SemanticModel(name=name, tables=(Table(name="removed", columns=(column,)),))
        self._dataset = Dataset(id=dataset_id, name=name, model=model, profile=Profile())

    def dataset(self) -> Dataset:
        """The data set's identity; its tables are not known."""
        return self._dataset

    def schema(self) -> SemanticModel:
        return self._dataset.model

    def profile(self) -> Profile:
        return self._dataset.profile

    def check(self, sql: str) -> GuardVerdict:
        raise self._gone()

    def explain(self, sql: str) -> str:
        raise self._gone()

    def run(
        self,
        approved: ApprovedQuery,
        *,
        limits: RunLimits | None = None,
        cancel: CancelToken | None = None,
    ) -> QueryResult:
        raise self._gone()

    def close(self) -> None:
        """There is nothing to let go of."""

    def _gone(self) -> InputError:
        return InputError(
            f"The data of this analysis, {self._dataset.name}, was removed or is not open here.",
            where=self._dataset.name,
            kept="The analysis and its audit trail, as they were.",
            hint="Ask the question again of the data in use.",
        )
