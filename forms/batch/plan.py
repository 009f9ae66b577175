"""From a questionnaire to columns of SQL: which answers stand, what is asked, and which rule is broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from forms.batch.layers import Layers
from forms.batch.strict import needed
from forms.batch.values import refused_sql
from forms.model import Check, Field, Questionnaire, Severity
from uptake.contract.expressions import Expression, Kind, print_sql
from uptake.contract.expressions.dialects import Dialect, quoted

RuleKind = Literal["value", "missing", "check"]
VALUE, MISSING = "value_", "required_"
_TYPES: Mapping[Kind, str] = {
    "number": "BIGINT",
    "text": "VARCHAR",
    "date": "DATE",
    "bool": "BOOLEAN",
    "any": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the batch judges: an unacceptable value, a missing answer, or a check of the questionnaire."""

    id: str
    kind: RuleKind
    severity: Severity
    fields: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """The columns of one questionnaire over one table while they are defined.

    columns: those that the table has, None for all that are needed. Short column names are used because PostgreSQL
    cuts names at 63 signs: v3, s3 value and state as they stand, r3, t3 along the route, a2 whether it is asked.
    """

    questionnaire: Questionnaire
    layers: Layers
    columns: Collection[str] | None
    today: str
    assume: frozenset[str] = frozenset()  # columns of the route that hold in every row that is looked at
    numbers: dict[str, int] = dataclasses.field(default_factory=dict)
    asked: dict[str, str] = dataclasses.field(default_factory=dict)  # by field: the column, or "" where always asked
    conditions: dict[tuple[str, str], str] = dataclasses.field(default_factory=dict)
    outer: dict[str, str] = dataclasses.field(default_factory=dict)  # by column of the route: the one it stands on
    names: dict[str, str] = dataclasses.field(default_factory=dict)  # what expressions call a thing: its column
    settled: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        return self.layers.dialect

    def has(self, name: str) -> bool:
        """Say whether the table has a column."""
        return self.columns is None or name in self.columns

    def known(self, name: str) -> bool:
        """Say whether anything is known of a name that an expression uses."""
        leaf = self.questionnaire.fields.get(name)
        if leaf is not None and leaf.roster:
            return False
        if leaf is not None and leaf.value is not None:
            return all(map(self.known, leaf.value.fields))
        return self.has(name) if leaf is None else self._source(leaf) is not None

    def build(self) -> None:
        """Define the answers, and the route through the pages, in the order in which they are asked."""
        self.names["today()"] = self.layers.add("today", f"CAST({quoted(self.today)} AS DATE)")
        for name in sorted(_asked_for(self.questionnaire) - self.questionnaire.fields.keys()):
            self._given(name)
        for page in self.questionnaire.pages:
            on_page, later = self._condition(page.relevant, ""), list[tuple[Field, str]]()
            for question in page.questions:
                asked = self._condition(question.relevant, on_page)
                for leaf in question.fields:
                    if leaf.roster:
                        self.asked[leaf.name] = asked
                    elif leaf.value is not None:
                        later.append((leaf, asked))
                    else:
                        self._answer(leaf)
                        self._routed(leaf, self._chosen(leaf, asked))
            for leaf, asked in later:
                self._computed(leaf, asked)

    def _given(self, name: str) -> None:
        """Define what was known of the unit before it answered."""
        column = f"g{len(self.names)}"
        kind = self.questionnaire.kinds[name]
        self.names[name] = self.layers.add(column, _column(name) if self.has(name) else f"CAST(NULL AS {_TYPES[kind]})")

    def _source(self, leaf: Field) -> str | None:
        """Return the column that the table has for a field: its own, or what the sample fixes."""
        candidates = (leaf.name, f"{leaf.name}_prefilled") if leaf.fixed else (leaf.name,)
        return next((name for name in candidates if self.has(name)), None)

    def _answer(self, leaf: Field) -> None:
        """Define value and state as they stand; what cannot be an answer counts as blank."""
        at = self.numbers[leaf.name] = len(self.numbers)
        source, add = self._source(leaf), self.layers.add
        if source is None:
            kind = self.questionnaire.kinds[leaf.name]
            add(f"v{at}", f"CAST(NULL AS {_TYPES[kind]})")
            add(f"s{at}", "CAST(NULL AS VARCHAR)")
            add(f"n{at}", "TRUE")
            return
        value, state = f"w{at}", f"u{at}"
        add(value, _column(source))
        derived = f"CASE WHEN {_column(source)} IS NULL THEN 'blank' ELSE 'answered' END"
        add(state, _column(f"{source}_state") if self.has(f"{source}_state") else derived)
        refused = add(f"b{at}", refused_sql(leaf, value, state, self.dialect), (value, state))
        add(f"v{at}", f"CASE WHEN {refused} THEN NULL ELSE {value} END", (refused, value))
        blank = f"({refused} OR {state} IS NULL OR {state} = 'blank')"
        add(f"n{at}", blank, (refused, state))
        plain = f"CASE WHEN {blank} THEN 'blank' ELSE CAST({state} AS VARCHAR) END"
        add(f"s{at}", plain, (refused, state))

    def _computed(self, leaf: Field, asked: str) -> None:
        """Define a computed answer: blank where it is unknown; settled once what it reads is, whatever it gives."""
        assert leaf.value is not None
        at = self.numbers[leaf.name] = len(self.numbers)
        add, kind = self.layers.add, self.questionnaire.kinds[leaf.name]
        value = add(f"v{at}", self.sql(leaf.value, kind), self.uses(leaf.value))
        add(f"n{at}", f"{value} IS NULL", (value,))
        add(f"s{at}", f"CASE WHEN {value} IS NULL THEN 'blank' ELSE 'answered' END", (value,))
        self._routed(leaf, asked)

    def _condition(self, relevant: Expression | None, outer: str) -> str:
        """Define whether something is asked: true, false, or NULL while what decides it is not answered.

        outer: the column of what it stands on, "" for what is always asked. Returns the column, or "".
        """
        if relevant is None:
            return outer
        key = (relevant.text, outer)
        if key not in self.conditions:
            self.conditions[key] = self._asked(relevant, outer)
            self.outer[self.conditions[key]] = outer
        return self.conditions[key]

    def _asked(self, relevant: Expression, outer: str) -> str:
        at = len(self.conditions)
        holds = self.layers.add(f"h{at}", self.sql(relevant), self.uses(relevant))
        settled = sorted({self._settled(name) for name in relevant.fields if name in self.questionnaire.fields} - {""})
        waits = f"NOT ({' AND '.join(settled)})" if settled else "FALSE"
        here = f"CASE WHEN {holds} IS NULL AND {waits} THEN NULL ELSE COALESCE({holds}, FALSE) END"
        made = f"CASE WHEN {outer} THEN {here} ELSE {outer} END" if outer else here
        return self.layers.add(f"a{at}", made, {holds, *settled, *([outer] if outer else [])})

    def _settled(self, name: str) -> str:
        """Define whether a field is answered or known not to be asked."""
        if name not in self.settled:
            at, asked = self.numbers[name], self.asked[name]
            made = (
                f"CASE {asked} WHEN TRUE THEN NOT n{at} WHEN FALSE THEN TRUE ELSE FALSE END" if asked else f"NOT n{at}"
            )
            self.settled[name] = self.layers.add(f"d{at}", made, {f"n{at}", *([asked] if asked else [])})
        return self.settled[name]

    def _chosen(self, leaf: Field, asked: str) -> str:
        """The words that go with a choice are asked when it was chosen."""
        if leaf.needs is None:
            return asked
        name, code = leaf.needs
        key = (f"{name} {code}", asked)
        if key not in self.conditions:
            value, settled = self.names[name], self._settled(name)
            test = f"(position({quoted(f' {code} ')} IN ' ' || {value} || ' ') > 0)"
            here = f"CASE WHEN {value} IS NOT NULL THEN {test} WHEN {settled} THEN FALSE END"
            made = f"CASE WHEN {asked} THEN {here} ELSE {asked} END" if asked else here
            column = f"a{len(self.conditions)}"
            self.conditions[key] = self.layers.add(column, made, {value, settled, *([asked] if asked else [])})
            self.outer[column] = asked
        return self.conditions[key]

    def _routed(self, leaf: Field, asked: str) -> None:
        """Define value and state along the route: what is not asked is missing, whatever stands there."""
        at, add = self.numbers[leaf.name], self.layers.add
        self.asked[leaf.name] = asked
        if not asked or asked in self.assume:
            self.names[leaf.name], self.names[f"{leaf.name}_state"] = f"v{at}", f"s{at}"
            return
        self.names[leaf.name] = add(f"r{at}", f"CASE WHEN {asked} THEN v{at} END", (asked, f"v{at}"))
        state = f"CASE {asked} WHEN TRUE THEN s{at} WHEN FALSE THEN 'not_applicable' END"
        self.names[f"{leaf.name}_state"] = add(f"t{at}", state, (asked, f"s{at}"))

    def sql(self, expression: Expression, to: Kind = "bool") -> str:
        """Return an expression over the columns of the route."""
        return print_sql(expression, self.dialect, self.names, kinds=self.questionnaire.kinds, to=to)

    def uses(self, expression: Expression) -> set[str]:
        """Return the columns that the SQL of an expression reads."""
        names = {*expression.fields, "today()"}
        return {self.names[key] for name in names for key in (name, f"{name}_state") if key in self.names}

    # The rules

    def rules(self) -> list[tuple[Rule, str]]:
        """Return every rule with the column that is true where it is broken, in the order of `run_checks`."""
        fields = self.questionnaire.fields.values()
        made = [self._value(leaf) for leaf in fields if self._judged(leaf)]
        made += [self._missing(leaf) for leaf in fields if self._judged(leaf) and _asks_once(leaf)]
        made += [self._check(check) for check in self.questionnaire.checks if all(map(self.known, check.rule.fields))]
        return made

    def left_out(self) -> list[str]:
        """Return the ids of rules that cannot be judged because the table lacks a column."""
        fields = [leaf for leaf in self.questionnaire.fields.values() if leaf.posted and self._source(leaf) is None]
        made = [f"{VALUE}{leaf.name}" for leaf in fields]
        made += [f"{MISSING}{leaf.name}" for leaf in fields if _asks_once(leaf)]
        checks = self.questionnaire.checks
        return made + [check.id for check in checks if not all(map(self.known, check.rule.fields))]

    def _open(self, name: str) -> str:
        """Return the column that says whether a field is asked, "" where that is not in question."""
        asked = self.asked[name]
        return "" if asked in self.assume else asked

    def chain(self, column: str) -> frozenset[str]:
        """Return a column of the route with those that hold whenever it does."""
        made = set()
        while column:
            made.add(column)
            column = self.outer[column]
        return frozenset(made)

    def group(self, rule: Rule) -> str:
        """Return the column of the route that holds in every row where a rule can be broken, "" where none does."""
        if rule.kind != "check":
            return self.asked[rule.fields[0]]
        check = next(check for check in self.questionnaire.checks if check.id == rule.id)
        columns = {self.asked[name] for name in needed(check.rule) if name in self.asked}
        return max(sorted(columns), key=lambda column: len(self.chain(column)), default="")

    def _judged(self, leaf: Field) -> bool:
        return leaf.posted and not leaf.roster and self._source(leaf) is not None

    def _value(self, leaf: Field) -> tuple[Rule, str]:
        at, asked = self.numbers[leaf.name], self._open(leaf.name)
        made = f"({asked} AND b{at}) IS TRUE" if asked else f"b{at}"
        column = self.layers.add(f"{VALUE}{leaf.name}", made, {f"b{at}", *([asked] if asked else [])})
        return Rule(column, "value", "hard", (leaf.name,)), column

    def _missing(self, leaf: Field) -> tuple[Rule, str]:
        asked = self._open(leaf.name)
        blanks = [f"n{self.numbers[name]}" for name in leaf.group or (leaf.name,)]
        made = " AND ".join(blanks + ([f"{asked} IS TRUE"] if asked else []))
        uses = {*blanks, *([asked] if asked else [])}
        if leaf.required_if is not None:
            made, uses = f"{made} AND ({self.sql(leaf.required_if)}) IS TRUE", uses | self.uses(leaf.required_if)
        column = self.layers.add(f"{MISSING}{leaf.name}", made, uses)
        return Rule(column, "missing", "hard", (leaf.name,)), column

    def _check(self, check: Check) -> tuple[Rule, str]:
        column = self.layers.add(check.id, f"({self.sql(check.rule)}) IS FALSE", self.uses(check.rule))
        return Rule(check.id, "check", check.severity, check.fields), column


