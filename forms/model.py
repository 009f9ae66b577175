"""What a questionnaire is once it is loaded: pages, questions, parts, fields, checks, and the answers to them.

This is how a questionnaire is written, complete (`questionnaires/enterprise.yaml`). Texts are `{zh: ..., en: ...}`.

    id: enterprise                         # = file name without .yaml
    title: {zh: 企业人工智能应用情况, en: Use of AI in enterprises}
    definition_version: "1.0"              # raised when a definition, a code or a headline changes: starts a new series
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
    sample:                                # optional; what expressions may read of the unit's row in the sample
      - {id: annual, column: annual_module, type: code}   # ${annual}; never asked, shown or exported
    wordings:                              # optional; experiments with wording, drawn with the sample
      - {id: w2026, column: wording_2026, arms: [a, b]}   # the unit's arm stands in this column
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
              - {id: rd, type: int, label: {zh: 其中：研发人员, en: of which R&D staff}, unit: {zh: 人, en: persons},
                 prefill: {last_wave: true, mode: shown}}   # the unit's last answer; shown = beside the empty box
              - {id: share, type: computed, label: {zh: 研发人员占比, en: Share of R&D staff}, gives: dec, decimals: 1,
                 unit: {zh: "%", en: "%"}, value: "100 * ${e04_rd} div ${e04_staff}"}
            checks:
              - id: rd_within_staff        # soft checks are exported as confirmed_<id>
                severity: hard             # hard: cannot be submitted; soft: explain with a reason
                rule: "${e04_rd} <= ${e04_staff}"   # what must hold; violated only when it is false, never when unknown
                message: {zh: "研发人员（${e04_rd} 人）多于从业人员（${e04_staff} 人）。请改正其中一个。", en: "…"}
                fields: [e04_rd]           # optional: where the message is shown; default: every field of the rule
      - id: use
        title: …
        questions:
          - id: E-06
            text: …
            type: sel1
            choice_list: yes_no
            dont_know: true
            definitions: [DEF-1]
            headline: true                 # its words carry a headline figure: a change of wording starts a new series
            wordings: [{experiment: w2026, arm: b, text: …, hint: …}]  # units of this arm see these words
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
            columns: [{id: all, label: …}, {id: ai, label: …, required_if: "${e17} = 'yes'"}]  # or required: false
            unit: {zh: 台, en: devices}
          - id: E-29                       # fields e29 (int) and e29_band (code); one of the two is enough
            text: …
            type: int_or_band
            choices: [{code: "0", label: …}, {code: b1_9, label: …}]
          - id: E-20                       # parts that add up: a hard check total_e20_all, the sum shown beside the box
            text: …
            parts:
              - {id: all, type: money, money_unit: wan, label: …, total_of: [software, staff]}
              - {id: software, type: money, money_unit: wan, label: …}
              - {id: staff, type: money, money_unit: wan, label: …, required_if: "${e06} = 'yes'"}
          - id: E-36                       # selN: one text field of codes with spaces: selected(${e36}, 'records')
            text: …
            type: selN
            max_choices: 5                 # optional
            choices:
              - {code: records, label: …}
              - {code: other, label: …, text: true}         # asks for words too: field e36_other_text
              - {code: nothing, label: …, exclusive: true}  # no other may be chosen with it
      - id: cases                          # a roster stands alone on its page; fields e24_name, e24_users
        title: …
        questions:
          - id: E-24
            text: …
            type: roster
            max_rows: 200                  # 1 to 2,000
            min_rows: 0                    # optional
            rows_per_page: 10              # optional, 1 to 50
            row_label: {zh: 应用场景, en: Use case}
            nothing: {zh: 没有应用场景, en: No use cases to report}   # optional, where min_rows is 0: a box to tick
            prefill: {last_wave: true, mode: editable}   # optional: the rows of the previous wave
            columns:                       # written like parts
              - {id: name, type: text, label: …}
              - {id: users, type: int, label: …}
            checks:                        # here ${e24_users} is the row at hand, sum(${e24_users}) all rows
              - {id: users_within_staff, severity: hard, rule: "${e24_users} <= ${e04_staff}", message: …}
    checks: []                             # optional; checks over several questions, same keys as above

Types: sel1 selN int dec money pct text date code uscc matrix int_or_band tick computed roster. `code` is a long list in
a select box: `codes: provinces | regions | size_classes | industry_groups | industry_sections | industry_divisions`, or
`choice_list:`. `money` needs `money_unit: wan` (万元, two decimals) or `yi` (亿元, four). `pct` is in percent points
(12.5 = 12.5 %), 0 to 100 with one decimal unless said. `tick` is one box to be ticked (bool). `computed` needs `value`
and `gives: int | dec | text | bool`; a number is rounded to its decimals; it may read fields of its own and earlier
pages and earlier computed fields.

Optional keys of every part: label hint unit required (default true) or required_if dont_know identity prefill; of
numbers and dates: min max; of dec, pct and computed: decimals (2, 1, 2); of text: max_length (200), lines (1); of int,
dec, money and pct: total_of. Whole numbers are not below 0 unless `min` says so. `dont_know: true` offers 不清楚 /
don't know (value missing, state dont_know), as a choice or as a box beside the number. `.` in the rule of a question
with one field is that field.

Expressions may use every field, `state(${e06})`, the ids under `sample:`, `${e04_staff_prefilled}` for what stood in or
beside the box, and `${e04_staff_last}` for the unit's answer in the previous wave (unknown without one). One cell of a
roster is the answer named `e24_users.3`, row 3 of the column `e24_users`. Inside sum count min max count-distinct a
column means all its rows; bare it means the row at hand and stands only in a check, `required_if` or computed column of
that roster. A row exists when any of its cells is answered or "don't know".

A roster with `nothing` may be without rows only where its box is ticked: then `e24_rows`, the number of rows, is the
answer 0, and sum and count are 0. Empty and not ticked it is missing, `e24_rows` is blank, and sum and count are
unknown; without the key they are 0. A row that is filled in clears the box.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forms.asked import Page, Part, PartType, Question, Roster, Row, Wording
from forms.leaves import (
    BLANK,
    DONT_KNOW,
    KIND_OF_TYPE,
    LAST,
    NO_ANSWERS,
    NOTHING_GIVEN,
    PREFILLED,
    STATES,
    Answer,
    Choice,
    Field,
    FieldKind,
    FieldType,
    Given,
    Prefill,
    State,
    Value,
    cell_name,
    field_name,
    split_cell,
)
from uptake.contract.expressions import Expression, Kind
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place

__all__ = [
    "BLANK",
    "DONT_KNOW",
    "KIND_OF_TYPE",
    "LAST",
    "NOTHING_GIVEN",
    "NO_ANSWERS",
    "PREFILLED",
    "STATES",
    "Answer",
    "Check",
    "Choice",
    "Definition",
    "Example",
    "Experiment",
    "Field",
    "FieldKind",
    "FieldType",
    "Given",
    "Header",
    "Page",
    "Part",
    "PartType",
    "Prefill",
    "Question",
    "Questionnaire",
    "Roster",
    "Row",
    "SampleColumn",
    "Severity",
    "State",
    "Value",
    "Wording",
    "cell_name",
    "field_name",
    "split_cell",
]

Severity = Literal["hard", "soft"]


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
class SampleColumn:
    """What expressions may read of the unit's row in the sample; never asked, shown or exported."""

    id: str
    column: str
    type: FieldType


