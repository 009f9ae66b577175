"""One grouped pass: a request for sums becomes one SQL text, an engine runs it over all rows, numpy gets the cells."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.fixedpoint import LIMB, Ints, Limbs
from analysis.source import Source, quoted
from uptake.contract.errors import EstimationError

WIDE = "HUGEINT"  # DuckDB's 128-bit integer; NUMERIC or DECIMAL(38,0) elsewhere
MOST_CELLS = 20_000_000

Named = tuple[tuple[str, str], ...]  # (alias, SQL expression)


@dataclass(frozen=True, slots=True)
class TotalsRequest:
    """What to add up: `layers` derive columns one after the other, `keys` group, the rest is aggregated over ALL rows.

    `sums` are integers whose sum may need 128 bits, `counts` conditions whose rows are counted, `reals` integer sums
    that are wanted as float64, `lows` and `highs` minima and maxima.
    """

    layers: tuple[Named, ...]
    keys: Named
    sums: Named = ()
    counts: Named = ()
    reals: Named = ()
    lows: Named = ()
    highs: Named = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """The cells, in the order of their keys: exact sums, counts, and the SQL text that made them."""

    cells: int
    keys: dict[str, npt.NDArray[Any]]
    sums: dict[str, Limbs]
    counts: dict[str, Ints]
    reals: dict[str, npt.NDArray[np.float64]]
    extremes: dict[str, npt.NDArray[np.float64]]
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 over the exact sums and counts: equal for any order of the rows."""
        sha = hashlib.sha256()
        for name, limbs in sorted(self.sums.items()):
            sha.update(name.encode() + limbs.high.tobytes() + limbs.low.tobytes())
        for name, counts in sorted(self.counts.items()):
            sha.update(name.encode() + counts.tobytes())
        return sha.hexdigest()


class Engine:
    """Runs requests over one source of rows (DuckDB today; another engine needs another `WIDE` and limb split)."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def sql(self, request: TotalsRequest) -> str:
        """Return the one SQL text of a request."""
        keys = [alias for alias, _ in request.keys]
        rows = self.source.text
        for layer in request.layers:
            rows = f"SELECT *{_listed(layer)} FROM ({rows}) AS r"
        grouped = ", ".join(
            [*(f"{sql} AS {quoted(a)}" for a, sql in request.keys), "COUNT(*) AS up__cell", *_aggregates(request)]
        )
        by = f" GROUP BY {', '.join(sql for _, sql in request.keys)}" if keys else ""
        columns = ", ".join([*map(quoted, keys), "up__cell", *_finished(request)])
        order = f" ORDER BY {', '.join(f'{quoted(k)} NULLS LAST' for k in keys)}" if keys else ""
        return f"SELECT {columns} FROM (SELECT {grouped} FROM ({rows}) AS r{by}) AS g{order}"

    def totals(self, request: TotalsRequest) -> Totals:
        """Run the request and return its cells."""
        sql = self.sql(request)
        columns = self.source.columns(sql)
        cells = len(columns["up__cell"])
        if cells > MOST_CELLS:
            raise EstimationError(
                f"the keys make {cells:,} cells, more than {MOST_CELLS:,} - estimate fewer domains at a time.",
                code="TOO_MANY_CELLS",
            )
        return Totals(
            cells=cells,
            keys={alias: columns[alias] for alias, _ in request.keys},
            sums={a: Limbs(_int64(columns[f"{a}__high"]), _int64(columns[f"{a}__low"])) for a, _ in request.sums},
            counts={a: _int64(columns[a]) for a, _ in request.counts},
            reals={a: _float64(columns[a]) for a, _ in request.reals},
            extremes={a: _float64(columns[a]) for a, _ in (*request.lows, *request.highs)},
            sql=sql,
        )


def _listed(layer: Named) -> str:
    return "".join(f", {sql} AS {quoted(alias)}" for alias, sql in layer)


def _aggregates(request: TotalsRequest) -> list[str]:
    # A sum over nothing is NULL in SQL and 0 elsewhere: always 0 here.
    sums = [f"COALESCE(SUM({sql}), 0) AS {quoted(a)}" for a, sql in (*request.sums, *request.reals)]
    sums += [f"COUNT({_counted(sql)}) AS {quoted(a)}" for a, sql in request.counts]
    lows = [f"MIN({sql}) AS {quoted(a)}" for a, sql in request.lows]
    return sums + lows + [f"MAX({sql}) AS {quoted(a)}" for a, sql in request.highs]


def _counted(condition: str) -> str:
    return "*" if condition == "TRUE" else f"CASE WHEN {condition} THEN 1 END"


def _finished(request: TotalsRequest) -> list[str]:
    split = [
        f"CAST({quoted(a)} {operator} {LIMB} AS BIGINT) AS {quoted(f'{a}__{part}')}"
        for a, _ in request.sums
        for operator, part in (("//", "high"), ("%", "low"))
    ]
    counts = [f"CAST({quoted(a)} AS BIGINT) AS {quoted(a)}" for a, _ in request.counts]
    reals = [f"CAST({quoted(a)} AS DOUBLE) AS {quoted(a)}" for a, _ in (*request.reals, *request.lows, *request.highs)]
    return split + counts + reals


def _int64(column: npt.NDArray[Any]) -> Ints:
    return np.asarray(np.ma.filled(column, 0), dtype=np.int64)


def _float64(column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    filled = np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)
    return np.asarray(filled, dtype=np.float64)
