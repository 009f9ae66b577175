"""The point estimates of every domain and variable, from exact integer sums, and the coefficients of their scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.cells import Codes, Grouping
from analysis.engine import Totals
from analysis.fixedpoint import Floats
from analysis.measures import Scored


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each estimate stands: groupings in order, within each the domains, within each the variables."""

    groupings: tuple[Grouping, ...]
    scored: tuple[Scored, ...]
    powers: dict[str, int]
    totals: Totals

    @property
    def offsets(self) -> list[int]:
        """The first row of each grouping."""
        sizes = [g.size * len(self.scored) for g in self.groupings]
        return [sum(sizes[:i]) for i in range(len(sizes))]

    @property
    def size(self) -> int:
        """How many estimates there are."""
        return sum(g.size for g in self.groupings) * len(self.scored)

    def real(self, alias: str) -> Floats:
        """Return a column's sums a cell, in the unit of the data."""
        return np.ldexp(self.totals.sums[alias].to_float(), -self.powers[alias])

    def spread(self, values: Floats, at: Codes, rows: int, grouping: Grouping) -> Floats:
        """Add a column's cells into (rows, domains of one grouping)."""
        inside = (at >= 0) & (grouping.code >= 0)
        flat = at[inside] * grouping.size + grouping.code[inside]
        sums = np.bincount(flat, weights=values[inside], minlength=rows * grouping.size)
        return np.asarray(sums, dtype=np.float64).reshape(rows, grouping.size)

    def counted(self, alias: str, grouping: Grouping) -> npt.NDArray[np.int64]:
        """Add the row counts of one kind by the domains of one grouping."""
        inside = grouping.code >= 0
        counts = self.totals.counts[alias][inside].astype(np.float64)
        return np.bincount(grouping.code[inside], weights=counts, minlength=grouping.size).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Points:
    """Estimates (P,), the coefficients of their scores z = first * numerator + second * denominator, and row counts."""

    estimate: Floats
    first: Floats
    second: Floats
    top: list[int]  # exact sums behind the estimate, in fixed-point units
    bottom: list[int]
    n: npt.NDArray[np.int64]
    n_in: npt.NDArray[np.int64]
    population: Floats


def points(layout: Layout) -> Points:
    """Return the point estimates: R = sum w a / sum w b (a mean has b = 1, a total no b)."""
    parts: list[Points] = []
    for grouping in layout.groupings:
        sums = {
            alias: layout.totals.sums[alias].sums(grouping.code, grouping.size)
            for alias in {a for s in layout.scored for a in (s.numerator, s.denominator, s.weight) if a}
        }
        columns = [_points_of(layout, scored, grouping, sums) for scored in layout.scored]
        parts.append(_interleave(columns))
    return _chain(parts)


def _points_of(layout: Layout, scored: Scored, grouping: Grouping, sums: dict[str, list[int]]) -> Points:
    n_in = layout.counted(scored.rows, grouping)
    top = sums[scored.numerator]
    power = layout.powers[scored.numerator]
    n = layout.counted(f"{scored.valid}__n", grouping)
    population = np.array([_scaled(v, layout.powers[scored.weight]) for v in sums[scored.weight]])
    if scored.denominator is None:
        estimate = np.where(n > 0, [_scaled(v, power) for v in top], np.nan)
        return Points(
            estimate, np.full(len(top), 2.0**-power), np.zeros(len(top)), top, [1] * len(top), n, n_in, population
        )
    bottom = sums[scored.denominator]
    below = layout.powers[scored.denominator]
    real = np.array([_scaled(v, below) for v in bottom])
    estimate = np.array([_ratio(t, b, power - below) for t, b in zip(top, bottom, strict=True)])
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = 2.0**-power / real, -estimate * 2.0**-below / real
    dead = real == 0
    first[dead], second[dead] = np.nan, np.nan
    return Points(estimate, first, second, top, bottom, n, n_in, population)


def _scaled(value: int, power: int) -> float:
    return value / (1 << power) if power >= 0 else float(value << -power)


def _ratio(top: int, bottom: int, power: int) -> float:
    if bottom == 0:
        return float("nan")
    return top / (bottom << power) if power >= 0 else (top << -power) / bottom


def _interleave(columns: list[Points]) -> Points:
    """Order by domain first, then by variable."""

    def floats(name: str) -> npt.NDArray[np.float64]:
        return np.stack([getattr(c, name) for c in columns], axis=1).reshape(-1)

    def exact(name: str) -> list[int]:
        return [value for row in zip(*(getattr(c, name) for c in columns), strict=True) for value in row]

    return Points(
        floats("estimate"), floats("first"), floats("second"), exact("top"), exact("bottom"),
        floats("n").astype(np.int64), floats("n_in").astype(np.int64), floats("population"),
    )  # fmt: skip


def _chain(parts: list[Points]) -> Points:
    def floats(name: str) -> npt.NDArray[np.float64]:
        return np.concatenate([getattr(p, name) for p in parts])

    def exact(name: str) -> list[int]:
        return [value for p in parts for value in getattr(p, name)]

    return Points(
        floats("estimate"), floats("first"), floats("second"), exact("top"), exact("bottom"),
        floats("n").astype(np.int64), floats("n_in").astype(np.int64), floats("population"),
    )  # fmt: skip
