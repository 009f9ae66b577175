"""From a questionnaire to columns of SQL: which answers stand and what is asked, in the order of the pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from forms.batch.answers import TYPES, Source, chosen_sql, define_answer, define_computed
from forms.batch.layers import Layers, column_sql
from forms.leaves import LAST, PREFILLED, Field
from forms.model import Questionnaire, Roster
from uptake.contract.expressions import Expression, Kind, print_sql
from uptake.contract.expressions.dialects import Dialect, quoted


@dataclass(frozen=True, slots=True)
class Wave:
    """What the caller said: the questionnaire, the dialect, and the tables with the answers.

    rosters: by id, the table with a row an item. key: the column that says whose answers they are.
    """

    questionnaire: Questionnaire
    dialect: Dialect
    source: Source
    rosters: Mapping[str, Source]
    key: str
    today: str

    def expressions(self) -> list[Expression]:
        """Return every expression of the questionnaire."""
        asked = self.questionnaire
        made = [page.relevant for page in asked.pages]
        made += [question.relevant for page in asked.pages for question in page.questions]
        made += [each for leaf in asked.fields.values() for each in (leaf.value, leaf.required_if)]
        return [each for each in made if each is not None] + [check.rule for check in asked.checks]

    def beforehand(self, roster: Roster) -> list[str]:
        """Return what rules about a row of a roster ask of the row before it was filled in."""
        used = {name for each in self.expressions() for name in each.bare}
        names = [f"{leaf.name}{ending}" for leaf in roster.columns for ending in (LAST, PREFILLED)]
        return [name for name in names if name in used]

    def known(self, expression: Expression) -> bool:
        """Say whether the tables have everything that an expression looks at."""
        return all(map(self._known, expression.fields))

    def _known(self, name: str) -> bool:
        leaf = self.questionnaire.fields.get(name)
        if leaf is None and name.endswith(LAST):
            return True  # where there was no wave before, what was answered in it is unknown
        if leaf is None:
            base = self.questionnaire.fields.get(name.rpartition("_")[0])
            source = self.rosters[base.roster] if base is not None and base.roster else self.source
            return source.has(name)
        if leaf.value is not None:
            return self.known(leaf.value)
        return (self.rosters[leaf.roster] if leaf.roster else self.source).column_of(leaf) is not None


@dataclass(slots=True)
class Plan:
    """The columns of one wave while they are defined.

    assume: columns of the route that hold in every row that is looked at. Names are short because PostgreSQL cuts them
    at 63 signs: v3, s3 value and state as they stand, r3, t3 along the route, n3 whether it is blank, a2 a condition of
    the route, k3 all rows of a roster's column.
    """

    wave: Wave
    layers: Layers
    assume: frozenset[str] = frozenset()
    numbers: dict[str, int] = dataclasses.field(default_factory=dict)
    asked: dict[str, str] = dataclasses.field(default_factory=dict)  # by field: the condition, "" where always asked
    conditions: dict[tuple[str, str], str] = dataclasses.field(default_factory=dict)
    outer: dict[str, str] = dataclasses.field(default_factory=dict)  # by condition: the one it stands on
    names: dict[str, str] = dataclasses.field(default_factory=dict)  # what expressions call a thing: its column
    settled: dict[str, str] = dataclasses.field(default_factory=dict)

    def build(self) -> None:
        """Define the answers, and the route through the pages, in the order in which they are asked."""
        self.names["today()"] = self.layers.add("today", f"CAST({quoted(self.wave.today)} AS DATE)")
        for name in sorted({name for each in self.wave.expressions() for name in self._beforehand(each)}):
            self._given(name)
        for page in self.wave.questionnaire.pages:
            on_page, computed = self._condition(page.relevant, ""), list[tuple[Field, str]]()
            for question in page.questions:
                asked = self._condition(question.relevant, on_page)
                if question.fields and question.fields[0].roster:
                    self._roster(self.wave.questionnaire.rosters[question.fields[0].roster], asked)
                    continue
                for leaf in question.fields:
                    if leaf.value is None:
                        self._answer(leaf, asked)
                    else:
                        computed.append((leaf, asked))
            for leaf, asked in computed:
                self._computed(leaf, asked)

    def sql(self, expression: Expression, to: Kind = "bool") -> str:
        """Return an expression over the columns of the route."""
        kinds = self.wave.questionnaire.kinds
        return print_sql(expression, self.layers.dialect, self.names, kinds=kinds, to=to)

    def uses(self, expression: Expression) -> set[str]:
        """Return the columns that the SQL of an expression reads."""
        return columns_read(expression, self.names)

    def open(self, name: str) -> str:
        """Return the condition on which a field is asked, "" where that is not in question."""
        asked = self.asked[name]
        return "" if asked in self.assume else asked

    def chain(self, column: str) -> frozenset[str]:
        """Return a condition with those that hold whenever it does."""
        made = set()
        while column:
            made.add(column)
            column = self.outer[column]
        return frozenset(made)

    def _beforehand(self, expression: Expression) -> Iterable[str]:
        """Give what an expression asks of the sample or the wave before; single rows of it are the roster's affair."""
        for name in expression.fields - self.wave.questionnaire.fields.keys():
            base = self.wave.questionnaire.fields.get(name.rpartition("_")[0])
            if name in expression.columns:
                yield f"{name}[]"
            elif base is None or not base.roster:
                yield name

    def _given(self, name: str) -> None:
        """Define what was known of the unit before it answered."""
        type_ = TYPES[self.wave.questionnaire.kinds[name.removesuffix("[]")]] + ("[]" if name.endswith("[]") else "")
        here = column_sql(name) if self.wave.source.has(name) else f"CAST(NULL AS {type_})"
        self.names[name] = self.layers.add(f"g{len(self.names)}", here)

    def _answer(self, leaf: Field, asked: str) -> None:
        at = self.numbers[leaf.name] = len(self.numbers)
        define_answer(self.layers, leaf, at, self.wave.source)
        self._routed(leaf, at, self._chosen(leaf, asked))

    def _computed(self, leaf: Field, asked: str) -> None:
        assert leaf.value is not None
        at = self.numbers[leaf.name] = len(self.numbers)
        kind = self.wave.questionnaire.kinds[leaf.name]
        define_computed(self.layers, at, self.sql(leaf.value, kind), self.uses(leaf.value))
        self._routed(leaf, at, asked)

    def _routed(self, leaf: Field, at: int, asked: str) -> None:
        """Define value and state along the route: what is not asked is missing, whatever stands there."""
        add = self.layers.add
        self.asked[leaf.name] = asked
        if not asked or asked in self.assume:
            self.names[leaf.name], self.names[f"{leaf.name}_state"] = f"v{at}", f"s{at}"
            return
        self.names[leaf.name] = add(f"r{at}", f"CASE WHEN {asked} THEN v{at} END", (asked, f"v{at}"))
        state = f"CASE {asked} WHEN TRUE THEN s{at} WHEN FALSE THEN 'not_applicable' END"
        self.names[f"{leaf.name}_state"] = add(f"t{at}", state, (asked, f"s{at}"))

    def _roster(self, roster: Roster, asked: str) -> None:
        """Define all rows of each column as a list: empty where there are none, NULL where it is not asked."""
        nothing = "'{}'" if self.layers.dialect.name == "PostgreSQL" else "[]"
        here = "" if asked in self.assume else asked
        told = self._told(roster, asked)
        for index, leaf in enumerate(roster.columns):
            at = self.numbers[leaf.name] = len(self.numbers)
            self.asked[leaf.name] = asked
            join = full_of(roster.id) if leaf.value is not None else roster.id
            there = f"of_{full_of(roster.id) if leaf.value is not None else rows_of(roster.id)}"
            cells = self.layers.add(f"j{at}", f"{there}.{column_sql(list_name(index))}", join=join)
            made = f"COALESCE({cells}, {nothing})"
            made = f"CASE WHEN {told} OR {cells} IS NOT NULL THEN {made} END" if told else made
            made = f"CASE WHEN {here} THEN {made} END" if here else made
            self.names[f"{leaf.name}[]"] = self.layers.add(
                f"k{at}", made, {cells, *([here] if here else []), *([told] if told else [])}
            )
            if leaf.value is not None:
                self.layers.add(f"n{at}", "FALSE")
            else:
                full = self.layers.add(f"e{at}", f"{there}.{column_sql(settled_name(index))}", join=roster.id)
                self.layers.add(f"n{at}", f"NOT COALESCE({full}, {told or 'FALSE'})", {full, told} - {""})
        for name, otherwise in ROW_COLUMNS.items():
            column = f"{name}_{roster.id}"
            self.layers.add(
                column, f"COALESCE(of_{rows_of(roster.id)}.{column_sql(name)}, {otherwise})", join=roster.id
            )

    def _told(self, roster: Roster, asked: str) -> str:
        """Define whether "nothing to report" was said of a roster that offers it; "" for one that does not."""
        if roster.nothing is None:
            return ""
        at = self.numbers[roster.rows_name] = len(self.numbers)
        self.asked[roster.rows_name] = asked
        define_answer(self.layers, roster.nothing, at, self.wave.source)
        return self.layers.add(f"{NOTHING}_{roster.id}", f"COALESCE(v{at} = 0, FALSE)", {f"v{at}"})

    def _condition(self, relevant: Expression | None, outer: str) -> str:
        """Define whether something is asked: true, false, or NULL while what decides it is not answered.

        outer: the condition it stands on, "" for what is always asked. Returns the column, or "".
        """
        if relevant is None:
            return outer
        key = (relevant.text, outer)
        if key not in self.conditions:
            holds = self.layers.add(f"h{len(self.conditions)}", self.sql(relevant), self.uses(relevant))
            settled = self._all_settled(relevant)
            waits = f"NOT ({' AND '.join(settled)})" if settled else "FALSE"
            here = f"CASE WHEN {holds} IS NULL AND {waits} THEN NULL ELSE COALESCE({holds}, FALSE) END"
            self._asked(key, here, {holds, *settled})
        return self.conditions[key]

    def _chosen(self, leaf: Field, asked: str) -> str:
        """The words that go with a choice are asked when it was chosen."""
        if leaf.needs is None:
            return asked
        name, code = leaf.needs
        key = (f"{name} {code}", asked)
        if key not in self.conditions:
            value, settled = self.names[name], self._settled(name)
            here = f"CASE WHEN {value} IS NOT NULL THEN {chosen_sql(value, code)} WHEN {settled} THEN FALSE END"
            self._asked(key, here, {value, settled})
        return self.conditions[key]

    def _asked(self, key: tuple[str, str], here: str, uses: set[str]) -> None:
        """Define a condition inside the one it stands on, which must hold for it to be looked at."""
        column, outer = f"a{len(self.conditions)}", key[1]
        made = f"CASE WHEN {outer} THEN {here} ELSE {outer} END" if outer else here
        self.conditions[key] = self.layers.add(column, made, uses | ({outer} if outer else set()))
        self.outer[column] = outer

    def _all_settled(self, expression: Expression) -> list[str]:
        fields = self.wave.questionnaire.fields
        return sorted({self._settled(name) for name in expression.fields if name in fields})

    def _settled(self, name: str) -> str:
        """Define whether nothing more will be learned about a field: it is answered, or known not to be asked."""
        if name not in self.settled:
            at, asked, leaf = self.numbers[name], self.open(name), self.wave.questionnaire.fields[name]
            here, uses = f"NOT n{at}", {f"n{at}", *([asked] if asked else [])}
            if leaf.value is not None and not leaf.roster:
                read = self._all_settled(leaf.value)
                here, uses = f"({here} OR ({' AND '.join(read) or 'TRUE'}))", uses | set(read)
            made = f"CASE {asked} WHEN TRUE THEN {here} WHEN FALSE THEN TRUE ELSE FALSE END" if asked else here
            self.settled[name] = self.layers.add(f"d{at}", made, uses)
        return self.settled[name]


