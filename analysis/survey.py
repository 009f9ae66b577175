"""A survey: rows and the design that drew them; every adjustment gives a new one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from analysis.cells import Grouping, grouping, id_key, sampling_stages, stratum_key
from analysis.design import Expr, PostStrata, SurveyDesign
from analysis.engine import Engine, Named, Totals, TotalsRequest
from analysis.faults import DesignFault, Weighting, column_faults, lonely_faults, nesting_faults, stage_faults
from analysis.fixedpoint import weight_exponent
from analysis.measures import design_measures
from analysis.replicates import check_replicates, replicate_columns
from analysis.source import Source, described, first_row, literal, open_source, require_numbers
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame


class Survey:
    """Rows with their design. `data` is a pandas or Arrow table, a Parquet or CSV path, or a DuckDB relation."""

    __slots__ = ("_weighting", "design", "notes", "source")

    def __init__(self, data: object, design: SurveyDesign) -> None:
        source = data if isinstance(data, Source) else open_source(data)
        source.require(design.columns, "the design")
        require_numbers(source, design.stage_fpc, "population count", code="FPC_NOT_NUMERIC")
        if design.probabilities:
            require_numbers(source, [design.probabilities], "probability", code="PROBABILITY_NOT_NUMERIC")
        self.source = source if design.weights else _derived_weights(source, design)
        self.design = design if design.weights else replace(design, weights="up__weight", probabilities=None)
        self.notes: tuple[str, ...] = ()
        self._weighting: Weighting | None = None

    def weighting(self) -> Weighting:
        """Return the range of the weights and their scale; read once."""
        if self._weighting is None:
            self._weighting = _weighting(self.source, self.design)
        return self._weighting

    def weight_layer(self) -> Named:
        """Return the SQL of the weight as a number and as a fixed-point integer."""
        column, exponent = self.source.column(self.design.weights or ""), self.weighting().exponent
        if self.design.weight_scale and self.source.types[self.design.weights or ""] in ("BIGINT", "HUGEINT"):
            return (("up__w", f"({column} * {2.0**-exponent!r})"), ("up__k", column))
        return (
            ("up__w", f"CAST({column} AS DOUBLE)"),
            ("up__k", f"CAST(ROUND({column} * {2.0**exponent!r}) AS BIGINT)"),
        )

    def key_columns(self) -> Named:
        """Return the keys that the design groups by: strata and units of every stage in use, post-strata."""
        design = self.design
        stages = 0 if design.replicates else max(len(design.stages), 1)
        names = [(stratum_key(i), design.stage_strata[i]) for i in range(stages)]
        names += [(id_key(i), name) for i, name in enumerate(design.stages[:stages])]
        keys = [(alias, self.source.column(name)) for alias, name in names if name is not None]
        cells = design.poststrata.columns if design.poststrata else ()
        return (*keys, *((f"up__cell_{name}", self.source.column(name)) for name in cells))

    def check(self) -> DataFrame:
        """Return a frame of everything that is wrong or unusual: severity, code, where, message."""
        import pandas as pd

        found = [*_all_faults(self), *_replicate_faults(self), *self._duplicates()]
        rows: list[tuple[str, str, str, str]] = [(f.severity, f.code, f.where, f.message) for f in found]
        if not any(fault.code.startswith("WEIGHT_") and fault.severity == "reject" for fault in found):
            rows.append(("info", "KISH", f'column "{self.design.weights}"', self._kish()))
        return pd.DataFrame(rows, columns=["severity", "code", "where", "message"])

    def poststratify(self, benchmarks: DataFrame, *, by: str | Sequence[str], total: str = "total") -> Survey:
        """Fit the weights to known totals: w' = w N_g / sum_g w. The variance then uses residuals within the cells.

        benchmarks: one row a cell, the columns `by` and the population `total`. Refuses a cell of the sample without a
        total, a total without sample, a missing cell. Agrees with R survey's postStratify to 1e-12.
        """
        columns = (by,) if isinstance(by, str) else tuple(by)
        sums = _cell_sums(self, columns, "the post-strata", "POSTSTRATUM_MISSING")
        known = _benchmarks(benchmarks, columns, total)
        factors = _post_factors(sums, known, columns)
        source = _multiplied(self.source, self.weight_layer(), columns, factors)
        return self._with(source, "up__post", PostStrata(columns, self.design.weights))

    def adjust_nonresponse(self, *, respondent: str | Expr, classes: str | Sequence[str]) -> Survey:
        """Spread the weight of nonrespondents over the respondents of their class.

        w' = w sum_c w / sum_c(w of respondents).

        Nonrespondents leave the rows; the variance that follows treats the adjusted weights as fixed (it does not yet
        hold the nonresponse phase). Refuses a class without respondents or a unit without a class.
        """
        columns = (classes,) if isinstance(classes, str) else tuple(classes)
        answered = respondent.sql if isinstance(respondent, Expr) else self.source.column(respondent)
        if isinstance(respondent, str):
            self.source.require([respondent], "the respondent flag")
        everyone = _cell_sums(self, columns, "the nonresponse classes", "CLASS_MISSING")
        kept = Survey(self.source.derive("*", f"CAST(({answered}) AS BOOLEAN)"), self.design)
        answering = _cell_sums(kept, columns, "the nonresponse classes", "CLASS_MISSING")
        silent = sorted(str(label) for label in everyone if answering.get(label, 0.0) <= 0)
        if silent:
            raise DesignError(
                f"class {silent[0]} has no respondent - nobody can carry its weight; "
                "merge it with a neighbouring class.",
                code="CLASS_WITHOUT_RESPONDENT",
            )
        factors = {label: everyone[label] / weight for label, weight in answering.items()}
        source = _multiplied(kept.source, self.weight_layer(), columns, factors)
        return self._with(source, "up__post", None)

    def _with(self, source: Source, weights: str, cells: PostStrata | None) -> Survey:
        made = source.derive(
            f"* EXCLUDE (up__new), up__new AS {weights}"
            if weights not in source.types
            else f"* EXCLUDE ({weights}, up__new), up__new AS {weights}"
        )
        design = replace(self.design, weights=weights, poststrata=cells, weight_scale=None)
        return Survey(made, design)

    def _duplicates(self) -> list[DesignFault]:
        if self.design.unit_id is None:
            return []
        self.source.require([self.design.unit_id], "unit_id")
        names = [n for n in (self.design.wave, self.design.unit_id) if n]
        keys = ", ".join(map(self.source.column, names))
        found = self.source.columns(
            f"SELECT {self.source.column(names[-1])} AS unit, COUNT(*) AS n FROM ({self.source.text}) AS r "
            f"GROUP BY {keys} HAVING COUNT(*) > 1 ORDER BY 1"
        )
        return [
            DesignFault(
                "DUPLICATE_UNIT", f'unit "{unit}"', f"stands in {n} rows - keep one row a unit and wave.", "reject"
            )
            for unit, n in list(zip(found["unit"], found["n"], strict=True))[:5]
        ]

    def _kish(self) -> str:
        column = self.source.column(self.design.weights or "")
        found = self.source.columns(
            f"SELECT COUNT(*) AS n, SUM({column}) AS s, SUM({column} * {column}) AS q FROM ({self.source.text}) AS r"
        )
        n, total, squares = (float(found[name][0]) for name in ("n", "s", "q"))
        return f"{n:.0f} rows, weights add up to {total:.6g}, Kish design effect {n * squares / total**2:.4f}"


def design_totals(survey: Survey, request: TotalsRequest) -> Totals:
    """Run a request with the design's own keys and measures added."""
    counts, lows, highs = design_measures(survey.design, survey.source)
    added = replace(
        request, counts=(*request.counts, *counts), lows=(*request.lows, *lows), highs=(*request.highs, *highs)
    )
    return Engine(survey.source).totals(added)


