"""Looks for what a careful analyst would want to know about a table before trusting it.

Checks of rows are one aggregate query each; checks over time read daily sums. Thresholds are
written where they are used, and each finding says what, when and how much. `series.py` holds the
checks of daily series.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from src.data.ingestion.inspection import counted
from src.data.profile import DataIssue, TableProfile
from src.data.profiling import is_date, quote
from src.data.semantic import Column, Role, Table
from src.data.series import (
    Day,
    broken_tracking,
    conversion_lag,
    day_words,
    is_daily,
    missing_days,
    partial_days,
    silent_days,
)

if TYPE_CHECKING:
    import duckdb

_MAX_SERIES_ROWS = 300_000
_MAX_GAPS = 10
_VOLUMES = ("spend", "impressions", "sessions", "clicks", "conversion_value", "orders", "quantity")
_ENTITIES = ("platform", "channel", "source", "campaign_id", "campaign")


def find_issues(
    con: duckdb.DuckDBPyConnection, table: Table, profile: TableProfile
) -> TableProfile:
    """`profile` with the issues of `table`."""
    found = _Finder(con, table, profile)
    issues = [*found.of_rows(), *found.of_meaning(), *found.of_days()]
    return replace(profile, issues=tuple(issues))


@dataclass(frozen=True, slots=True)
class _Finder:
    con: duckdb.DuckDBPyConnection
    table: Table
    profile: TableProfile

    # ------------------------------------------------------------ rows

    def of_rows(self) -> Iterator[DataIssue]:
        """Duplicate rows, impossible counts, negative spend."""
        yield from self._duplicates()
        checks = (
            ("clicks_above_impressions", "clicks", "impressions", "more clicks than impressions"),
            ("conversions_above_clicks", "conversions", "clicks", "more conversions than clicks"),
        )
        for rule, upper, lower, words in checks:
            a, b = self._measure(upper), self._measure(lower)
            if a and b:
                above = f"{quote(a)} > {quote(b)} AND {quote(b)} > 0"
                yield from self._rows(rule, above, words, (a, b))
        clicks, conversions = self._measure("clicks"), self._measure("conversions")
        if clicks and conversions:
            without = f"{quote(conversions)} > 0 AND coalesce({quote(clicks)}, 0) = 0"
            words = "conversions without clicks, as view-through conversions do"
            yield from self._rows(
                "conversions_without_clicks", without, words, (conversions, clicks)
            )
        for concept in ("spend", "impressions", "clicks"):
            name = self._measure(concept)
            low = self.profile.columns[name].minimum if name else None
            if name and isinstance(low, int | float) and low < 0:
                words = f"negative {concept}; refunds and corrections look so"
                yield from self._rows(f"negative_{concept}", f"{quote(name)} < 0", words, (name,))

    def _rows(
        self, rule: str, condition: str, words: str, columns: tuple[str, ...]
    ) -> Iterator[DataIssue]:
        day = self._day()
        ends = f"min({day}), max({day})" if day else "NULL, NULL"
        row = self.con.execute(
            f"SELECT count(*), {ends} FROM {quote(self.table.name)} WHERE {condition}"
        ).fetchone()
        if row and row[0]:
            have = "has" if row[0] == 1 else "have"
            message = f"{counted(row[0], 'row')} {have} {words}."
            yield DataIssue(rule, message, row[1], row[2], columns, row[0], {"count": row[0]})

    def _duplicates(self) -> Iterator[DataIssue]:
        """Rows that are equal in every column. Without dates and identifiers equal rows are normal:
        two customers may buy the same thing."""
        known = self.table.time_column or any(c.role is Role.IDENTIFIER for c in self.table.columns)
        if not known:
            return
        names = ", ".join(quote(c.name) for c in self.table.columns)
        day = self._day() or "NULL::DATE"
        rows = self.con.execute(
            f"SELECT d, sum(n - 1)::BIGINT FROM (SELECT any_value({day}) AS d, count(*) AS n "
            f"FROM {quote(self.table.name)} GROUP BY hash({names}) HAVING count(*) > 1) "
            "GROUP BY d ORDER BY d NULLS FIRST"
        ).fetchall()
        if not rows:
            return
        extra = sum(count for _, count in rows)
        days = [d for d, _ in rows if d]
        on = ""
        if days:
            listed = ", ".join(day_words(d) for d in days[:5])
            on = f" on {listed}" + (
                f" and {counted(len(days) - 5, 'more day')}" if len(days) > 5 else ""
            )
        are, them = ("is an exact copy", "it") if extra == 1 else ("are exact copies", "them")
        message = f"{counted(extra, 'row')} {are} of another row{on}; sums count {them} twice."
        yield DataIssue(
            "duplicate_rows", message, days[0] if days else None, days[-1] if days else None,
            rows=extra,
            figures={"count": extra, "days": [d.isoformat() for d in days[:5]],
                     "more": max(len(days) - 5, 0)},
        )  # fmt: skip

    # ------------------------------------------------------------ meaning

    def of_meaning(self) -> Iterator[DataIssue]:
        """Several currencies, and identifiers whose name changed."""
        currency = self.table.currency_column
        if currency and self.profile.columns[currency].distinct > 1:
            values = self.profile.columns[currency].values
            message = (
                f"Amounts are in several currencies ({', '.join(values[:6])}): never add them up."
            )
            figures = {"currencies": list(values[:6])}
            yield DataIssue("mixed_currencies", message, columns=(currency,), figures=figures)
        for column in self.table.columns:
            if column.identified_by:
                yield from self._renamed(column, column.identified_by)

    def _renamed(self, column: Column, key: str) -> Iterator[DataIssue]:
        day = self._day()
        order = f"max({day})" if day else "count(*)"
        first = f"min({day})" if day else "NULL"
        rows = self.con.execute(
            f"SELECT k, list(n ORDER BY o), list(s ORDER BY o) FROM (SELECT {quote(key)} AS k, "
            f"{quote(column.name)} AS n, {order} AS o, {first} AS s FROM {quote(self.table.name)} "
            f"WHERE {quote(key)} IS NOT NULL AND {quote(column.name)} IS NOT NULL GROUP BY 1, 2) "
            "GROUP BY k HAVING count(*) > 1 ORDER BY 1 LIMIT 20"
        ).fetchall()
        for value, names, starts in rows:
            was = ", ".join(f"“{n}”" for n in names[:-1])
            when = f" from {day_words(starts[-1])}" if day and starts[-1] else ""
            message = (
                f"{key} {value} was {was} and is “{names[-1]}”{when}; it is one and the same, so "
                f"results are grouped by {key}."
            )
            figures = {"key": key, "id": str(value), "was": list(names[:-1]), "name": names[-1]}
            columns = (column.name, key)
            yield DataIssue("renamed", message, starts[-1], columns=columns, figures=figures)

    # ------------------------------------------------------------ days

    def of_days(self) -> Iterator[DataIssue]:
        """Gaps, partial last days, conversion lag, outages and tracking breaks."""
        day, volume = self._day(), self._volume()
        if not day or not volume or not self.profile.last_day:
            return
        total = self._series()
        if not is_daily(total):
            return
        time = self.table.time_column or ""
        gaps = missing_days(total)
        for gap in gaps[:_MAX_GAPS]:
            message = f"There are no rows {gap.words()}."
            figures: dict[str, Any] = {"gaps": 1}
            yield DataIssue("missing_days", message, gap.start, gap.end, (time,), figures=figures)
        if len(gaps) > _MAX_GAPS:
            more = f"There are {len(gaps)} gaps in the days; the first {_MAX_GAPS} are listed."
            figures = {"gaps": len(gaps), "listed": _MAX_GAPS}
            yield DataIssue(
                "missing_days", more, gaps[0].start, gaps[-1].end, (time,), figures=figures
            )
        span = partial_days(total)
        if span:
            message = (
                f"{volume} {span.words()} is at {span.share:.0%} of the same weekdays before; the "
                "data may not be complete yet."
            )
            figures = {"volume": volume, "share": span.share}
            yield DataIssue(
                "partial_last_day", message, span.start, span.end, (volume,), figures=figures
            )
        lag = conversion_lag(total)
        if lag and not (span and span.start <= lag.start):
            message = (
                f"Conversions per click {lag.words()} are at {lag.share:.0%} of their usual level; "
                "late conversions are probably still to come in."
            )
            figures = {"share": lag.share}
            yield DataIssue(
                "conversion_lag", message, lag.start, lag.end, self._pair(), figures=figures
            )
        yield from self._breaks(total)

    def _breaks(self, total: list[Day]) -> Iterator[DataIssue]:
        """Days on which a platform or campaign stood still, or lost its conversions."""
        said: set[tuple[dt.date, dt.date]] = set()
        everywhere: list[tuple[Column | None, str, list[Day]]] = [(None, "", total)]
        for column in self._entities():
            everywhere += [(column, value, days) for value, days in self._by(column)]
        for owner, value, days in everywhere:
            where = f"{owner.label} {value}: " if owner else ""
            columns = (owner.name,) if owner else ()
            place = {"owner": owner.label, "value": value} if owner else {"owner": ""}
            for span in broken_tracking(days):
                # The same days of a campaign inside a platform that was reported add nothing.
                if (span.start, span.end) not in said:
                    said.add((span.start, span.end))
                    message = (
                        f"{where}no conversions {span.words()} while clicks went on (about "
                        f"{span.expected:,.0f} were to be expected); tracking may have been broken."
                    )
                    pair = (*columns, *self._pair())
                    figures = {**place, "expected": round(span.expected)}
                    yield DataIssue(
                        "tracking_break", message, span.start, span.end, pair, figures=figures
                    )
            for span in silent_days(days):
                if (span.start, span.end) not in said:
                    said.add((span.start, span.end))
                    volume = self._volume() or ""
                    message = (
                        f"{where}{volume} was 0 {span.words()}, with activity before and after."
                    )
                    yield DataIssue(
                        "no_activity", message, span.start, span.end, (*columns, volume),
                        figures={**place, "volume": volume},
                    )  # fmt: skip

    # ------------------------------------------------------------ reading

    def _measure(self, concept: str) -> str | None:
        column = next((c for c in self.table.columns if c.concept == concept), None)
        return column.name if column and column.role is Role.MEASURE else None

    def _pair(self) -> tuple[str, ...]:
        return tuple(n for n in (self._measure("conversions"), self._measure("clicks")) if n)

    def _volume(self) -> str | None:
        return next((name for name in map(self._measure, _VOLUMES) if name), None)

    def _day(self) -> str | None:
        """Expression of the day of a row."""
        column = self.table.column(self.table.time_column or "")
        return f"{quote(column.name)}::DATE" if column and is_date(column.type) else None

    def _entities(self) -> list[Column]:
        found = []
        for concept in _ENTITIES:
            column = next((c for c in self.table.columns if c.concept == concept), None)
            if column and not (concept == "campaign" and column.identified_by):
                found.append(column)
        return found

    def _sums(self) -> str:
        parts = [self._volume(), self._measure("clicks"), self._measure("conversions")]
        return ", ".join(
            f"coalesce(sum({quote(p)}), 0)::DOUBLE" if p else "0::DOUBLE" for p in parts
        )

    def _series(self) -> list[Day]:
        rows = self.con.execute(
            f"SELECT {self._day()}, count(*), {self._sums()} FROM {quote(self.table.name)} "
            f"WHERE {self._day()} IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
        return [Day(*row) for row in rows]

    def _by(self, column: Column) -> Iterator[tuple[str, list[Day]]]:
        """Daily sums of each value of `column`, where there are not too many to look at."""
        days = self.profile.columns[self.table.time_column or ""].distinct
        if self.profile.columns[column.name].distinct * max(days, 1) > _MAX_SERIES_ROWS:
            return
        rows = self.con.execute(
            f"SELECT {quote(column.name)}::VARCHAR, {self._day()}, count(*), {self._sums()} "
            f"FROM {quote(self.table.name)} WHERE {self._day()} IS NOT NULL "
            f"AND {quote(column.name)} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        series: dict[str, list[Day]] = {}
        for value, *rest in rows:
            series.setdefault(value, []).append(Day(*rest))
        yield from series.items()
