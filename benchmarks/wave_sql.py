"""How much faster the whole Form A is judged by SQL over a wave than by the compiled checks in a Python loop.

    python benchmarks/wave_sql.py [QUESTIONNAIRE] [ROWS]

Both judge the same responses in the same run: what is asked, values that could not have been given, what is missing,
every check, the rows of rosters. Python: `walk` and the compiled closures over dictionaries that lie ready, with the
readers for the values; findings as bare ids, no sentences; measured over a sample and scaled. DuckDB: the statements of
`forms.batch`, up to the table of findings, over tables that lie ready (states as ENUM), all rows, two threads. The
responses are nearly plausible: sets of answers that pass most checks, with wrong answers put in, so that most units
have a finding or two. The same findings are counted on both sides.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import forms
from forms.answers import typed_texts
from forms.batch import wave_sql
from forms.checks import run_checks
from forms.leaves import BLANK, DONT_KNOW, LAST, PREFILLED, Answer, Field, Given, cell_name, split_cell
from forms.model import Questionnaire, Roster
from forms.plan import plan_of
from forms.reading import Refused, read_field
from forms.routing import walk
from uptake.contract.errors import Fault
from uptake.contract.expressions.tree import Number, String
from uptake.contract.expressions.tree import walk as nodes

Answers = dict[str, Answer]
Response = tuple[Answers, Given]
SAMPLE, TEMPLATES = 20_000, 12
STUDY = Path(__file__).resolve().parents[1] / "uptake/studies/aiplus"
STATES = "('answered', 'dont_know', 'not_applicable', 'refused', 'blank', 'imputed')"
ARROW = {"int": pa.int64(), "dec": pa.decimal128(18, 4), "date": pa.date32(), "bool": pa.bool_()}


# Responses


class Maker:
    """Makes plausible responses: random answers, changed until no rule complains."""

    def __init__(self, questionnaire: Questionnaire, seed: int) -> None:
        self.questionnaire, self.r = questionnaire, random.Random(seed)
        found = [node for check in questionnaire.checks for node, _ in nodes(check.rule.node)]
        self.words = [*sorted({n.value for n in found if isinstance(n, String)}), "示例单位", "2026-01"]
        self.words += ["13800138000", "3611", "无"]
        self.numbers = sorted({n.value for n in found if isinstance(n, Number)}) + [Decimal(n) for n in (0, 0, 1, 2, 9)]

    def value(self, leaf: Field) -> Any:
        r = self.r
        codes = [choice.code for choice in leaf.choices if choice.code != DONT_KNOW]
        if codes:
            alone = {choice.code for choice in leaf.choices if choice.exclusive}
            many = [code for code in codes if code not in alone and r.random() < 2 / len(codes)]
            return " ".join(many) or codes[0] if leaf.kind == "selN" else r.choice(codes)
        if leaf.type == "bool":
            return True
        if leaf.type == "date":
            return leaf.min or leaf.max
        if leaf.kind == "uscc":
            return "91350100M000100Y43"
        return self.number(leaf) if leaf.type in ("int", "dec") else r.choice(self.words)

    def number(self, leaf: Field, near: Any = None) -> Any:
        value = self.r.choice(self.numbers) if near is None else near
        low = leaf.min if isinstance(leaf.min, Decimal) else value
        value = max(Decimal(value), Decimal(low))
        return int(value) if leaf.type == "int" else value.quantize(Decimal(1).scaleb(-leaf.decimals))

    def answer(self, leaf: Field) -> Answer:
        for _ in range(50):
            made = Answer(self.value(leaf), "answered")
            if made.value is not None and not impossible(leaf, made):
                return made
        return BLANK

    def given(self, answers: Answers) -> Given:
        """Return what may be known of a unit beforehand: the annual module is due, and last time it said the same."""
        sample = {name: "yes" if column.type == "code" else None for name, column in self.questionnaire.sample.items()}
        filled = {n: a for n, a in answers.items() if self.questionnaire.leaf(n).prefill is not None}
        return Given(prefilled=filled, last=answers, sample=sample)

    def template(self) -> tuple[Answers, Given]:
        """Return answers that pass, or nearly: what still complains after many changes stays."""
        fields = self.questionnaire.fields.values()
        answers = {leaf.name: self.answer(leaf) for leaf in fields if leaf.value is None and not leaf.roster}
        for roster in self.questionnaire.rosters.values():
            for row in range(1, self.r.choice([1, 1, 2, 3]) + 1):
                posted = (leaf for leaf in roster.columns if leaf.value is None)
                answers |= {cell_name(leaf.name, row): self.answer(leaf) for leaf in posted}
        given = self.given(dict(answers))
        found = run_checks(self.questionnaire, answers, given=given)
        for step in range(1_200):
            if not found:
                break
            if step % 200 == 199:  # what it says now is what it said last time
                given = self.given(dict(answers))
                found = run_checks(self.questionnaire, answers, given=given)
                continue
            names = self.r.choice(self.concerned(found, answers))
            name = self.r.choice(names)
            old = answers[name]
            answers[name] = self.change(name, [answers[other].value for other in names if other != name], old)
            now = run_checks(self.questionnaire, answers, given=given)
            if len(now) > len(found):
                answers[name] = old
            else:
                found = now
        return answers, given

    def concerned(self, found: tuple[forms.Finding, ...], answers: Answers) -> list[list[str]]:
        """Return, for each finding, the answers that its rule looks at."""
        rules = {check.id: check.rule.fields for check in self.questionnaire.checks}
        made = []
        for finding in found:
            names = {*rules.get(finding.check_id, ()), *(split_cell(name)[0] for name in finding.fields)}
            made.append([name for name in answers if split_cell(name)[0] in names])
        return [names for names in made if names] or [list(answers)]

    def change(self, name: str, others: list[Any], old: Answer) -> Answer:
        """Return another answer; a number is likely to be one of the others of the rule, their sum, or what lacks."""
        leaf = self.questionnaire.leaf(name)
        numbers = [Decimal(v) for v in others if isinstance(v, int | Decimal) and not isinstance(v, bool)]
        if leaf.type not in ("int", "dec") or not numbers or self.r.random() < 0.3:
            return self.answer(leaf)
        whole, most = sum(numbers, Decimal(0)), max(numbers)
        near = self.r.choice([whole, most + most - whole, self.r.choice(numbers), Decimal(0)])
        made = Answer(self.number(leaf, near), "answered")
        return old if impossible(leaf, made) else made

    def response(self, template: tuple[Answers, Given]) -> Response:
        """Return a template, in every fourth case with a wrong answer or two."""
        answers = dict(template[0])
        if self.r.random() < 0.25:
            for name in self.r.sample(list(answers), self.r.choice([1, 1, 2])):
                leaf = self.questionnaire.leaf(name)
                wrong = [BLANK, Answer(None, DONT_KNOW), self.answer(leaf), self.answer(leaf)]
                wrong += [Answer(-1, "answered")] if leaf.type == "int" else []
                answers[name] = self.r.choice(wrong)
        return answers, template[1]


def impossible(leaf: Field, answer: Answer) -> bool:
    """Whether a value could not have been given, by the readers of a page."""
    if answer.value is None:
        return answer.state == "answered" or (answer.state == DONT_KNOW and not leaf.dont_know)
    if answer.state not in ("answered", "imputed"):
        return True
    try:
        return read_field(leaf, typed_texts(leaf, answer), "en").value != answer.value
    except Refused:
        return True


# The two rivals


def loop(questionnaire: Questionnaire, rows: list[Response]) -> int:
    """Judge responses one by one in Python; returns the number of findings."""
    plan, fields, count = plan_of(questionnaire), questionnaire.fields, 0
    checks = [(each.holds, each.check.roster) for each in plan.checks]
    columns = {r.id: [c for c in r.columns if c.value is None] for r in questionnaire.rosters.values()}
    for answers, given in rows:
        bad = {n for n, a in answers.items() if impossible(fields[n.partition(".")[0]], a)}
        seen: Mapping[str, Answer] = {n: BLANK if n in bad else a for n, a in answers.items()} if bad else answers
        way = walk(questionnaire, seen, given=given)
        asked = way.route.fields
        columns_bad = [name.partition(".")[0] for name in bad]
        count += sum(name in asked and fields[name].posted for name in columns_bad)
        count += sum(lacking(fields[name], seen, way.values, plan.required) for name in asked)
        for roster, found in way.rows.items():
            count += len(found) < questionnaire.rosters[roster].min_rows
            for values in found.values():
                scope = {**way.values, **values}
                count += sum(holds(scope) is False for holds, of in checks if of == roster)
                for leaf in columns[roster]:
                    needed = leaf.required if leaf.required_if is None else plan.required[leaf.name](scope) is True
                    count += needed and values[f"{leaf.name}_state"] == "blank"
        count += sum(holds(way.values) is False for holds, of in checks if not of)
    return count


def lacking(leaf: Field, answers: Mapping[str, Answer], values: Mapping[str, object], required: Any) -> bool:
    """Whether a field that is asked must be answered and is not."""
    if leaf.roster or not leaf.posted or (leaf.group and leaf.group[0] != leaf.name):
        return False
    if not (leaf.required if leaf.required_if is None else required[leaf.name](values) is True):
        return False
    return all(answers.get(name, BLANK).state == "blank" for name in leaf.group or (leaf.name,))


def fill(
    connection: duckdb.DuckDBPyConnection, questionnaire: Questionnaire, rows: list[Response], copies: int
) -> None:
    """Load the responses, each several times, states as ENUM."""
    connection.execute(f"CREATE TYPE state AS ENUM {STATES}")
    plain = [leaf for leaf in questionnaire.fields.values() if leaf.value is None and not leaf.roster]
    keys = {"unit_id": pa.array(range(len(rows)), pa.int64())}
    units = keys | columns_of(plain, [(answers, 0) for answers, _ in rows]) | before(questionnaire, rows)
    store(connection, "wave", units, (len(rows), copies))
    for roster in questionnaire.rosters.values():
        store(connection, f"wave_{roster.id}", rows_of(roster, rows), (len(rows), copies))


def before(questionnaire: Questionnaire, rows: list[Response]) -> dict[str, pa.Array]:
    """Return what rules ask of the sample and of the wave before."""
    fields, made = questionnaire.fields, {}
    for name in questionnaire.kinds.keys() - fields.keys():
        base = name.removesuffix(LAST).removesuffix(PREFILLED)
        if name in questionnaire.sample:
            made[name] = pa.array([given.sample.get(name) for _, given in rows])
        elif not fields[base].roster:
            known = [(given.last if name.endswith(LAST) else given.prefilled).get(base, BLANK) for _, given in rows]
            made[name] = pa.array([answer.value for answer in known], ARROW.get(fields[base].type, pa.string()))
    return made


def columns_of(leaves: list[Field], cells: list[tuple[Answers, int]]) -> dict[str, pa.Array]:
    made = {}
    for leaf in leaves:
        names = [cell_name(leaf.name, row) if row else leaf.name for _, row in cells]
        found = [answers.get(name) for (answers, _), name in zip(cells, names, strict=True)]
        made[leaf.name] = pa.array([a.value if a else None for a in found], ARROW.get(leaf.type, pa.string()))
        made[f"{leaf.name}_state"] = pa.array([a.state if a else None for a in found])
    return made


def rows_of(roster: Roster, rows: list[Response]) -> dict[str, pa.Array]:
    leaves = [leaf for leaf in roster.columns if leaf.value is None]
    cells = [(at, row) for at, (answers, _) in enumerate(rows)
             for row in sorted({split_cell(n)[1] for n in answers if split_cell(n)[0] in roster.names})]  # fmt: skip
    keys = {"unit_id": pa.array([at for at, _ in cells], pa.int64()), "row": pa.array([row for _, row in cells])}
    last = {f"{leaf.name}{LAST}": pa.array([rows[at][1].last.get(cell_name(leaf.name, row), BLANK).value
                                            for at, row in cells], ARROW.get(leaf.type, pa.string()))
            for leaf in leaves if roster.prefill is not None}  # fmt: skip
    return keys | columns_of(leaves, [(rows[at][0], row) for at, row in cells]) | last


def store(
    connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.Array], size: tuple[int, int]
) -> None:
    states = ", ".join(f'CAST("{c}" AS state) AS "{c}"' for c in columns if c.endswith("_state"))
    connection.register("arrived", pa.table(columns))
    connection.execute(
        f"CREATE TABLE {name} AS SELECT * REPLACE (unit_id + range * {size[0]} AS unit_id, {states})"
        f" FROM arrived, range({size[1]})"
    )
    connection.unregister("arrived")


def timed(task: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - clock, time.process_time() - processor


def main(name: str = "enterprise", rows: int = 1_000_000) -> None:
    """Print the ratio."""
    faults: list[Fault] = []
    questionnaire = forms.load_questionnaires(STUDY, faults=faults)[name]
    maker = Maker(questionnaire, 1)
    templates = [maker.template() for _ in range(TEMPLATES)]
    sample = [maker.response(maker.r.choice(templates)) for _ in range(SAMPLE)]
    copies = rows // SAMPLE
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    fill(connection, questionnaire, sample, copies)
    tables = [("wave", "")] + [(f"wave_{roster}", roster) for roster in questionnaire.rosters]
    columns = {t: [c[0] for c in connection.execute(f"DESCRIBE {t}").fetchall()] for t, _ in tables}
    made = wave_sql(questionnaire, "duckdb", table="wave", columns=columns)

    def sql() -> None:
        for statement in made.statements:
            connection.execute(f"CREATE OR REPLACE TABLE {statement.table} AS {statement.query}")
        connection.execute(f"CREATE OR REPLACE TABLE findings AS {made.findings}")

    counted: list[int] = []
    python = timed(lambda: counted.append(loop(questionnaire, sample)))
    duck = min(timed(sql) for _ in range(3))
    found, units = connection.execute("SELECT count(*), count(DISTINCT unit_id) FROM findings").fetchone() or (0, 0)
    scaled = python[0] * rows / SAMPLE
    print(f"{name}: {len(questionnaire.fields)} fields, {len(made.rules)} rules judged, {len(made.left_out)} left out")
    print(f"  {rows:,} responses, {found:,} findings in {units / rows:.0%} of them")
    assert found == counted[0] * copies, (found, counted[0] * copies)
    print(
        f"  Python loop    {python[0] / SAMPLE * 1e6:8.1f} us a response ({SAMPLE:,} measured), {scaled:8.1f} s in all"
    )
    print(f"  DuckDB         {duck[0] / rows * 1e6:8.2f} us a response, {duck[0]:8.2f} s in all")
    print(f"  DuckDB is {scaled / duck[0]:.0f} times faster by the clock with two threads (at least 50 is asked),")
    print(f"  and {python[1] * rows / SAMPLE / duck[1]:.0f} times by processor time")


if __name__ == "__main__":
    main(*sys.argv[1:2], *(int(argument) for argument in sys.argv[2:3]))
