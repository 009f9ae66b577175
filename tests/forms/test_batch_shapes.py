"""The batch over routes and rosters of every shape, over tables that lack columns, and over rows that cannot be."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pytest

from forms.batch import WaveSql, wave_sql
from forms.batch.strict import needed
from forms.loader import load_questionnaire
from forms.model import Answer, Questionnaire, cell_name
from tests.forms.test_batch_agreement import compare, compare_postgresql, compare_route, fill, instruments, rarely
from tests.forms.wave_answers import TODAY, given_names, judged, refused, rows_of_wave, tables_of
from uptake.contract.errors import Fault
from uptake.contract.expressions import Expression, compile_python, parse
from uptake.contract.expressions.errors import ExpressionError

SHAPES = Path(__file__).with_name("shapes.yaml")


@pytest.fixture(scope="module")
def shapes() -> Questionnaire:
    faults: list[Fault] = []
    made = load_questionnaire(SHAPES, root=SHAPES.parent, faults=faults)
    assert made is not None, [str(fault) for fault in faults]
    return made


def test_every_shape_is_judged_as_in_python(shapes: Questionnaire) -> None:
    assert rarely(compare(shapes, 1, 3_000)) == ["either"], "which looks at two answers of which one is never asked"


def test_every_shape_on_postgresql(postgresql: str, shapes: Questionnaire) -> None:
    assert compare_postgresql(postgresql, shapes, 2, 400) > 400


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(10))
def test_every_shape_many_times(shapes: Questionnaire, seed: int) -> None:
    compare(shapes, 50 + seed, 10_000)


# -- tables that lack columns ---------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """What the batch made, what it found, and by unit which conditions hold."""

    made: WaveSql
    found: set[Any]
    routes: dict[int, dict[str, Any]]


def run(questionnaire: Questionnaire, tables: Mapping[str, pa.Table], **settings: Any) -> Judged:
    """Judge tables (by "" the units, by roster its rows) on DuckDB."""
    given = {f"arrived_{name}".rstrip("_"): table for name, table in tables.items()}
    columns = {name: table.column_names for name, table in given.items()}
    made = wave_sql(questionnaire, "duckdb", table="arrived", columns=columns, today=TODAY, **settings)
    connection = duckdb.connect()
    for name, table in given.items():
        connection.register(name, table)
    for statement in made.statements:
        connection.execute(f'CREATE TABLE "{statement.table}" AS {statement.query}')
    return Judged(made, set(connection.execute(made.findings).fetchall()), rows_by_name(connection, made.routes))


def rows_by_name(connection: duckdb.DuckDBPyConnection, query: str) -> dict[int, dict[str, Any]]:
    """Return the rows of a query by their unit, each by the names of its columns."""
    rows = connection.execute(query).fetchall()
    names = [column[0] for column in connection.description or ()]
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def less(questionnaire: Questionnaire, tables: dict[str, pa.Table], r: random.Random) -> dict[str, pa.Table]:
    """Take away columns: answers with their states, states alone, what was known before, or a roster's table."""
    keys, made = {"unit_id", "row"}, {}
    for name, table in tables.items():
        gone = {column for column in table.column_names if r.random() < 0.15 and column not in keys}
        gone |= {f"{column}_state" for column in gone}
        if not name or r.random() < 0.85:
            made[name] = table.drop_columns(sorted(gone & set(table.column_names)))
    return made


def as_it_stands(
    there: set[str], questionnaire: Questionnaire, row: dict[str, Answer], known: Mapping[str, Any]
) -> dict[str, Answer]:
    """Return the answers as far as the tables have them; without a state, a value is answered."""
    made = {}
    for name in (name for name, leaf in questionnaire.fields.items() if leaf.fixed and name not in there):
        value = known.get(f"{name}_prefilled")
        made[name] = Answer(value, "blank" if value is None else "answered")
    for name, answer in row.items():
        column = questionnaire.leaf(name).name
        if column in there and f"{column}_state" in there:
            made[name] = answer
        elif column in there:
            made[name] = Answer(answer.value, "blank" if answer.value is None else "answered")
    return made


def lacking(questionnaire: Questionnaire, there: set[str]) -> set[str]:
    """Return the rules that look at something which the tables do not have."""

    def missing(name: str) -> bool:
        leaf = questionnaire.fields.get(name)
        if leaf is not None and leaf.value is not None:
            return any(map(missing, leaf.value.fields))
        return not ({name, f"{name}_prefilled"} if leaf is not None and leaf.fixed else {name}) & there and not (
            leaf is None and name.endswith("_last")
        )

    made = {check.id for check in questionnaire.checks if any(map(missing, check.rule.fields))}
    for name, leaf in questionnaire.fields.items():
        made |= {f"value_{name}"} if missing(name) else set()
        made |= {f"required_{name}"} if any(map(missing, leaf.group or (name,))) else set()
    return made | {f"required_{roster.id}" for roster in questionnaire.rosters.values() if missing(roster.names[0])}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["shapes", "everything", "agency_short"])
