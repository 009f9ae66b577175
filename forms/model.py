"""What a questionnaire is once it is loaded: pages, questions, parts, fields, checks, and the answers to them.

This is how a questionnaire is written, complete (`questionnaires/enterprise.yaml`). Texts are `{zh: ..., en: ...}`.

    id: enterprise                         # = file name without .yaml
    title: {zh: 企业人工智能应用情况, en: Use of AI in enterprises}
    definition_version: "1.0"              # raised when a definition or a code changes: starts a new series
    text_version: "1"                      # raised when only wording changes
    header:                                # all five are required by law and shown on every form
      table_number: AI+E101                # 表号
      authority: {zh: 某某统计局, en: Bureau of Statistics}          # 制定机关
      approval_number: 国统制〔2026〕000号   # 批准（备案）文号
      approved_by: {zh: 国家统计局, en: National Bureau of Statistics}  # 批准（备案）机关
      valid_until: "2027-12-31"            # 有效期至; the collector refuses a lapsed form
      illustrative: true                   # optional; shown as "示例 / illustrative"
    notices:                               # optional; shown on the first page
      - {zh: 本表不得填写涉密信息。, en: Do not enter classified information.}
    definitions:                           # boxes; a question names those it shows
      - id: DEF-1
        version: "1.0"
        title: {zh: 人工智能应用, en: AI application}
        text: {zh: …, en: …}               # a blank line starts a new paragraph
        examples:                          # optional test cases
          - {text: {zh: 固定规则的自动化, en: Fixed-rule automation}, counts: no}
    choice_lists:                          # optional; lists used more than once
      yes_no:
        - {code: "yes", label: {zh: 是, en: "Yes"}}
        - {code: "no", label: {zh: 否, en: "No"}}
    pages:
      - id: unit
        title: {zh: 单位情况, en: The unit}
        intro: {zh: …, en: …}              # optional
        relevant: "${e06} = 'yes'"         # optional; the page is asked only when this is true
        questions:
          - id: E-01                       # field name: e01 (letters lower case, other signs dropped)
            text: {zh: 统一社会信用代码, en: Unified social credit code}
            type: uscc
            identity: true                 # never exported
            prefill: {column: unit_id, mode: fixed}   # from the sample; fixed = shown, cannot be changed
          - id: E-04                       # several parts: fields e04_staff, e04_rd
            text: {zh: 期末从业人员, en: Persons employed at the end of the quarter}
            hint: {zh: …, en: …}           # optional
            parts:
              - {id: staff, type: int, label: {zh: 从业人员, en: Persons employed}, unit: {zh: 人, en: persons},
                 prefill: {column: staff, mode: editable}}  # editable = shown in the box, for the respondent to check
              - {id: rd, type: int, label: {zh: 其中：研发人员, en: of which R&D staff}, unit: {zh: 人, en: persons}}
            checks:
              - id: rd_within_staff        # soft checks are exported as confirmed_<id>
                severity: hard             # hard: cannot be submitted; soft: explain with a reason
                rule: "${e04_rd} <= ${e04_staff}"   # what must hold; violated only when it is false, never when unknown
                message: {zh: "研发人员（${e04_rd} 人）多于从业人员（${e04_staff} 人）。请改正其中一个。", en: "…"}
                fields: [e04_rd]           # optional: where the message is shown; default: every field of the rule
      - id: use
        title: …
        questions:
          - {id: E-06, text: …, type: sel1, choice_list: yes_no, dont_know: true, definitions: [DEF-1]}
      - id: functions                      # what an answer routes stands on a LATER page: no JavaScript is needed
        title: …
        relevant: "${e06} = 'yes'"         # or on a single question
        questions:
          - id: E-07                       # matrix of choices: one field a row: e07_rd, e07_core
            text: …
            type: matrix
            rows: [{id: rd, label: …}, {id: core, label: …}]
            choices: [{code: none, label: …}, {code: pilot, label: …}, {code: routine, label: …}]
          - id: E-18                       # matrix of whole numbers: one field a cell: e18_t1_all, e18_t1_ai
            text: …
            type: matrix
            rows: [{id: t1, label: …}]
            columns: [{id: all, label: …}, {id: ai, label: …}]
            unit: {zh: 台, en: devices}
          - id: E-29                       # fields e29 (int) and e29_band (code); one of the two is enough
            text: …
            type: int_or_band
            choices: [{code: "0", label: …}, {code: b1_9, label: …}]
          - id: E-36                       # selN: one text field of codes with spaces: selected(${e36}, 'records')
            text: …
            type: selN
            max_choices: 5                 # optional
            choices:
              - {code: records, label: …}
              - {code: other, label: …, text: true}         # asks for words too: field e36_other_text
              - {code: nothing, label: …, exclusive: true}  # no other may be chosen with it
    checks: []                             # optional; checks over several questions, same keys as above

Types: sel1 selN int dec money text date code uscc matrix int_or_band tick. `code` is a long list in a select box:
`codes: provinces | size_classes | industry_groups | industry_sections`, or `choice_list:`. `money` is 万元 with two
decimals. `tick` is one box to be ticked (bool). Optional keys of every part: label hint unit required (default true)
dont_know identity prefill; of numbers and dates: min max; of dec: decimals (2); of text: max_length (200), lines (1).
Whole numbers are not below 0 unless `min` says so. `dont_know: true` offers 不清楚 / don't know (value missing, state
dont_know), as a choice or as a box beside the number. `.` in the rule of a question with one field is that field.
Expressions may use every field, `state(${e06})`, and `${e04_staff_prefilled}` for what the sample said.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from uptake.contract.expressions import Expression, Kind
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place

PartType = Literal[
    "sel1", "selN", "int", "dec", "money", "text", "date", "code", "uscc", "matrix", "int_or_band", "tick"
]
FieldKind = Literal["sel1", "selN", "int", "dec", "money", "text", "date", "code", "uscc", "tick"]
FieldType = Literal["int", "dec", "text", "date", "code", "bool"]
State = Literal["answered", "dont_know", "not_applicable", "refused", "blank", "imputed"]
Severity = Literal["hard", "soft"]
Value = int | Decimal | str | bool | datetime.date | None

STATES: tuple[State, ...] = ("answered", "dont_know", "not_applicable", "refused", "blank", "imputed")
DONT_KNOW = "dont_know"
PREFILLED = "_prefilled"  # ${e04_staff_prefilled} is what the sample said of ${e04_staff}
KIND_OF_TYPE: Mapping[FieldType, Kind] = {
    "int": "number", "dec": "number", "text": "text", "date": "date", "code": "text", "bool": "bool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One unit's answer to one field: a value, and why there is none."""

    value: Value
    state: State


