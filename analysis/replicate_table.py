"""Replicate weights as a table: to look at them, to keep them beside the data, to hand them to another program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.design import ReplicateType, ReplicateWeights
from analysis.fixedpoint import Floats
from analysis.microdata import read_rows
from analysis.replicate_factors import UNIT, ReplicateFactors
from analysis.replicates import multipliers, rank, replicate_weights
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.survey import Survey

_TYPES: dict[str, ReplicateType] = {
    "brr": "BRR", "fay": "Fay", "jk1": "JK1", "jkn": "JKn", "rao-wu": "bootstrap", "sdr": "SDR",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ReplicateTable:
    """Replicate weights with all that a variance needs to know of them.

    `frame` has a row for each row of the survey: the columns that identify it (unit id, strata, PSU), `weight`, and
    `replicate_1` ... `replicate_R`, re-adjusted through all weighting steps. V = scale * sum_r rscales_r
    (theta_r - c)^2, c the full-sample estimate if `mse`; `df` is the rank of the weights minus one.
    """

    frame: DataFrame
    type: ReplicateType
    scale: float
    rscales: Floats
    mse: bool
    rho: float | None
    df: float

    @property
    def declaration(self) -> ReplicateWeights:
        """What a `SurveyDesign` says of these columns once they stand beside the data."""
        return ReplicateWeights(
            self.type, prefix="replicate_", scale=self.scale, rscales=tuple(self.rscales.tolist()), rho=self.rho,
            mse=self.mse, df=self.df,
        )  # fmt: skip


def replicate_table(survey: Survey) -> ReplicateTable:
    """Return the replicate weights of a survey; see `Survey.replicate_weights`."""
    import pandas as pd

    made, design = survey.design.replicates, survey.design
    if made is None:
        raise DesignError(
            "the survey has no replicates - make them with replicate(), or declare those of the data.",
            code="NO_REPLICATES",
        )
    named = (design.wave, design.unit_id, *design.stage_strata[:1], *design.ids[:1])
    keys = tuple(dict.fromkeys(name for name in named if name is not None and name != UNIT))
    rows = read_rows(survey, {}, by=keys)
    weights = replicate_weights(survey, rows)
    by = multipliers(design, weights.shape[1])
    df = made.df if made.df is not None else rank(weights[rows.weight != 0]) - 1.0
    columns = {key: rows.column(f"up__by_{key}") for key in keys} | {"weight": rows.weight}
    columns |= {f"replicate_{r + 1}": weights[:, r] for r in range(weights.shape[1])}
    kind = _TYPES[made.method] if isinstance(made, ReplicateFactors) else made.type
    return ReplicateTable(pd.DataFrame(columns), kind, by.scale, np.asarray(by.rscales), by.mse, made.rho, float(df))
