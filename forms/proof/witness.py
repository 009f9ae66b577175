"""Answer sets that z3 found: taken out of its model, and judged by the form's own routing and checks."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.answers import shown_value
from forms.checks import findings_along
from forms.model import (
    DONT_KNOW,
    LAST,
    PREFILLED,
    Answer,
    Field,
    Given,
    Questionnaire,
    Roster,
    Value,
    cell_name,
    split_cell,
)
from forms.proof.encoding import Encoding
from forms.proof.slots import Slot
from forms.proof.texts import any_text
from forms.routing import Walk, walk

ROW = 1  # the row of a roster that stands for any row; where there are more, they are the same


@dataclass(frozen=True, slots=True)
class Witness:
    """One unit's complete answers, with what was known of it before and the day it answered."""

    answers: Mapping[str, Answer]
    given: Given
    today: datetime.date


@dataclass(frozen=True, slots=True)
class Seen:
    """What the form makes of a witness: the route, the values along it, the checks that are broken."""

    witness: Witness
    way: Walk
    hard: frozenset[str]  # what is missing among them, as required_<field>
    soft: frozenset[str]
    asked: frozenset[str]  # fields

    def scope(self, roster: str = "") -> Mapping[str, object] | None:
        """Return what expressions see; roster: in the first row of it, None where it has none."""
        if not roster:
            return self.way.values
        rows = self.way.rows.get(roster)
        return {**self.way.values, **next(iter(rows.values()))} if rows else None

    def answer(self, name: str) -> Answer | None:
        """Return the answer to a field that was asked; that of the row that stands for any, in a roster."""
        found = self.witness.answers.get(name)
        return self.witness.answers.get(cell_name(name, ROW)) if found is None else found


def judge(questionnaire: Questionnaire, witness: Witness) -> Seen:
    """Return what the form itself makes of a witness; nothing that z3 finds is believed without it."""
    way = walk(questionnaire, witness.answers, given=witness.given, today=witness.today)
    found = findings_along(questionnaire, witness.answers, way, given=witness.given)
    hard = frozenset(split_cell(finding.check_id)[0] for finding in found if finding.severity == "hard")
    soft = frozenset(finding.check_id for finding in found if finding.severity == "soft")
    return Seen(witness, way, hard, soft, _asked(questionnaire, way))


def _asked(questionnaire: Questionnaire, way: Walk) -> frozenset[str]:
    """Return the fields that are asked; a column only where some row has it."""
    asked = {name for name in way.route.fields if not questionnaire.fields[name].roster}
    for rows in way.rows.values():
        for values in rows.values():
            asked |= {name for name in values if values.get(f"{name}_state", "not_applicable") != "not_applicable"}
    return frozenset(asked)


def read_model(made: Encoding, model: Any, names: Collection[str] | None = None) -> Witness:
    """Return the answer set of a z3 model; answers to what is not asked are left out. names: of it only these."""
    texts = {number: text for text, number in made.answers.texts.items()}
    reading = _Reading(model, texts)
    answers: dict[str, Answer] = {}
    for name, slot in made.slots.items():
        if names is not None and name not in names:
            continue
        if slot.leaf.value is None and reading.true(made.asked_of(slot.leaf)):
            answer = reading.answer(slot)
            if answer is None:
                continue
            rows = reading.number(made.rows[slot.leaf.roster]) if slot.leaf.roster else 0
            answers |= {cell_name(name, row): answer for row in range(1, rows + 1)} if rows else {name: answer}
    for roster in made.questionnaire.rosters.values():
        if (names is None or roster.names[0] in names) and _says_nothing(made, roster, reading):
            answers[roster.rows_name] = Answer(0, "answered")
    day = datetime.date.fromordinal(reading.number(made.answers.terms["today()"].value))
    return Witness(answers, _given(made, reading, names), day)


def _says_nothing(made: Encoding, roster: Roster, reading: _Reading) -> bool:
    """Return whether a model ticks "nothing to report"."""
    if roster.nothing is None or reading.number(made.rows[roster.id]):
        return False
    return reading.true(made.told[roster.id]) and reading.true(made.asked["question", roster.question])


