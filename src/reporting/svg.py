"""A chart as static SVG, drawn without a browser, for files that must carry everything inside.

Colours are CSS variables (``--s0`` … ``--s7``, ``--text``, ``--muted``, ``--grid``, ``--axis``,
``--baseline``) that the page around it sets for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from src.reporting.chart_data import ChartData, Panel, Series, Ticks

WIDTH = 860
CHAR = 6.7  # mean width of a character at 12px, generous
ROW = 26
PLOT_HEIGHT = 240
TIME_TICKS = 8
COLOURS = 8
DASHES = ("", "7 4", "2 3", "7 3 2 3", "11 4", "11 3 2 3", "")


def chart_svg(data: ChartData, title: str) -> str:
    """The chart as one ``<svg>`` element, or an empty text where a table says it all.

    Args:
        title: what the chart shows, for people who hear the page.
    """
    if data.kind == "table":
        return ""
    if data.kind == "indicator":
        body, height = _indicator(data)
    elif data.kind == "scatter":
        body, height = _scatter(data)
    elif data.days or data.kind == "column":
        body, height = _upright(data)
    elif data.kind == "stacked_bar":
        body, height = _single_stack(data)
    else:
        body, height = _bars(data)
    note = _text(WIDTH, height + 2, data.note, "end", "muted") if data.note else ""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height + 12}" role="img" '
        f'aria-label="{escape(title, quote=True)}" font-size="12">'
        f"<title>{escape(title)}</title>{body}{note}</svg>"
    )


def _bars(data: ChartData) -> tuple[str, int]:
    """Horizontal bars, one group a category; a lone series carries its values."""
    panel = data.panels[0]
    count = len(panel.series)
    left = min(240.0, 12 + CHAR * max(len(name) for name in data.short))
    top = 10 + _legend_height(panel)
    thick = 18 if count == 1 else 11
    row = max(ROW, count * (thick + 1) + 10)
    bottom = top + row * len(data.categories)
    scale = _Scale(panel.ticks, left, WIDTH - (80 if count == 1 else 20))
    parts = [_legend(panel), *_vertical_grid(scale, top, bottom)]
    for place, name in enumerate(data.categories):
        middle = top + row * (place + 0.5)
        parts.append(_text(left - 8, middle + 4, data.short[place], "end", "text"))
        first = middle - count * (thick + 1) / 2
        for i, series in enumerate(panel.series):
            hover = f"{name}: {series.name} {series.texts[place]}"
            y = first + i * (thick + 1)
            fill = _fill(series, i)
            parts.append(_bar(scale, series, place, y=y, thick=thick, fill=fill, hover=hover))
            if count == 1:
                parts.append(_end_label(scale, series, place, middle + 4))
    parts.append(_text((left + WIDTH) / 2, bottom + 34, panel.title, "middle", "muted"))
    return "".join(parts), int(bottom + 44)


def _bar(
    scale: _Scale, series: Series, place: int, *, y: float, thick: float, fill: str, hover: str
) -> str:
    value = series.values[place]
    if value is None:
        return ""
    zero, end = scale.at(0), scale.at(value)
    x, width = min(zero, end), abs(end - zero)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{thick}" rx="2" '
        f'fill="{fill}"><title>{escape(hover)}</title></rect>'
    )


def _end_label(scale: _Scale, series: Series, place: int, y: float) -> str:
    value = series.values[place]
    end = scale.at(max(value or 0, 0)) + 5
    return _text(end, y, series.texts[place] or "–", "start", "text")


def _single_stack(data: ChartData) -> tuple[str, int]:
    panel = data.panels[0]
    scale = _Scale(panel.ticks, 10, WIDTH - 20)
    top = 10 + _legend_height(panel)
    parts, reached = [_legend(panel), *_vertical_grid(scale, top, top + 70)], 0.0
    for i, series in enumerate(panel.series):
        value = series.values[0] or 0
        x, end = scale.at(reached), scale.at(reached + value)
        hover = f"{series.name}: {series.texts[0]}"
        parts.append(
            f'<rect x="{x:.1f}" y="{top + 8}" width="{max(end - x - 1, 0):.1f}" height="54" '
            f'fill="var(--s{i % COLOURS})"><title>{escape(hover)}</title></rect>'
        )
        if end - x > CHAR * len(series.texts[0]) + 8:
            parts.append(_text((x + end) / 2, top + 39, series.texts[0], "middle", "ground"))
        reached += value
    parts.append(_text(WIDTH / 2, top + 104, panel.title, "middle", "muted"))
    return "".join(parts), top + 112


def _upright(data: ChartData) -> tuple[str, int]:
    """Lines or upright bars over the categories, a panel a unit."""
    parts, top = [], 10.0
    left = 36 + CHAR * max(len(text) for panel in data.panels for text in panel.ticks.texts)
    for place, panel in enumerate(data.panels):
        top += _legend_height(panel)
        scale = _Scale(panel.ticks, top + PLOT_HEIGHT, top)
        parts += [_legend(panel, top - 22), *_horizontal_grid(scale, left)]
        parts.append(
            f'<text x="12" y="{top + PLOT_HEIGHT / 2:.0f}" class="muted" text-anchor="middle" '
            f'transform="rotate(-90 12 {top + PLOT_HEIGHT / 2:.0f})">{escape(panel.title)}</text>'
        )
        slot = (WIDTH - left - 14) / max(len(data.categories), 1)
        draw = _lines if data.kind == "line" else _columns
        parts += draw(data, panel, scale, _Slots(left, slot, place))
        top += PLOT_HEIGHT
        parts += _category_ticks(data, left, slot, top + 18)
        top += 44
    return "".join(parts), int(top)


def _lines(data: ChartData, panel: Panel, scale: _Scale, slots: _Slots) -> Iterator[str]:
    for i, series in enumerate(panel.series):
        colour = f"var(--s{(i + slots.panel) % COLOURS})"
        dash = DASHES[i % len(DASHES)] if len(panel.series) > 1 else ""
        for run in _runs(series):
            points = [(slots.left + slots.width * (j + 0.5), scale.at(value)) for j, value in run]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            yield (
                f'<polyline points="{path}" fill="none" stroke="{colour}" '
                f'stroke-width="2" stroke-linejoin="round"{dashes}/>'
            )
            if len(data.categories) <= 60 or len(run) == 1:
                for (x, y), (j, _) in zip(points, run, strict=True):
                    hover = f"{data.categories[j]}: {series.name} {series.texts[j]}"
                    yield (
                        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
                        f"<title>{escape(hover)}</title></circle>"
                    )


def _runs(series: Series) -> list[list[tuple[int, float]]]:
    """Stretches without a NULL: a line must not bridge what is not known."""
    runs: list[list[tuple[int, float]]] = [[]]
    for j, value in enumerate(series.values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((j, value))
    return [run for run in runs if run]


def _columns(data: ChartData, panel: Panel, scale: _Scale, slots: _Slots) -> Iterator[str]:
    stacked = data.kind == "stacked_bar"
    count = 1 if stacked else len(panel.series)
    wide = max(slots.width * 0.72 / count, 0.8)
    for j, name in enumerate(data.categories):
        reached = 0.0
        for i, series in enumerate(panel.series):
            value = series.values[j]
            if value is None:
                continue
            base = reached if stacked else 0.0
            reached += value
            x = slots.left + slots.width * (j + 0.14) + (0 if stacked else i * wide)
            high, low = sorted((scale.at(base), scale.at(base + value)))
            hover = f"{name}: {series.name} {series.texts[j]}"
            yield (
                f'<rect x="{x:.1f}" y="{high:.1f}" width="{wide:.1f}" height="{low - high:.1f}" '
                f'fill="var(--s{(i + slots.panel) % COLOURS})">'
                f"<title>{escape(hover)}</title></rect>"
            )


def _category_ticks(data: ChartData, left: float, slot: float, y: float) -> Iterator[str]:
    widest = CHAR * max(len(name) for name in data.short) + 10
    fitting = max(1, int((WIDTH - left) / widest))
    step = -(-len(data.short) // min(fitting, TIME_TICKS if data.days else fitting))
    for j in range(0, len(data.short), step):
        yield _text(left + slot * (j + 0.5), y, data.short[j], "middle", "muted")


def _scatter(data: ChartData) -> tuple[str, int]:
    panel, series = data.panels[0], data.panels[0].series[0]
    left = 36 + CHAR * max(len(text) for text in panel.ticks.texts)
    bottom = 20.0 + PLOT_HEIGHT
    up = _Scale(panel.ticks, bottom, 20.0)
    across = _Scale(data.x_ticks or panel.ticks, left, WIDTH - 30)
    parts = [*_horizontal_grid(up, left), *_vertical_grid(across, 20, bottom)]
    named = data.named
    for j, (x, y) in enumerate(zip(data.xs, series.values, strict=True)):
        cx, cy = across.at(x), up.at(y or 0)
        hover = f"{data.categories[j]} {series.texts[j]}".replace("\n", " ")
        parts.append(
            f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="5" fill="var(--s0)" fill-opacity="0.85">'
            f"<title>{escape(hover)}</title></circle>"
        )
        if j in named:
            anchor = "end" if cx > WIDTH * 0.75 else "start"
            shift = -8 if anchor == "end" else 8
            parts.append(_text(cx + shift, cy - 6, data.short[j], anchor, "muted"))
    middle = 20 + PLOT_HEIGHT / 2
    parts.append(
        f'<text x="12" y="{middle:.0f}" class="muted" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle:.0f})">{escape(panel.title)}</text>'
    )
    parts.append(_text((left + WIDTH) / 2, bottom + 36, data.x_title, "middle", "muted"))
    return "".join(parts), int(bottom + 46)


def _indicator(data: ChartData) -> tuple[str, int]:
    parts, slot = [], WIDTH / len(data.panels)
    for i, panel in enumerate(data.panels):
        x = slot * (i + 0.5)
        parts.append(_text(x, 26, panel.title, "middle", "muted"))
        value = escape(panel.series[0].texts[0])
        parts.append(
            f'<text x="{x:.0f}" y="70" class="text" text-anchor="middle" font-size="32">'
            f"{value}</text>"
        )
        if len(panel.series) > 1:
            parts.append(_text(x, 98, f"before: {panel.series[1].texts[0]}", "middle", "muted"))
    return "".join(parts), 110


class _Slots(NamedTuple):
    """Where the categories of a panel stand: left edge, width of each, and which panel it is."""

    left: float
    width: float
    panel: int


class _Scale:
    """Values to pixels, from the axis' low end to its high end."""

    def __init__(self, ticks: Ticks, low: float, high: float) -> None:
        self.ticks, self._low, self._high = ticks, low, high

    def at(self, value: float) -> float:
        share = (value - self.ticks.low) / (self.ticks.high - self.ticks.low)
        return self._low + share * (self._high - self._low)


