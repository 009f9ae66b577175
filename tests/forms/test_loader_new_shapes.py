"""Every fault of the keys for rosters, computed fields, totals, prefills, sample columns and wordings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forms.model import Questionnaire

FaultsOf = Callable[..., list[str]]
Load = Callable[[str], Questionnaire]

PAGE = "pages:\n  - id: p\n    title: {zh: 页, en: Page}\n    questions:\n"
ROSTER = """\
      - id: R
        text: {zh: 行, en: Rows}
        type: roster
        max_rows: 5
        row_label: {zh: 行, en: Row}
        columns:
          - {id: a, type: int, label: {zh: 甲, en: A}}
          - {id: b, type: int, label: {zh: 乙, en: B}}
"""
SECOND = """\
  - id: q
    title: {zh: 页, en: Page}
    questions:
      - {id: Q, text: {zh: 数, en: Number}, type: int}
"""


def parts(*lines: str, below: str = "") -> str:
    """Return a page with one question of these parts; each line is what stands after the id, type and label."""
    made = PAGE + "      - id: Q\n        text: {zh: 数, en: Numbers}\n        parts:\n"
    for line in lines:
        name, kind, *more = line.split(" ", 2)
        made += f"          - {{id: {name}, type: {kind}, label: {{zh: 甲, en: A}}{', ' + more[0] if more else ''}}}\n"
    return made + below


def roster(old: str = "", new: str = "", below: str = "") -> str:
    assert old in ROSTER
    return PAGE + (ROSTER.replace(old, new, 1) if old else ROSTER) + below


def worded(arms: str, wordings: str) -> str:
    """Return a page with a question that has these wordings."""
    top = f"wordings:\n  - {{id: w26, column: x, arms: {arms}}}\n"
    return f"{top}{PAGE}      - {{id: Q, text: {{zh: 数, en: N}}, type: int, wordings: {wordings}}}\n"


CASES = {
    # numbers
    "money without its unit": (
        parts("a money"),
        'small.yaml:18: the type "money" does not say in what, and one unit read as the other is wrong ten thousand'
        ' times. Add "money_unit: wan" (ten thousand yuan) or "money_unit: yi" (hundred million yuan).',
    ),
    "a unit of money on another type": (
        parts("a int money_unit: wan"),
        'small.yaml:18: the type "int" takes no "money_unit", so it would be lost. Remove it; types that take it:'
        " money.",
    ),
    "more decimals than are kept": (
        parts("a dec decimals: 7"),
        'small.yaml:18: "decimals" is 7, but numbers are kept to 6 places. Write 0 to 6.',
    ),
    "bounds that leave nothing": (
        parts('a pct min: "60", max: "50.5"'),
        'small.yaml:18: "min" (60) is above "max" (50.5), so nothing can be answered. Change one.',
    ),
    "a bound that is no number": (
        parts('a pct min: "NaN"'),
        'small.yaml:18: "NaN" cannot bound the type "pct". Write a number such as 100.',
    ),
    # required_if
    "required_if beside required: false": (
        parts("a int", 'b int required: false, required_if: "${q_a} > 1"'),
        'small.yaml:19: "required: false" and "required_if" contradict each other. Keep one of the two.',
    ),
    "required_if that looks ahead": (
        parts('a int required_if: "${z} > 1"', below="  - id: z\n    title: {zh: 页, en: Page}\n    questions:\n"
              "      - {id: Z, text: {zh: 数, en: Number}, type: int}\n"),
        'small.yaml:18: "required_if" looks at "z", which stands on page "z" and not on an earlier one, so it is not'
        " known yet. Move one of the two.",
    ),
    # totals
    "a total of what is not there": (
        parts("all int total_of: [softwear]", "software int"),
        'small.yaml:18: "total_of" names "softwear", which no part of this question is called. Did you mean'
        ' "software"?',
    ),
    "a total of itself": (
        parts("all int total_of: [all, b]", "b int"),
        'small.yaml:18: "total_of" names "all" itself, which cannot be a part of its own total. Remove it.',
    ),
    "a total of words": (
        parts("all int total_of: [b]", "b text"),
        'small.yaml:18: "total_of" names "b", which is no number and cannot be added up. Remove it.',
    ),
    "a total that counts twice": (
        parts("all int total_of: [b, b]", "b int"),
        'small.yaml:18: "total_of" names "b" twice, and it would count twice. Keep one.',
    ),
    # computed
    "computed without a value": (
        parts("a computed gives: int"),
        'small.yaml:18: a computed field needs "value", an expression, and "gives": int, dec, text or bool. Add them.',
    ),
    "computed that gives another kind": (
        parts("b int", "a computed gives: int, value: \"'yes'\""),
        "small.yaml:19: in the expression `'yes'`, at character 1: \"yes\" is a text, but a number is needed here.",
    ),
    "computed that cannot be read": (
        parts("b int", 'a computed gives: int, value: "${q_b} +"'),
        "small.yaml:19: in the expression `${q_b} +`, at character 9: the expression ends too early; an operand or a"
        " closing bracket is missing.",
    ),
    "computed from what is computed later": (
        parts('a computed gives: int, value: "${q_b}"', 'b computed gives: int, value: "1"'),
        'small.yaml:18: "value" looks at "q_b", which is computed after it, so it is not known yet. Move it before.',
    ),
    "computed from itself": (
        parts('a computed gives: int, value: "${q_a} + 1"'),
        'small.yaml:18: "value" looks at "q_a", which is computed after it, so it is not known yet. Move it before.',
    ),
    "decimals of a whole number": (
        parts('a computed gives: int, decimals: 1, value: "1"'),
        'small.yaml:18: "decimals" is for "gives: dec", and int has none. Remove it.',
    ),
    "computed with too many decimals": (
        parts('a computed gives: dec, decimals: 7, value: "1"'),
        'small.yaml:18: "decimals" is 7, but numbers are kept to 6 places. Write 0 to 6.',
    ),
    "computed that is prefilled": (
        parts('a computed gives: int, value: "1", prefill: {column: x, mode: shown}'),
        'small.yaml:18: the type "computed" takes no "prefill", so it would be lost. Remove it; types that take it:'
        " sel1, selN, int, dec, money, pct, text, date, code, uscc, matrix, int_or_band, roster.",
    ),
    # prefills
    "a prefill from two places": (
        parts("a int prefill: {column: x, last_wave: true, mode: shown}"),
        'small.yaml:18: a prefill takes either a "column" of the sample or "last_wave: true", and it must be one. Write'
        " one.",
    ),
    "a prefill from nowhere": (
        parts("a int prefill: {mode: shown}"),
        'small.yaml:18: a prefill takes either a "column" of the sample or "last_wave: true", and it must be one. Write'
        " one.",
    ),
    "a last answer that cannot be changed": (
        parts("a int prefill: {last_wave: true, mode: fixed}"),
        'small.yaml:18: "fixed" shows what nobody can change, and a unit without a last wave could never answer. Write'
        ' "editable" or "shown".',
    ),
    "one column for several boxes": (
        parts("a selN prefill: {column: x, mode: editable}, choices: [{code: y, label: {zh: 是, en: Y}}]"),
        'small.yaml:18: one column of the sample cannot fill in the type "selN". Write "last_wave: true", or remove the'
        " prefill.",
    ),
    # rosters
    "no last row": (
        roster("        max_rows: 5\n"),
        'small.yaml:15: a roster needs "max_rows", from 1 to 2,000: a form without an end cannot be checked. Write it.',
    ),
    "too many rows": (
        roster("max_rows: 5", "max_rows: 2001"),
        'small.yaml:15: a roster needs "max_rows", from 1 to 2,000: a form without an end cannot be checked. Write it.',
    ),
    "more rows needed than there may be": (
        roster("max_rows: 5", "max_rows: 5\n        min_rows: 6"),
        'small.yaml:15: "min_rows" is 6, which is not from 0 to "max_rows" (5). Change one of the two.',
    ),
    "too many rows on a page": (
        roster("max_rows: 5", "max_rows: 5\n        rows_per_page: 51"),
        'small.yaml:15: "rows_per_page" is 51; a page holds 1 to 50 rows. Change it.',
    ),
    "no words for a row": (
        roster("        row_label: {zh: 行, en: Row}\n"),
        'small.yaml:15: a roster needs "columns", and a "row_label" such as {zh: …, en: Use case}. Add them.',
    ),
    "a column without a type": (
        roster("{id: a, type: int,", "{id: a,"),
        'small.yaml:21: the column "a" of a roster has no type. Write one of code, computed, date, dec, int, money,'
        " pct, sel1, selN, text, tick, uscc.",
    ),
    "a matrix in a roster": (
        roster("{id: a, type: int,", "{id: a, type: matrix,"),
        'small.yaml:21: the column "a" of a roster has the type "matrix". Write one of code, computed, date, dec, int,'
        " money, pct, sel1, selN, text, tick, uscc.",
    ),
    "a column twice": (
        roster("{id: b, type: int,", "{id: a, type: int,"),
        'small.yaml:22: the code "a" stands twice in one list. Give each choice its own.',
    ),
    "rows from the sample": (
        roster("max_rows: 5", "max_rows: 5\n        prefill: {column: x, mode: editable}"),
        "small.yaml:15: the rows of a roster can only be those of the last wave, to be edited. Write"
        ' "prefill: {last_wave: true, mode: editable}".',
    ),
    "a roster beside another question": (
        roster(below="      - {id: Z, text: {zh: 数, en: Number}, type: int}\n"),
        'small.yaml:15: the roster R shares the page "p" with other questions, but its rows fill pages of their own.'
        " Give it a page.",
    ),
    "a roster among parts": (
        parts("a roster"),
        "small.yaml:18: a roster is a question of its own, alone on its page. Write its type and columns at the"
        " question.",
    ),
    "a column of a roster in a matrix": (
        PAGE + "      - id: M\n        text: {zh: 表, en: Matrix}\n        type: matrix\n"
        "        rows: [{id: r, label: {zh: 行, en: Row}}]\n"
        "        columns: [{id: c, type: int, label: {zh: 列, en: Column}}]\n",
        "small.yaml:19: a column of a matrix has an id and a label, and type would be lost. Remove that; columns with a"
        " type of their own belong to a roster.",
    ),
    "one answer where there are many": (
        roster(below=SECOND + '        checks: []\n').replace("        checks: []\n", "")
        + '    relevant: "${r_a} > 1"\n',
        'small.yaml:27: "relevant" looks at "r_a", of which there is one answer a row, so it is not one value here.'
        " Write sum(${r_a}), count(), count-distinct(), min() or max(), or move it into the roster R.",
    ),
    "a product of columns over all rows": (
        roster(below=SECOND) + '    relevant: "sum(${r_a} * ${r_b}) > 1"\n',
        'small.yaml:27: "relevant" looks at "r_a", of which there is one answer a row, so it is not one value here.'
        " Write sum(${r_a}), count(), count-distinct(), min() or max(), or move it into the roster R.",
    ),
    "a row of the last wave without its rows": (
        roster(below='        checks:\n          - {id: c, severity: soft, rule: "${r_a} >= ${r_a_last}", message: {zh:'
               " 甲, en: A}}\n"),
        'small.yaml:24: "r_a_last" is a row of the last wave, and the rows of R are not those of the last wave. Add'
        ' "prefill: {last_wave: true, mode: editable}" to it.',
    ),
    "one row named where none is at hand": (
        roster(below='        checks:\n          - {id: c, severity: soft, rule: "sum(${r_a}) > 1", message: {zh:'
               ' "${r_a}", en: "${r_a}"}}\n'),
        'small.yaml:24: the message (zh) names "r_a", of which there is one answer a row, but the rule looks at no'
        " single row. Remove it.",
    ),
    "rows of two rosters": (
        roster(below="  - id: s\n    title: {zh: 页, en: Page}\n    questions:\n" + ROSTER.replace("id: R", "id: S"))
        + 'checks:\n  - {id: c, severity: soft, rule: "${r_a} > ${s_a}", message: {zh: 甲, en: A}}\n',
        'small.yaml:35: the rule looks at "s_a", of which there is one answer a row, so it is not one value here. Write'
        " sum(${s_a}), count(), count-distinct(), min() or max(), or move it into the roster S.",
    ),
    "the number of rows as a field": (
        roster(below=SECOND.replace("id: Q,", "id: R-rows,")),
        None,
    ),
    # what is given
    "a sample id that is a field": (
        "sample:\n  - {id: q_a, column: x, type: int}\n" + parts("a int"),
        'small.yaml:12: the sample id "q_a" is taken or no name (a-z, 0-9 and _), and an expression could not tell what'
        " it means. Change it.",
    ),
    "a sample id that is a suffix": (
        "sample:\n  - {id: x_last, column: x, type: int}\n" + parts("a int"),
        'small.yaml:12: the sample id "x_last" is taken or no name (a-z, 0-9 and _), and an expression could not tell'
        " what it means. Change it.",
    ),
    "a field named like the last wave": (
        parts("a_last int"),
        'small.yaml:18: the field name "q_a_last" is kept for the program (docs/tables.md, responses). Change the ids.',
    ),
    "the state of what was given": (
        parts("a int", below="checks:\n  - {id: c, severity: soft, message: {zh: 甲, en: A},"
              " rule: \"state(${q_a_last}) = 'blank' and ${q_a} > 1\"}\n"),
        "small.yaml:20: the rule asks for state(${q_a_last}), but only an answer to this questionnaire has a state."
        " Name a field.",
    ),
    "a message beside no box": (
        parts("a int", below="checks:\n  - {id: c, severity: soft, rule: \"${q_a} > ${q_a_last}\", fields: [q_a_last],"
              " message: {zh: 甲, en: A}}\n"),
        'small.yaml:20: "q_a_last" has no box to show a message beside. Name a field.',
    ),
    # wordings
    "an experiment with one arm": (
        "wordings:\n  - {id: w, column: x, arms: [a]}\n" + parts("a int"),
        'small.yaml:12: the experiment "w" has 1 arms, and nothing can be compared. Name at least two.',
    ),
    "an arm twice": (
        "wordings:\n  - {id: w, column: x, arms: [a, a]}\n" + parts("a int"),
        'small.yaml:12: the arm "a" stands on line 12 already, and one of the two would be lost. Give each its own id.',
    ),
    "words of an experiment that is not there": (
        worded("[a, b]", "[{experiment: w25, arm: b, text: {zh: 甲, en: A}}]"),
        'small.yaml:17: no experiment is called "w25". Add it to wordings at the top. Did you mean "w26"?',
    ),
    "words of an arm that is not there": (
        worded("[old, new]", "[{experiment: w26, arm: news, text: {zh: 甲, en: A}}]"),
        'small.yaml:17: the experiment "w26" has no arm "news"; it has old, new. Did you mean "new"?',
    ),
    "a wording that changes nothing": (
        worded("[a, b]", "[{experiment: w26, arm: b}]"),
        'small.yaml:17: this wording changes nothing. Write a "text", a "hint" or both.',
    ),
    "an arm with words twice": (
        worded("[a, b]", "[{experiment: w26, arm: b, text: {zh: 甲, en: A}}, {experiment: w26, arm: b, hint: {zh: 乙,"
               " en: B}}]"),
        'small.yaml:17: the arm "b" of "w26" has words twice. Keep one.',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, (_, said) in CASES.items() if said])
def test_every_fault_has_its_sentence(faults_of: FaultsOf, name: str) -> None:
    body, said = CASES[name]
    assert said in faults_of(body)


def test_a_field_may_not_be_the_number_of_rows(faults_of: FaultsOf) -> None:
    body = CASES["the number of rows as a field"][0].replace("R-rows", "R_rows")
    assert faults_of(body) == [
        'small.yaml:15: the field "r_rows" has the name of the number of rows of the roster beside it. Change an id.'
    ]


def test_a_renamed_field_is_one_fault(faults_of: FaultsOf) -> None:
    """Twenty uses of a name that is gone are told once, with their lines and the nearest name."""
    body = parts("persons int", "rd int")
    for number in range(4):
        body += f'  - id: p{number}\n    title: {{zh: 页, en: Page}}\n    relevant: "${{q_person}} > {number}"\n'
        body += f"    questions:\n      - {{id: Z{number}, text: {{zh: 数, en: Number}}, type: int}}\n"
    body += 'checks:\n  - {id: c, severity: hard, rule: "${q_rd} <= ${q_person}",'
    body += ' message: {zh: "${q_person}", en: "${q_person}"}}\n'
    assert faults_of(body) == [
        'small.yaml:22: "relevant" uses "q_person", which no field is called (so do the lines 27, 32, 37 and 41). Did'
        ' you mean "q_persons"?'
    ]


def test_a_wording_may_change_the_hint_alone(load: Load) -> None:
    made = load(worded("[a, b]", "[{experiment: w26, arm: b, hint: {zh: 甲, en: A}}]"))
    (wording,) = made.question("Q").wordings
    assert (wording.text["zh"], wording.hint and wording.hint["en"]) == ("数", "A")


def test_the_digest_tells_new_keys_apart(load: Load) -> None:
    seen = {load(roster()).sha256}
    for old, new in (
        ("max_rows: 5", "max_rows: 6"),
        ("id: a, type: int", "id: a, type: dec"),
        ("{zh: 行, en: Row}", "{zh: 例, en: Row}"),
        ("max_rows: 5", "max_rows: 5\n        prefill: {last_wave: true, mode: editable}"),
        ("max_rows: 5", "max_rows: 5\n        headline: true"),
    ):
        seen.add(load(roster(old, new)).sha256)
    assert len(seen) == 6
    assert load(roster("max_rows: 5", "max_rows: 5\n        min_rows: 0")).sha256 in seen  # said by default
