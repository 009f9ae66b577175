"""Conditions in words: question numbers and labels in both languages, never names, codes or signs of the language."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from markupsafe import escape

from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.paper import render_paper, say_condition
from forms.paper.items import item_numbers, letter
from forms.paper.rules import said_rules
from uptake.contract.expressions import parse

PAGES = """\
choice_lists:
  yes_no:
    - {code: "yes", label: {zh: 是, en: "Yes"}}
    - {code: "no", label: {zh: 否, en: "No"}}
pages:
  - id: one
    title: {zh: 一, en: One}
    questions:
      - {id: Q-1, text: {zh: 用不用, en: Use}, type: sel1, choice_list: yes_no, dont_know: true}
      - id: Q-2
        text: {zh: 人数, en: Persons}
        parts:
          - {id: all, type: int, label: {zh: 全部, en: All}, prefill: {column: staff, mode: editable}}
          - {id: rd, type: int, label: {zh: 其中研发, en: of which R&D}}
      - {id: Q-3, text: {zh: 来源, en: Source}, type: selN, choice_list: yes_no}
      - {id: Q-4, text: {zh: 日期, en: Date}, type: date}
      - {id: Q-5, text: {zh: 名称, en: Name}, type: text}
      - id: Q-6
        text: {zh: 环节, en: Functions}
        type: matrix
        rows: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}, {id: c, label: {zh: 丙, en: C}}]
        choices: [{code: none, label: {zh: 未用, en: Not used}}, {code: pilot, label: {zh: 试点, en: Pilot}}]
      - id: Q-7
        text: {zh: 终端, en: Terminals}
        type: matrix
        rows: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}, {id: c, label: {zh: 丙, en: C}}]
        columns: [{id: all, label: {zh: 全部, en: All}}, {id: ai, label: {zh: 智能, en: AI}}]
      - {id: Q-8, text: {zh: 首次年份, en: First year}, type: int, unit: {zh: 年, en: year}, min: "1990", max: "2030"}
      - {id: Q-9, text: {zh: 再次, en: Again}, type: sel1, choice_list: yes_no}
      - id: Q-10
        text: {zh: 长标签, en: Long labels}
        parts:
          - {id: long, type: int, label: {zh: 这个标签放在句子里太长了一点, en: This label is too long for a sentence}}
          - {id: short, type: int, label: {zh: 短, en: Short}}
      - {id: Q-11, text: {zh: 三次, en: Third}, type: sel1, choice_list: yes_no}
      - id: Q-12
        text: {zh: 一行, en: One row}
        type: matrix
        rows: [{id: a, label: {zh: 甲, en: A}}]
        columns: [{id: x, label: {zh: 左, en: Left}}, {id: y, label: {zh: 右, en: Right}}]
      - id: Q-13
        text: {zh: 四行, en: Four rows}
        type: matrix
        rows: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}, {id: c, label: {zh: 丙, en: C}},
               {id: d, label: {zh: 丁, en: D}}]
        choices: [{code: none, label: {zh: 未用, en: Not used}}, {code: pilot, label: {zh: 试点, en: Pilot}}]
      - id: Q-14
        text: {zh: 其他, en: Others}
        type: sel1
        choices: [{code: a, label: {zh: 甲, en: A}}, {code: o, label: {zh: 其他, en: Other}, text: true}]
