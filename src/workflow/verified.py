"""Verified queries: question and SQL pairs that a person vouches for, in a file for people and git.

The file is a sidecar of the data set, ``verified_queries.yaml``: a list of entries with the keys of
`VerifiedQuery`. It is read again on every use, so that it can be edited by hand.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from src.errors import ConfigError
from src.files import replacing

FILE_NAME: Final = "verified_queries.yaml"


class VerifiedQuery(BaseModel):
    """One entry.

    Attributes:
        name: unique within the file.
        use_as_onboarding_question: offer it to people who open the data set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    question: str
    sql: str
    verified_at: dt.datetime
    verified_by: str
    use_as_onboarding_question: bool = False


_ENTRIES: Final = TypeAdapter(tuple[VerifiedQuery, ...])


class VerifiedQueries:
    """The verified queries of one owner and data set."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, home: Path, owner: str, dataset_id: str) -> VerifiedQueries:
        """The file's place for `owner` and the data set, under the state folder `home`."""
        return cls(home / "verified" / _folder(owner) / _folder(dataset_id) / FILE_NAME)

    def all(self) -> tuple[VerifiedQuery, ...]:
        """Every entry, in the file's order.

        Raises:
            ConfigError: the file is not as it should be; names the line or the entry.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise self._broken(str(error)) from error
        try:
            return _ENTRIES.validate_python(yaml.safe_load(text) or [])
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f"line {mark.line + 1}: " if mark else ""
            raise self._broken(f"{line}{getattr(error, 'problem', None) or error}") from error
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise self._broken(f"entry {place}: {first['msg']}") from error

    def find(self, sql: str) -> VerifiedQuery | None:
        """The entry with exactly this SQL, surrounding space aside."""
        return next((entry for entry in self.all() if entry.sql.strip() == sql.strip()), None)

    def add(self, query: VerifiedQuery) -> None:
        """Add `query`; an entry of the same name is replaced in its place.

        Raises:
            ConfigError: the file that is there cannot be read; it is left as it is.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            entries = list(self.all())
            names = [entry.name for entry in entries]
            if query.name in names:
                entries[names.index(query.name)] = query
            else:
                entries.append(query)
            self._write(entries)

    def _write(self, entries: list[VerifiedQuery]) -> None:
        text = yaml.safe_dump(
            [entry.model_dump() for entry in entries], sort_keys=False, allow_unicode=True
        )
        with replacing(self.path) as draft:
            draft.write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from adding at the same time, where the system has file locks."""
        with self.path.with_suffix(".lock").open("a") as lock:
            with contextlib.suppress(ImportError):
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _broken(self, problem: str) -> ConfigError:
        return ConfigError(
            f"The verified queries cannot be read: {problem}.",
            where=self.path.name,
            kept="The file, unchanged.",
            hint=f"Correct or remove {FILE_NAME}.",
        )


def _folder(name: str) -> str:
    """`name` as a folder: itself when it is plain, a hash of it otherwise."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        return name
    return "x" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
