"""Bethel's allocation: the cheapest sample that meets several demands of precision at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.fixedpoint import Floats
from uptake.contract.errors import DesignError

MOST_ROUNDS = 200_000
SETTLED = 1e-14


def bethel_shares(
    counts: Floats, spreads: Sequence[Floats], limits: Sequence[float], costs: Floats, bounds: tuple[Floats, Floats]
) -> Floats:
    """Return n_h that minimise sum c_h n_h under sum_h N_h^2 S_hj^2 (1/n_h - 1/N_h) <= limit_j^2 for every variable j.

    Chromy's iteration: with a_hj = N_h^2 S_hj^2 / (limit_j^2 + sum_h N_h S_hj^2) and weights alpha of the demands,
    n_h = sqrt(A_h / c_h) sum_h sqrt(c_h A_h) with A_h = sum_j alpha_j a_hj, and alpha_j is multiplied with
    (sum_h a_hj / n_h)^2 until nothing changes. Strata beyond their bounds (lower, upper) are fixed and the rest solved
    again.

    Source: Bethel (1989); Chromy (1987).
    """
    lower, upper = bounds
    squares = np.stack(spreads, axis=1) ** 2
    fixed = np.full(len(counts), np.nan)
    while (free := np.isnan(fixed) & (squares > 0).any(axis=1)).any():
        allowed = np.asarray(limits) ** 2 + (counts[:, None] * squares).sum(axis=0)
        spent = np.where(np.isnan(fixed), 0.0, counts**2 / np.maximum(np.nan_to_num(fixed, nan=1.0), 1e-300))
        room = allowed - (spent[:, None] * squares).sum(axis=0)
        _refuse_impossible(room, limits)
        found = np.where(np.isnan(fixed), lower, fixed)
        found[free] = _chromy((counts[:, None] ** 2 * squares / room)[free], costs[free])
        over, under = free & (found > upper), free & (found < lower)
        if not over.any() and not under.any():
            return found
        beyond = over if over.any() else under
        fixed[beyond] = np.where(over, upper, lower)[beyond]
    return np.where(np.isnan(fixed), lower, fixed)


def _chromy(a: Floats, costs: Floats) -> Floats:
    """Solve one problem without bounds; the result is scaled so that the tightest demand is met exactly."""
    a = a[:, (a > 0).any(axis=0)]
    alpha = np.full(a.shape[1], 1 / a.shape[1])
    for _ in range(MOST_ROUNDS):
        n = _shares(a @ alpha, costs)
        again = alpha * (a.T @ (1 / n)) ** 2
        again /= again.sum()
        if np.abs(again - alpha).max() < SETTLED:
            break
        alpha = again
    return np.asarray(n * (a.T @ (1 / n)).max())


def _shares(mixed: Floats, costs: Floats) -> Floats:
    return np.asarray(np.sqrt(mixed / costs) * np.sqrt(costs * mixed).sum())


def _refuse_impossible(room: Floats, limits: Sequence[float]) -> None:
    if (room <= 0).any():
        j = int(np.flatnonzero(room <= 0)[0])
        raise DesignError(
            f"precision {j + 1} allows a standard error of {limits[j]:g}, and the strata held at their bounds exceed "
            "it alone - no sample meets it; allow a larger cv.",
            code="PRECISION_UNREACHABLE",
        )
