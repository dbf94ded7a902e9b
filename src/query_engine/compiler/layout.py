"""Readable SQL text: one clause a line, several columns one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from src.query_engine.compiler import quoting as q


@dataclass(frozen=True, slots=True)
class Select:
    """The parts of a SELECT, each a finished piece of SQL text."""

    columns: Sequence[str]
    source: str
    joins: Sequence[str] = ()
    where: Sequence[str] = ()
    group_by: Sequence[str] = ()
    having: Sequence[str] = ()
    window: str = ""
    qualify: str = ""
    order_by: Sequence[str] = ()
    limit: int | None = None
    distinct: bool = False

    def __str__(self) -> str:
        head = "SELECT DISTINCT" if self.distinct else "SELECT"
        if len(self.columns) == 1:
            lines = [f"{head} {self.columns[0]}"]
        else:
            lines = [head, ",\n".join(f"  {c}" for c in self.columns)]
        lines.append(f"FROM {self.source}")
        lines += self.joins
        if self.where:
            lines.append("WHERE " + "\n  AND ".join(self.where))
        if self.group_by:
            lines.append("GROUP BY " + ", ".join(self.group_by))
        if self.having:
            lines.append("HAVING " + "\n  AND ".join(self.having))
        if self.window:
            lines.append(f"WINDOW {self.window}")
        if self.qualify:
            lines.append(f"QUALIFY {self.qualify}")
        if self.order_by:
            lines.append("ORDER BY " + ", ".join(self.order_by))
        if self.limit is not None:
            lines.append(f"LIMIT {self.limit}")
        return "\n".join(lines)


@dataclass(slots=True)
class Script:
    """Common table expressions in order, and the names already taken."""

    taken: set[str]
    parts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, body: Select | str) -> str:
        """Add a CTE and return its name as SQL, made unique."""
        free = unique(name, self.taken)
        self.parts.append((q.identifier(free), str(body)))
        return q.identifier(free)

    def finish(self, last: Select) -> str:
        """The whole statement."""
        if not self.parts:
            return str(last)
        ctes = ",\n".join(f"{name} AS (\n{_indent(body)}\n)" for name, body in self.parts)
        return f"WITH {ctes}\n{last}"


def unique(name: str, taken: set[str]) -> str:
    """`name`, or `name_2`, `name_3` … when it is taken; engines ignore the case of names."""
    free, n = name, 1
    while free.casefold() in taken:
        n += 1
        free = f"{name}_{n}"
    taken.add(free.casefold())
    return free


def _indent(body: str) -> str:
    """Indent, but not inside a string or a quoted name that runs over a line."""
    lines, open_quote = [], ""
    for line in body.split("\n"):
        lines.append(line if open_quote else "  " + line)
        for char in line:
            if open_quote:
                open_quote = "" if char == open_quote else open_quote
            elif char in "'\"":
                open_quote = char
    return "\n".join(lines)
