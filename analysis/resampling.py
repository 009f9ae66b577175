"""Replicate factors made from a design: jackknife, balanced half-samples, bootstrap, successive differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.cells import Codes, Stage
from analysis.design import LonelyRule
from analysis.fixedpoint import Floats
from analysis.hadamard import hadamard


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Factors (units, R) that multiply the weights of a unit's rows; V = scale * sum_r rscales_r (theta_r - c)^2."""

    factors: Floats
    scale: float
    rscales: Floats


def jackknife(stage: Stage, rule: LonelyRule) -> Resampled:
    """Drop one PSU at a time: factor 0 for it, n_h/(n_h-1) for the others of its stratum, 1 elsewhere.

    rscales = (1-f_h)(n_h-1)/n_h. Strata sampled whole make no replicate. Strata with one of several PSUs follow the
    rule: certainty and remove none; average none, and scale = strata/usable strata; adjust one replicate in which the
    PSU loses its weight and all PSUs share it, theta_r - theta = -(z - zbar), with rscales 1-f_h.
    """
    parent, n, left = stage.parent, stage.n, 1 - stage.fraction
    dropped = np.flatnonzero(((n > 1) & (left > 0))[parent])
    alone = np.flatnonzero(((n == 1) & (left > 0))[parent]) if rule == "adjust" else np.empty(0, dtype=np.intp)
    factors = np.ones((len(parent), len(dropped) + len(alone)))
    own = parent[:, None] == parent[dropped][None, :]
    factors[:, : len(dropped)] = np.where(own, (n / np.maximum(n - 1, 1))[parent][:, None], 1.0)
    factors[dropped, np.arange(len(dropped))] = 0.0
    factors[:, len(dropped) :] = 1 + 1 / len(parent)
    factors[alone, len(dropped) + np.arange(len(alone))] -= 1
    rscales = np.concatenate([(left * (n - 1) / n)[parent[dropped]], left[parent[alone]]])
    return Resampled(factors, _average(stage, rule), rscales)


def half_samples(stage: Stage, rho: float, least: int) -> Resampled:
    """Balanced half-samples: one PSU of each stratum of two gets 2 - rho, the other rho, as a Hadamard matrix says.

    scale = 1/(R (1-rho)^2). Each stratum has a column of its own, never the constant one, so the mean of the replicate
    totals is the total. Strata without exactly two PSUs keep the factor 1.
    """
    paired = np.flatnonzero((stage.n == 2) & (stage.fraction < 1))
    signs = hadamard(max(len(paired) + 1, least)).astype(np.float64)
    column = np.zeros(len(stage.n), dtype=np.intp)
    column[paired] = 1 + np.arange(len(paired))
    side, members = np.zeros(len(stage.parent)), _members(stage)
    for h in paired:
        side[members[h]] = (1.0, -1.0)
    factors = 1 + (1 - rho) * side[:, None] * signs[:, column[stage.parent]].T
    replicates = factors.shape[1]
    return Resampled(factors, 1 / (replicates * (1 - rho) ** 2), np.ones(replicates))


def rao_wu(stage: Stage, replicates: int, seed: int) -> Resampled:
    """Rescaled bootstrap: m_h = n_h - 1 draws with replacement, factor 1 - l_h + l_h (n_h/m_h) r_hi.

    l_h = sqrt(m_h (1-f_h)/(n_h-1)) = sqrt(1-f_h); scale = 1/R. Strata follow each other in the order of their labels on
    one stream of the generator PCG64, so a seed means the same replicates for any order of the rows.
    """
    random = np.random.default_rng(seed)
    factors = np.ones((len(stage.parent), replicates))
    members = _members(stage)
    for h in np.flatnonzero((stage.n > 1) & (stage.fraction < 1)):
        n = int(stage.n[h])
        drawn = (random.random((replicates, n - 1)) * n).astype(np.int64)
        times = np.bincount((drawn + n * np.arange(replicates)[:, None]).ravel(), minlength=n * replicates)
        share = np.sqrt(1 - stage.fraction[h])
        factors[members[h]] = 1 - share + share * n / (n - 1) * times.reshape(replicates, n).T
    return Resampled(factors, 1 / replicates, np.ones(replicates))


def successive_differences(stage: Stage, order: Floats, least: int) -> Resampled:
    """Successive differences in the order the sample was drawn in, closed to a ring within each stratum.

    factor = 1 + 2^(-3/2) sqrt(1-f_h) (a_ir - a_jr), a rows of a Hadamard matrix and j the next PSU of the ring;
    scale = 4/R. With at least as many rows as PSUs, V of a total is sum_h (1-f_h)/2 sum_i (z_i - z_next)^2; with fewer,
    rows are used again and V is that only on average.
    """
    signs = hadamard(least).astype(np.float64)
    ring = np.lexsort((order, stage.parent))
    following = _next_in_ring(stage, ring)
    row = np.empty(len(ring), dtype=np.intp)
    row[ring] = 1 + np.arange(len(ring)) % (len(signs) - 1)
    away = np.sqrt(1 - stage.fraction)[stage.parent] * (stage.n > 1)[stage.parent]
    factors = 1 + 2**-1.5 * away[:, None] * (signs[row] - signs[row[following]])
    return Resampled(factors, 4 / len(signs), np.ones(len(signs)))


def _next_in_ring(stage: Stage, ring: Codes) -> Codes:
    """Return for each PSU the one that follows it in its stratum, the first for the last."""
    following = np.empty(len(ring), dtype=np.intp)
    following[ring[:-1]] = ring[1:]
    last = np.flatnonzero(np.append(np.diff(stage.parent[ring]) != 0, True))
    first = np.append(0, last[:-1] + 1)
    following[ring[last]] = ring[first]
    return following


def _members(stage: Stage) -> list[Codes]:
    """Return the PSUs of each stratum, in their order."""
    order = np.argsort(stage.parent, kind="stable")
    return np.split(order, np.searchsorted(stage.parent[order], np.arange(1, len(stage.n))))


def _average(stage: Stage, rule: LonelyRule) -> float:
    alone = (stage.n == 1) & (stage.fraction < 1)
    return len(stage.n) / float((~alone).sum()) if rule == "average" and alone.any() else 1.0
