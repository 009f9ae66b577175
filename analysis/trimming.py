"""Trim extreme weights: clip them and give what was cut off to the other units, keeping the total or the margins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.auxiliaries import Auxiliaries, Margin
from analysis.calibrated import Calibration, bounded, grid, worst
from analysis.calibrating import independent_columns, known_cells
from analysis.calibration import Problem, solve
from analysis.distances import Distance
from analysis.fixedpoint import Floats
from analysis.poststrata import PostStratification, free_name
from analysis.source import Source, quoted
from analysis.steps import Raw, codes, numbers
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from analysis.survey import Survey

Preserve = Literal["total", "margins"]
MOST_ROUNDS = 2_000


@dataclass(frozen=True, slots=True)
class Trimming:
    """The step: weights outside [lower, upper] are clipped, what that changes is spread equally over the others.

    `strict` repeats it until no weight is outside. The variance takes the trimmed weights as given; known totals of
    earlier steps keep their part (the projection of R's trimWeights).
    """

    factor: str
    before: str
    lower: float
    upper: float
    strict: bool

    in_variance = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of every column that the step must know of a row."""
        return (self.before,)

    def apply(self, weights: Floats, raw: Raw) -> Floats:
        """Return the trimmed weights (n, R)."""
        made = weights.copy()
        for r in range(weights.shape[1]):
            for shift in shifts(weights[:, r], np.ones(len(weights)), self.lower, self.upper, strict=self.strict):
                made[:, r] = clipped(made[:, r], self.lower, self.upper, shift)
        return made

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return the scores as they are."""
        return scores

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return None: nothing is drawn in this step."""
        return None


def clipped(weights: Floats, lower: float, upper: float, shift: float) -> Floats:
    """Return weights clipped to the bounds, those inside moved by the shift; a weight of 0 stays."""
    outside = (weights < lower) | (weights > upper)
    moved = np.where(outside, np.clip(weights, lower, upper), weights + shift)
    return np.where(weights == 0, 0.0, moved)


def shifts(weights: Floats, counts: Floats, lower: float, upper: float, *, strict: bool) -> list[float]:
    """Return the shift of each round, for weights (m,) that stand `counts` (m,) times.

    shift = sum of what is cut off / number of units not clipped.
    """
    found: list[float] = []
    here = weights != 0
    while True:
        outside = here & ((weights < lower) | (weights > upper))
        if not outside.any() or (found and not strict):
            return found
        inside = float(counts[here & ~outside].sum())
        if not inside or len(found) == MOST_ROUNDS:
            mean = float((weights[here] * counts[here]).sum() / counts[here].sum())
            raise DesignError(
                f"weights between {lower:g} and {upper:g} cannot carry the same total: the mean weight is {mean:.6g} "
                "and too few units are left to take what is cut off - choose wider bounds.",
                code="TRIM_BOUNDS",
            )
        cut = float(((weights - np.clip(weights, lower, upper)) * counts)[outside].sum())
        found.append(cut / inside)
        weights = clipped(weights, lower, upper, found[-1])


def trimmed(survey: Survey, lower: float | None, upper: float | None, *, strict: bool) -> tuple[Source, Trimming]:
    """Return the source with the factors, and the step; see `Survey.trim_weights`."""
    low, high = _bounds(lower, upper)
    weight = survey.weight_layer()[0][1]
    known = known_cells(survey, (weight,))
    rounds = shifts(numbers(known.raw, weight), known.rows, low, high, strict=strict)
    name = free_name(survey.source, "trimming_factor")
    moved = _moved_sql(weight, np.unique(numbers(known.raw, weight)), rounds, low, high)
    made = survey.source.derive(f"*, ({moved}) / NULLIF({weight}, 0) AS {quoted(name)}")
    return made, Trimming(name, weight, low, high, strict)


def _moved_sql(weight: str, values: Floats, rounds: list[float], low: float, high: float) -> str:
    """Return the SQL of the trimmed weight: all that are clipped first in one round at one bound end alike."""
    cases, before = [], 0.0
    for i, shift in enumerate(rounds):
        for bound, sign in ((high, ">"), (low, "<")):
            here = values + before > bound if sign == ">" else values + before < bound
            if here.any():
                end = np.array([bound])
                for later in rounds[i + 1 :]:
                    end = clipped(end, low, high, later)
                cases.append(f"WHEN {weight} + {before!r} {sign} {bound!r} THEN {float(end[0])!r}")
                values = values[~here]
        before += shift
    return f"CASE {' '.join(cases)} ELSE {weight} + {before!r} END" if cases else weight


def trimmed_to_margins(survey: Survey, lower: float | None, upper: float | None) -> tuple[Source, Calibration]:
    """Return the source with factors that keep every weight in the bounds and every known total, and the step."""
    low, high = _bounds(lower, upper)
    auxiliaries, weight = _margins(survey), survey.weight_layer()[0][1]
    known = known_cells(survey, (*auxiliaries.reads, weight))
    found = grid(auxiliaries, known.weight, known.raw, scale="", cluster=(), each=True)
    kept = tuple(independent_columns(auxiliaries, found))
    found = found.keeping(kept)
    by = bounded(Distance("truncated"), numbers(known.raw, weight), (low, high))
    problem = Problem(found.x, found.d, auxiliaries.totals[list(kept)], found.q, by)
    solution = solve(problem)
    if not solution.converged:
        names = tuple(auxiliaries.names[j] for j in kept)
        raise DesignError(
            f"weights between {low:g} and {high:g} do not reach the margins: {worst(problem, solution.misfit, names)} "
            '- choose wider bounds, or preserve="total".',
            code="TRIM_BOUNDS",
        )
    coefficients = np.zeros(len(auxiliaries.totals))
    coefficients[list(kept)] = solution.coefficients
    name = free_name(survey.source, "trimming_factor")
    free = f"(1 + ({auxiliaries.predictor(coefficients)}))"
    for side, bound in (("GREATEST", low), ("LEAST", high)):
        free = f"{side}({free}, {bound!r} / NULLIF({weight}, 0))" if math.isfinite(bound) else free
    source = survey.source.derive(f"*, {free} AS {quoted(name)}")
    step = Calibration(name, auxiliaries, Distance("truncated"), kept, weight, quoted(name), weight_bounds=(low, high))
    return source, step


def _bounds(lower: float | None, upper: float | None) -> tuple[float, float]:
    low, high = -math.inf if lower is None else float(lower), math.inf if upper is None else float(upper)
    if low < high and not (math.isinf(low) and math.isinf(high)):
        return low, high
    raise DesignError(
        f"weights shall lie between {lower} and {upper} - give a lower or an upper bound, the lower below the upper.",
        code="TRIM_BOUNDS",
    )


def _margins(survey: Survey) -> Auxiliaries:
    """Return all known totals of the steps so far; of two for the same thing the later one holds."""
    known: dict[str, Margin] = {}
    for step in survey.steps:
        found = step.auxiliaries.margins if isinstance(step, Calibration) else ()
        if isinstance(step, PostStratification):
            found = (_cells(survey, step),)
        known |= {margin.sql: margin for margin in found}
    if not known:
        raise DesignError(
            'preserve is "margins" but no step has fitted the weights to any - calibrate first, or preserve="total".',
            code="TRIM_NO_MARGINS",
        )
    return Auxiliaries(tuple(known.values()))


def _cells(survey: Survey, step: PostStratification) -> Margin:
    """The cells of a post-stratification as a margin."""
    raw = known_cells(survey, (*step.columns,))
    code, labels = codes(raw.raw, step.columns)
    sums = np.bincount(code, weights=raw.weight, minlength=len(labels))
    sql = " || '+' || ".join(f"CAST({column} AS VARCHAR)" for column in step.columns)
    return Margin("post-stratum", sql, tuple("+".join(map(str, label)) for label in labels), tuple(sums.tolist()))