@dataclass(frozen=True, slots=True)
class Experiment:
    """A randomised experiment with wording: the arm of a unit stands in a column of the sample."""

    id: str
    column: str
    arms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule between answers: hard refuses, soft asks for a reason; violated only when false.

    roster: the roster on each of whose rows it is judged. total: the field whose parts must add up to it, where the
    program made the check from `total_of`.
    """

    id: str
    severity: Severity
    rule: Expression
    message: Text
    fields: tuple[str, ...]
    page: str  # the last page that has one of the rule's fields: there the rule can first be judged
    place: Place = field(compare=False)
    roster: str = ""
    total: str = ""


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
    fields: Mapping[str, Field]  # by name, in the order they are asked; a roster's columns among them
    rosters: Mapping[str, Roster]
    sample: Mapping[str, SampleColumn]
    experiments: Mapping[str, Experiment]
    kinds: Mapping[str, Kind]  # what each name that an expression may use gives
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

    def leaf(self, name: str) -> Field:
        """Return the field that an answer's name belongs to, `e04_staff` or the cell `e24_users.3`.

        KeyError where there is none: an unknown name, a row beyond the roster's last, a column without its row.
        """
        column, row = split_cell(name)
        found = self.fields.get(column) or self._nothing(name)
        if (row > 0) != bool(found.roster) or (row and row > self.rosters[found.roster].max_rows):
            raise KeyError(name)
        return found

    def _nothing(self, name: str) -> Field:
        """Return the box "nothing to report" of the roster whose number of rows has this name."""
        found = next((one.nothing for one in self.rosters.values() if one.nothing and one.nothing.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def roster_of(self, page_id: str) -> Roster | None:
        """Return the roster that stands on a page, or None."""
        return next((roster for roster in self.rosters.values() if roster.page == page_id), None)

    @property
    def soft_checks(self) -> tuple[str, ...]:
        """The ids of the soft checks: `responses` has one column `confirmed_<id>` for each."""
        return tuple(check.id for check in self.checks if check.severity == "soft")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Questionnaire) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)
