"""What an estimator returns: one tidy frame, one covariance matrix, and where the numbers come from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from analysis.fixedpoint import Floats

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Meta:
    """Provenance: estimator, interval, level, warnings, the fixed-point scale, digests of the sums, the SQL text."""

    estimator: str
    ci_method: str
    conf_level: float
    warnings: tuple[str, ...]
    weight_scale_exponent: int
    totals_digest: str
    sql: str
    n_rows: int
    df_design: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates with their covariance: row i of `frame` is row and column i of `vcov`.

    `frame` has name, domain_by, domain_key, the columns of `by`, estimate, se, ci_low, ci_high, conf_level, ci_method,
    df, n, n_rows, n_eff, deff, deff_wr, cv, n_population and reason. Where a number cannot be given it is NaN and
    `reason` says why.
    """

    frame: DataFrame
    vcov: Floats
    meta: Meta

    def to_json(self) -> str:
        """Return frame, covariance and provenance as one JSON text."""
        frame = json.loads(self.frame.to_json(orient="records", double_precision=15))
        return json.dumps(
            {"estimates": frame, "vcov": self.vcov.tolist(), "meta": asdict(self.meta)}, ensure_ascii=False
        )
