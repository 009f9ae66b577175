"""Many domains: standard errors some hundred estimates at a time, where a covariance of all has no room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from analysis.cells import Codes, Grouping, Stage
from analysis.engine import Totals
from analysis.fixedpoint import Floats, Limbs
from analysis.frames import Spread
from analysis.linearisation import PostCells
from analysis.points import Layout, Points

MOST_COVARIANCES = 4_000  # estimates; their covariance matrix has 128 MB
AT_ONCE = 250  # estimates whose variances are computed together


@dataclass(frozen=True, slots=True)
class Ground:
    """What the variance of every estimate stands on: stages of sampling, post-strata, df of the design, notes."""

    stages: tuple[Stage, ...]
    cells: PostCells | None
    df_design: float
    notes: tuple[str, ...]


def left_out(layout: Layout) -> tuple[str, ...]:
    """Return the note that covariances between so many estimates are not given."""
    return (
        f"COVARIANCE_LEFT_OUT: {layout.size:,} estimates at once, more than {MOST_COVARIANCES:,} - each has its "
        "standard error, covariances between them are left out; contrasts need fewer domains at a time.",
    )


def by_chunks(
    layout: Layout, found: Points, ground: Ground, spread_of: Callable[[Layout, Points, Ground], Spread]
) -> Spread:
    """Return the spread of all estimates with their variances (P,) alone, put together from parts of the domains."""
    parts = [spread_of(part, points, own) for part, points, own in _parts(layout, found, ground)]
    return replace(
        parts[0],
        vcov=np.concatenate([part.variance for part in parts]),
        df=np.concatenate([part.df for part in parts]),
        se_logit=np.concatenate([part.se_logit for part in parts]),
        enumerated=np.concatenate([part.enumerated for part in parts]),
        notes=(*ground.notes, *left_out(layout)),
    )


def _parts(layout: Layout, found: Points, ground: Ground) -> Iterator[tuple[Layout, Points, Ground]]:
    step = len(layout.scored)
    width = max(AT_ONCE // step, 1)
    for grouping, offset in zip(layout.groupings, layout.offsets, strict=True):
        order = np.argsort(grouping.code, kind="stable")
        for low in range(0, grouping.size, width):
            high = min(low + width, grouping.size)
            first, last = np.searchsorted(grouping.code[order], [low, high])
            # Post-strata reach beyond the domain: their sums need every cell.
            at = np.arange(len(order)) if ground.cells is not None else np.sort(order[first:last])
            part = replace(layout, groupings=(_some(grouping, at, low, high),), totals=_cut(layout.totals, at))
            stages = tuple(_at(stage, at) for stage in ground.stages)
            rows = slice(offset + low * step, offset + high * step)
            yield part, _points(found, rows), replace(ground, stages=stages)


def _some(grouping: Grouping, at: Codes, low: int, high: int) -> Grouping:
    code = grouping.code[at]
    return Grouping(
        grouping.columns, np.where((code >= low) & (code < high), code - low, -1), grouping.labels[low:high]
    )


def _cut(totals: Totals, at: Codes) -> Totals:
    return replace(
        totals,
        cells=len(at),
        keys={},
        sums={alias: Limbs(limbs.high[at], limbs.low[at]) for alias, limbs in totals.sums.items()},
        counts={alias: counts[at] for alias, counts in totals.counts.items()},
        extremes={},
    )


def _at(stage: Stage, at: Codes) -> Stage:
    unit = stage.unit[at] if len(stage.unit) else stage.unit
    return replace(stage, unit=unit, parent_of_cell=stage.parent_of_cell[at])


def _points(found: Points, rows: slice) -> Points:
    return Points(
        found.estimate[rows], found.first[rows], found.second[rows], found.top[rows], found.bottom[rows],
        found.n[rows], found.n_in[rows], found.population[rows],
    )  # fmt: skip


def no_covariances() -> Floats:
    """Return the covariance matrix of an answer without covariances: one of no rows."""
    return np.empty((0, 0))
