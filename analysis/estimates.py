"""What an estimator returns: one tidy frame, one covariance matrix, and where the numbers come from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.contrasts import Contrast, combine
from analysis.fixedpoint import Floats
from analysis.references import Reference, difference_of, rows_named

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Meta:
    """Provenance: estimator, interval, level, warnings, the fixed-point scale, digests of the sums, the SQL text.

    `weights_digest` is that of the weights of an index.
    """

    estimator: str
    ci_method: str
    conf_level: float
    warnings: tuple[str, ...]
    weight_scale_exponent: int
    totals_digest: str
    sql: str
    n_rows: int
    df_design: float
    weights_digest: str = ""


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

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of every row: its name, and its domain where there are several."""
        names, keys = self.frame["name"].astype(str), self.frame["domain_key"].astype(str)
        return tuple(name if key == "all" else f"{name}:{key}" for name, key in zip(names, keys, strict=True))

    def row(self, reference: Reference) -> int:
        """Return the number of the row that a name, a domain or a tuple of both stands for."""
        return rows_named(self.frame, [reference])[0]

    def covariance(self, first: Reference, second: Reference) -> float:
        """Return the covariance of two of the estimates."""
        return float(self.vcov[self.row(first), self.row(second)])

    def contrast(
        self, contrasts: Mapping[str, Contrast], *, level: float | None = None, df: float | None = None
    ) -> Estimates:
        """Return functions of the estimates with their standard errors: see `analysis.contrasts`."""
        level = self.meta.conf_level if level is None else level
        df = self.meta.df_design if df is None else df
        frame, vcov = combine(self.frame, self.vcov, contrasts, level=level, df=df)
        return Estimates(frame, vcov, replace(self.meta, estimator="contrast", ci_method="t", conf_level=level))

    def difference(self, first: Reference, second: Reference) -> Estimates:
        """Return the first estimate less the second, with t and p of no difference (df of the whole design)."""
        name, contrast = difference_of(self.frame, first, second)
        return self.contrast({name: contrast})

    def differences(self, reference: Reference) -> Estimates:
        """Return every other estimate of the same name less the one referred to, such as each domain less the whole."""
        base = self.row(reference)
        names = self.frame["name"]
        others = [i for i in range(len(self.frame)) if i != base and names.iloc[i] == names.iloc[base]]
        unit = np.eye(len(self.frame))
        return self.contrast({f"{self.labels[i]} - {self.labels[base]}": unit[i] - unit[base] for i in others})

    def to_json(self) -> str:
        """Return frame, covariance and provenance as one JSON text, every digit kept; NaN is null, infinity "inf"."""
        content = {
            "estimates": [{k: _plain(v) for k, v in row.items()} for row in self.frame.to_dict("records")],
            "types": {str(name): str(kind) for name, kind in self.frame.dtypes.items()},
            "vcov": [[_plain(v) for v in row] for row in self.vcov.tolist()],
            "meta": {key: _plain(value) for key, value in asdict(self.meta).items()},
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Estimates:
        """Return what `to_json` wrote."""
        import pandas as pd

        content = json.loads(text)
        frame = pd.DataFrame(content["estimates"], columns=list(content["types"]), dtype=object)
        for name, kind in content["types"].items():
            numbers = kind.startswith(("float", "int"))
            frame[name] = (frame[name].map(_number) if numbers else frame[name]).astype(kind)
        size = len(frame)
        vcov = np.array([[_number(v) for v in row] for row in content["vcov"]], dtype=np.float64)
        meta = {f.name: content["meta"][f.name] for f in fields(Meta)}
        meta |= {name: _number(meta[name]) for name in ("conf_level", "df_design")}
        meta["warnings"] = tuple(meta["warnings"])
        return cls(frame, vcov.reshape(-1, size) if vcov.size else np.empty((0, 0)), Meta(**meta))


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
