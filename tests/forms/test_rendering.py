"""Pages as HTML: what a browser would post back, what screen readers are told, and that no text becomes code."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.answers import (
    answers_from_json,
    answers_to_json,
    shown_value,
    typed_from_answers,
)
from forms.build import parse_page
from forms.checks import run_checks
from forms.flat import compile_page, flat_source
from forms.given import given_answers
from forms.model import BLANK, Answer, Field, Questionnaire
from forms.render import render_page
from forms.routing import route
from uptake.contract.errors import StoreError, TableError


class Browser(HTMLParser):
    """Collects the controls of a page as a browser would post them, the ids, and what refers to ids."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.posted: dict[str, list[str]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.text: list[str] = []
        self._select = self._area = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), (tag, attrs)
        self.tags.append((tag, given))
        self.ids += [given["id"]] if given.get("id") else []
        for key in ("for", "aria-describedby", "aria-labelledby"):
            self.refers += (given.get(key) or "").split()
        if (given.get("href") or "").startswith("#"):
            self.refers.append(given["href"][1:])
        self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str | None]) -> None:
        name = given.get("name") or ""
        if tag == "input" and (given["type"] == "text" or "checked" in given):
            self.posted.setdefault(name, []).append(given.get("value") or "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.posted.setdefault(self._select, []).append(given.get("value") or "")
        elif tag == "textarea":
            self._area = name
            self.posted[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.posted[self._area] = [self.posted[self._area][0].removeprefix("\n").replace("\n", "\r\n")]
            self._area = ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._area:
            self.posted[self._area][0] += data


def answers_for(leaf: Field) -> st.SearchStrategy[Answer]:
    """Draw any answer that a field can have."""
    made = {
        "int": st.integers(0, 10**6).map(lambda value: Answer(value, "answered")),
        "dec": st.integers(-5000, 5000).map(lambda value: Answer(Decimal(value).scaleb(-3), "answered")),
        "money": st.integers(0, 10**12).map(lambda value: Answer(Decimal(value).scaleb(-2), "answered")),
        "text": st.text(min_size=1, max_size=60, alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cf"])).map(
            lambda value: Answer(value.strip(), "answered") if value.strip() else BLANK
        ),
        "date": st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)).map(
            lambda day: Answer(day, "answered")
        ),
        "tick": st.sampled_from([Answer(True, "answered"), BLANK]),
    }
    if leaf.choices:
        codes = [choice.code for choice in leaf.choices if choice.code != "dont_know"]
        if leaf.kind == "selN":
            chosen = st.sampled_from(["records", "units", "records other", "nothing", "units other"])
            return st.one_of(st.just(BLANK), chosen.map(lambda value: Answer(value, "answered")))
        known = st.sampled_from(codes).map(lambda code: Answer(code, "answered"))
        return st.one_of(known, st.just(Answer(None, "dont_know"))) if leaf.dont_know else known
    drawn = made[leaf.kind]
    return st.one_of(drawn, st.just(Answer(None, "dont_know"))) if leaf.dont_know else st.one_of(drawn, st.just(BLANK))


@settings(
    derandomize=True, max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_page_shown_and_sent_back_gives_the_same_answers(every_type: Questionnaire, data: st.DataObject) -> None:
    for page in every_type.pages:
        asked = [leaf for leaf in page.fields if leaf.prefill is None or leaf.prefill.mode != "fixed"]
        answers = {leaf.name: data.draw(answers_for(leaf)) for leaf in asked}
        lang, other = data.draw(st.sampled_from([("zh", "en"), ("en", "zh")]))
        typed = typed_from_answers(every_type, page.id, answers)
        posted = Browser(render_page(every_type, page.id, lang, typed=typed)).posted
        assert parse_page(every_type, page.id, lang, posted).answers == answers
        again = Browser(render_page(every_type, page.id, other, typed=posted)).posted
        assert parse_page(every_type, page.id, other, again).answers == answers
        assert answers_from_json(every_type, answers_to_json(answers)) == answers


@settings(
    derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=120))
