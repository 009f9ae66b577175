"""Confidence intervals of proportions, from (p, se, n, df) alone; and of means, totals and ratios."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from uptake.contract.errors import EstimationError, did_you_mean

Method = Literal[
    "korn-graubard", "beta", "logit", "logit-glm", "xlogit", "wilson", "likelihood", "asin", "arcsine", "mean", "wald",
    "clopper-pearson", "jeffreys",
]  # fmt: skip


NO_SPREAD = 1e-14  # a variance below this share of p(1-p) is rounding, not sampling


@dataclass(frozen=True, slots=True)
class Interval:
    """Two limits, the effective sample size they rest on, and why there are none."""

    low: float
    high: float
    n_eff: float = math.nan
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What an interval is made of: estimate, standard error, rows, degrees of freedom, level; `se_logit` if known."""

    p: float
    se: float
    n: int
    df: float
    level: float
    rows: int
    se_logit: float = math.nan

    @property
    def t(self) -> float:
        """The upper quantile of t with df."""
        return t_quantile(self.level, self.df)

    @property
    def ratio(self) -> float:
        """(t_{rows-1}/t_df)^2, Korn and Graubard's allowance for few degrees of freedom."""
        return (t_quantile(self.level, self.rows - 1) / self.t) ** 2 if self.rows > 1 else math.nan


