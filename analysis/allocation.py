"""Plan a sample: how many units in all, how many in each stratum, with which probability each unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from analysis.bethel import bethel_shares
from analysis.fixedpoint import Floats
from analysis.planning import whole_units
from uptake.contract.errors import DesignError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

Method = Literal["proportional", "neyman", "optimal-cost", "power", "bethel"]


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many units a proportion needs: from an infinite population, from this one (real-valued), in whole units."""

    n_infinite: float
    n: float
    n_ceiling: int


@dataclass(frozen=True, slots=True)
class Precision:
    """A total whose coefficient of variation is to be at most `cv`: a 0/1 column `p`, or columns `mean` and `sd`."""

    cv: float
    p: str | None = None
    mean: str | None = None
    sd: str | None = None

    def __post_init__(self) -> None:
        if not self.cv > 0 or (self.p is None) == (self.mean is None or self.sd is None):
            raise DesignError(
                f"a precision has the cv {self.cv} and p={self.p}, mean={self.mean}, sd={self.sd} - it needs a cv "
                "above zero and either p or both mean and sd; correct it.",
                code="PRECISION",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Allocated:
    """Strata with their shares of the sample.

    `frame` is the frame of strata with `n_real` (as computed), `n_h` (whole units, adding up to n or, with `bethel`,
    each rounded up) and `take_all`; `cost` the sum of cost times n_real; `precision` one row a variable with `variance`
    and `cv` of its estimated total at n_real (NaN where no mean is known).
    """

    frame: DataFrame
    cost: float
    precision: DataFrame


def sample_size_proportion(
    p: float, half_width: float, *, deff: float = 1.0, N: float | None = None, level: float = 0.95,
    response_rate: float = 1.0,
) -> SampleSize:  # fmt: skip
    """Return how many units a proportion needs for an interval of p -/+ half_width.

    n0 = deff z^2 p (1 - p) / e^2, n = n0 / (1 + (n0 - 1)/N), both over the response rate.

    It uses the normal interval, which is too narrow near 0 and 1: at p = 0.9 plan a few units more.

    p: expected share; half_width: of the interval, as a share; deff: design effect; N: units of the population; level:
    of confidence; response_rate: share of the drawn that answer. Raises DesignError for numbers that cannot be.

    >>> sample_size_proportion(0.5, 0.03).n_ceiling
    1068
    """
    from scipy.special import ndtri

    if not (0 < p < 1 and 0 < half_width < 1 and deff > 0 and 0 < level < 1 and 0 < response_rate <= 1):
        raise DesignError(
            f"p {p}, half_width {half_width}, deff {deff}, level {level}, response_rate {response_rate} - shares lie "
            "between 0 and 1 and a design effect above 0; correct the one that does not.",
            code="SAMPLE_SIZE_INPUT",
        )
    if N is not None and not N >= 1:
        raise DesignError(f"N is {N} - a population has at least one unit; correct it.", code="SAMPLE_SIZE_INPUT")
    z = float(ndtri((1 + level) / 2))
    infinite = deff * z**2 * p * (1 - p) / half_width**2
    finite = infinite if N is None else infinite / (1 + (infinite - 1) / N)
    infinite, finite = infinite / response_rate, finite / response_rate
    whole = math.ceil(finite - 1e-9)
    if N is not None and whole > N:
        raise DesignError(
            f"{whole:,} units would have to be drawn and there are {N:,.0f} - this precision cannot be had "
            "at this response rate; widen half_width.",
            code="N_ABOVE_FRAME",
        )
    return SampleSize(infinite, finite, whole)


def allocate(
    frame: DataFrame, *, n: int | None = None, method: Method = "proportional", N: str = "N", sd: str | None = None,
    p: str | None = None, mean: str | None = None, cost: str | None = None, power: float = 0.5,
    precision: Sequence[Precision] = (), min_n: float = 0, cap: bool = True,
) -> Allocated:  # fmt: skip
    """Share a sample among strata.

    n_h proportional to N_h (proportional), N_h S_h (neyman), N_h S_h / sqrt(c_h) (optimal-cost), (N_h mean_h)^power
    (power); bethel: the cheapest n_h with sum_h N_h^2 S_hj^2 (1/n_h - 1/N_h) <= (cv_j Y_j)^2 for every variable j.
    Bounds: strata above N_h are fixed at N_h, then those below min_n at min_n, and the rest is shared anew.

    It plans with what is believed of the strata: where the S_h are wrong the variance is larger than planned.

    frame: one row a stratum; N: the column of its units; sd, or p (S_h^2 = p (1 - p) N/(N - 1)): the column of the
    outcome; mean: with power, and for the cv of sd; cost: the column of the cost of a unit, else 1; precision: the
    demands of bethel; n: units in all (not with bethel); min_n: units a stratum at least; cap: n_h <= N_h.
    Returns Allocated. Raises DesignError. Agrees with the reference's closed forms to 1e-9, bethel to 1e-4.

    >>> import pandas as pd
    >>> strata = pd.DataFrame({"N": [900, 100], "p": [0.5, 0.1]})
    >>> allocate(strata, n=100, method="neyman", p="p").frame["n_h"].tolist()
    [94, 6]
    """
    _refuse_method(method, n, precision)
    counts = _column(frame, N, above=0)
    costs = np.ones(len(counts)) if cost is None else _column(frame, cost, above=0)
    demands = list(precision) or _demand(p, mean, sd)
    spreads = [_spread(frame, counts, demand) for demand in demands]
    upper = counts if cap else np.full(len(counts), np.inf)
    lower = np.minimum(float(min_n), counts)
    if method == "bethel":
        limits = [demand.cv * total for demand, (_, total) in zip(demands, spreads, strict=True)]
        real = bethel_shares(counts, [s for s, _ in spreads], limits, costs, (lower, upper))
        whole = np.ceil(real - 1e-9).astype(np.int64)
    else:
        sizes = _sizes(frame, method, counts, costs=costs, spreads=[s for s, _ in spreads], mean=mean, power=power)
        real = _bounded(sizes, float(n or 0), lower, upper)
        top = np.where(np.isinf(upper), n or 0, upper).astype(np.int64)
        whole = whole_units(real, top, n or 0, [f"{h:09d}" for h in range(len(counts))])
    made = frame.assign(n_real=real, n_h=whole, take_all=(real >= counts) & (counts > 0))
    return Allocated(made, float((costs * real).sum()), _reached(demands, spreads, counts, real))


def inclusion_probabilities(size: Sequence[float], n: int) -> Floats:
    """Return probabilities proportional to size: pi = n x / sum x, units with pi >= 1 set to 1 and removed, repeatedly.

    A unit of size 0 would never be drawn, so the frame would not be covered: refused. Agrees with R's
    sampling::inclusionprobabilities to 1e-9.

    >>> inclusion_probabilities([1, 2, 7], 2).round(4).tolist()
    [0.3333, 0.6667, 1.0]
    """
    x = np.asarray(size, dtype=np.float64)
    if not (x > 0).all() or not np.isfinite(x).all():
        row = int(np.flatnonzero(~((x > 0) & np.isfinite(x)))[0])
        raise DesignError(
            f"the size of unit {row + 1} is {x[row]:g} - it could never be drawn, and the frame would not be covered; "
            "give it a size above zero, or take it out on purpose.",
            code="SIZE_NOT_ABOVE_ZERO",
        )
    if not 0 < n <= len(x):
        raise DesignError(f"n is {n} and the frame has {len(x)} units - draw between 1 and all.", code="N_ABOVE_FRAME")
    pi, free = np.ones(len(x)), np.ones(len(x), dtype=bool)
    while free.any():
        share = (n - (~free).sum()) * x[free] / x[free].sum()
        pi[free] = np.minimum(share, 1.0)
        if not (share >= 1).any():
            break
        free[np.flatnonzero(free)[share >= 1]] = False
    return pi


def _refuse_method(method: str, n: int | None, precision: Sequence[Precision]) -> None:
    if method not in get_args(Method):
        known = get_args(Method)
        raise DesignError(
            f'method "{method}" shares no sample - choose one of {", ".join(known)}.{did_you_mean(method, known)}',
            code="ALLOCATION_METHOD",
        )
    if (method == "bethel") != (n is None) or (method == "bethel" and not precision):
        raise DesignError(
            f"method {method} was given n = {n} and {len(precision)} precisions - bethel finds n from precisions, the "
            "others share a given n; give what the method needs.",
            code="ALLOCATION_INPUT",
        )


def _column(frame: DataFrame, name: str, *, above: float | None = None) -> Floats:
    if name not in frame.columns:
        known = [str(c) for c in frame.columns]
        raise DesignError(
            f'the frame of strata has no column "{name}".{did_you_mean(name, known)} It has: {", ".join(known)}.',
            code="COLUMN_NOT_FOUND",
        )
    values = frame[name].to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values) | ((values <= above) if above is not None else (values < 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DesignError(
            f'column "{name}", row {row + 1}: {values[row]:g} - no stratum can be planned with it; correct the value.',
            code="ALLOCATION_VALUE",
        )
    return np.asarray(values)


def _demand(p: str | None, mean: str | None, sd: str | None) -> list[Precision]:
    if p is not None:
        return [Precision(1.0, p=p)]
    return [Precision(1.0, mean=mean or sd, sd=sd)] if sd is not None else []


def _spread(frame: DataFrame, counts: Floats, demand: Precision) -> tuple[Floats, float]:
    """Return S_h and the population total of one variable (NaN where its means are not known)."""
    if demand.p is not None:
        p = _column(frame, demand.p)
        if (p > 1).any():
            raise DesignError(
                f'column "{demand.p}" holds {p.max():g} - a share is at most 1; correct it.', code="ALLOCATION_VALUE"
            )
        return np.sqrt(p * (1 - p) * counts / np.maximum(counts - 1, 1)), float((counts * p).sum())
    known = demand.mean != demand.sd
    total = float((counts * _column(frame, demand.mean or "")).sum()) if known else math.nan
    return _column(frame, demand.sd or ""), total


def _sizes(
    frame: DataFrame, method: Method, counts: Floats, *, costs: Floats, spreads: Sequence[Floats], mean: str | None,
    power: float,
) -> Floats:  # fmt: skip
    if method == "proportional":
        return counts
    if method == "power":
        return np.asarray((counts * (1.0 if mean is None else _column(frame, mean))) ** power)
    if not spreads:
        raise DesignError(f"method {method} needs the spread of an outcome - name sd or p.", code="ALLOCATION_INPUT")
    return np.asarray(counts * spreads[0] / (np.sqrt(costs) if method == "optimal-cost" else 1.0))


def _bounded(sizes: Floats, n: float, lower: Floats, upper: Floats) -> Floats:
    """Share n in proportion to sizes; fix strata above their upper bound, then those below the lower one; repeat."""
    if not lower.sum() <= n <= upper.sum():
        raise DesignError(
            f"n is {n:g}, the minima of the strata need {lower.sum():g} and all strata have {upper.sum():g} units - "
            "no allocation fits; change n or min_n.",
            code="N_OUT_OF_BOUNDS",
        )
    shares = np.full(len(sizes), np.nan)
    while (free := np.isnan(shares)).any():
        total = sizes[free].sum()
        left = n - np.nansum(shares)
        found = np.where(free, left * sizes / total if total > 0 else left / free.sum(), np.nan)
        over, under = free & (found > upper + 1e-12), free & (found < lower - 1e-12)
        if over.any():
            shares[over] = upper[over]
        elif under.any():
            shares[under] = lower[under]
        else:
            return np.where(free, found, shares)
    return shares


def _reached(
    demands: Sequence[Precision], spreads: Sequence[tuple[Floats, float]], counts: Floats, n: Floats
) -> DataFrame:
    import pandas as pd

    rows: list[Mapping[str, object]] = []
    for demand, (spread, total) in zip(demands, spreads, strict=True):
        sampled = (n < counts) & (spread > 0)
        variance = float(((counts * spread) ** 2)[sampled] @ (1 / n[sampled] - 1 / counts[sampled]))
        cv = math.sqrt(variance) / total if total else math.nan
        rows.append({"variable": demand.p or demand.sd, "variance": variance, "cv": cv})
    return pd.DataFrame(rows, columns=["variable", "variance", "cv"])
