"""The shape of a return file: what may be written in it (forms/returns/model.py shows a complete one)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forms import source
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a dimension."""

    place: Place
    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the rows of a metric are broken down by."""

    place: Place
    id: Scalar
    name: Text
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a row."""

    place: Place
    id: Scalar
    type: Literal["int", "dec"]
    label: Text
    unit: Text
    decimals: int = 0
    required: bool = True
    part_of: Scalar | None = None
    counts: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The month-on-month change that nobody asks about."""

    place: Place
    least: Scalar
    most: Scalar


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what is counted, by what, and in which numbers."""

    place: Place
    id: Scalar
    name: Text
    kind: Literal["stock", "flow"]
    definition: Text
    measures: tuple[Measure, ...]
    dimension: Scalar | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return file."""

    place: Place
    id: Scalar
    title: Text
    definition_version: Scalar
    text_version: Scalar
    header: source.Header
    period: Literal["month", "quarter"]
    due_day: int
    open_months: int
    metrics: tuple[Metric, ...]
    dimensions: tuple[Dimension, ...] = ()
    notices: tuple[Text, ...] = ()
    change: Change | None = None
