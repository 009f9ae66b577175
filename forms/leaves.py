"""What one field of a questionnaire is: how it is asked, what it may hold, and what is known before it is answered."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from uptake.contract.expressions import Expression, Kind
from uptake.contract.text import Text

FieldKind = Literal["sel1", "selN", "int", "dec", "money", "pct", "text", "date", "code", "uscc", "tick", "computed"]
FieldType = Literal["int", "dec", "text", "date", "code", "bool"]
State = Literal["answered", "dont_know", "not_applicable", "refused", "blank", "imputed"]
PrefillMode = Literal["fixed", "editable", "shown"]
Value = int | Decimal | str | bool | datetime.date | None

STATES: tuple[State, ...] = ("answered", "dont_know", "not_applicable", "refused", "blank", "imputed")
DONT_KNOW = "dont_know"
PREFILLED = "_prefilled"  # ${e04_staff_prefilled} is what stood in the box before the respondent saw it
LAST = "_last"  # ${e04_staff_last} is the unit's answer in the previous wave
KIND_OF_TYPE: Mapping[FieldType, Kind] = {
    "int": "number", "dec": "number", "text": "text", "date": "date", "code": "text", "bool": "bool",
}  # fmt: skip
_CELL = re.compile(r"([a-z][a-z0-9_]*)\.([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class Answer:
    """One unit's answer to one field: a value, and why there is none."""

    value: Value
    state: State


BLANK = Answer(None, "blank")
NO_ANSWERS: Mapping[str, Answer] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a unit before it answers.

    prefilled: by field (or cell, `e24_users.3`), what the sample or the previous wave puts in or beside the box.
    last: the unit's answers in the previous wave. sample: what expressions may read of the unit's row in the sample, by
    the ids under `sample:`. arms: the arm of each wording experiment the unit is in.
    """

    prefilled: Mapping[str, Answer] = field(default_factory=dict)
    last: Mapping[str, Answer] = field(default_factory=dict)
    sample: Mapping[str, Value] = field(default_factory=dict)
    arms: Mapping[str, str] = field(default_factory=dict)


NOTHING_GIVEN = Given()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may be chosen."""

    code: str
    label: Text
    exclusive: bool = False
    text: bool = False


@dataclass(frozen=True, slots=True)
class Prefill:
    """What fills a field before the respondent sees it: a column of the sample, or the unit's own last answer.

    column: empty where it is the last answer. mode: `fixed` cannot be changed, `editable` stands in the box, `shown`
    stands beside the empty box.
    """

    column: str
    mode: PrefillMode
    last_wave: bool = False


_FIRST_YEAR = 1000


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf of a questionnaire: one thing typed, chosen or computed, one column of `responses`.

    `kind` says how it is asked and read, `type` what is stored. `group` names the fields of which one answer is enough.
    `roster` is the id of the roster whose column it is: then each row has an answer of its own, named `FIELD.ROW`.
    `value` is the expression of a computed field, rounded to its decimals; nobody can post such a field.
    `required_if` stands in for `required`; `total_of` names the fields that add up to this one.
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
    money_unit: Literal["wan", "yi"] | None = None
    required_if: Expression | None = None
    total_of: tuple[str, ...] = ()
    value: Expression | None = None
    roster: str = ""

    @property
    def fixed(self) -> bool:
        """Whether the sample alone answers the field: it is shown, and nobody can post it."""
        return self.prefill is not None and self.prefill.mode == "fixed"

    @property
    def is_year(self) -> bool:
        """Whether the number names a calendar year (unit 年, at least 1000): years are written without commas."""
        counted = self.kind == "int" and self.unit is not None and self.unit["zh"] == "年"
        return counted and isinstance(self.min, Decimal) and self.min >= _FIRST_YEAR

    @property
    def posted(self) -> bool:
        """Whether a respondent answers the field: neither fixed by the sample nor computed."""
        return self.value is None and not self.fixed


def field_name(*parts: str) -> str:
    """Make a field name from the ids of question, part, row and column.

    >>> field_name("E-04", "staff")
    'e04_staff'
    """
    words = ("".join(sign for sign in part.lower() if sign.isalnum() or sign == "_") for part in parts)
    return "_".join(word for word in words if word)


def cell_name(field: str, row: int) -> str:
    """Return the name of the answer in one row of a roster's column; rows count from 1.

    >>> cell_name("e24_users", 3)
    'e24_users.3'
    """
    return f"{field}.{row}"


def split_cell(name: str) -> tuple[str, int]:
    """Return the column and the row of a cell's name; row 0 where the name is not that of a cell.

    >>> split_cell("e24_users.3"), split_cell("e04_staff"), split_cell("e24_users.03")
    (('e24_users', 3), ('e04_staff', 0), ('e24_users.03', 0))
    """
    found = _CELL.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, 0)
