"""Variance from replicates: every estimate again with each replicate's weights, V from the squared deviations.

What every estimator may use (`rows` are those of `analysis.microdata.read_rows`):

    weights = replicate_weights(survey, rows)                  # (n, R), each replicate's weights
    theta_r = replicate_thetas(survey, rows, theta)            # (P, R), theta: weights (n,) -> estimates (P,)
    V = replicate_covariance(theta_r, full, survey.design)     # (P, P), centred as the design says
    df = replicate_degrees(survey, rows, code, size)           # (size,), the rank rule by domain
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.cells import Codes, Grouping, grouping
from analysis.design import ReplicateWeights, SurveyDesign
from analysis.engine import Totals
from analysis.fixedpoint import Floats
from analysis.replicate_factors import ReplicateFactors
from analysis.steps import Raw, Step, numbers, repeat
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from analysis.microdata import Microdata
    from analysis.survey import Survey

RANK_TOLERANCE = 1e-7
SURELY_FULL = 1e-9  # squared ratio of singular values far above what rounding of the Gram matrix could make


@dataclass(frozen=True, slots=True, eq=False)
class Replicated:
    """Replicate estimates (P, R), the multipliers of their squared deviations, df (P,) and that of the whole design."""

    theta: Floats
    scale: float
    rscales: Floats
    mse: bool
    df: Floats
    df_design: float

    def covariance(self, full: Floats) -> Floats:
        """Return V (P, P) of the estimates, centred at `full` (P,) or, without `mse`, at the mean of the replicates."""
        return self.covariance_of(self.theta, full)

    def covariance_of(self, theta: Floats, full: Floats) -> Floats:
        """The same for any function of the estimates."""
        return squared_deviations(theta, full, Multipliers(self.scale, self.rscales, self.mse))

    def variance_of(self, theta: Floats, full: Floats) -> Floats:
        """Return the variances (P,) alone of any function of the estimates."""
        used = self.rscales > 0
        centre = full if self.mse else theta[:, used].mean(axis=1)
        return np.asarray(((theta - centre[:, None]) ** 2) @ (self.scale * self.rscales))


class Multipliers(NamedTuple):
    """What turns deviations into a variance: scale, rscales (R,), whether the centre is the full-sample estimate."""

    scale: float
    rscales: Floats
    mse: bool


def multipliers(design: SurveyDesign, replicates: int) -> Multipliers:
    """Return the multipliers of a design's replicates."""
    made = design.replicates
    if isinstance(made, ReplicateFactors):
        return Multipliers(made.scale, made.rscales, made.mse)
    assert made is not None
    return Multipliers(made.coefficient(replicates), _rscales(made, replicates), made.mse)


def squared_deviations(theta: Floats, full: Floats, by: Multipliers) -> Floats:
    """Return V (P, P) of replicate estimates theta (P, R) around full (P,) or, without `mse`, around their mean."""
    used = by.rscales > 0
    centre = full if by.mse else theta[:, used].mean(axis=1)
    away = (theta - centre[:, None]) * np.sqrt(by.scale * by.rscales)
    return np.asarray(away @ away.T)


def replicate_covariance(theta: Floats, full: Floats, design: SurveyDesign) -> Floats:
    """Return V (P, P) from replicate estimates theta (P, R) and the full-sample estimates (P,)."""
    return squared_deviations(theta, full, multipliers(design, theta.shape[1]))


def replicate_weights(survey: Survey, rows: Microdata) -> Floats:
    """Return the weights (n, R) of the rows in every replicate, each re-adjusted through all weighting steps."""
    made, steps = survey.design.replicates, survey.steps
    weights = rows.brought
    if isinstance(made, ReplicateFactors):
        base = np.nan_to_num(numbers(rows.raw, steps[0].before)) if steps else rows.weight
        weights = base[:, None] * made.factors[unit_codes(made, rows.totals)]
    return _readjusted(steps, weights, rows.raw)


