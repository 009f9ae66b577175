"""Weighting steps: what each adjustment of the weights did, so that variance and replicates can do it again.

A survey whose weights were adjusted carries `survey.steps`, frozen values in the order in which they were applied. Each
of them can do three things with rows read by `analysis.microdata.read_rows` (`rows.raw` holds the columns they name):

- `apply(weights, raw)`: the adjustment itself, for weights (n, R) - the survey's own or R replicates - giving weights
  (n, R). `repeat(survey.steps, weights, rows.raw)` does all of them; a replicate is re-adjusted in the same way.
- `residual(scores, raw)`: scores z = w u (n, P), w the FINAL weights, as they are after the step's known totals have
  taken their part: z - w_s x'B, B = (sum d x x')^-1 sum x z / g, with d the weights before the step, g its factor and
  w_s = d g (Deville and Saerndal 1992). The last step comes first, so that totals which the weights hit have score 0.
- `phase(scores, raw)`: scores (n, P) whose squares add a second phase of random response, or None.

The rows of nonrespondents stay, with weight 0 after their step, where the response phase is part of the variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analysis.cells import Codes, combined, factorize
from analysis.fixedpoint import Floats

Raw = Mapping[str, npt.NDArray[Any]]  # SQL text of a column -> its values, masked where NULL


class Step(Protocol):
    """One adjustment of the weights; see the text of this module."""

    @property
    def factor(self) -> str:
        """The name of the column that holds the factor of each row."""

    @property
    def before(self) -> str:
        """The SQL of the weight before the step."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of every column that the step must know of a row."""

    @property
    def in_variance(self) -> bool:
        """Whether the variance is other than with weights taken as given."""

    def apply(self, weights: Floats, raw: Raw) -> Floats:
        """Return the adjusted weights (n, R)."""

    def residual(self, scores: Floats, raw: Raw) -> Floats:
        """Return the scores (n, P) less what the step's known totals explain."""

    def phase(self, scores: Floats, raw: Raw) -> Floats | None:
        """Return the scores (n, P) of a second phase of sampling, None without one."""


def repeat(steps: Sequence[Step], weights: Floats, raw: Raw) -> Floats:
    """Return weights (n, R) with every step applied to them, in order."""
    for step in steps:
        weights = step.apply(weights, raw)
    return weights


def residuals(steps: Sequence[Step], scores: Floats, raw: Raw) -> tuple[Floats, list[Floats]]:
    """Return the scores (n, P) after all steps, the last first, and those of every response phase."""
    phases = []
    for step in reversed(steps):
        found = step.phase(scores, raw)
        phases += [] if found is None else [found]
        scores = step.residual(scores, raw)
    return scores, phases


def numbers(raw: Raw, sql: str) -> Floats:
    """Return a column as float64, NaN where NULL."""
    return np.asarray(np.ma.filled(np.ma.asarray(raw[sql]).astype(np.float64), np.nan), dtype=np.float64)


def codes(raw: Raw, columns: Sequence[str]) -> tuple[Codes, list[tuple[object, ...]]]:
    """Return one code for each row's values of some columns (-1 where one is NULL) and the values of each code."""
    code = np.zeros(len(raw[columns[0]]), dtype=np.intp)
    labels: list[tuple[object, ...]] = [()]
    for column in columns:
        own, values = factorize(raw[column])
        code, before, value = combined(code, own)
        labels = [(*labels[b], values[v]) for b, v in zip(before, value, strict=True)]
    return code, labels


def sums_by(code: Codes, values: Floats, size: int) -> Floats:
    """Add rows (n, K) by code, in row order: (size, K); rows of code -1 count nowhere."""
    inside = code >= 0
    columns = [np.bincount(code[inside], weights=values[inside, j], minlength=size) for j in range(values.shape[1])]
    return np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((size, 0))


def over(top: Floats, bottom: Floats) -> Floats:
    """Return top / bottom, 0 where the bottom is 0 or unknown (a row without weight has no part in a sum)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        made = top / bottom
    return np.where((bottom == 0) | np.isnan(bottom), 0.0, made)