def _asked_for(questionnaire: Questionnaire) -> set[str]:
    """Return every name that some expression uses."""
    pages = questionnaire.pages
    written = [page.relevant for page in pages] + [question.relevant for page in pages for question in page.questions]
    written += [check.rule for check in questionnaire.checks]
    written += [each for leaf in questionnaire.fields.values() for each in (leaf.value, leaf.required_if)]
    return {name for expression in written if expression is not None for name in expression.fields}


def _asks_once(leaf: Field) -> bool:
    """Of fields of which one is enough, the first one carries the finding."""
    return (leaf.required or leaf.required_if is not None) and (not leaf.group or leaf.group[0] == leaf.name)


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def shown_fields(rule: Rule, asked: Mapping[str, str], assume: Collection[str]) -> str:
    """Return the SQL of the fields at which a broken rule is shown: those that are asked, or all where none is."""
    whole = quoted(" ".join(rule.fields))
    if all(not asked[name] or asked[name] in assume for name in rule.fields):
        return whole
    parts = [f"CASE WHEN {asked[name]} THEN {quoted(f'{name} ')} ELSE '' END"
             if asked[name] and asked[name] not in assume else quoted(f"{name} ") for name in rule.fields]  # fmt: skip
    return f"COALESCE(NULLIF(rtrim({' || '.join(parts)}), ''), {whole})"