def _vertical_grid(scale: _Scale, top: float, bottom: float) -> Iterator[str]:
    for value, text in zip(scale.ticks.at, scale.ticks.texts, strict=True):
        x = scale.at(value)
        stroke = "axis" if value == 0 else "grid"
        yield (
            f'<line x1="{x:.1f}" y1="{top:.0f}" x2="{x:.1f}" y2="{bottom:.0f}" '
            f'stroke="var(--{stroke})"/>'
        )
        yield _text(x, bottom + 16, text, "middle", "muted")


def _horizontal_grid(scale: _Scale, left: float) -> Iterator[str]:
    for value, text in zip(scale.ticks.at, scale.ticks.texts, strict=True):
        y = scale.at(value)
        stroke = "axis" if value == 0 else "grid"
        yield (
            f'<line x1="{left:.0f}" y1="{y:.1f}" x2="{WIDTH - 14}" y2="{y:.1f}" '
            f'stroke="var(--{stroke})"/>'
        )
        yield _text(left - 6, y + 4, text, "end", "muted")


def _legend_height(panel: Panel) -> int:
    return 26 if len(panel.series) > 1 else 0


def _legend(panel: Panel, y: float = 6) -> str:
    if len(panel.series) < 2:
        return ""
    parts, x = [], 12.0
    for i, series in enumerate(panel.series):
        name = series.name if len(series.name) <= 24 else f"{series.name[:23]}…"
        parts.append(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="11" height="11" rx="2" '
            f'fill="{_fill(series, i)}"/>'
        )
        parts.append(_text(x + 16, y + 10, name, "start", "text"))
        x += 34 + CHAR * len(name)
    return "".join(parts)


def _fill(series: Series, position: int) -> str:
    return "var(--baseline)" if series.is_baseline else f"var(--s{position % COLOURS})"


def _text(x: float, y: float, text: str, anchor: str, style: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{style}">{escape(text)}</text>'
