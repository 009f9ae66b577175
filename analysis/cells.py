"""The cells of one grouped pass seen as a design: which stratum, cluster and domain each belongs to, n_h and f_h."""

from __future__ import annotations

from dataclasses import dataclass
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
    return codes.astype(np.intp), [v.item() if isinstance(v, np.generic) else v for v in values]


def combined(first: Codes, second: Codes) -> tuple[Codes, Codes, Codes]:
    """Number the distinct pairs of two codes; return (code, first of each pair, second of each pair). -1 stays -1."""
    width = int(second.max(initial=0)) + 1
    pair = np.where((first < 0) | (second < 0), -1, first * width + second)
    distinct, code = np.unique(pair, return_inverse=True)
    if len(distinct) and distinct[0] < 0:
        distinct, code = distinct[1:], code - 1
    return code.astype(np.intp), distinct // width, distinct % width


def sampling_stages(design: SurveyDesign, totals: Totals) -> tuple[Stage, ...]:
    """Return the stages that a variance is made of, the first stage first."""
    strata, names = _strata(design, totals)
    if not design.stages:
        rows = totals.counts["up__rows"].astype(np.float64)
        n = np.bincount(strata, weights=rows, minlength=len(names)).astype(np.float64)
        empty = np.empty(0, dtype=np.intp)
        return (_stage(totals, 0, n, names, unit=empty, parent_of_cell=strata, parent=empty),)
    stages: list[Stage] = []
    parent, labels = strata, names
    for number, key in enumerate(("up__psu", "up__ssu")[: len(design.stages)]):
        codes, values = factorize(totals.keys[key])
        unit, parent_of_unit, which = combined(parent, codes)
        n = np.bincount(parent_of_unit, minlength=len(labels)).astype(np.float64)
        stages.append(_stage(totals, number, n, labels, unit=unit, parent_of_cell=parent, parent=parent_of_unit))
        if number + 1 < len(design.stages):
            labels = tuple(f"{labels[p]} / {values[v]}" for p, v in zip(parent_of_unit, which, strict=True))
        parent = unit
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


def _strata(design: SurveyDesign, totals: Totals) -> tuple[Codes, tuple[str, ...]]:
    if design.strata is None:
        return np.zeros(totals.cells, dtype=np.intp), ("the whole sample",)
    codes, values = factorize(totals.keys["up__stratum"])
    return codes, tuple(str(value) for value in values)


def _stage(
    totals: Totals,
    number: int,
    n: Floats,
    labels: tuple[str, ...],
    *,
    unit: Codes,
    parent_of_cell: Codes,
    parent: Codes,
) -> Stage:
    low = np.full(len(n), np.nan)
    high = np.full(len(n), np.nan)
    if f"up__low_{number}" in totals.extremes:
        low = _extreme(np.minimum, totals.extremes[f"up__low_{number}"], parent_of_cell, len(n))
        high = _extreme(np.maximum, totals.extremes[f"up__high_{number}"], parent_of_cell, len(n))
    return Stage(unit, parent_of_cell, parent, n, low, high, _fraction(n, low, high), labels)


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
