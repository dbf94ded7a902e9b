"""From a `QueryPlan` to SQL that an analyst would sign.

`compile_plan` is the only public name. Ratios are ratios of sums and NULL over a zero denominator;
renamed entities stay one; every sort is without ties. The text is written for DuckDB and carried
over to other dialects by sqlglot.
"""

from src.query_engine.compiler.compile import CompiledSql, compile_plan

__all__ = ["CompiledSql", "compile_plan"]
