"""Snowball stems, safe to ask for from any thread.

A stemmer of the library keeps the word that it works on in itself: two threads with one stemmer
mix their words, which raises or, worse, gives a wrong stem. Each thread has its own.
"""

from __future__ import annotations

import threading
from typing import Any, Literal

import snowballstemmer

_own = threading.local()


def snowball(word: str, language: Literal["english", "russian"]) -> str:
    """The stem of the lower-case `word` by the Snowball algorithm of that language."""
    stemmer: Any = getattr(_own, language, None)
    if stemmer is None:
        stemmer = snowballstemmer.stemmer(language)
        setattr(_own, language, stemmer)
    return str(stemmer.stemWord(word))
