"""Texts made to break programs, typed into every kind of box: refused in a sentence or kept sign for sign."""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xlsxwriter

from forms.answer_workbook import DEFINITION
from forms.answers import answers_from_json, answers_to_json, typed_from_answers
from forms.build import parse_page
from forms.checks import run_checks
from forms.document import read_document
from forms.exporting import exported_answers
from forms.leaves import Answer, Given
from forms.model import Questionnaire
from forms.numbers import read_number
from forms.render import render_page
from forms.sheets import read_workbook
from forms.words import REFUSALS

ANNUAL = Given(sample={"annual": "yes"})
# Our own list, one text a line, written in ASCII so that no editor changes it.
LISTED: list[str] = json.loads((Path(__file__).parent / "naughty_texts.json").read_text(encoding="ascii"))
LONG = ["甲" * 100_000, "1" * 100_000, "-" * 100_000, "9" * 61, "0" * 18 + "1", "1," * 50_000, "<" * 100_000,
        "a b " * 25_000]  # fmt: skip
NAUGHTY = [*LISTED, *LONG]
BOXES = {
    "unit": ("x02_address", "x02_region", "x03_staff", "x03_rd"),
    "use": ("x04", "x05_all", "x06", "x07", "x08", "x09"),
    "detail": ("x10_rd", "x11_t1_all", "x12", "x12_band", "x13", "x13_other_text"),
    "cases": ("x14_name.1", "x14_stage.1", "x14_tools.1", "x14_users.1", "x14_cost.1", "x14_since.1"),
    "end": ("x15_cases", "x16", "x17"),
}
OPENINGS = [words[lang].split("{")[0] for words in REFUSALS.values() for lang in ("zh", "en")]


