"""Time our estimates against R survey and svy on the same million rows in one run, and the memory against the rows.

Run: python -m benchmarks.speed_peers [rows]. R (`Rscript` with the package survey) and svy 0.35 are timed when they are
there; else the line says so. Times are the least of a few rounds, CPU (all threads) and wall. Ours begin at the Parquet
file; R's and svy's rows are in memory, and R's `svydesign` is told apart.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis import Survey, SurveyDesign, mean, proportion
from benchmarks.engine import population

SIX = [f"y{i}" for i in range(6)]
DESIGN = SurveyDesign(weights="w", strata="stratum", psu="psu", weight_scale=2**30)
R_SCRIPT = """
suppressMessages(library(survey))
a <- commandArgs(TRUE)
rows <- read.csv(a[1])
timed <- function(name, f) {
  t <- system.time(f())
  cat(name, t[["user.self"]] + t[["sys.self"]], t[["elapsed"]], "\\n")
}
timed("svydesign", function() d <<- svydesign(ids = ~psu, strata = ~stratum, weights = ~w, data = rows))
timed("svyby", function() b <<- svyby(~y0, ~area, d, svymean))
timed("svymean", function() m <<- svymean(~y0, d))
cat("numbers", format(c(coef(b)[[1]], SE(b)[[1]], coef(m)[[1]], SE(m)[[1]]), digits = 15), "\\n")
"""


@dataclass(frozen=True)
class Time:
    """Seconds of one task: CPU of all threads, and wall."""

    cpu: float
    wall: float

    def over(self, other: Time) -> str:
        return f"{self.cpu / other.cpu:8.1f} x CPU {self.wall / other.wall:8.1f} x wall"


def least(task: Callable[[], object], rounds: int) -> Time:
    """Return the least CPU and the least wall time of a few rounds."""
    found = []
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        task()
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    return Time(min(cpu for cpu, _ in found), min(wall for _, wall in found))


def ours(path: Path) -> dict[str, Time]:
    """Time our tasks, from the file on."""
    survey = Survey(pq.read_table(path), DESIGN)
    survey.weighting()
    tasks: dict[str, Callable[[], object]] = {
        "one mean, in memory": lambda: mean(survey, "y0"),
        "31 means, in memory": lambda: mean(survey, "y0", by="area"),
        "one mean": lambda: mean(Survey(path, DESIGN), "y0"),
        "one share": lambda: proportion(Survey(path, DESIGN), "y0"),
        "31 domains": lambda: proportion(Survey(path, DESIGN), "y0", by="area"),
        "31 domains x six indicators": lambda: proportion(Survey(path, DESIGN), SIX, by="area"),
    }
    return {name: least(task, 7) for name, task in tasks.items()}


def of_svy(path: Path) -> dict[str, Time] | None:
    """Time svy on rows in memory (its sample made, and once from the file), or None where it is not installed."""
    if importlib.util.find_spec("svy") is None:
        return None
    import polars as pl
    import svy  # type: ignore[import-not-found, unused-ignore]

    design = svy.Design(stratum="stratum", psu="psu", wgt="w")
    sample = svy.Sample(pl.read_parquet(path), design)
    mine = proportion(Survey(path, DESIGN), "y0", by="area").frame
    theirs = sample.estimation.mean("y0", by="area").to_polars().sort("area")
    assert abs(mine["se"].to_numpy() / theirs["se"].to_numpy() - 1).max() < 1e-9
    return {
        "one mean": least(lambda: sample.estimation.mean("y0"), 5),
        "one mean, from the file": least(lambda: svy.Sample(pl.read_parquet(path), design).estimation.mean("y0"), 3),
        "31 domains": least(lambda: sample.estimation.mean("y0", by="area"), 3),
        "31 domains, share": least(lambda: sample.estimation.prop("y0", by="area"), 2),
    }


def of_r(path: Path, folder: Path) -> dict[str, Time] | None:
    """Time R survey on rows in memory, or None where R or the package is not installed."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    table, script = folder / "rows.csv", folder / "peer.R"
    pq.read_table(path, columns=["stratum", "psu", "area", "w", "y0"]).to_pandas().to_csv(table, index=False)
    script.write_text(R_SCRIPT, encoding="utf-8")
    done = subprocess.run([rscript, "--vanilla", script, table], capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.splitlines()[-1] if done.stderr else "Rscript stopped")
        return None
    lines = {name: [float(v) for v in values] for name, *values in map(str.split, done.stdout.splitlines())}
    mine = proportion(Survey(path, DESIGN), "y0", by=[("area",), ()]).frame
    wanted = [mine["estimate"].iloc[0], mine["se"].iloc[0], mine["estimate"].iloc[-1], mine["se"].iloc[-1]]
    assert all(abs(a / b - 1) < 1e-9 for a, b in zip(lines.pop("numbers"), wanted, strict=True))
    return {name: Time(*values) for name, values in lines.items()}


