"""Read one row of a return, from whatever door it came: every cell checked, or a sentence for each that is wrong."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from forms.numbers import narrow, read_number, show_number
from forms.returns.model import Measure, Metric, Return, is_period, period_end
from forms.returns.words import sentence
from uptake.contract.codes import valid_uscc
from uptake.contract.errors import did_you_mean
from uptake.contract.text import Text

COLUMNS = ("unit", "period", "metric", "dimension", "revision", "flag", "reason", "reporter")
NEEDED = ("unit", "period", "metric")
ESTIMATED = "e"
MOST_REASON = 500
_LARGE = Decimal(10) ** 15
Key = tuple[str, str, str, str, int]
Cell = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to say of a row: which column, and the sentence in every language."""

    column: str
    message: Text


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a return: whose, of when, of what, and its numbers in the order of the metric's measures."""

    unit: str
    period: str
    metric: str
    dimension: str
    revision: int
    values: tuple[Decimal | None, ...]
    estimated: bool = False
    reason: str = ""
    reporter: str = ""

    @property
    def cell(self) -> Cell:
        """What the row is about: unit, period, metric, dimension."""
        return (self.unit, self.period, self.metric, self.dimension)

    @property
    def key(self) -> Key:
        """What the row is about, and which revision of it."""
        return (*self.cell, self.revision)

    @property
    def content(self) -> tuple[str, ...]:
        """Everything the row says beside its key, as texts that compare and sort; 1 and 1.0 are the same."""
        numbers = ["" if value is None else f"{value.normalize():f}" for value in self.values]
        return (*numbers, ESTIMATED if self.estimated else "", self.reason, self.reporter)


@dataclass(slots=True)
class _Reading:
    """One record on its way to a Row."""

    definition: Return
    record: Mapping[str, object]
    sent: datetime.datetime
    problems: list[Problem] = field(default_factory=list)

    def text(self, column: str) -> str:
        value = self.record.get(column)
        return "" if value is None else narrow(str(value)).strip()

    def refuse(self, where: str, key: str, **slots: object) -> None:
        self.problems.append(Problem(where, sentence(key, **slots)))

    def row(self) -> Row | None:
        unit, period, metric = self.unit("unit"), self.period(), self.metric()
        if metric is None:
            return None
        revision = self.revision(period)
        made = Row(
            unit=unit,
            period=period,
            metric=metric.id,
            dimension=self.dimension(metric),
            revision=revision,
            values=self.values(metric),
            estimated=self.flag(),
            reason=self.reason(),
            reporter=self.unit("reporter") if self.text("reporter") else "",
        )
        if revision > 0 and not made.reason:
            self.refuse("reason", "revision_reason", revision=revision)
        return None if self.problems else made

    def unit(self, column: str) -> str:
        code = self.text(column).upper()
        if not valid_uscc(code):
            self.refuse(column, "unit", typed=self.text(column))
        return code

    def period(self) -> str:
        period = self.text("period").upper()
        if not is_period(period, self.definition.period):
            self.refuse("period", self.definition.period, typed=self.text("period"))
            return ""
        end = period_end(period)
        if self.sent.date() <= end:
            self.refuse("period", "early", period=period, end=end, sent=self.sent.date())
        return period

    def metric(self) -> Metric | None:
        typed = self.text("metric")
        found = self.definition.metrics.get(typed.upper()) or self.definition.metrics.get(typed)
        if found is None:
            self.refuse("metric", "metric", typed=typed, known=", ".join(self.definition.metrics))
        return found

    def dimension(self, metric: Metric) -> str:
        typed = self.text("dimension")
        if metric.dimension is None:
            if typed:
                self.refuse("dimension", "dimension_extra", metric=metric.id, typed=typed)
            return ""
        known = metric.dimension.known
        if typed not in known:
            key = "dimension_unknown" if typed else "dimension_missing"
            self.refuse("dimension", key, typed=typed, metric=metric.id, name=metric.dimension.name,
                        known=", ".join(known))  # fmt: skip
        return typed

    def revision(self, period: str) -> int:
        typed = self.text("revision") or "0"
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
            self.refuse("revision", "revision", typed=typed)
            return 0
        revision = int(typed)
        if revision and period and self.sent.date() <= self.definition.closes(period):
            self.refuse("revision", "revision_open", period=period, closes=self.definition.closes(period))
        return revision

    def flag(self) -> bool:
        typed = self.text("flag")
        if typed.lower() not in ("", ESTIMATED):
            self.refuse("flag", "flag", typed=typed)
        return typed.lower() == ESTIMATED

    def reason(self) -> str:
        typed = str(self.record.get("reason") or "").strip().replace("\r\n", "\n")
        if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs") and sign not in "\n\t" for sign in typed):
            self.refuse("reason", "text_sign", typed=typed)
        if len(typed) > MOST_REASON:
            self.refuse("reason", "text_long", count=len(typed), most=MOST_REASON)
        return typed

    def values(self, metric: Metric) -> tuple[Decimal | None, ...]:
        own = {measure.id for measure in metric.measures}
        for column in self.definition.measures:
            if column not in own and self.text(column):
                self.refuse(column, "foreign", metric=metric.id, column=column, typed=self.text(column))
        numbers = {measure.id: self.number(measure) for measure in metric.measures}
        self.compare(metric, numbers)
        return tuple(numbers.values())

    def number(self, measure: Measure) -> Decimal | None:
        typed = self.text(measure.id)
        if not typed:
            if measure.required:
                self.refuse(measure.id, "blank", label=measure.label)
            return None
        value = _decimal(self.record[measure.id], typed)
        wrong = _wrong_number(measure, typed, value)
        if wrong:
            self.refuse(measure.id, wrong, typed=typed, label=measure.label, decimals=measure.decimals)
            return None
        return value

    def compare(self, metric: Metric, numbers: Mapping[str, Decimal | None]) -> None:
        for measure in metric.measures:
            value = numbers[measure.id]
            whole = numbers.get(measure.part_of or "")
            cases = numbers.get(measure.counts or "")
            if value is not None and whole is not None and value > whole:
                self.refuse(measure.id, "part", part=measure.label, part_value=show_number(value),
                            whole=metric.measure(measure.part_of or "").label,
                            whole_value=show_number(whole))  # fmt: skip
            if value is not None and cases == 0 and value > 0:
                self.refuse(measure.id, "sum", total=measure.label, total_value=show_number(value),
                            cases=metric.measure(measure.counts or "").label)  # fmt: skip