"""
CASES = [
    ("${q1} = 'yes'", "Q-1选“是”", "Q-1 is “Yes”"),
    ("'no' = ${q1}", "Q-1选“否”", "Q-1 is “No”"),
    ("${q1} != 'yes'", "Q-1未选“是”", "Q-1 is not “Yes”"),
    ("not(${q1} = 'yes')", "Q-1未选“是”", "Q-1 is not “Yes”"),
    ("${q2_rd} <= ${q2_all}", "Q-2.2“其中研发” ≤ Q-2.1“全部”", "Q-2.2 “of which R&D” ≤ Q-2.1 “All”"),
    ("not(${q2_rd} > 0)", "Q-2.2“其中研发” ≤ 0", "Q-2.2 “of which R&D” ≤ 0"),
    ("0 < ${q2_rd}", "Q-2.2“其中研发” > 0", "Q-2.2 “of which R&D” > 0"),
    (
        "${q2_all} <= 2 * ${q2_all_prefilled} + 5",
        "Q-2.1“全部” ≤ 2 × 名录中的Q-2.1“全部” + 5",
        "Q-2.1 “All” ≤ 2 × Q-2.1 “All” in the register + 5",
    ),
    (
        "2 * (${q2_all} - ${q2_rd}) = 10000",
        "2 × （Q-2.1“全部” − Q-2.2“其中研发”） = 10,000",
        "2 × (Q-2.1 “All” − Q-2.2 “of which R&D”) = 10,000",
    ),
    (
        "${q1} = 'yes' and (${q2_rd} > 0 or ${q2_all} > 9)",
        "Q-1选“是”，且（Q-2.2“其中研发” > 0，或Q-2.1“全部” > 9）",
        "Q-1 is “Yes” and (Q-2.2 “of which R&D” > 0 or Q-2.1 “All” > 9)",
    ),
    (
        "not(${q1} = 'no' and ${q2_rd} > 0)",
        "不应出现：Q-1选“否”，且Q-2.2“其中研发” > 0",
        "not at the same time: Q-1 is “No” and Q-2.2 “of which R&D” > 0",
    ),
    (
        "not(${q1} = 'yes') or ${q2_all} > 0",
        "如Q-1选“是”，则Q-2.1“全部” > 0",
        "if Q-1 is “Yes” then Q-2.1 “All” > 0",
    ),
    ("${q1} = 'yes' or ${q1} = 'no'", "Q-1选“是”、“否”之一", "Q-1 is one of “Yes”, “No”"),
    ("selected(${q3}, 'yes')", "Q-3选了“是”", "Q-3 includes “Yes”"),
    ("count-selected(${q3}) <= 2", "Q-3所选项数 ≤ 2", "the number of choices in Q-3 ≤ 2"),
    ("state(${q1}) = 'dont_know'", "Q-1选“不清楚”", "Q-1 is “Don’t know”"),
    ("${q4} <= today()", "Q-4 ≤ 填报当日", "Q-4 ≤ the day of filling in"),
    ("${q4} >= date('2026-01-01')", "Q-4 ≥ 2026-01-01", "Q-4 ≥ 2026-01-01"),
    ("regex(${q5}, '[0-9]+')", "Q-5符合规定格式", "Q-5 has the required form"),
    ("string-length(${q5}) > 3", "Q-5的字数 > 3", "the length of Q-5 > 3"),
    ("coalesce(${q2_rd}, 0) = 0", "Q-2.2“其中研发”（未填按 0 计） = 0", "Q-2.2 “of which R&D” (0 if not given) = 0"),
    ("${q6_a} != 'none' or ${q6_b} != 'none' or ${q6_c} != 'none'", "Q-6至少一项未选“未用”",
     "at least one item of Q-6 is not “Not used”"),
    ("${q6_a} = 'pilot' and ${q6_b} = 'pilot' and ${q6_c} = 'pilot'", "Q-6各项均选“试点”",
     "every item of Q-6 is “Pilot”"),
    ("${q6_a} = 'pilot' and ${q6_b} = 'pilot'", "Q-6.1“甲”选“试点”，且Q-6.2“乙”选“试点”",
     "Q-6.1 “A” is “Pilot” and Q-6.2 “B” is “Pilot”"),
    ("(${q6_a} = 'none') = (${q1} = 'no')", "Q-6.1“甲”选“未用”，当且仅当Q-1选“否”",
     "Q-6.1 “A” is “Not used” exactly when Q-1 is “No”"),
    ("sum(${q7_a_all}, ${q7_b_all}) >= 1", "Q-7.1a + Q-7.2a ≥ 1", "Q-7.1a + Q-7.2a ≥ 1"),
    ("concat(${q5}, 'x') = 'ax'", "按Q-5的填报情况确定", "depending on Q-5"),
    ("if(${q1} = 'yes', ${q2_all}, 0) > 1", "（如Q-1选“是”，则Q-2.1“全部”，否则0） > 1",
     "(if Q-1 is “Yes” then Q-2.1 “All”, else 0) > 1"),
]  # fmt: skip


# Expression, Chinese and English, a line each.
LINES = (Path(__file__).parent / "printed" / "conditions.txt").read_text("utf-8").strip().split("\n\n")
CASES += [(case.split("\n")[0], case.split("\n")[1], case.split("\n")[2]) for case in LINES]


@pytest.fixture
def asked(load: Callable[[str], Questionnaire]) -> Questionnaire:
    return load(PAGES)


@pytest.mark.parametrize(("expression", "zh", "en"), CASES)
def test_a_condition_is_said_in_both_languages(asked: Questionnaire, expression: str, zh: str, en: str) -> None:
    assert [say_condition(asked, parse(expression), lang) for lang in ("zh", "en")] == [zh, en]


@pytest.mark.parametrize("expression", [case[0] for case in CASES])
def test_no_name_of_a_field_and_no_sign_of_the_language_is_said(asked: Questionnaire, expression: str) -> None:
    for lang in ("zh", "en"):
        said = say_condition(asked, parse(expression), lang)
        assert not re.search(r"\$\{|\bq\d|'|_|\bdiv\b|\bmod\b|!=|<=|>=", said), said


def test_a_condition_on_the_sample_is_the_offices_word(asked: Questionnaire) -> None:
    told = parse("${annual} = 'yes' and ${q1} = 'yes'")
    assert say_condition(asked, told, "zh") == "统计机构通知填报，且Q-1选“是”"
    assert say_condition(asked, told, "en") == "the statistical office asks for it and Q-1 is “Yes”"


def test_what_the_office_does_not_ask_for_is_said_so(asked: Questionnaire) -> None:
    told = parse("${annual} != 'yes'")
    assert say_condition(asked, told, "zh") == "统计机构未通知填报"
    assert say_condition(asked, told, "en") == "the statistical office does not ask for it"
    unsayable = parse("concat(${annual}, 'x') = 'yesx'")
    assert say_condition(asked, unsayable, "en") == "the statistical office asks for it"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("ab", ["Q-7.1b ≤ Q-7.1a", "Q-7.2b ≤ Q-7.2a"]),  # two are no pattern
        ("aaa", ["Q-7.1b ≤ Q-7.1a"] * 3),  # one row three times is no run of rows
    ],
)
def test_checks_are_said_together_only_for_three_rows_or_more(
    load: Callable[[str], Questionnaire], rows: str, said: list[str]
) -> None:
    check = """  - {{id: c{at}, severity: hard, rule: "${{q7_{row}_ai}} <= ${{q7_{row}_all}}",
     message: {{zh: 多。, en: M.}}}}
