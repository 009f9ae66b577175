"""Variance from replicate weights that came with the data: every estimate again with each replicate's weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.cells import grouping
from analysis.design import ReplicateWeights, SurveyDesign
from analysis.engine import Engine, Named, TotalsRequest
from analysis.fixedpoint import VALUE_BITS, Floats
from analysis.linearisation import PostCells
from analysis.measures import Measures
from analysis.points import Layout
from analysis.source import Source, quoted, require_numbers
from uptake.contract.errors import DesignError

RANK_TOLERANCE = 1e-7
SURELY_FULL = 1e-9  # squared ratio of singular values far above what rounding of the Gram matrix could make


@dataclass(frozen=True, slots=True)
class Replicated:
    """Replicate estimates (P, R) with the multipliers of their squared deviations, and the degrees of freedom (P,)."""

    theta: Floats
    scale: float
    rscales: Floats
    mse: bool

    def covariance(self, estimate: Floats) -> Floats:
        """Return V (P, P) = scale * sum_r rscales_r (theta_r - c)(theta_r - c)', c as `mse` says."""
        return self.covariance_of(self.theta, estimate)

    def covariance_of(self, theta: Floats, full: Floats) -> Floats:
        """The same for any function of the estimates."""
        used = self.rscales > 0
        centre = full if self.mse else theta[:, used].mean(axis=1)
        away = (theta - centre[:, None]) * np.sqrt(self.scale * self.rscales)
        return np.asarray(away @ away.T)


def replicate_columns(design: SurveyDesign, source: Source) -> tuple[str, ...]:
    """Return the replicate columns, those of a prefix in the order of their numbers."""
    weights = design.replicates
    if weights is None:
        return ()
    if weights.columns:
        source.require(weights.columns, "the replicate weights")
        return weights.columns
    size = len(weights.prefix)
    found = [name for name in source.types if name.startswith(weights.prefix) and name[size:].isdigit()]
    if not found:
        raise DesignError(
            f'no column is called "{weights.prefix}" and a number - name the prefix of the replicate weights.',
            code="COLUMN_NOT_FOUND",
        )
    return tuple(sorted(found, key=lambda name: int(name[size:])))


def replicated(
    engine: Engine, design: SurveyDesign, measures: Measures, layout: Layout, *, layers: tuple[Named, ...], keys: Named
) -> Replicated:
    """Return the replicate estimates; post-strata are fitted again in every replicate."""
    weights = design.replicates
    assert weights is not None
    columns = replicate_columns(design, engine.source)
    check_replicates(engine.source, columns, exponent=measures.exponent)
    made = replicate_layer(weights, columns, measures.exponent, engine.source)
    request = TotalsRequest(
        layers=(layers[0], (*layers[1], *made)), keys=keys, reals=replicate_sums(measures, len(columns))
    )
    totals = engine.totals(request)
    constant = _matrix(totals.reals, "up__k", len(columns))
    empty = np.flatnonzero(constant.sum(axis=0) == 0)
    if len(empty):
        raise DesignError(
            f'replicate weight "{columns[empty[0]]}" is zero in every row - its estimate would be 0/0; remove the '
            "replicate or correct the column.",
            code="REPLICATE_ALL_ZERO",
        )
    cells = None
    if design.poststrata is not None:
        cell = grouping(totals, design.poststrata.columns, {c: f"up__cell_{c}" for c in design.poststrata.columns})
        cells = PostCells(cell.code, cell.size, "up__k")
    aliases = {c: f"up__by_{c}" for g in layout.groupings for c in g.columns}
    groupings = tuple(grouping(totals, g.columns, aliases) for g in layout.groupings)
    again = Layout(groupings, layout.scored, layout.powers, totals)
    factor = _post_factors(layout, design, cells, constant)
    theta = _thetas(again, factor, len(columns))
    return Replicated(theta, weights.coefficient(len(columns)), _rscales(weights, len(columns)), weights.mse)


