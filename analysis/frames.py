"""The tidy frame of an answer: one row an estimate, with its interval, degrees of freedom and design effects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.deff import design_effects
from analysis.design import Expr
from analysis.fixedpoint import Floats
from analysis.intervals import Interval, proportion_interval, t_interval
from analysis.measures import Kind, Variable
from analysis.points import Layout, Points
from uptake.contract.errors import EstimationError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.replicates import Replicated


ENUMERATED = 1e-10  # a standard error below this share of an estimate from all units is rounding


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a survey: what to estimate, for which domains, with which interval."""

    kind: Kind
    variables: tuple[Variable, ...]
    by: tuple[tuple[str, ...], ...]
    where: Expr | None
    ci: str
    level: float
    missing: Literal["each", "listwise"]
    df: float | None
    covariance: bool
    categories: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """The uncertainty of all estimates: covariance (P, P), df (P,), df of the whole design, SE of the logit.

    Of very many estimates `vcov` (P,) holds the variances alone.

    `enumerated` (P,) marks estimates whose every unit of the population is in the sample, `fitted` (P,) those that the
    weights reproduce by calibration (None: no calibration): they have no sampling error. `replicated` holds the
    estimates of every replicate, for functions of them.
    """

    vcov: Floats
    df: Floats
    df_design: float
    se_logit: Floats
    enumerated: npt.NDArray[np.bool_]
    fitted: npt.NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()  # what was done about the design, as warnings
    unknown: str = ""  # why a variance is NaN
    replicated: Replicated | None = None
    rows: int | None = None  # of the sample: those an interval counts once weights are calibrated, as R does

    @property
    def variance(self) -> Floats:
        """The variances (P,)."""
        return self.vcov if self.vcov.ndim == 1 else np.diag(self.vcov)


class At(NamedTuple):
    """The standard error and the degrees of freedom of one estimate."""

    se: float
    df: float


def tidy_frame(asked: Asked, layout: Layout, found: Points, spread: Spread) -> DataFrame:
    """Return the estimates as rows, in the order of the covariance matrix."""
    import pandas as pd

    variance = spread.variance
    se = np.sqrt(variance)
    df = np.full(layout.size, asked.df) if asked.df is not None else spread.df
    # What the weights reproduce has a variance of 0; the effect of a constant is infinite then, as R has it.
    least = variance if spread.fitted is None else np.where(spread.fitted, np.finfo(float).smallest_subnormal, variance)
    deff, deff_wr = design_effects(layout, found, least)
    intervals = [_interval(asked, found, spread, p, At(float(se[p]), float(df[p]))) for p in range(layout.size)]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        cv = np.where(found.estimate != 0, se / found.estimate, np.nan)
        n_eff = np.where(np.isnan([i.n_eff for i in intervals]), found.n / deff_wr, [i.n_eff for i in intervals])
        n_eff[np.isinf(n_eff)] = np.nan  # a standard error of 0: no sample size says that
    labels = {name: pd.Series(values, dtype=object) for name, values in _labels(asked, layout).items()}
    columns = {
        "estimate": found.estimate, "se": se,
        "ci_low": [i.low for i in intervals], "ci_high": [i.high for i in intervals],
        "conf_level": asked.level, "ci_method": asked.ci, "df": df, "n": found.n, "n_rows": found.n_in, "n_eff": n_eff,
        "deff": deff, "deff_wr": deff_wr, "cv": cv, "n_population": found.population,
        "reason": [i.reason for i in intervals],
    }  # fmt: skip
    return pd.DataFrame({**labels, **columns})


def _interval(asked: Asked, found: Points, spread: Spread, p: int, at: At) -> Interval:
    estimate, error, df = float(found.estimate[p]), at.se, at.df
    if math.isnan(estimate) and found.n[p] > 0:
        return Interval(math.nan, math.nan, reason="the denominator adds up to zero in this domain")
    if math.isnan(error) and not math.isnan(estimate) and spread.unknown:
        return Interval(math.nan, math.nan, reason=spread.unknown)
    # At 0 and 100 % even a complete count keeps the width of its n: one wrong answer would move it.
    known = spread.enumerated[p] and 0 < estimate < 1 and error <= ENUMERATED * estimate
    if asked.ci == "korn-graubard" and known:
        return Interval(estimate, estimate, float(found.n[p]))
    if spread.fitted is not None and spread.fitted[p]:
        exact = estimate if asked.ci == "t" else math.nan
        return Interval(exact, exact, reason="the weights are fitted to this number, so it has no sampling error")
    if asked.ci == "t":
        return t_interval(estimate, error, df, asked.level)
    if not math.isnan(estimate) and not 0 <= estimate <= 1:
        raise EstimationError(
            f'a ratio is {estimate:g}, outside 0 to 1, so the {asked.ci} interval does not fit - use ci="t".',
            code="NOT_A_SHARE",
        )
    # R counts the domain's rows with a missing outcome too; the truncated interval counts only rows of the base.
    rows = int(found.n[p]) if asked.ci == "korn-graubard" else spread.rows or int(found.n_in[p])
    return proportion_interval(
        estimate, error, int(found.n[p]), df,
        method=asked.ci, level=asked.level, rows=rows, se_logit=float(spread.se_logit[p]),
    )  # fmt: skip


def _labels(asked: Asked, layout: Layout) -> dict[str, list[object]]:
    step = len(asked.variables)
    columns: dict[str, list[object]] = {"name": [], "domain_by": [], "domain_key": []}
    every = list(dict.fromkeys(c for group in asked.by for c in group))
    columns.update({c: [] for c in every})
    for group in layout.groupings:
        for label in group.labels:
            values = dict(zip(group.columns, label, strict=True))
            columns["name"] += [v.name for v in asked.variables]
            columns["domain_by"] += ["*".join(group.columns) or "all"] * step
            columns["domain_key"] += ["*".join(key_of(v) for v in label) or "all"] * step
            for c in every:
                columns[c] += [values.get(c)] * step
    return columns


def key_of(value: object) -> str:
    """Return a level as text: 3.0, as a column with gaps holds it, is the code 3."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
