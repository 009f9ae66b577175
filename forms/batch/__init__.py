"""The rules of a questionnaire over a whole wave at once, as SQL: what a page would say of each response.

`forms` has no database: this makes the text of statements, and who calls it runs them.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from forms.batch.layers import Layers
from forms.batch.plan import VALUE, Plan, Rule, shown_fields
from forms.model import Questionnaire
from uptake.contract.expressions.dialects import DUCKDB, POSTGRESQL, Dialect, quoted

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

    judged: queries to be kept as (temporary) tables, in any order: the units with a broken rule, one boolean a rule;
    one query for each condition that questions hang on, over the units that it holds for.
    findings: a query over those tables: one row a broken rule, with the columns unit_id, check_id, severity and fields
    (names with spaces). routes: a query with one row a unit: for each condition, whether it holds; NULL is undecided.
    rules: every rule in the order in which findings are shown; asked: by field the column of `routes` that says whether
    it is asked, "" for those always asked; left_out: ids of rules that were not judged, for lack of a column.
    """

    judged: tuple[Statement, ...]
    findings: str
    routes: str
    rules: tuple[Rule, ...]
    asked: dict[str, str]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wave:
    """What the caller said."""

    questionnaire: Questionnaire
    dialect: Dialect
    table: str
    key: str
    columns: Collection[str] | None
    today: str

    def plan(self, assume: frozenset[str] = frozenset()) -> Plan:
        plan = Plan(self.questionnaire, Layers(self.dialect), self.columns, self.today, assume)
        plan.build()
        return plan


def wave_sql(
    questionnaire: Questionnaire,
    dialect: Literal["duckdb", "postgresql"],
    *,
    table: str = "responses",
    key: str = "unit_id",
    columns: Collection[str] | None = None,
    today: datetime.date | None = None,
) -> WaveSql:
    """Return the SQL that judges every response of a wave as `route` and `run_checks` judge one.

    It needs a table with one row a unit: `<field>` and `<field>_state` as docs/tables.md says of `responses`, of the
    types int: whole number, dec: decimal, date: date, bool: boolean, others text; beside them what rules ask of the
    sample or the wave before, under the names that expressions use (`e04_staff_prefilled`). A value that could not have
    been given (`value_<field>`) counts as blank, as on a page. Confirmed soft findings are not left out.
    table, key: names in the database; columns: the columns that the table has, None where it has all; a rule that needs
    another one is left out and named. today: the day of `today()`, default the present one.
    """
    day = (today or datetime.date.today()).isoformat()
    wave = _Wave(questionnaire, _DIALECTS[dialect], table, key, columns, day)
    plan = wave.plan()
    groups: dict[str, list[Rule]] = {"": []}
    rules = [rule for rule, _ in plan.rules()]
    for rule in rules:
        groups.setdefault(plan.group(rule), []).append(rule)
    made = [_group(wave, plan, column, chosen) for column, chosen in groups.items() if chosen]
    shown = sorted(plan.outer, key=lambda name: int(name[1:]))
    return WaveSql(
        judged=tuple(statement for statement, _ in made),
        findings="\nUNION ALL ".join(query for _, queries in made for query in queries),
        routes=plan.layers.select(table, key, shown),
        rules=tuple(rules),
        asked=dict(plan.asked),
        left_out=tuple(plan.left_out()),
    )


def _group(wave: _Wave, whole: Plan, column: str, rules: list[Rule]) -> tuple[Statement, list[str]]:
    """Return the statement that judges the rules of one condition, and the queries that turn it into findings."""
    plan = wave.plan(whole.chain(column))
    plan.rules()
    routes = {plan.asked[name] for rule in rules for name in rule.fields} - plan.assume - {""}
    outputs = [*sorted(routes), *([column] if column else []), *(rule.id for rule in rules)]
    broken = " OR ".join(f'"{rule.id}"' for rule in rules)
    where = f"{column} AND ({broken})" if column else broken
    table = f"judged_{column or 'all'}"
    findings = [
        f'SELECT "{wave.key}", {quoted(rule.id)} AS check_id, {quoted(rule.severity)} AS severity,'
        f' {shown_fields(rule, plan.asked, plan.assume)} AS fields FROM {table} WHERE "{rule.id}"'
        for rule in rules
    ]
    return Statement(table, plan.layers.select(wave.table, wave.key, outputs, where)), findings
