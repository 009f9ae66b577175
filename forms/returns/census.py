"""Totals of a return over units: what was reported, by how many, and what was carried forward with its flag."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from forms.returns.ledger import Ledger
from forms.returns.model import Return, period_before
from forms.returns.rows import Row


@dataclass(frozen=True, slots=True)
class Total:
    """One measure of one metric (and code) added up over the units of a period.

    value is None where no unit gave the number. The return is a census: there is no sampling error, and what limits the
    number is coverage. units: expected; reported: gave the number themselves; carried: of the others, those whose last
    number was carried forward; estimated: of the reported, those flagged e by the unit.
    """

    period: str
    metric: str
    dimension: str
    measure: str
    value: Decimal | None
    units: int
    reported: int
    carried: int
    estimated: int

    @property
    def flag(self) -> str:
        """The flag to print beside the number: e where any part of it is estimated or carried forward."""
        return "e" if self.carried or self.estimated else ""

    @property
    def coverage(self) -> float:
        """The share of the expected units that reported."""
        return self.reported / self.units if self.units else float("nan")


def totals(
    definition: Return, ledger: Ledger, *, period: str, units: Collection[str], carry: int = 0
) -> tuple[Total, ...]:
    """Add up every measure of a period over the units that should report it.

    A unit that did not report is missing and adds nothing; it is not taken for 0. Only with `carry` is its last number
    used, from at most so many periods back, and the total then has the flag e.
    period: such as 2026-10; units: those expected to report, rows of others are left out; carry: periods, default none.
    Returns one total for each metric, code and measure, in the order of the definition.
    """
    made = []
    for metric in definition.metrics.values():
        for code in metric.dimension.known if metric.dimension else ("",):
            cells = [(unit, period, metric.id, code) for unit in sorted(units)]
            rows = [_row(definition, ledger, cell, carry) for cell in cells]
            for at, measure in enumerate(metric.measures):
                made.append(_total(period, (metric.id, code, measure.id), [(row, at) for row in rows]))
    return tuple(made)


def _row(definition: Return, ledger: Ledger, cell: tuple[str, str, str, str], carry: int) -> Row | None:
    row = ledger.standing(definition, cell).row
    unit, period, *rest = cell
    for _ in range(carry):
        if row is not None:
            return row
        period = period_before(period)
        row = ledger.standing(definition, (unit, period, *rest)).row  # type: ignore[arg-type]
    return row


def _total(period: str, names: tuple[str, str, str], rows: list[tuple[Row | None, int]]) -> Total:
    metric, code, measure = names
    blank = Total(period, metric, code, measure, None, len(rows), 0, 0, 0)
    known = [(row, value) for row, at in rows if row is not None and (value := row.values[at]) is not None]
    own = [row for row, _ in known if row.period == period]
    if not known:
        return blank
    return replace(
        blank,
        value=sum((value for _, value in known), Decimal(0)),
        reported=len(own),
        carried=len(known) - len(own),
        estimated=sum(row.estimated for row in own),
    )
