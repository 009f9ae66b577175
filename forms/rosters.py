"""Rosters: questions asked row by row, read from the file, and the rows that answers have."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from forms import source
from forms.choices import refuse_bad_codes
from forms.fields import make_leaves, prefill_of, refuse_foreign_keys
from forms.leaves import LAST, PREFILLED, Answer, Field, field_name
from forms.maker import Maker
from forms.model import Part, PartType, Roster
from forms.totals import addends

MOST_ROWS, MOST_ON_A_PAGE = 2000, 50
_COLUMN_TYPES: frozenset[PartType] = frozenset({
    "sel1", "selN", "int", "dec", "money", "pct", "text", "date", "code", "uscc", "tick", "computed",
})  # fmt: skip
_NO_CASE = frozenset({"blank", "not_applicable"})


def rows_of(roster: Roster, answers: Mapping[str, Answer]) -> tuple[int, ...]:
    """Return the rows that exist: those with a cell that is answered or "don't know"; empty rows are none.

    roster: one of a questionnaire; answers: by name, cells as `e24_users.3`, other names are passed over.
    """
    columns = frozenset(roster.names)
    found = set()
    for name, answer in answers.items():
        column, dot, row = name.partition(".")
        if dot and answer.state not in _NO_CASE and column in columns:
            found.add(int(row))
    return tuple(sorted(row for row in found if row <= roster.max_rows))


def column_names(written: source.Questionnaire) -> frozenset[str]:
    """Return the names of which a unit has many answers, known before any expression is read."""
    return frozenset(
        f"{name}{suffix}"
        for page in written.pages
        for question in page.questions
        if question.type == "roster"
        for name in _names(question, written.choice_lists or {})
        for suffix in ("", LAST, PREFILLED)
    )


def _names(question: source.Question, lists: Mapping[str, tuple[source.Choice, ...]]) -> Iterator[str]:
    for column in question.columns:
        name = field_name(question.id.value, column.id)
        yield name
        choices = column.choices or (lists.get(column.choice_list.value, ()) if column.choice_list else ())
        yield from (field_name(name, choice.code, "text") for choice in choices if choice.text)


def make_roster(maker: Maker, page: str, question: source.Question) -> tuple[Part, Roster]:
    """Make a roster and the part that holds its columns; what is wrong goes to the maker's faults."""
    refuse_foreign_keys(maker, question)
    _refuse_bad_sizes(maker, question)
    refuse_bad_codes(maker, question.columns)
    prefill = prefill_of(maker, question)
    if prefill is not None and (prefill.mode != "editable" or not prefill.last_wave):
        maker.fault(question.place, "the rows of a roster can only be those of the last wave, to be edited. Write"
                    ' "prefill: {last_wave: true, mode: editable}".')  # fmt: skip
    name = field_name(question.id.value)
    made = {column.id: _column(maker, page, question, column) for column in question.columns}
    by_id = {column: leaves[0] for column, leaves in made.items() if leaves}
    fields: list[Field] = []
    hints = {}
    for column in question.columns:
        for leaf in made[column.id]:
            named = column.total_of if leaf.needs is None else ()
            added = addends(maker, leaf, by_id, named)
            fields.append(dataclasses.replace(leaf, prefill=None if leaf.value else prefill, total_of=added))
        if column.hint is not None and column.id in by_id:
            hints[by_id[column.id].name] = column.hint
    roster = Roster(
        id=name, page=page, question=question.id.value, columns=tuple(fields), max_rows=question.max_rows or 1,
        min_rows=question.min_rows, rows_per_page=question.rows_per_page, row_label=question.row_label or question.text,
        hints=hints, prefill=prefill, nothing=_nothing(maker, page, question),
    )  # fmt: skip
    return Part("", "roster", None, None, tuple(fields)), roster


def _nothing(maker: Maker, page: str, question: source.Question) -> Field | None:
    """Make the box "nothing to report": its answer is the number of rows, so that it needs no column of its own."""
    if question.nothing is None:
        return None
    if question.min_rows:
        maker.fault(question.place, f'the roster asks for at least {question.min_rows} rows ("min_rows") and offers'
                    ' "nothing", so nobody could tick it. Remove one of the two.')  # fmt: skip
    return Field(
        name=f"{field_name(question.id.value)}_rows", question=question.id.value, page=page, kind="int", type="int",
        label=question.nothing, required=False, min=Decimal(0), max=Decimal(question.max_rows or 1),
    )  # fmt: skip


def says_nothing(roster: Roster, answers: Mapping[str, Answer]) -> bool:
    """Return whether the respondent said that there is nothing to report; it does not look whether there are rows."""
    said = answers.get(roster.rows_name) if roster.nothing is not None else None
    return said is not None and said.value == 0


def is_told(roster: Roster, answers: Mapping[str, Answer], rows: Collection[int]) -> bool:
    """Return whether the number of rows is known: rows are there, or none is what was said or needs no saying."""
    return bool(rows) or roster.nothing is None or says_nothing(roster, answers)


def _column(maker: Maker, page: str, question: source.Question, column: source.Column) -> tuple[Field, ...]:
    if column.type not in _COLUMN_TYPES:
        what = f'has the type "{column.type}"' if column.type else "has no type"
        known = ", ".join(sorted(_COLUMN_TYPES))
        maker.fault(column.place, f'the column "{column.id}" of a roster {what}. Write one of {known}.')
        return ()
    roster = field_name(question.id.value)
    blank = Field(
        name=field_name(question.id.value, column.id), question=question.id.value, page=page, kind="text", type="text",
        label=column.label, roster=roster,
    )  # fmt: skip
    return make_leaves(maker, column, blank)


def _refuse_bad_sizes(maker: Maker, question: source.Question) -> None:
    most = question.max_rows
    if not question.columns or question.row_label is None:
        maker.fault(question.place, 'a roster needs "columns", and a "row_label" such as {zh: …, en: Use case}.'
                    " Add them.")  # fmt: skip
    if most is None or not 1 <= most <= MOST_ROWS:
        maker.fault(question.place, f'a roster needs "max_rows", from 1 to {MOST_ROWS:,}: a form without an end cannot'
                    " be checked. Write it.")  # fmt: skip
    elif not 0 <= question.min_rows <= most:
        maker.fault(question.place, f'"min_rows" is {question.min_rows}, which is not from 0 to "max_rows" ({most}).'
                    " Change one of the two.")  # fmt: skip
    if not 1 <= question.rows_per_page <= MOST_ON_A_PAGE:
        maker.fault(question.place, f'"rows_per_page" is {question.rows_per_page}; a page holds 1 to {MOST_ON_A_PAGE}'
                    " rows. Change it.")  # fmt: skip
