"""From a row of a table to a `Product`: which column is what, and what is wrong with a row.

Pure functions over texts; files are opened in `product_files.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from src.catalogue.values import Language, Product
from src.errors import DataFileError

MAX_TITLE: Final = 500  # characters; a longer one is a description in the wrong column
MAX_VALUE: Final = 4_000
_MAX_ID: Final = 200

# The names of each role, the surest first: of "id" and "sku" in one file, "id" identifies.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "id": (
        "id", "product id", "item id", "offer id", "sku", "артикул", "ид", "код", "код товара",
        "id товара", "ид товара", "артикул продавца", "артикул товара", "vendor code", "article",
        "item number", "product code", "номер",
    ),
    "title": (
        "title", "name", "product title", "product name", "item name", "название", "наименование",
        "название товара", "наименование товара", "имя", "заголовок", "товар", "product", "item",
    ),
    "category": (
        "category", "product category", "category name", "категория", "категория товара", "раздел",
        "группа", "группа товаров", "рубрика", "product type", "тип товара",
    ),
    "language": ("language", "lang", "locale", "язык", "язык описания"),
}  # fmt: skip
_LANGUAGES: Final[dict[str, Language]] = {
    "ru": "ru", "rus": "ru", "russian": "ru", "русский": "ru", "рус": "ru",
    "en": "en", "eng": "en", "english": "en", "английский": "en", "англ": "en",
}  # fmt: skip
_NO_WORD: Final = re.compile(r"[\W_]+")
_CYRILLIC: Final = re.compile(r"[а-яё]", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_RUSSIAN: Final = re.compile(r"[А-Яа-я][а-я]")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row cannot be used.

    Attributes:
        row: line of a text file, row of a sheet, record of a JSON document or of Parquet; from 1.
        column: the file's own name of the column; empty when the whole row is no record.
    """

    row: int
    column: str
    message: str

    @property
    def where(self) -> str:
        """Row and, where it is one column's, column."""
        return f"row {self.row}, column {self.column}" if self.column else f"row {self.row}"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Columns:
    """Position of each role among the columns; every other column is an attribute.

    Attributes:
        attributes: position and name of each attribute.
    """

    headers: tuple[str, ...]
    title: int
    id: int | None = None
    category: int | None = None
    language: int | None = None
    attributes: tuple[tuple[int, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        roles = {self.title, self.id, self.category, self.language}
        named = (
            (at, header.removeprefix("attributes."))
            for at, header in enumerate(self.headers)
            if at not in roles
        )
        object.__setattr__(self, "attributes", tuple(named))

    def named(self, role: str) -> str:
        """The file's name of the role's column."""
        place: int | None = getattr(self, role)
        return role if place is None else self.headers[place]

    def found(self) -> dict[str, str]:
        """Role to header, for those that were found."""
        places = {role: getattr(self, role) for role in _NAMES}
        return {role: self.headers[at] for role, at in places.items() if at is not None}


def find_columns(headers: Sequence[str], file: str) -> Columns:
    """Recognise the columns by their names, Russian or English.

    Raises:
        DataFileError: there is no column of titles.
    """
    plain = [" ".join(_NO_WORD.sub(" ", header).split()).casefold() for header in headers]
    places: dict[str, int] = {}
    for role, names in _NAMES.items():
        at = next((plain.index(name) for name in names if name in plain), None)
        if at is not None:
            places[role] = at
    if "title" not in places:
        raise DataFileError(
            f"{file} has no column with the products' titles.",
            where=f"{file}, header: {', '.join(headers[:20])}",
            hint=f"Name it one of: {', '.join(_NAMES['title'])}.",
        )
    return Columns(tuple(headers), **places)


def read_row(row: int, cells: Sequence[str | None], columns: Columns) -> Product | RowProblem:
    """The product of one row, or why there is none.

    An absent id becomes a hash of the content, so that the same product keeps its id in the next
    export; an absent language is told from the title's script.
    """
    texts = [(cell or "").strip() for cell in cells]
    title = " ".join(texts[columns.title].split())
    if problem := _title_problem(title):
        return RowProblem(row, columns.named("title"), problem)
    own = "" if columns.id is None else texts[columns.id]
    if len(own) > _MAX_ID or _CONTROL.search(own):
        return RowProblem(row, columns.named("id"), "is too long for an id or holds control marks")
    said = "" if columns.language is None else texts[columns.language]
    language = _LANGUAGES.get(said) or _LANGUAGES.get(
        said.casefold().replace("_", "-").split("-")[0]
    )
    if said and language is None:
        return RowProblem(
            row, columns.named("language"), f"{said[:30]!r} is not a language copy is written in "
            "(ru, en)"
        )  # fmt: skip
    category = "" if columns.category is None else " ".join(texts[columns.category].split())
    attributes = {name: text for at, name in columns.attributes if (text := texts[at])}
    if max(map(len, attributes.values()), default=0) > MAX_VALUE:
        at = next(at for at, _ in columns.attributes if len(texts[at]) > MAX_VALUE)
        return RowProblem(
            row,
            columns.headers[at],
            f"has {len(texts[at]):,} characters; up to {MAX_VALUE:,} can be used",
        )
    known: Language = language or ("ru" if _CYRILLIC.search(title) else "en")
    return Product(
        id=own or _content_id(title, category, known, attributes),
        title=title,
        category=category[:MAX_TITLE],
        language=known,
        attributes=attributes,
    )


def refuse(
    file: str, problems: Sequence[RowProblem], total: int, *, usable: bool = True
) -> DataFileError:
    """The error for a file with rows that cannot be used; it names the first of them.

    Args:
        usable: whether any other row can be.
    """
    listed = "; ".join(str(problem) for problem in problems[:5])
    more = f"; and {total - 5} more" if total > 5 else ""
    first = problems[0]
    return DataFileError(
        f"{file} has {total:,} row{'' if total == 1 else 's'} that cannot be used: {listed}{more}.",
        where=f"{file}, {first.where}",
        kept="Nothing was sent to a model.",
        hint="Correct the rows, or leave them out with --skip-bad-rows."
        if usable
        else "Correct the rows: no other row of the file can be used.",
    )


def _title_problem(title: str) -> str:
    if not title:
        return "is empty"
    if len(title) > MAX_TITLE:
        return f"has {len(title):,} characters; a title has up to {MAX_TITLE}"
    if "\ufffd" in title:
        return "holds characters that could not be read; is the file's encoding right?"
    if not title.isprintable() and _CONTROL.search(title):
        return "holds control characters"
    if _garbled(title):
        return f"is garbled ({title[:20]!r}): UTF-8 text that was saved as another encoding"
    return ""


def _garbled(text: str) -> bool:
    """Whether the letters are those that UTF-8 bytes show in a one-byte encoding."""
    # Two Russian letters in turn are no UTF-8 in either encoding, and quickly told.
    if text.isascii() or _RUSSIAN.search(text):
        return False
    for encoding in ("cp1251", "cp1252"):
        try:
            again = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if again != text and not again.isascii():
            return True
    return False


def _content_id(title: str, category: str, language: str, attributes: Mapping[str, str]) -> str:
    content = json.dumps([title, category, language, sorted(attributes.items())])
    return "hash-" + hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
