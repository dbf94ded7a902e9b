"""Whether a text's HTML can go into a product page: allowed tags, no attributes, well nested."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

ALLOWED = frozenset({
    "p", "br", "ul", "ol", "li", "b", "strong", "i", "em", "u", "h2", "h3", "h4", "blockquote",
    "sub", "sup", "table", "thead", "tbody", "tr", "th", "td",
})  # fmt: skip
_VOID = frozenset({"br"})
_BLOCKS = frozenset({
    "p", "ul", "ol", "li", "h2", "h3", "h4", "blockquote", "table", "thead", "tbody", "tr", "th",
    "td",
})  # fmt: skip
_PARENTS = {
    "li": ("ul", "ol"), "tr": ("table", "thead", "tbody"), "td": ("tr",), "th": ("tr",),
    "thead": ("table",), "tbody": ("table",),
}  # fmt: skip
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--.*?--|![^<>]*|\?[^<>]*)>", re.DOTALL)
_OPEN_END = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--[^>]*)(?=<|\Z)")
_BREAKS = re.compile(r"<(?:br|/?p|/?li|/?ul|/?ol|/?h\d|/?t[rdh]|/?table|/?blockquote)\b[^<>]*>")


def visible(text: str) -> str:
    """What a reader sees: no tags, entities resolved, white space collapsed within lines."""
    plain = unescape(_TAG.sub("", _BREAKS.sub("\n", text)))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return "\n".join(line for line in lines if line)


def html_problem(text: str, *, allowed: bool) -> str:
    """What is wrong with the HTML; empty when nothing is.

    Args:
        allowed: whether the text may hold tags at all.
    """
    if "<" not in text:
        return ""
    if _OPEN_END.search(text):
        return "A tag is not closed by '>'."
    if not allowed:
        tag = _TAG.search(text)
        return f"The text must hold no HTML, and has {tag.group()[:40]}." if tag else ""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.problem:
        return reader.problem
    return f"<{reader.open[-1]}> is never closed." if reader.open else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problem = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parents = _PARENTS.get(tag)
        if tag not in ALLOWED:
            self._say(f"The tag <{tag}> is not allowed.")
        elif attrs:
            self._say(f"The tag <{tag}> must have no attributes.")
        elif parents and (not self.open or self.open[-1] not in parents):
            self._say(f"<{tag}> must stand in <{parents[0]}>.")
        elif tag in _BLOCKS and self.open and self.open[-1] == "p":
            self._say(f"<{tag}> must not stand in <p>.")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID and not attrs:
            return
        self._say(f"<{tag}/> is not allowed.")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not self.open or self.open[-1] != tag:
            self._say(f"</{tag}> closes nothing that is open there.")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open and self.open[-1] in {"ul", "ol", "table", "tr"}:
            self._say(f"Text must not stand in <{self.open[-1]}> directly.")

    def handle_comment(self, data: str) -> None:
        self._say("Comments are not allowed.")

    def handle_decl(self, decl: str) -> None:
        self._say("Declarations are not allowed.")

    def handle_pi(self, data: str) -> None:
        self._say("Processing instructions are not allowed.")

    def unknown_decl(self, data: str) -> None:
        self._say("Declarations are not allowed.")

    def _say(self, problem: str) -> None:
        self.problem = self.problem or problem