def test_any_text_is_parsed_and_shown_again_without_an_error(every_type: Questionnaire, text: str) -> None:
    for page in every_type.pages:
        names = [leaf.name for leaf in page.fields]
        parsed = parse_page(
            every_type, page.id, "zh", {name: [text, text] for name in names[::2]} | {names[-1]: [text]}
        )
        html = render_page(every_type, page.id, "zh", typed=parsed.typed, errors=parsed.errors)
        assert "<script" not in html


def test_every_reference_has_its_target_once(every_type: Questionnaire) -> None:
    answers = {"q03_staff": Answer(1, "answered"), "q03_rd": Answer(3, "answered"), "q04": Answer("yes", "answered")}
    findings = run_checks(every_type, answers)
    for page in every_type.pages:
        for lang in ("zh", "en"):
            errors = {leaf.name: "错" for leaf in page.fields}
            for shown in (
                render_page(every_type, page.id, lang),
                render_page(every_type, page.id, lang, findings=findings),
                render_page(every_type, page.id, lang, errors=errors, readings=errors),
            ):
                browser = Browser(shown)
                assert len(browser.ids) == len(set(browser.ids))
                assert set(browser.refers) <= set(browser.ids)


def test_every_control_has_a_label(every_type: Questionnaire) -> None:
    for page in every_type.pages:
        browser = Browser(render_page(every_type, page.id, "zh"))
        labelled = {attributes["for"] for tag, attributes in browser.tags if tag == "label"}
        for tag, attributes in browser.tags:
            if tag in ("input", "select", "textarea"):
                assert attributes["id"] in labelled or attributes.get("aria-labelledby"), attributes


def test_nothing_needs_a_script_or_an_inline_style(every_type: Questionnaire) -> None:
    for page in every_type.pages:
        for tag, attributes in Browser(render_page(every_type, page.id, "en")).tags:
            assert tag not in ("script", "style")
            assert not [key for key in attributes if key == "style" or key.startswith("on")]


def test_the_error_stands_in_the_summary_and_beside_the_field(every_type: Questionnaire) -> None:
    parsed = parse_page(every_type, "unit", "zh", {"q03_staff": ["1e5"]})
    html = str(render_page(every_type, "unit", "zh", typed=parsed.typed, errors=parsed.errors))
    sentence = "“1e5”读不成一个数。请只用数字填写，如 1200 或 1.2万；没有请填 0。"
    assert f'<li><a href="#q03_staff">{sentence}</a></li>' in html
    assert (
        f'<p class="error" id="q03_staff-error"><span class="visually-hidden">错误：</span>{sentence}</p>'
        '<span class="with-unit"><input type="text" id="q03_staff" name="q03_staff" value="1e5" class="input kind-int"'
        ' inputmode="numeric" autocomplete="off" spellcheck="false" aria-describedby="q03_staff-unit q03_staff-error"'
        ' aria-invalid="true">'
    ) in html
    assert html.count(sentence) == 2


def test_without_errors_there_is_no_summary(every_type: Questionnaire) -> None:
    html = render_page(every_type, "unit", "zh")
    assert "error" not in html


def test_a_soft_finding_asks_for_a_reason_and_keeps_it(every_type: Questionnaire) -> None:
    answers = {"q03_staff": Answer(10, "answered"), "q03_rd": Answer(6, "answered")}
    findings = [finding for finding in run_checks(every_type, answers, page="unit") if finding.severity == "soft"]
    html = render_page(every_type, "unit", "en", findings=findings, reasons={"many_rd": "A <research> institute"})
    assert Browser(html).posted["reason__many_rd"] == ["A <research> institute"]
    assert '<a href="#reason__many_rd">R&amp;D staff are more than half.</a>' in html
    assert "aria-invalid" not in html
    assert '<h2 id="error-summary-title">Please check</h2>' in html


