"""The rules of a questionnaire over a whole wave at once, as SQL: what a page would say of each response.

`forms` has no database: this makes the text of statements, and who calls it runs them.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from forms.batch.answers import Source
from forms.batch.layers import Layers, column_sql
from forms.batch.plan import Plan, Wave, full_of, rows_of
from forms.batch.rosters import RowPlan, lists_join, rows_query
from forms.batch.rules import (
    VALUE,
    Rule,
    condition_of,
    define_rule,
    findings_query,
    judgeable,
    rules_of,
    shown_columns,
)
from forms.model import Questionnaire, Roster
from uptake.contract.expressions.dialects import DUCKDB, POSTGRESQL

__all__ = ["VALUE", "Rule", "Statement", "WaveSql", "wave_sql"]
_DIALECTS = {"duckdb": DUCKDB, "postgresql": POSTGRESQL}


@dataclass(frozen=True, slots=True)
class Statement:
    """A query whose result is to be kept as a table of this name."""

    table: str
    query: str


@dataclass(frozen=True, slots=True)
class WaveSql:
    """The statements that judge a wave, and what they judge.

    statements: queries to be kept as (temporary) tables, in this order; the last ones hold the units, or the rows of a
    roster, with a broken rule: one boolean a rule, a table for each condition that questions hang on.
    findings: a query over those tables: one row a broken rule, with the key and the columns check_id, severity, fields
    (names with spaces, cells as `e24_users.3`) and row (of a roster, else 0).
    routes: a query with one row a unit: for each condition, whether it holds; NULL is undecided. asked: by field the
    column of `routes` that says whether it is asked, "" for those always asked.
    rules: every rule that is judged, in the order in which findings are shown; left_out: ids of those that are not, for
    lack of a column.
    """

    statements: tuple[Statement, ...]
    findings: str
    routes: str
    rules: tuple[Rule, ...]
    asked: dict[str, str]
    left_out: tuple[str, ...]


def wave_sql(
    questionnaire: Questionnaire,
    dialect: Literal["duckdb", "postgresql"],
    *,
    table: str = "responses",
    key: str = "unit_id",
    columns: Mapping[str, Collection[str]] | None = None,
    today: datetime.date | None = None,
) -> WaveSql:
    """Return the SQL that judges every response of a wave as `route` and `run_checks` judge one.

    It needs a table with one row a unit: `<field>` and `<field>_state` as docs/tables.md says of `responses`, of the
    types int: whole number, dec: decimal, date: date, bool: boolean, others text (several codes in the order of the
    questionnaire, with spaces). Beside them what rules ask of the sample or the wave before, under the names that
    expressions use (`e04_staff_prefilled`). For each roster a table `<table>_<roster>` with the key, `row`, and the
    same for its columns. A value that could not have been given (`value_<field>`) counts as blank, as on a page.
    Computed fields are computed anew. Confirmed soft findings are not left out.
    table, key: names in the database; columns: by table (`responses`, `responses_e24`) the columns that it has, None
    where all are there; a rule that needs another one is left out and named. today: the day of `today()`, default the
    present one.
    """

    def source(name: str) -> Source:
        return Source(name, None if columns is None else columns.get(name, ()))

    tables = {roster: source(f"{table}_{roster}") for roster in questionnaire.rosters}
    day = (today or datetime.date.today()).isoformat()
    wave = Wave(questionnaire, _DIALECTS[dialect], source(table), tables, key, day)
    whole = _plan(wave)
    rules = [rule for rule in rules_of(questionnaire) if judgeable(whole, rule)]
    rosters = [_roster_statements(wave, roster) for roster in questionnaire.rosters.values()]
    groups: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        groups.setdefault((rule.roster, "" if rule.roster else condition_of(whole, rule)), []).append(rule)
    made = [_rows(wave, whole, roster, chosen) if roster else _units(wave, whole, column, chosen)
            for (roster, column), chosen in groups.items()]  # fmt: skip
    judged = {rule.id for rule in rules}
    return WaveSql(
        statements=(*(each for several in rosters for each in several), *(statement for statement, _ in made)),
        findings="\nUNION ALL ".join(query for _, queries in made for query in queries),
        routes=whole.layers.select(column_sql(table), [key], sorted(whole.outer, key=lambda name: int(name[1:]))),
        rules=tuple(rules),
        asked=dict(whole.asked),
        left_out=tuple(rule.id for rule in rules_of(questionnaire) if rule.id not in judged),
    )


def _plan(wave: Wave, assume: frozenset[str] = frozenset()) -> Plan:
    joins = {}
    for roster in wave.questionnaire.rosters.values():
        joins[roster.id] = lists_join(wave, roster, False)
        joins[full_of(roster.id)] = lists_join(wave, roster, True)
    plan = Plan(wave, Layers(wave.dialect, joins), assume)
    plan.build()
    return plan


def _roster_statements(wave: Wave, roster: Roster) -> list[Statement]:
    """Return the statements of a roster's rows, and of its computed columns where something adds one of them up."""
    made = [Statement(rows_of(roster.id), rows_query(wave, roster))]
    summed = {name for each in wave.expressions() for name in each.columns}
    computed = [at for at, leaf in enumerate(roster.columns) if leaf.value is not None]
    if summed & {roster.names[at] for at in computed}:
        rows = RowPlan(_plan(wave), roster, Layers(wave.dialect))
        rows.build()
        made.append(Statement(full_of(roster.id), rows.select([*(f"c{at}" for at in computed), "alive"], ())))
    return made


def _units(wave: Wave, whole: Plan, column: str, rules: list[Rule]) -> tuple[Statement, list[str]]:
    """Return the statement that judges the rules of one condition, and the queries that turn it into findings."""
    plan = _plan(wave, whole.chain(column))
    for rule in rules:
        define_rule(plan, rule)
    shown = {each for rule in rules for each in shown_columns(plan, rule)} | ({column} if column else set())
    broken = " OR ".join(f'"{rule.id}"' for rule in rules)
    where = f"{column} AND ({broken})" if column else broken
    table = f"judged_{column or 'all'}"
    query = plan.layers.select(
        column_sql(wave.source.table), [wave.key], [*sorted(shown), *(rule.id for rule in rules)], where
    )
    return Statement(table, query), findings_query(plan, table, rules, {})


def _rows(wave: Wave, whole: Plan, roster: str, rules: list[Rule]) -> tuple[Statement, list[str]]:
    """Return the same for the rules about the rows of a roster."""
    plan = _plan(wave, whole.chain(whole.asked[wave.questionnaire.rosters[roster].columns[0].name]))
    rows = RowPlan(plan, wave.questionnaire.rosters[roster], Layers(wave.dialect))
    rows.build()
    for rule in rules:
        rows.define(rule)
    of_unit = sorted({plan.open(name) for rule in rules for name in rule.fields} - {""})
    broken = " OR ".join(f'"{rule.id}"' for rule in rules)
    table = f"judged_rows_{roster}"
    query = rows.select([rule.id for rule in rules], of_unit, broken)
    return Statement(table, query), findings_query(plan, table, rules, {"row": '"row"'})
