"""Shapes reports come in beside plain rows: subtotals, footers, merged headers, odd periods."""

import io
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from src.data.concepts import get_concepts
from src.data.ingestion.dates import parse_words
from src.data.ingestion.inspection import TableReading
from src.data.ingestion.job import DATABASE, read_files
from src.data.semantic import SemanticModel, Table


class Read:
    """A file read without the cage: the first table's model and reading, and its database."""

    def __init__(self, folder: Path, name: str, content: bytes) -> None:
        path, out = folder / name, folder / "out"
        path.write_bytes(content)
        out.mkdir()
        files = [{"path": str(path), "label": name}]
        result = read_files({"files": files, "out": str(out), "name": name})
        self.table: Table = SemanticModel.model_validate(result["model"]).tables[0]
        readings = [TableReading.model_validate(t) for t in result["inspections"][0]["tables"]]
        self.reading = readings[0]
        self.said = " ".join(
            [c.message for r in readings for c in r.changes]
            + [w for r in readings for w in r.warnings]
        )
        self.database = out / DATABASE

    def sum(self, concept: str) -> float:
        name = next(c.name for c in self.table.columns if c.concept == concept)
        return float(self.one(f'sum("{name}")'))

    def one(self, expression: str) -> object:
        with duckdb.connect(str(self.database), read_only=True) as con:
            return con.execute(f'SELECT {expression} FROM "{self.table.name}"').fetchone()[0]


def workbook(rows: list[list[object]], *, hidden: list[list[object]] | None = None) -> bytes:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        for name, content in (("Data", rows), ("Old", hidden or [])):
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(content):
                sheet.write_row(number, 0, row)
        if hidden:
            sheet.hide()
    return book.getvalue()


DAYS = [f"2026-05-0{d},{name},{10 * d},{d}" for d in (1, 2, 3) for name in ("Brand", "Shop")]


@pytest.mark.parametrize(
    "rows",
    [
        ["Search Total,,30,3", "Search", ""],
        ["All campaigns,,120,12"],
        ["Total 2026-05-01,,20,2", "late"],
    ],
    ids=["after its rows", "over all", "inside"],
)
def test_subtotals_are_left_out(tmp_path: Path, rows: list[str]) -> None:
    if rows[-1] == "late":
        body = [*DAYS[:2], rows[0], *DAYS[2:]]
    elif rows[-1] == "":
        body = ["Search,A,10,1", "Search,B,20,2", rows[0], "Social,C,90,9", "Social Total,,90,9"]
    else:
        body = [*DAYS, rows[0]]
    text = "\n".join(["Channel,Campaign,Cost,Clicks", *body])
    read = Read(tmp_path, "report.csv", text.encode())
    assert (read.sum("spend"), read.sum("clicks")) == (120, 12)
    assert "left out" in read.said


def test_a_campaign_called_total_stays(tmp_path: Path) -> None:
    rows = ["Total Wellness,2026-05-01,10,1", "Shop,2026-05-01,20,2", "Total Wellness,,31,4"]
    text = "\n".join(["Campaign,Day,Cost,Clicks", *rows])
    assert Read(tmp_path, "report.csv", text.encode()).sum("spend") == 61


def test_a_footer_of_names_and_values_hides_no_total(tmp_path: Path) -> None:
    head = "Date,Advertiser,Campaign,Cost,Clicks"
    body = [f"2026/05/0{d},Acme,{n},{10 * d},{d}" for d in (1, 2, 3) for n in ("Brand", "Shop")]
    footer = ["", "Report Time:,2026/06/01 05:06 GMT", "Group By:,Date", "MRC,Accredited metrics"]
    text = "\n".join([head, *body, ",,,120,12", *footer, "Report Name:,Weekly"])
    read = Read(tmp_path, "dv360.csv", text.encode())
    assert (read.sum("spend"), read.reading.rows_loaded) == (120, 6)
    assert read.table.time_column == "Date"


def test_a_last_campaign_without_figures_is_no_footer(tmp_path: Path) -> None:
    body = [f"{n},active,{10 + i},{i},{i},{i}" for i, n in enumerate(("A", "B", "C"))]
    text = "\n".join(["Campaign,State,Cost,Clicks,Impr.,Leads", *body, "D,paused,,,,"])
    assert Read(tmp_path, "new.csv", text.encode()).reading.rows_loaded == 4


