"""Files that are replaced whole: a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, with its suffix, that takes its place when the block ends well.

    It is on the disk before it does, and has the access rights of the file it replaces, or those
    that any new file gets. When the block raises, `path` is as it was and the other file is gone.

    Raises:
        OSError: the folder is not there, or cannot be written.
    """
    draft = path.with_name(f".{uuid.uuid4().hex[:16]}{path.suffix}")
    try:
        draft.touch(exist_ok=False)
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            draft.chmod(stat.S_IMODE(path.stat().st_mode))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
