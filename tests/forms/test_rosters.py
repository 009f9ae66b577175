"""Rosters: rows that exist; cells read, judged and exported; whole columns in rules; sub-pages; the last wave."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from forms.answers import answers_from_json, answers_to_json, typed_from_answers
from forms.build import build_form, parse_page
from forms.checks import Finding, run_checks
from forms.exporting import computed_answers, exported_answers
from forms.leaves import Answer, Given, cell_name, split_cell
from forms.model import Questionnaire
from forms.rosters import rows_of
from forms.routing import route
from uptake.contract.errors import StoreError

Load = Callable[[str], Questionnaire]
ANNUAL = Given(sample={"annual": "yes"})
BEFORE = {"x03_staff": ["40"], "x03_rd": ["10"]}


def given(value: Any, state: Any = "answered") -> Answer:
    return Answer(value, state)


def told(**values: Any) -> dict[str, Answer]:
    """Answers by name; `x14_users__3` is the cell `x14_users.3`, "?" is don't know."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    return {name: given(None, "dont_know") if value == "?" else given(value) for name, value in named.items()}


GATE = told(x04="yes", x03_staff=40)


def ids(found: tuple[Finding, ...]) -> list[str]:
    return [finding.check_id for finding in found]


def test_cells_have_names() -> None:
    assert cell_name("x14_users", 12) == "x14_users.12"
    assert split_cell("x14_users.12") == ("x14_users", 12)
    for text in ("x14_users", "x14_users.0", "x14_users.012", "x14_users.12.1", ".1", "x14_users.", "a.１", "a.99999"):
        assert split_cell(text) == (text, 0)


def test_the_leaf_of_a_cell_is_its_column(everything: Questionnaire) -> None:
    assert everything.leaf("x14_users.2000") is everything.fields["x14_users"]
    assert everything.leaf("x03_staff") is everything.fields["x03_staff"]
    for name in ("x14_users", "x14_users.2001", "x03_staff.1", "x99"):
        with pytest.raises(KeyError):
            everything.leaf(name)


def test_the_roster_knows_its_columns(everything: Questionnaire) -> None:
    roster = everything.rosters["x14"]
    assert roster.names[:4] == ("x14_name", "x14_stage", "x14_tools", "x14_tools_other_text")
    assert (roster.max_rows, roster.min_rows, roster.rows_per_page) == (2000, 1, 10)
    assert roster.row_label["zh"] == "应用场景" and roster.hints["x14_users"]["zh"] == "期末数"
    assert everything.roster_of("cases") is roster and everything.roster_of("unit") is None
    assert everything.fields["x14_users"].roster == "x14"


def test_rows_exist_where_something_was_said(everything: Questionnaire) -> None:
    answers = {
        "x14_name.2": given("甲"),
        "x14_users.5": given(None, "dont_know"),
        "x14_users.7": given(None, "blank"),
        "x14_name.9": given(None, "not_applicable"),
        "x14_name.2001": given("beyond"),
        "x03_staff": given(3),
        "x03_staff.4": given(3),
    }
    assert rows_of(everything.rosters["x14"], answers) == (2, 5)


def test_cells_are_read_as_any_field_is(everything: Questionnaire) -> None:
    typed = {
        "x14_name.1": ["  甲  "], "x14_users.1": ["1.2万"], "x14_tools.1": ["other"], "x14_tools_other_text.1": ["丙"],
        "x14_users.3": ["1e5"], "x14_stage.3": ["nowhere"], "x14_users.4": ["7"], "x14_users.4__dk": ["1"],
        "x14_users.5__dk": ["1"], "x14_users.2001": ["4"], "x14_users": ["4"], "x14_each.1": ["9"],
    }  # fmt: skip
    page = parse_page(everything, "cases", "zh", typed)
    assert page.answers["x14_name.1"] == given("甲") and page.answers["x14_users.1"] == given(12000)
    assert page.answers["x14_tools_other_text.1"] == given("丙")
    assert page.answers["x14_name.3"] == given(None, "blank")
    assert page.answers["x14_users.5"] == given(None, "dont_know")
    assert page.readings == {"x14_users.1": "“1.2万”已读作 12,000 人"}
    assert set(page.errors) == {"x14_users.3", "x14_stage.3", "x14_users.4"}
    assert page.errors["x14_users.3"] == "“1e5”读不成一个数。请只用数字填写，如 1200 或 1.2万；没有请填 0。"
    assert not {"x14_each.1", "x14_users", "x14_users.2001"} & set(page.answers)
    assert set(typed) - set(page.typed) == {"x14_users.2001", "x14_users", "x14_each.1"}


