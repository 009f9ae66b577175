"""A number a domain as SQL: what a second pass compares or centres by, such as each province's own median."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
        return literal(float(values[0]))
    names = [f"up__c{i}" for i in range(len(columns))]
    plain = [all(isinstance(label[i], int | float) for label in labels) for i in range(len(columns))]
    known = [(label, value) for label, value in zip(labels, values, strict=True) if not np.isnan(value)]
    if not known:
        return "NULL"
    rows = ", ".join(f"({', '.join([*_parts(label, plain), literal(float(value))])})" for label, value in known)
    match = " AND ".join(
        f"up__f.{name} = {source.column(column) if number else f'CAST({source.column(column)} AS VARCHAR)'}"
        for name, column, number in zip(names, columns, plain, strict=True)
    )
    return f"(SELECT MAX(up__f.up__q) FROM (VALUES {rows}) AS up__f({', '.join(names)}, up__q) WHERE {match})"


def _parts(label: Iterable[object], plain: Sequence[bool]) -> list[str]:
    return [literal(part if number else str(part)) for part, number in zip(label, plain, strict=True)]


def own_rows(sizes: Sequence[int], step: int, *, width: int, first: int = 0) -> Codes:
    """Return the rows (domains, step) of an answer in which a variable meets the domains it was made for.

    A variable that compares with a number a domain is made anew for each of the ways of forming domains (of `sizes`
    domains), `step` of them each; a run of `width` variables estimates all in all. `first`: the first variable.
    """
    grouping = np.repeat(np.arange(len(sizes)), sizes)
    return np.arange(len(grouping))[:, None] * width + first + grouping[:, None] * step + np.arange(step)