def test_a_question_off_the_route_is_not_shown(load: Callable[[str], Questionnaire]) -> None:
    questionnaire = load(
        """\
        pages:
          - id: a
            title: {zh: 页, en: Page}
            questions: [{id: Q-1, text: {zh: 甲, en: A}, type: int}]
          - id: b
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-2, text: {zh: 乙, en: B}, type: int, relevant: "${q1} > 0"}
              - {id: Q-3, text: {zh: 丙, en: C}, type: int}
        """
    )
    for value, names in ((0, {"q3"}), (1, {"q2", "q3"})):
        way = route(questionnaire, {"q1": Answer(value, "answered")})
        assert set(Browser(render_page(questionnaire, "b", "zh", route=way)).posted) == names
    assert set(Browser(render_page(questionnaire, "b", "zh")).posted) == {"q2", "q3"}


def test_the_sample_fills_in_what_is_not_typed(every_type: Questionnaire) -> None:
    row = {"unit_id": "91350100M000100Y43", "province": "440000"}
    given = given_answers(every_type, row)
    html = render_page(every_type, "unit", "zh", given=given)
    assert "<strong>91350100M000100Y43</strong>" in html
    assert Browser(html).posted["q02_region"] == ["440000"]
    html = render_page(every_type, "unit", "zh", given=given, typed={"q02_region": ["110000"]})
    assert Browser(html).posted["q02_region"] == ["110000"]
    assert "q01" not in Browser(html).posted


