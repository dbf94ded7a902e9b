"""One analysis as a document: what was asked, what ran, who approved it, and what came out.

`write_report` renders by the file's suffix. Every format is made from the same `ReportData`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from src.data.result import QueryResult
from src.errors import InputError
from src.files import replacing
from src.insights.facts import InsightReport
from src.query_engine.drafts import OutputColumn
from src.query_engine.phrases import Language, day, language_for, say

ROWS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report says.

    Attributes:
        question: as it was asked.
        interpretation: the reading that was chosen, with its `assumptions`.
        sql: the text that ran; `approved_by` and `approved_at` are of exactly this text.
        dataset: name of the data; `fingerprint` changes when the data does.
        synthetic: True for the shipped sample.
        chart_kind: as `choose_chart` names it; None lets the shape of the result choose.
        engine: who wrote the SQL: ``offline``, a model, or ``you``.
        cost: dollars spent on models for this analysis; None when unknown.
        created_at: when the report was made.
        locale: of numbers, dates and the report's own words; Russian where it starts with ``ru``.
    """

    question: str
    interpretation: str
    sql: str
    approved_by: str
    approved_at: dt.datetime
    dataset: str
    result: QueryResult
    columns: tuple[OutputColumn, ...] = ()
    assumptions: tuple[str, ...] = ()
    fingerprint: str = ""
    synthetic: bool = False
    insights: InsightReport = field(default_factory=InsightReport)
    chart_kind: str | None = None
    engine: str = "offline"
    cost: Decimal | None = None
    created_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    locale: str = "en"

    @property
    def facts_line(self) -> tuple[tuple[str, str], ...]:
        """Name and text of the lines on provenance, in order."""
        from src.reporting.formats import format_value

        data = self.say("synthetic", name=self.dataset) if self.synthetic else self.dataset
        rows = format_value(self.result.row_count, "count", None, self.locale)
        if self.result.truncated:
            rows = self.say("rows_cut", rows=rows)
        spent = format_value(round(self.result.seconds, 3), "number", None, self.locale)
        engine = self.say(self.engine) if self.engine in ("offline", "you") else self.engine
        lines = [
            ("data", data),
            ("fingerprint", self.fingerprint),
            ("approved_by", self.approved_by),
            ("approved_at", self._moment(self.approved_at)),
            ("sql_by", engine),
            ("rows", rows),
            ("run_time", self.say("seconds", value=spent)),
            ("cost", self._cost()),
            ("made", self._moment(self.created_at)),
        ]
        return tuple((self.say(name), text) for name, text in lines if text)

    @property
    def language(self) -> Language:
        """The language of the report's own words."""
        return language_for(self.locale)

    def say(self, key: str, **values: object) -> str:
        """Words of the report in its language."""
        return say(self.language, f"report.{key}", **values)

    def _moment(self, when: dt.datetime) -> str:
        moment = when.astimezone(dt.UTC)
        return f"{day(self.language, moment)}, {moment:%H:%M} UTC"

    def _cost(self) -> str:
        if self.cost is None:
            return self.say("unknown_cost")
        return f"${self.cost:.4f}" if self.cost else self.say("no_cost")


def render_report(data: ReportData, suffix: str) -> str:
    """The report as text in the format of `suffix` (``.html`` or ``.md``).

    Raises:
        InputError: the suffix is not supported.
    """
    renderer = _renderers().get(suffix.lower())
    if renderer is None:
        known = ", ".join(_renderers())
        raise InputError(
            f"A report cannot be written as {suffix or 'a file without a suffix'!r}.",
            hint=f"Name the file with one of {known}.",
        )
    return renderer(data)


def write_report(path: str | Path, data: ReportData) -> Path:
    """Write the report to `path` in one step: the old file stays whole until the new one is.

    Raises:
        InputError: the suffix is not supported, or the place cannot be written.
    """
    target = Path(path)
    text = render_report(data, target.suffix)
    try:
        with replacing(target) as draft:
            draft.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(
            f"The report could not be written: {error.strerror or error}.",
            where=str(target),
            kept="The analysis and any earlier report are unchanged.",
            hint="Choose a folder that exists and that you may write to.",
        ) from error
    return target


def _renderers() -> dict[str, Callable[[ReportData], str]]:
    from src.reporting.report_html import render_html
    from src.reporting.report_markdown import render_markdown

    return {".html": render_html, ".md": render_markdown}
