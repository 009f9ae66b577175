"""How a sample with unequal probabilities was drawn: the method of its variance, and joint inclusion probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from analysis.fixedpoint import Floats
from uptake.contract.errors import DesignError

PpsMethod = Literal["brewer", "overton", "hartley_rao", "joint"]
_METHODS = ("brewer", "overton", "hartley_rao", "joint")
SYMMETRIC = 1e-8  # relative; matrices that were computed differ in their last digits


@dataclass(frozen=True, slots=True)
class JointProbabilities:
    """Joint inclusion probabilities pi_ij, pi_i on the diagonal; `ids` of its rows, none = in the order of the data."""

    matrix: Floats
    ids: tuple[str, ...] = ()

    def places(self, units: Sequence[object]) -> list[int]:
        """Return the row of the matrix that belongs to each unit; without ids units are numbered from 1."""
        known = {name: i for i, name in enumerate(self.ids)} if self.ids else None
        if known is None:
            return [int(str(unit)) - 1 for unit in units]
        lost = [unit for unit in units if str(unit) not in known]
        if lost:
            raise DesignError(
                f'the joint matrix has no row for unit "{lost[0]}" - every sampled unit needs its joint probabilities; '
                "add it, or correct its id.",
                code="JOINT_UNIT_MISSING",
            )
        return [known[str(unit)] for unit in units]


@dataclass(frozen=True, slots=True)
class Pps:
    """Probabilities proportional to size without replacement; the design's `fpc` (or `probabilities`) holds pi_i.

    Brewer: V = sum_h n/(n-1) sum_i (1 - pi_i)(z_i - zbar)^2, at any stage. Overton and Hartley-Rao approximate the
    joint probabilities from pi; `p2bar` = sum over the population of pi^2 / n, by stratum (a mapping), by default the
    sample mean of pi. Joint: `joint` is the matrix itself, an array or a CSV file without header in the order of the
    rows, or a frame (or CSV file) whose index and columns are the ids of the units, so that the order of rows cannot
    matter; `variance` is "HT" (Horvitz-Thompson, may be negative: NaN with a reason) or "YG" (Sen-Yates-Grundy).
    Entries of (pi_ij - pi_i pi_j)/pi_ij below `tolerance` count as 0.

    What it does not cover: an approximation is none of the drawing procedure itself; for systematic samples from an
    ordered list all of them tend to be too large. Raises DesignError where the matrix cannot be one of probabilities.
    """

    method: PpsMethod
    joint: Any = field(default=None, compare=False, repr=False)
    variance: Literal["HT", "YG"] = "HT"
    p2bar: float | Mapping[str, float] | None = field(default=None, hash=False)
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise DesignError(
                f'pps is of method "{self.method}", which is not known - choose one of {", ".join(_METHODS)}.',
                code="PPS_METHOD",
            )
        if self.variance not in ("HT", "YG"):
            raise DesignError(f'pps has the variance "{self.variance}" - choose HT or YG.', code="PPS_VARIANCE")
        if (self.method == "joint") != (self.joint is not None):
            raise DesignError(
                'joint probabilities belong to the method "joint" and it needs them - '
                + ('give joint=, or use "brewer".' if self.method == "joint" else "leave joint= out."),
                code="PPS_JOINT",
            )
        if self.joint is not None and not isinstance(self.joint, JointProbabilities):
            object.__setattr__(self, "joint", read_joint(self.joint))


def read_joint(given: object) -> JointProbabilities:
    """Return joint probabilities from an array, a frame or a CSV file, or refuse what cannot be a matrix of them."""
    matrix, ids = _read(given)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise DesignError(
            f"the joint matrix is {' x '.join(map(str, matrix.shape))} - it has one row and one column a unit; "
            "give the square matrix of the sampled units.",
            code="JOINT_NOT_SQUARE",
        )
    _refuse_impossible(matrix, ids)
    matrix.setflags(write=False)
    return JointProbabilities(matrix, ids)


def _read(given: object) -> tuple[Floats, tuple[str, ...]]:
    if isinstance(given, str | Path):
        return _file(Path(given))
    if hasattr(given, "iloc"):
        return _frame(given)
    return np.array(given, dtype=np.float64), ()


def _file(path: Path) -> tuple[Floats, tuple[str, ...]]:
    import pandas as pd

    if not path.exists():
        says = f"{path}: there is no such file - name the CSV file of joint probabilities."
        raise DesignError(says, code="PPS_JOINT")
    plain = pd.read_csv(path, header=None)
    if all(kind.kind in "fi" for kind in plain.dtypes):
        return plain.to_numpy(dtype=np.float64), ()
    return _frame(pd.read_csv(path, index_col=0, dtype={0: str}))


def _frame(frame: Any) -> tuple[Floats, tuple[str, ...]]:
    rows, columns = [str(v) for v in frame.index], [str(v) for v in frame.columns]
    if sorted(rows) != sorted(columns) or len(set(rows)) != len(rows):
        odd = next(iter(set(rows) ^ set(columns)), rows[0] if rows else "")
        raise DesignError(
            f'the joint matrix does not have each id once as row and once as column (see "{odd}") - '
            "name both by the ids of the units.",
            code="JOINT_IDS",
        )
    at = {name: i for i, name in enumerate(columns)}
    return frame.to_numpy(dtype=np.float64)[:, [at[name] for name in rows]], tuple(rows)


def _refuse_impossible(matrix: Floats, ids: tuple[str, ...]) -> None:
    own = np.diag(matrix)
    ceiling = np.minimum.outer(own, own) * (1 + SYMMETRIC)
    checks = (
        (~np.isfinite(matrix), "JOINT_NOT_FINITE", "is missing or not finite"),
        (matrix <= 0, "JOINT_ZERO", "is not above zero, so the two could never be drawn together"),
        (np.abs(matrix - matrix.T) > SYMMETRIC * np.abs(matrix), "JOINT_ASYMMETRIC", "differs from its mirror image"),
        ((matrix > ceiling) | np.diag(own > 1 + SYMMETRIC), "JOINT_ABOVE_SINGLE", "is above the probability of one"),
    )
    for wrong, code, says in checks:
        if wrong.any():
            i, j = (int(k) for k in np.argwhere(wrong)[0])
            names = tuple(f'"{ids[k]}"' if ids else str(k + 1) for k in (i, j))
            raise DesignError(
                f"the joint probability of units {names[0]} and {names[1]} is {matrix[i, j]:.6g}, which {says} - "
                "a variance made from it would mean nothing; correct the matrix.",
                code=code,
            )