ROWS, FIRST, FREE = "roster rows", "first row", "free row"  # of a unit: how many, the first one, the first not taken
NOTHING = "nothing"  # whether a unit said that it has nothing to report
ROW_COLUMNS = {ROWS: "0", FIRST: "1", FREE: "1"}


def list_name(index: int) -> str:
    """Return the name of the list with all rows of a roster's column, in the join of the roster."""
    return f"list {index}"


def settled_name(index: int) -> str:
    """Return the name of the column that says whether every row of a column is answered."""
    return f"settled {index}"


def rows_of(roster: str) -> str:
    """Return the name of the table of a roster's rows: c0, z0 value and state of the first column, b0 if refused."""
    return f"rows_{roster}"


def full_of(roster: str) -> str:
    """Return the name of the table of a roster with its computed columns."""
    return f"full_{roster}"


def columns_read(expression: Expression, names: Mapping[str, str]) -> set[str]:
    """Return the columns that the SQL of an expression reads."""
    asked = {*expression.bare, *(f"{name}_state" for name in expression.states), "today()"}
    asked |= {f"{name}[]" for name in expression.columns}
    return {names[name] for name in asked if name in names}


def all_of(conditions: Collection[str]) -> str:
    """Join conditions by AND; no condition is TRUE."""
    return " AND ".join(conditions) or "TRUE"
