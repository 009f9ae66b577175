"""What is asked: the pages of a questionnaire, their questions, the parts of a question, and rosters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from forms.leaves import Field, Prefill
from uptake.contract.expressions import Expression
from uptake.contract.text import Text

PartType = Literal[
    "sel1", "selN", "int", "dec", "money", "pct", "text", "date", "code", "uscc", "matrix", "int_or_band", "tick",
    "computed", "roster",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row or a column of a matrix."""

    id: str
    label: Text


@dataclass(frozen=True, slots=True)
class Part:
    """One input of a question, or the whole of it; its fields in the order they are shown.

    The fields of a roster are its columns: one leaf each, whatever the number of rows.
    """

    id: str
    type: PartType
    label: Text | None
    hint: Text | None
    fields: tuple[Field, ...]
    rows: tuple[Row, ...] = ()
    columns: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """A question that is asked row by row: the same columns for each case the respondent adds.

    hints: what stands below the label of a column, by field. prefill: where the rows of the last wave are put in.
    nothing: the box "nothing to report", whose answer is the number of rows, 0; None where it is not offered.
    """

    id: str
    page: str
    question: str
    columns: tuple[Field, ...]
    max_rows: int
    min_rows: int
    rows_per_page: int
    row_label: Text
    hints: Mapping[str, Text]
    prefill: Prefill | None = None
    nothing: Field | None = None

    @property
    def rows_name(self) -> str:
        """The column of `responses` that holds how many rows there are."""
        return f"{self.id}_rows"

    @property
    def names(self) -> tuple[str, ...]:
        """The field names of the columns."""
        return tuple(leaf.name for leaf in self.columns)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a question for the units of one arm of an experiment, or its own (experiment and arm empty)."""

    experiment: str
    arm: str
    text: Text
    hint: Text | None


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its number, words, definition boxes and parts.

    headline: a published headline rests on its words. wordings: other words, for the units of an experiment's arm.
    """

    id: str
    text: Text
    hint: Text | None
    definitions: tuple[str, ...]
    relevant: Expression | None
    parts: tuple[Part, ...]
    headline: bool = False
    wordings: tuple[Wording, ...] = ()

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