def test_a_sub_page_reads_its_rows_and_no_others(everything: Questionnaire) -> None:
    typed = {"x14_name.1": ["甲"], "x14_name.12": ["乙"]}
    page = parse_page(everything, "cases", "zh", typed, rows=range(11, 21))
    assert {split_cell(name)[1] for name in page.answers} == set(range(11, 21))
    assert page.answers["x14_name.12"] == given("乙") and page.answers["x14_name.11"] == given(None, "blank")
    assert page.typed == {"x14_name.12": ["乙"]}


def test_the_form_of_a_sub_page_is_kept(everything: Questionnaire) -> None:
    form = build_form(everything, "cases", "zh", range(11, 21))
    assert build_form(everything, "cases", "zh", range(11, 21)) is form
    names = list(form()._fields)
    assert names[0] == "x14_name.11" and names[-1] == "x14_since.20" and len(names) == 90
    assert list(build_form(everything, "cases", "zh")()._fields)[-1] == "x14_since.10"


def test_many_rows_are_read_as_a_few_are(everything: Questionnaire) -> None:
    """More rows than a page shows are read without a form; the answers and sentences are the same."""
    texts = ["12", "1e5", "", "１２", "3亿", "-1"]
    typed = {f"x14_users.{row}": [texts[row % 6]] for row in range(1, 121)}
    typed |= {f"x14_users.{row}__dk": ["1"] for row in range(1, 121, 5)}
    many = parse_page(everything, "cases", "en", typed)
    for start in range(1, 121, 40):
        few = parse_page(everything, "cases", "en", typed, rows=range(start, start + 40))
        for name in few.answers.keys() | few.errors.keys():
            assert many.answers.get(name, given(None, "blank")) == few.answers.get(name, given(None, "blank"))
            assert many.errors.get(name) == few.errors.get(name)
            assert many.readings.get(name) == few.readings.get(name)
    assert many.answers["x14_users.26"] == given(None, "dont_know") and "x14_users.6" in many.errors | many.answers


def test_typed_again_and_read_again(everything: Questionnaire) -> None:
    answers = told(x14_name__2="甲", x14_users__2="?", x14_users__3=4, x14_tools__3="model other")
    typed = typed_from_answers(everything, "cases", answers)
    assert typed["x14_users.2__dk"] == ["1"] and typed["x14_tools.3"] == ["model", "other"]
    again = parse_page(everything, "cases", "zh", typed).answers
    assert {name: answer for name, answer in again.items() if answer.state != "blank"} == answers
    assert set(typed_from_answers(everything, "cases", answers, rows=[3])) == {"x14_users.3", "x14_tools.3"}


def test_required_columns_are_asked_for_in_rows_that_exist(everything: Questionnaire) -> None:
    answers = GATE | told(x14_name__1="甲", x14_stage__1="pilot", x14_users__1="?", x14_users__3=5)
    missing = [finding for finding in run_checks(everything, answers, given=ANNUAL, page="cases") if finding.missing]
    assert [finding.fields for finding in missing] == [("x14_name.3",), ("x14_stage.3",)]
    assert missing[0].message["zh"] == "应用场景 3：“名称”还没有填写。请填写。"
    assert missing[0].message["en"] == "Use case 3: “Name” has not been answered. Write an answer."
    assert missing[0].row == 3 and missing[0].page == "cases"
    assert run_checks(everything, answers, given=ANNUAL, page="cases", rows=range(1, 3)) == ()


def test_required_if_looks_at_the_row(everything: Questionnaire) -> None:
    answers = GATE | told(
        x14_name__1="甲", x14_stage__1="pilot", x14_users__1=1, x14_name__2="乙", x14_stage__2="routine", x14_users__2=1
    )
    found = run_checks(everything, answers, given=ANNUAL, page="cases")
    assert [finding.fields for finding in found] == [("x14_bought.2",)]


