"""Files of products: columns by many names, every bad row named, nothing parsed in this process."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from src.catalogue import product_job
from src.catalogue.product_files import SAMPLE, read_products
from src.catalogue.products import RowProblem, find_columns, read_row
from src.catalogue.values import Product
from src.errors import DataFileError


@pytest.fixture
def uncaged(monkeypatch):
    """The job without its cage, which takes a second; other tests here go through it."""
    monkeypatch.setattr(
        "src.data.cage.jobs.run_job", lambda _, args, **rest: product_job.read_products(args)
    )


ROWS = [
    ["A1", "Воск для депиляции", "Косметика", "розовый"],
    ["A2", "Cotton T-shirt", "Clothing", ""],
]


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["id", "title"], {"id": "id", "title": "title"}),
        (["SKU", "Product Name", "Category"],
         {"id": "SKU", "title": "Product Name", "category": "Category"}),
        (["Артикул", "Наименование товара", "Раздел", "Язык"],
         {"id": "Артикул", "title": "Наименование товара", "category": "Раздел",
          "language": "Язык"}),
        (["vendor_code", "item-name", "LANG"],
         {"id": "vendor_code", "title": "item-name", "language": "LANG"}),
        (["sku", "id", "name", "title"], {"id": "id", "title": "title"}),
    ],
)  # fmt: skip
def test_columns_are_known_by_many_names(headers, found):
    assert find_columns(headers, "f.csv").found() == found


def test_a_table_without_titles_says_what_it_has_and_what_would_do():
    with pytest.raises(DataFileError) as caught:
        find_columns(["Артикул", "Цена"], "price.csv")
    assert "Артикул, Цена" in caught.value.where
    assert "название" in caught.value.hint


COLUMNS = find_columns(["id", "title", "category", "language", "Цвет"], "f.csv")


@pytest.mark.parametrize(
    ("cells", "product"),
    [
        (["7", "  Кружка   белая ", "Посуда", "", "белый"],
         Product("7", "Кружка белая", "Посуда", "ru", {"Цвет": "белый"})),
        (["7", "Mug", None, None, None], Product("7", "Mug", "", "en", {})),
        (["7", "iPhone чехол", "", "", ""], Product("7", "iPhone чехол", "", "ru", {})),
        (["7", "Кружка", "", "EN-us", ""], Product("7", "Кружка", "", "en", {})),
        (["7", "Mug", "", "Русский", ""], Product("7", "Mug", "", "ru", {})),
    ],
)  # fmt: skip
def test_a_row_becomes_a_product(cells, product):
    assert read_row(2, cells, COLUMNS) == product


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        (["7", "  ", "", "", ""], "title", "is empty"),
        (["7", "x" * 501, "", "", ""], "title", "501 characters"),
        (["7", "Кру\ufffdка", "", "", ""], "title", "encoding"),
        (["7", "Кружка".encode().decode("cp1251"), "", "", ""], "title", "garbled"),
        (["7", "Кружка".encode().decode("cp1252", "ignore"), "", "", ""], "title", ""),
        (["7", "Mug", "", "de", ""], "language", "'de'"),
        (["7" * 300, "Mug", "", "", ""], "id", "too long"),
        (["7", "Mug", "", "", "x" * 4001], "Цвет", "4,001 characters"),
    ],
)
def test_a_bad_row_names_its_row_and_column(cells, column, words):
    problem = read_row(17, cells, COLUMNS)
    if not words:  # a lossy garbling may look like an ordinary word; it must not break
        return
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.column) == (17, column)
    assert words in problem.message


def test_a_product_without_an_id_keeps_the_same_one_in_the_next_export():
    one, again, other = (
        read_row(row, [None, "Mug", "Kitchen", "", colour], COLUMNS)
        for row, colour in ((2, "white"), (40, "white"), (3, "blue"))
    )
    assert one.id.startswith("hash-")
    assert one.id == again.id != other.id


def write_csv(path, encoding="utf-8"):
    lines = [";".join(["Артикул", "Название", "Категория", "Цвет"]), *map(";".join, ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)


def write_xlsx(path, notes=""):
    with xlsxwriter.Workbook(str(path)) as book:
        first = book.add_worksheet("Notes")
        if notes:
            first.write_column(0, 0, [notes, "of May"])
        sheet = book.add_worksheet("Товары")
        for at, row in enumerate([["Артикул", "Название", "Категория", "Цвет"], *ROWS]):
            sheet.write_row(at, 0, row)


def write_jsonl(path):
    with path.open("w", encoding="utf-8") as out:
        for sku, title, category, colour in ROWS:
            record = {"sku": sku, "name": title, "category": category}
            record["attributes"] = {"Цвет": colour} if colour else {}
            out.write(json.dumps(record) + "\n")


def write_parquet(path):
    names = ["sku", "title", "category", "Цвет"]
    pq.write_table(pa.table(dict(zip(names, zip(*ROWS, strict=True), strict=True))), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("cp1251.csv", lambda path: write_csv(path, "cp1251")),
        ("book.xlsx", write_xlsx),
        ("notes.xlsx", lambda path: write_xlsx(path, notes="Price list")),
        ("lines.jsonl", write_jsonl),
        ("table.parquet", write_parquet),
    ],
)
def test_every_format_gives_the_same_products(tmp_path, name, write, uncaged):
    write(tmp_path / name)
    (tmp_path / "out").mkdir()
    products = list(read_products(tmp_path / name, tmp_path / "out"))
    assert [(one.id, one.title, one.category, one.language) for one in products] == [
        ("A1", "Воск для депиляции", "Косметика", "ru"),
        ("A2", "Cotton T-shirt", "Clothing", "en"),
    ]
    assert [dict(one.attributes) for one in products] == [{"Цвет": "розовый"}, {}]


def test_a_file_with_bad_rows_is_refused_or_read_without_them(tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("id,title\n1,Mug\n2,\n1,Cup\n,Bowl\n,Bowl\n")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataFileError) as caught:
        read_products(file, tmp_path / "a")
    message = caught.value.message
    assert "3 rows" in message
    assert "row 3, column title: is empty" in message
    assert "row 4, column id: '1' is already in row 2" in message
    assert "row 6, column id: the product is already in row 5" in message
    read = read_products(file, tmp_path / "b", skip_bad_rows=True)
    assert [one.title for one in read] == ["Mug", "Bowl"]
    assert (read.count, read.skipped_count, read.skipped[0].row) == (2, 3, 3)


def test_bad_json_lines_are_bad_rows_like_any_other(tmp_path, uncaged):
    file = tmp_path / "feed.jsonl"
    lines = [
        '{"id": 1, "title": "Mug"}', "", '{"id": 2, "title": ""}', "[3]",
        '{"id": 1, "title": "Cup"}', '{"id": "B7", "title": "Bowl"}', '{"id": 5, "ti',
    ]  # fmt: skip
    file.write_text("\n".join(lines))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataFileError) as caught:
        read_products(file, tmp_path / "a")
    told = caught.value
    assert told.message == (
        "feed.jsonl has 4 rows that cannot be used: row 3, column title: is empty; "
        "row 4: holds a list and not a record in braces; "
        "row 5, column id: '1' is already in row 1; "
        "row 7: ends within the text that begins at character 11."
    )
    assert told.where == "feed.jsonl, row 3, column title"
    assert "--skip-bad-rows" in told.hint
    read = read_products(file, tmp_path / "b", skip_bad_rows=True)
    assert [(one.id, one.title) for one in read] == [("1", "Mug"), ("B7", "Bowl")]
    assert (read.skipped_count, [one.row for one in read.skipped]) == (4, [3, 4, 5, 7])


def test_a_truncated_last_line_is_named_and_left_out_in_the_cage(tmp_path):
    file = tmp_path / "feed.jsonl"
    write_jsonl(file)
    file.write_bytes(file.read_bytes()[:-20])
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataFileError) as caught:
        read_products(file, tmp_path / "a")
    assert caught.value.where == "feed.jsonl, row 2"
    read = read_products(file, tmp_path / "b", skip_bad_rows=True)
    assert ([one.id for one in read], read.skipped_count) == (["A1"], 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 hello", "PDF"), (b"", "empty"), (b"id,title\n", "no data"),
        (bytes(range(256)) * 4, "binary"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_products_is_refused_in_words(tmp_path, content, words, uncaged):
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(DataFileError, match=words) as caught:
        read_products(file, tmp_path / "out")
    hint = caught.value.hint or ""
    assert "period" not in hint and "report" not in hint  # products are neither and have none


def test_a_folder_is_no_missing_file(tmp_path):
    with pytest.raises(DataFileError, match="is a folder"):
        read_products(tmp_path, tmp_path)


def test_products_are_read_from_the_first_sheet_that_has_them_and_the_other_is_told(
    tmp_path, uncaged
):
    with xlsxwriter.Workbook(str(tmp_path / "two.xlsx")) as book:
        for name, title in (("One", "Mug"), ("Two", "Cup")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["id", "title"])
            sheet.write_row(1, 0, ["1", title])
    (tmp_path / "out").mkdir()
    read = read_products(tmp_path / "two.xlsx", tmp_path / "out")
    assert [one.title for one in read] == ["Mug"]
    assert any("sheet Two was left out" in note for note in read.notes)


def test_the_sample_is_what_its_script_writes_and_reads_whole(tmp_path):
    import runpy

    made = runpy.run_path(str(SAMPLE.parents[1] / "scripts" / "make_sample_products.py"))
    assert SAMPLE.read_text(encoding="utf-8") == made["text"]()
    products = list(read_products(SAMPLE, tmp_path))
    assert len(products) >= 200
    assert {one.language for one in products} == {"ru", "en"}
    assert len({one.category for one in products}) >= 8
    assert all(one.id.startswith("SYN-") for one in products)
