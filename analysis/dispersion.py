"""The variance of an answer in the population, and the covariances of several, with standard errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.cells import Codes
from analysis.constants import by_domain, own_rows
from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.estimation import answered, run
from analysis.estimators import By, Y, domains, outcomes, restriction
from analysis.fixedpoint import Floats
from analysis.frames import Asked
from analysis.intervals import t_interval
from analysis.measures import Variable
from analysis.replicates import Replicated
from analysis.survey import Survey

ROUNDING = 2e-12


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which answers are multiplied, in the order of publication: first and second (M,), and names."""

    first: Codes
    second: Codes
    names: tuple[str, ...]


def variance(
    s: Survey, y: Y, *, by: By = None, where: str | Expr | None = None, level: float = 0.95, df: float | None = None
) -> Estimates:
    """Estimate how much an answer varies between the units of the population.

    S2 = n/(n-1) sum w (y - m)^2 / sum w, m the weighted mean of the same rows, n their number; its standard error is
    that of the mean of (y - m)^2 n/(n-1), in which m adds nothing to first order. Of several y: the matrix of all
    n/(n-1) sum w (y_a - m_a)(y_b - m_b) / sum w, over the rows in which all are known, named "a:b" column by column.

    It does not cover answers that are missing or wrong, to which squares are more sensitive than means are.

    y: numeric columns or `Expr`; by, where, level, df: as in `mean`. The interval is estimate -/+ t(df) se.
    Returns Estimates. Raises DesignError or EstimationError as `mean` does. Agrees with R survey's svyvar to 1e-8; with
    replicate weights the mean is taken anew in every replicate, as there.

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"y": [1.0, 2.0, 3.0, 6.0], "w": [5.0] * 4})
    >>> found = variance(Survey(rows, SurveyDesign(weights="w")), "y").frame
    >>> round(float(found.estimate[0]), 4), round(float(found.se[0]), 4)
    (4.6667, 2.6943)
    """
    items, groups, inside = outcomes(s, y), domains(by), restriction(s, where)
    plain = tuple(Variable(item.name, item.sql) for item in items)
    means = run(s, Asked("mean", plain, groups, inside, "t", level, "listwise", df, covariance=False))
    places = _places(means, groups, len(items))
    pairs = _pairs([item.name for item in items])
    centred = [_centred(s, items, means, columns, rows) for columns, rows in zip(groups, places, strict=True)]
    variables = tuple(v for each in centred for v in _variables(each, pairs))
    products, again = answered(s, Asked("mean", variables, groups, inside, "t", level, "listwise", df, covariance=True))
    step = len(pairs.names) + len(items)
    rows = own_rows([len(place) for place in places], step, width=len(variables))
    found = _scaled(products, again, rows, pairs)
    level_of = np.concatenate([means.frame["estimate"].to_numpy()[place] for place in places])
    return _without_rounding(found, np.abs(level_of), pairs)


def _pairs(names: list[str]) -> Pairs:
    second, first = np.divmod(np.arange(len(names) ** 2), len(names))
    made = tuple(f"{names[a]}:{names[b]}" for a, b in zip(first, second, strict=True))
    return Pairs(first, second, made if len(names) > 1 else (names[0],))


def _places(means: Estimates, groups: tuple[tuple[str, ...], ...], step: int) -> list[Codes]:
    """Return, for each way of forming domains, the rows (domains, variables) of the means."""
    by = means.frame["domain_by"].to_numpy()
    return [np.flatnonzero(by == ("*".join(columns) or "all")).reshape(-1, step) for columns in groups]


def _centred(s: Survey, items: tuple[Expr, ...], means: Estimates, columns: tuple[str, ...], rows: Codes) -> list[str]:
    """Return the SQL of every answer less the mean of its domain."""
    labels = [tuple(means.frame.loc[row, list(columns)]) for row in rows[:, 0]]
    values = means.frame["estimate"].to_numpy()[rows]
    return [
        f"(CAST(({item.sql}) AS DOUBLE) - {by_domain(s.source, columns, labels, values[:, j])})"
        for j, item in enumerate(items)
    ]


