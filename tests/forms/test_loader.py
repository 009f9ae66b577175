"""Questionnaires that load, and every fault of those that do not, as the author reads it."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from forms.fields import CODE_LISTS
from forms.model import Questionnaire

Load = Callable[[str], Questionnaire]
FaultsOf = Callable[..., list[str]]

ONE = """\
pages:
  - id: p
    title: {zh: 页, en: Page}
    questions:
      - {id: Q-1, text: {zh: 人数, en: Persons}, type: int}
"""


def test_every_type_makes_its_fields(every_type: Questionnaire) -> None:
    assert {name: (leaf.kind, leaf.type) for name, leaf in every_type.fields.items()} == {
        "q01": ("uscc", "text"),
        "q02_address": ("text", "text"),
        "q02_region": ("code", "code"),
        "q03_staff": ("int", "int"),
        "q03_rd": ("int", "int"),
        "q04": ("sel1", "code"),
        "q05": ("money", "dec"),
        "q06": ("dec", "dec"),
        "q07": ("date", "date"),
        "q08_rd": ("sel1", "code"),
        "q08_core": ("sel1", "code"),
        "q09_t1_all": ("int", "int"),
        "q09_t1_ai": ("int", "int"),
        "q09_t2_all": ("int", "int"),
        "q09_t2_ai": ("int", "int"),
        "q10": ("int", "int"),
        "q10_band": ("sel1", "code"),
        "q11": ("selN", "text"),
        "q11_other_text": ("text", "text"),
        "q12": ("text", "text"),
        "q13": ("tick", "bool"),
    }
    assert [choice.code for choice in every_type.fields["q04"].choices] == ["yes", "no", "dont_know"]
    assert every_type.fields["q05"].unit is not None and every_type.fields["q05"].unit["zh"] == "万元"
    assert every_type.fields["q07"].max == datetime.date(2026, 12, 31)
    assert every_type.header.valid_until == datetime.date(2030, 12, 31)
    assert every_type.soft_checks == ("many_rd",)


def test_the_digest_follows_the_words_and_not_the_layout(load: Load) -> None:
    first = load(ONE)
    assert (
        load(ONE.replace("{id: Q-1, text:", "{text:").replace("type: int}", "type: int, id: Q-1}")).sha256
        == first.sha256
    )
    assert load(ONE.replace("type: int}", "type: int, required: true}")).sha256 == first.sha256
    assert load(ONE.replace("type: int}", "type: int, required: false}")).sha256 != first.sha256
    assert load(ONE.replace("Persons", "People")).sha256 != first.sha256
    assert len(first.sha256) == 64


def test_the_digest_follows_the_code_lists_of_the_program(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    written = ONE.replace("type: int}", "type: code, codes: provinces}")
    first = load(written).sha256
    monkeypatch.setitem(CODE_LISTS, "provinces", CODE_LISTS["provinces"][:-1])  # type: ignore[arg-type]
    assert load(written).sha256 != first


def test_an_unknown_type_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(ONE.replace("type: int", "type: slider")) == [
        'small.yaml:15: "slider" is not one of sel1, selN, int, dec, money, pct, text, date, code, uscc,'
        " matrix, int_or_band, tick, computed, roster."
    ]


def test_a_text_in_one_language_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(ONE.replace("{zh: 人数, en: Persons}", "{zh: 人数}")) == [
        "small.yaml:15: the text lacks en; every text is written in zh and en. Add it."
    ]


@pytest.mark.parametrize("key", ["table_number", "authority", "approval_number", "approved_by", "valid_until"])
def test_each_line_of_the_legal_header_is_required(faults_of: FaultsOf, head: str, key: str) -> None:
    head = "".join(line for line in head.splitlines(keepends=True) if not line.strip().startswith(f"{key}:"))
    assert faults_of(ONE, head=head) == [f'small.yaml:6: this header lacks "{key}". Add the key.']


def test_a_date_that_is_none_is_refused(faults_of: FaultsOf, head: str) -> None:
    assert faults_of(ONE, head=head.replace("2030-12-31", "end of 2030")) == [
        'small.yaml:10: "end of 2030" is not a date, so nobody can tell whether the form has lapsed. Write'
        " it as 2027-12-31."
    ]


def test_the_id_is_the_file_name(faults_of: FaultsOf, head: str) -> None:
    assert faults_of(ONE, head=head.replace("id: small", "id: large")) == [
        'small.yaml:1: the id "large" differs from the file name, by which others find it. Write small.'
    ]


REFUSALS = {
    "a name that no field has": (
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: E-04, text: {zh: 人数, en: Persons}, type: int}
          - id: r
            title: {zh: 页, en: Page}
            relevant: "${e4} > 0"
            questions:
              - {id: Q-2, text: {zh: 人数, en: Persons}, type: int}
        checks:
          - {id: c, severity: hard, rule: "${e04x} > 0", message: {zh: 甲, en: A}}
        """,
        [
            'small.yaml:22: the rule uses "e04x", which no field is called. Did you mean "e04"?',
            'small.yaml:18: "relevant" uses "e4", which no field is called. Did you mean "e04"?',
        ],
    ),
    "a route that looks at its own page": (
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 人数, en: Persons}, type: int}
              - {id: Q-2, text: {zh: 人数, en: Persons}, type: int, relevant: "${q1} > 0"}
        """,
        [
            'small.yaml:16: "relevant" looks at "q1", which stands on page "p" and not on an earlier one, so it is not'
            " known yet. Move one of the two."
        ],
    ),
    "a number compared with a word": (
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 人数, en: Persons}, type: int}
        checks:
          - {id: c, severity: hard, rule: "${q1} = 'yes'", message: {zh: 甲, en: A}}
        """,
        [
            "small.yaml:17: in the expression `${q1} = 'yes'`, at character 9: \"yes\" is a text, but a number"
            " is needed"
            " here."
        ],
    ),
    "things that stand twice": (
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 人数, en: Persons}, type: int}
              - {id: Q1, text: {zh: 人数, en: Persons}, type: int}
              - id: Q-2
                text: {zh: 选, en: Choose}
                type: sel1
                choices: [{code: a, label: {zh: 甲, en: A}}, {code: a, label: {zh: 乙, en: B}}]
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 人数, en: Persons}, type: int}
        """,
        [
            'small.yaml:21: the page "p" stands on line 12 already, and one of the two would be lost. Give each'
            " its own id.",
            'small.yaml:24: the question "Q-1" stands on line 15 already, and one of the two would be lost. Give'
            " each its"
            " own id.",
            'small.yaml:16: the field "q1" is made twice (first by question Q-1), and one of the two would be'
            " lost. Change"
            " an id.",
            'small.yaml:20: the code "a" stands twice in one list. Give each choice its own.',
            'small.yaml:24: the field "q1" is made twice (first by question Q1), and one of the two would be'
            " lost. Change"
            " an id.",
        ],
    ),
    "keys that a type does not take": (
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - {id: Q-1, text: {zh: 人数, en: Persons}, type: int, max_choices: 3}
              - {id: Q-2, text: {zh: 选, en: Choose}, type: sel1}
              - {id: Q-3, text: {zh: 选, en: Choose}, type: sel1, choice_list: yes_no}
              - {id: Q-4, text: {zh: 日期, en: Date}, type: date, min: soon}
              - {id: Q-5, text: {zh: 表, en: Matrix}, type: matrix}
              - {id: Q-6, text: {zh: 无, en: Nothing}}
              - {id: Q-7, text: {zh: 人数, en: Persons}, type: int, definitions: [DEF-9]}
              - {id: wave, text: {zh: 人数, en: Persons}, type: int}
              - {id: Q-8, text: {zh: 电话, en: Telephone}, type: int, identity: true, dont_know: true}
        """,
        [
            'small.yaml:15: the type "int" takes no "max_choices", so it would be lost. Remove it; types that'
            " take it: selN.",
            'small.yaml:16: the type "sel1" needs answers to choose from. Add "choices" or "choice_list".',
            'small.yaml:17: no choice list is called "yes_no". Add it to choice_lists.',
            'small.yaml:18: "soon" cannot bound the type "date". Write a date such as 2026-12-31.',
            'small.yaml:19: a matrix needs "rows", and either "columns" (whole numbers) or "choices". Write those two.',
            'small.yaml:20: the question "Q-6" must have either a "type" or "parts". Write one.',
            'small.yaml:21: no definition is called "DEF-9", so its box cannot be shown. Add it to definitions.',
            'small.yaml:22: the field name "wave" is kept for the program (docs/tables.md, responses). Change the ids.',
            "small.yaml:23: an identity question cannot offer don't know. Remove one of the two keys.",
        ],
    ),
    "messages that show other fields in each language": (
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions:
              - id: Q-1
                text: {zh: 人数, en: Persons}
                type: int
                checks:
                  - {id: c, severity: hard, rule: ". > 0", message: {zh: "${q1} 太小", en: "too small, ${q2}"}}
        """,
        [
            "small.yaml:19: the message shows other fields in one language than in the other. Use the same ${...}.",
            'small.yaml:19: the message (en) uses "q2", which no field is called.',
        ],
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_fault_is_listed_with_its_line(faults_of: FaultsOf, name: str) -> None:
    body, faults = REFUSALS[name]
    assert faults_of(body) == faults


def test_the_example_in_the_docstring_uses_only_known_keys() -> None:
    """The docstring of forms/model.py is what an author copies from; its key names must exist."""
    import dataclasses
    import re

    from forms import model, source

    known = {
        key.name
        for shape in vars(source).values()
        if dataclasses.is_dataclass(shape)
        for key in dataclasses.fields(shape)
    }
    assert model.__doc__ is not None
    example = model.__doc__.split("Types: ")[0]
    written = set(re.findall(r"(?:^\s*(?:- )?\{?|[{,] ?)([a-z_]+): ", example, flags=re.MULTILINE)) - {
        "zh",
        "en",
        "yes_no",
    }
    assert written <= known
    assert len(written) > 30


MATRIX = """\
pages:
  - id: p
    title: {zh: 页, en: Page}
    questions:
      - {id: Q-1, text: {zh: 有吗, en: Any}, type: sel1, choices: [{code: "yes", label: {zh: 有, en: "Yes"}},
         {code: "no", label: {zh: 无, en: "No"}}]}
  - id: q
    title: {zh: 页, en: Page}
    questions:
      - id: Q-2
        text: {zh: 终端, en: Terminals}
        type: matrix
        unit: {zh: 台, en: devices}
        rows: [{id: t1, label: {zh: 汽车, en: Vehicles}}, {id: t2, label: {zh: 手机, en: Phones}}]
        columns: [{id: all, label: {zh: 全部, en: All}}, {id: ai, label: {zh: 智能, en: Intelligent}, COLUMN}]
"""


def test_a_column_of_a_matrix_says_when_its_cells_are_required(load: Load) -> None:
    some = load(MATRIX.replace("COLUMN", "required_if: \"${q1} = 'yes'\"")).fields
    assert [some[name].required_if is not None for name in ("q2_t1_all", "q2_t1_ai", "q2_t2_ai")] == [False, True, True]
    free = load(MATRIX.replace("COLUMN", "required: false")).fields
    assert [free[name].required for name in ("q2_t1_all", "q2_t1_ai", "q2_t2_ai")] == [True, False, False]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (
            "required: false, required_if: \"${q1} = 'yes'\"",
            '"required: false" and "required_if" contradict each other.',
        ),
        ("required_if: \"${q9} = 'yes'\"", '"required_if" uses "q9", which no field is called.'),
        ("unit: {zh: 台, en: devices}", "a column of a matrix has an id and a label, and unit would be lost."),
    ],
)
def test_faults_of_a_column_of_a_matrix_are_told_once(faults_of: FaultsOf, written: str, says: str) -> None:
    (fault,) = faults_of(MATRIX.replace("COLUMN", written))
    assert says in fault
