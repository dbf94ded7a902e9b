"""Text from data or a model renders as its characters: no markup, no link, no image, no control."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from src.ui.safe_text import safe_html, safe_text

HOSTILE = [
    "![x](https://evil.example/p.png)",
    "[click](https://evil.example)",
    "<img src=https://evil.example/p.png>",
    "<script>alert(1)</script>",
    "https://evil.example/?q=1",
    "www.evil.example",
    "mail me@evil.example",
    "**bold** _it_ `code` ~~gone~~",
    "# heading",
    "- list",
    "1. list",
    "> quote",
    "$\\frac{1}{2}$",
    ":red[warning]",
    "a | b\n--- | ---\n1 | 2",
    "[ref]: https://evil.example",
    "![ref][1]",
    "&lt;b&gt;",
    "line\n\n## next",
    "\\![x](y)",
]


def rendered(text: str) -> tuple[set[str], str]:
    """The kinds of markup that the text makes, and its words."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    kinds: set[str] = set()
    words = []
    for block in parser.parse(text):
        if block.type not in ("paragraph_open", "paragraph_close", "inline"):
            kinds.add(block.type)
        for piece in block.children or ():
            if piece.type in ("text", "text_special"):
                words.append(piece.content)
            else:
                kinds.add(piece.type)
    return kinds, "".join(words)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_markup(text: str) -> None:
    kinds, words = rendered(safe_text(text))
    assert kinds == set()
    assert words.replace("\u2060", "") == " ".join(text.split())


@pytest.mark.parametrize(
    "text", ["https://evil.example", "HTTP://x.y", "www.evil.example", "a@b.c"]
)
def test_a_bare_address_is_broken_so_that_nothing_links_it(text: str) -> None:
    assert "\u2060" in safe_text(text)


@given(st.text())
def test_any_text_is_one_line_of_plain_words(text: str) -> None:
    safe = safe_text(text, limit=None)
    assert "\n" not in safe and "\r" not in safe
    assert rendered(safe)[0] <= {"softbreak"}


@given(st.text())
def test_html_is_always_escaped(text: str) -> None:
    safe = safe_html(text, limit=None)
    assert not set("<>\"'") & set(safe)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [("abcdef", 4, "abc…"), ("abc", 4, "abc"), (None, 4, ""), (12.5, None, "12\\.5")],
)
def test_length_and_kinds(text: object, limit: int | None, expected: str) -> None:
    assert safe_text(text, limit) == expected


def test_direction_overrides_and_control_characters_are_dropped() -> None:
    assert safe_text("a\u202eb\x00c\u2066d") == "abcd"
