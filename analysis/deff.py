"""Design effects: the variance against that of a simple random sample of as many rows."""

from __future__ import annotations

import numpy as np

from analysis.cells import Grouping
from analysis.fixedpoint import Floats
from analysis.measures import Scored
from analysis.points import Layout, Points


def design_effects(layout: Layout, estimates: Points, variance: Floats) -> tuple[Floats, Floats]:
    """Return (deff, deff_wr), both (P,): V over S2 (1 - n/N)/n and over S2/n, N = sum of weights.

    S2 = n/(n-1) * sum w e^2 / sum w with e = y - R x (a total: y less its mean), scaled to the estimate. Where weights
    do not add up to a population above n the first is NaN.
    """
    spread = np.concatenate([_interleaved(layout, estimates, i) for i in range(len(layout.groupings))])
    n, population = estimates.n.astype(np.float64), estimates.population
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = spread * n / (n - 1) / n
        with_replacement = variance / simple
        without = variance / (simple * (1 - n / population))
    # A number that does not vary has no variance in a simple sample: the effect is infinite if it has one here.
    defined = (simple > 0) | ((simple == 0) & (variance > 0))
    bad = ~(defined & np.isfinite(simple))  # of one row there is no variance to compare with
    with_replacement[bad], without[bad | (n >= population)] = np.nan, np.nan
    return without, with_replacement


def _interleaved(layout: Layout, estimates: Points, number: int) -> Floats:
    grouping, step = layout.groupings[number], len(layout.scored)
    start = layout.offsets[number]
    columns = [
        _spread(layout, scored, grouping, estimates, slice(start + j, start + grouping.size * step, step))
        for j, scored in enumerate(layout.scored)
    ]
    return np.stack(columns, axis=1).reshape(-1)


def _spread(layout: Layout, scored: Scored, grouping: Grouping, estimates: Points, which: slice) -> Floats:
    """The weighted variance of e on the scale of the estimate."""
    squares = [_sum(layout, alias, grouping) for alias in scored.squares]
    N, R = estimates.population[which], estimates.estimate[which]
    with np.errstate(divide="ignore", invalid="ignore"):
        if scored.denominator is None:
            return squares[0] * N - R**2
        X = _sum(layout, scored.denominator, grouping)
        return (squares[0] - 2 * R * squares[1] + R**2 * squares[2]) / N * (N / X) ** 2


def _sum(layout: Layout, alias: str, grouping: Grouping) -> Floats:
    exact = layout.totals.sums[alias].sums(grouping.code, grouping.size)
    power = layout.powers[alias]
    return np.array([v / 2**power if power >= 0 else float(v * 2**-power) for v in exact])
