"""Printed forms whole: what stands on paper, as text with boxes, lines and columns, in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from forms.leaves import Choice
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.paper import document, render_paper, render_return
from forms.returns import load_returns
from uptake.contract.errors import Fault, UptakeError
from uptake.contract.text import Text

HERE = Path(__file__).parent
PRINTED = HERE / "printed"
PERIOD = Text.of(zh="2026年第四季度", en="fourth quarter of 2026")
MARKS = {"circle": "○", "square": "□", "area": "[area]", "tooth": "▯"}
BLOCKS = frozenset({"p", "h1", "h2", "h3", "li", "tr", "section", "div", "header", "ul", "table"})


class Paper(HTMLParser):
    """A printed form as text: a line a block, □ ○ for boxes, ___ for lines, | between cells, what spans are called."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = (dict(attrs).get("class") or "").split()
        self.hidden = self.hidden or tag in ("style", "title")
        if tag in BLOCKS:
            self.said.append("\n")
        if tag in ("th", "td"):
            self.said.append(f" |{'#' if dict(attrs).get('scope') else ''}{'▒' if 'computed' in names else ''} ")
        if tag in ("h1", "h2", "h3") or "for-whom" in names:
            self.said.append({"h1": "= ", "h2": "== ", "h3": "=== ", "p": "> "}[tag])
        if tag == "section" and {"long", "wide", "brief"} & set(names):
            self.said.append(f"[{' '.join(names)}]")
        self.said += [mark for name, mark in MARKS.items() if name in names]
        if "line" in names:
            self.said.append(f"_{names[-1]}_")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = self.hidden and tag not in ("style", "title")
        if tag in BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(re.sub(r"\s+", " ", data))


def as_text(html: str) -> str:
    paper = Paper()
    paper.feed(html)
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(paper.said).split("\n"))
    return "".join(f"{line}\n" for line in lines if line)


def loaded(path: Path) -> Questionnaire:
    faults: list[Fault] = []
    made = load_questionnaire(path, root=path.parent, faults=faults)
    assert made is not None and faults == []
    return made


def printed(name: str, lang: str) -> str:
    if name == "numbers":
        faults: list[Fault] = []
        found = load_returns(PRINTED, faults=faults)
        assert faults == []
        return render_return(found[name], lang)
    if name == "everything":
        return render_paper(loaded(HERE / "everything.yaml"), lang, period=PERIOD)
    return render_paper(loaded(PRINTED / "rare.yaml"), lang, arms={"w2026": "b"})


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["everything", "rare", "numbers"])
def test_a_printed_form_is_what_it_was(name: str, lang: str) -> None:
    assert as_text(printed(name, lang)) == (PRINTED / f"{name}.{lang}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["rare", "numbers"])
def test_the_language_of_a_printed_form_is_declared(name: str) -> None:
    assert '<html lang="zh-CN">' in printed(name, "zh") and '<html lang="en">' in printed(name, "en")


@pytest.mark.parametrize(
    ("count", "where"), [(16, "beside"), (17, "appendix"), (400, "appendix"), (401, "apart")]
)  # fmt: skip
def test_long_lists_stand_in_an_appendix_and_longer_ones_apart(
    count: int, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (PRINTED / "rare.yaml").read_text("utf-8")
    assert (document.MOST_BESIDE, document.MOST_LISTED) == (16, 400)
    head, _, tail = text.partition("  sixteen:\n")
    choices = "".join(f"    - {{code: x{at:03}, label: {{zh: 甲{at:03}, en: Label {at:03}}}}}\n" for at in range(count))
    _, _, rest = tail.partition("wordings:\n")
    written = f"{head}  sixteen:\n{choices}wordings:\n{rest}".replace("'c01'", "'x001'")
    path = HERE.parent / "rare.yaml"
    monkeypatch.setattr(Path, "read_bytes", lambda self: written.encode())
    monkeypatch.setattr(Path, "read_text", lambda self, *args, **kwargs: written)
    said = as_text(render_paper(loaded(path), "en"))
    block = said[said.index("R-05") : said.index("R-06")]
    assert ("Label 000" in block) is (where == "beside")
    assert ("x000 Label 000" in said.partition("== List")[2]) is (where == "appendix")
    assert ("kept apart" in block) is (where == "apart")


def test_a_list_with_long_codes_has_room_for_them() -> None:
    made = [document.CodeList(1, "x", (Choice(code, Text.of(zh="甲", en="A")),)) for code in ("123", "1234")]
    assert [one.short_codes for one in made] == [True, False]


def test_what_a_definition_says_is_never_markup() -> None:
    for name in ("everything", "rare", "numbers"):
        assert "R&D" not in printed(name, "en").replace("R&amp;D", "")


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(UptakeError, match='The language "fr" has no words for printed forms'):
        printed("rare", "fr")
