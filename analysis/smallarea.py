"""Small areas: direct estimates are drawn towards what a regression on known totals says (Fay & Herriot 1979)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.areamodel import AreaFit, AreaMethod, fit_areas, mean_squared_errors
from analysis.coefficients import Base, Sizes, coefficient_frame
from analysis.estimates import Estimates
from analysis.fixedpoint import Floats
from analysis.frames import key_of
from analysis.intervals import t_quantile
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

METHODS = ("reml", "ml", "moment")


@dataclass(frozen=True, slots=True)
class SmallAreas:
    """Model-based estimates of areas: `estimates`, the regression, and the variance between areas it leaves.

    `frame` has the columns of Estimates (estimate and se are those of the model, se the root of the MSE) and direct,
    direct_se, synthetic, gamma (the share of the direct estimate), mse, source: "model", or "synthetic" where there is
    no usable direct estimate. `coefficients` has the tidy columns of a model. `vcov` holds the MSE, and between areas
    the covariance that comes from the common regression.
    """

    estimates: Estimates
    coefficients: DataFrame
    area_variance: float
    method: str
    iterations: int

    @property
    def frame(self) -> DataFrame:
        """The estimates of the areas."""
        return self.estimates.frame

    @property
    def vcov(self) -> Floats:
        """MSE and covariances of the areas."""
        return self.estimates.vcov


@dataclass(frozen=True, slots=True)
class _Areas:
    """The areas in the order of x: labels, direct estimates and sampling variances (NaN: none usable), X (m, p)."""

    labels: tuple[str, ...]
    direct: Floats
    sampling: Floats
    stated: Floats
    n: Floats
    population: Floats
    x: Floats
    names: tuple[str, ...]
    reasons: tuple[str, ...]


def fay_herriot(
    est: Estimates, x: DataFrame, *, covariates: Sequence[str] | None = None, name: str | None = None,
    method: AreaMethod = "reml", intercept: bool = True, smooth: bool = False, level: float = 0.95,
) -> SmallAreas:  # fmt: skip
    """Estimate small areas from direct estimates and known covariates.

    y_i = x_i' beta + v_i + e_i, v_i ~ (0, A), e_i ~ (0, D_i) with D_i the design variance. A by REML, ML or the method
    of moments sum (y - x'beta)^2 / (A + D) = m - p. EBLUP: gamma_i y_i + (1 - gamma_i) x_i' beta,
    gamma_i = A / (A + D_i). MSE = g1 + g2 + 2 g3 (REML; ML and moments also correct the bias of A): g1 = gamma D,
    g2 = (1 - gamma)^2 x' (X' V^-1 X)^-1 x, g3 = D^2 / (A + D)^3 Var(A) (Prasad & Rao 1990; Datta & Lahiri 2000).
    An area without a usable direct estimate gets x' beta, with MSE A + x' (X' V^-1 X)^-1 x.

    It is a model: right on average over areas that are alike given x, and wrong for the area that is not. D is taken
    as known. The areas do not add up to the national estimate unless they are made to.

    est: estimates by area (one variable; with several, `name`); x: one row an area, sampled or not, with the `by`
    columns of `est` and the covariates; covariates: their names (default: all other columns); intercept: a constant;
    smooth: replace D by exp(a + b log n) fitted over the areas, also where it is 0 or unknown; level: of the normal
    interval estimate -/+ z sqrt(MSE).
    Returns SmallAreas. Raises EstimationError: areas that do not fit, too few areas, dependent or missing covariates.
    Checked against a direct search of the likelihood to 1e-8, by hand, and by simulation (MSE against the truth).

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign, mean
    >>> rows = pd.DataFrame({"area": list("aaabbbcccddd"), "w": 1.0, "y": [1.0, 2, 4, 2, 4, 5, 6, 8, 9, 7, 9, 12]})
    >>> direct = mean(Survey(rows, SurveyDesign(weights="w")), "y", by="area")
    >>> made = fay_herriot(direct, pd.DataFrame({"area": list("abcde"), "staff": [1.0, 2, 3, 4, 5]}))
    >>> made.frame[["area", "estimate", "se", "source"]].round(2).values.tolist()[3:]
    [['d', 9.59, 1.07, 'model'], ['e', 12.16, 1.39, 'synthetic']]
    """
    if method not in METHODS:
        raise EstimationError(
            f'method is "{method}" - choose one of {", ".join(METHODS)}.{did_you_mean(method, METHODS)}', code="METHOD"
        )
    by, rows = _direct(est, name)
    areas = _matched(est, rows, x, by, (covariates, intercept))
    if smooth:
        areas = _smoothed(areas)
    there = ~np.isnan(areas.sampling)
    _refuse(areas, there)
    fitted = fit_areas(areas.direct[there], areas.x[there], areas.sampling[there], method)
    warnings = (*est.meta.warnings, *_told(areas, there, fitted))
    return _result(est, (areas, there), fitted, (tuple(by), level, warnings, x))


def _direct(est: Estimates, name: str | None) -> tuple[list[str], DataFrame]:
    """The rows of one variable, and the columns that tell the areas."""
    frame = est.frame
    names = list(dict.fromkeys(frame["name"].astype(str)))
    if name is None and len(names) > 1:
        raise EstimationError(
            f"the estimates are of {len(names)} variables - the areas of one can be modelled at a time; give name=, "
            f'such as "{names[0]}".',
            code="SEVERAL_VARIABLES",
        )
    if name is not None and name not in names:
        raise EstimationError(
            f'the estimates hold no variable "{name}" - nothing can be modelled; name one of them.'
            f"{did_you_mean(name, names)}",
            code="COLUMN_NOT_FOUND",
        )
    kept = frame[frame["name"].astype(str) == (name or names[0])]
    ways = list(dict.fromkeys(kept["domain_by"]))
    if ways == ["all"] or len(ways) > 1:
        raise EstimationError(
            'the estimates are not those of one set of areas - estimate with by="province" or by=("province", '
            '"industry").',
            code="NO_AREAS",
        )
    return str(ways[0]).split("*"), kept


def _matched(
    est: Estimates, rows: DataFrame, x: DataFrame, by: list[str], what: tuple[Sequence[str] | None, bool]
) -> _Areas:
    for column in (*by, *(what[0] or ())):
        if column not in x.columns:
            raise EstimationError(
                f'x has no column "{column}" - it needs the columns of the areas and the covariates.'
                f"{did_you_mean(column, [str(c) for c in x.columns])}",
                code="COLUMN_NOT_FOUND",
            )
    labels = _labels(x, by)
    places = {label: i for i, label in enumerate(labels)}
    if len(places) < len(labels):
        twice = next(label for i, label in enumerate(labels) if places[label] != i)
        raise EstimationError(f'x has several rows for the area "{twice}" - give one.', code="AREA_TWICE")
    strange = [label for label in _labels(rows, by) if label not in places]
    if strange:
        raise EstimationError(
            f'the area "{strange[0]}" has a direct estimate but no row in x - its covariates are unknown; add it.',
            code="AREA_WITHOUT_COVARIATES",
        )
    m = len(labels)
    direct, variance, n, population = (np.full(m, np.nan) for _ in range(4))
    at = [places[label] for label in _labels(rows, by)]
    direct[at] = rows["estimate"].to_numpy(dtype=float)
    variance[at] = np.diag(est.vcov)[rows.index.to_numpy()] if len(est.vcov) == len(est.frame) else rows["se"] ** 2
    n[at], population[at] = rows["n"].to_numpy(dtype=float), rows["n_population"].to_numpy(dtype=float)
    usable = (variance > 0) & ~np.isnan(direct)
    reasons = tuple(
        "" if ok else "no direct estimate: synthetic" if math.isnan(y) else "no standard error above 0: synthetic"
        for ok, y in zip(usable, direct, strict=True)
    )
    matrix, names = _covariates(x, by, what, labels)
    return _Areas(
        labels, direct, np.where(usable, variance, np.nan), variance, np.nan_to_num(n), population, matrix, names,
        reasons,
    )  # fmt: skip


def _labels(frame: DataFrame, by: list[str]) -> tuple[str, ...]:
    columns = [[key_of(value) for value in frame[c].tolist()] for c in by]
    return tuple("*".join(parts) for parts in zip(*columns, strict=True))


def _covariates(
    x: DataFrame, by: list[str], what: tuple[Sequence[str] | None, bool], labels: tuple[str, ...]
) -> tuple[Floats, tuple[str, ...]]:
    import pandas as pd

    names = list(what[0]) if what[0] is not None else [str(c) for c in x.columns if c not in by]
    for name in names:
        if not pd.api.types.is_numeric_dtype(x[name]):
            raise EstimationError(
                f'the covariate "{name}" is not a number - a regression needs numbers; make indicators of its codes, '
                "or name the covariates.",
                code="NOT_NUMERIC",
            )
        empty = np.flatnonzero(~np.isfinite(x[name].to_numpy(dtype=float, na_value=np.nan)))
        if len(empty):
            raise EstimationError(
                f'the covariate "{name}" is missing for the area "{labels[empty[0]]}" - its estimate cannot be made; '
                "fill it in.",
                code="COVARIATE_MISSING",
            )
    columns = [np.ones(len(x)), *(x[name].to_numpy(dtype=float) for name in names)][0 if what[1] else 1 :]
    if not columns:
        raise EstimationError("there is neither a covariate nor a constant - give at least one.", code="NOTHING_ASKED")
    return np.stack(columns, axis=1), (*(("intercept",) if what[1] else ()), *names)


def _smoothed(areas: _Areas) -> _Areas:
    """Replace D by exp(a + b log n), scaled so that the areas that had a D keep its sum; fill it in where it was not.

    Without it an area whose few answers are all alike looks exact.
    """
    known = ~np.isnan(areas.sampling) & (areas.n > 0)
    if known.sum() < 3:
        raise EstimationError(
            f"{int(known.sum())} areas have a standard error - too few to smooth variances; leave smooth out.",
            code="TOO_FEW_AREAS",
        )
    logs = np.log(areas.n[known])
    design = np.stack([np.ones(len(logs)), logs], axis=1)
    slope = np.linalg.lstsq(design, np.log(areas.sampling[known]), rcond=None)[0]
    with np.errstate(divide="ignore"):
        made = np.exp(slope[0] + slope[1] * np.log(areas.n))
    made *= areas.sampling[known].sum() / made[known].sum()
    usable = ~np.isnan(areas.direct) & (areas.n > 0)
    reasons = tuple("" if ok else r for ok, r in zip(usable, areas.reasons, strict=True))
    return replace(areas, sampling=np.where(usable, made, np.nan), reasons=reasons)


def _refuse(areas: _Areas, there: Floats) -> None:
    m, p = int(there.sum()), areas.x.shape[1]
    if m < p + 2:
        raise EstimationError(
            f"{m} areas have a usable direct estimate and the model has {p} coefficients and a variance - too few to "
            "fit; take covariates out, or use larger samples.",
            code="TOO_FEW_AREAS",
        )
    size = np.sqrt((areas.x[there] ** 2).mean(axis=0))
    size[size == 0] = 1.0
    triangle = np.linalg.qr(areas.x[there] / size / math.sqrt(m), mode="r")
    weak = np.flatnonzero(np.abs(np.diag(triangle)) < 1e-9)
    if len(weak):
        raise EstimationError(
            f'the covariate "{areas.names[weak[0]]}" is made up of the others in the areas with a sample - its '
            "coefficient cannot be told; take it out.",
            code="COLLINEAR",
        )


def _told(areas: _Areas, there: Floats, fitted: AreaFit) -> list[str]:
    told = []
    for says in dict.fromkeys(r for r in areas.reasons if r):
        lost = [label for label, r in zip(areas.labels, areas.reasons, strict=True) if r == says]
        more = f" and {len(lost) - 1:,} more" if len(lost) > 1 else ""
        told.append(f'AREA_SYNTHETIC: area "{lost[0]}"{more}: {says}, from the regression alone.')
    if fitted.area_variance == 0:
        told.append(
            "AREA_VARIANCE_ZERO: the variance between areas is estimated as 0 - the direct estimates have no weight "
            "and the MSE is likely too small; look at the covariates."
        )
    return told


def _result(
    est: Estimates, given: tuple[_Areas, Floats], fitted: AreaFit, rest: tuple[tuple[str, ...], float, tuple[str, ...],
                                                                                DataFrame]
) -> SmallAreas:  # fmt: skip
    import pandas as pd

    (areas, there), (by, level, warnings, x) = given, rest
    synthetic = areas.x @ fitted.beta
    gamma = np.where(there, fitted.area_variance / (fitted.area_variance + np.nan_to_num(areas.sampling)), 0.0)
    theta = np.where(there, gamma * np.nan_to_num(areas.direct) + (1 - gamma) * synthetic, synthetic)
    errors = mean_squared_errors(fitted, areas.x, np.where(there, areas.sampling, math.inf))
    se = np.sqrt(np.diag(errors))
    half = t_quantile(level, math.inf) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(theta != 0, se / theta, np.nan)
    nan = np.full(len(theta), np.nan)
    frame = pd.DataFrame(
        {
            "name": est.frame["name"].iloc[0], "domain_by": "*".join(by), "domain_key": areas.labels,
            **{c: x[c].tolist() for c in by}, "estimate": theta, "se": se, "ci_low": theta - half,
            "ci_high": theta + half, "conf_level": level, "ci_method": "normal", "df": math.inf,
            "n": areas.n.astype(np.int64), "n_rows": areas.n.astype(np.int64), "n_eff": nan, "deff": nan,
            "deff_wr": nan, "cv": cv, "n_population": areas.population, "direct": areas.direct,
            "direct_se": np.sqrt(areas.stated), "synthetic": synthetic, "gamma": gamma, "mse": np.diag(errors),
            "source": np.where(there, "model", "synthetic"), "reason": areas.reasons,
        }
    )  # fmt: skip
    meta = replace(
        est.meta, estimator=f"fay-herriot of {est.meta.estimator}", ci_method="normal", conf_level=level,
        warnings=warnings,
    )  # fmt: skip
    base = Base(Sizes(int(there.sum()), len(theta), math.nan), float(there.sum() - areas.x.shape[1]), level)
    coefficients = coefficient_frame(areas.names, fitted.beta, fitted.beta_vcov, base)
    return SmallAreas(
        Estimates(frame, errors, meta), coefficients, fitted.area_variance, fitted.method, fitted.iterations
    )