def design_faults(survey: Survey, totals: Totals) -> list[DesignFault]:
    """Return the faults of the columns, and where those are sound of the stages (lonely PSUs aside)."""
    if survey.design.replicates:
        return list(column_faults(survey.design, survey.weighting(), totals))
    found = [*column_faults(survey.design, survey.weighting(), totals), *nesting_faults(survey.design, totals)]
    if any(fault.severity == "reject" for fault in found):
        return found
    return [*found, *stage_faults(survey.design, sampling_stages(survey.design, totals))]


def _all_faults(survey: Survey) -> list[DesignFault]:
    weight = f"CAST({survey.source.column(survey.design.weights or '')} AS DOUBLE)"
    request = TotalsRequest(layers=((("up__w", weight),),), keys=survey.key_columns())
    totals = design_totals(survey, request)
    found = design_faults(survey, totals)
    if survey.design.replicates or any(fault.severity == "reject" for fault in found):
        return found
    return [*found, *lonely_faults(survey.design, sampling_stages(survey.design, totals))]


def _replicate_faults(survey: Survey) -> list[DesignFault]:
    if survey.design.replicates is None:
        return []
    try:
        columns = replicate_columns(survey.design, survey.source)
        check_replicates(survey.source, columns, exponent=survey.weighting().exponent)
    except DesignError as fault:
        return [DesignFault(fault.code, "the replicate weights", str(fault), "reject")]
    return []


