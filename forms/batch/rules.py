"""The rules of a questionnaire as columns of SQL: true where a value is impossible, missing, or breaks a check."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from forms.batch.layers import column_sql
from forms.batch.plan import FIRST, FREE, NOTHING, ROWS, Plan, all_of
from forms.batch.strict import needed
from forms.leaves import Field
from forms.model import Check, Questionnaire, Roster, Severity
from uptake.contract.expressions.dialects import quoted

RuleKind = Literal["value", "missing", "check"]
VALUE, MISSING = "value_", "required_"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the batch judges: an impossible value, a missing answer, or a check of the questionnaire.

    roster: the roster on each of whose rows it is judged, "" for none.
    """

    id: str
    kind: RuleKind
    severity: Severity
    fields: tuple[str, ...]
    roster: str = ""


def rules_of(questionnaire: Questionnaire) -> list[Rule]:
    """Return every rule, in the order of `run_checks`: impossible values, what is missing, checks."""
    leaves = [leaf for leaf in questionnaire.fields.values() if leaf.posted]
    made = [Rule(f"{VALUE}{leaf.name}", "value", "hard", (leaf.name,), leaf.roster) for leaf in leaves]
    for leaf in leaves:
        roster = questionnaire.rosters.get(leaf.roster)
        if roster is not None and leaf is roster.columns[0] and (roster.min_rows or roster.nothing):
            name = leaf.name if roster.nothing is None else roster.rows_name
            made.append(Rule(f"{MISSING}{roster.id}", "missing", "hard", (name,)))
        if asks_once(leaf):
            made.append(Rule(f"{MISSING}{leaf.name}", "missing", "hard", (leaf.name,), leaf.roster))
    checks = questionnaire.checks
    return made + [
        Rule(check.id, "check", check.severity, _shown(questionnaire, check), check.roster) for check in checks
    ]


def _shown(questionnaire: Questionnaire, check: Check) -> tuple[str, ...]:
    """Return where a check is shown: that of a row first of all in the row, as `run_checks` has it."""
    if not check.roster:
        return check.fields
    return tuple(sorted(check.fields, key=lambda name: not questionnaire.fields[name].roster))


def asks_once(leaf: Field) -> bool:
    """Say whether a field carries the finding that it is missing: of fields of which one is enough, the first one."""
    return (leaf.required or leaf.required_if is not None) and (not leaf.group or leaf.group[0] == leaf.name)


def judgeable(plan: Plan, rule: Rule) -> bool:
    """Say whether the tables have what a rule looks at."""
    wave = plan.wave
    if rule.kind == "check":
        return wave.known(check_of(wave.questionnaire, rule.id).rule)
    leaf = _leaf(wave.questionnaire, rule.fields[0])
    counted = _counted(wave.questionnaire, leaf)
    if counted is not None and wave.rosters[counted.id].column_of(counted.columns[0]) is None:
        return False
    source = wave.rosters[leaf.roster] if leaf.roster else wave.source
    names = (leaf.group if rule.kind == "missing" else ()) or (leaf.name,)
    return all(source.column_of(_leaf(wave.questionnaire, name)) is not None for name in names)


def check_of(questionnaire: Questionnaire, check_id: str) -> Check:
    """Return a check by its id."""
    return next(check for check in questionnaire.checks if check.id == check_id)


def condition_of(plan: Plan, rule: Rule) -> str:
    """Return the condition that holds wherever a rule can be broken, "" where there is none."""
    if rule.kind != "check":
        return plan.asked[rule.fields[0]]
    check = check_of(plan.wave.questionnaire, rule.id)
    columns = {plan.asked[name] for name in needed(check.rule) if name in plan.asked}
    return max(sorted(columns), key=lambda column: len(plan.chain(column)), default="")


