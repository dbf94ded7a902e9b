"""What may be asked at all, before anything is stored or sent anywhere."""

from __future__ import annotations

from typing import Final

from src.errors import InputError

QUESTION_LIMIT: Final = 2_000
COMMENT_LIMIT: Final = 2_000
NAME_LIMIT: Final = 120


def clean_question(text: str) -> str:
    """`text` without surrounding space.

    Raises:
        InputError: it is empty, longer than `QUESTION_LIMIT` characters, or not text.
    """
    question = _text(text, "question").strip()
    if not question:
        raise InputError(
            "The question is empty.",
            where="question",
            hint='Ask about the data, for example "Top 5 campaigns by spend last month".',
        )
    if len(question) > QUESTION_LIMIT:
        raise InputError(
            f"The question has {len(question):,} characters; at most {QUESTION_LIMIT:,} are read.",
            where="question",
            hint="Ask for one thing at a time; put lists of names into the data instead.",
        )
    return question


def clean_comment(text: str) -> str:
    """A reviewer's comment without surrounding space; it may be empty.

    Raises:
        InputError: it is longer than `COMMENT_LIMIT` characters or not text.
    """
    comment = _text(text, "comment").strip()
    if len(comment) > COMMENT_LIMIT:
        raise InputError(
            f"The comment has {len(comment):,} characters; at most {COMMENT_LIMIT:,} are read.",
            where="comment",
            kept="The draft, as it was.",
            hint="Say in a few sentences what the SQL should do differently.",
        )
    return comment


def clean_sql(text: str) -> str:
    """`text`, unchanged: what was typed is what is hashed, approved and run.

    Raises:
        InputError: it is blank or not text.
    """
    if not _text(text, "SQL").strip():
        raise InputError(
            "The SQL is empty.",
            where="sql",
            kept="The draft, as it was.",
            hint="Write one SELECT statement.",
        )
    return text


def clean_name(text: str) -> str:
    """A name for a verified query, without surrounding space.

    Raises:
        InputError: it is empty, longer than `NAME_LIMIT` characters, or not text.
    """
    name = " ".join(_text(text, "name").split())
    if not 0 < len(name) <= NAME_LIMIT:
        raise InputError(
            f"A verified query needs a name of 1 to {NAME_LIMIT} characters.", where="name"
        )
    return name


def _text(text: str, what: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"The {what} is not text.", where=what.lower())
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise InputError(
            f"The {what} holds bytes that are not text.",
            where=what.lower(),
            hint="Type or paste it again as plain UTF-8 text.",
        )
    return text
