"""The public face of the compiler."""

from __future__ import annotations

from dataclasses import dataclass

from src.data.profile import Profile
from src.data.semantic import SemanticModel
from src.errors import PlanError
from src.query_engine.compiler.blocks import columns_read
from src.query_engine.compiler.build import build_sql
from src.query_engine.compiler.outputs import output_columns, resolve_outputs
from src.query_engine.compiler.resolve import resolve_table, time_column
from src.query_engine.drafts import OutputColumn
from src.query_engine.plan import QueryPlan


@dataclass(frozen=True, slots=True)
class CompiledSql:
    """SQL for a plan.

    Attributes:
        columns: what each output column means, in order.
        reads: the columns it reads, as ``table.column``.
    """

    sql: str
    columns: tuple[OutputColumn, ...]
    reads: tuple[str, ...]
    dialect: str = "duckdb"


def compile_plan(
    plan: QueryPlan,
    model: SemanticModel,
    dialect: str = "duckdb",
    *,
    profile: Profile | None = None,
) -> CompiledSql:
    """SQL for `plan` over the tables of `model`.

    Output columns: the time bucket (named after its grain), the dimensions, then for each metric
    ``m``, and as asked ``m_previous``, ``m_change``, ``m_change_pct``, ``m_share``. Without an
    order in the plan, rows come by time, else by the first metric, largest first.

    Args:
        dialect: sqlglot's name of the dialect to write.
        profile: tells whether identifiers have gaps, so that rows without one keep their names.

    Raises:
        PlanError: the plan names something the model does not have (the hint names the nearest
            thing that it has), or asks for the impossible.
    """
    table = resolve_table(plan, model)
    if plan.grain or plan.comparison or (plan.time and (plan.time.start or plan.time.end)):
        time_column(table)
    outputs = resolve_outputs(plan, table, profile)
    if not outputs.values:
        plan = plan.model_copy(update={"comparison": None})
    sql = build_sql(plan, table, outputs, profile, dialect)
    if dialect != "duckdb":
        sql = _translate(sql, dialect)
    reads = columns_read(outputs, plan, table)
    return CompiledSql(sql, output_columns(plan, outputs), reads, dialect)


def _translate(sql: str, dialect: str) -> str:
    import sqlglot
    from sqlglot.errors import SqlglotError

    if "\0" in sql:
        raise PlanError(
            f"A value holds a NUL character, which {dialect} text cannot hold.",
            hint="Take the filter away or choose another value.",
        )
    # quoting.py knows which names are safe bare in PostgreSQL; elsewhere all are quoted.
    try:
        return sqlglot.transpile(
            sql, read="duckdb", write=dialect, pretty=True, identify=dialect != "postgres"
        )[0]
    except (SqlglotError, ValueError) as error:
        raise PlanError(f"This cannot be written for {dialect}: {error}.") from error
