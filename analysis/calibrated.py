"""The calibration step: how replicates and variance repeat what `Survey.calibrate` did to the weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.auxiliaries import Auxiliaries
from analysis.calibration import Problem, solve
from analysis.cells import Codes
from analysis.distances import Distance
from analysis.fixedpoint import Floats
from analysis.steps import Raw, codes, numbers, over, sums_by
from uptake.contract.errors import DesignError

REFINED = 2  # regressions in a row: the second takes out what rounding left of the first


@dataclass(frozen=True, slots=True)
class Grid:
    """The distinct rows of x with their weight: code (n,), x (m, p), d (m,), q (m,)."""

    code: Codes
    x: Floats
    d: Floats
    q: Floats

    def keeping(self, columns: tuple[int, ...]) -> Grid:
        """Return the grid of some columns of x."""
        return Grid(self.code, self.x[:, list(columns)], self.d, self.q)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The step: factor g = F(q x'b) with sum d g x = T.

    `kept` are the columns of x that are not sums of others; `scale` is the SQL of q ("" means 1); `cluster` the SQL of
    the columns whose rows share one factor (x is then the mean of the cluster); `weight_bounds` keep d g itself within
    two numbers.
    """

    factor: str
    auxiliaries: Auxiliaries
    distance: Distance
    kept: tuple[int, ...]
    before: str
    factor_sql: str
    scale: str = ""
    cluster: tuple[str, ...] = ()
    weight_bounds: tuple[float, float] | None = None

    in_variance = True

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of every column that the step must know of a row."""
        own = (*self.auxiliaries.reads, *self.cluster, self.before, self.factor_sql)
        return (*own, self.scale) if self.scale else own

    def apply(self, weights: Floats, raw: Raw) -> Floats:
        """Return weights (n, R) that reach the totals, each of the R by its own factors."""
        made = np.empty_like(weights)
        for r in range(weights.shape[1]):
            found = self.grid(weights[:, r], raw)
            totals = self.auxiliaries.totals[list(self.kept)]
            problem = Problem(found.x, found.d, totals, found.q, bounded(self.distance, found.d, self.weight_bounds))
            solution = solve(problem)
            if not solution.converged:
                raise DesignError(
                    f"calibration does not reach its totals: {worst(problem, solution.misfit, self.kept_names)} - use "
                    "fewer or coarser benchmarks, or wider bounds.",
                    code="CALIBRATION_NOT_CONVERGED",
                )
            made[:, r] = weights[:, r] * solution.factors[found.code]
        return made

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return z - d g x'B, B = (sum d q x x')^-1 sum q x z / g."""
        before = np.nan_to_num(numbers(raw, self.before))
        factor = numbers(raw, self.factor_sql)
        found = self.grid(before, raw)
        fitted = np.where(before == 0, 0.0, before * np.nan_to_num(factor))[:, None]
        scaled = found.x * np.sqrt(np.abs(found.d * found.q))[:, None]
        size = np.sqrt((scaled**2).sum(axis=0))
        size[size == 0] = 1.0
        gram = (found.x * (found.d * found.q)[:, None]).T @ found.x / np.outer(size, size)
        left = scores
        for _ in range(REFINED):
            top = sums_by(found.code, over(left, factor[:, None]), len(found.x))
            slope = np.linalg.lstsq(gram, (found.x / size).T @ (found.q[:, None] * top), rcond=None)[0]
            left = left - fitted * ((found.x / size) @ slope)[found.code]
        return np.asarray(left)

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return None: nothing is drawn in this step."""
        return None

    @property
    def kept_names(self) -> tuple[str, ...]:
        """The names of the columns of x that are kept."""
        names = self.auxiliaries.names
        return tuple(names[j] for j in self.kept)

    def grid(self, weights: Floats, raw: Raw) -> Grid:
        """Return the distinct rows of x with their weights."""
        each = self.weight_bounds is not None
        return grid(self.auxiliaries, weights, raw, scale=self.scale, cluster=self.cluster, each=each).keeping(
            self.kept
        )


def bounded(by: Distance, weights: Floats, bounds: tuple[float, float] | None) -> Distance:
    """Return the distance with bounds a row that keep weights (m,) times factors within two numbers."""
    if bounds is None:
        return by
    low, high = over(np.full(len(weights), bounds[0]), weights), over(np.full(len(weights), bounds[1]), weights)
    return Distance(by.method, low, high)


def grid(
    auxiliaries: Auxiliaries, weights: Floats, raw: Raw, *, scale: str, cluster: tuple[str, ...], each: bool = False
) -> Grid:
    """Return the distinct rows of x (`each`: all rows), or one a cluster (its mean), with the weight and q of each."""
    n = len(weights)
    code, x = auxiliaries.rows(raw, n)
    q = np.ones(len(x))
    if scale or each:
        code, x, q = np.arange(n), x[code], np.nan_to_num(numbers(raw, scale)) if scale else np.ones(n)
    if cluster:
        own, labels = codes(raw, cluster)
        sums = sums_by(own, weights[:, None] * x[code], len(labels))
        totals = sums_by(own, np.stack([weights, weights * q[code]], axis=1), len(labels))
        code, x, q = own, over(sums, totals[:, :1]), over(totals[:, 1], totals[:, 0])
    return Grid(code, x, sums_by(code, weights[:, None], len(x))[:, 0], q)


def worst(problem: Problem, misfit: Floats, names: tuple[str, ...]) -> str:
    """Say which total is furthest from being reached, and by how much."""
    j = int(np.argmax(np.abs(misfit) / (1 + np.abs(problem.totals))))
    wanted, reached = float(problem.totals[j]), float(problem.totals[j] - misfit[j])
    share = f" ({abs(misfit[j]) / abs(wanted):.1%} away)" if wanted else ""
    return f"{names[j]} shall be {wanted:,.6g} and {reached:,.6g} is reached{share}"
