"""Weights and outcomes as integers: scales that keep sums exact, and integers beyond 64 bits as two limbs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from uptake.contract.errors import DesignError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RELATIVE = 1e-11  # the smallest weight keeps this relative precision
SUM_BITS = 126  # what a signed 128-bit sum holds, with one bit spare
VALUE_BITS = 62  # what a row's integer may need
LIMB = 2**62


@dataclass(frozen=True, slots=True)
class Limbs:
    """Integers of up to 125 bits, one a group: value = high * 2**62 + low."""

    high: Ints
    low: Ints

    def to_float(self) -> Floats:
        """Return the values rounded to float64."""
        return self.high.astype(np.float64) * float(LIMB) + self.low.astype(np.float64)

    def at(self, cell: int) -> int:
        """Return the value of one cell as a Python integer."""
        return int(self.high[cell]) * LIMB + int(self.low[cell])

    def sums(self, codes: npt.NDArray[np.intp], size: int) -> list[int]:
        """Add the values by code (-1 = nowhere), exactly: 31-bit pieces never leave the integers a float64 can hold."""
        inside = codes >= 0
        at = codes[inside]
        total = [0] * size
        for limb, base in ((self.high, 62), (self.low, 0)):
            values = limb[inside]
            for piece, shift in ((values >> 31, 31), (values & (2**31 - 1), 0)):
                sums = np.bincount(at, weights=piece.astype(np.float64), minlength=size)
                total = [t + (int(s) << (base + shift)) for t, s in zip(total, sums, strict=True)]
        return total


def weight_exponent(smallest: float) -> int:
    """Return s such that weight * 2**s, rounded to an integer, keeps 1e-11 of the smallest weight."""
    return math.ceil(math.log2(0.5 / (RELATIVE * smallest)))


def outcome_exponent(largest: float, rows: int, *, squares: bool) -> int:
    """Return m such that value * 2**m fits: 53 bits as float64 has, fewer where squares of many rows are summed."""
    if largest <= 0:
        return 0
    room = SUM_BITS - max(rows, 1).bit_length()
    bits = min(53, room // 2 if squares else room)
    return bits - math.frexp(largest)[1]


def check_weight_range(
    column: str, smallest: float, largest: float, *, exponent: int, rows: int, squares: bool
) -> None:
    """Refuse in words a weight range whose exact sums would leave 128 bits."""
    bits = math.frexp(largest)[1] + exponent
    needed = (2 * bits if squares else bits) + max(rows, 1).bit_length()
    if bits <= VALUE_BITS and needed <= SUM_BITS:
        return
    raise DesignError(
        f'column "{column}": weights run from {smallest:.6g} to {largest:.6g} over {rows:,} rows - their exact sums '
        f"need {max(needed, bits + SUM_BITS - VALUE_BITS)} bits and there are {SUM_BITS}; correct the largest or the "
        "smallest weight.",
        code="FIXED_POINT_RANGE",
    )
