"""Rosters, computed values, sums, last answers and wording arms as HTML."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from forms.flat import compile_page
from forms.loader import load_questionnaire
from forms.model import NOTHING_GIVEN, Answer, Given, Questionnaire
from forms.render import render_page
from tests.forms.test_rendering import Browser
from uptake.contract.text import Text

STUDY = Path(__file__).parents[1] / "collector" / "cases"


@pytest.fixture(scope="module")
def cases() -> Questionnaire:
    """The questionnaire on use cases: every construct that a respondent meets."""
    loaded = load_questionnaire(STUDY / "questionnaires" / "cases.yaml", root=STUDY, faults=[])
    assert loaded is not None
    return loaded


def answered(value: object) -> Answer:
    return Answer(value, "answered")  # type: ignore[arg-type]


def words_of(html: str) -> str:
    return " ".join("".join(Browser(html).text).split())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_card_names_its_row_and_every_input_its_cell(cases: Questionnaire, lang: str) -> None:
    html = render_page(
        cases, "cases", lang, rows=range(11, 14), typed={"u06_users.12": ["3"], "u06_kind.12": ["other"]}
    )
    page = Browser(html)
    label = cases.rosters["u06"].row_label[lang]
    assert html.count('<fieldset class="card"') == 3
    assert all(f"{label} {row}</legend>" in html for row in (11, 12, 13))
    assert len(page.ids) == len(set(page.ids)) and set(page.refers) <= set(page.ids)
    assert page.posted["u06_users.12"] == ["3"] and page.posted["u06_kind.12"] == ["other"]
    assert page.posted["u06_name.11"] == [""] and "u06_name.14" not in page.posted
    names = {given["name"] for tag, given in page.tags if tag == "input" and given["name"].endswith(".13")}
    assert names == {f"u06_{column}.13" for column in ("name", "kind", "kind_other_text", "users", "cost", "tested")}


def test_only_rows_with_something_in_them_can_be_removed(cases: Questionnaire) -> None:
    given = Given(prefilled={"u06_name.3": answered("上期")})
    html = render_page(
        cases, "cases", "zh", rows=range(1, 6), typed={"u06_users.2": ["x"]}, given=given,
        answers={"u06_name.1": answered("一")},
    )  # fmt: skip
    assert [row for row in range(1, 6) if f'name="u06.{row}__remove"' in html] == [1, 2, 3]
    assert 'id="u06.3-note"' in html and 'id="u06.1-note"' not in html  # only row 3 comes from the last wave
    assert "第 1–5 行；已填 2 行，最多 2,000 行" in html
    ticked = render_page(cases, "cases", "zh", rows=[1], typed={"u06_users.1": ["x"], "u06.1__remove": ["1"]})
    assert Browser(ticked).posted["u06.1__remove"] == ["1"] and Browser(ticked).posted["u06_users.1"] == ["x"]


def test_errors_of_cells_stand_beside_them_and_in_the_summary(cases: Questionnaire) -> None:
    html = render_page(cases, "cases", "zh", rows=[1, 2], typed={"u06_users.2": ["1e5"]},
                       errors={"u06_users.2": "“1e5”读不成一个数。", "u06_users.9": "不在此页。"})  # fmt: skip
    assert '<a href="#u06_users.2">应用场景 2：“1e5”读不成一个数。</a>' in html and "不在此页" not in html
    assert 'aria-describedby="u06_users.2-unit u06_users.2-error" aria-invalid="true"' in html
    assert 'id="u06_users.1-error"' not in html


def test_what_was_typed_in_a_cell_never_becomes_code(cases: Questionnaire) -> None:
    evil = "{{ 7*7 }}{% endfor %}<script>alert(1)</script>"
    html = render_page(cases, "cases", "en", rows=[1], typed={"u06_name.1": [evil]})
    assert "<script>" not in html and "49" not in html and Browser(html).posted["u06_name.1"] == [evil]


def test_every_row_shows_its_own_texts_whatever_they_say(cases: Questionnaire) -> None:
    """Cards are filled by names without their row: what one row says must not reach another, nor look like a row."""
    said = {1: "u06_kind.2=other", 2: "[0:row] {{ n }} u06_name.3", 3: "", 12: "u06_users.1.=7"}
    typed = {f"u06_name.{row}": [text] for row, text in said.items()} | {
        "u06_kind.12": ["other"],
        "u06.2__remove": ["1"],
    }
    errors, reasons = {"u06_name.2": "二", "u06_users.12": "十二"}, {"u06_name.1": "读作一"}
    html = render_page(cases, "cases", "zh", rows=[*said], typed=typed, errors=errors, readings=reasons)
    page = Browser(html)
    assert [page.posted[f"u06_name.{row}"] for row in said] == [[text] for text in said.values()]
    assert "u06_kind.2" not in page.posted and page.posted["u06_kind.12"] == ["other"]
    assert "u06.2__remove" in page.posted and "u06.12__remove" not in page.posted
    assert [name for name in ("u06_name", "u06_users") for row in said if f'id="{name}.{row}-error"' in html] == [
        "u06_name", "u06_users"]  # fmt: skip
    assert 'id="u06_name.1-reading"' in html and html.count("读作一") == 1


def test_last_answers_stand_beside_the_empty_box_and_never_in_it(cases: Questionnaire) -> None:
    given = Given(prefilled={"u02_staff": answered(120), "u02_rd": answered(12)})
    html = render_page(cases, "unit", "zh", given=given)
    assert "上期填报：12 人" in html and 'aria-describedby="u02_rd-unit u02_rd-note"' in html
    assert Browser(html).posted["u02_rd"] == [""] and Browser(html).posted["u02_staff"] == ["120"]
    assert "Last time: 12 persons" in render_page(cases, "unit", "en", given=given)
    assert "u02_rd-note" not in render_page(cases, "unit", "zh")


def test_computed_values_and_sums_are_shown_and_cannot_be_typed(cases: Questionnaire) -> None:
    known = {"u02_share": answered(Decimal("10.0")), "u03_software": answered(Decimal("1200.50"))}
    html = render_page(cases, "unit", "zh", answers=known)
    assert "<strong>10.0</strong>" in html and 'name="u02_share"' not in html and "u03_all-total" not in html
    both = {**known, "u03_cloud": answered(Decimal("0.50"))}
    assert "各分项相加：1,201.00 万元" in render_page(cases, "unit", "zh", answers=both, typed={"u03_all": ["7"]})
    assert Browser(render_page(cases, "unit", "zh", answers=both, typed={"u03_all": ["7"]})).posted["u03_all"] == ["7"]
    assert "相关各项填写并保存后显示" in render_page(cases, "unit", "zh")


def test_a_unit_sees_the_words_of_its_arm_and_each_arm_is_compiled_once(cases: Questionnaire) -> None:
    own, other = (Given(arms={"w2026": arm}) for arm in "ab")
    assert "本季度是否使用了人工智能？" in render_page(cases, "use", "zh", given=own)
    shown = render_page(cases, "use", "zh", given=other)
    assert "含免费工具" in shown and "试用也算。" in shown and "是否使用了人工智能" not in shown
    assert "本季度是否使用了人工智能？" in render_page(cases, "use", "zh", given=NOTHING_GIVEN)
    assert compile_page(cases, "use", "zh", (("w2026", "b"),)) is compile_page(cases, "use", "zh", (("w2026", "b"),))
    assert render_page(cases, "unit", "zh", given=own) == render_page(cases, "unit", "zh", given=other)
    assert isinstance(cases.question("U-05").wordings[0].text, Text)


def test_a_row_of_last_time_that_was_removed_is_not_offered_again(cases: Questionnaire) -> None:
    given = Given(prefilled={"u06_name.2": answered("上期"), "u06_name.3": answered("上期")})
    html = render_page(cases, "cases", "zh", rows=[1, 2, 3], given=given, answers={"u06_name.3": Answer(None, "blank")})
    assert 'id="u06.2-note"' in html and 'id="u06.3-note"' not in html
    assert 'name="u06.2__remove"' in html and 'name="u06.3__remove"' not in html and "已填 1 行" in html
