"""A report is one file that says everything and asks the network for nothing."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from src.errors import InputError
from src.insights.auto_insights import AutoInsights
from src.insights.facts import InsightReport
from src.reporting.report import ReportData, render_report, write_report
from tests.insights.tables import dataset, plan, result

HOSTILE = "<img src=x onerror=alert(1)>![x](https://e.example/a)[l](javascript:1)\"'</script>`|"


def report(**changes) -> ReportData:
    answer, columns = result(
        {"campaign": ["Search", "Поиск", HOSTILE], "spend": [1234.5, None, 10.0]}
    )
    query = plan(dimensions=("campaign",))
    data = ReportData(
        question="Which campaigns spent the most?",
        interpretation="Spend by campaign, largest first",
        assumptions=("All the data.",),
        sql="SELECT campaign, sum(spend) AS spend\nFROM ads GROUP BY 1",
        approved_by="Dana",
        approved_at=dt.datetime(2024, 5, 6, 7, 8, tzinfo=dt.UTC),
        dataset="ads.csv",
        fingerprint="ab12cd",
        result=answer,
        columns=columns,
        insights=AutoInsights().generate(answer, columns, query, dataset(), "q"),
        cost=Decimal("0.0123"),
    )
    return replace(data, **changes)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_says_what_was_asked_what_ran_and_who_approved_it(suffix):
    text = render_report(report(), suffix).replace("\\", "").replace("\u200b", "")
    for part in ("Which campaigns spent the most?", "Spend by campaign, largest first",
                 "All the data.", "FROM ads GROUP BY 1", "Dana", "6 May 2024, 07:08 UTC", "ads.csv",
                 "ab12cd", "$0.0123", "$1,234.50", "Поиск", "–", "offline"):  # fmt: skip
        assert part in text


def test_html_holds_no_script_no_link_and_no_outside_address():
    hostile = report(question=HOSTILE, interpretation=HOSTILE, assumptions=(HOSTILE,), sql=HOSTILE,
                     approved_by=HOSTILE, dataset=HOSTILE, engine=HOSTILE)  # fmt: skip
    tags = Tags()
    tags.feed(render_report(hostile, ".html"))
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "img", "a", "link", "iframe", "object", "form", "base"}
    held = [value for _, attrs in tags.seen for value in attrs.values() if value]
    assert not [name for _, attrs in tags.seen for name in attrs if name.startswith("on")]
    assert not [v for v in held if re.search(r"url\(|https?:|//", v) and v != HOSTILE]
    policy = next(a["content"] for t, a in tags.seen if a.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_markdown_holds_no_link_image_or_html():
    hostile = report(question=HOSTILE, interpretation=HOSTILE, sql=f"SELECT 1 -- ```\n{HOSTILE}")
    text = render_report(hostile, ".md")
    prose = re.sub(r"(?s)(`{3,})sql\n.*?\n\1", "", text)
    assert not re.search(r"(?<!\\)[<\[`]|(?<!\\)!\[|https?:", prose)
    assert "````sql" in text


def test_both_themes_and_print_are_in_the_styles():
    text = render_report(report(), ".html")
    assert "prefers-color-scheme:dark" in text and "@media print" in text and "<svg" in text


def test_long_results_are_cut_and_say_so():
    answer, columns = result({"campaign": [f"c{i}" for i in range(500)], "spend": [1.0] * 500})
    for suffix in (".html", ".md"):
        text = render_report(report(result=answer, columns=columns), suffix)
        assert "first 200 of 500 rows" in text and "c499" not in text


def test_an_empty_result_still_makes_a_report():
    answer, columns = result({"campaign": [], "spend": []})
    assert "No rows matched" in render_report(report(result=answer, columns=columns), ".html")


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.HTMLX"])
def test_an_unknown_suffix_names_the_known_ones(tmp_path, name):
    with pytest.raises(InputError) as error:
        write_report(tmp_path / name, report())
    assert ".html" in error.value.hint and ".md" in error.value.hint
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_old_report_and_no_litter(tmp_path, monkeypatch):
    target = write_report(tmp_path / "r.HTML", report())
    before = target.read_bytes()
    monkeypatch.setattr("pathlib.Path.replace", _fail)
    with pytest.raises(InputError):
        write_report(target, report(question="another"))
    assert target.read_bytes() == before and list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(InputError) as error:
        write_report(tmp_path / "no" / "r.md", report())
    assert error.value.kept


def _fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_russian_report_has_no_english_words_of_its_own():
    answer, columns = result({"campaign": [f"Бренд {i}" for i in range(300)], "spend": [1.5] * 300})
    parts = {"question": "Расход", "interpretation": "Расход.", "sql": "", "approved_by": "Ян",
             "dataset": "Данные", "assumptions": ()}  # fmt: skip
    made = report(result=answer, columns=columns, locale="ru", insights=InsightReport(), **parts)
    text = render_report(made, ".md")
    assert "Первые 200 из 300 строк." in text and "1,50" in text
    words = set(re.findall(r"[A-Za-z]{3,}", text)) - {"Campaign", "Spend", "sql", "SQL", "UTC"}
    assert words <= set(re.findall(r"[A-Za-z]{3,}", made.fingerprint + made.engine))
