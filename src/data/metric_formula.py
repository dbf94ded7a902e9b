"""A metric's formula as text and back: ``1000 * SUM(t.a) / NULLIF(SUM(t.b), 0)``."""

from __future__ import annotations

import re
from typing import Any

from src.data.semantic import Aggregation, Metric, Table

FORMS = (
    "SUM(t.c), AVG(t.c), MIN(t.c), MAX(t.c), COUNT(DISTINCT t.c), COUNT(*), "
    "1000 * SUM(t.a) / NULLIF(SUM(t.b), 0), or "
    "SUM(t.c * t.w) / NULLIF(SUM(CASE WHEN t.c IS NOT NULL THEN t.w END), 0)"
)
_FUNCTIONS = {
    Aggregation.SUM: "SUM",
    Aggregation.AVERAGE: "AVG",
    Aggregation.MINIMUM: "MIN",
    Aggregation.MAXIMUM: "MAX",
}
_BY_FUNCTION = {function: aggregation for aggregation, function in _FUNCTIONS.items()}
_NAME = r'(?:"(?:[^"]|"")*"|[A-Za-z_]\w*)'
_REF = rf"({_NAME})\.({_NAME})"
_CALL = re.compile(rf"(SUM|AVG|MIN|MAX)\({_REF}\)", re.DOTALL)
_DISTINCT = re.compile(rf"COUNT\(DISTINCT {_REF}\)", re.DOTALL)
_RATIO = re.compile(rf"(?:([-+.\w]+) \* )?SUM\({_REF}\) / NULLIF\(SUM\({_REF}\), 0\)", re.DOTALL)


_WEIGHTED = re.compile(
    rf"SUM\({_REF} \* {_REF}\) / NULLIF\(SUM\(CASE WHEN {_REF} IS NOT NULL THEN {_REF} END\), 0\)",
    re.DOTALL,
)


def formula_text(table: Table, metric: Metric) -> str:
    """The formula of `metric` over the columns of `table`; `read_formula` reads it back."""

    def ref(column: str | None) -> str:
        return f"{quoted(table.name)}.{quoted(column or '')}"

    if metric.aggregation is Aggregation.COUNT_ROWS:
        return "COUNT(*)"
    if metric.aggregation is Aggregation.COUNT_DISTINCT:
        return f"COUNT(DISTINCT {ref(metric.numerator)})"
    if metric.aggregation is Aggregation.RATIO:
        scale = "" if metric.scale == 1.0 else f"{metric.scale!r} * "
        top, bottom = ref(metric.numerator), ref(metric.denominator)
        return f"{scale}SUM({top}) / NULLIF(SUM({bottom}), 0)"
    if metric.aggregation is Aggregation.AVERAGE and metric.denominator:
        value, weight = ref(metric.numerator), ref(metric.denominator)
        kept = f"CASE WHEN {value} IS NOT NULL THEN {weight} END"
        return f"SUM({value} * {weight}) / NULLIF(SUM({kept}), 0)"
    return f"{_FUNCTIONS[metric.aggregation]}({ref(metric.numerator)})"


def read_formula(text: str) -> dict[str, Any]:
    """Aggregation, columns, scale and table of a formula, as far as it has them.

    Raises:
        ValueError: it is none of `FORMS`.
    """
    if text == "COUNT(*)":
        return {"aggregation": Aggregation.COUNT_ROWS}
    if found := _DISTINCT.fullmatch(text):
        table, column = map(unquoted, found.groups())
        return {"aggregation": Aggregation.COUNT_DISTINCT, "numerator": column, "table": table}
    if found := _CALL.fullmatch(text):
        table, column = unquoted(found[2]), unquoted(found[3])
        return {"aggregation": _BY_FUNCTION[found[1]], "numerator": column, "table": table}
    if (found := _RATIO.fullmatch(text)) and found[2] == found[4]:
        return {
            "aggregation": Aggregation.RATIO,
            "numerator": unquoted(found[3]),
            "denominator": unquoted(found[5]),
            "scale": _number(found[1]) if found[1] else 1.0,
            "table": unquoted(found[2]),
        }
    if (found := _WEIGHTED.fullmatch(text)) and _one_average(found):
        return {
            "aggregation": Aggregation.AVERAGE,
            "numerator": unquoted(found[2]),
            "denominator": unquoted(found[4]),
            "table": unquoted(found[1]),
        }
    raise ValueError(f"{text!r} is not a metric")


def _one_average(found: re.Match[str]) -> bool:
    """Whether the value and the weight are the same ones above and below the line."""
    value, weight = found.group(1, 2), found.group(3, 4)
    return value == found.group(5, 6) and weight == found.group(7, 8) and value[0] == weight[0]


def quoted(name: str) -> str:
    """`name` as it stands in a formula."""
    if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        return name
    return '"' + name.replace('"', '""') + '"'


def unquoted(name: str) -> str:
    """The name that `quoted` wrote."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
