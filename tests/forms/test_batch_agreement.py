"""The batch judges a wave as Python judges each response: every route, every finding, on DuckDB and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

import forms
from forms.batch import wave_sql
from forms.model import Questionnaire
from tests.forms.wave_answers import TODAY, judged, rows_of_wave, table_of
from uptake.contract.errors import Fault

STUDY = Path(__file__).resolve().parents[2] / "uptake" / "studies" / "aiplus"


def instruments() -> dict[str, Questionnaire]:
    faults: list[Fault] = []
    found = forms.load_questionnaires(STUDY, faults=faults)
    assert not faults
    return found


def compare(questionnaire: Questionnaire, seed: int, count: int) -> Counter[tuple[str, bool]]:
    """Compare a wave of random responses; returns how often each rule was broken and kept."""
    rows = list(rows_of_wave(questionnaire, seed, count))
    made = wave_sql(questionnaire, "duckdb", table="arrived", today=TODAY)
    connection = duckdb.connect()
    connection.register("arrived", table_of(questionnaire, rows))
    for statement in made.judged:
        connection.execute(f"CREATE TABLE {statement.table} AS {statement.query}")
    found: dict[int, set[Any]] = {unit: set() for unit in range(count)}
    for unit, check, severity, fields in connection.execute(made.findings).fetchall():
        found[unit].add((check, severity, tuple(fields.split())))
    asked = [column for column in made.asked.values() if column]
    routes = connection.execute(
        f"SELECT {', '.join(['unit_id', *asked])} FROM ({made.routes}) ORDER BY unit_id"
    ).fetchall()
    counted: Counter[tuple[str, bool]] = Counter()
    for unit, (row, known) in enumerate(rows):
        way, expected = judged(questionnaire, row, known)
        expected = {each for each in expected if each[0] not in made.left_out}
        assert found[unit] == expected, (seed, unit, found[unit] ^ expected)
        compare_route(questionnaire, made.asked, dict(zip(asked, routes[unit][1:], strict=True)), way)
        broken = {check for check, _, _ in expected}
        counted.update((rule.id, rule.id in broken) for rule in made.rules)
    return counted


def compare_route(
    questionnaire: Questionnaire, asked: dict[str, str], values: dict[str, Any], way: forms.Route
) -> None:
    of_field = {name: values[column] if column else True for name, column in asked.items()}
    assert tuple(name for name in questionnaire.fields if of_field[name]) == way.fields
    assert tuple(name for name in questionnaire.fields if of_field[name] is False) == way.away


@pytest.mark.parametrize("name", sorted(instruments()))
def test_python_and_duckdb_agree_on_every_finding(name: str) -> None:
    counted = compare(instruments()[name], 1, 4_000)
    rare = [rule for rule, broken in counted if not (counted[rule, True] and counted[rule, False])]
    assert rare == []