def _weighting(source: Source, design: SurveyDesign) -> Weighting:
    name = design.weights or ""
    require_numbers(source, [name], "weight", code="WEIGHT_NOT_NUMERIC")
    column = source.column(name)
    found = source.columns(
        f"SELECT COUNT(*) AS n, COUNT({column}) AS known, COUNT(CASE WHEN {column} = 0 THEN 1 END) AS zero, "
        f"COUNT(CASE WHEN {column} < 0 THEN 1 END) AS minus, "
        f"CAST(MIN(CASE WHEN {column} > 0 THEN {column} END) AS DOUBLE) AS low, "
        f"CAST(MAX(ABS({column})) AS DOUBLE) AS high FROM ({source.text}) AS r"
    )
    low, high = (
        float(found[k][0]) if found[k][0] is not None and not _masked(found[k]) else 1.0 for k in ("low", "high")
    )
    if not math.isfinite(high):
        row = _first(source, name, f"NOT ISFINITE(CAST({column} AS DOUBLE))", of=1)
        raise DesignError(f'column "{name}": a weight is not finite{row} - correct it.', code="WEIGHT_NOT_FINITE")
    rows, known, zero, minus = (int(found[k][0]) for k in ("n", "known", "zero", "minus"))
    exponent = weight_exponent(low)
    if design.weight_scale:
        exponent = design.weight_scale.bit_length() - 1
        whole = source.types[name] in ("BIGINT", "HUGEINT")
        low, high = (low / design.weight_scale, high / design.weight_scale) if whole else (low, high)
    wrong = "IS NULL" if known < rows else "< 0"
    first = _first(source, name, f"{column} {wrong}", of=rows - known or minus) if known < rows or minus else ""
    return Weighting(rows, low, high, exponent, rows - known, zero, minus, first)


def _first(source: Source, column: str, condition: str, *, of: int) -> str:
    found = first_row(source, column, condition)
    return f" ({'' if of == 1 else 'the first is '}row {found[0]})" if found else ""


def _masked(column: object) -> bool:
    return bool(getattr(column, "mask", False) is not False and getattr(column, "mask")[0])  # noqa: B009


