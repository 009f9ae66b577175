"""Taylor variance when every row is its own PSU: grouped sums of squares stand in for the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.cells import Codes, Grouping, Stage
from analysis.covariance import average_factor, lonely, lonely_term
from analysis.design import LonelyRule
from analysis.fixedpoint import Floats
from analysis.linearisation import PostCells, base_presence, constant_sums, score_sums, slopes
from analysis.measures import Scored, product_alias
from analysis.points import Layout, Points

CANCELLED = 1e-6  # below this share of its parts a difference of float64 numbers is computed again in integers


def elements(layout: Layout, estimates: Points, stage: Stage, rule: LonelyRule, cells: PostCells | None) -> Floats:
    """Return V (P, P) = sum_h a_h (sum_k z z' - (sum z)(sum z)'/n_h), a_h = (1-f_h) n_h/(n_h-1).

    The squares come from sums over (stratum, domain[, post-stratum]) of w^2 y_i y_j. Where the difference loses digits
    (all scores of a stratum nearly equal) the variance is computed again from the exact integers.
    """
    usable = stage.n > 1
    scale = np.where(usable, (1 - stage.fraction) * stage.n / np.maximum(stage.n - 1, 1), 0.0)
    strata = stage.parent_of_cell
    sums = score_sums(layout, estimates, strata, len(stage.n))
    squares = _squares(layout, estimates, scale[strata])
    if cells is not None:
        beta = slopes(layout, estimates, cells)
        sums -= constant_sums(layout, strata, len(stage.n), cells) @ beta.T
        squares = _residual_squares(layout, estimates, scale[strata], squares, cells=cells, beta=beta)
    scaled = sums * np.sqrt(scale / stage.n)[:, None]
    total = squares - scaled.T @ scaled
    if cells is None:
        _repair(_Ground(layout, estimates, stage, scale), squares, total)
    total += lonely_term(sums, stage, rule)
    if rule != "average":
        return total
    present = base_presence(layout, strata, len(stage.n)) | (cells is not None)
    return total * average_factor(present, lonely(stage)[:, None])


def _product(layout: Layout, one: str, other: str) -> Floats:
    power = layout.powers[one] + layout.powers[other]
    return np.ldexp(layout.totals.sums[product_alias(one, other)].to_float(), -power)


def _terms(layout: Layout, estimates: Points, scored: Scored, which: slice) -> list[tuple[str, Floats]]:
    """The columns a variable's score is made of, with their coefficients in the unit of the data."""
    terms = [(scored.numerator, estimates.first[which] * 2.0 ** layout.powers[scored.numerator])]
    if scored.denominator is not None:
        terms.append((scored.denominator, estimates.second[which] * 2.0 ** layout.powers[scored.denominator]))
    return terms


def _slices(layout: Layout) -> list[tuple[Grouping, list[slice]]]:
    step = len(layout.scored)
    return [
        (g, [slice(offset + j, offset + g.size * step, step) for j in range(step)])
        for g, offset in zip(layout.groupings, layout.offsets, strict=True)
    ]


def _squares(layout: Layout, estimates: Points, scale: Floats) -> Floats:
    """Return sum_k a_h z_p z_q (P, P) over rows that are in both domains."""
    total = np.zeros((layout.size, layout.size))
    blocks = _slices(layout)
    for i, (one, rows) in enumerate(blocks):
        for other, columns in blocks[i:]:
            for row, scored in zip(rows, layout.scored, strict=True):
                for column, another in zip(columns, layout.scored, strict=True):
                    block = np.zeros((one.size, other.size))
                    for alias, coefficient in _terms(layout, estimates, scored, row):
                        for against, factor in _terms(layout, estimates, another, column):
                            if product_alias(alias, against) not in layout.totals.sums:
                                continue  # covariances between variables were not asked for
                            values = layout.spread(scale * _product(layout, alias, against), one.code, one.size, other)
                            block += values * coefficient[:, None] * factor[None, :]
                    total[row, column] = block
                    total[column, row] = block.T
    return total


