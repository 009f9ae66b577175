"""A number a domain as SQL: what a second pass compares or centres by, such as each province's own median."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from analysis.cells import Codes
from analysis.fixedpoint import Floats
from analysis.source import Source, literal


def by_domain(source: Source, columns: tuple[str, ...], labels: Sequence[tuple[object, ...]], values: Floats) -> str:
    """Return SQL that is, in each row, the value of the row's domain; NULL where it has none.

    columns: those that form the domains; labels: their values, one tuple a domain; values: one number a domain.
    A correlated subquery over a list of values: engines join it, where a CASE of as many branches is tried one by one.
    """
    if not columns:
        return "NULL" if np.isnan(values[0]) else literal(float(values[0]))
    names = [f"up__c{i}" for i in range(len(columns))]
    kinds = [_kind([label[i] for label in labels]) for i in range(len(columns))]
    known = [(label, value) for label, value in zip(labels, values, strict=True) if not np.isnan(value)]
    if not known:
        return "NULL"
    rows = ", ".join(f"({', '.join([*_parts(label, kinds), literal(float(value))])})" for label, value in known)
    match = " AND ".join(
        f"up__f.{name} = {_as(source.column(column), kind)}"
        for name, column, kind in zip(names, columns, kinds, strict=True)
    )
    return f"(SELECT MAX(up__f.up__q) FROM (VALUES {rows}) AS up__f({', '.join(names)}, up__q) WHERE {match})"


def _kind(values: Sequence[object]) -> str:
    """How the values of a column are compared: numbers and truth values as they are, dates as times, else as text."""
    if all(isinstance(value, int | float) for value in values):
        return ""
    return "TIMESTAMP" if all(isinstance(value, date) for value in values) else "VARCHAR"


def _as(sql: str, kind: str) -> str:
    return f"CAST({sql} AS {kind})" if kind else sql


def _parts(label: Iterable[object], kinds: Sequence[str]) -> list[str]:
    made = zip(label, kinds, strict=True)
    return [_as(literal(str(part)), kind) if kind else literal(part) for part, kind in made]


def own_rows(sizes: Sequence[int], step: int, *, width: int, first: int = 0) -> Codes:
    """Return the rows (domains, step) of an answer in which a variable meets the domains it was made for.

    A variable that compares with a number a domain is made anew for each of the ways of forming domains (of `sizes`
    domains), `step` of them each; a run of `width` variables estimates all in all. `first`: the first variable.
    """
    grouping = np.repeat(np.arange(len(sizes)), sizes)
    return np.arange(len(grouping))[:, None] * width + first + grouping[:, None] * step + np.arange(step)