@dataclass(frozen=True, slots=True)
class _Reading:
    """A z3 model and the texts its numbers stand for."""

    model: Any
    texts: Mapping[int, str]

    def true(self, condition: Any) -> bool:
        """Return whether a condition holds in the model."""
        import z3

        if condition is True or condition is False:
            return bool(condition)
        return bool(z3.is_true(self.model.eval(condition, model_completion=True)))

    def number(self, value: Any) -> int:
        return int(self.model.eval(value, model_completion=True).as_long())

    def answer(self, slot: Slot) -> Answer | None:
        if self.true(slot.answered):
            return Answer(self.value(slot), "answered")
        if self.true(slot.unsure):
            return Answer(None, "dont_know")
        return None

    def value(self, slot: Slot) -> Value:
        leaf = slot.leaf
        if slot.term.choices is not None:
            return " ".join(code for code, held in slot.term.choices.items() if self.true(held))
        if leaf.type == "bool":
            return self.true(slot.term.value)
        number = self.number(slot.number)
        if leaf.type == "date":
            return datetime.date.fromordinal(number)
        if leaf.type == "int":
            return number
        if leaf.type == "dec":
            return Decimal(number).scaleb(-leaf.decimals)
        return self.texts.get(number) or any_text(leaf, number)


def _given(made: Encoding, reading: _Reading, names: Collection[str] | None) -> Given:
    prefilled: dict[str, Answer] = {}
    last: dict[str, Answer] = {}
    sample: dict[str, Value] = {}
    for name, slot in made.before.items():
        answer = reading.answer(slot) if names is None or name in names else None
        if answer is None:
            continue
        if name.endswith(PREFILLED):
            prefilled[slot.leaf.name] = answer
        elif name.endswith(LAST):
            last[slot.leaf.name] = answer
        else:
            sample[name] = answer.value
    return Given(prefilled=prefilled, last=last, sample=sample)


def shown(questionnaire: Questionnaire, seen: Seen, names: Iterable[str], lang: str = "en") -> str:
    """Return answers of a witness as the questionnaire would show them, one after the other.

    names: of fields, in any order, or of what was known before (`e04_staff_last`); those not asked are left out.
    """
    wanted = set(names)
    made = []
    for name, leaf in questionnaire.fields.items():
        answer = seen.answer(name)
        if name in wanted and answer is not None:
            made.append(f"{_label(questionnaire, leaf, lang)}: {shown_value(leaf, answer, lang)}")
        for suffix, words in ((PREFILLED, "filled in"), (LAST, "in the last wave")):
            known = (seen.witness.given.prefilled if suffix == PREFILLED else seen.witness.given.last).get(name)
            if f"{name}{suffix}" in wanted and known is not None:
                made.append(f"{_label(questionnaire, leaf, lang)} ({words}): {shown_value(leaf, known, lang)}")
    made += [f"{name}: {value}" for name, value in seen.witness.given.sample.items() if name in wanted]
    return "; ".join(made)


def reaching(questionnaire: Questionnaire, question: str, seen: Seen, lang: str = "en") -> str:
    """Return the answers of a witness that lead to a question, and those to the question itself, as they are shown."""
    asked = questionnaire.question(question)
    names = {leaf.name for leaf in asked.fields}
    waiting = [asked.relevant, *(page.relevant for page in questionnaire.pages if asked in page.questions)]
    while waiting:
        condition = waiting.pop()
        for name in (condition.fields if condition is not None else frozenset()) - names:
            names.add(name)
            leaf = questionnaire.fields.get(name)
            if leaf is not None:
                waiting += [questionnaire.page(leaf.page).relevant, questionnaire.question(leaf.question).relevant]
    return shown(questionnaire, seen, names, lang) or "no answer at all"


def _label(questionnaire: Questionnaire, leaf: Field, lang: str) -> str:
    return f"{leaf.question} {leaf.label[lang].rstrip('?？:：')}"


def took(seen: Seen, name: str, code: str) -> bool:
    """Whether a choice (or "don't know") was taken in a witness."""
    answer = seen.answer(name)
    if answer is None:
        return False
    if code == DONT_KNOW:
        return answer.state == "dont_know"
    return answer.value is not None and code in str(answer.value).split()
