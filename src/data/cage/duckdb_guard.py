"""The rules an untrusted DuckDB statement must meet, checked on DuckDB's own syntax tree.

Everything is an allow-list, but for scalar functions, of which DuckDB has over a thousand and few
that reach beyond their arguments. Runs in a worker, on a connection that never runs the statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from src.data.cage.duckdb_names import (
    ALLOWED_TABLE_FUNCTIONS,
    FILE_SUFFIXES,
    NAMING_TABLE_FUNCTIONS,
    SYSTEM_PREFIXES,
    SYSTEM_SCHEMAS,
    is_denied_function,
)
from src.data.cage.duckdb_text import explained_query, static_pivots
from src.data.cage.judgement import Finding, Judgement, characters, refusal

Node = dict[str, Any]
Serialize = Callable[[str], Node]
CountStatements = Callable[[str], list[str]]

_QUERY_NODES: Final = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_TABLE_REFS: Final = {
    "BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT",
    "SHOW_REF", "COLUMN_DATA", "CTE",
}  # fmt: skip
_EXPRESSIONS: Final = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
    "FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY",
    "TYPE", "WINDOW",
}  # fmt: skip
_NO_POSITION: Final = 2**63
_MAX_WALK_DEPTH: Final = 900


def judge(connection: Any, sql: str, tables: Iterable[str] | None) -> Judgement:
    """Judge `sql` with the parser of `connection`, a DuckDB connection. Runs nothing of `sql`.

    Args:
        tables: names that may be read, plain or qualified; None lets any plain name pass.
    """

    def serialize(text: str) -> Node:
        rows = connection.execute("SELECT json_serialize_sql(?)", [text]).fetchall()
        tree: Node = json.loads(rows[0][0])
        return tree

    def kinds(text: str) -> list[str]:
        return [statement.type.name for statement in connection.extract_statements(text)]

    try:
        return _judge(sql, tables, serialize, kinds)
    except Exception as error:  # noqa: BLE001 (a guard that fails refuses)
        return refusal(
            "guard_failed", f"the statement could not be judged ({type(error).__name__})"
        )


def _judge(
    sql: str, tables: Iterable[str] | None, serialize: Serialize, kinds: CountStatements
) -> Judgement:
    found = _first_syntax_error(sql, serialize)
    if found is not None:
        return Judgement(findings=[found])
    statements = kinds(sql)
    if len(statements) != 1:
        if not statements:
            return refusal("empty", "there is no statement to run")
        return refusal("many_statements", f"one statement is allowed, not {len(statements)}")
    text = sql
    if statements[0] == "EXPLAIN":
        inner = explained_query(sql)
        if inner is None:
            return refusal("not_a_query", "EXPLAIN is allowed for a query only")
        text = inner
    tree = serialize(text)
    located = not tree.get("error")
    if not located:
        tree = serialize(static_pivots(text))
    if tree.get("error") or len(tree["statements"]) != 1:
        return refusal("not_a_query", f"only a query may run, not {_spoken(statements[0])}", 0)
    names = None if tables is None else {name.casefold() for name in tables}
    walk = _Walk(sql, names, located=located)
    if tree["statements"][0].get("named_param_map"):
        walk.refuse("parameter", "a statement with parameters cannot run; write the values out")
    walk.query(tree["statements"][0]["node"], frozenset(), 0)
    return walk.judgement


def _spoken(kind: str) -> str:
    return "several statements" if kind == "MULTI" else kind.replace("_", " ")


def _first_syntax_error(sql: str, serialize: Serialize) -> Finding | None:
    tree = serialize(sql)
    if not tree.get("error") or tree.get("error_type") != "parser":
        return None
    position = tree.get("position")
    at = characters(sql, int(position)) if position is not None else None
    return Finding("syntax", str(tree.get("error_message", "syntax error")).split("\n")[0], at)


class _Walk:
    """One pass over the tree, with the names of the common table expressions in scope."""

    def __init__(self, sql: str, tables: set[str] | None, *, located: bool) -> None:
        self._sql = sql
        self._located = located
        self._tables = tables
        self.judgement = Judgement()

    def refuse(self, rule: str, message: str, node: Node | None = None) -> None:
        position = None if node is None else node.get("query_location")
        at = None
        if self._located and isinstance(position, int) and position < _NO_POSITION:
            at = characters(self._sql, position)
        self.judgement.findings.append(Finding(rule, message, at))

    def query(self, node: Node, scope: frozenset[str], depth: int) -> None:
        """A query node: its CTEs one after the other, each seeing those before it."""
        kind = node.get("type")
        if kind not in _QUERY_NODES:
            self.refuse("not_a_query", f"{_node_words(kind)} is not allowed in a query", node)
            return
        if kind in {"RECURSIVE_CTE_NODE", "CTE_NODE"}:
            own = scope | {str(node.get("cte_name", "")).casefold()}
            # only a recursive body sees its own name; elsewhere it would mean a table or a file
            self._children(node, own, depth, skip={"query"} if kind == "CTE_NODE" else set())
            if kind == "CTE_NODE" and isinstance(node.get("query"), dict):
                self.visit(node["query"], scope, depth + 1)
            return
        for entry in node.get("cte_map", {}).get("map", []):
            for key, value in entry["value"].items():
                if key == "query_node":
                    self.query(value, scope, depth + 1)
                else:
                    self.visit(value, scope, depth + 1)
            scope = scope | {str(entry["key"]).casefold()}
        self._children(node, scope, depth, skip={"cte_map"})

    def visit(self, value: Any, scope: frozenset[str], depth: int) -> None:
        """Any part of the tree."""
        if depth > _MAX_WALK_DEPTH:
            raise RecursionError
        if isinstance(value, list):
            for item in value:
                self.visit(item, scope, depth + 1)
        elif isinstance(value, dict):
            self._node(value, scope, depth)

    def _children(
        self, node: Node, scope: frozenset[str], depth: int, skip: set[str] | None = None
    ) -> None:
        for key, value in node.items():
            if skip is None or key not in skip:
                self.visit(value, scope, depth + 1)

    def _node(self, node: Node, scope: frozenset[str], depth: int) -> None:
        kind = node.get("type")
        group = node.get("class")
        if isinstance(kind, str) and kind.endswith("_NODE"):
            self.query(node, scope, depth)
            return
        if isinstance(group, str):
            self._expression(group, node)
        elif isinstance(kind, str) and "query_location" in node and "alias" in node:
            if kind not in _TABLE_REFS:
                self.refuse("node_not_allowed", f"{_node_words(kind)} is not allowed", node)
            elif kind == "TABLE_FUNCTION":
                self._table_function(node, scope)
            elif kind == "BASE_TABLE":
                self._base_table(node, scope)
            elif kind == "SHOW_REF" and node.get("query") is None:
                self.refuse("show", "SHOW is not allowed; DESCRIBE and SUMMARIZE of a table are")
        self._children(node, scope, depth)

    def _expression(self, group: str, node: Node) -> None:
        if group == "PARAMETER" or group not in _EXPRESSIONS:
            self.refuse("node_not_allowed", f"{_node_words(group)} is not allowed", node)
        name = node.get("function_name")
        if isinstance(name, str):
            name = name.casefold()
            self.judgement.functions.append(name)
            if is_denied_function(name):
                self.refuse("function_not_allowed", f"the function {name} is not allowed", node)

    def _table_function(self, node: Node, scope: frozenset[str]) -> None:
        function = node.get("function")
        name = str(function.get("function_name", "")) if isinstance(function, dict) else ""
        if name.casefold() not in ALLOWED_TABLE_FUNCTIONS:
            self.refuse(
                "table_function_not_allowed",
                f"the table function {name or '(unnamed)'} is not allowed",
                node,
            )
        elif name.casefold() in NAMING_TABLE_FUNCTIONS and isinstance(function, dict):
            self._named_table(name, function.get("arguments") or [], scope, node)

    def _named_table(
        self, function: str, arguments: list[Node], scope: frozenset[str], node: Node
    ) -> None:
        """A table given as the first argument of a function, which looks its name up itself.

        An expression there is worked out to a name later: only a plain name can be judged.
        """
        first = arguments[0] if arguments else {}
        named = any(argument.get("name") for argument in arguments[:1]) or any(
            str(argument.get("name")).casefold() == "source" for argument in arguments
        )
        expression = first.get("expression") or {}
        parts = expression.get("column_names") if expression.get("class") == "COLUMN_REF" else None
        path = [str(part) for part in parts or ()]
        if named or not path or any(c in part for part in path for c in ".\"'"):
            self.refuse(
                "table_not_allowed",
                f"{function} needs the plain name of a table as its first argument",
                node,
            )
            return
        self._base_table({**node, "qualified_name": {"path": path}}, scope)

    def _base_table(self, node: Node, scope: frozenset[str]) -> None:
        path = [str(part) for part in node.get("qualified_name", {}).get("path", [])]
        path = path or [
            str(node.get(k) or "") for k in ("catalog_name", "schema_name", "table_name")
        ]
        parts = [part for part in path if part]
        folded = [part.casefold() for part in parts]
        if len(folded) == 1 and folded[0] in scope:
            return
        name = ".".join(parts)
        if self._may_read(folded):
            self.judgement.tables.append(parts[-1] if parts else "")
            return
        self.refuse("table_not_allowed", f"there is no table {name} in this data", node)

    def _may_read(self, parts: list[str]) -> bool:
        if not parts or any(part in SYSTEM_SCHEMAS for part in parts[:-1]):
            return False
        if self._tables is not None:
            qualifiers_known = all(part in {"data", "main"} for part in parts[:-1])
            if ".".join(parts) in self._tables:
                return True
            return parts[-1] in self._tables and qualifiers_known
        last = parts[-1]
        return not (
            any(character in part for part in parts for character in "/\\:*?[]{}%\n")
            or last.startswith(SYSTEM_PREFIXES)
            or last in FILE_SUFFIXES
            or ("." in last and last.rsplit(".", 1)[1] in FILE_SUFFIXES)
        )


def _node_words(kind: object) -> str:
    return str(kind).replace("_QUERY_NODE", "").replace("_NODE", "").replace("_", " ")
