"""The batch judges a wave as Python judges each response: every route, every finding, on DuckDB and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import forms
from forms.batch import wave_sql
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from tests.forms.wave_answers import TODAY, judged, rows_of_wave, tables_of
from uptake.contract.errors import Fault

EVERYTHING = Path(__file__).with_name("everything.yaml")
NOTHING = EVERYTHING.with_name("nothing.yaml")
STUDY = Path(__file__).resolve().parents[2] / "uptake" / "studies" / "aiplus"


@lru_cache
def instruments() -> dict[str, Questionnaire]:
    faults: list[Fault] = []
    found = forms.load_questionnaires(STUDY, faults=faults)
    everything = load_questionnaire(EVERYTHING, root=EVERYTHING.parent, faults=faults)
    nothing = load_questionnaire(NOTHING, root=NOTHING.parent, faults=faults)
    assert everything is not None and nothing is not None, faults
    found |= {"everything": everything, "nothing": nothing}
    assert not faults
    return found


def compare(questionnaire: Questionnaire, seed: int, count: int) -> Counter[tuple[str, bool]]:
    """Compare a wave of random responses; returns how often each rule was kept (true) and broken."""
    rows = list(rows_of_wave(questionnaire, seed, count))
    tables = tables_of(questionnaire, rows)
    columns = {f"arrived_{name}".rstrip("_"): table.column_names for name, table in tables.items()}
    made = wave_sql(questionnaire, "duckdb", table="arrived", columns=columns, today=TODAY)
    assert made.left_out == ()
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(f"arrived_{name}".rstrip("_"), table)
    for statement in made.statements:
        connection.execute(f"CREATE TABLE {statement.table} AS {statement.query}")
    found: dict[int, set[Any]] = {unit: set() for unit in range(count)}
    for unit, check, severity, fields, row in connection.execute(made.findings).fetchall():
        found[unit].add((check, severity, tuple(fields.split()), row))
    asked = [column for column in made.asked.values() if column]
    routes = connection.execute(f"SELECT {', '.join(['unit_id', *asked])} FROM ({made.routes}) ORDER BY 1").fetchall()
    broken: Counter[str] = Counter()
    for unit, (row, known) in enumerate(rows):
        way, expected = judged(questionnaire, row, known)
        assert found[unit] == expected, (seed, unit, found[unit] ^ expected)
        compare_route(questionnaire, made.asked, dict(zip(asked, routes[unit][1:], strict=True)), way)
        broken.update({check for check, *_ in expected})
    return +Counter({(rule.id, kept): count - broken[rule.id] if kept else broken[rule.id]
                     for rule in made.rules for kept in (True, False)})  # fmt: skip


def compare_route(
    questionnaire: Questionnaire, asked: dict[str, str], values: dict[str, Any], way: forms.Route
) -> None:
    of_field = {name: values[column] if column else True for name, column in asked.items()}
    assert tuple(name for name in questionnaire.fields if of_field[name]) == way.fields
    assert tuple(name for name in questionnaire.fields if of_field[name] is False) == way.away


def rarely(counted: Counter[tuple[str, bool]]) -> list[str]:
    """Return the rules that were never kept, or never broken."""
    return sorted({rule for rule, _ in counted if not (counted[rule, True] and counted[rule, False])})


@pytest.mark.parametrize("name", sorted(instruments()))
def test_python_and_duckdb_agree_on_every_finding(name: str) -> None:
    counted = compare(instruments()[name], 1, 2_500 if name == "everything" else 500)
    assert rarely(counted) == [] or name != "everything"


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted(instruments()))
def test_they_agree_on_fifty_thousand_responses_of_each_instrument(name: str) -> None:
    counted: Counter[tuple[str, bool]] = Counter()
    for seed in range(10):
        counted += compare(instruments()[name], 100 + seed, 5_000)
    assert counted.total() >= 50_000 and rarely(counted) == []


@pytest.mark.proof
@pytest.mark.parametrize("part", range(100))
def test_they_agree_on_a_million_responses_of_form_a(part: int) -> None:
    compare(instruments()["enterprise"], 1_000 + part, 10_000)


def copied(table: pa.Table) -> str:
    """Return a table in the text form of PostgreSQL's COPY."""
    signs = {None: r"\N", True: "t", False: "f"}

    def sign(value: Any) -> str:
        if value is None or isinstance(value, bool):
            return signs[value]
        return str(value).replace("\\", "\\\\").replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")

    return "".join("\t".join(map(sign, row.values())) + "\n" for row in table.to_pylist())


POSTGRES = {pa.int64(): "BIGINT", pa.string(): "TEXT", pa.date32(): "DATE", pa.bool_(): "BOOLEAN"}


def fill(connection: Any, name: str, table: pa.Table) -> None:
    columns = ", ".join(f'"{field.name}" {POSTGRES.get(field.type, "NUMERIC")}' for field in table.schema)
    connection.execute(f"DROP TABLE IF EXISTS {name}; CREATE TEMP TABLE {name} ({columns})")
    with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
        copy.write(copied(table).encode())


def compare_postgresql(address: str, questionnaire: Questionnaire, seed: int, count: int) -> int:
    """Compare what PostgreSQL and DuckDB say of a wave; returns the number of findings."""
    import psycopg

    tables = tables_of(questionnaire, list(rows_of_wave(questionnaire, seed, count)))
    names = {name: f"arrived_{name}".rstrip("_") for name in tables}
    columns = {names[name]: table.column_names for name, table in tables.items()}
    here, there = (
        wave_sql(questionnaire, dialect, table="arrived", columns=columns, today=TODAY)
        for dialect in ("duckdb", "postgresql")
    )
    duck = duckdb.connect()
    with psycopg.connect(address) as postgres:
        for name, table in tables.items():
            duck.register(names[name], table)
            fill(postgres, names[name], table)
        for ours, theirs in zip(here.statements, there.statements, strict=True):
            duck.execute(f"CREATE TABLE {ours.table} AS {ours.query}")
            postgres.execute(f"CREATE TEMP TABLE {theirs.table} AS {theirs.query}")
        one = set(duck.execute(here.findings).fetchall())
        other = set(postgres.execute(there.findings).fetchall())
        assert one == other, (seed, one ^ other)
        one, other = set(duck.execute(here.routes).fetchall()), set(postgres.execute(there.routes).fetchall())
        assert one == other
    return len(set(duck.execute(here.findings).fetchall()))


@pytest.mark.parametrize("name", sorted(instruments()))
def test_postgresql_says_the_same(postgresql: str, name: str) -> None:
    assert compare_postgresql(postgresql, instruments()[name], 7, 200) > 200


@pytest.mark.proof
@pytest.mark.parametrize("name", sorted(instruments()))
def test_postgresql_says_the_same_of_many(postgresql: str, name: str) -> None:
    assert sum(compare_postgresql(postgresql, instruments()[name], 20 + seed, 2_000) for seed in range(10)) > 20_000