@lru_cache(maxsize=4096)
def t_quantile(level: float, df: float) -> float:
    """Return the upper (1 + level)/2 quantile of Student's t; the normal one for df = inf."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(ndtri(upper)) if math.isinf(df) else float(stdtrit(df, upper))


def proportion_interval(
    p: float, se: float, n: int, df: float, *, method: str = "korn-graubard", level: float = 0.95,
    rows: int | None = None, se_logit: float = math.nan,
) -> Interval:  # fmt: skip
    """Return the confidence interval of a proportion.

    korn-graubard: Clopper-Pearson limits with n_eff = min(n, p(1-p)/se^2 * (t_{n-1}/t_df)^2), and n_eff = n times that
    ratio at 0 and 1 (NCHS 2017). beta is the same without the minimum (R). wilson, likelihood, clopper-pearson: n_eff
    without the ratio. arcsine, wald and logit-glm are other names of asin, mean and logit.

    It covers sampling error only: not nonresponse bias, not wrong answers, not the choice of the definition.

    p, se, n: estimate, its standard error, rows of its base; df: degrees of freedom; rows: rows in the ratio of t
    quantiles (default n). Returns an Interval; where there is none, NaN limits and a reason (df of 0 or less; p of 0
    or 1 under a method that would give a width of zero). Raises EstimationError for an unknown method.
    Agrees with R survey's svyciprop to 1e-9 (likelihood: with the exact roots, which R interpolates).

    >>> found = proportion_interval(0.9, 0.03, 100, 60)
    >>> round(found.low, 4), round(found.high, 4)
    (0.823, 0.9513)
    """
    rule = _METHODS.get(method)
    if rule is None:
        known = ", ".join(_METHODS)
        raise EstimationError(
            f'the interval "{method}" is not known - choose one of {known}.{did_you_mean(method, _METHODS)}',
            code="UNKNOWN_INTERVAL",
        )
    problem = _no_interval(p, se, n, df)
    if problem:
        return Interval(math.nan, math.nan, math.nan, problem)
    if se**2 <= NO_SPREAD * p * (1 - p):
        se = 0.0
    at = Sampled(p, se, n, df, level, n if rows is None else rows, se_logit)
    if method not in _DEFINED_AT_ENDS and (p in (0.0, 1.0) or se == 0.0):
        return Interval(
            math.nan, math.nan, math.nan, f"the standard error is 0, where the {method} interval has no width"
        )
    return rule(at)


def t_interval(estimate: float, se: float, df: float, level: float) -> Interval:
    """Return estimate -/+ t se (means, totals, ratios)."""
    problem = _no_interval(estimate, se, 2, df)
    if problem:
        return Interval(math.nan, math.nan, math.nan, problem)
    t = t_quantile(level, df)
    return Interval(estimate - t * se, estimate + t * se)


def _no_interval(p: float, se: float, n: int, df: float) -> str:
    if n < 1 or math.isnan(p):
        return "no row of the sample is in this domain's base"
    if math.isnan(se):
        return "the standard error cannot be computed"
    if not df > 0:
        return f"{df:g} degrees of freedom: the domain has no more sampled units than strata"
    if n < 2:
        return "one row is too few for an interval"
    return ""


def _clopper_pearson(p: float, n_eff: float, level: float) -> Interval:
    from scipy.special import betaincinv

    tail, x = (1 - level) / 2, n_eff * p
    low = 0.0 if x <= 0 else float(betaincinv(x, n_eff - x + 1, tail))
    high = 1.0 if n_eff - x <= 0 else float(betaincinv(x + 1, n_eff - x, 1 - tail))
    return Interval(low, high, n_eff)


def _korn_graubard(at: Sampled) -> Interval:
    if at.p in (0.0, 1.0):
        return _clopper_pearson(at.p, min(at.n * at.ratio, at.n), at.level)
    n_eff = math.inf if at.se == 0 else at.p * (1 - at.p) / at.se**2 * at.ratio
    return _clopper_pearson(at.p, min(n_eff, at.n), at.level)


def _beta(at: Sampled) -> Interval:
    return _clopper_pearson(at.p, at.p * (1 - at.p) / at.se**2 * at.ratio, at.level)


def _effective(at: Sampled) -> Interval:
    known = at.se > 0 and 0 < at.p < 1
    return _clopper_pearson(at.p, at.p * (1 - at.p) / at.se**2 if known else float(at.n), at.level)


def _jeffreys(at: Sampled) -> Interval:
    from scipy.special import betaincinv

    n_eff = float(at.n) if at.se == 0 or at.p in (0.0, 1.0) else min(at.p * (1 - at.p) / at.se**2, at.n)
    x, tail = n_eff * at.p, (1 - at.level) / 2
    # With less than half a unit counted, as weights allow, the quantile would lie beyond the estimate itself.
    low = 0.0 if x <= 0 else min(float(betaincinv(x + 0.5, n_eff - x + 0.5, tail)), at.p)
    high = 1.0 if x >= n_eff else max(float(betaincinv(x + 0.5, n_eff - x + 0.5, 1 - tail)), at.p)
    return Interval(low, high, n_eff)


def _wald(at: Sampled) -> Interval:
    return Interval(at.p - at.t * at.se, at.p + at.t * at.se, at.p * (1 - at.p) / at.se**2)


def _xlogit(at: Sampled) -> Interval:
    return _on_logit(at, at.se / (at.p * (1 - at.p)))


def _logit(at: Sampled) -> Interval:
    return _xlogit(at) if math.isnan(at.se_logit) else _on_logit(at, at.se_logit)


def _on_logit(at: Sampled, se: float) -> Interval:
    from scipy.special import expit, logit

    middle, half = float(logit(at.p)), at.t * se
    return Interval(float(expit(middle - half)), float(expit(middle + half)), at.p * (1 - at.p) / at.se**2)


def _asin(at: Sampled) -> Interval:
    middle = math.asin(math.sqrt(at.p))
    half = at.t * at.se / (2 * math.sqrt(at.p * (1 - at.p)))
    # Beyond the ends of the scale the sine would turn back.
    low, high = max(middle - half, 0.0), min(middle + half, math.pi / 2)
    return Interval(math.sin(low) ** 2, math.sin(high) ** 2, at.p * (1 - at.p) / at.se**2)


def _wilson(at: Sampled) -> Interval:
    n_eff = at.p * (1 - at.p) / at.se**2
    t2 = at.t**2
    middle = at.p + t2 / (2 * n_eff)
    half = at.t * math.sqrt(at.p * (1 - at.p) / n_eff + t2 / (4 * n_eff**2))
    return Interval((middle - half) / (1 + t2 / n_eff), (middle + half) / (1 + t2 / n_eff), n_eff)


def _likelihood(at: Sampled) -> Interval:
    from scipy.optimize import brentq
    from scipy.special import rel_entr

    n_eff = at.p * (1 - at.p) / at.se**2
    reach = at.t**2 * at.rows / (at.rows - 1)

    def beyond(q: float) -> float:
        return float(2 * n_eff * (rel_entr(at.p, q) + rel_entr(1 - at.p, 1 - q)) - reach)

    def end(bound: float, limit: float) -> float:
        # Few effective units may leave the likelihood of 0 or 1 within reach: the interval then ends there.
        return limit if beyond(bound) <= 0 else float(brentq(beyond, bound, at.p, xtol=1e-15, rtol=1e-14, maxiter=500))

    low, high = end(1e-300, 0.0), end(1 - 2**-53, 1.0)
    return Interval(low, high, n_eff)


_DEFINED_AT_ENDS = ("korn-graubard", "clopper-pearson", "jeffreys")
_METHODS: dict[str, Callable[[Sampled], Interval]] = {
    "korn-graubard": _korn_graubard, "beta": _beta, "logit": _logit, "xlogit": _xlogit, "wilson": _wilson,
    "likelihood": _likelihood, "asin": _asin, "mean": _wald, "clopper-pearson": _effective, "jeffreys": _jeffreys,
    "logit-glm": _logit, "arcsine": _asin, "wald": _wald,
}  # fmt: skip