def _residual_squares(
    layout: Layout, estimates: Points, scale: Floats, squares: Floats, *, cells: PostCells, beta: Floats
) -> Floats:
    """Return the squares of residuals z - w beta: squares - U beta' - beta U' + beta K beta'."""
    cross = np.zeros((layout.size, cells.size))
    for grouping, rows in _slices(layout):
        for row, scored in zip(rows, layout.scored, strict=True):
            for alias, coefficient in _terms(layout, estimates, scored, row):
                values = layout.spread(
                    scale * _product(layout, alias, cells.constant), cells.code, cells.size, grouping
                )
                cross[row] += values.T * coefficient[:, None]
    weights = scale * _product(layout, cells.constant, cells.constant)
    constant = np.bincount(cells.code, weights=weights, minlength=cells.size)
    mixed = cross @ beta.T
    return np.asarray(squares - mixed - mixed.T + (beta * constant) @ beta.T)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What an exact variance is computed from."""

    layout: Layout
    estimates: Points
    stage: Stage
    scale: Floats


def _repair(ground: _Ground, squares: Floats, total: Floats) -> None:
    """Compute again, from exact integers, the variances that float64 lost to cancellation."""
    layout = ground.layout
    step = len(layout.scored)
    for grouping, offset in zip(layout.groupings, layout.offsets, strict=True):
        for j, scored in enumerate(layout.scored):
            parts = _own_parts(layout, scored, grouping, ground.scale[ground.stage.parent_of_cell])
            for domain in range(grouping.size):
                p = offset + domain * step + j
                ceiling = max(parts[domain] * ground.estimates.first[p] ** 2, squares[p, p])
                if total[p, p] < CANCELLED * ceiling:
                    total[p, p] = _exact_variance(ground, p, scored, np.flatnonzero(grouping.code == domain))


def _own_parts(layout: Layout, scored: Scored, grouping: Grouping, scale: Floats) -> Floats:
    alias = product_alias(scored.numerator, scored.numerator)
    inside = grouping.code >= 0
    values = (scale * layout.totals.sums[alias].to_float())[inside]
    return np.bincount(grouping.code[inside], weights=values, minlength=grouping.size).astype(np.float64)


def _exact_variance(ground: _Ground, p: int, scored: Scored, inside: Codes) -> float:
    """n sum e^2 - (sum e)^2 in integers a stratum, e = B a - A b (a total: e = a), divided once at the end."""
    sums, columns = ground.layout.totals.sums, _exact_columns(ground.estimates, p, scored)
    linear: dict[int, int] = {}
    square: dict[int, int] = {}
    for cell in inside:
        h = int(ground.stage.parent_of_cell[cell])
        linear[h] = linear.get(h, 0) + sum(c * sums[a].at(cell) for a, c in columns)
        square[h] = square.get(h, 0) + sum(
            c * d * sums[product_alias(a, b)].at(cell) for a, c in columns for b, d in columns
        )
    unit = _unit(ground, p, scored)
    total = 0.0
    for h, value in square.items():
        n = int(ground.stage.n[h])
        total += float(ground.scale[h]) * _root_scaled(n * value - linear[h] ** 2, unit) / n
    return total


def _exact_columns(estimates: Points, p: int, scored: Scored) -> list[tuple[str, int]]:
    if scored.denominator is None:
        return [(scored.numerator, 1)]
    return [(scored.numerator, estimates.bottom[p]), (scored.denominator, -estimates.top[p])]


def _unit(ground: _Ground, p: int, scored: Scored) -> float:
    """One unit of e in the estimate: of e = B a - A b it is 2^(power of b - power of a) / B^2."""
    powers = ground.layout.powers
    if scored.denominator is None:
        return float(2.0 ** -powers[scored.numerator])
    return float(2.0 ** (powers[scored.denominator] - powers[scored.numerator]) / ground.estimates.bottom[p] ** 2)


def _root_scaled(value: int, unit: float) -> float:
    """Return value * unit^2 without leaving the range of float64."""
    if value == 0:
        return 0.0
    shift = max(value.bit_length() - 64, 0) // 2
    return float(value >> (2 * shift)) * (unit * 2.0**shift) ** 2
