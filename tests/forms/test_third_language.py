"""A study brings the program's words in a third language: pages, messages, paper speak it, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from forms import load_questionnaires, read_document
from forms.answers import shown_value
from forms.build import parse_page
from forms.checks import run_checks
from forms.leaves import Answer
from forms.model import Questionnaire
from forms.paper import render_paper, say_condition
from forms.render import render_page
from forms.vocabulary import learn_words, program_words, slots_of, words_template
from forms.words import word
from tests.forms.third_language import LANG, forgotten, write_questionnaire, write_words
from uptake.contract.errors import Fault

HERE = Path(__file__).parent


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Path]:
    for name in ("everything.yaml", "nothing.yaml"):
        write_questionnaire(HERE / name, tmp_path)
    write_words(tmp_path)
    with forgotten():
        yield tmp_path


def loaded(study: Path) -> dict[str, Questionnaire]:
    faults: list[Fault] = []
    made = load_questionnaires(study, faults=faults)
    assert faults == [], [str(fault) for fault in faults]
    return made


class Words(HTMLParser):
    """The words of a page that a person reads, each with where it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden = tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden and data.strip():
            self.found.append(data.strip())


def foreign(html: str) -> list[str]:
    """Return what a page says outside ‹…›: numbers, codes and signs alone are of no language."""
    words = Words()
    words.feed(html)
    text = " ".join(words.found)
    while "‹" in text:
        shorter = re.sub(r"‹[^‹›]*›", " ", text)
        if shorter == text:
            break
        text = shorter
    return re.findall(r"[^\W\d_]{2,}", text)


def test_pages_speak_the_language_whole(study: Path) -> None:
    for asked in loaded(study).values():
        for page in asked.pages:
            findings = run_checks(asked, {}, page=page.id)
            html = render_page(asked, page.id, LANG, findings=findings)
            left = set(foreign(html)) - {"Shanghai"}
            assert left == set(), (page.id, left)


def test_messages_and_values_speak_the_language(study: Path) -> None:
    asked = loaded(study)["everything"]
    read = parse_page(asked, "unit", LANG, {"x03_staff": ["many"], "x03_rd": ["1.5"]})
    assert read.errors == {
        "x03_staff": "‹“many” cannot be read as a number. Use digits only, such as 1200; write 0 if there is none.›",
        "x03_rd": "‹“1.5” is not a whole number. Write a whole number such as 1200; write 0 if there is none.›",
    }
    answers = {"x03_staff": Answer(3, "answered"), "x03_rd": Answer(5, "answered")}
    (broken,) = [one for one in run_checks(asked, answers) if one.check_id == "rd_within_staff"]
    assert broken.message[LANG] == "‹R&D staff (5) exceed persons employed (3). Correct one of the two.›"
    missing = next(one for one in run_checks(asked, {}) if one.check_id == "required_x03_rd")
    assert missing.message[LANG].startswith("‹“‹R&D staff›” has not been answered.")
    leaf = asked.fields["x05_all"]
    assert shown_value(leaf, None, LANG) == "‹not given›" and leaf.unit is not None
    assert leaf.unit[LANG] == "‹ten thousand yuan›"
    region = asked.fields["x02_region"]
    names = {choice.code: choice.label[LANG] for choice in region.choices}
    assert names["110000"] == "‹Beijing›" and names["310000"] == "Shanghai"  # no word for it: the English name
    (error,) = read_document(asked, {"x99": 1}, lang=LANG).errors
    assert error.message.startswith("‹The questionnaire has nothing called")


def test_paper_speaks_the_language(study: Path) -> None:
    for asked in loaded(study).values():
        html = render_paper(asked, LANG)
        assert f'<html lang="{LANG}">' in html and "‹Checks›" in html
        left = set(foreign(html.replace(asked.header.approval_number, ""))) - {"Shanghai"}
        assert left == set(), left
    asked = loaded(study)["everything"]
    page = asked.page("detail")
    assert page.relevant is not None
    assert say_condition(asked, page.relevant, LANG) == "‹X-04 is “‹Yes›”›"


def test_the_other_languages_stay_what_they_were(study: Path) -> None:
    asked = loaded(study)["everything"]
    plain = load_questionnaires(HERE.parent / "collector" / "cases", faults=[])["cases"]  # not written in it
    assert word("optional", "zh") == "（选填）" and word("optional", "en") == "(optional)"
    assert LANG not in run_checks(plain, {})[0].message.as_dict()
    assert "‹" not in render_page(asked, "unit", "en")
    assert {len(text.by_lang) for text in program_words().values()} == {3}


def test_every_missing_word_is_listed_and_nothing_is_learned(study: Path) -> None:
    write_words(study, without=("words.choose", "refusals.date", "phrases.and"))
    faults: list[Fault] = []
    assert learn_words(study, faults=faults) == ()
    assert [str(fault) for fault in faults] == [
        f"words/{LANG}.yaml:1: 3 of {len(program_words())} words are missing, and half a page would be in another"
        " language. Write: words.choose, refusals.date, phrases.and."
    ]


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("words.choos", "x", 'the program has no words called "words.choos". Did you mean "words.choose"?'),
        ("words.choose_at_most", "up to {mots}", '"words.choose_at_most" does not have the slots of the program\'s'
                                                 " sentence. Use each of these and no other: {most}."),
        ("words.choose", "{typed", '"words.choose" has a brace that opens or closes nothing'),
        ("sentences.total", "no slots", "Use each of these and no other: {label()}, {sum()}, {total()}."),
    ],
)  # fmt: skip
def test_a_wrong_word_is_told_with_its_line(study: Path, key: str, text: str, says: str) -> None:
    path = write_words(study, **{key.replace(".", "__"): text})
    line = path.read_text("utf-8").splitlines().index(next(
        line for line in path.read_text("utf-8").splitlines() if line.strip().startswith(f"{key}:"))) + 1  # fmt: skip
    faults: list[Fault] = []
    assert learn_words(study, faults=faults) == ()
    assert any(str(fault).startswith(f"words/{LANG}.yaml:{line}: ") and says in str(fault) for fault in faults), faults


def test_a_questionnaire_that_is_not_written_in_it_is_refused(study: Path) -> None:
    (study / "questionnaires" / "nothing.yaml").write_text((HERE / "nothing.yaml").read_text("utf-8"), encoding="utf-8")
    faults: list[Fault] = []
    load_questionnaires(study, faults=faults)
    assert [fault.where for fault in faults] == ["questionnaires/nothing.yaml:1"]
    assert f'Write its texts in "{LANG}" too, or remove that file.' in str(faults[0])


def test_the_programs_own_languages_cannot_be_brought(study: Path) -> None:
    (study / "words" / f"{LANG}.yaml").rename(study / "words" / "en.yaml")
    faults: list[Fault] = []
    assert learn_words(study, faults=faults) == ()
    assert 'the program has its own words in "en"' in str(faults[0])


def test_the_template_has_every_key_and_reads_as_empty_words(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    path = tmp_path / "words" / f"{LANG}.yaml"
    path.write_text(words_template(LANG, {}), encoding="utf-8")
    assert set(yaml.safe_load(path.read_text("utf-8"))["words"]) == set(program_words())
    faults: list[Fault] = []
    assert learn_words(tmp_path, faults=faults) == ()
    assert all(f"{key}" in str(faults[0]) for key in program_words())


def test_slots_of_checks_are_slots() -> None:
    assert slots_of("${sum()} {0} {{x}}") == {"sum()", "0"}