def define_rule(plan: Plan, rule: Rule) -> None:
    """Define the column of a rule about the unit itself; it has the name of the rule."""
    questionnaire = plan.wave.questionnaire
    if rule.kind == "check":
        check = check_of(questionnaire, rule.id)
        plan.layers.add(rule.id, f"({plan.sql(check.rule)}) IS FALSE", plan.uses(check.rule))
        return
    leaf = _leaf(questionnaire, rule.fields[0])
    asked, counted = plan.open(leaf.name), _counted(questionnaire, leaf)
    here = [f"{asked} IS TRUE"] if asked else []
    uses = {asked} if asked else set()
    if counted is not None:
        rows, nothing = f"{ROWS}_{counted.id}", f"{NOTHING}_{counted.id}"
        parts = [*here, f"{column_sql(rows)} = 0", f"NOT {column_sql(nothing)}"]
        plan.layers.add(rule.id, all_of(parts), uses | {rows, nothing})
    elif leaf.roster:
        parts = [*here, f"{column_sql(f'{ROWS}_{leaf.roster}')} < {_roster(questionnaire, leaf).min_rows}"]
        plan.layers.add(rule.id, all_of(parts), uses | {f"{ROWS}_{leaf.roster}"})
    elif rule.kind == "value":
        at = plan.numbers[leaf.name]
        plan.layers.add(rule.id, all_of([*here, f"b{at}"]), uses | {f"b{at}"})
    else:
        blanks = [f"n{plan.numbers[name]}" for name in leaf.group or (leaf.name,)]
        if leaf.required_if is not None:
            here, uses = [*here, f"({plan.sql(leaf.required_if)}) IS TRUE"], uses | plan.uses(leaf.required_if)
        plan.layers.add(rule.id, all_of(blanks + here), uses | set(blanks))


def _leaf(questionnaire: Questionnaire, name: str) -> Field:
    """Return a field, a roster's column, or the box that says there are no rows."""
    return questionnaire.fields.get(name) or questionnaire.leaf(name)


def _counted(questionnaire: Questionnaire, leaf: Field) -> Roster | None:
    """Return the roster whose box "nothing to report" a field is, or None."""
    return next((one for one in questionnaire.rosters.values() if one.nothing == leaf), None)


def _roster(questionnaire: Questionnaire, leaf: Field) -> Roster:
    return questionnaire.rosters[leaf.roster]


def shown_columns(plan: Plan, rule: Rule) -> set[str]:
    """Return the columns that `shown_fields` reads for a rule about the unit itself."""
    rosters = {_leaf(plan.wave.questionnaire, name).roster for name in rule.fields} - {""}
    made = {plan.open(name) for name in rule.fields} - {""}
    return made | {f"{name}_{roster}" for roster in rosters for name in (FIRST, FREE)}


def shown_fields(plan: Plan, rule: Rule, row: str = "") -> str:
    """Return the SQL of the fields at which a broken rule is shown: those that are asked, or all where none is.

    row: SQL of the row at hand; a whole column is shown at its first row, a lack of rows at the first that is free.
    """
    place = {name: _place(plan, _leaf(plan.wave.questionnaire, name), rule, row) for name in rule.fields}
    whole = " || ".join(_joined(list(place.values())))
    if not any(plan.open(name) for name in rule.fields):
        return whole
    parts = [f"CASE WHEN {plan.open(name)} THEN {place[name]} || ' ' ELSE '' END" if plan.open(name)
             else f"{place[name]} || ' '" for name in rule.fields]  # fmt: skip
    return f"COALESCE(NULLIF(rtrim({' || '.join(parts)}), ''), {whole})"


def _place(plan: Plan, leaf: Field, rule: Rule, row: str) -> str:
    if not leaf.roster:
        return quoted(leaf.name)
    if row:
        return f"({quoted(f'{leaf.name}.')} || {row})"
    taken = f"{FREE if rule.kind == 'missing' else FIRST}_{leaf.roster}"
    first, asked = column_sql(taken), plan.open(leaf.name)
    return f"({quoted(f'{leaf.name}.')} || {f'CASE WHEN {asked} THEN {first} ELSE 1 END' if asked else first})"


def _joined(places: list[str]) -> list[str]:
    made = places[:1]
    for place in places[1:]:
        made += [quoted(" "), place]
    return made


def findings_query(plan: Plan, table: str, rules: Collection[Rule], keys: Mapping[str, str]) -> list[str]:
    """Return one query a rule: the units (and rows) in which it is broken, as they stand in a table of broken rules."""
    key, row = column_sql(plan.wave.key), keys.get("row", "")
    return [
        f"SELECT {key}, {quoted(rule.id)} AS check_id, {quoted(rule.severity)} AS severity,"
        f' {shown_fields(plan, rule, row)} AS fields, {row or "0"} AS "row"'
        f" FROM {table} WHERE {column_sql(rule.id)}"
        for rule in rules
    ]
