"""What a metrics return is once it is loaded: metrics, their dimensions and measures, and the rows that units send.

A return is a report of sums and counts that a unit sends every month or quarter, as a file or by a program; nobody is
asked questions. This is how one is written, complete (`returns/agency_metrics.yaml`). Texts are `{zh: ..., en: ...}`.

    id: agency_metrics                     # = file name without .yaml
    title: {zh: 监测指标定期报表, en: Regular return of monitoring metrics}
    definition_version: "1.0"
    text_version: "1"
    header: {...}                          # the legal header, as in a questionnaire
    notices: [...]                         # optional
    period: month                          # month (2026-10) | quarter (2026Q4)
    due_day: 10                            # of the month after the period; what comes later is flagged as late
    open_months: 3                         # so long a row sent again replaces; after that a revision is needed
    change: {least: 0.2, most: 5}          # optional: this period / the one before outside of it is asked about
    dimensions:
      - id: autonomy
        name: {zh: 执行方式, en: Way of acting}
        codes:
          - {code: autonomous, label: {zh: 可自主执行, en: Acts without approval of each step}}
    metrics:
      - id: M-01
        name: {zh: 在用智能体, en: Agents in use}
        kind: stock                        # stock: on the last day of the period | flow: in the period
        definition: {zh: …, en: …}
        dimension: autonomy                # optional: one row for each of its codes
        measures:
          - {id: agents, type: int, label: …, unit: …}
      - id: M-04
        name: …
        kind: flow
        definition: …
        change: {least: 0.1, most: 10}     # optional, instead of that of the return
        measures:
          - {id: items, type: int, label: …, unit: …}
          - {id: assisted, type: int, part_of: items, label: …, unit: …}     # never more than items
      - id: M-06
        ...
        measures:
          - {id: minutes, type: dec, decimals: 1, counts: cases, label: …, unit: …}  # a sum over the cases
          - {id: cases, type: int, label: …, unit: …}
          - {id: …, required: false, …}    # may be left blank; blank is not 0

Only sums and counts are collected: a measure cannot be a percentage or a mean, since neither can be added up over units
or periods. A row is one (unit, period, metric, code of the dimension, revision); measure ids name columns of a file.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from forms.model import Header
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place

MetricKind = Literal["stock", "flow"]
PeriodKind = Literal["month", "quarter"]
MeasureType = Literal["int", "dec"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a dimension and its name."""

    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the rows of a metric are broken down by."""

    id: str
    name: Text
    codes: tuple[Code, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """The codes alone, in order."""
        return tuple(item.code for item in self.codes)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a row.

    `part_of` names the measure that it cannot exceed; `counts` the measure that says over how many cases it is a sum.
    """

    id: str
    type: MeasureType
    label: Text
    unit: Text
    decimals: int = 0
    required: bool = True
    part_of: str | None = None
    counts: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Bounds of this period divided by the one before; outside of them the row is asked about."""

    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what is counted, by which dimension, and in which numbers."""

    id: str
    name: Text
    kind: MetricKind
    definition: Text
    measures: tuple[Measure, ...]
    dimension: Dimension | None
    change: Change | None
    place: Place

    def measure(self, measure_id: str) -> Measure:
        """Return a measure by its id; KeyError where there is none."""
        for measure in self.measures:
            if measure.id == measure_id:
                return measure
        raise KeyError(measure_id)


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    """A whole return, checked and frozen; `sha256` is that of its canonical JSON (RFC 8785)."""

    id: str
    title: Text
    definition_version: str
    text_version: str
    header: Header
    notices: tuple[Text, ...]
    period: PeriodKind
    due_day: int
    open_months: int
    metrics: Mapping[str, Metric]
    sha256: str

    @property
    def measures(self) -> tuple[str, ...]:
        """The ids of all measures, each once, in the order of the metrics: the number columns of a file."""
        return tuple(dict.fromkeys(measure.id for metric in self.metrics.values() for measure in metric.measures))

    def closes(self, period: str) -> datetime.date:
        """Return the last day on which a row of a period may be sent again without a new revision number."""
        return _month_end(period_end(period), self.open_months)

    def due(self, period: str) -> datetime.date:
        """Return the last day on which a row of a period is in time."""
        return period_end(period) + datetime.timedelta(days=self.due_day)


@lru_cache(maxsize=1024)
def period_end(period: str) -> datetime.date:
    """Return the last day of a month or quarter; ValueError for a text that is neither.

    >>> period_end("2026-02"), period_end("2026Q4")
    (datetime.date(2026, 2, 28), datetime.date(2026, 12, 31))
    """
    year, month = _year_and_month(period)
    return _month_end(datetime.date(year, month, 1), 0)


@lru_cache(maxsize=1024)
def period_before(period: str) -> str:
    """Return the period before; ValueError for a text that is none.

    >>> period_before("2027-01"), period_before("2027Q1")
    ('2026-12', '2026Q4')
    """
    year, month = _year_and_month(period)
    if "Q" in period:
        return f"{year:04}Q{month // 3 - 1}" if month > 3 else f"{year - 1:04}Q4"
    return f"{year:04}-{month - 1:02}" if month > 1 else f"{year - 1:04}-12"


def is_period(text: str, kind: PeriodKind) -> bool:
    """Say whether a text is a period of the kind: 2026-10 for months, 2026Q4 for quarters."""
    if len(text) != (7 if kind == "month" else 6) or ("Q" in text) != (kind == "quarter") or not text.isascii():
        return False
    try:
        period_end(text)
    except ValueError:
        return False
    return True


def _year_and_month(period: str) -> tuple[int, int]:
    year, rest, quarter = period[:4], period[5:], period[4:5] == "Q"
    if not (year.isdigit() and rest.isdigit() and period[4:5] in ("Q", "-") and len(rest) == (1 if quarter else 2)):
        raise ValueError(f"{period!r} is not a period")
    month = int(rest) * 3 if quarter else int(rest)
    if not 1 <= month <= 12 or not 1900 <= int(year) <= 9000:
        raise ValueError(f"{period!r} is not a period")
    return int(year), month


def _month_end(day: datetime.date, months: int) -> datetime.date:
    """Return the last day of the month that lies `months` after that of a day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months + 1, 12)
    return datetime.date(year, month + 1, 1) - datetime.timedelta(days=1)
