"""A list with nothing to report: said it is 0, empty it is missing, at every door and to every rule."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from forms import source
from forms.answer_workbook import answer_workbook
from forms.answers import answers_from_json, answers_to_json, typed_from_answers
from forms.build import parse_page
from forms.checks import run_checks
from forms.document import read_document
from forms.exporting import exported_answers
from forms.given import given_answers, given_from_json, given_to_json
from forms.leaves import BLANK, Answer, Given
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.paper import render_paper
from forms.proof import prove
from forms.render import render_page
from forms.routing import walk
from forms.sheets import read_workbook
from forms.xlsform import export_xlsform, import_xlsform
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import read_yaml

HERE = Path(__file__).parent
NONE = {"n02_rows": Answer(0, "answered")}
STAFF = {"n01": Answer(9, "answered")}
ROW = {"n02_name.2": Answer("a", "answered"), "n02_users.2": Answer(4, "answered")}


@pytest.fixture(scope="module")
def asked() -> Questionnaire:
    faults: list[Fault] = []
    made = load_questionnaire(HERE / "nothing.yaml", root=HERE, faults=faults)
    assert made is not None and faults == []
    return made


def missing(asked: Questionnaire, answers: dict[str, Answer]) -> list[str]:
    return [one.check_id for one in run_checks(asked, answers) if one.missing]


def test_an_empty_list_is_missing_until_it_is_said_to_be_empty(asked: Questionnaire) -> None:
    (found,) = [one for one in run_checks(asked, STAFF) if one.page == "cases"]
    assert (found.check_id, found.fields, found.missing) == ("required_n02", ("n02_rows",), True)
    assert found.message.as_dict() == {
        "zh": "“应用场景”还没有填写。请至少填一行；没有的，请勾选“没有应用场景”。",
        "en": "No “Use case” has been listed. Fill in at least one row, or tick “No use cases to report”.",
    }
    assert "required_n02" not in missing(asked, STAFF | NONE)
    assert "required_n02" not in missing(asked, STAFF | ROW)


def test_a_list_without_the_box_may_stay_empty(asked: Questionnaire) -> None:
    assert not [check for check in missing(asked, STAFF | NONE) if "n03" in check]
    with pytest.raises(KeyError):
        asked.leaf("n03_rows")


def test_counts_and_sums_are_unknown_when_blank_and_nought_when_said(asked: Questionnaire) -> None:
    blank, said = walk(asked, STAFF), walk(asked, STAFF | NONE)
    assert "n02_name[]" not in blank.values and said.values["n02_name[]"] == () == said.values["n02_twice[]"]
    assert blank.values["n03_place[]"] == ()
    assert "more" not in blank.route.pages and "n04" not in blank.route.away  # not decided yet
    assert "more" in said.route.pages and "n05" in said.route.away
    assert walk(asked, STAFF | NONE | ROW).values["n02_users[]"] == (4,)  # rows go before the box
    soft = {one.check_id for one in run_checks(asked, STAFF | NONE)}
    assert "some" in soft and "some" not in {one.check_id for one in run_checks(asked, STAFF)}


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        (STAFF, None),
        (STAFF | {"n02_name.1": BLANK}, BLANK),
        (STAFF | {"n02_rows": BLANK}, BLANK),
        (STAFF | NONE, Answer(0, "answered")),
        (STAFF | NONE | ROW, Answer(1, "answered")),
        ({"n01": Answer(0, "answered")} | NONE, Answer(None, "not_applicable")),
    ],
)
def test_the_number_of_rows_is_exported(asked: Questionnaire, answers: dict[str, Answer], count: Answer | None) -> None:
    assert exported_answers(asked, answers).get("n02_rows") == count


@pytest.mark.parametrize(
    ("typed", "rows", "said"),
    [
        ({"n02_rows": ["0"]}, (1, 2), Answer(0, "answered")),
        ({}, (1, 2), BLANK),
        ({}, (3, 4), None),
        ({"n02_name.3": ["b"]}, (3, 4), BLANK),
        ({"n02_rows": ["0"], "n02_name.1": ["b"]}, (1, 2), BLANK),
        ({"n02_rows": ["0"], "n02_users.1": ["many"]}, (1, 2), BLANK),
        ({"n02_rows": ["7"]}, (1, 2), BLANK),
        ({"n02_rows": ["0"]}, None, Answer(0, "answered")),
    ],
)
def test_the_box_is_read_from_the_page(
    asked: Questionnaire, typed: dict[str, list[str]], rows: tuple[int, ...] | None, said: Answer | None
) -> None:
    read = parse_page(asked, "cases", "en", typed, rows=rows)
    assert read.answers.get("n02_rows") == said
    dropped = "n02_rows" in typed and said == BLANK and typed["n02_rows"] == ["0"]
    assert ("n02_rows" in read.readings) is dropped
    if dropped:
        assert read.readings["n02_rows"].startswith("There are rows, so “No use cases to report” was unticked.")


def box(html: str) -> str:
    found = re.search(r'<input type="checkbox" id="n02_rows"[^>]*>', html)
    return found[0] if found else ""


def test_the_box_stands_above_the_first_row_and_is_ticked_when_said(asked: Questionnaire) -> None:
    plain = render_page(asked, "cases", "zh")
    assert 'value="0"' in box(plain) and "checked" not in box(plain) and "没有应用场景" in plain
    assert plain.index('id="n02_rows"') < plain.index('id="n02.1"')
    typed = typed_from_answers(asked, "cases", NONE)
    assert typed == {"n02_rows": ["0"]}
    assert " checked" in box(render_page(asked, "cases", "zh", typed=typed, answers=NONE))
    assert "checked" not in box(render_page(asked, "cases", "zh", typed=typed, answers=NONE | ROW))
    assert "checked" not in box(render_page(asked, "cases", "zh", typed=typed | {"n02_name.1": ["a"]}))
    assert box(render_page(asked, "cases", "zh", rows=range(3, 5))) == ""
    assert box(render_page(asked, "sites", "zh")) == "" and "n03_rows" not in render_page(asked, "sites", "zh")
    read = parse_page(asked, "cases", "zh", {"n02_rows": ["0"], "n02_name.1": ["a"]}, rows=(1, 2))
    assert "勾选已取消" in render_page(asked, "cases", "zh", readings=read.readings)


def test_the_missing_word_is_asked_for_above_the_rows(asked: Questionnaire) -> None:
    html = render_page(asked, "cases", "en", findings=run_checks(asked, STAFF, page="cases"))
    assert 'id="n02-error"' in html and "tick “No use cases to report”" in html


@pytest.mark.parametrize("given", [0, {"value": 0, "state": "answered"}, "0"])
def test_json_says_it_by_the_number_of_rows(asked: Questionnaire, given: object) -> None:
    read = read_document(asked, {"n01": 9, "n02_rows": given})
    assert read.answers == STAFF | NONE and read.errors == ()


@pytest.mark.parametrize(
    "given", [1, None, {"value": None, "state": "not_applicable"}, {"value": None, "state": "blank"}]
)
def test_any_other_number_of_rows_says_nothing(asked: Questionnaire, given: object) -> None:
    assert read_document(asked, {"n01": 9, "n02_rows": given}).answers == STAFF
    assert read_document(asked, {"n01": 9, "n02": [{"n02_name": "a"}], "n02_rows": 1}).errors == ()


def test_json_with_rows_and_none_is_refused(asked: Questionnaire) -> None:
    read = read_document(asked, {"n01": 9, "n02": [{"n02_name": "a"}], "n02_rows": 0}, lang="en")
    assert [(error.pointer, error.name) for error in read.errors] == [("/n02_rows", "n02_rows")]
    assert "Keep one of the two" in read.errors[0].message and "n02_rows" not in read.answers
    (wrong,) = read_document(asked, {"n02_rows": -1}).errors
    assert wrong.name == "n02_rows"


def test_a_list_without_the_box_passes_its_number_over(asked: Questionnaire) -> None:
    assert read_document(asked, {"n01": 9, "n03_rows": 0}).answers == STAFF


def test_a_spreadsheet_says_it_in_a_column_of_its_own(asked: Questionnaire) -> None:
    book = openpyxl.load_workbook(io.BytesIO(answer_workbook(asked, ["A", "B", "C"], {"A": Given(prefilled={})})))
    sheet = book["nothing"]
    columns = [cell.value for cell in sheet[1]]
    assert "n02_rows" in columns and "n03_rows" not in columns
    at = columns.index("n02_rows") + 1
    assert "填 0；有的，留空" in str(sheet.cell(2, at).value) and "write 0" in str(sheet.cell(2, at).value)
    sheet.cell(3, at).value = 0
    sheet.cell(4, at).value = 2
    sheet.cell(5, at).value = 0
    rows = book["n02"]
    for column, value in (("unit_id", "C"), ("row", 1), ("n02_name", "a")):
        rows.cell(3, [cell.value for cell in rows[1]].index(column) + 1).value = value
    stream = io.BytesIO()
    book.save(stream)
    read = read_workbook(asked, stream.getvalue(), lang="en")
    assert read.rows["A"].answers["n02_rows"] == Answer(0, "answered")
    assert "n02_rows" not in read.rows["B"].answers and "n02_rows" not in read.rows["C"].answers
    assert [(error.sheet, error.unit) for error in read.errors] == [("n02", "C")]
    assert "this sheet has rows of it" in read.errors[0].message


def test_what_was_said_last_time_is_known_but_asked_again(asked: Questionnaire) -> None:
    given = given_answers(asked, {}, last=NONE)
    assert given.last == NONE and given.prefilled == {}
    assert given_from_json(asked, given_to_json(given)) == given
    assert answers_from_json(asked, answers_to_json(NONE)) == NONE
    assert walk(asked, STAFF, given=given).values["n02_name_last[]"] == ()
    assert "n02_name_last[]" not in walk(asked, STAFF, given=given_answers(asked, {}, last=STAFF)).values


def test_paper_has_the_box(asked: Questionnaire) -> None:
    for lang, words in (("zh", "没有应用场景"), ("en", "No use cases to report")):
        html = render_paper(asked, lang)
        assert f'<span class="square"></span>{words}' in html and html.count(words) == 1


def test_z3_ticks_the_box_where_there_are_no_rows(asked: Questionnaire) -> None:
    written = read_yaml(HERE / "nothing.yaml", source.Questionnaire, root=HERE, faults=[])
    assert written is not None
    proved = prove(asked, written)
    assert set(proved.reached) == {"N-01", "N-02", "N-03", "N-04", "N-05"} and proved.disagreements == ()
    assert proved.reached["N-04"].witness.answers["n02_rows"] == Answer(0, "answered")
    assert "n02_rows" not in proved.reached["N-05"].witness.answers


def test_xlsform_carries_the_box_and_tells_that_others_do_not_see_it(asked: Questionnaire, tmp_path: Path) -> None:
    written = read_yaml(HERE / "nothing.yaml", source.Questionnaire, root=HERE, faults=[])
    assert written is not None
    target = tmp_path / "nothing.xlsx"
    made = export_xlsform(written, asked, target)
    assert [one for one in made.notes if "N-02: standard tools do not ask whether there is nothing to report" in one]
    again = import_xlsform(target, faults=[])
    assert again is not None and again.questionnaire == asked


@pytest.mark.parametrize("least", ["1", "2"])
def test_a_list_that_needs_rows_cannot_offer_none(asked: Questionnaire, tmp_path: Path, least: str) -> None:
    text = (HERE / "nothing.yaml").read_text("utf-8").replace("max_rows: 6", f"max_rows: 6\n        min_rows: {least}")
    (tmp_path / "nothing.yaml").write_text(text, "utf-8")
    faults: list[Fault] = []
    load_questionnaire(tmp_path / "nothing.yaml", root=tmp_path, faults=faults)
    assert len(faults) == 1 and f'asks for at least {least} rows ("min_rows") and offers "nothing"' in str(faults[0])
