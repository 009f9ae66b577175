"""Turn each definition of an indicator into the SQL quantities that the engine adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.indicators import Definition, DontKnow, Indicator, definitions
from analysis.source import quoted
from uptake.contract.errors import EstimationError, did_you_mean
from uptake.contract.expressions import Kind, parse, to_duckdb
from uptake.contract.expressions.tree import Field
from uptake.contract.yamlfile import Scalar

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Quantity = Literal["proportion", "mean", "total", "ratio"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One definition as SQL over the columns of the data: NULL is outside the base; `rate` lies between 0 and 1."""

    definition: Definition
    quantity: Quantity
    numerator: str
    denominator: str | None
    base: str | None
    rate: bool
    unknown: str  # SQL condition of the rows whose answer is unknown, before the rule for don't know


def column_kinds(data: DataFrame) -> dict[str, Kind]:
    """Return what kind of value each column of the data holds, for the expressions that name it."""
    from pandas.api import types

    kinds: dict[str, Kind] = {}
    for name in data.columns:
        if data[name].isna().all():
            kinds[str(name)] = "any"
        elif types.is_bool_dtype(data[name]):
            kinds[str(name)] = "bool"
        elif types.is_numeric_dtype(data[name]):
            kinds[str(name)] = "number"
        elif types.is_datetime64_any_dtype(data[name]):
            kinds[str(name)] = "date"
        else:
            kinds[str(name)] = "text"
    return kinds


def measured_definitions(
    indicators: tuple[Indicator, ...], kinds: Mapping[str, Kind], *, base: str | None
) -> tuple[Measured, ...]:
    """Return every reading of every indicator as SQL, in the order of publication.

    kinds: of the columns of the data; base: SQL condition of the rows that may count at all (the respondents), or None.
    Raises EstimationError when an expression names a column that the data do not have.
    """
    return tuple(_measured(item, kinds, base) for indicator in indicators for item in definitions(indicator))


def _measured(definition: Definition, kinds: Mapping[str, Kind], base: str | None) -> Measured:
    conditions = [part for part in (base, _condition(definition.where, definition, kinds)) if part]
    where = " AND ".join(f"COALESCE({part}, FALSE)" for part in conditions) or None
    numerator, unknown = _number(definition.numerator, definition, kinds)
    if definition.size is not None:
        _refuse_unknown(frozenset({definition.size}), definition, kinds)
        size = quoted(
            zero_column(definition.size) if definition.size in definition.structural_zero else definition.size
        )
        known = f"CASE WHEN ({numerator}) IS NOT NULL THEN {size} END"
        return Measured(definition, "ratio", f"({numerator}) * {size}", known, where, rate=True, unknown=unknown)
    denominator = None
    if definition.denominator is not None:
        denominator, below = _number(definition.denominator, definition, kinds)
        unknown = f"{unknown} OR {below}"
    rate = definition.type == "proportion"
    return Measured(definition, definition.type, numerator, denominator, where, rate=rate, unknown=unknown)


def _condition(scalar: Scalar | None, definition: Definition, kinds: Mapping[str, Kind]) -> str | None:
    return _sql(scalar, definition, kinds, to="bool") if scalar else None


def _number(scalar: Scalar, definition: Definition, kinds: Mapping[str, Kind]) -> tuple[str, str]:
    """Return a number for every row, and the SQL condition of the rows in which it is unknown.

    A condition counts 1 or 0; what is unknown follows the rule for don't know.
    """
    is_condition = definition.type == "proportion" or parse(scalar.value, scalar.place).kind == "bool"
    if is_condition:
        condition = _sql(scalar, definition, kinds, to="bool")
        made = f"CASE WHEN {condition} THEN 1 WHEN NOT {condition} THEN 0{_ELSE[definition.dont_know]} END"
        return made, f"{condition} IS NULL"
    number = _plain_number(scalar, definition, kinds) or _sql(scalar, definition, kinds, to="number")
    made = f"COALESCE({number}, 0)" if definition.dont_know == "in_base" else number
    return made, f"{number} IS NULL"


def _plain_number(scalar: Scalar, definition: Definition, kinds: Mapping[str, Kind]) -> str | None:
    """Return the column itself where the expression is no more than one column of numbers: no digit is cut off."""
    node = parse(scalar.value, scalar.place).node
    if not isinstance(node, Field) or kinds.get(node.name) != "number":
        return None
    return quoted(zero_column(node.name) if node.name in definition.structural_zero else node.name)


_ELSE: Mapping[DontKnow, str] = {"in_base": " ELSE 0", "yes": " ELSE 1", "out": ""}


def _sql(scalar: Scalar, definition: Definition, kinds: Mapping[str, Kind], *, to: Kind) -> str:
    expression = parse(scalar.value, scalar.place)
    _refuse_unknown(expression.fields, definition, kinds, where=f"{scalar.place}: ")
    columns = {field: zero_column(field) for field in expression.fields & definition.structural_zero}
    return f"({to_duckdb(expression, columns, kinds=kinds, to=to)})"


def zero_column(field: str) -> str:
    """Return the name of the column that holds a field with its structural zeros filled in.

    The name cannot be that of a field, and its state stands where `to_duckdb` looks for it.
    """
    return f"{field} zero"


def with_structural_zeros(data: DataFrame, indicators: Iterable[Indicator]) -> DataFrame:
    """Add, for every field that an indicator declares to be a structural zero, a column in which it is 0 where the unit
    was not asked: a number 0, a condition false, a choice none.

    Raises EstimationError where the data have no states, so that nobody can tell "not asked" from "not answered".
    """
    made: dict[str, Series] = {}
    for indicator in indicators:
        for field in indicator.structural_zero or ():
            made |= _zeros(data, indicator, field)
    return data.assign(**made) if made else data


def _zeros(data: DataFrame, indicator: Indicator, field: str) -> dict[str, Series]:
    state = f"{field}_state"
    for name in (field, state):
        if name not in data.columns:
            raise EstimationError(
                f'{indicator.place}: indicator "{indicator.id}" declares "{field}" a structural zero, but the data have'
                f' no column "{name}".{did_you_mean(name, map(str, data.columns))} It needs the field and its state.',
                code="unknown_field",
            )
    kind = column_kinds(data[[field]])[field]
    nothing = {"number": 0, "any": 0, "bool": False}.get(kind, "")
    filled = data[field].where(data[state] != "not_applicable", nothing)
    if kind == "any":
        filled = filled.astype("float64")
    return {zero_column(field): filled, f"{zero_column(field)}_state": data[state]}


def _refuse_unknown(
    fields: frozenset[str], definition: Definition, kinds: Mapping[str, Kind], *, where: str = ""
) -> None:
    for field in sorted(fields - set(kinds)):
        raise EstimationError(
            f'{where}indicator "{definition.indicator}" counts "{field}", which the data do not have.'
            f"{did_you_mean(field, kinds)} Name a field of the questionnaire or a column of the data.",
            code="unknown_field",
        )
