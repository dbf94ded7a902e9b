"""The rules an untrusted PostgreSQL statement must meet, checked on PostgreSQL's own tree."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from src.data.cage.judgement import Finding, Judgement, characters, refusal
from src.data.cage.postgres_names import SYSTEM_SCHEMAS, is_denied_function

Node = dict[str, Any]

_ALLOWED_NODES: Final = frozenset(
    {
        "SelectStmt", "ResTarget", "ColumnRef", "A_Star", "A_Const", "A_Expr", "A_ArrayExpr",
        "A_Indices", "A_Indirection", "BoolExpr", "BooleanTest", "NullTest", "CaseExpr", "CaseWhen",
        "CoalesceExpr", "MinMaxExpr", "FuncCall", "NamedArgExpr", "TypeCast", "TypeName",
        "CollateClause", "SubLink", "SortBy", "WindowDef", "GroupingFunc", "GroupingSet",
        "JoinExpr", "RangeVar", "RangeSubselect", "RangeFunction", "RangeTableSample",
        "CommonTableExpr", "CTESearchClause", "CTECycleClause", "List", "String", "Integer",
        "Float", "Boolean", "BitString", "RowExpr", "SQLValueFunction", "JsonObjectConstructor",
        "JsonArrayConstructor", "JsonArrayQueryConstructor", "JsonObjectAgg", "JsonArrayAgg",
        "JsonAggConstructor", "JsonFuncExpr", "JsonValueExpr", "JsonKeyValue", "JsonOutput",
        "JsonReturning", "JsonFormat", "JsonIsPredicate", "JsonBehavior", "JsonArgument",
        "JsonParseExpr", "JsonScalarExpr", "JsonSerializeExpr", "ColumnDef", "Alias",
    }
)  # fmt: skip
_FORBIDDEN_KEYS: Final = {
    "intoClause": "SELECT INTO writes a table",
    "lockingClause": "row locks (FOR UPDATE, FOR SHARE) are not allowed",
}
_MAX_WALK_DEPTH: Final = 900


def judge(sql: str, tables: Iterable[str] | None) -> Judgement:
    """Judge `sql` with PostgreSQL's parser. Runs nothing.

    Args:
        tables: names that may be read, plain or with their schema; None lets any name pass but
            those of the system's catalogues.
    """
    from pglast.parser import ParseError, parse_sql_json

    try:
        statements = json.loads(parse_sql_json(sql)).get("stmts", [])
    except ParseError as error:
        message, offset = str(error.args[0]), error.args[1] if len(error.args) > 1 else None
        position = offset if isinstance(offset, int) else None
        return refusal("syntax", message, position)
    except Exception as error:  # noqa: BLE001 (a guard that fails refuses)
        return refusal(
            "guard_failed", f"the statement could not be judged ({type(error).__name__})"
        )
    try:
        return _judge(sql, statements, tables)
    except Exception as error:  # noqa: BLE001 (as above)
        return refusal(
            "guard_failed", f"the statement could not be judged ({type(error).__name__})"
        )


def _judge(sql: str, statements: list[Node], tables: Iterable[str] | None) -> Judgement:
    if not statements:
        return refusal("empty", "there is no statement to run")
    if len(statements) > 1:
        return refusal("many_statements", f"one statement is allowed, not {len(statements)}")
    statement = statements[0]["stmt"]
    explain = statement.get("ExplainStmt")
    if explain is not None:
        statement = explain["query"]
    kind = next(iter(statement))
    if kind != "SelectStmt":
        return refusal("not_a_query", f"only a query may run, not {_words(kind)}", 0)
    walk = _Walk(sql, None if tables is None else {name.casefold() for name in tables})
    walk.judgement.explains = explain is not None
    walk.visit(statement, frozenset(), 0)
    return walk.judgement


class _Walk:
    """One pass over the tree, with the names of the common table expressions in scope."""

    def __init__(self, sql: str, tables: set[str] | None) -> None:
        self._sql = sql
        self._tables = tables
        self.judgement = Judgement()

    def refuse(self, rule: str, message: str, node: Node | None = None) -> None:
        location = None if node is None else node.get("location")
        at = None
        if isinstance(location, int) and location >= 0:
            at = characters(self._sql, location)
        self.judgement.findings.append(Finding(rule, message, at))

    def visit(self, value: Any, scope: frozenset[str], depth: int) -> None:
        """Any part of the tree."""
        if depth > _MAX_WALK_DEPTH:
            raise RecursionError
        if isinstance(value, list):
            for item in value:
                self.visit(item, scope, depth + 1)
        elif isinstance(value, dict):
            self._fields(value, scope, depth)

    def _fields(self, node: Node, scope: frozenset[str], depth: int) -> None:
        if isinstance(node.get("withClause"), dict):
            scope = self._with(node["withClause"], scope, depth)
        for key, value in node.items():
            if key in _FORBIDDEN_KEYS:
                self.refuse("not_a_query", _FORBIDDEN_KEYS[key])
            elif key[:1].isupper():
                self._typed(key, value, scope)
            if key != "withClause":
                self.visit(value, scope, depth + 1)

    def _with(self, clause: Node, scope: frozenset[str], depth: int) -> frozenset[str]:
        """Each common table expression sees those before it, and itself where RECURSIVE says so."""
        for entry in clause.get("ctes", []):
            expression = entry["CommonTableExpr"]
            inner = scope | {expression["ctename"].casefold()}
            self.visit(expression, inner if clause.get("recursive") else scope, depth + 1)
            scope = inner
        return scope

    def _typed(self, kind: str, node: Any, scope: frozenset[str]) -> None:
        if kind not in _ALLOWED_NODES:
            self.refuse(
                "node_not_allowed",
                f"{_words(kind)} is not allowed",
                node if isinstance(node, dict) else None,
            )
        elif kind == "FuncCall":
            self._function(node)
        elif kind == "RangeVar":
            self._table(node, scope)

    def _function(self, node: Node) -> None:
        path = [part["String"]["sval"].casefold() for part in node.get("funcname", [])]
        name = path[-1]
        self.judgement.functions.append(name)
        own = len(path) > 1 and path[0] != "pg_catalog"
        if own or is_denied_function(name):
            self.refuse(
                "function_not_allowed", f"the function {'.'.join(path)} is not allowed", node
            )

    def _table(self, node: Node, scope: frozenset[str]) -> None:
        schema, name = node.get("schemaname"), str(node.get("relname", ""))
        if schema is None and name.casefold() in scope:
            return
        full = f"{schema}.{name}" if schema else name
        if self._may_read(schema and schema.casefold(), name.casefold()):
            self.judgement.tables.append(full)
            return
        self.refuse("table_not_allowed", f"there is no table {full} in this data", node)

    def _may_read(self, schema: str | None, name: str) -> bool:
        if schema in SYSTEM_SCHEMAS or name.startswith("pg_"):
            return False
        if self._tables is None:
            return True
        if schema in {None, "public"}:
            return name in self._tables or f"public.{name}" in self._tables
        return f"{schema}.{name}" in self._tables


def _words(kind: str) -> str:
    name = kind.removesuffix("Stmt")
    return "".join(f" {c}" if c.isupper() and i else c for i, c in enumerate(name)).upper()
