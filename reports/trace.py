"""Where each printed number comes from: numbers carry their table row into the page; a lint finds those that do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from markupsafe import Markup, escape

GIVEN = "given"  # a number that the study or the release states (a date, a name, a digest), not a result
_DIGIT = re.compile(r"\d")
_VOID = frozenset({"br", "meta", "link", "img", "hr", "col", "input", "wbr"})


@dataclass(frozen=True, slots=True)
class Source:
    """One cell of a table that a printed number was made from; `row` is the row of the released CSV, from 0."""

    table: str
    row: int
    column: str

    def __str__(self) -> str:
        return f"{self.table}:{self.row}:{self.column}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A printed number with the cells it came from; templates print it with its trace."""

    text: str
    sources: tuple[Source, ...]

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        # Markup, not str: Markup.format() would escape a plain string once more.
        return Markup('<span class="num" data-t="{}">{}</span>').format(trace_of(self), self.text)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a page shows and where it came from, as the file beside the PDF lists it."""

    text: str
    sources: tuple[str, ...]


def trace_of(*numbers: Shown) -> str:
    """Return the value of `data-t` for an element that shows these numbers."""
    return " ".join(dict.fromkeys(str(source) for number in numbers for source in number.sources))


def given(text: object) -> Markup:
    """Mark a text of the study (its digits are names, dates or quotations, not results)."""
    if not _DIGIT.search(str(text)):
        return escape(text)
    return Markup('<span data-t="given">{}</span>').format(text)


class _Walk(HTMLParser):
    """Collect the traced texts of a page and the digits that no element accounts for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[tuple[str, str]] = []
        self.traced: list[tuple[str, str]] = []
        self.loose: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        outer = self.stack[-1][1] if self.stack else ""
        if tag not in _VOID:
            self.stack.append((tag, dict(attrs).get("data-t") or outer))

    def handle_endtag(self, tag: str) -> None:
        while self.stack:
            if self.stack.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        tag, trace = self.stack[-1] if self.stack else ("", "")
        if tag == "style" or not _DIGIT.search(data):
            return
        if trace:
            self.traced.append((data, trace))
        else:
            self.loose.append(data.strip())


def _walk(html: str) -> _Walk:
    walk = _Walk()
    walk.feed(html)
    walk.close()
    return walk


def traces(html: str) -> tuple[Trace, ...]:
    """Return every number of a page that came from a table, in page order, each text and source once."""
    found = dict.fromkeys((text.strip(), trace) for text, trace in _walk(html).traced if trace != GIVEN)
    return tuple(Trace(text, tuple(trace.split())) for text, trace in found)


def untraced(html: str) -> Sequence[str]:
    """Return the texts of a page that hold a digit which neither a table row nor the study accounts for."""
    return tuple(_walk(html).loose)