def check_replicates(source: Source, columns: tuple[str, ...], *, exponent: int) -> None:
    """Refuse replicate weights that are missing, below zero or too large, naming the first such column."""
    most = 2.0 ** (VALUE_BITS - exponent)
    require_numbers(source, columns, "weight", code="REPLICATE_NOT_NUMERIC")
    worst = ", ".join(
        f"SUM(CASE WHEN {source.column(c)} IS NULL THEN 1 ELSE 0 END) AS n{i}, MIN({source.column(c)}) AS m{i}, "
        f"MAX({source.column(c)}) AS t{i}"
        for i, c in enumerate(columns)
    )
    found = source.columns(f"SELECT {worst} FROM ({source.text}) AS r")
    for i, column in enumerate(columns):
        missing = int(found[f"n{i}"][0])
        if missing:
            raise DesignError(
                f'replicate weight "{column}" is missing in {missing:,} row{"s" if missing > 1 else ""} - a replicate '
                "must weigh every unit (with 0 where it leaves the unit out); fill it in.",
                code="REPLICATE_WEIGHT_MISSING",
            )
        if float(found[f"m{i}"][0]) < 0:
            raise DesignError(
                f'replicate weight "{column}" is below zero - correct the column.', code="REPLICATE_NEGATIVE"
            )
        if not float(found[f"t{i}"][0]) < most:
            raise DesignError(
                f'replicate weight "{column}" is {found[f"t{i}"][0]:g} in a row, too large for exact sums beside the '
                "weights - correct the column.",
                code="REPLICATE_RANGE",
            )


def replicate_layer(weights: ReplicateWeights, columns: tuple[str, ...], exponent: int, source: Source) -> Named:
    """Return each replicate's weight as a number and as a fixed-point integer."""
    made: list[tuple[str, str]] = []
    for r, column in enumerate(columns):
        number = f"CAST({source.column(column)} AS DOUBLE)"
        weight = number if weights.combined else f"(up__w * {number})"
        made += [(f"up__w{r}", weight), (f"up__k{r}", f"CAST(ROUND({weight} * {2.0**exponent!r}) AS BIGINT)")]
    return tuple(made)


def replicate_sums(measures: Measures, replicates: int) -> Named:
    """Return the sums of every integer column with each replicate's weight in place of the weight."""
    sums: list[tuple[str, str]] = [(f"up__k_{r}", f"up__k{r}") for r in range(replicates)]
    for sql, (alias, _) in measures.units.items():
        for r in range(replicates):
            own = sql.replace("up__k", f"up__k{r}").replace("up__w ", f"up__w{r} ")
            sums.append((f"{alias}_{r}", own))
    return tuple(sums)


def replicate_degrees(
    source: Source, design: SurveyDesign, layout: Layout, layers: tuple[Named, ...], keys: tuple[Named, Named]
) -> tuple[Floats, float]:
    """Return df (P,) and that of the whole design: the numerical rank of the replicate weights of the domain minus one.

    Post-strata are fitted again in every replicate, so the rank is that of the fitted weights; `keys` are those of the
    post-strata and of the domains.
    """
    weights = design.replicates
    assert weights is not None
    if weights.df is not None:
        return np.full(layout.size, float(weights.df)), float(weights.df)
    columns = replicate_columns(design, source)
    rows = f"SELECT *{''.join(f', {sql} AS {quoted(alias)}' for alias, sql in layers[0])} FROM ({source.text}) AS r"
    picked = ", ".join(
        [*(f"{sql} AS {quoted(a)}" for a, sql in (*keys[0], *keys[1])), "up__in", "up__w", *map(source.column, columns)]
    )
    found = source.columns(f"SELECT {picked} FROM ({rows}) AS r WHERE up__k <> 0")
    inner = [source.renamed.get(column, column) for column in columns]
    matrix = np.stack([np.ma.filled(np.ma.asarray(found[c]).astype(np.float64), 0.0) for c in inner], axis=1)
    if not weights.combined:
        matrix *= np.asarray(found["up__w"], dtype=np.float64)[:, None]
    _refit(matrix, np.asarray(found["up__w"], dtype=np.float64), [found[alias] for alias, _ in keys[0]])
    inside = np.asarray(found["up__in"], dtype=bool)
    blocks = [_ranks(matrix, layout, i, found, inside) for i in range(len(layout.groupings))]
    return np.repeat(np.concatenate(blocks), len(layout.scored)) - 1.0, _rank(matrix) - 1.0


