"""Replicate factors made here: what multiplies the weights of each PSU in each replicate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.fixedpoint import Floats

UNIT = "up__unit"  # the column that numbers the rows where every row is its own PSU

Label = tuple[object, ...]  # (stratum, psu), or (psu,) without strata


@dataclass(frozen=True, slots=True, eq=False)
class ReplicateFactors:
    """V = scale * sum_r rscales_r (theta_r - centre)^2 over replicates whose weights are weight * factor.

    `factors` (U, R) has a row for each sampled PSU, `place` tells which; every row of a PSU has the same factor. `mse`
    True centres at the full-sample estimate, False at the mean of the replicates. `df` overrides the rank of the
    replicate weights minus one.
    """

    method: str
    factors: Floats
    place: Mapping[Label, int]
    scale: float
    rscales: Floats
    mse: bool = True
    rho: float | None = None
    seed: int | None = None
    df: float | None = None

    @property
    def replicates(self) -> int:
        """How many replicates there are."""
        return int(self.factors.shape[1])
