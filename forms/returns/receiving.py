"""Receive a file of a return: every row accepted, unchanged, replaced, kept aside or refused, and what to check."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from forms.numbers import show_number
from forms.returns.ledger import Ledger, Receipt, Standing, with_receipts
from forms.returns.model import Return, period_before
from forms.returns.rows import Key, Problem, Row, read_row
from forms.returns.words import sentence

Status = Literal["accepted", "unchanged", "replaced", "superseded", "waiting", "refused"]
Records = Iterable[tuple[int, Mapping[str, object]]]
STATUSES: tuple[Status, ...] = ("accepted", "unchanged", "replaced", "superseded", "waiting", "refused")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row of a file, why, and what the sender should check."""

    line: int
    status: Status
    row: Row | None
    problems: tuple[Problem, ...] = ()
    checks: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file: its rows in order."""

    outcomes: tuple[Outcome, ...]

    @property
    def counts(self) -> dict[Status, int]:
        """How many rows had each outcome; every outcome is named."""
        found = Counter(outcome.status for outcome in self.outcomes)
        return {status: found[status] for status in STATUSES}

    @property
    def changed(self) -> bool:
        """Whether the file changed what stands."""
        return any(outcome.status in ("accepted", "replaced") for outcome in self.outcomes)


def receive(definition: Return, ledger: Ledger, records: Records, *, sent: datetime.datetime) -> tuple[Ledger, Report]:
    """Receive the rows of one file; return the ledger that holds them too, and what became of each.

    Good rows are taken even where others of the file are refused. The same file received twice changes nothing. The
    ledger does not depend on the order in which files are received, only on when they were sent.
    records: (number of the row in its file, cells by column); sent: when the file was sent, which decides which of two
    different rows stands, whether it was late, and whether its period was still open.
    """
    read = [(line, *read_row(definition, record, sent=sent)) for line, record in records]
    clashes = _clashes((line, row) for line, row, _ in read if row is not None)
    taken = [row for line, row, _ in read if row is not None and line not in clashes]
    after = with_receipts(ledger, [Receipt.of(row, sent) for row in taken])
    judge = _Judge(definition, ledger, after, sent)
    return after, Report(tuple(_judged(judge, read, clashes)))


def _judged(
    judge: _Judge, read: Sequence[tuple[int, Row | None, tuple[Problem, ...]]], clashes: Mapping[int, int]
) -> Iterator[Outcome]:
    lines: dict[Key, int] = {}
    for line, row, problems in read:
        if row is None:
            yield Outcome(line, "refused", None, problems)
        elif line in clashes:
            yield Outcome(line, "refused", row, (Problem("", sentence("conflict", other=clashes[line])),))
        elif row.key in lines:
            yield Outcome(line, "unchanged", row, (Problem("", sentence("twice", other=lines[row.key])),))
        else:
            lines[row.key] = line
            yield judge.outcome(line, row)


def _clashes(rows: Iterable[tuple[int, Row]]) -> dict[int, int]:
    """Return the lines whose key stands on another line with other numbers, each with that other line."""
    by_key: dict[Key, list[tuple[int, Row]]] = {}
    for line, row in rows:
        by_key.setdefault(row.key, []).append((line, row))
    found = {}
    for same in by_key.values():
        if len({row.content for _, row in same}) > 1:
            for line, row in same:
                found[line] = next(other for other, else_ in same if else_.content != row.content)
    return found


@dataclass(frozen=True, slots=True)
class _Judge:
    """What a row is judged by: what stood before the file, and what stands after it."""

    definition: Return
    before: Ledger
    after: Ledger
    sent: datetime.datetime

    def outcome(self, line: int, row: Row) -> Outcome:
        before = self.before.standing(self.definition, row.cell)
        after = self.after.standing(self.definition, row.cell)
        status, why = self.status(row, before, after)
        checks = () if status in ("refused", "superseded") else tuple(self.checks(row))
        return Outcome(line, status, row, (why,) if why else (), checks)

    def status(self, row: Row, before: Standing, after: Standing) -> tuple[Status, Problem | None]:
        stood, stands = before.by_revision.get(row.revision), after.by_revision[row.revision]
        if stands.content != row.content:
            return self.aside(row, after)
        if stood is not None and stood.content == row.content:
            return "unchanged", None
        if after.row is None or after.row.revision < row.revision:
            return "waiting", Problem("revision", sentence("waiting"))
        return ("accepted", None) if stood is None else ("replaced", None)

    def aside(self, row: Row, after: Standing) -> tuple[Status, Problem]:
        """Say why a row does not stand although its cells are right."""
        stands = after.by_revision[row.revision]
        if row.revision > 0:
            key = sentence("revision_taken", revision=row.revision, next=after.next_revision)
            return "refused", Problem("revision", key)
        closes = self.definition.closes(row.period)
        if self.sent.date() > closes and (stands.sent, stands.content) < (self.sent, row.content):
            key = sentence("closed", period=row.period, closes=closes, next=after.next_revision)
            return "refused", Problem("revision", key)
        return "superseded", Problem("", sentence("superseded"))

    def checks(self, row: Row) -> Iterator[Problem]:
        """Say what the sender should look at: late, estimated, far from the period before, a period left out."""
        due = self.definition.due(row.period)
        if row.revision == 0 and self.sent.date() > due:
            yield Problem("period", sentence("late", period=row.period, due=due))
        if row.estimated:
            yield Problem("flag", sentence("estimated"))
        before = period_before(row.period)
        earlier = self.after.standing(self.definition, replace(row, period=before).cell).row
        if earlier is not None:
            yield from self.far(row, earlier)
        elif self.skipped(row, before):
            yield Problem("period", sentence("gap", before_period=before))

    def skipped(self, row: Row, before: str) -> bool:
        """Say whether the unit reported the period before the missing one."""
        cell = replace(row, period=period_before(before)).cell
        return self.after.standing(self.definition, cell).row is not None

    def far(self, row: Row, earlier: Row) -> Iterator[Problem]:
        metric = self.definition.metrics[row.metric]
        if metric.change is None or row.reason:
            return
        for measure, now, then in zip(metric.measures, row.values, earlier.values, strict=True):
            if now is None or not then:
                continue  # nothing can be said of a change from 0
            ratio = now / then
            if not metric.change.least <= ratio <= metric.change.most:
                yield Problem(measure.id, sentence(
                    "change", label=measure.label, now=show_number(now), before=show_number(then),
                    before_period=earlier.period, ratio=show_number(round(ratio, 2) + Decimal("0.00")),
                    least=metric.change.least, most=metric.change.most,
                ))  # fmt: skip