def _derived_weights(source: Source, design: SurveyDesign) -> Source:
    """Weights from probabilities, or as the product over stages of N/n (or 1/f)."""
    if design.probabilities is not None:
        column = source.column(design.probabilities)
        found = source.columns(f"SELECT MIN({column}) AS low, MAX({column}) AS high FROM ({source.text}) AS r")
        if float(found["low"][0]) <= 0 or float(found["high"][0]) > 1:
            raise DesignError(
                f'column "{design.probabilities}" runs from {found["low"][0]:g} to {found["high"][0]:g} - a selection '
                "probability is above 0 and at most 1; correct it.",
                code="PROBABILITY_OUT_OF_RANGE",
            )
        return source.derive(f"*, 1 / {column} AS up__weight")
    factors: list[str] = []
    within: list[str] = []
    for column, stratum, unit in zip_longest(design.stage_fpc, design.stage_strata, design.ids):
        if column is None:
            break
        within += [source.column(stratum)] if stratum else []
        over = f"OVER (PARTITION BY {', '.join(within)})" if within else "OVER ()"
        sampled = f"COUNT(*) {over}" if unit is None else f"COUNT(DISTINCT {source.column(unit)}) {over}"
        size = source.column(column)
        factors.append(f"CASE WHEN MAX({size}) OVER () > 1 THEN CAST({size} AS DOUBLE) / {sampled} ELSE 1 / {size} END")
        within += [source.column(unit)] if unit else []
    return source.derive(f"*, {' * '.join(f'({f})' for f in factors)} AS up__weight")


def _cell_sums(survey: Survey, columns: tuple[str, ...], what: str, missing: str) -> dict[tuple[object, ...], float]:
    """Return the exact sum of weights of every cell."""
    survey.source.require(columns, what)
    aliases = {c: f"up__cell_{c}" for c in columns}
    request = TotalsRequest(
        layers=(survey.weight_layer(),),
        keys=tuple((aliases[c], survey.source.column(c)) for c in columns),
        sums=(("up__sum", "up__k"),),
        counts=(("up__n", "TRUE"),),
    )
    totals = Engine(survey.source).totals(request)
    cells: Grouping = grouping(totals, columns, aliases)
    lost = int(totals.counts["up__n"][cells.code < 0].sum())
    if lost:
        names = ", ".join(f'"{c}"' for c in columns)
        raise DesignError(f"{what} need {names}, which {lost:,} rows do not have - fill it in.", code=missing)
    sums = totals.sums["up__sum"].sums(cells.code, cells.size)
    scale = 2.0 ** -survey.weighting().exponent
    return {label: total * scale for label, total in zip(cells.labels, sums, strict=True)}


def _benchmarks(frame: DataFrame, columns: tuple[str, ...], total: str) -> dict[tuple[str, ...], float]:
    for name in (*columns, total):
        if name not in frame.columns:
            raise DesignError(
                f'the benchmarks have no column "{name}" - they need {", ".join(columns)} and {total}.',
                code="BENCHMARK_COLUMN",
            )
    keys = zip(*(frame[c].astype(str) for c in columns), strict=True)
    return {tuple(key): float(value) for key, value in zip(keys, frame[total], strict=True)}


def _post_factors(
    sums: dict[tuple[object, ...], float], known: dict[tuple[str, ...], float], columns: tuple[str, ...]
) -> dict[tuple[object, ...], float]:
    factors: dict[tuple[object, ...], float] = {}
    names = ", ".join(columns)
    for label, weight in sums.items():
        benchmark = known.get(tuple(map(str, label)), 0.0)
        if not benchmark > 0:
            raise DesignError(
                f"{names} = {_shown(label)} is in the sample but has no population total above zero - "
                "add its benchmark or correct the code.",
                code="POSTSTRATUM_NOT_IN_POPULATION",
            )
        factors[label] = benchmark / weight if weight else math.nan
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


def _multiplied(
    source: Source, weight: Named, columns: tuple[str, ...], factors: dict[tuple[object, ...], float]
) -> Source:
    """Return the source with `up__new` = weight (its first SQL) times the factor of its cell."""
    names = [f"c{i}" for i in range(len(columns))]
    rows = ", ".join(
        f"({', '.join(literal(part) for part in label)}, {literal(factor)})" for label, factor in factors.items()
    )
    match = " AND ".join(f"r.{source.column(c)} = f.{n}" for c, n in zip(columns, names, strict=True))
    text = (
        f"SELECT r.* EXCLUDE (up__old), r.up__old * f.factor AS up__new "
        f"FROM (SELECT *, {weight[0][1]} AS up__old FROM ({source.text}) AS r) AS r "
        f"JOIN (VALUES {rows}) AS f({', '.join(names)}, factor) ON {match}"
    )
    return described(replace(source, text=text))
