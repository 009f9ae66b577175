"""Draw samples from populations whose truth is known, and count how often the printed interval holds it.

Run: python -m benchmarks.coverage [samples a cell] [--write]; `--write` puts the table into docs/methods/coverage.md.
Three designs are models (clusters with beta-binomial answers), the fourth draws from a real register of agencies, if
../shared/realdata is there. Standard errors are computed for all samples at once, by the formula of the engine;
tests/analysis/test_est_coverage.py holds them against `proportion` sample by sample. The interval is the engine's own.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import Survey, SurveyDesign, proportion_interval
from analysis.intervals import t_quantile

Floats = npt.NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/methods/coverage.md"
REGISTER = ROOT.parent / "shared/realdata/library_frame/library_census.csv.gz"
SHARES = (0.03, 0.30, 0.70, 0.90, 0.97)
ASKED = 0.945
ALIKE = 0.06  # correlation of answers within a cluster
HEAD = """\
# Coverage by simulation

How often the 95 % interval that is printed (Korn-Graubard, n_eff at most n) holds the truth, in {samples:,} samples a
cell. Asked for is {asked:.1f} %; the noise of a cell is {noise:.2f} points. *over* is how often the true share lies
below the lower limit, so that more adoption is claimed than there is (2.5 % would be fair); *Wald* is the textbook's
p -/+ t se from the same samples.

| design | true share | covers | over | mean width | Wald covers |
|---|---|---|---|---|---|
"""
TAIL = """
Clusters: the share of a PSU is Beta distributed, correlation of answers within it {alike}. The agencies are a real
register (Public Libraries Survey 2018, every agency with loans), the statement is that an agency's share of electronic
loans is among the highest p; the size classes are drawn with different fractions and population counts are declared.

Made by `python -m benchmarks.coverage 20000 --write`; `tests/analysis/test_est_coverage.py` holds its standard errors
and limits against `proportion`, and runs a slice.
"""
ALLOCATION = (40, 40, 50, 50, 60, 60)  # units drawn from each size class of the register; the largest is taken whole
LARGEST = 60


@dataclass(frozen=True)
class Samples:
    """Many samples of one design: answers (samples, units), and what every sample shares: weights, strata, PSUs, N."""

    y: npt.NDArray[np.int8]
    w: Floats
    stratum: npt.NDArray[np.intp]
    psu: npt.NDArray[np.intp] | None
    size: Floats | None  # population count of the stratum of each unit
    truth: float

    @property
    def design(self) -> SurveyDesign:
        """The design as the engine is told it."""
        return SurveyDesign(
            weights="w", strata="h", psu=None if self.psu is None else "psu", fpc=None if self.size is None else "N"
        )

    def survey(self, number: int) -> Survey:
        """Return one sample as the engine takes it."""
        rows = pd.DataFrame({"y": self.y[number], "w": self.w, "h": self.stratum})
        if self.psu is not None:
            rows["psu"] = self.psu
        if self.size is not None:
            rows["N"] = self.size
        return Survey(rows, self.design)


def clusters(shape: tuple[int, int, int], p: float, samples: int, random: np.random.Generator) -> Samples:
    """Strata of PSUs of units; the share of a PSU is Beta distributed, so answers within it are alike."""
    H, n, m = shape
    own = (1 - ALIKE) / ALIKE
    share = random.beta(p * own, (1 - p) * own, size=(samples, H * n, 1))
    y = (random.random((samples, H * n, m)) < share).astype(np.int8).reshape(samples, -1)
    unit = np.repeat(np.arange(H * n), m)
    return Samples(y, np.full(H * n * m, 10.0), unit // n, unit, None, p)


def elements(shape: tuple[int, int], p: float, samples: int, random: np.random.Generator) -> Samples:
    """Strata of independent units."""
    H, n = shape
    y = (random.random((samples, H * n)) < p).astype(np.int8)
    return Samples(y, np.full(H * n, 25.0), np.repeat(np.arange(H), n), None, None, p)


def register() -> pd.DataFrame:
    """Return the agencies with their size class and the share of electronic loans in all loans."""
    rows = pd.read_csv(REGISTER, low_memory=False)
    staff, loans, online = (pd.to_numeric(rows[c], errors="coerce") for c in ("TOTSTAFF", "TOTCIR", "ELMATCIR"))
    known = (loans > 0) & (online >= 0) & staff.notna()
    rows = pd.DataFrame({"staff": staff[known], "online": (online / loans)[known]}).sort_values(["staff", "online"])
    rows = rows.reset_index(drop=True)
    rest = len(rows) - LARGEST
    rows["h"] = np.minimum(rows.index * len(ALLOCATION) // rest, len(ALLOCATION))
    return rows


def agencies(frame: pd.DataFrame, p: float, samples: int, random: np.random.Generator) -> Samples:
    """Draw from the register: six size classes by simple random sampling, the largest agencies all.

    An agency "has adopted" when the share of its electronic loans is among the highest p of all.
    """
    adopted = (frame["online"].rank(method="first", ascending=False) <= round(p * len(frame))).to_numpy(dtype=np.int8)
    parts, stratum, size = [], [], []
    for h, members in frame.groupby("h").indices.items():
        n = ALLOCATION[h] if h < len(ALLOCATION) else len(members)
        picked = np.argsort(random.random((samples, len(members))), axis=1)[:, :n]
        parts.append(adopted[members][picked])
        stratum += [h] * n
        size += [float(len(members))] * n
    strata, sizes = np.array(stratum, dtype=np.intp), np.array(size)
    drawn = np.bincount(strata).astype(np.float64)[strata]
    return Samples(np.concatenate(parts, axis=1), sizes / drawn, strata, None, sizes, float(adopted.mean()))


def errors(samples: Samples) -> tuple[Floats, Floats, float]:
    """Return p (samples,), its standard error (samples,) and df: V = sum_h (1-f) n/(n-1) sum_i (z_hi - zbar_h)^2."""
    y, w = samples.y.astype(np.float64), samples.w
    p = y @ w / w.sum()
    unit = samples.psu if samples.psu is not None else np.arange(len(w))
    parent = samples.stratum[np.unique(unit, return_index=True)[1]]
    n = np.bincount(parent).astype(np.float64)
    here = np.zeros((len(w), len(parent)))
    here[np.arange(len(w)), unit] = w
    z = (y @ here - p[:, None] * here.sum(axis=0)) / w.sum()
    strata = np.zeros((len(parent), len(n)))
    strata[np.arange(len(parent)), parent] = 1.0
    away = z - ((z @ strata) / n)[:, parent]
    left = np.ones(len(n))
    if samples.size is not None:
        left = 1 - n / np.array([samples.size[samples.stratum == h][0] for h in range(len(n))])
    variance = away**2 @ (left * n / (n - 1))[parent]
    return p, np.sqrt(variance), float(len(parent) - len(n))


@dataclass(frozen=True)
class Cell:
    """What became of the samples of one design and share."""

    covered: float
    above: float  # the true share lies below the lower limit: more adoption is claimed than there is
    width: float
    wald: float


def counted(samples: Samples) -> Cell:
    """Count how often the default interval of each sample holds the truth, and how often the textbook's does."""
    p, se, df = errors(samples)
    n, truth, t = samples.y.shape[1], samples.truth, t_quantile(0.95, df)
    pairs, times = np.unique(np.stack([p, se]).round(14), axis=1, return_counts=True)
    found = [proportion_interval(float(a), float(e), n, df) for a, e in pairs.T]
    low, high = np.array([i.low for i in found]), np.array([i.high for i in found])
    wald = np.abs(p - truth) <= t * se
    share = times / times.sum()
    return Cell(
        float(share[(low <= truth) & (truth <= high)].sum()), float(share[low > truth].sum()),
        float((share * (high - low)).sum()), float(wald.mean()),
    )  # fmt: skip


