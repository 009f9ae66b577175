"""The sub-pages of a roster: which rows one shows, how it is named, and where a row stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forms import rows_of, split_cell
from forms.reading import UNSURE_BOX

if TYPE_CHECKING:
    from collector.services.answers import Typed
    from forms import Answer, Given, Questionnaire, Roster

#: The hidden input of a sub-page that says which rows it showed, such as 11-14.
ROWS = "rows"
#: u06.3__remove: the tick that takes row 3 of the roster u06 away.
REMOVE = "__remove"
_PLACE = re.compile(r"(.*)\.([1-9][0-9]{0,3})")
_SHOWN = re.compile(r"([1-9][0-9]{0,3})-([1-9][0-9]{0,3})")
#: An empty list begins with this many empty rows, so that it looks like a list.
_FIRST_ROWS = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sub-page of a roster: its number from 1, the rows it shows, how many there are, and the last row in use."""

    roster: Roster
    number: int
    rows: range
    sheets: int
    used: int


def split_place(place: str) -> tuple[str, int]:
    """Return the page and the number of the sub-page that a place names: `cases.2` is the second one of `cases`.

    >>> split_place("cases.2"), split_place("cases")
    (('cases', 2), ('cases', 1))
    """
    found = _PLACE.fullmatch(place)
    return (found[1], int(found[2])) if found else (place, 1)


def place_of(page: str, number: int) -> str:
    """Return the name of a sub-page; the first one has that of its page."""
    return page if number == 1 else f"{page}.{number}"


def place_of_row(roster: Roster, row: int) -> str:
    """Return the place at which a row of a roster is shown."""
    return place_of(roster.page, (max(row, 1) - 1) // roster.rows_per_page + 1)


def place_of_field(questionnaire: Questionnaire, name: str) -> str:
    """Return the place at which a field, or a cell, is shown."""
    field, row = split_cell(name)
    leaf = questionnaire.fields[field]
    return place_of_row(questionnaire.rosters[leaf.roster], row) if leaf.roster and row else leaf.page


def range_at(roster: Roster, number: int) -> range:
    """Return all rows that a sub-page can show."""
    each = roster.rows_per_page
    return range((number - 1) * each + 1, min(number * each, roster.max_rows) + 1)


def last_row(
    roster: Roster, answers: Mapping[str, Answer], given: Given, drafts: Mapping[str, Typed] | None = None
) -> int:
    """Return the last row that is in use: answered, filled in from the last wave, or typed and not yet readable."""
    untouched = {name: answer for name, answer in given.prefilled.items() if name not in answers}
    places = (typed for place, typed in (drafts or {}).items() if split_place(place)[0] == roster.page)
    typed_rows = (split_cell(name)[1] for typed in places for name in typed)
    return max((*rows_of(roster, answers), *rows_of(roster, untouched), *typed_rows), default=0)


def sheet_at(roster: Roster, number: int, used: int, *, most: int = 0) -> Sheet:
    """Return one sub-page; a number beyond the last gives the last one that can be shown.

    used: the last row in use. most: the last row that must be shown, where it is on this sub-page: the respondent asked
    for more rows, or has typed in them. One empty row stands after the last one in use.
    """
    each = roster.rows_per_page
    sheets = (max(used, roster.min_rows, 1) + each - 1) // each
    number = max(1, min(number, (min(max(used, roster.min_rows) + 1, roster.max_rows) + each - 1) // each))
    whole = range_at(roster, number)
    wanted = max(used + 1, roster.min_rows, most, whole.start, _FIRST_ROWS if used == 0 else 0)
    return Sheet(roster, number, range(whole.start, min(wanted, whole.stop - 1) + 1), max(sheets, number), used)


def posted_rows(roster: Roster, number: int, typed: Mapping[str, Sequence[str]]) -> range:
    """Return the rows that a posted sub-page showed, as it says itself; without that, all that it could show.

    An answer in a row that was not shown is not one that was made empty.
    """
    whole = range_at(roster, number)
    said = _SHOWN.fullmatch((typed.get(ROWS) or [""])[0])
    if said is None:
        return whole
    return range(max(whole.start, int(said[1])), min(whole.stop - 1, int(said[2])) + 1)


def removed_rows(roster: Roster, typed: Mapping[str, Sequence[str]]) -> frozenset[int]:
    """Return the rows whose tick `remove this row` was posted."""
    begins, ends = f"{roster.id}.", REMOVE
    ticked = (name[len(begins) : -len(ends)] for name in typed if name.startswith(begins) and name.endswith(ends))
    return frozenset(int(row) for row in ticked if row.isascii() and row.isdigit() and len(row) < 5)


def without_rows(
    roster: Roster, typed: Mapping[str, Sequence[str]], rows: frozenset[int]
) -> Mapping[str, Sequence[str]]:
    """Return what was typed, without that of some rows of a roster: read, those rows are empty."""
    return {name: texts for name, texts in typed.items() if _row_of(roster, name) not in rows} if rows else typed


def _row_of(roster: Roster, name: str) -> int:
    column, row = split_cell(name.removesuffix(UNSURE_BOX))
    return row if column in roster.names else 0
