"""Is one answer independent of another: Rao-Scott and Wald tests of a weighted two-way table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.estimation import run
from analysis.estimators import restriction
from analysis.fixedpoint import Floats
from analysis.frames import Asked, key_of
from analysis.measures import Kind, Variable
from analysis.source import literal
from analysis.survey import Survey
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

Statistic = Literal["F", "Chisq", "Wald", "adjWald"]
SMALL_EXPECTED = 5.0  # Cochran's rule of thumb for an expected count
SINGULAR = 1e-12  # a covariance whose smallest eigenvalue is below this share of its largest has no inverse


@dataclass(frozen=True, slots=True)
class IndependenceTest:
    """A test of independence: its numbers, the weighted table with the covariance of its cells, and what is odd.

    `frame` has one row: row, col, method, statistic, ndf, ddf, p_value, n, n_rows, reason. `cells` has an estimate for
    every pair of levels (rows vary slowest), `rows` and `cols` are the levels. A number that cannot be had is NaN and
    `reason` says why.
    """

    method: str
    statistic: float
    ndf: float
    ddf: float
    p_value: float
    rows: tuple[str, ...]
    cols: tuple[str, ...]
    cells: Estimates
    frame: DataFrame
    warnings: tuple[str, ...]
    reason: str

    @property
    def cell_proportions(self) -> Floats:
        """The estimated shares of the cells (rows, cols); they add up to 1."""
        return self.cells.frame["estimate"].to_numpy(dtype=float).reshape(len(self.rows), len(self.cols))


@dataclass(frozen=True, slots=True)
class _Numbers:
    statistic: float
    ndf: float
    ddf: float
    p_value: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    """The shares (r, c), their covariance (rc, rc), the rows of the domain and the degrees of freedom."""

    shares: Floats
    vcov: Floats
    n_rows: int
    df: float


def independence_test(
    s: Survey, row: str, col: str, statistic: Statistic = "F", *, where: str | Expr | None = None
) -> IndependenceTest:
    """Test whether two categorical answers are independent in the population.

    X2 = n sum (p_ij - p_i. p_.j)^2 / (p_i. p_.j) of the weighted table; Delta = (C' D^-1 C / n)^-1 C' D^-1 V D^-1 C,
    C the interaction contrasts free of main effects, D = diag(p), V the design covariance of p. "F" (Rao-Scott, second
    order): X2 / tr Delta on (d, d nu), d = tr(Delta)^2 / tr(Delta^2). "Chisq" (first order): X2, p from X2 / mean
    eigenvalue on (r-1)(c-1). "Wald": Y' V_Y^-1 Y / k, Y the totals less those under independence, on (k, nu);
    "adjWald": times (nu-k+1)/nu, on (k, nu-k+1). nu: degrees of freedom of the domain.

    It does not say how strong the association is, and does not see more than two answers at a time. Wald is unreliable
    where nu is small beside k.

    row, col: columns (text, numbers or truth values); statistic: as above; where: SQL condition or column.
    Returns IndependenceTest; rows with a missing answer leave the table and are counted.
    Raises EstimationError: unknown column or statistic, an answer with one level only, an empty domain.
    Agrees with R survey's svychisq to 1e-9 (Rao & Scott 1984; Thomas & Rao 1987; Koch, Freeman & Freeman 1975).

    >>> import pandas as pd
    >>> from analysis import Survey, SurveyDesign
    >>> rows = pd.DataFrame({"a": list("xxxyyyxy"), "b": list("ppqqqpqq"), "w": [2.0, 1, 1, 3, 1, 1, 2, 1]})
    >>> test = independence_test(Survey(rows, SurveyDesign(weights="w")), "a", "b")
    >>> round(test.statistic, 4), test.ndf, test.ddf, round(test.p_value, 4)
    (0.9604, 1.0, 7.0, 0.3597)
    """
    if statistic not in get_args(Statistic):
        raise EstimationError(
            f'statistic is "{statistic}", which is not known - choose one of {", ".join(get_args(Statistic))}.'
            f"{did_you_mean(statistic, get_args(Statistic))}",
            code="STATISTIC",
        )
    condition = restriction(s, where)
    levels = tuple(_levels(s, name, other, condition) for name, other in ((row, col), (col, row)))
    cells = run(s, _asked(s, (row, col), levels, condition, "proportion"))
    first = cells.frame.iloc[0]
    shares = cells.frame["estimate"].to_numpy(dtype=float).reshape(len(levels[0]), len(levels[1]))
    table = _Table(shares, cells.vcov, int(first["n_rows"]), float(first["df"]))
    if statistic in ("F", "Chisq"):
        found = _rao_scott(table, first_order=statistic == "Chisq")
    else:
        totals = run(s, _asked(s, (row, col), levels, condition, "total"))
        found = _wald(totals, table, adjusted=statistic == "adjWald")
    return _result(statistic, (row, col), levels, cells, found)


def _levels(s: Survey, name: str, other: str, where: Expr | None) -> tuple[object, ...]:
    s.source.require([name, other], "the test", estimating=True)
    column, second = s.source.column(name), s.source.column(other)
    weight = s.weight_layer()[0][1]
    kept = f"{column} IS NOT NULL AND {second} IS NOT NULL AND {weight} > 0" + (f" AND ({where.sql})" if where else "")
    found = s.source.columns(f"SELECT DISTINCT {column} AS v FROM ({s.source.text}) AS r WHERE {kept} ORDER BY 1")["v"]
    levels = tuple(v for v in found.tolist() if not (isinstance(v, float) and math.isnan(v)))
    if not levels:
        raise EstimationError(
            f'no row of the domain has both "{name}" and "{other}" - there is no table to test; check the condition.',
            code="EMPTY_DOMAIN",
        )
    if len(levels) == 1:
        raise EstimationError(
            f'"{name}" has the one value "{levels[0]}" in the rows that are tested - independence of a constant says '
            "nothing; take an answer with at least two values, or a wider domain.",
            code="ONE_LEVEL",
        )
    return levels


def _asked(
    s: Survey, names: tuple[str, str], levels: tuple[tuple[object, ...], ...], where: Expr | None, kind: Kind
) -> Asked:
    row, col = (s.source.column(name) for name in names)
    known = f"CASE WHEN {row} IS NULL OR {col} IS NULL THEN NULL WHEN"
    variables = tuple(
        Variable(f"{names[0]}={a}, {names[1]}={b}", f"{known} {row} = {literal(a)} AND {col} = {literal(b)} "
                 "THEN 1 ELSE 0 END")
        for a in levels[0]
        for b in levels[1]
    )  # fmt: skip
    return Asked(kind, variables, ((),), where, "t", 0.95, "each", None, True, categories=True)


def _rao_scott(table: _Table, *, first_order: bool) -> _Numbers:
    """Pearson's X2 with the first- or second-order correction of Rao and Scott."""
    from scipy.special import chdtrc, fdtrc

    p, n = table.shares, table.n_rows
    expected = np.outer(p.sum(axis=1), p.sum(axis=0))
    x2 = float(n * ((p - expected) ** 2 / expected).sum())
    contrasts = _interactions(*p.shape)
    inverse = np.divide(1.0, p.ravel(), out=np.zeros(p.size), where=p.ravel() > 0)
    scaled = contrasts * inverse[:, None]
    delta = np.linalg.solve(contrasts.T @ scaled / n, scaled.T @ table.vcov @ scaled)
    trace, k = float(np.trace(delta)), len(delta)
    if not trace > SINGULAR:
        nan = math.nan
        return _Numbers(x2 if first_order else nan, k if first_order else nan, nan, nan,
                        "the cells have no sampling variance, so there is nothing to test against")  # fmt: skip
    if first_order:
        return _Numbers(x2, float(k), math.nan, float(chdtrc(k, x2 * k / trace)))
    d = trace**2 / float(np.trace(delta @ delta))
    return _f_test(x2 / trace, d, d * table.df, fdtrc)


def _interactions(rows: int, cols: int) -> Floats:
    """Contrasts (rows*cols, (rows-1)(cols-1)): products of centred contrasts, free of both main effects."""

    def centred(size: int) -> Floats:
        return np.asarray(np.eye(size)[:, 1:] - 1.0 / size)

    return np.asarray(np.kron(centred(rows), centred(cols)), dtype=np.float64)


def _wald(totals: Estimates, table: _Table, *, adjusted: bool) -> _Numbers:
    """Wald's test of Y_ij = N_ij - N_i. N_.j / N over all but the first row and column."""
    from scipy.special import fdtrc

    r, c = table.shares.shape
    count = totals.frame["estimate"].to_numpy(dtype=float).reshape(r, c)
    by_row, by_col, whole = count.sum(axis=1), count.sum(axis=0), count.sum()
    away = (count - np.outer(by_row, by_col) / whole)[1:, 1:].ravel()
    same_row, same_col = np.kron(np.eye(r), np.ones((c, c))), np.kron(np.ones((r, r)), np.eye(c))
    column_of, row_of = np.tile(by_col, r), np.repeat(by_row, c)
    slope = np.eye(r * c) - (same_row * column_of[:, None] + same_col * row_of[:, None]) / whole
    slope += np.outer(row_of * column_of, np.ones(r * c)) / whole**2
    use = np.arange(r * c).reshape(r, c)[1:, 1:].ravel()
    vcov = (slope @ totals.vcov @ slope.T)[np.ix_(use, use)]
    values = np.linalg.eigvalsh(vcov)
    k, nan = len(use), math.nan
    if not values[0] > SINGULAR * values[-1]:
        return _Numbers(nan, k, nan, nan, "the covariance of the cells is singular (cells without rows, or fewer "
                        'degrees of freedom than cells); use statistic="F"')  # fmt: skip
    wald = float(away @ np.linalg.solve(vcov, away)) / k
    if not adjusted:
        return _f_test(wald, k, table.df, fdtrc)
    return _f_test(wald * (table.df - k + 1) / table.df if table.df > 0 else nan, k, table.df - k + 1, fdtrc)


def _f_test(statistic: float, ndf: float, ddf: float, upper: np.ufunc) -> _Numbers:
    if not ddf > 0:
        return _Numbers(statistic, ndf, ddf, math.nan, f"{ddf:g} degrees of freedom are left, so there is no p-value")
    return _Numbers(statistic, float(ndf), float(ddf), float(upper(ndf, ddf, statistic)))


def _result(
    method: str, names: tuple[str, str], levels: tuple[tuple[object, ...], ...], cells: Estimates, found: _Numbers
) -> IndependenceTest:
    import pandas as pd

    first = cells.frame.iloc[0]
    rows, cols = (tuple(key_of(v) for v in level) for level in levels)
    frame = pd.DataFrame(
        {
            "row": [names[0]], "col": [names[1]], "method": [method], "statistic": [found.statistic],
            "ndf": [found.ndf], "ddf": [found.ddf], "p_value": [found.p_value], "n": [int(first["n"])],
            "n_rows": [int(first["n_rows"])], "reason": [found.reason],
        }
    )  # fmt: skip
    warnings = (*_own_warnings(cells, names), *_small(cells, len(rows), len(cols)))
    return IndependenceTest(
        method, found.statistic, found.ndf, found.ddf, found.p_value, rows, cols, cells, frame, warnings, found.reason
    )


def _own_warnings(cells: Estimates, names: tuple[str, str]) -> tuple[str, ...]:
    """The warnings of the estimates; rows with a missing answer are told once, not once a cell."""
    kept = tuple(w for w in cells.meta.warnings if not w.startswith("OUTCOME_MISSING"))
    lost = int(cells.frame["n_rows"].iloc[0] - cells.frame["n"].iloc[0])
    if not lost:
        return kept
    rows = "1 row of the domain has" if lost == 1 else f"{lost:,} rows of the domain have"
    return (*kept, f'OUTCOME_MISSING: {rows} no "{names[0]}" or no "{names[1]}", left out of the table.')


def _small(cells: Estimates, rows: int, cols: int) -> tuple[str, ...]:
    p = cells.frame["estimate"].to_numpy(dtype=float).reshape(rows, cols)
    expected = np.outer(p.sum(axis=1), p.sum(axis=0)) * int(cells.frame["n"].iloc[0])
    few = int((expected < SMALL_EXPECTED).sum())
    if not few:
        return ()
    says = "1 cell has" if few == 1 else f"{few:,} cells have"
    return (f"SMALL_EXPECTED: {says} fewer than 5 expected rows - the p-value is rough; join small levels.",)