def _refit(matrix: Floats, weight: Floats, cells: list[np.ndarray]) -> None:
    """Bring every replicate to the post-stratum totals, in place."""
    if not cells:
        return
    labels = list(zip(*(column.tolist() for column in cells), strict=True))
    place = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    code = np.array([place[label] for label in labels])
    sums = np.zeros((len(place), matrix.shape[1]))
    np.add.at(sums, code, matrix)
    known = np.bincount(code, weights=weight, minlength=len(place))
    matrix *= (known[:, None] / sums)[code]


def _ranks(matrix: Floats, layout: Layout, number: int, found: dict[str, np.ndarray], inside: np.ndarray) -> Floats:
    columns = layout.groupings[number].columns
    if not columns:
        return np.array([_rank(matrix[inside])])
    labels = list(zip(*(found[f"up__by_{c}"].tolist() for c in columns), strict=True))
    place = {label: i for i, label in enumerate(layout.groupings[number].labels)}
    code = np.where(inside, np.array([place.get(label, -1) for label in labels]), -1)
    return np.array([_rank(matrix[code == i]) for i in range(layout.groupings[number].size)])


def _rank(matrix: Floats) -> float:
    if not len(matrix):
        return 0.0
    if len(matrix) > matrix.shape[1]:
        # The small Gram matrix settles the usual case, full rank, at a tenth of the cost of a QR of all rows.
        squares = np.linalg.eigvalsh(matrix.T @ matrix)
        if squares[0] > SURELY_FULL * squares[-1]:
            return float(matrix.shape[1])
        matrix = np.asarray(np.linalg.qr(matrix, mode="r"))
    values = np.linalg.svd(matrix, compute_uv=False)
    return float((values > RANK_TOLERANCE * values[0]).sum()) if values[0] > 0 else 0.0


def _rscales(weights: ReplicateWeights, replicates: int) -> Floats:
    if not weights.rscales:
        return np.ones(replicates)
    if len(weights.rscales) == 1:
        return np.full(replicates, weights.rscales[0])
    if len(weights.rscales) != replicates:
        raise DesignError(
            f"there are {replicates} replicate weights but {len(weights.rscales)} rscales - "
            "give one for each, or one for all.",
            code="REPLICATE_SCALE",
        )
    return np.array(weights.rscales)


def _matrix(reals: dict[str, Floats], alias: str, replicates: int) -> Floats:
    return np.stack([reals[f"{alias}_{r}"] for r in range(replicates)], axis=1)


def _post_factors(layout: Layout, design: SurveyDesign, cells: PostCells | None, constant: Floats) -> Floats:
    """Return the factor (cells of the totals, R) that brings each replicate back to the post-stratum totals."""
    if cells is None or design.poststrata is None:
        return np.ones((1, constant.shape[1]))
    full = grouping(layout.totals, design.poststrata.columns, {c: f"up__cell_{c}" for c in design.poststrata.columns})
    known = np.bincount(full.code, weights=layout.totals.sums["up__u0"].to_float(), minlength=full.size)
    sums = np.zeros((cells.size, constant.shape[1]))
    np.add.at(sums, cells.code, constant)
    return np.asarray((known[:, None] / sums)[cells.code])


def _thetas(layout: Layout, factor: Floats, replicates: int) -> Floats:
    blocks = []
    for group in layout.groupings:
        rows = np.zeros((group.size, len(layout.scored), replicates))
        for j, scored in enumerate(layout.scored):
            top = _domain_sums(layout, scored.numerator, group.code, group.size, factor)
            rows[:, j] = np.ldexp(top, -layout.powers[scored.numerator])
            if scored.denominator is not None:
                bottom = _domain_sums(layout, scored.denominator, group.code, group.size, factor)
                with np.errstate(divide="ignore", invalid="ignore"):
                    rows[:, j] /= np.ldexp(bottom, -layout.powers[scored.denominator])
        blocks.append(rows.reshape(-1, replicates))
    return np.concatenate(blocks)


def _domain_sums(layout: Layout, alias: str, code: np.ndarray, size: int, factor: Floats) -> Floats:
    values = _matrix(layout.totals.reals, alias, factor.shape[1]) * factor
    sums = np.zeros((size, factor.shape[1]))
    np.add.at(sums, code[code >= 0], values[code >= 0])
    return sums
