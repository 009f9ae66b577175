"""Benchmarks read as auxiliaries: known population totals of numbers and of the levels of (crossed) columns."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.cells import Codes, factorize
from analysis.fixedpoint import Floats
from analysis.source import Source, is_numeric, literal, require_numbers
from analysis.steps import Raw, codes, numbers
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

SIZE = ("", "(intercept)")  # names of the number of units
JOINER = "+"


@dataclass(frozen=True, slots=True)
class Margin:
    """One variable of the benchmarks: SQL of its number or of its label, the levels with a total (a number has none).

    `sql` is empty for the number of units.
    """

    name: str
    sql: str
    levels: tuple[str, ...]
    totals: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns of x, as they are said to a reader."""
        if not self.sql:
            return ("the number of units",)
        return tuple(f'{self.name} = "{level}"' for level in self.levels) or (self.name,)

    def columns(self, column: np.ndarray[Any, Any], size: int) -> Floats:
        """Return its columns of x (size, levels): the number itself (0 where missing), or an indicator a level."""
        if not self.levels:
            number = numbers({self.sql: column}, self.sql) if self.sql else np.ones(size)
            return np.nan_to_num(number)[:, None]
        code, values = factorize(column)
        place = {level: i for i, level in enumerate(self.levels)}
        at = np.array([place.get(str(value), -1) for value in values] + [-1], dtype=np.intp)[code]
        made = np.zeros((size, len(self.levels)))
        made[np.flatnonzero(at >= 0), at[at >= 0]] = 1.0
        return made

    def predictor(self, coefficients: Iterable[float]) -> str:
        """Return the SQL of its part of x'b."""
        given = [float(b) for b in coefficients]
        if not self.sql:
            return repr(given[0])
        if not self.levels:
            return f"{given[0]!r} * ({self.sql})"
        cases = " ".join(f"WHEN {literal(level)} THEN {b!r}" for level, b in zip(self.levels, given, strict=True))
        return f"CASE {self.sql} {cases} ELSE 0 END"