def test_words_of_a_choice_are_asked_in_the_row_where_it_was_chosen(everything: Questionnaire) -> None:
    row = told(x14_name__1="甲", x14_stage__1="pilot", x14_users__1=1)
    answers = GATE | row | told(x14_tools__1="other", x14_tools_other_text__2="unasked", x14_name__2="乙")
    exported = exported_answers(everything, answers, given=ANNUAL)
    assert exported["x14_tools_other_text.1"] == given(None, "blank")
    assert exported["x14_tools_other_text.2"] == given(None, "not_applicable")


def test_too_few_rows(everything: Questionnaire) -> None:
    (finding,) = run_checks(everything, GATE, given=ANNUAL, page="cases")
    assert finding.check_id == "required_x14" and finding.fields == ("x14_name.1",) and finding.missing
    assert finding.message["zh"] == "“应用场景”至少要填 1 行，现有 0 行。请补填。"
    assert finding.message["en"] == "At least 1 of “Use case” must be listed, and there are 0. Add the others."


def test_one_row_is_enough_where_one_is_needed(everything: Questionnaire) -> None:
    assert run_checks(everything, GATE | row(2), given=ANNUAL, page="cases") == ()


def row(number: int, **cells: Any) -> dict[str, Answer]:
    whole = {"name": f"甲{number}", "stage": "pilot", "users": 1} | cells
    return told(**{f"x14_{column}__{number}": value for column, value in whole.items()})


def test_a_rule_about_a_row_is_judged_in_each_row(everything: Questionnaire) -> None:
    answers = GATE | row(1, users=41) | row(2, users=40) | row(7, users=99) | row(8, users="?")
    found = run_checks(everything, answers, given=ANNUAL, page="cases")
    assert ids(found) == ["users_within_staff", "users_within_staff"]
    assert [finding.fields for finding in found] == [("x14_users.1", "x03_staff"), ("x14_users.7", "x03_staff")]
    everywhere = run_checks(everything, answers, given=ANNUAL)
    assert {finding.page for finding in everywhere if finding.row} == {"cases"}
    assert found[1].message["zh"] == ("应用场景 7：“甲7”的使用人数（99 人）多于从业人员（40 人）。请改正其中一个。")
    assert found[0].fingerprint != found[1].fingerprint and [finding.row for finding in found] == [1, 7]


def test_two_rows_with_the_same_answers_are_two_findings(everything: Questionnaire) -> None:
    """A reason given for one row explains nothing about another."""
    answers = GATE | row(1, name="甲", users=41) | row(2, name="甲", users=41)
    found = [each for each in run_checks(everything, answers, given=ANNUAL) if each.check_id == "users_within_staff"]
    assert len({finding.fingerprint for finding in found}) == 2


def test_a_reason_belongs_to_one_row(everything: Questionnaire) -> None:
    last = {name: answer for number in (1, 2) for name, answer in row(number).items()}
    known = Given(sample={"annual": "yes"}, last=last)
    answers = GATE | row(1, users=30) | row(2, users=20)
    found = run_checks(everything, answers, given=known, page="cases")
    assert [finding.key for finding in found] == ["users_grew.1", "users_grew.2"]
    assert found[0].message["en"] == "Use case 1: Users grew from 1 to 30. Please check."
    typed = typed_from_answers(everything, "cases", answers) | {"reason__users_grew.2": ["merger"]}
    assert parse_page(everything, "cases", "en", typed).reasons == {"users_grew.2": "merger"}
    left = run_checks(everything, answers, given=known, page="cases", confirmed=[found[1].fingerprint])
    assert [finding.row for finding in left] == [1]


def test_the_total_of_a_row(everything: Questionnaire) -> None:
    answers = GATE | row(1, cost=Decimal("5.00"), own=Decimal("2.00"), bought=Decimal("2.50")) | row(2, cost=Decimal(1))
    (finding,) = run_checks(everything, answers, given=ANNUAL, page="cases")
    assert finding.check_id == "total_x14_cost" and finding.fields == ("x14_cost.1",)
    assert finding.message["zh"] == (
        "应用场景 1：“费用”填报的是 5.00 万元，各分项相加是 4.50 万元。请改正其中有误的数，使两者相等。"
    )