def _decimal(given: object, typed: str) -> Decimal | None:
    """Read a number: of a program (int, Decimal) as it is, of a file as people type it."""
    if isinstance(given, bool):
        return None
    if isinstance(given, int | Decimal):
        value = Decimal(given)
        return value if value.is_finite() else None
    found = read_number(typed)
    return None if found is None else found.value


def _wrong_number(measure: Measure, typed: str, value: Decimal | None) -> str | None:
    """Return which sentence refuses a number, None for one that is right."""
    if value is None:
        return "percentage" if typed.endswith(("%", "‰")) or typed.startswith("百分之") else "number"
    if value < 0:
        return "negative"
    if value >= _LARGE:
        return "large"
    if value != round(value, measure.decimals):
        return "whole" if measure.type == "int" else "decimals"
    return None


def read_row(
    definition: Return, record: Mapping[str, object], *, sent: datetime.datetime
) -> tuple[Row | None, tuple[Problem, ...]]:
    """Read one record of a return.

    Does not compare it with other rows (`receive` does), nor look whether its columns exist (`read_file` does).
    record: cells by column, as texts, int or Decimal; blank and absent are the same, and neither is 0; sent: when it
    was sent. Returns the row and no problems, or None and every problem.
    """
    reading = _Reading(definition, record, sent)
    row = reading.row()
    return row, tuple(reading.problems)


def column_problem(definition: Return, column: str) -> Problem:
    """Return the sentence that refuses a column nobody knows, with the nearest known one."""
    known = (*COLUMNS, *definition.measures)
    message = sentence("column_unknown", typed=column, known=", ".join(known))
    near = did_you_mean(column, known)
    words = tuple((lang, message[lang] + (near if lang == "en" else "")) for lang in message)
    return Problem(column, Text(words))
