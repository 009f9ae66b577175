"""The ledger of a return: every row ever received, and which of them stand; the order of arrival does not matter.

A ledger is only a set of receipts (row, time of sending). What stands follows from that set alone:

    revision 0   the last one sent while the period was open; if none was, the first one sent after it had closed
    revision n   the first one sent under that number; it counts once revisions 1 to n-1 are there and a revision 0
    the cell     its highest revision that counts

Two receipts of one moment that differ are put in order by their content, so that every ledger made from the same files
is the same. Nothing is ever deleted: what no longer stands is the history of the cell.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from forms.returns.model import Return
from forms.returns.rows import Cell, Row


@dataclass(frozen=True, slots=True, order=True)
class Receipt:
    """One row as it was received; ordered by time of sending, then by content."""

    sent: datetime.datetime
    content: tuple[str, ...]
    revision: int
    row: Row = field(compare=False)

    @classmethod
    def of(cls, row: Row, sent: datetime.datetime) -> Receipt:
        """Make the receipt of a row."""
        return cls(sent, row.content, row.revision, row)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of one cell: the row that counts, and the row that stands under each revision number."""

    row: Row | None
    by_revision: Mapping[int, Receipt]

    @property
    def next_revision(self) -> int:
        """The number that the next revision has."""
        return max(self.by_revision, default=-1) + 1


NOTHING = Standing(None, {})


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every receipt of a return, by cell; two ledgers are equal when they hold the same receipts."""

    receipts: Mapping[Cell, tuple[Receipt, ...]] = field(default_factory=dict)

    def standing(self, definition: Return, cell: Cell) -> Standing:
        """Return what stands of one cell."""
        receipts = self.receipts.get(cell)
        return standing(definition, receipts) if receipts else NOTHING

    def rows(self, definition: Return) -> Iterator[Row]:
        """Give the row that counts of every cell that has one, in the order of unit, period, metric and dimension."""
        for cell in sorted(self.receipts):
            row = standing(definition, self.receipts[cell]).row
            if row is not None:
                yield row

    def history(self, cell: Cell) -> tuple[Receipt, ...]:
        """Return everything that was ever received of one cell, in the order of sending."""
        return self.receipts.get(cell, ())


def standing(definition: Return, receipts: tuple[Receipt, ...]) -> Standing:
    """Say which of one cell's receipts stand, by the rule at the top of this module.

    receipts: in order, at least one.
    """
    closes = definition.closes(receipts[0].row.period)
    first = [receipt for receipt in receipts if receipt.revision == 0]
    in_time = [receipt for receipt in first if receipt.sent.date() <= closes]
    found: dict[int, Receipt] = {}
    for receipt in receipts:
        if receipt.revision > 0:
            found.setdefault(receipt.revision, receipt)
    if first:
        found[0] = in_time[-1] if in_time else first[0]
    counts = -1
    while counts + 1 in found:
        counts += 1
    return Standing(found[counts].row if counts >= 0 else None, found)


def with_receipts(ledger: Ledger, receipts: list[Receipt]) -> Ledger:
    """Return a ledger that holds these receipts too; what it holds already is not held twice."""
    made = dict(ledger.receipts)
    for receipt in receipts:
        held = made.get(receipt.row.cell, ())
        if receipt not in held:
            made[receipt.row.cell] = tuple(sorted((*held, receipt)))
    return Ledger(made)