HEADS = [["Date", "Campaign", "Traffic", "", "Results"], ["", "", "Clicks", "Cost", "Revenue"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_two_rows_of_names_are_one_header(tmp_path: Path, kind: str) -> None:
    rows: list[list[object]] = [*HEADS, *([f"2026-05-0{d}", "A", d, 2.5, 9] for d in (1, 2, 3))]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    content = workbook(rows) if kind == "xlsx" else text.encode()
    read = Read(tmp_path, f"merged.{kind}", content)
    assert [c.name for c in read.table.columns] == ["Date", "Campaign", "Clicks", "Cost", "Revenue"]
    assert (read.sum("spend"), read.reading.rows_loaded) == (7.5, 3)
    assert "read as one header" in read.said


def test_platforms_side_by_side_are_measures_of_their_own(tmp_path: Path) -> None:
    head = ["", "", "Google", "", "Meta", ""]
    names = ["Date", "Campaign", "Cost", "Clicks", "Cost", "Clicks"]
    rows = [head, names, *([f"2026-05-0{d}", "A", 1, 2, 3, 4] for d in (1, 2, 3))]
    table = Read(tmp_path, "wide.xlsx", workbook(rows)).table
    assert {"Google Cost", "Meta Cost"} <= {c.name for c in table.columns if c.role == "measure"}
    assert table.metric("spend") is None


def test_a_text_row_under_a_header_with_a_gap_is_data(tmp_path: Path) -> None:
    text = "Campaign,,Note\nBrand,x,first\nShop,y,second\n"
    assert Read(tmp_path, "notes.csv", text.encode()).reading.rows_loaded == 2


def test_a_workbook_says_what_is_hidden_and_what_has_no_value(tmp_path: Path) -> None:
    rows = [["Day", "Campaign", "Cost", "Clicks"], *(["2026-05-01", "A", "", d] for d in (1, 2))]
    read = Read(tmp_path, "book.xlsx", workbook(rows, hidden=[["Day", "Cost"], ["2026-05-01", 3]]))
    assert "Old is hidden" in read.said
    assert "No value is stored in Cost" in read.said


def test_millionths_are_whole_units_in_parquet_too(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT 'A' AS campaign, 1500000 AS cost_micros) TO '{path}'")
    assert Read(tmp_path, "ads.parquet", path.read_bytes()).sum("spend") == 1.5


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-W05", "2026-01-26"),
        ("KW 36/2026", "2026-08-31"),
        ("Неделя 5 2026", "2026-01-26"),
        ("Q3 2026", "2026-07-01"),
        ("2026-Q3", "2026-07-01"),
        ("3 кв. 2026", "2026-07-01"),
        ("Jan-26", "2026-01-01"),
        ("26-Jan-26", "2026-01-26"),
        ("2026-W54", None),
        ("Brand-26", None),
        ("Q5 2026", None),
    ],
)
def test_periods_are_their_first_day(text: str, day: str | None) -> None:
    found = parse_words(text)
    assert (f"{found:%Y-%m-%d}" if found else None) == day


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2026-05-01T00:00:00+02:00", "2026-05-02T00:00:00+02:00"], "2026-05-01 00:00:00"),
        (["2026-05-01T10:00:00+02:00", "2026-05-02T00:00:00+02:00"], "2026-05-01 08:00:00"),
    ],
    ids=["days of the account", "points in time"],
)
def test_offsets_move_points_in_time_and_not_days(
    tmp_path: Path, cells: list[str], first: str
) -> None:
    text = "\n".join(["Date,Cost", *(f"{cell},1" for cell in cells)])
    assert Read(tmp_path, "t.csv", text.encode()).one('min("Date")::TIMESTAMP::VARCHAR') == first


@pytest.mark.parametrize("zone", [" +0000", "+0000", " +00:00", " -0400", " -04:00", " -04", " Z"])
def test_a_space_may_stand_before_an_offset(tmp_path: Path, zone: str) -> None:
    text = f"Created at,Cost\n2026-05-01 10:00:00{zone},1\n2026-05-02 22:30:15{zone},2\n"
    read = Read(tmp_path, "t.csv", text.encode())
    hour = 14 if "4" in zone else 10
    assert read.one('min("Created at")::VARCHAR') == f"2026-05-01 {hour}:00:00"


def test_a_minus_may_follow_and_thousands_may_be_meant(tmp_path: Path) -> None:
    text = "Day,Cost,Impressions (000s)\n2026-05-01,12.50-,1.5\n2026-05-02,20.00,2.25\n"
    read = Read(tmp_path, "sap.csv", text.encode())
    assert (read.sum("spend"), read.sum("impressions")) == (7.5, 3750)


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("Conv.-Wert", "conversion_value"),
        ("Link-Klicks", "clicks"),
        ("14 Day Total Sales ", "conversion_value"),
        ("Gösterimler", "impressions"),
        ("Сумма затрат (RUB)", "spend"),
        ("Kampagnentyp", "channel"),
        ("Durchschn. CPC", "cpc"),
        ("CPC moy.", "cpc"),
        ("Total Return on Advertising Spend (ROAS)", "roas"),
        ("Costo por resultado", "cpa"),
        ("eCPSU", "ready made"),
        ("Kosten pro Anruf", "ready made"),
    ],
)
def test_headers_of_many_tongues(header: str, meaning: str) -> None:
    reading = get_concepts().read_header(header)
    named = reading.concept or reading.ratio
    assert (named.name if named else "ready made") == meaning
    assert reading.ready_made == (reading.concept is None)
