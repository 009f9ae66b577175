"""Four doors, one answer: page, JSON, spreadsheet and batch give the same answers, sentences and findings."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.answers import typed_from_answers
from forms.batch import VALUE, wave_sql
from forms.build import parse_page
from forms.checks import run_checks
from forms.document import read_document
from forms.leaves import BLANK, DONT_KNOW, Answer, Given
from forms.loader import load_questionnaire
from forms.model import Questionnaire, split_cell
from forms.rosters import rows_of
from forms.sheets import read_workbook
from tests.forms.wave_answers import TODAY, Wave, given_of, tables_of
from uptake.contract.errors import Fault

EVERYTHING = Path(__file__).with_name("everything.yaml")
Said = tuple[dict[str, Answer], dict[str, str], frozenset[Any]]


NOTHING = EVERYTHING.with_name("nothing.yaml")


def loaded(path: Path) -> Questionnaire:
    faults: list[Fault] = []
    made = load_questionnaire(path, root=path.parent, faults=faults)
    assert made is not None, faults
    return made


@pytest.fixture(scope="module")
def everything() -> Questionnaire:
    return loaded(EVERYTHING)


def response(questionnaire: Questionnaire, seed: int) -> tuple[dict[str, Answer], dict[str, Any]]:
    """Return answers as somebody would give them: values good and bad, don't know where it is offered."""
    answers, known = Wave(questionnaire, seed).row()
    made = {}
    for name, answer in answers.items():
        leaf = questionnaire.leaf(name)
        if leaf.fixed or (isinstance(answer.value, str) and not answer.value.strip()):
            continue  # only spaces: blank at three doors; no form can have put that into a table
        if answer.value is not None and answer.value is not False and answer.value != DONT_KNOW:
            made[name] = Answer(answer.value, "answered")
        elif answer.state == "dont_know" and leaf.dont_know:
            made[name] = answer
    for roster in questionnaire.rosters.values():  # a page says by its box that there are none, and counts nothing
        if rows_of(roster, made) or made.get(roster.rows_name) != Answer(0, "answered"):
            made.pop(roster.rows_name, None)
    return made, known


def told(answers: dict[str, Answer], errors: dict[str, str], before: Given, questionnaire: Questionnaire) -> Said:
    """Return what a door said: what was answered, what was refused, and every finding with its sentence."""
    findings = run_checks(questionnaire, answers, given=before, today=TODAY)
    shown = frozenset((finding.check_id, finding.fields, finding.message) for finding in findings)
    return {name: answer for name, answer in answers.items() if answer != BLANK}, errors, shown


def by_page(questionnaire: Questionnaire, answers: dict[str, Answer], before: Given) -> Said:
    read: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for page in questionnaire.pages:
        made = parse_page(questionnaire, page.id, "en", typed_from_answers(questionnaire, page.id, answers))
        read, errors = read | made.answers, errors | made.errors
    return told(read, errors, before, questionnaire)


def by_json(questionnaire: Questionnaire, answers: dict[str, Answer], before: Given) -> Said:
    document: dict[str, Any] = {}
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for name, answer in answers.items():
        column, row = split_cell(name)
        leaf = questionnaire.leaf(name)
        value: Any = answer.value.isoformat() if leaf.type == "date" and answer.value else answer.value
        value = str(value).split() if leaf.kind == "selN" and value is not None else value
        said = {"value": value, "state": answer.state}
        (rows.setdefault((leaf.roster, row), {"row": row}) if row else document)[column] = said
    for (roster, _), cells in rows.items():
        document.setdefault(roster, []).append(cells)
    made = read_document(questionnaire, document, before, lang="en", today=TODAY)
    errors = {error.name: error.message for error in made.errors}
    said = told(made.answers, errors, before, questionnaire)
    assert said[2] == frozenset((f.check_id, f.fields, f.message) for f in made.findings)
    return said


def by_sheet(questionnaire: Questionnaire, answers: dict[str, Answer], before: Given) -> Said:
    tables: dict[tuple[str, int], dict[str, str]] = {("", 0): {"unit_id": "U"}}
    for name, answer in answers.items():
        column, row = split_cell(name)
        cells = tables.setdefault((questionnaire.leaf(name).roster, row), {"unit_id": "U", "row": str(row)})
        cells[column] = DONT_KNOW if answer.state == DONT_KNOW else str(answer.value)
    read: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for roster in sorted({roster for roster, _ in tables}):
        made = read_workbook(questionnaire, as_csv([c for (of, _), c in tables.items() if of == roster]), lang="en")
        assert all(error.name for error in made.errors), made.errors
        read = read | (made.rows["U"].answers if "U" in made.rows else {})
        errors |= {error.name: error.message for error in made.errors}
    return told(read, errors, before, questionnaire)


def as_csv(rows: list[dict[str, str]]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def by_batch(questionnaire: Questionnaire, rows: list[tuple[dict[str, Answer], dict[str, Any]]]) -> list[set[Any]]:
    """Return, for each response, the rules that SQL finds broken and where."""
    connection = duckdb.connect()
    tables = {f"wave_{name}".rstrip("_"): table for name, table in tables_of(questionnaire, rows).items()}
    for name, table in tables.items():
        connection.register(name, table)
    columns = {name: table.column_names for name, table in tables.items()}
    made = wave_sql(questionnaire, "duckdb", table="wave", columns=columns, today=TODAY)
    for statement in made.statements:
        connection.execute(f"CREATE TABLE {statement.table} AS {statement.query}")
    found: list[set[Any]] = [set() for _ in rows]
    for unit, check, _, fields, row in connection.execute(made.findings).fetchall():
        column = questionnaire.fields.get(check.removeprefix("required_"))
        name = f"{check}.{row}" if row and column is not None and column.roster else check
        found[unit].add((name, tuple(fields.split())))
    return found


def agree(questionnaire: Questionnaire, rounds: int) -> int:
    rows: list[tuple[dict[str, Answer], dict[str, Any]]] = []
    said: list[Said] = []

    @settings(max_examples=rounds, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32))
    def three(seed: int) -> None:
        answers, known = response(questionnaire, seed)
        before = given_of(questionnaire, known)
        page = by_page(questionnaire, answers, before)
        document, sheet = by_json(questionnaire, answers, before), by_sheet(questionnaire, answers, before)
        assert page == document, (page[0].items() ^ document[0].items(), page[1].items() ^ document[1].items())
        assert page == sheet, (page[0].items() ^ sheet[0].items(), page[1].items() ^ sheet[1].items())
        rows.append((answers, known))
        said.append(page)

    three()
    for (_, errors, findings), found in zip(said, by_batch(questionnaire, rows), strict=True):
        checks = {each for each in found if not each[0].startswith(VALUE)}
        assert checks == {(check, fields) for check, fields, _ in findings}
        values = {each[1][0] for each in found if each[0].startswith(VALUE)}
        assert values <= set(errors)
    return sum(len(errors) for _, errors, _ in said)


def test_four_doors_say_the_same(everything: Questionnaire) -> None:
    assert agree(everything, 60) > 40


def test_four_doors_say_the_same_of_a_list_with_nothing_to_report() -> None:
    agree(loaded(NOTHING), 60)


@pytest.mark.proof
def test_four_doors_say_the_same_of_many(everything: Questionnaire) -> None:
    assert agree(everything, 3_000) > 2_000
