"""One answer as it stands in a table: its value and state, blank where it could not have been given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from forms.batch.layers import Layers, column_sql
from forms.batch.values import refused_sql
from forms.leaves import KIND_OF_TYPE, Field
from uptake.contract.expressions import Kind
from uptake.contract.expressions.dialects import quoted

TYPES: Mapping[Kind, str] = {"number": "BIGINT", "text": "VARCHAR", "date": "DATE", "bool": "BOOLEAN", "any": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class Source:
    """A table: what it is called, and its columns (None where it has all that are asked for)."""

    table: str
    columns: Collection[str] | None

    def has(self, name: str) -> bool:
        """Say whether the table has a column."""
        return self.columns is None or name in self.columns

    def column_of(self, leaf: Field) -> str | None:
        """Return the column that answers a field: its own, or what the sample fixes; None where there is none."""
        candidates = (leaf.name, f"{leaf.name}_prefilled") if leaf.fixed else (leaf.name,)
        return next((name for name in candidates if self.has(name)), None)


def define_answer(layers: Layers, leaf: Field, at: int, source: Source) -> None:
    """Define for one field v (value), s (state), n (whether it is blank) and b (whether what stands there is refused).

    at: the number that stands behind these letters.
    """
    column, add = source.column_of(leaf), layers.add
    if column is None:
        add(f"v{at}", f"CAST(NULL AS {TYPES[KIND_OF_TYPE[leaf.type]]})")
        add(f"s{at}", "'blank'")
        add(f"n{at}", "TRUE")
        add(f"b{at}", "FALSE")
        return
    value, state = add(f"w{at}", column_sql(column)), f"u{at}"
    derived = f"CASE WHEN {column_sql(column)} IS NULL THEN 'blank' ELSE 'answered' END"
    add(state, column_sql(f"{column}_state") if source.has(f"{column}_state") else derived)
    refused = add(f"b{at}", refused_sql(leaf, value, state, layers.dialect), (value, state))
    add(f"v{at}", f"CASE WHEN {refused} THEN NULL ELSE {value} END", (refused, value))
    blank = f"({refused} OR {state} IS NULL OR {state} = 'blank')"
    add(f"n{at}", blank, (refused, state))
    add(f"s{at}", f"CASE WHEN {blank} THEN 'blank' ELSE CAST({state} AS VARCHAR) END", (refused, state))


def define_computed(layers: Layers, at: int, sql: str, uses: Collection[str]) -> None:
    """Define the same for a computed field: blank where it is unknown."""
    value = layers.add(f"v{at}", sql, uses)
    layers.add(f"n{at}", f"{value} IS NULL", (value,))
    layers.add(f"s{at}", f"CASE WHEN {value} IS NULL THEN 'blank' ELSE 'answered' END", (value,))


def chosen_sql(value: str, code: str) -> str:
    """Return the condition that a code is among those chosen; NULL where nothing is."""
    return f"(position({quoted(f' {code} ')} IN ' ' || {value} || ' ') > 0)"