@dataclass(frozen=True, slots=True)
class Auxiliaries:
    """All margins of a calibration; x has one column a number and a level, in the order of the benchmarks."""

    margins: tuple[Margin, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of x."""
        return tuple(name for margin in self.margins for name in margin.names)

    @property
    def totals(self) -> Floats:
        """The known totals (p,)."""
        return np.array([total for margin in self.margins for total in margin.totals])

    @property
    def reads(self) -> tuple[str, ...]:
        """The SQL of the columns that x is made of."""
        return tuple(dict.fromkeys(margin.sql for margin in self.margins if margin.sql))

    def rows(self, raw: Raw, size: int) -> tuple[Codes, Floats]:
        """Return (code (n,), x (m, p)): the distinct rows of x and which of them each row has."""
        if size and self.reads and all(margin.levels or not margin.sql for margin in self.margins):
            code, labels = codes({sql: np.ma.filled(raw[sql].astype(object), "") for sql in self.reads}, self.reads)
            values = {sql: [label[i] for label in labels] for i, sql in enumerate(self.reads)}
            return code, self._matrix({sql: np.array(v, dtype=object) for sql, v in values.items()}, len(labels))
        return np.arange(size), self._matrix(raw, size)

    def _matrix(self, raw: Raw, size: int) -> Floats:
        parts = [margin.columns(raw[margin.sql] if margin.sql else np.empty(0), size) for margin in self.margins]
        return np.concatenate(parts, axis=1)

    def predictor(self, coefficients: Floats) -> str:
        """Return the SQL of x'b."""
        parts, start = [], 0
        for margin in self.margins:
            parts.append(margin.predictor(coefficients[start : start + len(margin.totals)]))
            start += len(margin.totals)
        return " + ".join(parts)


def read_benchmarks(benchmarks: DataFrame, source: Source) -> Auxiliaries:
    """Return the auxiliaries of a tidy frame (variable, level, total); refuse what cannot be a benchmark.

    An empty level makes a numeric variable, the variable `(intercept)` or an empty one the number of units; columns
    joined by `+` are crossed, their levels joined in the same way.
    """
    wanted = _entries(benchmarks)
    margins = []
    for variable, given in wanted.items():
        levels = [level for level, _ in given]
        totals = tuple(total for _, total in given)
        if variable in SIZE:
            margins.append(Margin("(intercept)", "", (), totals[:1]))
        elif levels == [""]:
            margins.append(Margin(variable, _number(source, variable), (), totals))
        else:
            margins.append(Margin(variable, _label(source, variable, levels), tuple(levels), totals))
    return Auxiliaries(tuple(margins))


def _entries(benchmarks: DataFrame) -> dict[str, list[tuple[str, float]]]:
    """Return level and total of every benchmark by variable, in order."""
    frame = benchmarks if hasattr(benchmarks, "columns") and hasattr(benchmarks, "iloc") else _frame(benchmarks)
    for name in ("variable", "level", "total"):
        if name not in frame.columns:
            raise DesignError(
                f'the benchmarks have no column "{name}" - they need variable, level and total, one row a total.',
                code="BENCHMARK_COLUMN",
            )
    if not len(frame):
        raise DesignError("the benchmarks have no row - give at least one known total.", code="BENCHMARK_COLUMN")
    found: dict[str, list[tuple[str, float]]] = {}
    for variable, level, total in zip(frame["variable"], frame["level"], frame["total"], strict=True):
        name, said = _text(variable), _text(level)
        of = found.setdefault("" if name in SIZE else name, [])
        if any(said == known for known, _ in of) or (of and name in SIZE):
            raise DesignError(f"{_said(name, said)} has two benchmarks - keep one of them.", code="BENCHMARK_REPEATED")
        of.append((said, _total(name, said, total)))
    return found


def _frame(benchmarks: Any) -> DataFrame:
    import pandas as pd

    return benchmarks.to_pandas() if hasattr(benchmarks, "to_pandas") else pd.DataFrame(benchmarks)


def _total(name: str, level: str, total: Any) -> float:
    try:
        number = math.nan if total is None else float(total)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise DesignError(
            f"{_said(name, level)} has no total - every benchmark needs a number; fill it in or take the row out.",
            code="CALIBRATION_TOTALS_LENGTH",
        )
    return number


def _said(name: str, level: str) -> str:
    if name in SIZE:
        return "the number of units"
    return f'"{name}"' if not level else f'{name} = "{level}"'


def _text(value: Any) -> str:
    """A name or a level as text: empty where missing, 3.0 as 3."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("<NA>", "nan", "None"):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _number(source: Source, name: str) -> str:
    source.require([name], "the benchmarks")
    if source.types[name] == "VARCHAR":
        raise DesignError(
            f'column "{name}" is text but its benchmark names no level - give one total for each of its levels.',
            code="BENCHMARK_LEVEL",
        )
    require_numbers(source, [name], "number", code="AUXILIARY_NOT_NUMERIC")
    return f"CAST({source.column(name)} AS DOUBLE)"


def _label(source: Source, name: str, levels: list[str]) -> str:
    if "" in levels:
        raise DesignError(
            f'"{name}" has benchmarks with levels and one without - a variable is a number or a code, not both; '
            "give the level.",
            code="BENCHMARK_LEVEL",
        )
    columns = [name] if name in source.types else name.split(JOINER)
    source.require(columns, "the benchmarks")
    return f" || '{JOINER}' || ".join(_code(source, column) for column in columns)


def _code(source: Source, name: str) -> str:
    """A code as text; 3.0, as a column with gaps holds it, is the code 3."""
    column = source.column(name)
    if source.types[name] in ("FLOAT", "DOUBLE") and is_numeric(source.types[name]):
        whole = f"CAST(CAST({column} AS BIGINT) AS VARCHAR)"
        return f"(CASE WHEN {column} = FLOOR({column}) THEN {whole} ELSE CAST({column} AS VARCHAR) END)"
    return f"CAST({column} AS VARCHAR)"
