"""Functions of estimates: linear contrasts, ratios, changes and formulas, by the delta method."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from analysis.fixedpoint import Floats
from analysis.formulas import Dual, evaluate, logarithm
from analysis.intervals import Interval, t_interval
from analysis.references import Reference, rows_named
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

Contrast: TypeAlias = Mapping[Reference, float] | tuple[str, Reference, Reference] | Sequence[float] | Floats | str


@dataclass(frozen=True, slots=True)
class Combined:
    """One function of the estimates: its value, its gradient (P,), and why there is none."""

    name: str
    value: float
    gradient: Floats
    reason: str = ""


def combine(
    frame: DataFrame, vcov: Floats, contrasts: Mapping[str, Contrast], *, level: float, df: float
) -> tuple[DataFrame, Floats]:
    """Return the frame and covariance of functions g of the estimates theta.

    theta_g = g(theta); V = G V(theta) G' with G = dg/dtheta (linear: the coefficients themselves); interval
    theta_g -/+ t(df) se; t = theta_g / se, two-sided p from t(df).

    It does not cover what the delta method leaves out: with a denominator that is hardly above zero the interval of a
    ratio is too short and not centred. A logarithm (`log_ratio`) is the better scale there.

    frame, vcov: of the estimates, P rows and (P, P); contrasts: name -> coefficients by reference, coefficients by row,
    (kind, first, second) with kind ratio, pct_change, log_ratio, logit_difference, product or difference, or a formula
    such as "north / south"; df: of the whole design. Returns the frame (one row a contrast, with t and p_value) and the
    covariance of the contrasts. Raises EstimationError for a reference that none or several of the estimates fit.
    Agrees with R survey's svycontrast to 1e-9.
    """
    require_covariance(frame, vcov)
    at = np.asarray(frame["estimate"], dtype=np.float64)
    found = [_combined(frame, at, name, contrast) for name, contrast in contrasts.items()]
    if not found:
        raise EstimationError("no contrast is named - give at least one.", code="NOTHING_ASKED")
    return assembled(frame, vcov, found, level=level, df=df)


def assembled(
    frame: DataFrame, vcov: Floats, found: list[Combined], *, level: float, df: float
) -> tuple[DataFrame, Floats]:
    """Return the frame and covariance of functions whose values and gradients are known."""
    gradients = np.stack([f.gradient for f in found])
    used = (gradients != 0).any(axis=0)
    part = vcov[np.ix_(used, used)]
    without = np.isnan(np.diag(part))  # components without a variance leave those contrasts alone that do not use them
    spread = gradients[:, used] @ np.where(without | without[:, None], 0.0, part) @ gradients[:, used].T
    lost = (gradients[:, used][:, without] != 0).any(axis=1)
    spread[lost, :], spread[:, lost] = np.nan, np.nan
    return _tidy(frame, found, spread, level, df), spread


def require_covariance(frame: DataFrame, vcov: Floats) -> None:
    """Refuse estimates whose covariances were left out."""
    if vcov.shape[0] != len(frame):
        raise EstimationError(
            "the covariances of these estimates were left out - a contrast needs them; estimate fewer domains at once, "
            "with covariance=True.",
            code="NO_COVARIANCE",
        )


def _combined(frame: DataFrame, at: Floats, name: str, contrast: Contrast) -> Combined:
    if isinstance(contrast, str):
        made = _formula(frame, at, contrast)
    elif isinstance(contrast, Mapping) and "kind" in contrast and "num" in contrast and "den" in contrast:
        made = _pair(frame, at, (str(contrast["kind"]), contrast["num"], contrast["den"]))
    elif isinstance(contrast, Mapping):
        made = _linear(at, rows_named(frame, list(contrast)), np.array(list(contrast.values()), dtype=np.float64))
    elif isinstance(contrast, tuple) and contrast and isinstance(contrast[0], str):
        made = _pair(frame, at, contrast)
    else:
        made = _by_row(at, name, np.asarray(contrast, dtype=np.float64))
    reason = "" if np.isfinite(made.value) else "a component has no estimate, or the function does not exist there"
    return Combined(name, made.value if not reason else np.nan, made.slope, reason)


def _linear(at: Floats, rows: list[int], coefficients: Floats) -> Dual:
    slope = np.zeros(len(at))
    np.add.at(slope, rows, coefficients)
    used = np.flatnonzero(slope)
    return Dual(float(slope[used] @ at[used]), slope)


def _by_row(at: Floats, name: str, coefficients: Floats) -> Dual:
    if coefficients.shape != at.shape:
        raise EstimationError(
            f'contrast "{name}" has {coefficients.size} coefficients for {at.size} estimates - give one for each, or '
            "name the estimates.",
            code="CONTRAST_LENGTH",
        )
    return _linear(at, list(range(len(at))), coefficients)


def _pair(frame: DataFrame, at: Floats, contrast: Sequence[object]) -> Dual:
    kind, *references = contrast
    if kind not in _KINDS or len(references) != 2:
        raise EstimationError(
            f'the contrast "{kind}" of {len(references)} estimates is not known - choose one of '
            f"{', '.join(_KINDS)}, of two estimates.{did_you_mean(str(kind), _KINDS)}",
            code="UNKNOWN_CONTRAST",
        )
    first, second = (_own(at, row) for row in rows_named(frame, references))
    with np.errstate(divide="ignore", invalid="ignore"):
        return _KINDS[str(kind)](first, second)


def _own(at: Floats, row: int) -> Dual:
    slope = np.zeros(len(at))
    slope[row] = 1.0
    return Dual(float(at[row]), slope)


def _formula(frame: DataFrame, at: Floats, text: str) -> Dual:
    with np.errstate(divide="ignore", invalid="ignore"):
        made = evaluate(text, lambda name: _own(at, rows_named(frame, [name])[0]))
    return made if made.slope.size else Dual(made.value, np.zeros(len(at)))


_KINDS: dict[str, Callable[[Dual, Dual], Dual]] = {
    "ratio": lambda a, b: a / b,
    "pct_change": lambda a, b: (a / b - Dual.of(1)) * Dual.of(100),
    "log_ratio": lambda a, b: logarithm(a / b),
    "logit_difference": lambda a, b: logarithm(a / (Dual.of(1) - a)) - logarithm(b / (Dual.of(1) - b)),
    "product": lambda a, b: a * b,
    "difference": lambda a, b: a - b,
}


def _tidy(frame: DataFrame, found: list[Combined], vcov: Floats, level: float, df: float) -> DataFrame:
    import pandas as pd
    from scipy.special import stdtr

    value = np.array([f.value for f in found])
    se = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    intervals = [_interval(frame, f, float(e), level, df) for f, e in zip(found, se, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, value / se, np.nan)
        cv = np.where(value != 0, se / value, np.nan)
    p = 2 * stdtr(df, -np.abs(t)) if df > 0 else np.full(len(found), np.nan)
    nothing = np.full(len(found), np.nan)
    return pd.DataFrame({
        "name": pd.Series([f.name for f in found], dtype=object),
        "domain_by": pd.Series(["contrast"] * len(found), dtype=object),
        "domain_key": pd.Series([f.name for f in found], dtype=object),
        "estimate": value, "se": se, "ci_low": [i.low for i in intervals], "ci_high": [i.high for i in intervals],
        "conf_level": level, "ci_method": "t", "df": float(df), "n": _fewest(frame, found, "n"),
        "n_rows": _fewest(frame, found, "n_rows"), "n_eff": nothing, "deff": nothing, "deff_wr": nothing, "cv": cv,
        "n_population": nothing, "reason": [i.reason for i in intervals], "t": t, "p_value": p,
    })  # fmt: skip


def _fewest(frame: DataFrame, found: list[Combined], column: str) -> list[int]:
    """The rows behind the smallest component: domains may overlap, so their rows must not be added up."""
    rows = np.asarray(frame[column])
    return [int(rows[f.gradient != 0].min()) if (f.gradient != 0).any() else 0 for f in found]


def _interval(frame: DataFrame, found: Combined, se: float, level: float, df: float) -> Interval:
    if found.reason:
        return Interval(np.nan, np.nan, reason=found.reason)
    ends = np.isin(np.asarray(frame["estimate"])[found.gradient != 0], (0.0, 1.0))
    if se == 0 and (ends.any() or not (found.gradient != 0).any()):
        return Interval(np.nan, np.nan, reason="the standard error is 0, where a t interval has no width")
    return t_interval(found.value, se, df, level)


def digest(coefficients: Mapping[str, float]) -> str:
    """Return the SHA-256 of named coefficients: the record of the weights of an index."""
    text = "\n".join(f"{name}\t{value!r}" for name, value in sorted(coefficients.items()))
    return hashlib.sha256(text.encode()).hexdigest()