def test_whole_columns(everything: Questionnaire) -> None:
    answers = GATE | row(1, name="甲") | row(2, name="乙") | row(9, name="甲", users=4)
    found = run_checks(everything, answers | told(x15_cases=2), given=ANNUAL)
    assert [finding.check_id for finding in found if not finding.missing] == ["names_differ", "cases_counted"]
    (same,) = [finding for finding in found if finding.check_id == "names_differ"]
    assert same.fields == ("x14_name.1",) and same.page == "cases" and same.row == 0
    changed = run_checks(everything, answers | row(9, name="丙"), given=ANNUAL)
    assert "names_differ" not in ids(changed)
    other = run_checks(everything, answers | row(2, name="丁"), given=ANNUAL)
    (moved,) = [finding for finding in other if finding.check_id == "names_differ"]
    assert moved.fingerprint != same.fingerprint


def test_a_rule_about_a_whole_column_is_shown_on_every_page_it_looks_at(everything: Questionnaire) -> None:
    answers = GATE | row(3) | told(x15_cases=2)
    for page in ("cases", "end"):
        (finding,) = [found for found in run_checks(everything, answers, given=ANNUAL, page=page) if not found.missing]
        assert finding.fields == ("x14_name.3", "x15_cases") and finding.page == page
        shown = [everything.leaf(name).page for name in finding.fields]
        assert page in shown


LATER = """\
pages:
  - id: p
    title: {zh: 页, en: Page}
    questions:
      - id: R
        text: {zh: 行, en: Rows}
        type: roster
        max_rows: 5
        row_label: {zh: 行, en: Row}
        prefill: {last_wave: true, mode: editable}
        columns:
          - {id: n, type: int, label: {zh: 数, en: Number}}
          - {id: k, type: selN, choice_list: kinds, label: {zh: 类, en: Kind}}
        checks:
          - {id: fewer, severity: soft, rule: "count(${r_n}) >= count(${r_n_last})", message: {zh: 少, en: fewer}}
          - {id: kept, severity: soft, rule: "sum(${r_n}) = sum(${r_n_prefilled})", message: {zh: 改, en: changed}}
          - {id: said, severity: soft, rule: "count(${r_k_other_text}) = 1", message: {zh: 其他, en: other}}
          - {id: same, severity: soft, rule: "${r_n} = ${r_n_prefilled}", message: {zh: "${r_n_prefilled}",
             en: "was ${r_n_prefilled}"}}
choice_lists:
  kinds: [{code: a, label: {zh: 甲, en: A}}, {code: other, label: {zh: 其他, en: Other}, text: true}]
"""


def test_whole_columns_of_the_last_wave(load: Load) -> None:
    questionnaire = load(LATER)
    last = told(r_n__1=3, r_n__2=4, r_n__3=5, r_k__3="a")
    known = Given(last=last, prefilled={name: last[name] for name in ("r_n.1", "r_n.2")})

    def found(**values: Any) -> dict[str, str]:
        answers, made = told(**values), run_checks(questionnaire, told(**values), given=known)
        assert run_checks(questionnaire, answers, given=known) == made
        return {finding.key: finding.message["en"] for finding in made if not finding.missing}

    kinds = {"r_k__1": "a", "r_k__2": "other", "r_k_other_text__2": "x"}
    assert found(r_n__1=3, r_n__2=4, **kinds) == {"fewer": "fewer"}
    assert found(r_n__1=1, r_n__2=6, r_n__3=1, **kinds, r_k__3="a") == {
        "kept": "changed", "same.1": "Row 1: was 3", "same.2": "Row 2: was 4",
    }  # fmt: skip
    assert found(r_n__1=3, r_n__2=4, r_n__3=0, **kinds, r_k__3="other", r_k_other_text__3="y") == {"said": "other"}
    without = run_checks(questionnaire, told(r_n__1=1))
    assert not [finding for finding in without if finding.check_id in ("fewer", "kept", "same")]  # unknown, not 0 rows


def test_a_sum_is_unknown_while_a_cell_is(everything: Questionnaire) -> None:
    whole = GATE | row(1) | row(2, users=6)
    assert computed_answers(everything, whole, given=ANNUAL)["x15_users"] == given(7)
    part = GATE | row(1) | row(2, users="?")
    assert computed_answers(everything, part, given=ANNUAL)["x15_users"] == given(None, "blank")


def test_computed_columns(everything: Questionnaire) -> None:
    answers = GATE | row(1, cost=Decimal(10), users=3) | row(2, cost=Decimal(10), users=0) | row(4)
    made = computed_answers(everything, answers, given=ANNUAL)
    assert made["x14_each.1"] == given(Decimal("3.33"))
    assert made["x14_each.2"] == given(None, "blank") and made["x14_each.4"] == given(None, "blank")


