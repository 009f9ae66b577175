"""Variance of a sample drawn with unequal probabilities without replacement: Overton, Hartley-Rao, joint matrix."""

from __future__ import annotations

import numpy as np

from analysis.cells import Codes, Stage
from analysis.fixedpoint import Floats
from analysis.pps import JointProbabilities, Pps
from uptake.contract.errors import DesignError

ROUNDING = 1e-12  # a variance below zero by less than this share of its parts is zero


def pps_covariance(scores: Floats, stage: Stage, pps: Pps) -> Floats:
    """Return V (P, P) = z' D z, D_ii = 1 - pi_i, z the sums of weighted scores of the sampled units.

    Overton: D_ij = 1 - (n - (pi_i + pi_j)/2)/(n - 1); Hartley-Rao: D_ij = 1 - (n - pi_i - pi_j + p2)/(n - 1), within a
    stratum, 0 between strata; joint: D_ij = (pi_ij - pi_i pi_j)/pi_ij. Sen-Yates-Grundy takes sum_ij D_ij z_i z_i' off.
    A variance below zero, which Horvitz-Thompson's form may give, is NaN.
    """
    if pps.method == "joint":
        total = _joint(scores, stage, pps)
    else:
        total = _approximate(scores, stage, pps)
    return _refuse_negative(total, scores)


def _approximate(scores: Floats, stage: Stage, pps: Pps) -> Floats:
    """Both approximations are sums over units: with D_ij = (c (pi_i + pi_j) - b)/(n - 1) no matrix is needed."""
    assert stage.pi is not None
    parent, n = stage.parent, stage.n
    c, b = (0.5, np.ones(len(n))) if pps.method == "overton" else (1.0, 1 + _p2(stage, pps))
    between = np.where(n > 1, 1 / np.maximum(n - 1, 1), 0.0)
    usable = np.where(n > 1, 1.0, 0.0)[parent]
    own = (1 - stage.pi) * usable - between[parent] * (2 * c * stage.pi - b[parent])
    S, A = _sums(scores, parent, len(n)), _sums(scores * stage.pi[:, None], parent, len(n))
    mixed = (A * (c * between)[:, None]).T @ S
    return np.asarray((scores * own[:, None]).T @ scores + mixed + mixed.T - (S * (b * between)[:, None]).T @ S)


def _p2(stage: Stage, pps: Pps) -> Floats:
    """Return p2 by stratum: as given, or the mean of pi over the sampled units."""
    assert stage.pi is not None
    if pps.p2bar is None:
        return np.asarray(np.bincount(stage.parent, weights=stage.pi, minlength=len(stage.n)) / stage.n)
    if isinstance(pps.p2bar, float | int):
        if len(stage.n) > 1:
            raise DesignError(
                f"p2bar is one number but there are {len(stage.n)} strata - each has its own sum of squared "
                "probabilities; give a mapping from the stratum to its number.",
                code="PPS_P2BAR",
            )
        return np.array([float(pps.p2bar)])
    known = {str(key): float(value) for key, value in pps.p2bar.items()}
    lost = [label for label in stage.labels if label not in known]
    if lost:
        raise DesignError(
            f'p2bar has no number for stratum "{lost[0]}" - Hartley-Rao needs one a stratum; add it.', code="PPS_P2BAR"
        )
    return np.array([known[label] for label in stage.labels])


def _joint(scores: Floats, stage: Stage, pps: Pps) -> Floats:
    assert pps.joint is not None
    pi = _of_units(stage, pps.joint)
    own = np.diag(pi)
    delta = (pi - np.outer(own, own)) / pi
    delta[np.abs(delta) < pps.tolerance] = 0.0
    total = scores.T @ delta @ scores
    if pps.variance == "YG":
        total = total - (scores * delta.sum(axis=1)[:, None]).T @ scores
    return np.asarray((total + total.T) / 2)


def _of_units(stage: Stage, joint: JointProbabilities) -> Floats:
    """Return the matrix in the order of the sampled units, after a look at its diagonal."""
    at = joint.places([stage.names[i] for i in range(len(stage.parent))])
    matrix = joint.matrix[np.ix_(at, at)]
    if stage.pi is not None:
        away = np.abs(np.diag(matrix) - stage.pi)
        i = int(np.argmax(away))
        if away[i] > 1e-6 * stage.pi[i]:
            raise DesignError(
                f'the joint matrix has {matrix[i, i]:.6g} on its diagonal for unit "{stage.names[i]}", whose inclusion '
                f"probability is {stage.pi[i]:.6g} - they are one and the same number; give the matrix of this sample, "
                "in the order of its rows or with ids.",
                code="JOINT_DIAGONAL",
            )
    return np.asarray(matrix)


def _refuse_negative(total: Floats, scores: Floats) -> Floats:
    """A variance below zero says nothing: NaN, unless it is rounding."""
    parts = np.einsum("ij,ij->j", scores, scores)
    diagonal = np.diag(total).copy()
    bad = diagonal < -ROUNDING * parts
    total[np.diag_indices_from(total)] = np.where(diagonal < 0, 0.0, diagonal)
    total[bad, :], total[:, bad] = np.nan, np.nan
    return total


def _sums(values: Floats, code: Codes, size: int) -> Floats:
    sums = np.zeros((size, values.shape[1]))
    np.add.at(sums, code, values)
    return sums
