"""Merge a page into what is stored: what nobody else changed is taken, what two people changed differently is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from collector.services.answers import Current
from collector.services.values import Stored
from collector.store.models import AnswerEvent
from forms import split_cell

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that was changed elsewhere since the page was shown, and differently."""

    field: str
    mine: Stored
    theirs: Stored
    theirs_at: str


@dataclass(frozen=True, slots=True)
class Merge:
    """What a page changes, what it cannot, and the fields only others changed since it was shown."""

    changes: Mapping[str, Stored]
    clashes: tuple[Clash, ...]
    theirs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """The state a page was filled in from: the newest answer when it was shown, and the page's own key.

    prefilled: what stood in the inputs that nobody had answered yet.
    """

    assignment_id: int
    base_seq: int
    client_key: str
    prefilled: Mapping[str, Stored]


def merge(connection: Connection, current: Mapping[str, Current], sent: Mapping[str, Stored], shown: Shown) -> Merge:
    """Compare what was sent with what stands and with what was shown.

    A field clashes only if it was changed since the page was shown, by another page, and what was sent differs both
    from what was shown and from what stands now.
    """
    changes: dict[str, Stored] = {}
    clashes: list[Clash] = []
    theirs: list[str] = []
    for name, mine in sent.items():
        stands = current.get(name)
        if stands is None:
            if not _never_touched(name, mine, shown):
                changes[name] = mine
        elif mine == stands.stored:
            continue
        elif stands.seq <= shown.base_seq or (shown.client_key and stands.client_key == shown.client_key):
            changes[name] = mine
        elif mine != (before := as_shown(connection, name, shown))[0]:
            clashes.append(Clash(name, mine, stands.stored, before[1]))
        else:
            theirs.append(name)
    return Merge(changes, tuple(clashes), tuple(theirs))


def _never_touched(name: str, mine: Stored, shown: Shown) -> bool:
    """Return whether this is a cell of an empty row that nobody has filled in: it is no answer.

    The first row is stored all the same: a list that was seen and left empty is not one that was never seen.
    """
    row = split_cell(name)[1]
    return row > 1 and mine.state == "blank" and name not in shown.prefilled


def as_shown(connection: Connection, name: str, shown: Shown) -> tuple[Stored, str]:
    """Return the answer the page showed (the sample's or blank where there was none), and when the newest was given."""
    query = (
        select(AnswerEvent.seq, AnswerEvent.value, AnswerEvent.state, AnswerEvent.at)
        .where(AnswerEvent.assignment_id == shown.assignment_id, AnswerEvent.field == name)
        .order_by(AnswerEvent.seq.desc())
    )
    events = connection.execute(query).all()
    blank = shown.prefilled.get(name, Stored(None, "blank"))
    then = next((Stored(row.value, row.state) for row in events if row.seq <= shown.base_seq), blank)
    return then, events[0].at