def test_what_is_exported(everything: Questionnaire) -> None:
    answers = GATE | row(2) | row(5, users="?")
    exported = exported_answers(everything, answers, given=ANNUAL)
    assert exported["x14_rows"] == given(2)
    assert exported["x14_users.5"] == given(None, "dont_know") and exported["x14_since.2"] == given(None, "blank")
    cells = {name for name in exported if split_cell(name)[1]}
    assert cells == {cell_name(name, number) for name in everything.rosters["x14"].names for number in (2, 5)}


def test_nothing_typed_is_not_zero_rows(everything: Questionnaire) -> None:
    assert "x14_rows" not in exported_answers(everything, GATE, given=ANNUAL)
    seen = GATE | {"x14_name.1": given(None, "blank")}
    assert exported_answers(everything, seen, given=ANNUAL)["x14_rows"] == given(None, "blank")
    away = exported_answers(everything, seen | told(x04="no") | row(1), given=ANNUAL)
    assert away["x14_rows"] == given(None, "not_applicable") and not [name for name in away if split_cell(name)[1]]


def test_a_roster_that_is_not_asked_is_not_judged(everything: Questionnaire) -> None:
    answers = GATE | row(1, users=99) | told(x04="no", x15_cases=4)
    assert not [finding for finding in run_checks(everything, answers, given=ANNUAL) if not finding.missing]
    assert "x14_users" in route(everything, answers, given=ANNUAL).away
    assert computed_answers(everything, answers, given=ANNUAL)["x15_users"] == given(None, "blank")


def test_answers_of_rows_go_through_json(everything: Questionnaire) -> None:
    answers = row(3, since=None) | {"x14_since.3": given(None, "blank")}
    assert answers_from_json(everything, answers_to_json(answers)) == answers
    with pytest.raises(StoreError, match=r"x14_users, x14_users\.2001, x99"):
        answers_from_json(everything, answers_to_json(told(x14_users=1, x14_users__2001=1, x99=1)))


def test_a_roster_that_is_away_settles_what_follows(everything: Questionnaire, load: Load) -> None:
    body = LATER.replace("pages:", GATE_PAGE, 1).replace("choice_lists:", LAST_PAGE + "choice_lists:", 1)
    body = body.replace("  - id: p\n", '  - id: p\n    relevant: "${g} > 1"\n', 1)
    questionnaire = load(body)
    assert route(questionnaire, told(g=1)).away[-1] == "z"
    assert route(questionnaire, told(g=2, r_n__1=1)).pages == ("gate", "p", "end")
    assert route(questionnaire, told(g=2)).away == ("z",)  # no rows so far: 0, and not above 0
    assert "z" not in route(questionnaire, {}).away
    least = load(body.replace("count(${r_n}) > 0", "min(${r_n}) > 0"))
    assert route(least, told(g=1)).away[-1] == "z"
    assert "z" not in route(least, told(g=2)).away  # a row may still be added


GATE_PAGE = """\
pages:
  - id: gate
    title: {zh: 页, en: Page}
    questions:
      - {id: G, text: {zh: 数, en: Number}, type: int}
"""
LAST_PAGE = """\
  - id: end
    title: {zh: 页, en: Page}
    relevant: "count(${r_n}) > 0"
    questions:
      - {id: Z, text: {zh: 数, en: Number}, type: int}
"""


def test_the_route_settles_when_the_rows_do(load: Load) -> None:
    questionnaire = load("""\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - id: R
                text: {zh: 行, en: Rows}
                type: roster
                max_rows: 5
                row_label: {zh: 行, en: Row}
                columns:
                  - {id: n, type: int, label: {zh: 数, en: Number}, dont_know: true}
          - id: q
            title: {zh: 页, en: Page}
            relevant: "sum(${r_n}) > 5"
            questions:
              - {id: Q, text: {zh: 数, en: Number}, type: int}
        """)
    assert route(questionnaire, told(r_n__1=3, r_n__2=3)).pages == ("p", "q")
    assert "q" in route(questionnaire, told(r_n__1=3)).away
    assert "q" in route(questionnaire, told(r_n__1="?", r_n__2=9)).away
    undecided = route(questionnaire, told(r_n__2=9) | {"r_n__1": given(None, "blank")})
    assert undecided.pages == ("p", "q")
