"""Paper copies: what stands on the screen stands on paper, in both languages, accessible and stable."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import page
import pypdfium2
import pytest

from forms.model import Question, Questionnaire
from forms.paper import render_paper, render_return
from forms.returns import Return
from reports import print_pdf
from tests.end_to_end.conftest import run_uptake
from uptake.contract.text import Text
from uptake.study import load_study

STUDY = Path(__file__).resolve().parents[2] / "uptake" / "studies" / "aiplus"
LANGUAGES = ("zh", "en")


@cache
def questionnaires() -> dict[str, Questionnaire]:
    return load_study(STUDY).questionnaires


@cache
def returns() -> dict[str, Return]:
    return dict(load_study(STUDY).returns)


@cache
def printed(name: str, lang: str) -> bytes:
    if name in returns():
        sent = returns()[name]
        return print_pdf(
            render_return(sent, lang), lang=lang, title=sent.title[lang], created="2027-01-01", identifier=sent.sha256
        )
    asked = questionnaires()[name]
    period = Text.of(zh="2026年第四季度", en="fourth quarter of 2026")
    html = render_paper(asked, lang, period=period)
    return print_pdf(html, lang=lang, title=asked.title[lang], created="2027-01-01", identifier=asked.sha256)


@cache
def text_of(name: str, lang: str) -> str:
    document = pypdfium2.PdfDocument(printed(name, lang))
    return squeezed("".join(sheet.get_textpage().get_text_bounded() for sheet in document))


def squeezed(text: str) -> str:
    """Return text without blanks and without the hyphens and line ends that layout puts in."""
    return re.sub(r"[\s\u00ad\ufffe\x02-]+", "", unicodedata.normalize("NFKC", text))


def words_of(asked: Questionnaire, question: Question, lang: str) -> list[str]:
    labels = [question.text[lang]] + ([question.hint[lang]] if question.hint else [])
    for part in question.parts:
        labels += [text[lang] for text in (part.label, part.hint) if text]
        labels += [row.label[lang] for row in (*part.rows, *part.columns)]
    for roster in (asked.rosters[part.fields[0].roster] for part in question.parts if part.type == "roster"):
        labels += [leaf.label[lang] for leaf in roster.columns] + [hint[lang] for hint in roster.hints.values()]
        labels.append(roster.row_label[lang])
    return labels + [choice.label[lang] for leaf in question.fields for choice in leaf.choices]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(questionnaires()))
def test_every_word_of_the_screen_stands_on_paper(name: str, lang: str) -> None:
    asked, text = questionnaires()[name], text_of(name, lang)
    wanted = [word for page in asked.pages for question in page.questions for word in words_of(asked, question, lang)]
    wanted += [page.title[lang] for page in asked.pages] + [notice[lang] for notice in asked.notices]
    wanted += [part for box in asked.definitions.values() for part in box.text[lang].split("\n")]
    wanted += [asked.header.table_number, asked.header.approval_number, asked.header.valid_until.isoformat()]
    wanted += [question.id for page in asked.pages for question in page.questions]
    assert [word for word in wanted if squeezed(word) not in text] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(returns()))
def test_every_metric_stands_on_paper(name: str, lang: str) -> None:
    sent, text = returns()[name], text_of(name, lang)
    wanted = [sent.title[lang], *(notice[lang] for notice in sent.notices)]
    for metric in sent.metrics.values():
        wanted += [metric.id, metric.name[lang], metric.definition[lang]]
        wanted += [word[lang] for measure in metric.measures for word in (measure.label, measure.unit)]
        wanted += [code.label[lang] for code in metric.dimension.codes] if metric.dimension else []
    assert [word for word in wanted if squeezed(word) not in text] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted({**questionnaires(), **returns()}))
def test_paper_is_accessible(tmp_path: Path, name: str, lang: str) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(printed(name, lang))
    for profile in ("ua1", "3a"):
        assert [str(failure) for failure in page.validate_pdf(str(path), profile=profile).failures] == []


def test_no_name_of_a_field_is_printed() -> None:
    for asked in questionnaires().values():
        for lang in LANGUAGES:
            html = re.sub(r"<style.*?</style>|<[^>]*>", " ", render_paper(asked, lang), flags=re.S)
            assert [leaf for leaf in asked.fields if re.search(rf"\b{leaf}\b", html)] == []
            assert "${" not in html


def test_the_command_prints_the_same_bytes_twice(tmp_path: Path) -> None:
    study = tmp_path / "study"
    run_uptake("init", study)
    said = run_uptake("paper", study, "--questionnaire", "enterprise")
    files = sorted((study / "releases" / "paper").iterdir())
    assert [file.name.rpartition("-")[2] for file in files] == ["en.pdf", "zh.pdf"]
    assert all(str(file) in said for file in files)
    first = [file.read_bytes() for file in files]
    run_uptake("paper", study)
    assert [file.read_bytes() for file in files] == first


def test_an_unknown_questionnaire_and_language_are_told(tmp_path: Path) -> None:
    study = tmp_path / "study"
    run_uptake("init", study)
    assert 'Did you mean "enterprise"?' in run_uptake("paper", study, "--questionnaire", "enterprize", expect=1)
    said = run_uptake("paper", study, "--lang", "fr", expect=1)
    assert 'The language "fr" has no words for printed forms' in said and "Traceback" not in said