def test_what_the_respondent_cleared_does_not_come_back(load: Callable[[str], Questionnaire]) -> None:
    questionnaire = load(
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 甲, en: A}, type: int, dont_know: true, prefill: {column: a, mode: editable}}
        """
    )
    given = given_answers(questionnaire, {"a": 7.0})
    for posted in ({"q1": [""]}, {"q1": [""], "q1__dk": ["1"]}):
        answers = parse_page(questionnaire, "p", "zh", posted).answers
        typed = typed_from_answers(questionnaire, "p", answers)
        assert Browser(render_page(questionnaire, "p", "zh", typed=typed, given=given)).posted == posted
    for typed in ({}, typed_from_answers(questionnaire, "p", {})):
        assert Browser(render_page(questionnaire, "p", "zh", typed=typed, given=given)).posted == {"q1": ["7"]}


def test_a_sample_that_cannot_fill_in_is_refused(every_type: Questionnaire) -> None:
    with pytest.raises(TableError) as lacking:
        given_answers(every_type, {"unit_id": "91350100M000100Y43"})
    assert str(lacking.value) == (
        'sample: no column "province", with which the questionnaire "small" fills in "q02_region". Add it to'
        " the frame, or remove it from questionnaires/small.yaml."
    )
    with pytest.raises(TableError) as wrong:
        given_answers(every_type, {"unit_id": "91350100M000100Y43", "province": "44"})
    assert str(wrong.value) == (
        'sample, column "province": the value "44" cannot fill in "q02_region" of the questionnaire "small"'
        " (“44” is not one"
        " of the choices. Choose one from the list.) Correct the frame."
    )


HOSTILE = '</legend><script>alert(1)</script>{{ 7*7 }}{% raw %}{# x #}" onfocus=alert(1) x="&amp;${q1}'


def test_hostile_words_of_a_questionnaire_stay_words(load: Callable[[str], Questionnaire]) -> None:
    quoted = "'" + HOSTILE.replace("'", "''") + "'"
    text = f"{{zh: {quoted}, en: {quoted}}}"
    questionnaire = load(
        f"""\
        definitions:
          - {{id: {quoted}, version: {quoted}, title: {text}, text: {text}, examples: [{{text: {text}, counts: yes}}]}}
        pages:
          - id: p
            title: {text}
            intro: {text}
            questions:
              - {{id: Q-1, text: {text}, hint: {text}, type: int, unit: {text}, definitions: [{quoted}]}}
              - {{id: Q-2, text: {text}, type: sel1, choices: [{{code: a, label: {text}, text: true}}]}}
              - {{id: Q-3, text: {text}, type: matrix, rows: [{{id: r, label: {text}}}],
                  columns: [{{id: c, label: {text}}}]}}
              - {{id: Q-4, text: {text}, type: selN, choices: [{{code: a, label: {text}}}]}}
              - {{id: Q-5, text: {text}, type: code, choices: [{{code: a, label: {text}}}]}}
        """
    )
    html = render_page(
        questionnaire, "p", "zh", typed={"q1": [HOSTILE], "q2_a_text": [HOSTILE]}, errors={"q1": HOSTILE}
    )
    browser = Browser(html)
    assert {tag for tag, _ in browser.tags} <= {
        "div", "h2", "ul", "li", "a", "p", "section", "details", "summary", "span", "label",
        "input", "fieldset", "legend",
        "table", "thead", "tbody", "tr", "th", "td", "select", "option",
    }  # fmt: skip
    assert not [key for _, attributes in browser.tags for key in attributes if key.startswith("on")]
    assert browser.posted["q1"] == [HOSTILE]
    assert browser.posted["q2_a_text"] == [HOSTILE]
    assert "".join(browser.text).count("{{ 7*7 }}{% raw %}{# x #}") >= 12


def test_a_page_is_compiled_once_to_a_template_without_labels_to_look_up(every_type: Questionnaire) -> None:
    assert compile_page(every_type, "detail", "zh") is compile_page(every_type, "detail", "zh")
    source = flat_source(every_type, "detail", "zh")
    assert "{% macro" not in source and "{% import" not in source
    assert "研发" in source and "R&amp;D" not in source


def test_both_languages_ask_for_the_same_fields(every_type: Questionnaire) -> None:
    for page in every_type.pages:
        names = [set(Browser(render_page(every_type, page.id, lang)).ids) for lang in ("zh", "en")]
        assert names[0] == names[1]
        chinese = re.findall(
            "[\u4e00-\u9fff]", re.sub(r"<option.*</option>", "", str(render_page(every_type, page.id, "en")))
        )
        assert not chinese


def test_answers_are_shown_as_people_read_them(every_type: Questionnaire) -> None:
    def shown(name: str, answer: Answer | None) -> tuple[str, str]:
        field = every_type.fields[name]
        return shown_value(field, answer, "zh"), shown_value(field, answer, "en")

    assert shown("q03_staff", Answer(12000, "answered")) == ("12,000 人", "12,000 persons")
    assert shown("q05", Answer(Decimal("1200.5"), "answered")) == ("1,200.50 万元", "1,200.50 ten thousand yuan")
    assert shown("q04", Answer("yes", "answered")) == ("是", "Yes")
    assert shown("q04", Answer(None, "dont_know")) == ("不清楚", "Don’t know")
    assert shown("q11", Answer("records other", "answered")) == ("记录、其他", "Records, Other")
    assert shown("q07", Answer(datetime.date(2026, 3, 5), "answered")) == ("2026-03-05", "2026-03-05")
    assert shown("q13", Answer(True, "answered")) == ("已确认", "confirmed")
    assert shown("q03_staff", None) == ("未填", "not given")
    assert shown("q03_staff", Answer(None, "not_applicable")) == ("不适用", "not applicable")


def test_a_store_of_another_questionnaire_is_refused(every_type: Questionnaire) -> None:
    with pytest.raises(StoreError) as other:
        answers_from_json(every_type, {"z9": {"state": "answered", "value": 1}})
    assert str(other.value) == (
        'stored answers name z9, which the questionnaire "small" does not have, so they would be lost. Open'
        " the wave with the"
        " questionnaire it was collected with."
    )
    with pytest.raises(StoreError):
        answers_from_json(every_type, {"q03_staff": {"state": "answered", "value": "many"}})


def test_the_templates_use_no_filter_that_switches_escaping_off() -> None:
    import forms.render

    for path in (Path(forms.render.__file__).parent / "templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", "") and "autoescape false" not in text
