"""Time the estimation engine against a scan, a pandas loop and statsmodels, as ratios of CPU time in one run.

Run: python benchmarks/engine.py [rows] [rounds]. The rivals answer less: none of them knows strata, clusters or domains
that cross clusters.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from analysis import Survey, SurveyDesign, mean, proportion

STRATA, PSUS = 155, 20


def population(rows: int) -> pd.DataFrame:
    """Synthetic answers: 155 strata of 20 PSUs in random order, 31 areas, six yes/no questions and one amount."""
    rng = np.random.default_rng(1)
    stratum = rng.integers(0, STRATA, rows)
    data = {
        "stratum": stratum,
        "psu": stratum * PSUS + rng.integers(0, PSUS, rows),
        "area": stratum % 31,
        "trade": rng.integers(0, 19, rows),
        "w": np.round(rng.uniform(1, 60, rows), 6),
        "staff": np.round(rng.lognormal(3, 1, rows)),
    }
    return pd.DataFrame(data | {f"y{i}": (rng.random(rows) < 0.1 * (i + 1)).astype(np.int8) for i in range(6)})


def best(task: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of a few rounds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


def scan(path: Path) -> object:
    """Read the columns that an estimate needs and add them up: the floor."""
    return duckdb.sql(
        f"SELECT sum(w), sum(y0), sum(stratum), sum(psu), sum(area) FROM read_parquet('{path}')"
    ).fetchall()


def pandas_loop(frame: pd.DataFrame) -> object:
    """Estimate one area after the other from its own rows, with clusters as PSUs (and so lose strata and PSUs)."""
    found = []
    for _, rows in frame.groupby("area"):
        p = np.average(rows.y0, weights=rows.w)
        scores = (rows.w * (rows.y0 - p)).groupby(rows.psu).sum()
        found.append((p, np.sqrt(scores.var() * len(scores)) / rows.w.sum()))
    return found


def statsmodels_loop(frame: pd.DataFrame) -> object:
    """Estimate one area after the other as statsmodels users do: weighted statistics that know no design."""
    from statsmodels.stats.weightstats import DescrStatsW

    return [(d.mean, d.std_mean) for d in (DescrStatsW(rows.y0, weights=rows.w) for _, rows in frame.groupby("area"))]


def main(rows: int = 100_000, rounds: int = 3) -> None:
    """Print the ratios."""
    frame = population(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        frame.to_parquet(path, compression="snappy", index=False)
        clusters = SurveyDesign(weights="w", strata="stratum", psu="psu", weight_scale=2**30)
        elements = SurveyDesign(weights="w", strata="stratum", weight_scale=2**30)
        six = [f"y{i}" for i in range(6)]
        tasks: dict[str, Callable[[], object]] = {
            "scan of the columns": lambda: scan(path),
            "engine, whole": lambda: proportion(Survey(path, clusters), "y0"),
            "engine, 31 areas": lambda: proportion(Survey(path, clusters), "y0", by="area"),
            "engine, 589 area x trade": lambda: proportion(Survey(path, clusters), "y0", by=("area", "trade")),
            "engine, six questions, 31 areas": lambda: proportion(Survey(path, clusters), six, by="area"),
            "engine, element sample, 31 areas": lambda: proportion(Survey(path, elements), "y0", by="area"),
            "engine, mean of an amount, 31 areas": lambda: mean(Survey(path, clusters), "staff", by="area"),
            "pandas loop, 31 areas (read included)": lambda: pandas_loop(pd.read_parquet(path)),
            "statsmodels loop, 31 areas (read included)": lambda: statsmodels_loop(pd.read_parquet(path)),
        }
        times = {name: best(task, rounds) for name, task in tasks.items()}
    unit = times["engine, 31 areas"]
    print(f"{rows:,} rows, CPU time relative to the engine by 31 areas (= 1)")
    for name, seconds in times.items():
        print(f"  {name:44} {seconds / unit:7.2f}   ({seconds / times['scan of the columns']:6.1f} x scan)")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
