"""The uncertainty of a fitted model: what each row adds to the coefficients, or the coefficients of every replicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.fixedpoint import Floats
from analysis.likelihood import Data, Family, Fit, fit, refuse_dependent, score_residuals
from analysis.microdata import degrees, score_covariance
from analysis.modelmatrix import ModelRows
from analysis.replicates import replicate_covariance, replicate_degrees, replicate_weights
from analysis.survey import Survey
from uptake.contract.errors import EstimationError


@dataclass(frozen=True, slots=True)
class ModelSpread:
    """Covariance (p, p) of the coefficients, df of the design in the rows of the model, df of the whole design.

    Either `influence` (n, p): what each row of the sample adds to the coefficients; or `betas` (p, R) with `weights`
    (rows of the model, R): the coefficients of every replicate.
    """

    vcov: Floats
    df: float
    df_design: float
    influence: Floats | None
    betas: Floats | None
    weights: Floats | None
    warnings: tuple[str, ...] = ()


def model_spread(survey: Survey, data: ModelRows, fitted: Fit, family: Family) -> ModelSpread:
    """Return the uncertainty of the coefficients, by linearisation or by fitting again with every replicate."""
    if survey.design.replicates is not None:
        return _refitted(survey, data, fitted, family)
    pieces = Data(data.y, data.x, data.weight, data.offset)
    influence = np.zeros((len(data.rows), data.x.shape[1]))
    influence[data.used] = (data.x * score_residuals(pieces, fitted, family)[:, None]) @ fitted.inverse
    vcov = score_covariance(survey, data.rows, influence, member=_members(data, data.x.shape[1]))
    df = float(degrees(data.rows, np.where(data.used, 0, -1), 1)[0])
    whole = float(degrees(data.rows, np.zeros(len(data.rows), dtype=np.intp), 1, everywhere=True)[0])
    return ModelSpread(vcov, df, whole, influence, None, None)


def function_covariance(
    survey: Survey, data: ModelRows, scores: Floats, again: Callable[[Floats, Floats], Floats], spread: ModelSpread
) -> Floats:
    """Return the covariance (P, P) of functions of the coefficients and the sample.

    scores (n, P): their linearised values; again: (beta, weights) -> estimates (P,), for replicates.
    """
    if spread.betas is None or spread.weights is None:
        return score_covariance(survey, data.rows, scores, member=_members(data, scores.shape[1]))
    thetas = [again(spread.betas[:, r], spread.weights[:, r]) for r in range(spread.betas.shape[1])]
    full = again(np.empty(0), data.weight)
    return replicate_covariance(np.stack(thetas, axis=1), full, survey.design)


def _members(data: ModelRows, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.repeat(data.used[:, None], size, axis=1)


def _refitted(survey: Survey, data: ModelRows, fitted: Fit, family: Family) -> ModelSpread:
    weights = replicate_weights(survey, data.rows)[data.used]
    betas, unsettled = np.empty((data.x.shape[1], weights.shape[1])), []
    for r in range(weights.shape[1]):
        again = _fit_again(data, weights[:, r], fitted, family, of=(r + 1, weights.shape[1]))
        betas[:, r] = again.beta
        unsettled += [] if again.converged else [r + 1]
    counted = np.where(data.rows.inside & (data.rows.weight > 0), 0, -1)
    everyone = replace(data.rows, inside=np.ones(len(data.rows), dtype=bool))
    df = float(replicate_degrees(survey, data.rows, counted, 1)[0])
    whole = float(replicate_degrees(survey, everyone, np.zeros(len(counted), dtype=np.intp), 1)[0])
    vcov = replicate_covariance(betas, fitted.beta, survey.design)
    return ModelSpread(vcov, df, whole, None, betas, weights, _unsettled(unsettled, weights.shape[1]))


def _fit_again(data: ModelRows, weight: Floats, fitted: Fit, family: Family, *, of: tuple[int, int]) -> Fit:
    """Fit with the weights of one replicate, from where the full sample ended."""
    kept = weight > 0
    try:
        refuse_dependent(data.x[kept], weight[kept], data.matrix.names)
        return fit(Data(data.y[kept], data.x[kept], weight[kept], data.offset[kept]), family, start=fitted.beta)
    except EstimationError as fault:
        raise EstimationError(f"replicate {of[0]} of {of[1]}: {fault}", code=fault.code) from fault


def _unsettled(numbers: list[int], of: int) -> tuple[str, ...]:
    if not numbers:
        return ()
    fits = "1 fit has" if len(numbers) == 1 else f"{len(numbers):,} fits have"
    return (f"REPLICATE_UNSETTLED: {fits} not settled among {of:,} replicates, replicate {numbers[0]} for one - the "
            "covariance may be too large; the answers may be told without exception in it.",)  # fmt: skip
