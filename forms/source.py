"""The shape of a questionnaire file: what may be written in it (forms/model.py shows a complete one)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forms.leaves import PrefillMode
from forms.model import PartType, Severity
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar

CodeList = Literal["provinces", "regions", "size_classes", "industry_groups", "industry_sections", "industry_divisions"]
MoneyUnit = Literal["wan", "yi"]
Gives = Literal["int", "dec", "text", "bool"]


@dataclass(frozen=True, slots=True)
class Header:
    """The legal header."""

    place: Place
    table_number: str
    authority: Text
    approval_number: str
    approved_by: Text
    valid_until: Scalar
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A test case of a definition."""

    text: Text
    counts: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition box."""

    place: Place
    id: str
    version: str
    title: Text
    text: Text
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose."""

    place: Place
    code: str
    label: Text
    exclusive: bool = False
    text: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a matrix."""

    place: Place
    id: str
    label: Text


@dataclass(frozen=True, slots=True)
class SampleColumn:
    """A column of the sample that expressions may read."""

    place: Place
    id: Scalar
    column: str
    type: Literal["int", "dec", "text", "code", "bool", "date"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A randomised experiment with wording."""

    place: Place
    id: Scalar
    column: str
    arms: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """Other words of a question, for the units of one arm."""

    place: Place
    experiment: Scalar
    arm: Scalar
    text: Text | None = None
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Prefill:
    """What stands in or beside the box before the respondent sees it: a column of the sample, or the last answer."""

    place: Place
    mode: PrefillMode
    column: str = ""
    last_wave: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that the answers must keep."""

    place: Place
    id: Scalar
    severity: Severity
    rule: Scalar
    message: Text
    fields: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: of a matrix an id, a label and whether it is required, of a roster everything a part may have."""

    place: Place
    id: str
    label: Text
    type: PartType | None = None
    hint: Text | None = None
    unit: Text | None = None
    required: bool = True
    required_if: Scalar | None = None
    dont_know: bool = False
    identity: bool = False
    choices: tuple[Choice, ...] = ()
    choice_list: Scalar | None = None
    codes: CodeList | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    decimals: int | None = None
    max_length: int = 200
    lines: int = 1
    max_choices: int | None = None
    money_unit: MoneyUnit | None = None
    total_of: tuple[Scalar, ...] = ()
    value: Scalar | None = None
    gives: Gives | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One input of a question."""

    place: Place
    type: PartType
    id: str = ""
    label: Text | None = None
    hint: Text | None = None
    unit: Text | None = None
    required: bool = True
    required_if: Scalar | None = None
    dont_know: bool = False
    identity: bool = False
    choices: tuple[Choice, ...] = ()
    choice_list: Scalar | None = None
    codes: CodeList | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    decimals: int | None = None
    max_length: int = 200
    lines: int = 1
    max_choices: int | None = None
    money_unit: MoneyUnit | None = None
    total_of: tuple[Scalar, ...] = ()
    value: Scalar | None = None
    gives: Gives | None = None
    prefill: Prefill | None = None
    rows: tuple[Row, ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question: either a type of its own with that type's keys, or `parts`."""

    place: Place
    id: Scalar
    text: Text
    definitions: tuple[Scalar, ...] = ()
    relevant: Scalar | None = None
    headline: bool = False
    wordings: tuple[Wording, ...] = ()
    parts: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    type: PartType | None = None
    hint: Text | None = None
    unit: Text | None = None
    required: bool = True
    required_if: Scalar | None = None
    dont_know: bool = False
    identity: bool = False
    choices: tuple[Choice, ...] = ()
    choice_list: Scalar | None = None
    codes: CodeList | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    decimals: int | None = None
    max_length: int = 200
    lines: int = 1
    max_choices: int | None = None
    money_unit: MoneyUnit | None = None
    total_of: tuple[Scalar, ...] = ()
    value: Scalar | None = None
    gives: Gives | None = None
    prefill: Prefill | None = None
    rows: tuple[Row, ...] = ()
    columns: tuple[Column, ...] = ()
    max_rows: int | None = None
    min_rows: int = 0
    rows_per_page: int = 10
    row_label: Text | None = None
    nothing: Text | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The questions of one page."""

    place: Place
    id: Scalar
    title: Text
    questions: tuple[Question, ...]
    intro: Text | None = None
    relevant: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire file."""

    place: Place
    id: Scalar
    title: Text
    definition_version: Scalar
    text_version: Scalar
    header: Header
    pages: tuple[Page, ...]
    notices: tuple[Text, ...] = ()
    definitions: tuple[Definition, ...] = ()
    choice_lists: Mapping[str, tuple[Choice, ...]] | None = None
    sample: tuple[SampleColumn, ...] = ()
    wordings: tuple[Experiment, ...] = ()
    checks: tuple[Check, ...] = ()
