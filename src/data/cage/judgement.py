"""What a guard found, whatever the engine. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Finding:
    """A rule that objects; `position` in characters of the statement, or None."""

    rule: str
    message: str
    position: int | None = None


@dataclass(slots=True)
class Judgement:
    """What the guard found. Nothing in `findings` means that the statement may run."""

    findings: list[Finding] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    explains: bool = False

    @property
    def allowed(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, in the shape of `GuardVerdict` without the dialect."""
        return {
            "allowed": self.allowed,
            "reasons": [
                {"rule": f.rule, "message": f.message, "position": f.position}
                for f in self.findings
            ],
            "tables": sorted(set(self.tables)),
            "functions": sorted(set(self.functions)),
        }


def refusal(rule: str, message: str, position: int | None = None) -> Judgement:
    """A judgement with one finding."""
    return Judgement(findings=[Finding(rule, message, position)])


def characters(sql: str, offset: int) -> int | None:
    """Character position of a byte offset in the UTF-8 text."""
    data = sql.encode()
    if not 0 <= offset <= len(data):
        return None
    return len(data[:offset].decode("utf-8", "ignore"))
