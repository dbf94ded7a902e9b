"""Tells what a file is by its content, and unpacks ZIP and gzip without letting them explode."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from src.data.ingestion.json_lines import named_lines
from src.errors import DataFileError

MAX_UNPACKED = 4 << 30
MAX_RATIO = 250
MAX_MEMBERS = 100
_RATIO_FROM = 16 << 20
_BLOCK = 1 << 20
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin")

_NOT_TABLES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A file to read as one or more tables.

    Attributes:
        format: ``text``, ``workbook``, ``parquet``, ``json``, or ``unreadable``.
        label: its name for people, with the archive it came from.
        name: its own name, from which the table is named.
    """

    path: Path
    format: str
    label: str
    name: str
    error: DataFileError | None = None


def unpack(path: Path, label: str, scratch: Path) -> list[Part]:
    """The readable parts of the file at `path`; what is packed is unpacked into `scratch`.

    Raises:
        DataFileError: the file is empty, is nothing that holds tables, is encrypted, broken, or
            would unpack to far more than its size.
    """
    kind = _kind(path, label)
    if kind == "zip":
        return _unzip(path, label, scratch)
    if kind == "gzip":
        target = scratch / f"unpacked_{len(list(scratch.iterdir()))}"
        inner = label[:-3] if label.lower().endswith(".gz") else label
        try:
            with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as source:
                _copy(source, target, path.stat().st_size, label)
        except (OSError, EOFError, zlib.error):
            raise _broken(label, "gzip") from None
        inner_kind = _kind(target, label)
        if inner_kind in ("zip", "gzip"):
            raise DataFileError(
                f"{label} holds an archive inside an archive.", where=label, hint="Unpack it once."
            )
        return [Part(target, inner_kind, label, inner)]
    return [Part(path, kind, label, label)]


def _kind(path: Path, label: str) -> str:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        raise DataFileError(
            f"{label} is empty.", where=label, hint="Export the report again and check its period."
        )
    for signature, what in _NOT_TABLES:
        if head.startswith(signature):
            if signature in (b"MZ", b"BZh") and b"\0" not in head:
                continue
            raise DataFileError(
                f"{label} is {what}, not a table.",
                where=label,
                hint="Export the report as CSV, XLSX, Parquet or JSON.",
            )
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_kind(path, label)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "workbook"
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16", "ignore").encode() if wide else head
    text = text.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in (b"{", b"[") or (named_lines(label) and b"\n{" in text):
        return "json"
    if text[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        raise DataFileError(
            f"{label} is a web page or XML, whatever its name says.",
            where=label,
            hint="Open it in a spreadsheet program and save it as XLSX or CSV.",
        )
    return "text"


def _zip_kind(path: Path, label: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(part in names for part in _WORKBOOK_PARTS) or "content.xml" in names:
                _check_ratio(archive, path, label)
                return "workbook"
    except (zipfile.BadZipFile, OSError, ValueError):
        raise _broken(label, "ZIP") from None
    return "zip"


def _check_ratio(archive: zipfile.ZipFile, path: Path, label: str) -> None:
    """Refuse what claims to unpack to far more than it is; the copy checks what really comes."""
    total = sum(info.file_size for info in archive.infolist())
    packed = max(path.stat().st_size, 1)
    if total > MAX_UNPACKED or (total > _RATIO_FROM and total / packed > MAX_RATIO):
        raise _bomb(label, total / packed)


def _unzip(path: Path, label: str, scratch: Path) -> list[Part]:
    parts: list[Part] = []
    try:
        with zipfile.ZipFile(path) as archive:
            _check_ratio(archive, path, label)
            infos = [i for i in archive.infolist() if _wanted(i)]
            if len(infos) > MAX_MEMBERS:
                raise DataFileError(
                    f"{label} holds {len(infos)} files; at most {MAX_MEMBERS} are read.",
                    where=label,
                    hint="Upload fewer files at once.",
                )
            for number, info in enumerate(infos):
                if info.flag_bits & 0x1:
                    raise DataFileError(
                        f"{label} is protected by a password.",
                        where=label,
                        hint="Unpack it and upload the file inside.",
                    )
                target = scratch / f"member_{number}"
                member = f"{label}: {info.filename}"
                with archive.open(info) as source:
                    _copy(source, target, max(info.compress_size, 1), member)
                parts.append(_member(target, member, PurePosixPath(info.filename).name))
    except (zipfile.BadZipFile, OSError, zlib.error, EOFError, NotImplementedError):
        raise _broken(label, "ZIP") from None
    if not parts:
        raise DataFileError(
            f"{label} holds no files.", where=label, hint="Pack the CSV or XLSX file again."
        )
    return parts


def _member(path: Path, label: str, name: str) -> Part:
    """A member of an archive; one that holds no table does not spoil the others."""
    try:
        kind = _kind(path, label)
        if kind in ("zip", "gzip"):
            raise DataFileError(
                f"{label} is an archive inside an archive.",
                where=label,
                hint="Unpack it once and upload what is inside.",
            )
    except DataFileError as error:
        return Part(path, "unreadable", label, name, error)
    return Part(path, kind, label, name)


def _wanted(info: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(info.filename)
    hidden = name.name.startswith(".") or "__MACOSX" in name.parts
    return not info.is_dir() and not hidden and info.file_size > 0


def _copy(source: _Readable, target: Path, packed: int, label: str) -> None:
    written = 0
    with target.open("wb") as out:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > MAX_UNPACKED or (
                written > _RATIO_FROM and written / max(packed, 1) > MAX_RATIO
            ):
                raise _bomb(label, written / max(packed, 1))
            out.write(block)


def _bomb(label: str, ratio: float) -> DataFileError:
    return DataFileError(
        f"{label} would unpack to at least {ratio:,.0f} times its size, which no real report does.",
        where=label,
        hint="Unpack it yourself, look at it, and upload the CSV inside.",
    )


def _broken(label: str, kind: str) -> DataFileError:
    return DataFileError(
        f"{label} is a damaged {kind} file.", where=label, hint="Download or pack it again."
    )