def _variables(centred: list[str], pairs: Pairs) -> list[Variable]:
    """Return the products to average, and the centred answers themselves, whose means move in the replicates."""
    made = zip(pairs.names, pairs.first, pairs.second, strict=True)
    products = [Variable(name, f"{centred[a]} * {centred[b]}") for name, a, b in made]
    return [*products, *(Variable(f"centred {j}", sql) for j, sql in enumerate(centred))]


def _scaled(products: Estimates, again: Replicated | None, rows: Codes, pairs: Pairs) -> Estimates:
    own = rows[:, : len(pairs.names)].reshape(-1)
    frame = products.frame.iloc[own].reset_index(drop=True)
    n = frame["n"].to_numpy(dtype=np.float64)
    factor = np.where(n > 1, n / np.where(n > 1, n - 1, 1), np.nan)
    own_vcov = products.vcov[np.ix_(own, own)] if len(products.vcov) else products.vcov
    spread = own_vcov if len(own_vcov) else frame["se"].to_numpy() ** 2  # of very many domains the variances alone
    if again is not None:
        spread = _replicated(products, again, rows, pairs)
    vcov = spread * np.outer(factor, factor) if len(own_vcov) else own_vcov
    value = frame["estimate"] * factor
    se = np.sqrt(np.diag(vcov)) if len(own_vcov) else np.sqrt(spread) * factor
    limits = [t_interval(*at, products.meta.conf_level) for at in zip(value, se, frame["df"], strict=True)]
    few = "one row is too few for a variance"
    reasons = [few if k == 1 else limit.reason for limit, k in zip(limits, n, strict=True)]
    frame = frame.assign(
        estimate=value, se=se, ci_low=[i.low for i in limits], ci_high=[i.high for i in limits], reason=reasons,
        cv=np.where(value != 0, se / value.where(value != 0, 1.0), np.nan),
    )  # fmt: skip
    # The centred answers are missing where the products are: one sentence on them is enough.
    warnings = tuple(text for text in products.meta.warnings if not text.startswith('OUTCOME_MISSING: "centred '))
    return Estimates(frame, vcov, replace(products.meta, estimator="variance", warnings=warnings))


def _without_rounding(found: Estimates, level: Floats, pairs: Pairs) -> Estimates:
    """Say of an answer that is the same in every row that it does not vary, in place of the rounding of its mean.

    level (domains, variables): the sizes of the means, whose 1e-12 is what the sums of scaled integers may round.
    """
    size = len(level)
    values = found.frame["estimate"].to_numpy().reshape(size, len(pairs.names))
    own = np.flatnonzero(pairs.first == pairs.second)
    flat = values[:, own] <= (ROUNDING * level) ** 2
    at = (flat[:, pairs.first] | flat[:, pairs.second]).reshape(-1)
    if not at.any():
        return found
    frame, vcov = found.frame.copy(), found.vcov.copy()
    frame.loc[at, ["estimate", "se"]] = 0.0
    frame.loc[at, ["ci_low", "ci_high", "cv", "n_eff", "deff", "deff_wr"]] = np.nan
    frame.loc[at, "reason"] = "every answer is the same, which says nothing of how much others vary"
    if len(vcov):
        vcov[at, :], vcov[:, at] = 0.0, 0.0
    return replace(found, frame=frame, vcov=vcov)


def _replicated(products: Estimates, again: Replicated, rows: Codes, pairs: Pairs) -> Floats:
    """Return V over replicates of mean(e_a e_b) - mean(e_a) mean(e_b), e centred at the full sample."""
    step = len(pairs.names)
    means = again.theta[rows[:, step:]]
    theta = again.theta[rows[:, :step]] - means[:, pairs.first] * means[:, pairs.second]
    full = products.frame["estimate"].to_numpy()[rows[:, :step]]
    spread = again.covariance_of if len(products.vcov) else again.variance_of
    return spread(theta.reshape(-1, theta.shape[-1]), full.reshape(-1))
