"""Replicate estimates of means, totals and ratios: from the cells of the one grouped pass, or row by row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from analysis.cells import Codes, Grouping, combined
from analysis.fixedpoint import Floats
from analysis.microdata import Bools, read_rows
from analysis.replicate_columns import replicate_columns
from analysis.replicate_factors import ReplicateFactors
from analysis.replicates import Replicated, multipliers, post_factors, post_strata, rank, replicate_weights, unit_codes
from analysis.stepwise import needs_rows
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from analysis.frames import Asked
    from analysis.points import Layout
    from analysis.survey import Survey


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What replicate estimates are made of.

    `weights` (A, R) the weights in every replicate of A parts of the sample that weigh alike, `atom` (C,) the part of
    each cell, `tops` and `bottoms` the amounts (C,) of each variable to be multiplied with them (a total has no
    bottom), `weighty` and `counted` (C,) whether the cell has rows with a weight, and in the domain, `groupings` the
    domains of the cells.
    """

    weights: Floats
    atom: Codes
    tops: tuple[Floats, ...]
    bottoms: tuple[Floats | None, ...]
    weighty: Bools
    counted: Bools
    groupings: tuple[Grouping, ...]


def replicated(survey: Survey, asked: Asked, layout: Layout) -> Replicated:
    """Return the replicate estimates of a question in the order of its layout, and their degrees of freedom."""
    made = survey.design.replicates
    by_cells = isinstance(made, ReplicateFactors) and not needs_rows(survey)
    parts = _of_cells(survey, layout) if by_cells else _of_rows(survey, asked)
    _refuse_empty(parts.weights, replicate_columns(survey.design, survey.source))
    theta = np.concatenate([_thetas(parts, group) for group in parts.groupings])
    by = multipliers(survey.design, theta.shape[1])
    if made is not None and made.df is not None:
        return Replicated(theta, *by, np.full(len(theta), float(made.df)), float(made.df))
    ranks = np.concatenate([_ranks(parts, group) for group in parts.groupings])
    whole = rank(parts.weights[np.unique(parts.atom[parts.weighty])])
    return Replicated(theta, *by, np.repeat(ranks, len(parts.tops)) - 1.0, whole - 1.0)


def _of_cells(survey: Survey, layout: Layout) -> Parts:
    """Every PSU (and post-stratum) weighs alike: the exact sums of its cells are multiplied by its factors."""
    made, counts = survey.design.replicates, layout.totals.counts
    assert isinstance(made, ReplicateFactors)
    cells = post_strata(survey.design, layout.totals)
    atom, unit, cell = combined(unit_codes(made, layout.totals), cells.code)
    factors: Floats = made.factors[unit]
    if survey.design.poststrata is not None:
        known = np.bincount(atom, weights=layout.real("up__u0"), minlength=len(unit)).astype(np.float64)
        factors = factors * post_factors(factors * known[:, None], known, cell)
    tops = tuple(layout.real(s.numerator) for s in layout.scored)
    bottoms = tuple(None if s.denominator is None else layout.real(s.denominator) for s in layout.scored)
    weighty = counts["up__rows"] > counts.get("up__zero_weight", np.zeros_like(atom))
    return Parts(factors, atom, tops, bottoms, weighty, counts["up__n_in"] > 0, layout.groupings)


def _of_rows(survey: Survey, asked: Asked) -> Parts:
    """Every row has weights of its own."""
    names = {e: f"e{i}" for i, e in enumerate(dict.fromkeys(e for v in asked.variables for e in v.expressions))}
    wheres = {w: f"w{i}" for i, w in enumerate(dict.fromkeys(v.where for v in asked.variables if v.where))}
    picked = {n: e for e, n in names.items()} | {n: f"CASE WHEN ({w}) THEN 1 ELSE 0 END" for w, n in wheres.items()}
    columns = tuple(dict.fromkeys(c for group in asked.by for c in group))
    rows = read_rows(survey, picked, by=columns, where=asked.where)
    listwise = names if asked.missing == "listwise" else ()
    tops, bottoms = [], []
    for variable in asked.variables:
        needed = [rows.values[names[e]] for e in (*variable.expressions, *listwise)]
        known = rows.inside & ~np.isnan(np.stack(needed)).any(axis=0)
        if variable.where:
            known &= rows.values[wheres[variable.where]] == 1
        tops.append(np.where(known, needed[0], 0.0))
        below = known.astype(np.float64) if variable.denominator is None else np.where(known, needed[1], 0.0)
        bottoms.append(None if (variable.kind or asked.kind) == "total" else below)
    weighty = rows.weight != 0
    groupings = tuple(rows.domains(columns) for columns in asked.by)
    weights, atom = replicate_weights(survey, rows), np.arange(len(rows))
    return Parts(weights, atom, tuple(tops), tuple(bottoms), weighty, weighty & rows.inside, groupings)


def _thetas(parts: Parts, group: Grouping) -> Floats:
    """Return the estimates (domains x variables, R) of one way of forming domains."""
    rows = np.empty((group.size, len(parts.tops), parts.weights.shape[1]))
    for j, (top, bottom) in enumerate(zip(parts.tops, parts.bottoms, strict=True)):
        rows[:, j] = _product(parts, top, group)
        if bottom is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                rows[:, j] /= _product(parts, bottom, group)
    return rows.reshape(-1, rows.shape[2])


def _product(parts: Parts, amounts: Floats, group: Grouping) -> Floats:
    """Return sum over the cells of a domain of amount * weight: (domains, R). Cells are added in their order."""
    from scipy.sparse import csr_array

    inside = (group.code >= 0) & (amounts != 0)
    shape = (group.size, len(parts.weights))
    table = csr_array((amounts[inside], (group.code[inside], parts.atom[inside])), shape=shape)
    return np.asarray(table @ parts.weights)


def _ranks(parts: Parts, group: Grouping) -> Floats:
    code = np.where(parts.counted, group.code, -1)
    order = np.argsort(code, kind="stable")
    start = np.searchsorted(code[order], np.arange(group.size + 1))
    found = [order[a:b] for a, b in pairwise(start)]
    return np.array([rank(parts.weights[np.unique(parts.atom[one])]) for one in found])


def _refuse_empty(weights: Floats, columns: tuple[str, ...]) -> None:
    empty = np.flatnonzero(~weights.any(axis=0))
    if len(empty):
        name = f'weight "{columns[empty[0]]}"' if columns else str(empty[0] + 1)
        raise DesignError(
            f"replicate {name} is zero in every row - its estimate would be 0/0; remove the replicate or correct the "
            "column.",
            code="REPLICATE_ALL_ZERO",
        )
