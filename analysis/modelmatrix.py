"""The columns of a model: what a formula's terms are over the rows of a survey, with codes expanded to indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from analysis.design import Expr
from analysis.factors import Factor, factor
from analysis.faults import refuse
from analysis.fixedpoint import Floats
from analysis.formula import Formula
from analysis.frames import key_of
from analysis.microdata import Microdata, read_rows
from analysis.source import literal
from analysis.survey import Survey, design_faults
from uptake.contract.errors import EstimationError, did_you_mean

INTERCEPT = "intercept"
RESPONSE, OFFSET = "up__response", "up__offset"
MOST_COLUMNS = 2_000


@dataclass(frozen=True, slots=True)
class Coded:
    """A factor with its levels, the reference first; none for a number. `key` is what its values go by (f0, f1 ...):
    an engine that takes X and x for one name could not tell texts apart."""

    key: str
    text: str
    name: str
    sql: str
    levels: tuple[object, ...] = ()

    @property
    def number(self) -> str:
        """SQL of the number that is read: the value, or the place of the level."""
        if not self.levels:
            return self.sql
        cases = " ".join(f"WHEN {self.sql} = {literal(level)} THEN {i}" for i, level in enumerate(self.levels))
        return f"CASE {cases} END"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the model: its name, its term, and its parts (key of the factor, level; -1 for a number)."""

    name: str
    term: str
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ModelMatrix:
    """The columns of a model and the factors they are made of, by their keys."""

    columns: tuple[Column, ...]
    factors: dict[str, Coded]
    offset: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coefficients."""
        return tuple(column.name for column in self.columns)

    def of(self, values: Mapping[str, Floats], n: int) -> Floats:
        """Return X (n, p) from the values of the factors (codes are places of levels; NaN stays NaN)."""
        matrix = np.ones((n, len(self.columns)))
        for j, column in enumerate(self.columns):
            for key, level in column.parts:
                matrix[:, j] *= values[key] if level < 0 else _indicator(values[key], level)
        return matrix


@dataclass(frozen=True, slots=True)
class ModelRows:
    """The rows of a model: the whole sample in canonical order; of the `used` ones y (n,), X (n, p), offset (n,)."""

    rows: Microdata
    used: np.ndarray[tuple[int], np.dtype[np.bool_]]
    n_rows: int
    y: Floats
    x: Floats
    offset: Floats
    matrix: ModelMatrix
    warnings: tuple[str, ...]  # of the design

    @property
    def weight(self) -> Floats:
        """The weights of the used rows."""
        return self.rows.weight[self.used]


def model_rows(s: Survey, formula: Formula, where: Expr | None) -> ModelRows:
    """Read what a model needs: rows of the domain count where their weight is above zero and nothing is missing."""
    response = factor(formula.response, s.source)
    if response.coded:
        raise EstimationError(
            f'the answer "{response.name}" is text - a model explains a number; write a condition such as '
            f"({response.name} == 'yes') before the ~.",
            code="NOT_NUMERIC",
        )
    found = {text: factor(text, s.source) for term in formula.terms for text in term}
    offset = " + ".join(f"({factor(text, s.source).sql})" for text in formula.offsets)
    known = [response.sql, *(f.sql for f in found.values()), *([offset] if offset else [])]
    coded = {
        text: _with_levels(s, f, known, where, (f"f{i}", text)) for i, (text, f) in enumerate(found.items())
    }  # fmt: skip
    matrix = ModelMatrix(_columns(formula, coded), {c.key: c for c in coded.values()}, bool(offset))
    values = {RESPONSE: response.sql, **{key: c.number for key, c in matrix.factors.items()}}
    if offset:
        values[OFFSET] = offset
    rows = read_rows(s, values, where=where)
    return _used(rows, matrix, refuse(design_faults(s, rows.totals)))


def _used(rows: Microdata, matrix: ModelMatrix, warnings: tuple[str, ...]) -> ModelRows:
    counted = rows.inside & (rows.weight > 0)
    needed = [RESPONSE, *matrix.factors, *([OFFSET] if matrix.offset else [])]
    used = counted & ~np.any([np.isnan(rows.values[name]) for name in needed], axis=0)
    kept = {name: rows.values[name][used] for name in needed}
    for name, values in kept.items():
        if not np.isfinite(values).all():
            text = matrix.factors[name].text if name in matrix.factors else ""
            shown = {RESPONSE: "the answer", OFFSET: "the offset"}.get(name, f'"{text}" in the formula')
            raise EstimationError(
                f"{shown} holds a value that is not a finite number - set it to missing or correct it.",
                code="NOT_FINITE",
            )
    n = int(used.sum())
    if n == 0:
        raise EstimationError(
            "no row of the domain has the answer and all that should explain it - there is nothing to fit; check the "
            "condition and the columns of the formula.",
            code="EMPTY_DOMAIN",
        )
    offset = kept[OFFSET] if matrix.offset else np.zeros(n)
    return ModelRows(rows, used, int(counted.sum()), kept[RESPONSE], matrix.of(kept, n), offset, matrix, warnings)


def _indicator(codes: Floats, level: int) -> Floats:
    return np.where(np.isnan(codes), np.nan, (codes == level).astype(np.float64))


def _with_levels(s: Survey, found: Factor, known: list[str], where: Expr | None, named: tuple[str, str]) -> Coded:
    """Find the levels among the rows of the model, and put the reference first."""
    if not found.coded:
        return Coded(*named, found.name, found.sql)
    kept = [f"{s.weight_layer()[0][1]} > 0", *(f"({sql}) IS NOT NULL" for sql in known)]
    kept += [f"({where.sql})"] if where else []
    rows = s.source.columns(
        f"SELECT DISTINCT {found.sql} AS v FROM ({s.source.text}) AS r WHERE {' AND '.join(kept)} ORDER BY 1"
    )["v"]
    levels = [v for v in rows.tolist() if not (isinstance(v, float) and np.isnan(v))]
    if found.reference is not None:
        texts = [key_of(level) for level in levels]
        if str(found.reference) not in texts:
            raise EstimationError(
                f'the reference "{found.reference}" of "{found.name}" is not among its levels in the rows of the model '
                f"- nothing can be compared with it; name one of them.{did_you_mean(str(found.reference), texts)}",
                code="REFERENCE_LEVEL",
            )
        first = levels.pop(texts.index(str(found.reference)))
        levels.insert(0, first)
    return Coded(*named, found.name, found.sql, tuple(levels) or (None,))


def _columns(formula: Formula, factors: dict[str, Coded]) -> tuple[Column, ...]:
    """Expand the terms, main effects before interactions.

    A code leaves out its reference where the model has the term without it (with the constant: a main effect), and has
    all its levels otherwise, so that the columns are never redundant by construction.
    """
    terms = sorted(formula.terms, key=len)
    there = {frozenset(term) for term in terms} | ({frozenset[str]()} if formula.intercept else set())
    columns = [Column(INTERCEPT, INTERCEPT, ())] if formula.intercept else []
    for term in terms:
        label = ":".join(factors[text].name for text in term)
        parts = [_parts(factors[text], frozenset(term) - {text} in there) for text in term]
        columns += [
            Column(":".join(name for name, _ in chosen), label, tuple(part for _, part in chosen))
            for chosen in product(*parts)
        ]
    if not columns:
        raise EstimationError(
            "the formula has neither a constant nor a term - there is nothing to estimate; write at least `y ~ 1`.",
            code="FORMULA",
        )
    if len(columns) > MOST_COLUMNS:
        raise EstimationError(
            f"the formula makes {len(columns):,} columns, more than {MOST_COLUMNS:,} - join levels, or take a term "
            "out.",
            code="TOO_MANY_COLUMNS",
        )
    return tuple(columns)


def _parts(coded: Coded, contrast: bool) -> list[tuple[str, tuple[str, int]]]:
    if not coded.levels:
        return [(coded.name, (coded.key, -1))]
    if contrast and len(coded.levels) == 1 and coded.levels[0] is not None:
        raise EstimationError(
            f'"{coded.name}" has the one value "{key_of(coded.levels[0])}" in the rows of the model - a constant '
            "explains nothing; take it out of the formula, or a wider domain.",
            code="ONE_LEVEL",
        )
    levels = list(enumerate(coded.levels))[1 if contrast else 0 :]
    return [(f"{coded.name}={key_of(level)}", (coded.key, i)) for i, level in levels]