def test_what_the_tables_lack_is_left_out_and_the_rest_is_judged(name: str, seed: int, shapes: Questionnaire) -> None:
    questionnaire = shapes if name == "shapes" else instruments()[name]
    rows = list(rows_of_wave(questionnaire, 900 + seed, 60))
    tables = less(questionnaire, tables_of(questionnaire, rows), random.Random(seed))
    there = {column for table in tables.values() for column in table.column_names}
    made, found, routes = run(questionnaire, tables)
    every = {rule.id for rule in wave_sql(questionnaire, "duckdb").rules}
    assert set(made.left_out) == lacking(questionnaire, there) & every
    assert {rule.id for rule in made.rules} == every - set(made.left_out)
    judging, expected = {rule.id for rule in made.rules}, set()
    for unit, (row, known) in enumerate(rows):
        known = {key: value for key, value in known.items() if key.partition(".")[0] in there}
        way, broken = judged(questionnaire, as_it_stands(there, questionnaire, row, known), known)
        compare_route(
            questionnaire, made.asked, {column: routes[unit].get(column) for column in made.asked.values()}, way
        )
        for check, severity, fields, at in broken:
            if check in judging:
                expected.add((unit, check, severity, " ".join(fields), at))
    assert found == expected


def test_without_a_word_about_columns_all_are_expected(shapes: Questionnaire) -> None:
    rows = list(rows_of_wave(shapes, 5, 100))
    tables = tables_of(shapes, rows)
    expected = run(shapes, tables).found
    made = wave_sql(shapes, "duckdb", today=TODAY)
    assert made.left_out == ()
    connection = duckdb.connect()
    connection.register("responses", tables[""])
    connection.register("responses_s05", tables["s05"])
    for statement in made.statements:
        connection.execute(f"CREATE TABLE {statement.table} AS {statement.query}")
    assert set(connection.execute(made.findings).fetchall()) == expected


def test_names_in_the_database_may_be_any(shapes: Questionnaire) -> None:
    tables = tables_of(shapes, list(rows_of_wave(shapes, 5, 100)))
    expected = run(shapes, tables).found
    connection = duckdb.connect()
    for name, table in {'a "b" c': tables[""], 'a "b" c_s05': tables["s05"]}.items():
        connection.register("given", table.rename_columns(['the "unit"', *table.column_names[1:]]))
        connection.execute(f'CREATE TABLE "{name.replace(chr(34), chr(34) * 2)}" AS SELECT * FROM given')
    made = wave_sql(shapes, "duckdb", table='a "b" c', key='the "unit"', today=TODAY)
    for statement in made.statements:
        connection.execute(f"CREATE TABLE {statement.table} AS {statement.query}")
    assert set(connection.execute(made.findings).fetchall()) == expected
    assert len(connection.execute(made.routes).fetchall()) == 100


def test_rows_that_the_roster_has_no_room_for_are_no_rows(shapes: Questionnaire) -> None:
    yes, text = Answer("yes", "answered"), Answer("甲", "answered")
    row = {"s01": yes, "s03_m": Answer(2, "answered")}
    row |= {cell_name("s05_name", number): text for number in (1, 2, 5)}
    tables = tables_of(shapes, [(row, dict.fromkeys(given_names(shapes)))])
    beyond = tables["s05"].set_column(1, "row", pa.array([1, 0, 6]))
    for table, findings in ((tables["s05"], set()), (beyond, {(0, "required_s05", "hard", "s05_name.2", 0)})):
        found = run(shapes, {"": tables[""], "s05": table}).found
        assert {finding for finding in found if finding[1] == "required_s05"} == findings
        assert {finding[4] for finding in found} <= {0, *range(1, 6)}


# -- every sign of a text -------------------------------------------------------------------------------------------

TEXTS = """
pages:
  - id: a
    title: {zh: 一, en: One}
    questions:
      - {id: T-1, text: {zh: 一行, en: One line}, type: text, max_length: 3}
      - {id: T-2, text: {zh: 多行, en: Lines}, type: text, max_length: 3, lines: 2}
"""


