"""The text of a file, handed out as lines to the csv module or as blocks to the block scanner.

The two take turns on one stream: each goes on where the other stopped.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TextIO

BLOCK = 1 << 20


class Feed:
    """An iterator of lines with their ends, split at LF, CRLF and CR only.

    Zero characters, which no text has, are dropped; bytes that cannot be read become U+FFFD.

    Attributes:
        line: how many lines were handed out.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.line = 0
        self._stream: TextIO = path.open(encoding=encoding, errors="replace", newline="")
        self._ended = False
        self._hold("")

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> str:
        line = self._text.readline()
        while not self._ended and self._text.tell() == self._size and not line.endswith("\n"):
            self._hold(line + self._more(len(line)))
            line = self._text.readline()
        if not line:
            raise StopIteration
        self.line += 1
        return line

    def block(self) -> str:
        """What comes next, some `BLOCK` characters or more; empty at the end of the file."""
        rest = self._text.read()
        text = rest + self._more(len(rest))
        self._hold("")
        return text

    def give_back(self, text: str, line: int) -> None:
        """Hand out `text` next, as what follows line number `line`."""
        self._hold(text + self._text.read())
        self.line = line

    def _hold(self, text: str) -> None:
        self._text = io.StringIO(text, newline="")
        self._size = len(text)

    def _more(self, held: int) -> str:
        # As much again as is held already, or else one endless line would be copied for each block.
        more = self._stream.read(max(BLOCK, held))
        self._ended = not more
        return more.replace("\0", "")
