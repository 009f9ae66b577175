"""A survey: rows and the design that drew them; every adjustment gives a new one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from analysis.calibrating import calibrated, wish
from analysis.cells import id_key, sampling_stages, stratum_key
from analysis.design import Expr, PostStrata, ReplicateWeights, SurveyDesign
from analysis.distances import Method
from analysis.engine import Engine, Named, Totals, TotalsRequest
from analysis.faults import DesignFault, Weighting, column_faults, nesting_faults, stage_faults
from analysis.fixedpoint import weight_exponent
from analysis.followup import followed_up
from analysis.measures import design_measures
from analysis.nonresponse import Phase, ResponseMethod, ResponseWish, response_adjusted
from analysis.numbering import with_unit_ids
from analysis.poststrata import PostStratification, free_name, poststratified
from analysis.raking import raked
from analysis.source import Source, first_row, open_source, quoted, require_numbers
from analysis.steps import Step
from analysis.trimming import Preserve, trimmed, trimmed_to_margins
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.replicate_table import ReplicateTable

SMALLEST_MADE = 1e-6


class Survey:
    """Rows with their design.

    `data`: a pandas, Arrow or polars table; a Parquet or CSV file, several of them, a pattern or a folder; a DuckDB
    relation.

    `steps` are the adjustments of the weights so far, the first one first; see `analysis.steps`.
    """

    __slots__ = ("_weighting", "design", "notes", "source", "steps")

    def __init__(self, data: object, design: SurveyDesign, *, steps: tuple[Step, ...] = ()) -> None:
        source = data if isinstance(data, Source) else open_source(data)
        source.require(design.columns, "the design")
        require_numbers(source, design.stage_fpc, "population count", code="FPC_NOT_NUMERIC")
        if design.probabilities:
            require_numbers(source, [design.probabilities], "probability", code="PROBABILITY_NOT_NUMERIC")
        source, design = with_unit_ids(source, design)
        self.source = source if design.weights else _derived_weights(source, design)
        self.design = design if design.weights else replace(design, weights="up__weight", probabilities=None)
        self.notes: tuple[str, ...] = ()
        self._weighting: Weighting | None = None
        self.steps = steps or _declared_steps(self.source, self.design)

    def weighting(self) -> Weighting:
        """Return the range of the weights and their scale; read once."""
        if self._weighting is None:
            self._weighting = _weighting(self.source, self.design, made=bool(self.steps))
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
        stages = 0 if isinstance(design.replicates, ReplicateWeights) else max(len(design.stages), 1)
        names = [(stratum_key(i), design.stage_strata[i]) for i in range(stages)]
        names += [(id_key(i), name) for i, name in enumerate(design.stages[:stages])]
        keys = [(alias, self.source.column(name)) for alias, name in names if name is not None]
        cells = design.poststrata.columns if design.poststrata else ()
        return (*keys, *((f"up__cell_{name}", self.source.column(name)) for name in cells))

    def check(self) -> DataFrame:
        """Return a frame of everything that is wrong or unusual: severity, code, where, message.

        Weights, ids and population counts that are missing or impossible, lonely PSUs, PSUs in several strata, counts
        that vary, duplicate unit ids: every one of them, not the first; then the spread of the weights (Kish) and the
        design at a glance. What stops an estimate has the severity reject.
        """
        from analysis.checking import checked

        return checked(self)

    def poststratify(self, benchmarks: DataFrame, *, by: str | Sequence[str], total: str = "total") -> Survey:
        """Fit the weights to known totals: w' = w N_g / sum_g w. The variance then uses residuals within the cells.

        benchmarks: one row a cell, the columns `by` and the population `total`. Refuses a cell of the sample without a
        total, a total without sample, a missing cell. Agrees with R survey's postStratify to 1e-12.
        """
        source, factor = poststratified(self, benchmarks, by, total)
        names = (by,) if isinstance(by, str) else tuple(by)
        columns = tuple(map(source.column, names))
        step = PostStratification(factor, columns, self.weight_layer()[0][1], quoted(factor))
        return self.adjusted(source, step, cells=PostStrata(names, self.design.weights))

    def replicate(
        self, method: str, *, replicates: int | None = None, seed: int | None = None, rho: float | None = None,
        mse: bool = True, order_by: str | Sequence[str] | None = None,
    ) -> Survey:  # fmt: skip
        """Make replicates of the PSUs: V = scale * sum_r rscales_r (theta_r - c)^2; see docs/methods/replication.md.

        method: jkn, jk1 (one PSU dropped at a time, with and without strata), brr, fay (half-samples of two PSUs a
        stratum), rao-wu (bootstrap), sdr (successive differences). The sampling of later stages beyond its share in
        the PSU totals is not covered, and a quantile needs brr, fay or rao-wu.

        replicates: how many, 500 unless told (rao-wu; sdr as many as there are PSUs at most); seed: of rao-wu; rho: of
        fay; mse: centre at the full-sample estimate (False: at the mean of the replicates); order_by: the columns that
        hold the order the sample was drawn in (sdr). Returns a new Survey. Raises DesignError where the design does not
        fit the method. Agrees with R survey's as.svrepdesign to 1e-9.

        >>> import pandas as pd
        >>> from analysis import SurveyDesign, total
        >>> rows = pd.DataFrame({"y": [1.0, 2.0, 4.0, 7.0], "w": [5.0] * 4, "h": list("aabb")})
        >>> float(total(Survey(rows, SurveyDesign(weights="w", strata="h")).replicate("jkn"), "y").frame.se[0])
        15.811388300841896
        """
        from analysis.replication import Asked, replicated_survey

        return replicated_survey(self, Asked(method, replicates, seed, rho, mse, order_by))

    def replicate_weights(self) -> ReplicateTable:
        """Return the weights of every replicate as a table, with the coefficients and df a variance needs.

        It holds a column a replicate: some hundreds of megabytes for 100,000 rows. Rows stand in the order of their
        keys. Raises DesignError where the survey has no replicates.
        """
        from analysis.replicate_table import replicate_table

        return replicate_table(self)

    def adjust_nonresponse(
        self, *, respondent: str | Expr, classes: str | Sequence[str] | None = None, formula: str | None = None,
        method: ResponseMethod | None = None, propensity_classes: int | None = None, phase: Phase = "estimated",
    ) -> Survey:  # fmt: skip
        """Let respondents carry the weight of the silent.

        By classes: w' = w sum_c w / sum_c(w of respondents). By propensity: w' = w / p, p a weighted logit of response
        on the formula. See docs/methods/nonresponse.md.

        It does not cover what makes units alike in class or propensity differ in both response and answers.

        respondent: column or condition; classes: columns that form classes, or formula: what explains response, such
        as "size + province"; propensity_classes: form that many classes of equal size of the fitted propensity; phase:
        how response enters the variance: "estimated" (two phases, rates estimated from the sample), "known" (rates
        taken as known), "linearized" (the first phase alone), "fixed" (respondents as if they were the design sample;
        the others leave the rows). Returns a new Survey with the column `nonresponse_factor`. Raises DesignError for
        a class without respondents, a unit without class or propensity. Agrees with the reference cases to 1e-9.
        """
        wished = ResponseWish(respondent, classes, formula, method, propensity_classes)
        return self.adjusted(*response_adjusted(self, wished, phase))

    def follow_up(self, *, respondent: str | Expr, followed: str | Expr) -> Survey:
        """Let a subsample of the silent, asked again, stand for all of them (Hansen and Hurwitz).

        w' = w n_2h / m_h for the m_h followed up out of n_2h silent units of a stratum; see docs/methods/follow-up.md.

        It does not cover those who stay silent in the follow-up: the others of it are taken to stand for them too.

        respondent: column or condition; followed: the silent that were followed up and answered, drawn at random in
        each stratum. Returns a new Survey with the column `followup_factor`. Raises DesignError for a stratum with
        silent units and fewer than 2 followed up, for PSUs, for unequal weights in a stratum.
        """
        return self.adjusted(*followed_up(self, respondent, followed))

    def calibrate(
        self, benchmarks: DataFrame, *, method: Method = "linear", bounds: tuple[float, float] | None = None,
        q: str | None = None, per: str | Sequence[str] | None = None, partial: bool = False,
    ) -> Survey:  # fmt: skip
        """Fit the weights to known totals of several variables at once.

        w' = w g, g = F(q x'b) with sum w' x = T; linear F = 1 + u, raking e^u, logit between the bounds, truncated
        1 + u clipped at the bounds. The variance uses residuals of a regression on x (weights before calibration).

        It does not cover what the totals themselves may be wrong by, nor bias that x does not explain.

        benchmarks: tidy frame with variable, level, total. An empty level is a number's total, the variable
        `(intercept)` the number of units, `province+size` crossed columns with levels such as `GD+L`; q: column that
        scales each unit's distance; per: columns whose rows share one factor (one a household or group); partial:
        leave levels of the sample without benchmark free instead of refusing them.
        Returns a new Survey with the column `calibration_factor`. Raises DesignError that names the margin, by how much
        it is missed and which bound binds. Agrees with R survey's calibrate to 1e-9.

        >>> import pandas as pd
        >>> from analysis import Survey, SurveyDesign, total
        >>> rows = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "w": [10.0] * 4})
        >>> known = pd.DataFrame({"variable": ["(intercept)", "x"], "level": ["", ""], "total": [40, 110]})
        >>> s = Survey(rows, SurveyDesign(weights="w")).calibrate(known)
        >>> round(float(total(s, "x").frame.estimate[0]), 9)
        110.0
        """
        return self.adjusted(*calibrated(self, benchmarks, wish(self, method, bounds, q, per=per, partial=partial)))

    def rake(self, benchmarks: DataFrame, *, max_sweeps: int = 500) -> Survey:
        """Fit the weights to margins in sweeps: post-stratify by one after the other until all of them hold.

        The weights are those of `calibrate(method="raking")`, and so is the variance (R's rake takes unweighted margin
        means instead; the same where weights were equal). benchmarks: as in `calibrate`, every margin with all of its
        levels. Warns RAKE_NOT_CONVERGED if max_sweeps were too few; refuses margins that do not add up to one number.
        """
        source, step, note = raked(self, benchmarks, max_sweeps)
        survey = self.adjusted(source, step)
        survey.notes = (*survey.notes, *([note] if note else []))
        return survey

    def trim_weights(
        self, *, lower: float | None = None, upper: float | None = None, preserve: Preserve = "total",
        strict: bool = False,
    ) -> Survey:  # fmt: skip
        """Clip weights to [lower, upper].

        preserve="total": what is cut off goes in equal parts to the units that were not clipped (`strict` repeats it
        until nobody is outside); "margins": the nearest weights within the bounds that still reach every known total of
        the steps before. It trades a little bias for less variance, and the variance does not hold that bias. Agrees
        with R survey's trimWeights to 1e-9 (total).
        """
        if preserve == "margins":
            return self.adjusted(*trimmed_to_margins(self, lower, upper))
        return self.adjusted(*trimmed(self, lower, upper, strict=strict))

    def table(self) -> DataFrame:
        """Return the rows as a pandas frame: the columns of the data, every factor, and last the weight."""
        weight = f'{self.weight_layer()[0][1]} AS "{free_name(self.source, "weight")}"'
        frame: DataFrame = self.source.run(f"SELECT *, {weight} FROM ({self.source.text}) AS r").df()
        return frame[[name for name in frame.columns if not name.startswith("up__")]]

    def restricted(self, condition: str) -> Survey:
        """Return the survey of the rows for which an SQL condition holds, the others gone."""
        return self.over(self.source.derive("*", condition))

    def over(self, source: Source) -> Survey:
        """Return the survey over other rows or more columns of the same source; design and steps stay."""
        survey = Survey(source, self.design, steps=self.steps)
        survey.notes = self.notes
        return survey

    def adjusted(self, source: Source, step: Step, *, cells: PostStrata | None = None) -> Survey:
        """Return the survey whose weights are those before times the factor of one more step.

        source: these rows with the column `step.factor`; cells: set when the step alone is a post-stratification.
        """
        before, weights = self.weight_layer()[0][1], f"up__weight_{len(self.steps) + 1}"
        made = source.derive(
            f"*, CASE WHEN {before} = 0 THEN 0 ELSE {before} * {source.column(step.factor)} END AS {weights}"
        )
        alone = not any(earlier.in_variance for earlier in self.steps)
        design = replace(self.design, weights=weights, poststrata=cells if alone else None, weight_scale=None)
        survey = Survey(made, design, steps=(*self.steps, step))
        survey.notes = self.notes
        return survey


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


def _weighting(source: Source, design: SurveyDesign, *, made: bool) -> Weighting:
    name = design.weights or ""
    require_numbers(source, [name], "weight", code="WEIGHT_NOT_NUMERIC")
    column = source.column(name)
    low, high, found = _range(source, column)
    if not math.isfinite(high):
        row = _first(source, name, f"NOT ISFINITE(CAST({column} AS DOUBLE))", of=1)
        raise DesignError(f'column "{name}": a weight is not finite{row} - correct it.', code="WEIGHT_NOT_FINITE")
    rows, known, zero, minus = found
    # A weight that an adjustment brought near zero needs no more digits than a millionth of the largest one.
    exponent = weight_exponent(max(low, high * SMALLEST_MADE) if made else low)
    if design.weight_scale:
        exponent = design.weight_scale.bit_length() - 1
        whole = source.types[name] in ("BIGINT", "HUGEINT")
        low, high = (low / design.weight_scale, high / design.weight_scale) if whole else (low, high)
    wrong = "IS NULL" if known < rows else "< 0"
    first = _first(source, name, f"{column} {wrong}", of=rows - known or minus) if known < rows or minus else ""
    return Weighting(rows, low, high, exponent, rows - known, zero, minus, first, made)


def _range(source: Source, column: str) -> tuple[float, float, tuple[int, int, int, int]]:
    """Return the least weight above zero, the largest in size, and how many rows there are, known, zero, below zero.

    The ends come first: a Parquet file knows them, and where the least is above zero nothing is left to count.
    """
    found = source.columns(
        f"SELECT COUNT(*) AS n, COUNT({column}) AS known, MIN({column}) AS low, MAX({column}) AS high "
        f"FROM ({source.text}) AS r"
    )
    rows, known = int(found["n"][0]), int(found["known"][0])
    if not known:
        return 1.0, 1.0, (rows, 0, 0, 0)
    if float(found["low"][0]) > 0:
        return float(found["low"][0]), float(found["high"][0]), (rows, known, 0, 0)
    found = source.columns(
        f"SELECT COUNT(CASE WHEN {column} = 0 THEN 1 END) AS zero, COUNT(CASE WHEN {column} < 0 THEN 1 END) AS minus, "
        f"COALESCE(CAST(MIN(CASE WHEN {column} > 0 THEN {column} END) AS DOUBLE), 1) AS low, "
        f"CAST(MAX(ABS({column})) AS DOUBLE) AS high FROM ({source.text}) AS r"
    )
    low, high, zero, minus = (found[name][0] for name in ("low", "high", "zero", "minus"))
    return float(low), float(high), (rows, known, int(zero), int(minus))


def _first(source: Source, column: str, condition: str, *, of: int) -> str:
    found = first_row(source, column, condition)
    return f" ({'' if of == 1 else 'the first is '}row {found[0]})" if found else ""


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


def _declared_steps(source: Source, design: SurveyDesign) -> tuple[Step, ...]:
    """The post-stratification that the weights column already holds, as the design declares it."""
    if design.poststrata is None:
        return ()
    weight = source.column(design.weights or "")
    if design.weight_scale and source.types[design.weights or ""] in ("BIGINT", "HUGEINT"):
        weight = f"{weight} * {1 / design.weight_scale!r}"
    columns = tuple(map(source.column, design.poststrata.columns))
    return (PostStratification("", columns, f"CAST({weight} AS DOUBLE)", "1"),)