BLANK = Answer(None, "blank")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may be chosen."""

    code: str
    label: Text
    exclusive: bool = False
    text: bool = False


@dataclass(frozen=True, slots=True)
class Prefill:
    """The column of the sample that fills a field before the respondent sees it."""

    column: str
    mode: Literal["fixed", "editable"]


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf of a questionnaire: one thing typed or chosen, one column of `responses`.

    `kind` says how it is asked and read, `type` what is stored. `group` names the fields of which one answer is enough.
    """

    name: str
    question: str
    page: str
    kind: FieldKind
    type: FieldType
    label: Text
    unit: Text | None = None
    choices: tuple[Choice, ...] = ()
    required: bool = True
    dont_know: bool = False
    identity: bool = False
    prefill: Prefill | None = None
    min: Decimal | datetime.date | None = None
    max: Decimal | datetime.date | None = None
    decimals: int = 0
    max_length: int = 200
    lines: int = 1
    max_choices: int | None = None
    group: tuple[str, ...] = ()
    needs: tuple[str, str] | None = None  # (field, code): the words that go with a choice "other"

    @property
    def fixed(self) -> bool:
        """Whether the sample alone answers the field: it is shown, and nobody can post it."""
        return self.prefill is not None and self.prefill.mode == "fixed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row or a column of a matrix."""

    id: str
    label: Text


@dataclass(frozen=True, slots=True)
class Part:
    """One input of a question, or the whole of it; its fields in the order they are shown."""

    id: str
    type: PartType
    label: Text | None
    hint: Text | None
    fields: tuple[Field, ...]
    rows: tuple[Row, ...] = ()
    columns: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its number, words, definition boxes and parts."""

    id: str
    text: Text
    hint: Text | None
    definitions: tuple[str, ...]
    relevant: Expression | None
    parts: tuple[Part, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field of the question, in order."""
        return tuple(leaf for part in self.parts for leaf in part.fields)


@dataclass(frozen=True, slots=True)
class Page:
    """The questions shown together."""

    id: str
    title: Text
    intro: Text | None
    relevant: Expression | None
    questions: tuple[Question, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field of the page, in order."""
        return tuple(leaf for question in self.questions for leaf in question.fields)


@dataclass(frozen=True, slots=True)
class Example:
    """A case that shows where a definition draws its line."""

    text: Text
    counts: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """A box that says what a word in a question means."""

    id: str
    version: str
    title: Text
    text: Text
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """What the law wants to stand on every form; without it a respondent may refuse."""

    table_number: str
    authority: Text
    approval_number: str
    approved_by: Text
    valid_until: datetime.date
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A rule between answers: hard refuses, soft asks for a reason; violated only when false."""

    id: str
    severity: Severity
    rule: Expression
    message: Text
    fields: tuple[str, ...]
    page: str  # the last page that has one of the rule's fields: there the rule can first be judged
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Questionnaire:
    """A whole questionnaire, checked and frozen; `sha256` is that of its canonical JSON (RFC 8785) and its identity."""

    id: str
    title: Text
    definition_version: str
    text_version: str
    header: Header
    notices: tuple[Text, ...]
    definitions: Mapping[str, Definition]
    pages: tuple[Page, ...]
    checks: tuple[Check, ...]
    fields: Mapping[str, Field]  # by name, in the order they are asked
    sha256: str

    def page(self, page_id: str) -> Page:
        """Return a page by its id; KeyError where there is none."""
        for page in self.pages:
            if page.id == page_id:
                return page
        raise KeyError(page_id)

    def question(self, question_id: str) -> Question:
        """Return a question by its id; KeyError where there is none."""
        for page in self.pages:
            for question in page.questions:
                if question.id == question_id:
                    return question
        raise KeyError(question_id)

    @property
    def soft_checks(self) -> tuple[str, ...]:
        """The ids of the soft checks: `responses` has one column `confirmed_<id>` for each."""
        return tuple(check.id for check in self.checks if check.severity == "soft")

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each name that an expression may use gives, for the expression language."""
        made = {name: KIND_OF_TYPE[leaf.type] for name, leaf in self.fields.items()}
        prefilled = {f"{name}{PREFILLED}": made[name] for name, leaf in self.fields.items() if leaf.prefill}
        return made | prefilled

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Questionnaire) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def field_name(*parts: str) -> str:
    """Make a field name from the ids of question, part, row and column.

    >>> field_name("E-04", "staff")
    'e04_staff'
    """
    words = ("".join(sign for sign in part.lower() if sign.isalnum() or sign == "_") for part in parts)
    return "_".join(word for word in words if word)
