"""Two people who begin the same new row of a roster: the second one's is stored as the next free row, and both stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from collector.services.answers import Current
from collector.services.merge import Shown, as_shown
from collector.services.values import Stored
from forms import cell_name, split_cell

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from forms import Roster

_EMPTY = frozenset({"blank", "not_applicable"})
Cells = Mapping[str, Stored]


def move_new_rows(
    connection: Connection, current: Mapping[str, Current], sent: Cells, shown: Shown, *, roster: Roster
) -> tuple[Cells, dict[int, int]]:
    """Give rows that were empty when the page was shown, and that somebody else has filled since, another number.

    Rows have no other identity than their number, so two new rows with one number are two cases and not two opinions.
    A row whose text could not all be read is left alone (it becomes a conflict that the respondent sees), as is one for
    which no number is free. A page that is sent twice finds its row again by the page's own key.
    Returns what was sent with the new numbers, and the new number of each row that was moved.
    """
    by_row: dict[int, dict[str, Stored]] = {}
    for name, mine in sent.items():
        if row := split_cell(name)[1]:
            by_row.setdefault(row, {})[name] = mine
    moved: dict[int, int] = {}
    # Beyond what the page shows: sent twice, it must not empty the row it was given.
    used = max(_used(roster, current, sent), *by_row, 0)
    again = iter(_stored_elsewhere(roster, current, frozenset(by_row), shown))
    for row, cells in by_row.items():
        whole = len(cells) == sum(leaf.posted for leaf in roster.columns)
        if not whole or not _begun_twice(connection, current, cells, shown):
            continue
        free = next(again, 0) or used + 1
        if free <= roster.max_rows:
            moved[row], used = free, max(used, free)
    return _renumbered(sent, moved), moved


def clear_nothing(current: Mapping[str, Current], sent: Cells, roster: Roster) -> Cells:
    """Take back "nothing to report" where the list has rows, whoever filled them in: rows go before the box."""
    name = roster.rows_name
    said = sent.get(name) or (current[name].stored if name in current else None)
    if said is None or said.state in _EMPTY:
        return sent
    states = {other: last.state for other, last in current.items()} | {other: one.state for other, one in sent.items()}
    columns = frozenset(roster.names)
    rows = any(split_cell(other)[0] in columns and state not in _EMPTY for other, state in states.items())
    return {**sent, name: Stored(None, "blank")} if rows else sent


def _used(roster: Roster, current: Mapping[str, Current], sent: Cells) -> int:
    """Return the last row that anybody uses."""
    columns = frozenset(roster.names)
    states = [(name, last.state) for name, last in current.items()] + [(name, one.state) for name, one in sent.items()]
    rows = (split_cell(name) for name, state in states if state not in _EMPTY)
    return max((row for column, row in rows if column in columns), default=0)


def _begun_twice(connection: Connection, current: Mapping[str, Current], cells: Cells, shown: Shown) -> bool:
    """Return whether a row was empty when the page was shown, and has been filled differently here and elsewhere."""
    theirs = {name: current[name] for name in cells if name in current}
    if not any(one.state not in _EMPTY and one.seq > shown.base_seq for one in theirs.values()):
        return False
    if any(one.client_key == shown.client_key and one.seq > shown.base_seq for one in theirs.values()):
        return False  # this very page filled the row
    if all(name in theirs and theirs[name].stored == mine for name, mine in cells.items() if mine.state != "blank"):
        return False  # the same row, or nothing was typed here
    return all(_was_empty(connection, name, current, shown) for name in cells)


def _was_empty(connection: Connection, name: str, current: Mapping[str, Current], shown: Shown) -> bool:
    stands = current.get(name)
    if stands is None or stands.seq > shown.base_seq:
        before = as_shown(connection, name, shown)[0] if stands else shown.prefilled.get(name, Stored(None, "blank"))
        return before.state in _EMPTY
    return stands.state in _EMPTY


def _stored_elsewhere(roster: Roster, current: Mapping[str, Current], rows: frozenset[int], shown: Shown) -> list[int]:
    """Return the rows, not of this sub-page's own numbers, that this very page stored before."""
    columns = frozenset(roster.names)
    mine = (split_cell(name) for name, last in current.items() if last.client_key == shown.client_key != "")
    return sorted({row for column, row in mine if column in columns and row not in rows})


def _renumbered(sent: Cells, moved: Mapping[int, int]) -> Cells:
    if not moved:
        return sent
    made = {}
    for name, mine in sent.items():
        column, row = split_cell(name)
        made[cell_name(column, moved.get(row, row))] = mine
    return made
