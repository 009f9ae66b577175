"""The area-level model y = X beta + v + e, v ~ (0, A), e ~ (0, D): its fit and the errors of its predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.fixedpoint import Floats

AreaMethod = Literal["reml", "ml", "moment"]
ROUNDS = 60
SETTLED = 1e-12  # of the variance between areas, relative to the spread of the estimates


@dataclass(frozen=True, slots=True)
class AreaFit:
    """A fitted area model: A, beta (p,) with (X' V^-1 X)^-1, Var(A) and the bias of A, and how it was fitted."""

    area_variance: float
    beta: Floats
    beta_vcov: Floats
    variance_of_a: float
    bias_of_a: float
    method: AreaMethod
    iterations: int


def fit_areas(y: Floats, x: Floats, sampling: Floats, method: AreaMethod) -> AreaFit:
    """Fit by Fisher scoring from the median of D; a variance below 0 is 0.

    reml: s = -tr(P)/2 + y'PPy/2, I = tr(PP)/2; ml: s = -sum V^-1/2 + e'V^-2 e/2, I = sum V^-2/2;
    moment: sum e^2/V = m - p. Var(A) = 2/sum V^-2, moment 2m/(sum V^-1)^2.
    """
    a, rounds = _area_variance(y, x, sampling, method)
    beta, inverse, _ = _regression(a, y, x, sampling)
    v, m = a + sampling, len(y)
    once, twice = float((1 / v).sum()), float((1 / v**2).sum())
    if method == "moment":
        return AreaFit(a, beta, inverse, 2 * m / once**2, 2 * (m * twice - once**2) / once**3, method, rounds)
    bias = -float(np.trace(inverse @ ((x / v[:, None] ** 2).T @ x))) / twice if method == "ml" else 0.0
    return AreaFit(a, beta, inverse, 2 / twice, bias, method, rounds)


def _area_variance(y: Floats, x: Floats, sampling: Floats, method: AreaMethod) -> tuple[float, int]:
    """Fisher scoring; where its steps shrink too slowly or cycle, the root of the score is bracketed instead."""
    a, low, high = float(np.median(sampling)), 0.0, math.inf
    scale = float(np.var(y)) + a
    for number in range(1, ROUNDS + 1):
        step = _step(a, y, x, sampling, method)
        low, high = (a, high) if step > 0 else (low, a)
        new = max(a + step, 0.0)
        if abs(new - a) <= SETTLED * scale:
            return new, number
        a = new
    while math.isinf(high):
        low, high = (2 * low, high) if _step(2 * low, y, x, sampling, method) > 0 else (low, 2 * low)
    return _root(lambda v: _step(v, y, x, sampling, method), low, high), ROUNDS


def _root(step: Callable[[float], float], low: float, high: float) -> float:
    """Return the root of the score between low and high, the largest there is; 0 if the score is nowhere above 0."""
    from scipy.optimize import brentq

    starts = [low, *(high * 2.0**-i for i in range(1, 40))] if low == 0 else [low]
    above = [v for v in starts if step(v) > 0]
    return float(brentq(step, max(above), high, xtol=1e-15, rtol=1e-14)) if above else 0.0


def _regression(a: float, y: Floats, x: Floats, sampling: Floats) -> tuple[Floats, Floats, Floats]:
    """Return beta, (X' V^-1 X)^-1 and the residuals."""
    scaled = x / (a + sampling)[:, None]
    inverse = np.linalg.inv(scaled.T @ x)
    beta = inverse @ (scaled.T @ y)
    return beta, np.asarray((inverse + inverse.T) / 2), y - x @ beta


def _step(a: float, y: Floats, x: Floats, sampling: Floats, method: AreaMethod) -> float:
    _, inverse, e = _regression(a, y, x, sampling)
    v = a + sampling
    if method == "moment":
        return float(((e**2 / v).sum() - len(y) + x.shape[1]) / (e**2 / v**2).sum())
    if method == "ml":
        return float(((e**2 / v**2).sum() - (1 / v).sum()) / (1 / v**2).sum())
    # P y = V^-1 e, so y'PPy = sum e^2 / V^2; the traces of P and PP without the m x m matrix.
    second, third = (inverse @ ((x / v[:, None] ** power).T @ x) for power in (2, 3))
    trace = float((1 / v).sum() - np.trace(second))
    squared = float((1 / v**2).sum() - 2 * np.trace(third) + np.trace(second @ second))
    return (float((e**2 / v**2).sum()) - trace) / squared


def mean_squared_errors(fitted: AreaFit, x: Floats, sampling: Floats) -> Floats:
    """Return the MSE (m, m) of the predictions: g1 + g2 + 2 g3 - b (1 - gamma)^2, and g2 between areas.

    sampling: D of every area, infinite where there is no direct estimate (there A + x' (X' V^-1 X)^-1 x).
    """
    a, known = fitted.area_variance, np.isfinite(sampling)
    d = np.where(known, sampling, 0.0)
    left = np.where(known, d / (a + d), 1.0) if a > 0 else np.ones(len(d))
    g3 = np.where(known, left**2 / np.where(known, a + d, 1.0) * fitted.variance_of_a, 0.0)
    g1 = a * left
    weighted = x * left[:, None]
    errors = weighted @ fitted.beta_vcov @ weighted.T
    # The bias of A is that of g1: nothing of it where A is 0 already, or where there is no direct estimate.
    correction = np.where(known, fitted.bias_of_a * left**2, 0.0)
    errors[np.diag_indices(len(d))] += g1 + 2 * g3 - correction
    return np.asarray(errors)
