"""The sub-pages of a roster: which rows one shows, how it is named, and where a row stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forms import rows_of, split_cell

if TYPE_CHECKING:
    from collector.services.answers import Typed
    from forms import Answer, Given, Questionnaire, Roster

_PLACE = re.compile(r"(.*)\.([1-9][0-9]{0,3})")
#: An empty list begins with this many empty rows, so that it looks like a list.
_FIRST_ROWS = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sub-page of a roster: its number from 1, the rows it shows, how many there are, and the last row in use."""

    page: str
    number: int
    rows: tuple[int, ...]
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


def last_row(
    roster: Roster, answers: Mapping[str, Answer], given: Given, drafts: Mapping[str, Typed] | None = None
) -> int:
    """Return the last row that is in use: answered, filled in from the last wave, or typed and not yet readable."""
    untouched = {name: answer for name, answer in given.prefilled.items() if name not in answers}
    typed = (name for place, texts in (drafts or {}).items() if split_place(place)[0] == roster.page for name in texts)
    return max((*rows_of(roster, answers), *rows_of(roster, untouched), *_rows(typed)), default=0)


def _rows(names: Iterable[str]) -> tuple[int, ...]:
    return tuple(split_cell(name)[1] for name in names)


def sheet_at(roster: Roster, number: int, used: int, *, most: int = 0) -> Sheet:
    """Return one sub-page; a number beyond the last gives the last one that can be shown.

    used: the last row in use. most: the last row that must be shown, where it is on this sub-page: the respondent asked
    for more rows, or has typed in them. One empty row stands after the last one in use.
    """
    each = roster.rows_per_page
    filled = max(used, roster.min_rows, 1)
    sheets = (filled + each - 1) // each
    number = max(1, min(number, (min(filled + 1, roster.max_rows) + each - 1) // each))
    first, last = (number - 1) * each + 1, min(number * each, roster.max_rows)
    wanted = max(used + 1, roster.min_rows, _FIRST_ROWS if used == 0 else 0, most, first)
    return Sheet(roster.page, number, tuple(range(first, min(wanted, last) + 1)), max(sheets, number), used)


def posted_rows(roster: Roster, number: int, first_last: Sequence[int]) -> tuple[int, ...]:
    """Return the rows that a posted sub-page showed, as it says itself; only those of the sub-page can be meant."""
    each = roster.rows_per_page
    first, last = (number - 1) * each + 1, min(number * each, roster.max_rows)
    shown = range(max(first, first_last[0]), min(last, first_last[1]) + 1) if len(first_last) == 2 else ()
    return tuple(shown)
