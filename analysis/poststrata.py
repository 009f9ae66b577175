"""Post-stratification: weights fitted to the known total of each cell, and how replicates and variance repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.cells import Grouping, grouping
from analysis.engine import Engine, TotalsRequest
from analysis.fixedpoint import Floats
from analysis.source import Source, described, literal
from analysis.steps import Raw, codes, numbers, over, sums_by
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.survey import Survey

Cell = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class PostStratification:
    """The step: factor N_g / sum_g d for every row of cell g; `columns` and `before` are SQL."""

    factor: str
    columns: tuple[str, ...]
    before: str
    factor_sql: str

    in_variance = True

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of every column that the step must know of a row."""
        return (*self.columns, self.before, self.factor_sql)

    def apply(self, weights: Floats, raw: Raw) -> Floats:
        """Return weights (n, R) that add up to the known totals in every cell."""
        code, labels = codes(raw, self.columns)
        before = numbers(raw, self.before)[:, None]
        known = sums_by(code, before * over(numbers(raw, self.factor_sql), np.ones(1))[:, None], len(labels))
        sums = sums_by(code, weights, len(labels))
        if (sums == 0).any() and (known > 0)[(sums == 0).any(axis=1)].any():
            raise DesignError(
                "a post-stratum is left without weight - its total cannot be reached; merge small cells.",
                code="POSTSTRATUM_NOT_IN_SAMPLE",
            )
        return np.asarray(weights * over(known, sums)[code])

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return z - d g beta_g, beta_g = sum_g z/g / sum_g d."""
        code, labels = codes(raw, self.columns)
        before, factor = numbers(raw, self.before), numbers(raw, self.factor_sql)
        top = sums_by(code, over(scores, factor[:, None]), len(labels))
        beta = over(top, sums_by(code, before[:, None], len(labels)))
        fitted = np.where(before == 0, 0.0, before * factor)
        return np.asarray(scores - fitted[:, None] * beta[code])

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return None: nothing is drawn in this step."""
        return None


def poststratified(survey: Survey, benchmarks: DataFrame, by: str | Sequence[str], total: str) -> tuple[Source, str]:
    """Return the source with a new column of factors, and its name; see `Survey.poststratify`."""
    columns = (by,) if isinstance(by, str) else tuple(by)
    sums = cell_sums(survey, columns, "the post-strata", "POSTSTRATUM_MISSING")
    known = _benchmarks(benchmarks, columns, total)
    factors = _factors(sums, known, columns)
    name = free_name(survey.source, "poststratification_factor")
    return with_factors(survey.source, columns, factors, name), name


def free_name(source: Source, name: str) -> str:
    """Return the name of a new column: numbered from 2 when the data have it already."""
    taken = {known.lower() for known in source.types}
    number, made = 2, name
    while made.lower() in taken:
        number, made = number + 1, f"{name}_{number}"
    return made


def cell_sums(survey: Survey, columns: tuple[str, ...], what: str, missing: str) -> dict[Cell, float]:
    """Return the exact sum of weights of every cell; refuse rows with weight that have no cell."""
    survey.source.require(columns, what)
    aliases = {c: f"up__cell_{c}" for c in columns}
    request = TotalsRequest(
        layers=(survey.weight_layer(),),
        keys=tuple((aliases[c], survey.source.column(c)) for c in columns),
        sums=(("up__sum", "up__k"),),
        counts=(("up__n", "up__k <> 0"),),
    )
    totals = Engine(survey.source).totals(request)
    cells: Grouping = grouping(totals, columns, aliases)
    lost = int(totals.counts["up__n"][cells.code < 0].sum())
    if lost:
        names = ", ".join(f'"{c}"' for c in columns)
        raise DesignError(f"{what} need {names}, which {lost:,} rows do not have - fill it in.", code=missing)
    sums = totals.sums["up__sum"].sums(cells.code, cells.size)
    rows = np.bincount(cells.code[cells.code >= 0], totals.counts["up__n"][cells.code >= 0], cells.size)
    scale = 2.0 ** -survey.weighting().exponent
    return {label: s * scale for label, s, n in zip(cells.labels, sums, rows, strict=True) if n}


def with_factors(source: Source, columns: tuple[str, ...], factors: dict[Cell, float], name: str) -> Source:
    """Return the source with a column of factors by cell (NULL where there is none)."""
    names = [f"c{i}" for i in range(len(columns))]
    rows = ", ".join(
        f"({', '.join(literal(part) for part in label)}, {literal(factor)})" for label, factor in factors.items()
    )
    match = " AND ".join(f"r.{source.column(c)} = f.{n}" for c, n in zip(columns, names, strict=True))
    text = (
        f'SELECT r.*, f.up__factor AS "{name}" FROM ({source.text}) AS r '
        f"LEFT JOIN (VALUES {rows}) AS f({', '.join(names)}, up__factor) ON {match}"
    )
    return described(Source(source.run, text, source.types, source.renamed))


def _benchmarks(frame: DataFrame, columns: tuple[str, ...], total: str) -> dict[tuple[str, ...], float]:
    for name in (*columns, total):
        if name not in frame.columns:
            raise DesignError(
                f'the benchmarks have no column "{name}" - they need {", ".join(columns)} and {total}.',
                code="BENCHMARK_COLUMN",
            )
    keys = zip(*(frame[c].astype(str) for c in columns), strict=True)
    return {tuple(key): float(value) for key, value in zip(keys, frame[total], strict=True)}


def _factors(
    sums: dict[Cell, float], known: dict[tuple[str, ...], float], columns: tuple[str, ...]
) -> dict[Cell, float]:
    factors: dict[Cell, float] = {}
    names = ", ".join(columns)
    for label, weight in sums.items():
        benchmark = known.get(tuple(map(str, label)), 0.0)
        if not benchmark > 0:
            raise DesignError(
                f"{names} = {_shown(label)} is in the sample but has no population total above zero - "
                "add its benchmark or correct the code.",
                code="POSTSTRATUM_NOT_IN_POPULATION",
            )
        factors[label] = benchmark / weight
    missing = [label for label, value in known.items() if value > 0 and label not in {tuple(map(str, k)) for k in sums}]
    if missing:
        raise DesignError(
            f"{names} = {_shown(missing[0])} has a population total but nobody in the sample - "
            "merge it with a neighbouring cell.",
            code="POSTSTRATUM_NOT_IN_SAMPLE",
        )
    return factors


def _shown(label: tuple[object, ...]) -> str:
    return " / ".join(f'"{part}"' for part in label)
