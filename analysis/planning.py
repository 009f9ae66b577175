"""Share a sample among strata: proportional, power or Neyman allocation within bounds, in whole units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.plan import Allocation
from uptake.contract.errors import DesignError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum before drawing: its key, its codes by strata column, its frame count, whether all of it is taken."""

    key: str
    codes: tuple[tuple[str, str], ...]
    N_h: int
    take_all: bool


def allocate(strata: Sequence[Stratum], rule: Allocation | None, *, n: int, min_n_h: int) -> dict[str, int]:
    """Share `n` units among strata.

    n_h is proportional to N_h (proportional), N_h^power (power) or N_h sqrt(p_h (1 - p_h)) (neyman), and
    min(min_n_h, N_h) <= n_h <= N_h; take-all strata get N_h first. Shares are rounded to whole units by largest
    remainder, ties by stratum key, so that they add up to exactly n.

    It does not look at costs or at several indicators at once.

    strata: one entry a stratum; rule: None means proportional; n: units in all, take-all included; min_n_h: units.
    Returns n_h by stratum key. Raises DesignError when n is below what take-all and the minima need, or above
    the frame.

    >>> allocate([Stratum("1", (), 10, True), Stratum("2", (), 90, False)], None, n=40, min_n_h=2)
    {'1': 10, '2': 30}
    """
    upper = np.array([stratum.N_h for stratum in strata], dtype=np.int64)
    whole = np.array([stratum.take_all for stratum in strata])
    lower = np.where(whole, upper, np.minimum(min_n_h, upper))
    _refuse_impossible(n, lower=int(lower.sum()), upper=int(upper.sum()), taken=int(upper[whole].sum()))
    sizes = np.array([_size(stratum, rule) for stratum in strata], dtype=np.float64)
    shares = _bounded_shares(sizes, lower.astype(float), upper.astype(float), float(n))
    order = [stratum.key for stratum in strata]
    return dict(zip(order, whole_units(shares, upper, n, order).tolist(), strict=True))


def _refuse_impossible(n: int, *, lower: int, upper: int, taken: int) -> None:
    if n < lower:
        raise DesignError(
            f"design.yaml: a sample of n = {n} is too small: {taken} units are take-all and the minima of the other"
            f" strata need {lower - taken} more. Raise n to at least {lower}, lower min_n_h, or take fewer whole.",
            code="n_below_minimum",
        )
    if n > upper:
        raise DesignError(
            f"design.yaml: a sample of n = {n} is larger than the frame, which has {upper} units. Lower n.",
            code="n_above_frame",
        )


def _size(stratum: Stratum, rule: Allocation | None) -> float:
    if rule is None or rule.rule == "proportional":
        return float(stratum.N_h)
    if rule.rule == "power":
        return float(stratum.N_h**rule.power)
    p = _planning_proportion(stratum, rule)
    return float(stratum.N_h) * float(np.sqrt(p * (1 - p)))


def _planning_proportion(stratum: Stratum, rule: Allocation) -> float:
    codes, planned = dict(stratum.codes), rule.p or {}
    code = codes.get(rule.column or "")
    if code is None:
        raise DesignError(
            f'{rule.place}: the Neyman rule plans by "{rule.column}", which is not one of the strata columns'
            f" {', '.join(codes)}, so a stratum has no one proportion. Plan by one of them.",
            code="allocation_column",
        )
    if code not in planned:
        raise DesignError(
            f'{rule.place}: no planning proportion is given for {rule.column} "{code}" (stratum {stratum.key}).'
            " Add it under p.",
            code="allocation_value",
        )
    return planned[code]


def _bounded_shares(sizes: Floats, lower: Floats, upper: Floats, n: float) -> Floats:
    """Solve sum(clip(c * sizes, lower, upper)) = n for c: fix what is out of bounds, share the rest, repeat."""
    low, high = 0.0, float(np.max(upper / np.where(sizes > 0, sizes, 1.0))) + 1.0
    for _ in range(200):  # bisection on a monotone function: 200 halvings leave no error a share could show
        middle = (low + high) / 2
        if float(np.clip(middle * sizes, lower, upper).sum()) < n:
            low = middle
        else:
            high = middle
    return np.clip(high * sizes, lower, upper)


def whole_units(shares: Floats, upper: Counts, n: int, keys: Sequence[str]) -> Counts:
    """Round shares to whole units by largest remainder, ties by key, so that they add up to n."""
    floors = np.floor(shares + 1e-9).astype(np.int64)
    remainders = np.where(floors < upper, shares - floors, -1.0)
    # Rounded, so that equal remainders tie whatever the last bit, and the key decides.
    order = sorted(range(len(keys)), key=lambda h: (-round(float(remainders[h]), 9), keys[h]))
    for h in order[: n - int(floors.sum())]:
        floors[h] += 1
    return floors