def designs(samples: int) -> dict[str, dict[float, Cell]]:
    """Run every design at every share, each with its own seed."""
    made: dict[str, dict[float, Cell]] = {}
    shapes = {"6 strata x 3 PSUs x 8 units (df 12)": (6, 3, 8), "10 strata x 4 PSUs x 10 units (df 30)": (10, 4, 10)}
    for number, (name, shape) in enumerate(shapes.items()):
        made[name] = {p: counted(clusters(shape, p, samples, _random(number, p))) for p in SHARES}
    name = "4 strata x 50 units (df 196)"
    made[name] = {p: counted(elements((4, 50), p, samples, _random(2, p))) for p in SHARES}
    if REGISTER.exists():
        frame = register()
        name = f"{sum(ALLOCATION) + LARGEST} of {len(frame):,} agencies, 6 size classes and a take-all"
        made[name] = {p: _agencies(frame, p, samples) for p in SHARES}
    return made


def _agencies(frame: pd.DataFrame, p: float, samples: int) -> Cell:
    """Count over blocks: a draw from the register sorts random numbers for every agency."""
    block = 500
    cells = [counted(agencies(frame, p, block, _random(10 + i, p))) for i in range(max(samples // block, 1))]
    return Cell(*(float(np.mean([getattr(c, name) for c in cells])) for name in Cell.__dataclass_fields__))


def _random(number: int, p: float) -> np.random.Generator:
    return np.random.default_rng([2026, number, round(p * 100)])


def page(found: dict[str, dict[float, Cell]], samples: int) -> str:
    """Return the page of documentation."""
    noise = math.sqrt(0.95 * 0.05 / samples)
    lines = [*HEAD.format(samples=samples, asked=100 * ASKED, noise=100 * noise).splitlines()]
    for name, cells in found.items():
        for p, cell in cells.items():
            short = "" if cell.covered >= ASKED else " **short**"
            lines.append(
                f"| {name} | {p:.2f} | {100 * cell.covered:.1f} %{short} | {100 * cell.above:.1f} % "
                f"| {cell.width:.3f} | {100 * cell.wald:.1f} % |"
            )
    lines += TAIL.format(alike=ALIKE).splitlines()
    return "\n".join(lines) + "\n"


def main(samples: int = 4_000, *, write: bool = False) -> None:
    """Print the table, and write it when asked."""
    text = page(designs(samples), samples)
    print(text)
    if write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    main(*numbers[:1], write="--write" in sys.argv)
