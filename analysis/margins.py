"""What a model says on the scale of the answer: average marginal effects and predictive margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.coefficients import Base, Sizes, coefficient_frame
from analysis.estimates import Estimates
from analysis.fixedpoint import Floats
from analysis.frames import key_of
from analysis.modelspread import function_covariance
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from analysis.models import Covariates, Kind, Model


@dataclass(frozen=True, slots=True)
class _Change:
    """One margin: its name, and the factor set to `high`, less the same set to `low`; neither: its slope."""

    name: str
    key: str
    high: float | None = None
    low: float | None = None


def margins(
    model: Model, what: Sequence[str] = (), *, kind: Kind = "effect", covariates: Covariates = "sampled",
    level: float = 0.95,
) -> Estimates:  # fmt: skip
    """Return average marginal effects or predictive margins of a model.

    theta = sum w g(x, beta) / sum w over the rows of the model. effect: g = d mu / d x of a number, mu(x = level) -
    mu(x = reference) of a code, mu(1) - mu(0) of an indicator; mean: g = mu(x = level). Score:
    z = w (g - theta) / sum w + z_beta' dtheta/dbeta, so both the coefficients and who was sampled count;
    covariates="fixed" leaves the first part out (the delta method alone: how others would do it).

    An effect is of the factor as it stands in the formula, the other factors kept: of log(x), not of x; with x and
    I(x**2) in the model neither effect means much.

    what: names of factors (default: all); level: of the interval theta -/+ t(df) se, df of the design in the rows used.
    Returns Estimates. Raises EstimationError for an unknown factor, or a number under kind="mean".
    """
    if kind not in ("effect", "mean") or covariates not in ("sampled", "fixed"):
        raise EstimationError(
            f'margins of kind "{kind}" with covariates "{covariates}" are not known - kind is effect or mean, '
            "covariates are sampled or fixed.",
            code="MARGIN",
        )
    changes = [change for key in _keys(model, what) for change in _changes(model, key, kind)]
    if not changes:
        raise EstimationError(
            "the model has no factor of which this can be told - numbers have effects, codes and indicators means too; "
            'use kind="effect", or add a factor.',
            code="MARGIN",
        )
    found = [_margin(model, change) for change in changes]
    w, used = model.data.weight, model.data.used
    theta = np.array([float(np.average(g, weights=w)) for g, _ in found])
    influence = model.spread.influence
    scores = np.zeros((len(model.data.rows), len(theta)))
    if influence is not None:
        scores = influence @ np.stack([slope for _, slope in found], axis=1)
        if covariates == "sampled":
            scores[used] += np.stack([w * (g - t) for (g, _), t in zip(found, theta, strict=True)], axis=1) / w.sum()

    def again(beta: Floats, weight: Floats) -> Floats:
        by = weight if covariates == "sampled" else w
        made = model if not len(beta) else _moved(model, beta)
        return np.array([float(np.average(_margin(made, change)[0], weights=by)) for change in changes])

    vcov = function_covariance(model.survey, model.data, scores, again, model.spread)
    sizes = Sizes(len(w), model.data.n_rows, float(w.sum()))
    frame = coefficient_frame([c.name for c in changes], theta, vcov, Base(sizes, model.spread.df, level))
    meta = replace(model.meta, estimator=f"margins ({kind}, covariates {covariates})", conf_level=level)
    return Estimates(frame, vcov, meta)


def _keys(model: Model, what: Sequence[str]) -> list[str]:
    """The keys of the factors; asked for by name or by text in the formula."""
    factors = model.data.matrix.factors
    names = {c.name: key for key, c in factors.items()} | {c.text: key for key, c in factors.items()}
    for name in what:
        if name not in names:
            raise EstimationError(
                f'the model has no factor "{name}" - there is no margin of it; name one of its factors.'
                f"{did_you_mean(name, names)}",
                code="TERM",
            )
    return [names[name] for name in what] if what else list(factors)


def _changes(model: Model, key: str, kind: Kind) -> list[_Change]:
    coded = model.data.matrix.factors[key]
    values = model.data.rows.values[key][model.data.used]
    if coded.levels:
        codes = [(i, f"{coded.name}={key_of(level)}") for i, level in enumerate(coded.levels)]
        if kind == "mean":
            return [_Change(name, key, high=float(i)) for i, name in codes]
        return [_Change(name, key, high=float(i), low=0.0) for i, name in codes[1:]]
    if np.isin(values, (0.0, 1.0)).all():
        if kind == "effect":
            return [_Change(coded.name, key, high=1.0, low=0.0)]
        return [_Change(f"{coded.name}: {says}", key, high=at) for at, says in ((0.0, "no"), (1.0, "yes"))]
    return [_Change(coded.name, key)] if kind == "effect" else []


def _margin(model: Model, change: _Change) -> tuple[Floats, Floats]:
    """Return g (n,) and the gradient of its weighted mean in beta (p,)."""
    w, beta, family = model.data.weight, model.fitted.beta, model.family
    if change.high is None:
        step = _set(model, change.key, 1.0) - _set(model, change.key, 0.0)  # columns are linear in each factor
        slope, by = family.slope(model.fitted.eta), step @ beta
        gradient = (family.slope_change(model.fitted.eta) * by)[:, None] * model.data.x + slope[:, None] * step
        return slope * by, np.average(gradient, axis=0, weights=w)
    g, gradient = np.zeros(len(w)), np.zeros_like(model.data.x)
    for sign, value in ((1.0, change.high), (-1.0, change.low)):
        if value is not None:
            x = _set(model, change.key, value)
            eta = x @ beta + model.data.offset
            g += sign * family.mean(eta)
            gradient += sign * family.slope(eta)[:, None] * x
    return g, np.average(gradient, axis=0, weights=w)


def _moved(model: Model, beta: Floats) -> Model:
    """The model with the coefficients of a replicate."""
    eta = model.data.x @ beta + model.data.offset
    return replace(model, fitted=replace(model.fitted, beta=beta, eta=eta, mu=model.family.mean(eta)))


def _set(model: Model, key: str, value: float) -> Floats:
    """Return X (n, p) with one factor set to a value in every row."""
    data = model.data
    values = {name: data.rows.values[name][data.used] for name in data.matrix.factors}
    return data.matrix.of({**values, key: np.full(len(data.y), value)}, len(data.y))