class Texts(HTMLParser):
    """The tags of a page, and what stands in its inputs and text areas."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.inputs: dict[str, str] = {}
        self._area = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        told = dict(attrs)
        if tag == "input" and told.get("type") == "text":
            self.inputs[str(told["name"])] = told.get("value") or ""
        if tag == "textarea":
            self._area = str(told["name"])

    def handle_endtag(self, tag: str) -> None:
        if self._area:  # a browser drops the first line end of a text area
            self.inputs[self._area] = self.inputs.get(self._area, "").removeprefix("\n")
        self._area = "" if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self.inputs[self._area] = self.inputs.get(self._area, "") + data


def test_there_are_enough_of_them() -> None:
    assert len(NAUGHTY) >= 350


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", BOXES)
def test_each_is_refused_in_a_sentence_or_read(everything: Questionnaire, page: str, lang: str) -> None:
    for text in NAUGHTY:
        typed = {name: [text] for name in BOXES[page]}
        parsed = parse_page(everything, page, lang, typed)
        for name in BOXES[page]:
            assert (name in parsed.errors) != (name in parsed.answers), (name, text[:40])
            if name in parsed.errors:
                _is_a_sentence(parsed.errors[name], lang)
        stored = answers_from_json(everything, answers_to_json(parsed.answers))
        assert stored == parsed.answers
        retyped = typed_from_answers(everything, page, parsed.answers)
        again = parse_page(everything, page, lang, retyped, rows=[1] if page == "cases" else None)
        assert again.errors == {} and all(again.answers[name] == answer for name, answer in parsed.answers.items())


def _is_a_sentence(said: str, lang: str) -> None:
    assert said.endswith("。" if lang == "zh" else ".") and len(said) < 400
    assert any(said.startswith(opening) for opening in OPENINGS)
    unseen = [sign for sign in said if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn")]
    assert unseen == [], said


def test_what_a_text_box_takes_it_keeps_sign_for_sign(everything: Questionnaire) -> None:
    kept = 0
    for text in NAUGHTY:
        answer = parse_page(everything, "end", "zh", {"x16": [text]}).answers.get("x16")
        if answer is not None and answer.state == "answered":
            assert answer.value == text.replace("\r\n", "\n").strip()
            kept += 1
    assert kept > 250


def test_what_a_number_box_takes_is_a_number(everything: Questionnaire) -> None:
    taken = set()
    for text in NAUGHTY:
        answer = parse_page(everything, "unit", "zh", {"x03_staff": [text]}).answers.get("x03_staff")
        if answer is not None and answer.state == "answered":
            taken.add(text)
            read = read_number(text)
            assert type(answer.value) is int and read is not None and answer.value == read.value
    assert {"1e5", "NaN", "0x1f", "½", "10²", "٣", "1_000", "Infinity", "1/2", "-0.5"}.isdisjoint(taken)
    assert {"0", "00", "007", "1.0", "1.", "１２３", "1,0000", "0.1"} - taken == {"0.1"}
    assert "1,00" not in taken and "1.000.000" not in taken


def test_blank_is_never_zero_and_zero_never_blank(everything: Questionnaire) -> None:
    numbers = [name for name, leaf in everything.fields.items() if leaf.kind in ("int", "dec", "money", "pct")]
    for name in numbers:
        leaf = everything.fields[name]
        cell = f"{name}.1" if leaf.roster else name
        for text in ("", " ", "\t", "　", "\u00a0", "\r\n"):
            assert parse_page(everything, leaf.page, "zh", {cell: [text]}, rows=[1]).answers[cell].state == "blank"
        for text in ("0", "００", "0.0", "-0", *(() if leaf.kind == "pct" else ("0万",))):
            page = parse_page(everything, leaf.page, "zh", {cell: [text]})
            assert page.answers[cell] == Answer(page.answers[cell].value, "answered") and page.answers[cell].value == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_is_echoed_as_text_and_never_as_markup(everything: Questionnaire, lang: str) -> None:
    wanted = {page: Texts(str(render_page(everything, page, lang))).tags for page in ("unit", "end")}
    for text in NAUGHTY:
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            continue  # half a pair cannot be sent to a browser at all; the collector never gets one
        for page, names in (("unit", ("x02_address", "x03_staff")), ("end", ("x15_cases", "x16"))):
            parsed = parse_page(everything, page, lang, {name: [text] for name in names})
            shown = Texts(str(render_page(everything, page, lang, typed=parsed.typed, errors=parsed.errors)))
            assert shown.handlers == [] and "script" not in shown.tags and "svg" not in shown.tags
            assert set(shown.tags) <= {*wanted[page], "div", "h2", "ul", "li", "a", "p", "span"}
            for name in names:
                typed = text if name in parsed.typed else ""
                assert _as_a_browser_has_it(shown.inputs[name]) == _as_a_browser_has_it(typed), (name, text[:40])


def _as_a_browser_has_it(text: str) -> str:
    """A parser of HTML reads NUL and line ends its own way."""
    return text.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def test_they_pass_through_checks_and_export(everything: Questionnaire) -> None:
    r = random.Random(7)
    pages = list(BOXES)
    for _ in range(150):
        answers: dict[str, Answer] = {}
        for page in pages:
            typed = {name: [r.choice(NAUGHTY[:-8])] for name in BOXES[page]} | {"x04": ["yes"]}
            answers |= parse_page(everything, page, "zh", typed).answers
        for finding in run_checks(everything, answers, given=ANNUAL):
            assert finding.message["zh"] and finding.message["en"]
        assert exported_answers(everything, answers, given=ANNUAL)


def test_names_that_nobody_gave_are_passed_over(everything: Questionnaire) -> None:
    for name in NAUGHTY:
        for page in everything.pages:
            parsed = parse_page(
                everything, page.id, "zh", {name: ["1"], f"{name}.1": ["1"], f"x14_users.{name}": ["1"]}
            )
            assert parsed.errors == {}
            assert set(parsed.typed) <= ({"x14_users.1"} if page.id == "cases" and name == "1" else set())


def test_every_door_says_what_the_page_says(everything: Questionnaire) -> None:
    names = ("x02_address", "x03_staff", "x05_all", "x09", "x16")
    texts = [text for text in NAUGHTY if text.strip() and not any("\ud800" <= sign <= "\udfff" for sign in text)]
    texts = [text for text in texts if text.strip() not in ("#N/A", "#REF!", "#NAME?")]  # errors, in a cell
    wanted = {}
    for at, text in enumerate(texts):
        for page, name in (
            ("unit", names[0]),
            ("unit", names[1]),
            ("use", names[2]),
            ("use", names[3]),
            ("end", names[4]),
        ):
            parsed = parse_page(everything, page, "en", {name: [text]})
            wanted[at, name] = parsed.answers.get(name) or parsed.errors[name]
    for at, text in enumerate(texts):
        made = read_document(
            everything, json.dumps({"x02_address": text, "x09": text, "x16": text}).encode(), lang="en"
        )
        said = made.answers | {error.name: error.message for error in made.errors}
        assert said == {name: wanted[at, name] for name in ("x02_address", "x09", "x16")}, text[:40]
    for content, most in ((_as_csv(names, texts), 10**6), (_as_workbook(everything, names, texts), 32_000)):
        read = read_workbook(everything, content, lang="en")
        errors = {(error.unit, error.name): error.message for error in read.errors}
        for at, text in enumerate(texts):
            for name in names:
                if len(text) <= most and not (content[:2] == b"PK" and "\r" in text):  # XML knows one kind of line end
                    said = errors.get((f"U{at}", name)) or read.rows[f"U{at}"].answers[name]
                    assert said == wanted[at, name], (name, text[:40])


def _as_csv(names: tuple[str, ...], texts: list[str]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(["unit_id", *names])
    writer.writerows([f"U{at}", *[text] * len(names)] for at, text in enumerate(texts))
    return stream.getvalue().encode()


def _as_workbook(questionnaire: Questionnaire, names: tuple[str, ...], texts: list[str]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, definition = book.add_worksheet("everything"), book.add_worksheet(DEFINITION)
        definition.write_row(0, 0, ["definition_sha256", questionnaire.sha256])
        sheet.write_row(0, 0, ["unit_id", *names])
        for at, text in enumerate(texts, start=1):
            sheet.write_string(at, 0, f"U{at - 1}")
            for column in range(len(names)):
                sheet.write_string(at, column + 1, text[:32_000])
    return stream.getvalue()