"""
    written = "".join(check.format(at=at, row=row) for at, row in enumerate(rows))
    assert [rule.words for rule in said_rules(load(PAGES + "checks:\n" + written), "en")] == said


def test_a_check_over_two_rows_is_said_each_time(load: Callable[[str], Questionnaire]) -> None:
    check = '  - {{id: c{at}, severity: hard, rule: "${{q7_a_ai}} <= ${{q7_b_all}}", message: {{zh: 多。, en: M.}}}}\n'
    written = "".join(check.format(at=at) for at in range(3))
    assert [rule.words for rule in said_rules(load(PAGES + "checks:\n" + written), "en")] == ["Q-7.1b ≤ Q-7.2a"] * 3


def test_a_rule_that_is_too_long_is_told_by_its_message(load: Callable[[str], Questionnaire]) -> None:
    rule = " or ".join(f"${{q2_all}} = {number}0001" for number in range(1, 20))
    check = f"""checks:
  - {{id: odd, severity: soft, rule: "{rule}",
     message: {{zh: "${{q2_all}} 少见", en: "${{q2_all}}?"}}}}
"""
    asked = load(PAGES + check)
    assert [said_rules(asked, lang)[0].words for lang in ("zh", "en")] == ["Q-2.1“全部” 少见", "Q-2.1 “All”?"]


def test_what_the_office_alone_knows_has_no_number_in_a_message(load: Callable[[str], Questionnaire]) -> None:
    sample = "sample: [{id: kind, column: kind, type: code}]\n"
    check = """checks:
  - {id: odd, severity: soft, rule: "concat(${q5}, ${kind}) != 'ax'",
     message: {zh: "${q5} 与 ${kind} 不符。", en: "${q5} does not fit ${kind}."}}
"""
    asked = load(sample + PAGES + check)
    assert said_rules(asked, "en")[0].words == "Q-5 does not fit …."


@pytest.mark.parametrize("kind", ["int", "dec"])
def test_a_number_of_the_register_is_named(load: Callable[[str], Questionnaire], kind: str) -> None:
    asked = load(f"sample: [{{id: size, column: size, type: {kind}}}]\n" + PAGES)
    assert say_condition(asked, parse("${q2_all} <= ${size}"), "en") == "Q-2.1 “All” ≤ the figure in the register"
    assert say_condition(asked, parse("${q2_all} <= ${size}"), "zh") == "Q-2.1“全部” ≤ 名录登记数"


def test_boxes_are_numbered_in_order(asked: Questionnaire) -> None:
    numbers = item_numbers(asked)
    assert [numbers[name] for name in ("q1", "q2_all", "q2_rd", "q6_b", "q7_a_all", "q7_c_ai")] == [
        "Q-1", "Q-2.1", "Q-2.2", "Q-6.2", "Q-7.1a", "Q-7.3b",
    ]  # fmt: skip
    assert len(set(numbers.values())) == len(asked.fields)
    assert [letter(at) for at in (0, 25, 26, 27, 51, 52)] == ["a", "z", "aa", "ab", "az", "ba"]


def test_a_check_that_stands_for_every_row_is_said_once(load: Callable[[str], Questionnaire]) -> None:
    check = """  - {{id: within_{row}, severity: {severity}, rule: "${{q7_{row}_ai}} <= ${{q7_{row}_all}}",
     message: {{zh: 多了。, en: Too many.}}}}
