"""The cells of one grouped pass seen as a design: which stratum, cluster and domain each belongs to, n_h and f_h."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.design import SurveyDesign
from analysis.engine import Totals
from analysis.fixedpoint import Floats

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of sampling: units within parents; `parent` has one entry a unit, the rest one entry a parent."""

    unit: Codes  # cell -> unit (element samples: empty)
    parent_of_cell: Codes
    parent: Codes  # unit -> parent
    n: Floats  # sampled units in the parent
    low: Floats  # FPC as given: smallest and largest value (NaN without)
    high: Floats
    fraction: Floats  # sampling fraction, 0 without FPC
    labels: tuple[str, ...]  # of the parents
    outer: Floats  # product of the sampling fractions of the stages before (1 at the first)
    family: Codes  # parent -> the unit of the stage before that holds it (0 at the first)
    pi: Floats | None = None  # unit -> inclusion probability, where the stage was drawn with unequal ones
    widest: Floats | None = None  # unit -> the largest that its rows hold
    names: tuple[object, ...] = ()  # unit -> its id, where a joint matrix must find it


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way of forming domains: a code a cell (-1 = none) and the labels of the domains."""

    columns: tuple[str, ...]
    code: Codes
    labels: tuple[tuple[object, ...], ...]

    @property
    def size(self) -> int:
        """How many domains there are."""
        return len(self.labels)


def factorize(column: npt.NDArray[Any]) -> tuple[Codes, list[object]]:
    """Return a code for each value (-1 where NULL) in the order of appearance, and the values."""
    import pandas as pd

    masked = np.ma.getmaskarray(column)
    plain = np.ma.getdata(column)
    if masked.any():
        plain = plain.astype(object)
        plain[masked] = None
    codes, values = pd.factorize(plain)
    return codes.astype(np.intp), values.tolist()


def combined(first: Codes, second: Codes) -> tuple[Codes, Codes, Codes]:
    """Number the distinct pairs of two codes; return (code, first of each pair, second of each pair). -1 stays -1."""
    width = int(second.max(initial=0)) + 1
    pair = np.where((first < 0) | (second < 0), -1, first * width + second)
    distinct, code = np.unique(pair, return_inverse=True)
    if len(distinct) and distinct[0] < 0:
        distinct, code = distinct[1:], code - 1
    return code.astype(np.intp), distinct // width, distinct % width


def id_key(number: int) -> str:
    """Return the key under which a cell holds its unit of a stage (0 is the first)."""
    return ("up__psu", "up__ssu")[number] if number < 2 else f"up__unit_{number + 1}"


def stratum_key(number: int) -> str:
    """Return the key under which a cell holds its stratum of a stage (0 is the first)."""
    return "up__stratum" if number == 0 else f"up__stratum_{number + 1}"


def sampling_stages(design: SurveyDesign, totals: Totals) -> tuple[Stage, ...]:
    """Return the stages that a variance is made of, the first stage first."""
    if not design.stages:
        return (_elements(design, totals),)
    above = _first_parents(design, totals)
    stages: list[Stage] = []
    for number in range(len(design.stages)):
        codes, values = factorize(totals.keys[id_key(number)])
        unit, parent, which = combined(above.of_cell, codes)
        stage = _stage(totals, number, above, unit=unit, parent=parent)
        if design.pps is not None:
            stage = _unequal(stage, totals, number, [values[v] for v in which] if design.pps.joint else [])
        stages.append(stage)
        if number + 1 < len(design.stages):
            labels = tuple(f"{above.labels[p]} / {values[v]}" for p, v in zip(parent, which, strict=True))
            outer = stage.outer[parent] * (stage.fraction[parent] if stage.pi is None else stage.pi)
            above = _Parents(unit, labels, outer, np.arange(len(labels)))
            above = _with_strata(above, totals, stratum_key(number + 1))
    return tuple(stages)


def grouping(totals: Totals, columns: tuple[str, ...], aliases: dict[str, str]) -> Grouping:
    """Return the domains that the values of some key columns form, sorted by their values."""
    code = np.zeros(totals.cells, dtype=np.intp)
    labels: list[tuple[object, ...]] = [()]
    for column in columns:
        codes, values = factorize(totals.keys[aliases[column]])
        code, before, value = combined(code, codes)
        labels = [(*labels[b], values[v]) for b, v in zip(before, value, strict=True)]
    order = sorted(range(len(labels)), key=lambda i: tuple((type(v).__name__ == "str", v) for v in labels[i]))
    place = np.empty(len(labels) + 1, dtype=np.intp)
    place[order] = np.arange(len(labels))
    place[-1] = -1
    return Grouping(columns, place[code], tuple(labels[i] for i in order))


@dataclass(frozen=True, slots=True)
class _Parents:
    """Where the units of a stage are drawn from: strata, or the units of the stage before."""

    of_cell: Codes
    labels: tuple[str, ...]
    outer: Floats
    family: Codes


def _first_parents(design: SurveyDesign, totals: Totals) -> _Parents:
    code = np.zeros(totals.cells, dtype=np.intp)
    labels: tuple[str, ...] = ("the whole sample",)
    if design.stage_strata[0] is not None:
        code, values = factorize(totals.keys[stratum_key(0)])
        labels = tuple(str(value) for value in values)
    return _Parents(code, labels, np.ones(len(labels)), np.zeros(len(labels), dtype=np.intp))


def _with_strata(above: _Parents, totals: Totals, key: str) -> _Parents:
    """Divide the units of a stage into the strata of the next one, where it has some."""
    if key not in totals.keys:
        return above
    codes, values = factorize(totals.keys[key])
    of_cell, unit, which = combined(above.of_cell, codes)
    labels = tuple(f"{above.labels[u]} / {values[v]}" for u, v in zip(unit, which, strict=True))
    return _Parents(of_cell, labels, above.outer[unit], unit)


def _elements(design: SurveyDesign, totals: Totals) -> Stage:
    above = _first_parents(design, totals)
    empty = np.empty(0, dtype=np.intp)
    return _stage(totals, 0, above, unit=empty, parent=empty)


def _stage(totals: Totals, number: int, above: _Parents, *, unit: Codes, parent: Codes) -> Stage:
    size, of_cell = len(above.labels), above.of_cell
    if len(unit):
        n = np.bincount(parent, minlength=size).astype(np.float64)
    else:  # every row is a unit; rows without a stratum are refused elsewhere
        known = of_cell >= 0
        rows = totals.counts["up__rows"][known].astype(np.float64)
        n = np.bincount(of_cell[known], weights=rows, minlength=size).astype(np.float64)
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    if f"up__low_{number}" in totals.extremes:
        low = _extreme(np.minimum, totals.extremes[f"up__low_{number}"], of_cell, size)
        high = _extreme(np.maximum, totals.extremes[f"up__high_{number}"], of_cell, size)
    fraction = _fraction(n, low, high)
    return Stage(unit, of_cell, parent, n, low, high, fraction, above.labels, above.outer, above.family)


def _unequal(stage: Stage, totals: Totals, number: int, names: list[object]) -> Stage:
    """Add the inclusion probabilities of the units; a stage whose FPC counts units has equal ones."""
    if f"up__low_{number}" not in totals.extremes or np.nanmax(stage.high, initial=0.0) > 1:
        return replace(stage, names=tuple(names))
    pi = _extreme(np.minimum, totals.extremes[f"up__low_{number}"], stage.unit, len(stage.parent))
    widest = _extreme(np.maximum, totals.extremes[f"up__high_{number}"], stage.unit, len(stage.parent))
    return replace(stage, pi=pi, widest=widest, names=tuple(names))


def _extreme(take: np.ufunc, values: Floats, parent: Codes, size: int) -> Floats:
    start = np.inf if take is np.minimum else -np.inf
    result = np.full(size, start)
    known = ~np.isnan(values) & (parent >= 0)
    take.at(result, parent[known], values[known])
    result[np.isinf(result)] = np.nan
    return result


def _fraction(n: Floats, low: Floats, high: Floats) -> Floats:
    """Sampling fractions; where an FPC varies within a stratum the value with the larger variance is taken."""
    if np.isnan(high).all():
        return np.zeros(len(n))
    counts = bool(np.nanmax(high) > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = n / high if counts else low
    return np.nan_to_num(fraction, nan=0.0, posinf=0.0)
