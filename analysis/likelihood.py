"""Fitting a generalised linear model by weighted pseudo-likelihood, and telling why a fit has no limit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from analysis.fixedpoint import Floats
from uptake.contract.errors import EstimationError, did_you_mean

FamilyName = Literal["binomial", "quasibinomial", "gaussian", "poisson", "quasipoisson", "gamma"]
LinkName = Literal["logit", "probit", "cloglog", "identity", "log"]
_ALIASES = {"logit": "binomial", "linear": "gaussian", "quasibinomial": "binomial", "quasipoisson": "poisson"}
_LINKS = {"binomial": ("logit", "probit", "cloglog", "log", "identity"), "gaussian": ("identity", "log"),
          "poisson": ("log", "identity"), "gamma": ("log", "identity")}  # fmt: skip
_SUPPORT = {"binomial": (0.0, 1.0, "0 and 1"), "poisson": (0.0, np.inf, "0 or more"),
            "gamma": (np.nextafter(0.0, 1.0), np.inf, "above 0")}  # fmt: skip
ITERATIONS = 100
TOLERANCE = 1e-11  # of the coefficients, columns scaled to a mean square of 1
STILL = 1e-14  # relative change of the deviance at which R's glm is told to stop in the reference
EXTREME = 15.0  # a linear predictor beyond this may be on its way to infinity
DEPENDENT = 1e-9  # a column whose part outside the others is below this share of its size


@dataclass(frozen=True, slots=True)
class Family:
    """A family with its link: `name`, `link` and statsmodels' object, which computes means and variances."""

    name: str
    link: str
    model: Any

    def mean(self, eta: Floats) -> Floats:
        """Return mu = g^-1(eta)."""
        return np.asarray(self.model.link.inverse(eta), dtype=np.float64)

    def slope(self, eta: Floats) -> Floats:
        """Return d mu / d eta."""
        return np.asarray(self.model.link.inverse_deriv(eta), dtype=np.float64)

    def slope_change(self, eta: Floats) -> Floats:
        """Return d2 mu / d eta2."""
        return np.asarray(self.model.link.inverse_deriv2(eta), dtype=np.float64)

    def variance(self, mu: Floats) -> Floats:
        """Return V(mu)."""
        return np.asarray(self.model.variance(mu), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model: beta (p,), eta and mu (n,), `working` weights w (d mu / d eta)^2 / V (n,), A^-1 = (sum working
    x x')^-1 (p, p), rounds, whether it settled.

    The working weights are those of the round that gave beta, as programs that iterate have them (R's glm among them,
    stopped where the deviance stands still to 1e-14); those of beta itself differ by 1e-8 of them at most.
    """

    beta: Floats
    eta: Floats
    mu: Floats
    working: Floats
    inverse: Floats
    iterations: int
    converged: bool


def family_of(name: str, link: str | None) -> Family:
    """Return a family by its name, with its usual link or another."""
    known = (*get_args(FamilyName), "logit", "linear")
    if name not in known:
        raise EstimationError(
            f'family is "{name}", which is not known - choose one of {", ".join(get_args(FamilyName))}.'
            f"{did_you_mean(name, known)}",
            code="FAMILY",
        )
    own = _ALIASES.get(name, name)
    chosen = link or _LINKS[own][0]
    if chosen not in _LINKS[own]:
        raise EstimationError(
            f'link is "{chosen}", which the family {own} does not take - choose one of {", ".join(_LINKS[own])}.',
            code="LINK",
        )
    import statsmodels.api as sm

    families = {"binomial": sm.families.Binomial, "gaussian": sm.families.Gaussian, "poisson": sm.families.Poisson,
                "gamma": sm.families.Gamma}  # fmt: skip
    links = {"logit": sm.families.links.Logit, "probit": sm.families.links.Probit, "log": sm.families.links.Log,
             "cloglog": sm.families.links.CLogLog, "identity": sm.families.links.Identity}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels doubts links that we document
        return Family(own, chosen, families[own](links[chosen]()))


def check_support(y: Floats, family: Family) -> None:
    """Refuse answers that the family cannot have."""
    if family.name not in _SUPPORT:
        return
    low, high, says = _SUPPORT[family.name]
    wrong = y[(y < low) | (y > high)]
    if len(wrong):
        raise EstimationError(
            f"the answer has the value {wrong[0]:g} - the family {family.name} is for answers of {says}; "
            "correct the answer or choose another family.",
            code="NOT_BINARY" if family.name == "binomial" else "FAMILY_SUPPORT",
        )


@dataclass(frozen=True, slots=True)
class Data:
    """What a model is fitted to: y (n,), X (n, p), weights (n,) and offset (n,)."""

    y: Floats
    x: Floats
    weight: Floats
    offset: Floats


def fit(data: Data, family: Family, *, start: Floats | None = None, runaway: bool = False) -> Fit:
    """Fit by iteratively reweighted least squares: solve sum w x (y - mu) (d mu / d eta) / V(mu) = 0.

    runaway: the coefficients have no limit; stop where the deviance settles, not where they do.
    """
    import statsmodels.api as sm

    scale = np.sqrt(np.average(data.x**2, axis=0, weights=data.weight))
    scale[scale == 0] = 1.0
    shares = data.weight / data.weight.mean()
    scaled = replace(data, x=data.x / scale, weight=shares)
    model = sm.GLM(data.y, scaled.x, family=family.model, freq_weights=shares, offset=data.offset)
    rule = {"tol": 1e-8} if runaway else {"tol": TOLERANCE, "tol_criterion": "params"}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what they would say, we say in a sentence of our own
        begin = _first_round(scaled, family) if start is None else start * scale
        try:
            found = model.fit(start_params=begin, maxiter=ITERATIONS, **rule)
        except (np.linalg.LinAlgError, ValueError) as fault:
            raise _no_fit() from fault
    if not np.isfinite(found.params).all():
        raise _no_fit()
    return _finished(data, scale, family, found)


def _first_round(data: Data, family: Family) -> Floats | None:
    """The coefficients after one round from a mean near the answer; None where that is none."""
    near = {"binomial": (data.weight * data.y + 0.5) / (data.weight + 1), "poisson": data.y + 0.1}
    mu = near.get(family.name, data.y)
    eta = np.asarray(family.model.link(mu), dtype=np.float64)
    slope = family.slope(eta)
    root = np.sqrt(data.weight) * slope / np.sqrt(family.variance(mu))
    target = eta - data.offset + (data.y - mu) / slope
    if not (np.isfinite(root).all() and np.isfinite(target).all()):
        return None
    return np.asarray(np.linalg.lstsq(data.x * root[:, None], target * root, rcond=None)[0])


def _no_fit() -> EstimationError:
    return EstimationError(
        "the model has no fit: the weighted least squares break down - a column may be too large, or the link may not "
        "hold the answer; rescale the column or choose another link.",
        code="NO_CONVERGENCE",
    )


def _finished(data: Data, scale: Floats, family: Family, found: Any) -> Fit:
    beta = np.asarray(found.params) / scale
    eta = data.x @ beta + data.offset
    working = _working_weights(data, data.x @ (_before_last(found.fit_history) / scale) + data.offset, family)
    information = (data.x * working[:, None]).T @ data.x
    size = np.sqrt(np.diag(information))
    size[size == 0] = 1.0
    inverse = np.linalg.pinv(information / np.outer(size, size), hermitian=True) / np.outer(size, size)
    rounds = int(found.fit_history["iteration"])
    return Fit(beta, eta, family.mean(eta), working, inverse, rounds, bool(found.converged))


def _before_last(history: dict[str, Any]) -> Floats:
    """The coefficients one round before the deviance stood still; the last ones where it never did."""
    deviance = [float(value) for value in history["deviance"]]
    for j in range(2, len(deviance)):
        if abs(deviance[j] - deviance[j - 1]) < STILL * (abs(deviance[j]) + 0.1):
            return np.asarray(history["params"][j - 1], dtype=np.float64)
    return np.asarray(history["params"][-1], dtype=np.float64)


def _working_weights(data: Data, eta: Floats, family: Family) -> Floats:
    """Return w (d mu / d eta)^2 / V(mu) (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own = data.weight * family.slope(eta) ** 2 / family.variance(family.mean(eta))
    return np.nan_to_num(own, posinf=0.0)


def score_residuals(data: Data, fitted: Fit, family: Family) -> Floats:
    """Return w (y - mu) (d mu / d eta) / V(mu) (n,), by which x enters the score equations."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own = fitted.working * (data.y - fitted.mu) / family.slope(fitted.eta)
    return np.nan_to_num(own, posinf=0.0, neginf=0.0)


def refuse_dependent(x: Floats, weight: Floats, names: tuple[str, ...]) -> None:
    """Refuse columns that are sums of multiples of those before them, naming them."""
    size = np.sqrt(np.average(x**2, axis=0, weights=weight))
    zero = [name for name, own in zip(names, size, strict=True) if own == 0]
    if zero:
        raise EstimationError(
            f'"{zero[0]}" is 0 in every row of the model - its coefficient cannot be told; take it out of the formula.',
            code="COLLINEAR",
        )
    triangle: Floats = np.asarray(np.linalg.qr(x / size * np.sqrt(weight / weight.sum())[:, None], mode="r"))
    if len(triangle) < len(names):
        raise EstimationError(
            f"the model has {len(names)} coefficients and {len(triangle)} rows - they cannot all be told; take terms "
            "out of the formula.",
            code="COLLINEAR",
        )
    for j in np.flatnonzero(np.abs(np.diag(triangle)) < DEPENDENT):
        shares = np.linalg.lstsq(triangle[:, :j], triangle[:, j], rcond=None)[0]
        others = " and ".join(f'"{names[i]}"' for i in np.flatnonzero(np.abs(shares) > 1e-6)) or "the others"
        raise EstimationError(
            f'"{names[j]}" is made up of {others} in the rows of the model - their coefficients cannot be told apart; '
            "take one of them out of the formula.",
            code="COLLINEAR",
        )


def separated(data: Data, fitted: Fit, family: Family) -> tuple[int, ...]:
    """Return the columns whose coefficients have no limit because they tell some answers without an exception.

    A direction b with x'b >= 0 where y is at its top, <= 0 where it is at its bottom, and = 0 between, is looked for by
    linear programming (Konis 2007), only where a linear predictor is large or the fit has not settled. Every
    coefficient that such a direction can move is named.
    """
    bounded = {"binomial": (0.0, 1.0), "poisson": (0.0, np.inf)}
    if family.name not in bounded or (fitted.converged and np.abs(fitted.eta).max() <= EXTREME):
        return ()
    low, high = bounded[family.name]
    rows = np.unique(np.column_stack([data.y, data.x / np.abs(data.x).max(axis=0)]), axis=0)
    answer, columns = rows[:, 0], rows[:, 1:]
    signed = np.where(answer == high, -1.0, 1.0)[:, None] * columns
    ends = (answer == low) | (answer == high)
    if not _reach(signed[ends].sum(axis=0), signed[ends], columns[~ends]):
        return ()
    unit = np.eye(columns.shape[1])
    return tuple(
        j for j in range(len(unit)) if any(_reach(sign * unit[j], signed[ends], columns[~ends]) for sign in (1, -1))
    )


def _reach(objective: Floats, below: Floats, fixed: Floats) -> bool:
    """Whether objective'b < 0 for some b with below b <= 0, fixed b = 0 and |b| <= 1."""
    from scipy.optimize import linprog

    equal = (fixed, np.zeros(len(fixed))) if len(fixed) else (None, None)
    found = linprog(
        objective, A_ub=below, b_ub=np.zeros(len(below)), A_eq=equal[0], b_eq=equal[1],
        bounds=[(-1, 1)] * len(objective), method="highs",
    )  # fmt: skip
    return bool(found.success and found.fun < -1e-7)