def _readjusted(steps: Sequence[Step], weights: Floats, raw: Raw) -> Floats:
    """Repeat the steps in every replicate; a step that fails in one is told with the replicate's number."""
    try:
        return repeat(steps, weights, raw)
    except DesignError as fault:
        for r in range(weights.shape[1]):
            try:
                repeat(steps, weights[:, r : r + 1], raw)
            except DesignError as own:
                raise DesignError(
                    f"replicate {r + 1} of {weights.shape[1]} cannot be weighted as the sample was: {own}",
                    code=own.code,
                ) from fault
        raise


def replicate_thetas(survey: Survey, rows: Microdata, theta: Callable[[Floats], Floats]) -> Floats:
    """Return the estimates (P, R): `theta` maps weights (n,) to estimates (P,)."""
    weights = np.asfortranarray(replicate_weights(survey, rows))
    return np.stack([theta(weights[:, r]) for r in range(weights.shape[1])], axis=1)


def replicate_degrees(survey: Survey, rows: Microdata, code: Codes, size: int) -> Floats:
    """Return df (size,): the rank of the replicate weights of each domain minus one; code (n,), -1 is no domain."""
    made = survey.design.replicates
    if made is not None and made.df is not None:
        return np.full(size, float(made.df))
    weights = replicate_weights(survey, rows)
    here = np.where(rows.inside & (rows.weight != 0), code, -1)
    return np.array([rank(weights[here == i]) for i in range(size)]) - 1.0


def unit_codes(made: ReplicateFactors, totals: Totals) -> Codes:
    """Return the row of the replicate factors that each cell belongs to."""
    keys = tuple(key for key in ("up__stratum", "up__psu") if key in totals.keys)
    units = grouping(totals, keys, {key: key for key in keys})
    places = np.array([made.place.get(label, -1) for label in units.labels], dtype=np.intp)
    if (places < 0).any() or (units.code < 0).any():
        raise DesignError(
            "a row belongs to a PSU that has no replicate weights - make the replicates when the rows are complete.",
            code="REPLICATE_UNIT_UNKNOWN",
        )
    return np.asarray(places[units.code])


def post_strata(design: SurveyDesign, totals: Totals) -> Grouping:
    """Return the post-stratum of each cell; without post-strata all are in one."""
    columns = design.poststrata.columns if design.poststrata else ()
    return grouping(totals, columns, {c: f"up__cell_{c}" for c in columns})


def post_factors(weights: Floats, full: Floats, cell: Codes) -> Floats:
    """Return the factors (A, R) that bring replicate weights (A, R) to the totals of the full weights (A,) by cell."""
    size = int(cell.max(initial=-1)) + 1
    sums = np.zeros((size, weights.shape[1]))
    np.add.at(sums, cell, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((np.bincount(cell, weights=full, minlength=size)[:, None] / sums)[cell])


def rank(matrix: Floats) -> float:
    """Return the numerical rank of replicate weights (n, R)."""
    if not len(matrix):
        return 0.0
    if len(matrix) > matrix.shape[1]:
        # The small Gram matrix settles the usual case, full rank, at a tenth of the cost of a QR of all rows.
        squares = np.linalg.eigvalsh(matrix.T @ matrix)
        if squares[0] > SURELY_FULL * squares[-1]:
            return float(matrix.shape[1])
        matrix = np.asarray(np.linalg.qr(matrix, mode="r"))
    values = np.linalg.svd(matrix, compute_uv=False)
    return float((values > RANK_TOLERANCE * values[0]).sum()) if values[0] > 0 else 0.0


def _rscales(weights: ReplicateWeights, replicates: int) -> Floats:
    if not weights.rscales:
        return np.ones(replicates)
    if len(weights.rscales) == 1:
        return np.full(replicates, weights.rscales[0])
    if len(weights.rscales) != replicates:
        raise DesignError(
            f"there are {replicates} replicate weights but {len(weights.rscales)} rscales - "
            "give one for each, or one for all.",
            code="REPLICATE_SCALE",
        )
    return np.array(weights.rscales)
