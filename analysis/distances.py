"""Distances of calibration: how the factor g = F(u) follows from the linear predictor u, as numbers and as SQL."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from analysis.fixedpoint import Floats
from uptake.contract.errors import DesignError, did_you_mean

Method = Literal["linear", "raking", "logit", "truncated"]
STEEPEST = 700.0  # beyond it exp() leaves float64


@dataclass(frozen=True, slots=True)
class Distance:
    """F of one method: linear 1 + u; raking e^u; logit between L and U; truncated clip(1 + u, L, U).

    logit: [L(U-1) + U(1-L) e^{Au}] / [U-1 + (1-L) e^{Au}], A = (U-L) / ((U-1)(1-L)). Bounds clip linear (the same as
    truncated) and raking too (Deville and Saerndal 1992). Bounds are numbers, or one a row.
    """

    method: Method
    low: float | Floats = -math.inf
    high: float | Floats = math.inf

    @property
    def bounded(self) -> bool:
        """Whether factors are kept within bounds."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    def value(self, u: Floats) -> Floats:
        """Return F(u)."""
        if self.method == "logit":
            low, high, e = self.low, self.high, np.exp(np.clip(self._slope * u, -STEEPEST, STEEPEST))
            return np.asarray((low * (high - 1) + high * (1 - low) * e) / (high - 1 + (1 - low) * e))
        return np.clip(self._free(u), self.low, self.high)

    def slope(self, u: Floats) -> Floats:
        """Return F'(u), 0 where a bound clips."""
        if self.method == "logit":
            g = self.value(u)
            return np.asarray((g - self.low) * (self.high - g) * self._slope / (self.high - self.low))
        free = self._free(u)
        grows = free if self.method == "raking" else np.ones_like(u)
        return np.where((free > self.low) & (free < self.high), grows, 0.0)

    def sql(self, u: str) -> str:
        """Return F(u) as SQL, for bounds that are numbers."""
        low, high = float(self.low), float(self.high)
        if self.method == "logit":
            e = f"EXP(GREATEST(LEAST({self._slope!r} * ({u}), {STEEPEST}), -{STEEPEST}))"
            return f"(({low * (high - 1)!r} + {high * (1 - low)!r} * {e}) / ({high - 1!r} + {1 - low!r} * {e}))"
        free = f"EXP(LEAST({u}, {STEEPEST}))" if self.method == "raking" else f"(1 + ({u}))"
        free = f"GREATEST({free}, {low!r})" if math.isfinite(low) else free
        return f"LEAST({free}, {high!r})" if math.isfinite(high) else free

    @property
    def _slope(self) -> float:
        low, high = float(self.low), float(self.high)
        return (high - low) / ((high - 1) * (1 - low))

    def _free(self, u: Floats) -> Floats:
        return np.exp(np.minimum(u, STEEPEST)) if self.method == "raking" else 1 + u


def distance(method: str, bounds: tuple[float, float] | None) -> Distance:
    """Return the distance of a method with its bounds; refuse an unknown method and bounds that make no sense."""
    known = get_args(Method)
    if method not in known:
        raise DesignError(
            f'method is "{method}" - choose one of {", ".join(known)}.{did_you_mean(method, known)}',
            code="CALIBRATION_METHOD",
        )
    low, high = (-math.inf, math.inf) if bounds is None else (float(bounds[0]), float(bounds[1]))
    made = Distance(method, low, high)  # type: ignore[arg-type]
    if method == "logit" and not (math.isfinite(low) and math.isfinite(high) and low < 1 < high):
        raise DesignError(
            f"method logit has the bounds {_shown(bounds)} - it keeps every factor between two finite bounds, the "
            "lower below 1 and the upper above 1; give them, such as bounds=(0.5, 2).",
            code="CALIBRATION_BOUNDS",
        )
    if not low < high or (method == "truncated" and bounds is None):
        raise DesignError(
            f"method {method} has the bounds {_shown(bounds)} - the lower one must be below the upper one; give them, "
            "such as bounds=(0.5, 2).",
            code="CALIBRATION_BOUNDS",
        )
    return made


def _shown(bounds: tuple[float, float] | None) -> str:
    return "(none)" if bounds is None else f"({bounds[0]:g}, {bounds[1]:g})"