"""
    rows = "".join(check.format(row=row, severity="hard") for row in "abc")
    other = check.format(row="a", severity="soft").replace("within_a", "again")
    said = said_rules(load(PAGES + "checks:\n" + rows + other), "en")
    assert [(rule.hard, rule.words) for rule in said] == [
        (True, "each row from Q-7.1 to Q-7.3: column b ≤ column a"),
        (False, "Q-7.1b ≤ Q-7.1a"),
    ]


EVERYTHING = Path(__file__).parent / "everything.yaml"


def test_a_check_over_a_whole_column_is_said() -> None:
    said = [rule.words for rule in said_rules(everything(), "en")]
    assert "the number of different X-14a = the number of rows in X-14" in said


def everything() -> Questionnaire:
    made = load_questionnaire(EVERYTHING, root=EVERYTHING.parent, faults=[])
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("expression", "zh", "en"),
    [
        ("count(${x14_name}) >= 1", "X-14的行数 ≥ 1", "the number of rows in X-14 ≥ 1"),
        ("sum(${x14_users}) <= ${x03_staff}", "X-14e各行合计 ≤ X-03.1“从业人员”",
         "the sum of X-14e over all rows ≤ X-03.1 “Persons employed”"),
        ("count-distinct(${x14_name}) = count(${x14_name})", "X-14a中不同的个数 = X-14的行数",
         "the number of different X-14a = the number of rows in X-14"),
        ("${x03_staff} <= 2 * ${x03_staff_last}", "X-03.1“从业人员” ≤ 2 × 上期X-03.1“从业人员”",
         "X-03.1 “Persons employed” ≤ 2 × X-03.1 “Persons employed” of the last wave"),
    ],
)  # fmt: skip
def test_rosters_and_the_last_wave_are_said(expression: str, zh: str, en: str) -> None:
    assert [say_condition(everything(), parse(expression), lang) for lang in ("zh", "en")] == [zh, en]


def test_the_words_of_an_arm_are_printed_for_that_arm() -> None:
    asked = everything()
    worded = next(question for page in asked.pages for question in page.questions if question.wordings)
    other = worded.wordings[0]
    own, arm = render_paper(asked, "en"), render_paper(asked, "en", arms={other.experiment: other.arm})
    assert str(escape(worded.text["en"])) in own and str(escape(other.text["en"])) not in own
    assert str(escape(other.text["en"])) in arm and str(escape(worded.text["en"])) not in arm


def test_script_in_a_definition_is_printed_as_text(load: Callable[[str], Questionnaire]) -> None:
    hostile = '<script>alert(1)</script><img src=x onerror=y> & "quoted" </style>'
    asked = load(PAGES.replace("en: Use}", f"en: '{hostile}'}}"))
    html = render_paper(asked, "en")
    assert "<script>" not in html and "<img" not in html and str(escape(hostile)) in html


def test_a_long_text_is_wrapped_whole(load: Callable[[str], Questionnaire]) -> None:
    text = "长" * 3000 + "W" * 3000
    asked = load(PAGES.replace("en: Use}", f"en: {text}}}"))
    assert text in render_paper(asked, "en")


def test_a_check_without_words_for_its_rule_is_printed_as_its_message(load: Callable[[str], Questionnaire]) -> None:
    check = """checks:
  - id: odd
    severity: hard
    rule: "concat(${q5}, 'x') != 'ax'"
    message: {zh: "名称（${q5}）不对。", en: "The name (${q5}) is wrong."}
"""
    asked = load(PAGES + check)
    assert [said_rules(asked, lang)[0].words for lang in ("zh", "en")] == [
        "名称（Q-5）不对。",
        "The name (Q-5) is wrong.",
    ]