def peak(path: Path) -> int:
    """Return the peak memory, in MiB, of a process of its own that estimates 31 domains from the file."""
    code = f"from benchmarks.speed_peers import child; child({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def child(path: str) -> None:
    """Estimate 31 domains of a file and print the peak memory of this process alone."""
    proportion(Survey(path, DESIGN), "y0", by="area")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    print(int(status.split("VmHWM:")[1].split()[0]) // 1024)


def written(path: Path, rows: int) -> Path:
    """Write a file block by block, so that this process stays small too."""
    block = 1_000_000
    first = pa.Table.from_pandas(population(min(rows, block)), preserve_index=False)
    with pq.ParquetWriter(path, first.schema, compression="snappy") as file:
        for _ in range(max(rows // block, 1)):
            file.write_table(first, row_group_size=122_880)  # a reader holds a few groups at a time
    return path


def main(rows: int = 1_000_000) -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written(folder / "rows.parquet", rows)
        mine, svy, r = ours(path), of_svy(path), of_r(path, folder)
        report(rows, mine, svy, r)
        small, large = peak(path), peak(written(folder / "more.parquet", 10 * rows))
    print(f"  peak memory: {small} MiB at {rows:,} rows, {large} MiB at {10 * rows:,} ({large / small:.2f} x)")


def report(rows: int, mine: dict[str, Time], svy: dict[str, Time] | None, r: dict[str, Any] | None) -> None:
    """Print what was timed as ratios."""
    print(f"{rows:,} rows, 3,100 PSUs in 155 strata; ours from the Parquet file, 31 domains = 1")
    for name, taken in mine.items():
        print(f"  ours: {name:30} {taken.over(mine['31 domains'])}   ({taken.cpu:.3f} s CPU, {taken.wall:.3f} s wall)")
    six = mine["31 domains x six indicators"]
    print(f"  {'six indicators against one':36} {six.over(mine['31 domains'])}   (at most 2)")
    if r is None:
        print("  R survey: not installed here, not timed")
    else:
        print(f"  {'R svyby':36} {r['svyby'].over(mine['31 domains'])}   (asked: 60)")
        both = Time(r["svyby"].cpu + r["svydesign"].cpu, r["svyby"].wall + r["svydesign"].wall)
        print(f"  {'R svydesign and svyby':36} {both.over(mine['31 domains'])}")
        print(f"  {'R svymean, whole':36} {r['svymean'].over(mine['one mean'])}")
    if svy is None:
        print("  svy: not installed here, not timed")
        return
    made = mine["31 means, in memory"]
    print(f"  {'svy, 31 domains of a share':36} {svy['31 domains, share'].over(mine['31 domains'])}   (asked: 30)")
    print(f"  {'svy, 31 means, both from memory':36} {svy['31 domains'].over(made)}   (asked: 30)")
    print(f"  {'svy, one mean, from the file':36} {svy['one mean, from the file'].over(mine['one mean'])}   (asked: 1)")
    print(f"  {'svy, one mean again, sample made':36} {svy['one mean'].over(mine['one mean, in memory'])}   (asked: 1)")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
