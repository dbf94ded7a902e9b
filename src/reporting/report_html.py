"""The report as one HTML file that asks nothing of the network: styles and chart are inside it."""

from __future__ import annotations

from html import escape

from src.errors import InputError
from src.insights.facts import Insight
from src.reporting.cells import column_cells, number
from src.reporting.chart_build import chart_data
from src.reporting.chart_choice import choose_chart
from src.reporting.formats import format_cell
from src.reporting.layout import display_names, known_columns
from src.reporting.palette import Palette, palette
from src.reporting.report import ROWS_SHOWN, ReportData
from src.reporting.svg import chart_svg

# The policy makes "self-contained" a promise that the browser keeps.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_html(data: ReportData) -> str:
    """The whole document. Every text in it is escaped."""
    title = escape(data.question)
    return f"""<!doctype html>
<html lang="{data.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_style()}</style>
</head>
<body>
<main>
<header>
<p class="kicker">{data.say("kicker")}</p>
<h1>{title}</h1>
<p class="reading">{escape(data.interpretation)}</p>
{_assumptions(data)}
</header>
{_insights(data)}
{_chart(data)}
{_table(data)}
<section>
<h2>{data.say("sql")}</h2>
<pre><code>{escape(data.sql)}</code></pre>
</section>
{_provenance(data)}
</main>
</body>
</html>
"""


def _assumptions(data: ReportData) -> str:
    if not data.assumptions:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in data.assumptions)
    return f'<ul class="assumptions">{items}</ul>'


def _insights(data: ReportData) -> str:
    insights = data.insights.insights
    if not insights:
        return ""
    items = "".join(_insight(insight, data) for insight in insights)
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in data.insights.notes)
    title = data.say("findings")
    return f'<section><h2>{title}</h2><ul class="insights">{items}</ul>{notes}</section>'


def _insight(insight: Insight, data: ReportData) -> str:
    tag, unsure = data.say("caution"), data.say("unverified")
    mark = f'<strong class="tag">{tag}</strong> ' if insight.kind == "caution" else ""
    doubt = "" if insight.verified else f' <em class="tag">{unsure}</em>'
    return f'<li class="{insight.kind}">{mark}{escape(insight.text)}{doubt}</li>'


def _chart(data: ReportData) -> str:
    kind = data.chart_kind or choose_chart(data.result, data.columns).kind
    try:
        drawing = chart_svg(chart_data(data.result, data.columns, kind, data.locale), data.question)
    except InputError:
        return ""  # the stored kind no longer fits the result; the table below has it all
    if not drawing:
        return ""
    return f'<section><h2>{data.say("chart")}</h2><div class="chart">{drawing}</div></section>'


def _table(data: ReportData) -> str:
    known = known_columns(data.result, data.columns)
    names = display_names(known)
    cells = {c.name: column_cells(data.result.frame, c.name)[:ROWS_SHOWN] for c in known}
    numeric = {
        name: any(number(cell) is not None for cell in column) for name, column in cells.items()
    }
    head = "".join(
        f'<th scope="col"{_right(numeric[c.name])}>{escape(names[c.name])}</th>' for c in known
    )
    rows = []
    for i in range(min(len(data.result.frame), ROWS_SHOWN)):
        texts = [(c, format_cell(cells[c.name][i], c, data.locale)) for c in known]
        line = "".join(f"<td{_right(numeric[c.name])}>{escape(text)}</td>" for c, text in texts)
        rows.append(f"<tr>{line}</tr>")
    whole = len(data.result.frame)
    note = data.say("first_rows", shown=ROWS_SHOWN, count=whole) if whole > ROWS_SHOWN else ""
    if not rows:
        note = data.say("no_rows")
    note = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<section><h2>{data.say("result")}</h2><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{note}</section>"
    )


def _right(numeric: bool) -> str:
    return ' class="num"' if numeric else ""


def _provenance(data: ReportData) -> str:
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
        for name, text in data.facts_line
    )
    return f"<section><h2>{data.say('provenance')}</h2><dl>{lines}</dl></section>"


def _variables(colours: Palette) -> str:
    names = ("ground", "text", "muted", "grid", "axis", "baseline")
    values = [f"--{name}:{getattr(colours, name)}" for name in names]
    values += [f"--s{i}:{colour}" for i, colour in enumerate(colours.series)]
    return ";".join(values)


def _style() -> str:
    light, dark = _variables(palette("light")), _variables(palette("dark"))
    return f"""
:root{{color-scheme:light dark;{light}}}
@media (prefers-color-scheme:dark){{:root{{{dark}}}}}
@media print{{:root{{color-scheme:light;{light}}}}}
{_RULES}"""


_RULES = """
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);
font:15px/1.55 system-ui,-apple-system,"Segoe UI","Liberation Sans","DejaVu Sans",sans-serif}
main{max-width:940px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:26px;line-height:1.25;margin:4px 0 10px;overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
.kicker,.note{color:var(--muted);font-size:13px;margin:0}
.reading{margin:0 0 6px;overflow-wrap:anywhere}
.assumptions{color:var(--muted);margin:0;padding-left:20px;font-size:14px}
.insights{margin:0;padding:0;list-style:none}
.insights li{padding:8px 12px;margin:0 0 6px;border-left:3px solid var(--s0);
background:color-mix(in srgb,var(--grid) 35%,transparent);overflow-wrap:anywhere}
.insights .caution{border-left-color:var(--s1)}
.tag{font-size:12px;font-style:normal;border:1px solid var(--axis);border-radius:4px;
padding:1px 6px;margin-right:4px}
.chart svg{width:100%;height:auto;display:block}
.chart text{font-family:inherit}
.chart .text{fill:var(--text)} .chart .muted{fill:var(--muted)} .chart .ground{fill:var(--ground)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
th{border-bottom-color:var(--axis);font-weight:600}
.num{text-align:right;white-space:nowrap}
pre{margin:0;padding:12px 14px;border:1px solid var(--grid);border-radius:6px;overflow-x:auto;
font:13px/1.5 ui-monospace,"Liberation Mono","DejaVu Sans Mono",monospace}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:8px 24px;margin:0}
dt{color:var(--muted);font-size:13px} dd{margin:0;overflow-wrap:anywhere}
@media print{main{max-width:none;padding:0}pre{white-space:pre-wrap;overflow:visible}
.scroll{overflow:visible}section,tr,.insights li{break-inside:avoid}
section:has(table){break-inside:auto}thead{display:table-header-group}}
"""
