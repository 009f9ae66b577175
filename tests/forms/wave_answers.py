"""Random answers of a whole wave, awkward on purpose, and what Python says of each: the oracle of the batch tests."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from forms.answers import typed_texts
from forms.batch import VALUE
from forms.checks import findings_along
from forms.model import (
    BLANK,
    DONT_KNOW,
    LAST,
    PREFILLED,
    Answer,
    Field,
    Given,
    Questionnaire,
    Roster,
    cell_name,
    split_cell,
)
from forms.reading import Refused, read_field
from forms.routing import walk as walk_through
from uptake.contract.codes import USCC_ALPHABET, uscc_check_character
from uptake.contract.expressions import Expression
from uptake.contract.expressions.tree import Number, String, walk

TODAY = datetime.date(2026, 12, 1)
USCC = [
    "91350100M000100Y43",
    "91350100M000100Y44",
    "9135",
    "O1350100M000100Y43",
    "91350100M000100Y43 ",
    "91350100m000100y43",
]
TEXTS = [
    "甲",
    "x y",
    "0110",
    "1",
    "words",
    "2026-01",
    "2027-03",
    "  ",
    "a\u202eb",
    "a\u0007b",
    "a\nb",
    "3611",
    "13800138000",
    "x" * 201,
]
STATES = ["not_applicable", "refused", "blank", "dont_know", "answered", "imputed"]
ARROW = {"int": pa.int64(), "dec": pa.decimal128(24, 6), "text": pa.string(), "code": pa.string(), "date": pa.date32(),
         "bool": pa.bool_()}  # fmt: skip
ARROW_OF_KIND = {"number": pa.decimal128(24, 6), "text": pa.string(), "date": pa.date32(), "bool": pa.bool_(),
                 "any": pa.string()}  # fmt: skip


class Wave:
    """A maker of random responses to one questionnaire; numbers and words that its rules name come often."""

    def __init__(self, questionnaire: Questionnaire, seed: int) -> None:
        self.questionnaire = questionnaire
        self.r = random.Random(seed)
        nodes = [node for rule in written(questionnaire) for node, _ in walk(rule.node)]
        numbers = {node.value for node in nodes if isinstance(node, Number)}
        self.numbers = [Decimal(n) for n in sorted(numbers)] + [Decimal(n) for n in (0, 0, 1, 2, 3, 5, 10, 40)]
        self.words = sorted({node.value for node in nodes if isinstance(node, String)}) + TEXTS
        self.given = given_names(questionnaire)
        self.of_rows = of_rows(questionnaire)
        asked = {name for page in questionnaire.pages for each in (page, *page.questions) if each.relevant
                 for name in each.relevant.fields}  # fmt: skip
        words = {node.value for node in nodes if isinstance(node, String)}
        self.gates = {name: [choice.code for choice in questionnaire.fields[name].choices if choice.code in words]
                      for name in asked & questionnaire.fields.keys()}  # fmt: skip

    def row(self) -> tuple[dict[str, Answer], dict[str, Any]]:
        """Return the answers of one unit, as they stand in a table, and what is known of it beforehand."""
        mood = self.r.choice(["any", "any", "any", "first", "last", "zero", "sparse", "clean", "clean"])
        wanted = self.r.random()
        leaves = (leaf for leaf in self.questionnaire.fields.values() if leaf.value is None and not leaf.roster)
        answers = {leaf.name: self.answer(leaf, mood, wanted) for leaf in leaves}
        known = {name: self.known(name, mood) for name in self.given}
        for roster in self.questionnaire.rosters.values():
            for row in sorted(self.r.sample(range(1, min(roster.max_rows, 6) + 1), self.r.choice([0, 0, 1, 1, 2, 3]))):
                for leaf in roster.columns:
                    if leaf.value is None:
                        answers[cell_name(leaf.name, row)] = self.answer(leaf, mood, wanted)
                    for ending in (LAST, PREFILLED):
                        if f"{leaf.name}{ending}" in self.of_rows:
                            known[cell_name(f"{leaf.name}{ending}", row)] = self.value(leaf, "clean", wanted)
            if roster.nothing is not None:
                rows = len({split_cell(name)[1] for name in answers if split_cell(name)[0] in roster.names})
                counts = [Answer(rows, "answered"), Answer(rows, "answered"), Answer(0, "answered"), BLANK, None]
                answers[roster.rows_name] = self.r.choice([*counts, Answer(None, "refused"), Answer(-1, "answered")])
        return {name: answer for name, answer in answers.items() if answer is not None}, known

    def answer(self, leaf: Field, mood: str, wanted: float) -> Answer | None:
        if mood != "clean" and self.r.random() < (0.5 if mood == "sparse" else 0.1):
            state = self.r.choice(STATES)
            return None if self.r.random() < 0.2 else Answer(None, state)
        value = self.value(leaf, mood, wanted)
        odd = mood in ("any", "sparse") and self.r.random() < 0.04
        return Answer(value, self.r.choice(STATES) if odd else "answered") if value is not None else BLANK

    def value(self, leaf: Field, mood: str, wanted: float) -> Any:
        r = self.r
        if leaf.type == "bool":
            return mood == "clean" or r.random() < 0.9
        if leaf.type == "date":
            low = leaf.min if isinstance(leaf.min, datetime.date) and r.random() < 0.7 else TODAY
            return low + datetime.timedelta(days=r.choice([0, 1, 7, 30, -1 if mood == "any" else 0, 400]))
        if leaf.choices:
            return self.chosen(leaf, mood, wanted)
        if leaf.type in ("int", "dec"):
            return self.number(leaf, mood)
        if leaf.kind == "uscc":
            return self.uscc(mood)
        return r.choice(self.words) if mood == "any" else r.choice(TEXTS[:5] + self.words[:2])

    def uscc(self, mood: str) -> str:
        """A code with its check character; often one sign of it was changed."""
        first = "".join(self.r.choices(USCC_ALPHABET, k=17))
        code = first + uscc_check_character(first)
        if mood == "clean" or self.r.random() < 0.4:
            return code
        at = self.r.randrange(18)
        return self.r.choice(
            [*USCC, code[:at] + self.r.choice(USCC_ALPHABET) + code[at + 1 :], code[:at] + code[at + 1 :]]
        )

    def chosen(self, leaf: Field, mood: str, wanted: float) -> Any:
        r, codes = self.r, [choice.code for choice in leaf.choices if choice.code != DONT_KNOW]
        if mood == "any" and r.random() < 0.02:
            return r.choice(["nowhere", "dont_know", "yes no", ""]) or None
        gates = self.gates.get(leaf.name)
        if gates and r.random() < 0.75:
            return r.choice(gates)
        if leaf.kind == "selN":
            many = r.sample(codes, r.randint(1, len(codes) if mood == "any" else 2 if len(codes) > 1 else 1))
            return " ".join(code for code in codes if code in many)
        if mood in ("first", "last"):
            return codes[0] if mood == "first" else codes[-1]
        return codes[int(wanted * 0.999 * len(codes))] if r.random() < 0.3 else r.choice(codes)

    def number(self, leaf: Field, mood: str) -> Any:
        r = self.r
        value = Decimal(0) if mood == "zero" else r.choice(self.numbers) * r.choice([1, 1, 1, 2]) + r.choice([0, 0, 1])
        bounds = [bound for bound in (leaf.min, leaf.max) if isinstance(bound, Decimal)]
        if mood in ("any", "zero") and r.random() < 0.15:
            value = r.choice([*bounds, Decimal(-1), Decimal(10) ** 15, Decimal(10) ** 15 + 1]) + r.choice([0, 1, -1])
        if leaf.type == "int":
            return int(value)
        return value + r.choice([Decimal(0), Decimal("0.5"), Decimal("0.000001") if mood == "any" else Decimal(0)])

    def known(self, name: str, mood: str) -> Any:
        kind = self.questionnaire.kinds[name]
        if self.r.random() < 0.15:
            return None
        base = next((leaf for field, leaf in self.questionnaire.fields.items() if name.startswith(f"{field}_")), None)
        if base is not None and kind != "number":
            return self.value(base, "clean" if mood == "any" else mood, 0.5)
        makers = {"number": lambda: self.r.choice(self.numbers), "text": lambda: self.r.choice(self.words),
                  "bool": lambda: self.r.random() < 0.5}  # fmt: skip
        return makers[kind]() if kind in makers else None


def written(questionnaire: Questionnaire) -> list[Expression]:
    """Return every expression of a questionnaire."""
    pages = questionnaire.pages
    made = [page.relevant for page in pages] + [question.relevant for page in pages for question in page.questions]
    made += [each for leaf in questionnaire.fields.values() for each in (leaf.value, leaf.required_if)]
    return [each for each in made if each is not None] + [check.rule for check in questionnaire.checks]


def given_names(questionnaire: Questionnaire) -> list[str]:
    """Return what rules ask of the sample or of the wave before."""
    names = {name for each in written(questionnaire) for name in each.fields} - questionnaire.fields.keys()
    return sorted(names - of_rows(questionnaire))


def of_rows(questionnaire: Questionnaire) -> set[str]:
    """Return what rules about a row ask of the wave before."""
    names = {name for each in written(questionnaire) for name in each.bare}
    columns = {leaf.name for roster in questionnaire.rosters.values() for leaf in roster.columns}
    return {name for name in names for ending in (LAST, PREFILLED) if name.removesuffix(ending) in columns - {name}}


def given_of(questionnaire: Questionnaire, known: Mapping[str, Any]) -> Given:
    """Return what is known of a unit in the shape that a page takes it in."""
    made: dict[str, dict[str, Answer]] = {PREFILLED: {}, LAST: {}}
    for ending, answers in made.items():
        for name, value in known.items():
            column, row = split_cell(name)
            base = column.removesuffix(ending)
            if column.endswith(ending) and base in questionnaire.fields:
                cell = cell_name(base, row) if row else base
                answers[cell] = Answer(value, "answered" if value is not None else "blank")
    sample = {name: known[name] for name in known.keys() & questionnaire.sample.keys()}
    return Given(made[PREFILLED], made[LAST], sample)


def rows_of_wave(questionnaire: Questionnaire, seed: int, count: int) -> Iterator[tuple[dict[str, Answer], dict]]:
    """Give so many random responses."""
    wave = Wave(questionnaire, seed)
    for _ in range(count):
        yield wave.row()


Rows = list[tuple[dict[str, Answer], dict[str, Any]]]


def tables_of(questionnaire: Questionnaire, rows: Rows) -> dict[str, pa.Table]:
    """Return the responses as the tables that the batch reads: by "" the units, by roster their rows."""
    columns: dict[str, pa.Array] = {"unit_id": pa.array(range(len(rows)), pa.int64())}
    for name, leaf in questionnaire.fields.items():
        if leaf.value is None and not leaf.roster:
            columns |= _columns(leaf, [row.get(name) for row, _ in rows])
    for roster in questionnaire.rosters.values():
        if roster.nothing is not None:
            columns |= _columns(roster.nothing, [row.get(roster.rows_name) for row, _ in rows])
    for name in given_names(questionnaire):
        columns[name] = pa.array([known[name] for _, known in rows], ARROW_OF_KIND[questionnaire.kinds[name]])
    made = {"": pa.table(columns)}
    for roster in questionnaire.rosters.values():
        made[roster.id] = _rows_table(questionnaire, roster, rows)
    return made


def _columns(leaf: Field, answers: list[Answer | None]) -> dict[str, pa.Array]:
    return {
        leaf.name: pa.array([a.value if a else None for a in answers], ARROW[leaf.type]),
        f"{leaf.name}_state": pa.array([a.state if a else None for a in answers], pa.string()),
    }


def _rows_table(questionnaire: Questionnaire, roster: Roster, rows: Rows) -> pa.Table:
    cells, before, names = [], of_rows(questionnaire), set(roster.names)
    for unit, (answers, known) in enumerate(rows):
        found = {row for column, row in map(split_cell, answers) if column in names}
        cells += [(unit, row, answers, known) for row in sorted(found)]
    random.Random(1).shuffle(cells)  # a table has no order
    columns = {"unit_id": pa.array([unit for unit, *_ in cells], pa.int64()),
               "row": pa.array([row for _, row, *_ in cells], pa.int64())}  # fmt: skip
    for leaf in roster.columns:
        if leaf.value is None:
            columns |= _columns(leaf, [answers.get(cell_name(leaf.name, row)) for _, row, answers, _ in cells])
        for ending in (LAST, PREFILLED):
            name = f"{leaf.name}{ending}"
            if name in before:
                columns[name] = pa.array([known.get(cell_name(name, row)) for _, row, _, known in cells],
                                         ARROW[leaf.type])  # fmt: skip
    return pa.table(columns)


def refused(leaf: Field, answer: Answer) -> bool:
    """Whether what stands in a table could not have been given, by the readers of a page."""
    if answer.value is None:
        return answer.state in ("answered", "imputed") or (answer.state == DONT_KNOW and not leaf.dont_know)
    if answer.state not in ("answered", "imputed"):
        return True
    try:
        return read_field(leaf, typed_texts(leaf, answer), "en").value != answer.value
    except Refused:
        return True


_READ: dict[tuple[str, str, type, Answer], bool] = {}  # 1 and True are equal, and only one of them is a number


def _refused_once(questionnaire: Questionnaire, name: str, answer: Answer) -> bool:
    """Read each answer to a field once: among many random responses the same ones come back."""
    key = (questionnaire.sha256, name, answer.value.__class__, answer)
    if key not in _READ:
        _READ[key] = refused(questionnaire.leaf(name), answer)
    return _READ[key]


def judged(questionnaire: Questionnaire, row: Mapping[str, Answer], known: Mapping[str, Any]) -> tuple[Any, set[Any]]:
    """Return what Python says of one response: its route, and (rule, severity, fields) of all that is broken."""
    bad = {name for name, answer in row.items() if _refused_once(questionnaire, name, answer)}
    answers = {name: BLANK if name in bad else answer for name, answer in row.items()}
    given = given_of(questionnaire, known)
    walked = walk_through(questionnaire, answers, given=given, today=TODAY)
    way, found = walked.route, set()
    for finding in findings_along(questionnaire, answers, walked, given=given):
        check = finding.check_id.removesuffix(f".{finding.row}") if finding.missing else finding.check_id
        found.add((check, finding.severity, finding.fields, finding.row))
    for name in bad:
        column, number = split_cell(name)
        if column in way.fields and not questionnaire.fields[column].fixed:
            found.add((f"{VALUE}{column}", "hard", (name,), number))
    return way, found