def test_every_sign_in_a_text_is_judged_as_by_its_reader(load: Callable[[str], Questionnaire], postgresql: str) -> None:
    import psycopg

    questionnaire = load(TEXTS)
    ranges = (
        range(1, 0x700),
        range(0x1680, 0x1690),
        range(0x2000, 0x2100),
        range(0x3000, 0x3010),
        range(0xFE00, 0x10000),
    )
    signs = [chr(code) for code in (*itertools.chain(*ranges), 0xD7FF, 0xE000, 0x1F600, 0xE0001, 0x10FFFF)]
    texts = [text for sign in signs for text in (sign, f"a{sign}b", f"{sign}b", f"a{sign}")]
    texts += ["abc", "abcd", "", "甲乙丙丁"]
    table = pa.table({"unit_id": range(len(texts)), "t1": texts, "t2": texts})
    leaves = questionnaire.fields.items()
    expected = {(unit, f"value_{name}") for name, leaf in leaves for unit, text in enumerate(texts)
                if refused(leaf, Answer(text, "answered"))}  # fmt: skip
    found = run(questionnaire, {"": table}).found
    assert {(unit, check) for unit, check, *_ in found if check.startswith("value_")} == expected
    columns = {"arrived": table.column_names}
    made = wave_sql(questionnaire, "postgresql", table="arrived", columns=columns, today=TODAY)
    with psycopg.connect(postgresql) as connection:
        fill(connection, "arrived", table)
        for statement in made.statements:
            connection.execute(f"CREATE TEMP TABLE {statement.table} AS {statement.query}")
        found = set(connection.execute(made.findings).fetchall())
    assert {(unit, check) for unit, check, *_ in found if check.startswith("value_")} == expected
    assert len(expected) > 500


# -- without which answers a rule cannot be broken ------------------------------------------------------------------


def condition(r: random.Random, depth: int) -> str:
    if depth == 0 or r.random() < 0.2:
        word = r.choice(["=", "!=", "<", ">="])
        return r.choice([f"{number(r, 1)} {word} {number(r, 1)}", "${f}", "state(${a}) = 'answered'"])
    one, other = condition(r, depth - 1), condition(r, depth - 1)
    return r.choice([f"({one} or {other})", f"({one} and {other})", f"not({one})", f"if({one}, {other}, {one})",
                     f"coalesce({one}, {other})", f"({one} and {other} and ${{f}})"])  # fmt: skip


def number(r: random.Random, depth: int) -> str:
    simple = r.choice(["${a}", "${b}", "${c}", "1", "2"])
    if depth == 0 or r.random() < 0.4:
        return simple
    return r.choice([f"({simple} + {number(r, 0)})", f"count({simple}, ${{b}})", f"count-distinct({simple}, ${{c}})",
                     f"coalesce({simple}, {number(r, 0)})", f"sum({simple}, {number(r, 0)})", f"round({simple}, 0)",
                     f"if({simple} > 1, {number(r, 0)}, ${{c}})", f"max({simple}, ${{a}})"])  # fmt: skip


def may_break(rule: Expression, missing: str, r: random.Random) -> bool:
    judge = compile_python(rule, kinds=KINDS)
    for _ in range(120):
        values: dict[str, Any] = {name: r.choice([None, 0, 1, 2, 3]) for name in "abc"} | {
            "f": r.choice([None, True, False])
        }
        values[missing] = None
        states = {f"{name}_state": "blank" if value is None else "answered" for name, value in values.items()}
        states[f"{missing}_state"] = r.choice(["blank", "dont_know", "not_applicable"])
        if judge(values | states) is False:
            return True
    return False


KINDS: dict[str, Any] = {"a": "number", "b": "number", "c": "number", "f": "bool"}


def test_no_rule_is_broken_without_what_it_needs() -> None:
    r, of_use, judged_ = random.Random(11), 0, 0
    for _ in range(1_500):
        try:
            rule = parse(condition(r, 3))
            compile_python(rule, kinds=KINDS)
        except ExpressionError:
            continue
        for name in sorted(rule.bare):
            judged_ += 1
            if name in needed(rule):
                of_use += 1
                assert not may_break(rule, name, r), (rule.text, name)
    assert judged_ > 2_000 and of_use > 300


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("${a} > 1", "a"), ("${a} + ${b} > 1", "ab"), ("${a} > 1 and ${b} > 1", ""), ("${a} > 1 or ${b} > 1", "ab"),
        ("${a} > 1 or ${b} > 1 and ${c} > 1", "a"), ("not(${a} > ${b})", "ab"), ("not(${a} > 1 and ${b} > 1)", "ab"),
        ("not(${a} > 1 or ${b} > 1)", ""), ("if(${a} > 1, ${b} > 1, ${c} > 1)", "a"), ("if(${f}, ${f}, ${f})", "f"),
        ("coalesce(${a}, ${b}) > 1", ""), ("coalesce(${a}, ${a}) > 1", "a"), ("count(${a}, ${b}) > 1", ""),
        ("count-distinct(${a}, ${b}) > 1", ""), ("sum(${a}, ${b}) > 1", "ab"), ("max(${a}, ${b}) > ${c}", "abc"),
        ("state(${a}) = 'answered'", ""), ("state(${a}) = 'answered' or ${b} > 1", "b"), ("1 > 2", ""),
        ("${f} or 1 > 2 or ${a} = 2", "af"),
        ("not(not(${a} > 1))", "a"), ("not(not(${a} > 1 and ${b} > 1))", ""),
    ],
)  # fmt: skip
def test_what_a_rule_needs(rule: str, names: str) -> None:
    assert "".join(sorted(needed(parse(rule)))) == names
