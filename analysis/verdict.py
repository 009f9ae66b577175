"""Say where an estimate stands against a policy target: the one function that every tile, mark and sentence uses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from analysis.intervals import proportion_interval
from analysis.targets import wave_time

VerdictWord = Literal["above", "below", "cannot_tell", "depends_on_definition", "not_due"]
ONE_SIDED_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Reading:
    """One definition's estimate: its name (`PEN-04/headline`) and its value."""

    name: str
    estimate: float


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline estimate that is assessed: a rate with its standard error and sizes, and its two-sided interval."""

    estimate: float
    se: float
    df: float
    n: int
    ci_low: float
    ci_high: float
    n_population: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """One-sided lower and upper Korn-Graubard bounds, and the one-sided p-value of "not above the target"."""

    lower: float
    upper: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Path:
    """What is still lacking: units with their interval, and fractions a year to the deciding wave."""

    units_lacking: float
    units_lacking_low: float
    units_lacking_high: float
    required_per_year: float


def one_sided_bounds(headline: Headline, target: float, *, level: float = ONE_SIDED_LEVEL) -> Bounds:
    """Return the one-sided bounds of a rate and the p-value that belongs to them.

    With n_eff of the Korn-Graubard interval (truncated at n) and x = n_eff p, alpha = 1 - level:
    lower = Beta^-1(alpha; x, n_eff - x + 1), upper = Beta^-1(1 - alpha; x + 1, n_eff - x),
    p_value = BetaCDF(target; x, n_eff - x + 1). So p_value < alpha exactly when lower > target: the bound and the
    p-value can never contradict each other. The p-value speaks of samples, it is not the probability of the target.

    headline: rate between 0 and 1; target: same scale; level: of each bound. NaN where there is no interval; a rate
    known from all units is its own bound.
    At level 0.95 the bounds equal the two-sided Korn-Graubard interval of level 0.90.
    """
    from scipy.special import betainc

    if headline.ci_low == headline.ci_high:  # every unit was asked: the rate is known
        return Bounds(headline.estimate, headline.estimate, 0.0 if headline.estimate > target else 1.0)
    both = proportion_interval(headline.estimate, headline.se, headline.n, headline.df, level=2 * level - 1)
    if math.isnan(both.low) or math.isnan(both.high):
        return Bounds(math.nan, math.nan, math.nan)
    x = both.n_eff * headline.estimate
    p_value = float(betainc(x, both.n_eff - x + 1, target)) if x > 0 else 1.0
    return Bounds(both.low, both.high, p_value)


def verdict(bounds: Bounds, readings: tuple[Reading, ...], *, target: float, due: bool) -> VerdictWord:
    """Return the one verdict on a target.

    Before the deciding wave: not_due. Then, when the readings of the definition lie on both sides of the target (some
    above, some not): depends_on_definition. Then by the one-sided bounds: lower > target is above, upper < target is
    below, else cannot_tell. "Above" is strict, as the policy's "exceed" is.

    It speaks of sampling error and of the definitions computed; other errors are told in the quality box.

    bounds: of the headline; readings: every definition computed, the headline too; due: the deciding wave has come.

    >>> verdict(Bounds(0.71, 0.75, 0.01), (Reading("A", 0.73), Reading("B", 0.72)), target=0.70, due=True)
    'above'
    >>> verdict(Bounds(0.71, 0.75, 0.01), (Reading("A", 0.73), Reading("B", 0.52)), target=0.70, due=True)
    'depends_on_definition'
    """
    if not due:
        return "not_due"
    if math.isnan(bounds.lower) or math.isnan(bounds.upper):
        return "cannot_tell"
    over = {reading.estimate > target for reading in readings if not math.isnan(reading.estimate)}
    if len(over) == 2:
        return "depends_on_definition"
    if bounds.lower > target:
        return "above"
    return "below" if bounds.upper < target else "cannot_tell"


def is_due(wave: str, deciding_wave: str) -> bool:
    """Return whether the deciding wave has come; a wave whose name is no period is never due."""
    now, then = wave_time(wave), wave_time(deciding_wave)
    return now is not None and then is not None and now >= then


def path_to_target(headline: Headline, *, target: float, wave: str, deciding_wave: str) -> Path:
    """Return the units still lacking and the yearly gain the target asks for.

    units_lacking = max(0, target - p) N, its interval from the ends of the two-sided interval of p; N is the estimated
    number of units, taken as known. required_per_year = max(0, target - p) / years to the end of the deciding wave.
    It is arithmetic, not a projection: it says nothing about what will happen.

    headline: rate with interval and N; target: fraction; waves: names of periods. NaN where the wave has come.
    """
    N, gap = headline.n_population, _lacking(target, headline.estimate)
    now, then = wave_time(wave), wave_time(deciding_wave)
    years = then - now if now is not None and then is not None else math.nan
    return Path(
        units_lacking=gap * N,
        units_lacking_low=_lacking(target, headline.ci_high) * N,
        units_lacking_high=_lacking(target, headline.ci_low) * N,
        required_per_year=gap / years if years > 0 else math.nan,
    )


def _lacking(target: float, rate: float) -> float:
    return math.nan if math.isnan(rate) else max(0.0, target - rate)
