"""The weighted distribution of a variable in every domain, from one grouped pass by value: exact, in any row order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.cells import Codes, Grouping, grouping
from analysis.design import Expr
from analysis.engine import Engine, Totals, TotalsRequest
from analysis.fixedpoint import LIMB, Floats, Ints, Limbs, check_weight_range
from analysis.quantile_rules import Distribution
from analysis.refusals import not_finite, not_numeric
from analysis.source import is_numeric
from analysis.survey import Survey


@dataclass(frozen=True, slots=True)
class Distributions:
    """One way of forming domains, with the distribution in each and its rows, those without a value counted too."""

    columns: tuple[str, ...]
    labels: tuple[tuple[object, ...], ...]
    each: tuple[Distribution, ...]
    rows: Ints


def distributions(
    s: Survey, y: Expr, groups: tuple[tuple[str, ...], ...], where: Expr | None, *, steps: bool
) -> tuple[Distributions, ...]:
    """Return the distributions of y over the rows of `where`, for each way of forming domains.

    The pass groups by domain and value, and for rules that look at rows (`steps` False) by weight too: as many cells as
    there are different values, rows at the most.
    """
    kind = s.source.expression_types({"y": y.sql})["y"]
    if not is_numeric(kind):
        raise not_numeric(y.name)
    weighting = s.weighting()
    check_weight_range(
        s.design.weights or "", weighting.smallest, weighting.largest,
        exponent=weighting.exponent, rows=weighting.rows, squares=False,
    )  # fmt: skip
    columns = list(dict.fromkeys(c for group in groups for c in group))
    s.source.require(columns, "by", estimating=True)
    inside = f"CASE WHEN ({where.sql}) THEN TRUE ELSE FALSE END" if where else "TRUE"
    request = TotalsRequest(
        layers=((*s.weight_layer(), ("up__in", inside), ("up__y", f"CAST(({y.sql}) AS DOUBLE)")),),
        keys=(
            *((f"up__by_{c}", s.source.column(c)) for c in columns),
            ("up__value", "up__y"), *(() if steps else (("up__weight", "up__k"),)),
        ),
        sums=(("up__sum", "CASE WHEN up__in THEN up__k ELSE 0 END"),),
        counts=(("up__n_in", "up__in AND up__k <> 0"),),
    )  # fmt: skip
    totals = Engine(s.source).totals(request)
    if np.isinf(np.ma.asarray(totals.keys["up__value"]).astype(np.float64)).any():
        raise not_finite(y.name)
    return tuple(_of(totals, grouping(totals, g, {c: f"up__by_{c}" for c in g})) for g in groups)


def _of(totals: Totals, domains: Grouping) -> Distributions:
    rows = totals.counts["up__n_in"]
    values = np.ma.filled(np.ma.asarray(totals.keys["up__value"]).astype(np.float64), np.nan)
    inside = (rows > 0) & (domains.code >= 0)
    counted = np.bincount(domains.code[inside], weights=rows[inside], minlength=domains.size).astype(np.int64)
    at = np.flatnonzero(inside & ~np.isnan(values))
    weight = np.asarray(totals.keys["up__weight"], dtype=np.int64) if "up__weight" in totals.keys else None
    heaviest = () if weight is None else (-weight[at],)
    at = at[np.lexsort((*heaviest, values[at], domains.code[at]))]
    ends = np.searchsorted(domains.code[at], np.arange(domains.size + 1))
    parts = (at[low:high] for low, high in pairwise(ends))
    sums = totals.sums["up__sum"]
    each = tuple(
        Distribution.summed(*_cells(values, sums, rows, part))
        if weight is None
        else Distribution.of(values[part], weight[part], rows[part])
        for part in parts
    )
    return Distributions(domains.columns, domains.labels, each, counted)


def _cells(values: Floats, sums: Limbs, rows: Ints, part: Codes) -> tuple[Floats, Limbs, Ints]:
    """Cells of one value, as several ways of forming domains leave them, become one."""
    different, place = np.unique(values[part], return_inverse=True)
    if len(different) == len(part):
        return values[part], Limbs(sums.high[part], sums.low[part]), rows[part]
    exact = Limbs(sums.high[part], sums.low[part]).sums(place.astype(np.intp), len(different))
    high, low = zip(*(divmod(value, LIMB) for value in exact), strict=True)
    joined = np.bincount(place, weights=rows[part]).astype(np.int64)
    return different, Limbs(np.array(high, dtype=np.int64), np.array(low, dtype=np.int64)), joined
