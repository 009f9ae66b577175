"""Solve a calibration: factors g = F(q x'b) with sum d g x = T, by Newton's method with step halving; numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.distances import Distance
from analysis.fixedpoint import Floats

CLOSE = 1e-10  # of |misfit| / (1 + |T|)
DEPENDENT = 1e-9  # a column that keeps less than this of its length after regression on those before is one of them
FROZEN = 1e-13  # singular values of the scaled Hessian below it count as none
MIXED = 1e-6
MOST_STEPS = 200
MOST_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Solution:
    """Coefficients b (p,), factors g (m,), misfit T - sum d g x (p,), steps taken, whether the totals are reached."""

    coefficients: Floats
    factors: Floats
    misfit: Floats
    steps: int
    converged: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """One calibration: x (m, p) distinct rows of auxiliaries, d (m,) weight of each, totals T (p,), q (m,)."""

    x: Floats
    d: Floats
    totals: Floats
    q: Floats
    distance: Distance

    def factors(self, coefficients: Floats) -> Floats:
        """Return g (m,)."""
        return self.distance.value(self.q * (self.x @ coefficients))

    def misfit(self, factors: Floats) -> Floats:
        """Return T - sum d g x (p,)."""
        return np.asarray(self.totals - self.x.T @ (self.d * factors))

    def away(self, misfit: Floats) -> float:
        """Return the largest |misfit| / (1 + |T|)."""
        return float(np.max(np.abs(misfit) / (1 + np.abs(self.totals)), initial=0.0))

    def length(self, misfit: Floats) -> float:
        """Return the length of the misfit in units of 1 + |T|."""
        return float(np.linalg.norm(misfit / (1 + np.abs(self.totals))))

    def hessian(self, coefficients: Floats) -> Floats:
        """Return sum d q F'(u) x x' (p, p)."""
        steep = self.d * self.q * self.distance.slope(self.q * (self.x @ coefficients))
        return np.asarray((self.x * steep[:, None]).T @ self.x)


def solve(problem: Problem, *, most: int = MOST_STEPS) -> Solution:
    """Return the solution, or the nearest that was reached in `most` steps.

    A step is halved until the misfit falls; once |misfit|/(1+|T|) is below 1e-10 whole steps that still improve follow.
    """
    b = np.zeros(problem.x.shape[1])
    g = problem.factors(b)
    misfit = problem.misfit(g)
    steps, done = 0, problem.away(misfit) < CLOSE
    start = (problem.x * (problem.d * problem.q)[:, None]).T @ problem.x
    while steps < most:
        found = _halved(problem, b, _direction(problem, start, b, misfit), halvings=1 if done else MOST_HALVINGS)
        if found is None:
            break
        b, g, misfit = found
        steps, done = steps + 1, problem.away(misfit) < CLOSE
    return Solution(b, g, misfit, steps, done)


def _direction(problem: Problem, start: Floats, b: Floats, misfit: Floats) -> Floats:
    """The Newton step; where bounds have frozen too many factors, a little of the unbounded one is mixed in."""
    hessian = problem.hessian(b)
    scale = np.sqrt(np.maximum(np.abs(np.diag(start)), np.finfo(float).tiny))
    scaled = hessian / np.outer(scale, scale)
    if np.linalg.matrix_rank(scaled, tol=FROZEN) < len(b):
        scaled = scaled + MIXED * start / np.outer(scale, scale)
    return np.asarray(np.linalg.lstsq(scaled, misfit / scale, rcond=None)[0] / scale)


def _halved(problem: Problem, b: Floats, direction: Floats, *, halvings: int) -> tuple[Floats, Floats, Floats] | None:
    """Return (b, g, misfit) of the first of the steps 1, 1/2, 1/4 ... that brings the totals nearer."""
    before = problem.length(problem.misfit(problem.factors(b)))
    for halving in range(halvings):
        trial = b + direction * 0.5**halving
        g = problem.factors(trial)
        misfit = problem.misfit(g)
        away = problem.length(misfit)
        if np.isfinite(away) and away < before:
            return trial, g, misfit
    return None


def independent(x: Floats, d: Floats) -> tuple[list[int], Floats]:
    """Return the columns of x (m, p) that are not sums of those before, and coefficients (kept, p) of all by the kept.

    Modified Gram-Schmidt with weights |d|, twice a column.
    """
    rows = x * np.sqrt(np.abs(d))[:, None]
    basis = np.zeros((rows.shape[0], 0))
    kept: list[int] = []
    for j in range(rows.shape[1]):
        column = rows[:, j]
        length = float(np.linalg.norm(column))
        left = column - basis @ (basis.T @ column)
        left = left - basis @ (basis.T @ left)
        size = float(np.linalg.norm(left))
        if length > 0 and size > DEPENDENT * length:
            kept.append(j)
            basis = np.column_stack([basis, left / size])
    own = rows[:, kept]
    return kept, np.asarray(np.linalg.lstsq(own, rows, rcond=None)[0], dtype=np.float64)
