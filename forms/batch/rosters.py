"""Rosters in a wave: the rows that exist, the lists that sum and count take, and the rules about single rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from forms.batch.answers import TYPES, chosen_sql, define_answer
from forms.batch.layers import Layers, column_sql
from forms.batch.plan import (
    FIRST,
    FREE,
    ROWS,
    Plan,
    Wave,
    all_of,
    columns_read,
    full_of,
    list_name,
    rows_of,
    settled_name,
)
from forms.batch.rules import Rule, check_of
from forms.leaves import Field
from forms.model import Roster
from uptake.contract.expressions import Expression, Kind, print_sql

ROW = "row"


def rows_query(wave: Wave, roster: Roster) -> str:
    """Return the query of the rows of a roster, with what is refused blank; `alive` says which rows exist.

    Rows that exist only by a refused value are kept, for the sake of that finding.
    """
    layers, source = Layers(wave.dialect), wave.rosters[roster.id]
    numbers = {leaf.name: at for at, leaf in enumerate(roster.columns)}
    posted = [leaf for leaf in roster.columns if leaf.value is None]
    for leaf in posted:
        define_answer(layers, leaf, numbers[leaf.name], source)
    states = [f"s{numbers[leaf.name]}" for leaf in posted]
    layers.add("alive", " OR ".join(f"{state} NOT IN ('blank', 'not_applicable')" for state in states), states)
    for leaf in posted:
        _cell(layers, leaf, numbers)
    outputs = [f"{letter}{numbers[leaf.name]}" for leaf in posted for letter in "czb"]
    for name in wave.beforehand(roster):
        kind = TYPES[wave.questionnaire.kinds[name]]
        here = column_sql(name) if source.has(name) else f"CAST(NULL AS {kind})"
        outputs.append(layers.add(name, here))
    refused = " OR ".join(f"b{numbers[leaf.name]}" for leaf in posted)
    where = f'(alive OR {refused}) AND "row" BETWEEN 1 AND {roster.max_rows}'
    there = column_sql(source.table)
    if source.columns is not None and not source.columns:  # no such table: no rows, and its rules are left out
        key, units = column_sql(wave.key), column_sql(wave.source.table)
        there = f'(SELECT {key}, CAST(0 AS BIGINT) AS "row" FROM {units} WHERE FALSE) AS no_rows'
    return layers.select(there, [wave.key, ROW], [*outputs, "alive"], where)


def _cell(layers: Layers, leaf: Field, numbers: dict[str, int]) -> None:
    """The words that go with a choice stand only where it was chosen."""
    at = numbers[leaf.name]
    if leaf.needs is None:
        layers.add(f"c{at}", f"v{at}", {f"v{at}"})
        layers.add(f"z{at}", f"s{at}", {f"s{at}"})
        return
    value = f"v{numbers[leaf.needs[0]]}"
    chosen = f"COALESCE({chosen_sql(value, leaf.needs[1])}, FALSE)"
    layers.add(f"c{at}", f"CASE WHEN {chosen} THEN v{at} END", {value, f"v{at}"})
    layers.add(f"z{at}", f"CASE WHEN {chosen} THEN s{at} ELSE 'not_applicable' END", {value, f"s{at}"})


def lists_join(wave: Wave, roster: Roster, computed: bool) -> str:
    """Return the join that brings the columns of a roster to its unit, each as a list in the order of the rows."""
    key = column_sql(wave.key)
    table = full_of(roster.id) if computed else rows_of(roster.id)
    made = [key]
    for at, leaf in enumerate(roster.columns):
        if (leaf.value is not None) == computed:
            made.append(f'array_agg(c{at} ORDER BY "row") AS {column_sql(list_name(at))}')
            if not computed:
                made.append(f"bool_and(z{at} <> 'blank') AS {column_sql(settled_name(at))}")
    ranked = f'(SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY "row") AS rank FROM {table} WHERE alive)'
    if not computed:
        made += [f"count(*) AS {column_sql(ROWS)}", f'min("row") AS {column_sql(FIRST)}',
                 f'count(*) FILTER (WHERE "row" = rank) + 1 AS {column_sql(FREE)}']  # fmt: skip
    return f"LEFT JOIN (SELECT {', '.join(made)} FROM {ranked} AS ranked GROUP BY {key}) AS of_{table} USING ({key})"


@dataclass(slots=True)
class RowPlan:
    """The columns of a roster's rows, with what the rules about them need of the unit."""

    plan: Plan
    roster: Roster
    layers: Layers
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    of_unit: set[str] = dataclasses.field(default_factory=set)

    def build(self) -> None:
        """Define every column of a row; the computed ones in their order, each seeing those before it."""
        names, kinds = self.names, self.plan.wave.questionnaire.kinds
        for at, leaf in enumerate(self.roster.columns):
            if leaf.value is None:
                for letter in "czb":
                    self.layers.add(f"{letter}{at}", f"{letter}{at}")
                names[leaf.name], names[f"{leaf.name}_state"] = f"c{at}", f"z{at}"
        self.layers.add("alive", "alive")
        for name in self.plan.wave.beforehand(self.roster):
            names[name] = self.layers.add(name, column_sql(name))
        for at, leaf in enumerate(self.roster.columns):
            if leaf.value is not None:
                self.layers.add(f"c{at}", self.sql(leaf.value, kinds[leaf.name]), self.uses(leaf.value))
                self.layers.add(f"z{at}", f"CASE WHEN c{at} IS NULL THEN 'blank' ELSE 'answered' END", {f"c{at}"})
                names[leaf.name], names[f"{leaf.name}_state"] = f"c{at}", f"z{at}"
                names[f"{leaf.name}[]"] = self._whole(at)

    def _whole(self, at: int) -> str:
        """Define a computed column with all rows of the unit at once."""
        window = f'(PARTITION BY {column_sql(self.plan.wave.key)} ORDER BY "row" ROWS BETWEEN UNBOUNDED PRECEDING AND'
        made = f"array_agg(c{at}) FILTER (WHERE alive) OVER {window} UNBOUNDED FOLLOWING)"
        return self.layers.add(f"m{at}", made, {f"c{at}", "alive"})

    def sql(self, expression: Expression, to: Kind = "bool") -> str:
        """Return an expression over the columns of the row, and of the unit where the row has none."""
        self._fetch(expression)
        kinds = self.plan.wave.questionnaire.kinds
        return print_sql(expression, self.layers.dialect, self.names, kinds=kinds, to=to)

    def uses(self, expression: Expression) -> set[str]:
        """Return the columns that the SQL of an expression reads."""
        self._fetch(expression)
        return columns_read(expression, self.names)

    def _fetch(self, expression: Expression) -> None:
        wanted = [*expression.bare, *(f"{name}_state" for name in expression.states), "today()"]
        for name in (*wanted, *(f"{name}[]" for name in expression.columns)):
            if name not in self.names and name in self.plan.names:
                column = self.plan.names[name]
                self.names[name] = self.layers.add(column, column_sql(column))
                self.of_unit.add(column)

    def define(self, rule: Rule) -> None:
        """Define the column of a rule about a row."""
        questionnaire = self.plan.wave.questionnaire
        if rule.kind == "check":
            check = check_of(questionnaire, rule.id)
            made = f"alive AND ({self.sql(check.rule)}) IS FALSE"
            self.layers.add(rule.id, made, {"alive"} | self.uses(check.rule))
            return
        leaf = questionnaire.fields[rule.fields[0]]
        at = self.roster.names.index(leaf.name)
        if rule.kind == "value":
            self.layers.add(rule.id, f"b{at}", {f"b{at}"})
            return
        parts, uses = ["alive", f"z{at} = 'blank'"], {"alive", f"z{at}"}
        if leaf.required_if is not None:
            parts, uses = [*parts, f"({self.sql(leaf.required_if)}) IS TRUE"], uses | self.uses(leaf.required_if)
        self.layers.add(rule.id, all_of(parts), uses)

    def select(self, outputs: Sequence[str], of_unit: Collection[str], where: str = "") -> str:
        """Return the query over the rows of the units that are asked. of_unit: what else is shown of the unit."""
        wave, asked = self.plan.wave, self.plan.asked[self.roster.columns[0].name]
        shown = sorted(self.of_unit | set(of_unit) | ({asked} if asked else set()))
        for column in of_unit:
            self.layers.add(column, column_sql(column))
        unit = self.plan.layers.select(column_sql(wave.source.table), [wave.key], shown, asked)
        source = f"{rows_of(self.roster.id)} JOIN ({unit}) AS of_unit USING ({column_sql(wave.key)})"
        return self.layers.select(source, [wave.key, ROW], [*outputs, *of_unit], where)
