"""Two small views of a statement's text, for the guard alone: what EXPLAIN explains, and a dynamic
PIVOT with made-up values, since DuckDB can show the tree of neither.

Neither view is ever run. The guard judges the tree DuckDB makes of the view; the only thing that
differs from the statement is what is blanked or inserted here.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>[eE]?'(?:[^']|'')*' | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | "(?:[^"]|"")*")
      | (?P<word>[^\W\d]\w*)
      | (?P<open>[(\[{]) | (?P<close>[)\]}])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_EXPLAIN_OPTIONS: Final = re.compile(r"\(\s*\w+(\s+\w+)?(\s*,\s*\w+(\s+\w+)?)*\s*\)", re.ASCII)
_AFTER_ON: Final = frozenset({"using", "group", "order", "limit", "offset"})


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int
    depth: int


def explained_query(sql: str) -> str | None:
    """The query in ``EXPLAIN [ANALYZE] [(options)] query``, at its place in the text, or None."""
    words = [token for token in _tokens(sql) if token.kind != "space"]
    if not words or words[0].text.lower() != "explain":
        return None
    rest = 1
    while rest < len(words) and words[rest].text.lower() in {"analyze", "analyse", "verbose"}:
        rest += 1
    if rest >= len(words):
        return None
    start = words[rest].start
    options = _EXPLAIN_OPTIONS.match(sql, start)
    if options and re.match(r"\((\s*)(analy|format|verbose)", sql[start:], re.IGNORECASE):
        start = options.end()
    return " " * len(sql[:start].encode()) + sql[start:]


def static_pivots(sql: str) -> str:
    """`sql` with `` IN ('')`` after each column of a ``PIVOT … ON`` that has no IN."""
    tokens = [token for token in _tokens(sql) if token.kind != "space"]
    inserts: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind == "word" and token.text.lower() in {"pivot", "pivot_wider"}:
            inserts += _places_after_on(tokens, index + 1, token.depth)
    for place in sorted(inserts, reverse=True):
        sql = f"{sql[:place]} IN (''){sql[place:]}"
    return sql


def _places_after_on(tokens: list[_Token], index: int, depth: int) -> list[int]:
    while index < len(tokens) and not (
        tokens[index].depth == depth and tokens[index].text.lower() == "on"
    ):
        if _leaves(tokens[index], depth):
            return []
        index += 1
    places: list[int] = []
    has_in, end = False, None
    for token in tokens[index + 1 :]:
        last = _leaves(token, depth) or (
            token.depth == depth
            and ((token.kind == "word" and token.text.lower() in _AFTER_ON) or token.text == ";")
        )
        if last or (token.depth == depth and token.text == ","):
            if end is not None and not has_in:
                places.append(end)
            if last:
                return places
            has_in, end = False, None
            continue
        end = token.end
        has_in = has_in or (token.depth == depth and token.text.lower() == "in")
    if end is not None and not has_in:
        places.append(end)
    return places


def _leaves(token: _Token, depth: int) -> bool:
    return token.depth < depth or (token.kind == "close" and token.depth == depth)


def _tokens(sql: str) -> list[_Token]:
    """A rough split; an opening bracket and its closing one have the depth inside them."""
    tokens: list[_Token] = []
    depth = 0
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "other"
        kind = "text" if kind == "tag" else kind
        depth += kind == "open"
        tokens.append(_Token(kind, match.group(), match.start(), match.end(), depth))
        depth -= kind == "close"
    return tokens
