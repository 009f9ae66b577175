"""The quantile of a weighted distribution under each rule, exact wherever the answer is one of the values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.fixedpoint import LIMB, Floats, Ints, Limbs
from uptake.contract.errors import EstimationError, did_you_mean

Rule = Literal["math", "school", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Values in order with their weights as integers: `weight` of each of `rows` alike rows, `reached` the sum so far.

    Values and weights (G,) are sorted by value, of equal values the heaviest first: rows that tie stand in one order,
    whatever that of the input.
    `reached` (G,) holds Python integers where 64 bits would overflow.
    """

    values: Floats
    weight: Ints
    rows: Ints
    reached: npt.NDArray[Any]

    @classmethod
    def of(cls, values: Floats, weight: Ints, rows: Ints) -> Distribution:
        """Return the distribution of rows already sorted."""
        wide = float(weight.astype(np.float64) @ rows) >= 2.0**62
        kind = object if wide else np.int64
        return cls(values, weight, rows, np.cumsum(weight.astype(kind) * rows.astype(kind)))

    @classmethod
    def summed(cls, values: Floats, sums: Limbs, rows: Ints) -> Distribution:
        """Return the distribution of different values in order, each with its sum of weights: for rules by steps."""
        narrow = not sums.high.any() and float(sums.low.astype(np.float64).sum()) < 2.0**62
        total = sums.low if narrow else sums.high.astype(object) * LIMB + sums.low.astype(object)
        return cls(values, sums.low, rows, np.cumsum(total))

    @property
    def total(self) -> int:
        """The sum of the weights, as an integer."""
        return int(self.reached[-1]) if len(self.reached) else 0


def by_steps(name: str) -> bool:
    """Whether a rule looks only at the share of each value, not at the rows that share it."""
    return name in ("math", "school")


def rule_of(name: str) -> Callable[[Distribution, Fraction], float]:
    """Return the function of a rule; refuse one that is not known."""
    found = _RULES.get(name)
    if found is None:
        raise EstimationError(
            f'the quantile rule "{name}" is not known - choose one of {", ".join(_RULES)}.{did_you_mean(name, _RULES)}',
            code="UNKNOWN_QUANTILE_RULE",
        )
    return found


def _step(at: Distribution, p: Fraction) -> tuple[int, bool]:
    """Return the first place whose share reaches p, and whether it reaches it exactly.

    A weight was rounded to the nearest integer, so sums that differ from p by less than one unit a row are equal to it.
    """
    room = int(at.rows.sum()) + (at.total >> 50)
    wanted = p * at.total
    place = min(int(np.searchsorted(at.reached, math.ceil(wanted - room))), len(at.values) - 1)
    return place, abs(int(at.reached[place]) - wanted) <= room


def _math(at: Distribution, p: Fraction) -> float:
    return float(at.values[_step(at, p)[0]])


def _school(at: Distribution, p: Fraction) -> float:
    place, exact = _step(at, p)
    value = float(at.values[place])
    above = at.values[at.values > value]
    # Only where the last of the rows that tie is reached do the two neighbours differ.
    last = place + 1 == len(at.values) or float(at.values[place + 1]) > value
    return (value + float(above[0])) / 2 if exact and last and len(above) else value


def _interpolated(at: Distribution, p: Fraction, before: float, after: float, tail: float) -> float:
    """Interpolate values over (before C_{i-1} + after C_i) / (C_n + tail w_n), constant outside.

    Of rows that are alike only the first and the last are knots: between them the value does not change.
    """
    weight, rows = at.weight.astype(np.float64), at.rows
    reached = at.reached.astype(np.float64)
    start = np.concatenate([[0.0], reached[:-1]])
    knots = np.stack([before * start + after * (start + weight), before * (reached - weight) + after * reached], axis=1)
    below = float(at.total + Fraction(tail) * int(at.weight[-1])) if rows.sum() > 1 else 1.0
    return float(np.interp(float(p), (knots / below).reshape(-1), np.repeat(at.values, 2)))


_RULES: dict[str, Callable[[Distribution, Fraction], float]] = {
    "math": _math,
    "school": _school,
    "hf4": lambda at, p: _interpolated(at, p, 0, 1, 0),
    "hf5": lambda at, p: _interpolated(at, p, 1 / 2, 1 / 2, 0),
    "hf6": lambda at, p: _interpolated(at, p, 0, 1, 1),
    "hf7": lambda at, p: _interpolated(at, p, 1, 0, -1),
    "hf8": lambda at, p: _interpolated(at, p, 1 / 3, 2 / 3, 1 / 3),
    "hf9": lambda at, p: _interpolated(at, p, 3 / 8, 5 / 8, 1 / 4),
}
