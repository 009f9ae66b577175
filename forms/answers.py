"""Answers as text, as JSON, as the sample knows them, and as they are shown."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from forms.leaves import DONT_KNOW, STATES, Answer, Field, State, Value, split_cell
from forms.model import Questionnaire
from forms.numbers import show_number
from forms.reading import UNSURE_BOX
from forms.words import SENTENCES, word
from uptake.contract.errors import StoreError


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as what JSON can hold: amounts and dates as text.

    >>> answer_to_json(Answer(Decimal("12.50"), "answered"))
    {'state': 'answered', 'value': '12.50'}
    """
    value: Any = answer.value
    if isinstance(value, Decimal):
        value = f"{value:f}"
    elif isinstance(value, datetime.date):
        value = value.isoformat()
    return {"state": answer.state, "value": value}


def answer_from_json(field: Field, stored: Mapping[str, Any]) -> Answer:
    """Return the answer that `answer_to_json` wrote for this field; StoreError where it is not one."""
    state, value = stored.get("state"), stored.get("value")
    if state not in STATES:
        raise StoreError(
            f'the stored answer to "{field.name}" has the state "{state}", which is none of {", ".join(STATES)}; this'
            " program did not write it. Restore the store from its backup."
        )
    try:
        return Answer(None if value is None else _from_json(field, value), cast(State, state))
    except (ValueError, ArithmeticError, TypeError):
        raise StoreError(
            f'the stored answer to "{field.name}" is not of type {field.type}, so it cannot be shown or exported. Open'
            " the wave with the questionnaire it was collected with."
        ) from None


def _from_json(field: Field, value: Any) -> Value:
    if field.type == "int":
        return int(value)
    if field.type == "dec":
        return Decimal(value)
    if field.type == "date":
        return datetime.date.fromisoformat(value)
    return bool(value) if field.type == "bool" else str(value)


def answers_to_json(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return answers by field as one JSON object."""
    return {name: answer_to_json(answer) for name, answer in answers.items()}


def answers_from_json(questionnaire: Questionnaire, stored: Mapping[str, Any]) -> dict[str, Answer]:
    """Return the answers that `answers_to_json` wrote; fields the questionnaire no longer has are a StoreError."""
    unknown = sorted(name for name in stored if not _has(questionnaire, name))
    if unknown:
        raise StoreError(
            f'stored answers name {", ".join(unknown)}, which the questionnaire "{questionnaire.id}" does not have, so'
            " they would be lost. Open the wave with the questionnaire it was collected with."
        )
    return {name: answer_from_json(questionnaire.leaf(name), answer) for name, answer in stored.items()}


def _has(questionnaire: Questionnaire, name: str) -> bool:
    try:
        questionnaire.leaf(name)
    except KeyError:
        return False
    return True


def typed_from_answers(
    questionnaire: Questionnaire, page_id: str, answers: Mapping[str, Answer], *, rows: Collection[int] | None = None
) -> dict[str, list[str]]:
    """Return what would have to be typed on a page to give these answers: reading it gives the same answers again.

    An answer that is blank gives an empty list, so that what the sample said does not come back; a field that was never
    answered gives nothing, nor does one that nobody types.
    rows: of a roster only these rows, default all that have answers.
    """
    fields = {field.name: field for field in questionnaire.page(page_id).fields if field.value is None}
    roster = questionnaire.roster_of(page_id)
    if roster is not None and roster.nothing is not None:
        fields[roster.rows_name] = roster.nothing
    typed: dict[str, list[str]] = {}
    for name in _on_page(fields, answers, rows):
        answer, field = answers[name], fields[split_cell(name)[0]]
        typed[name] = typed_texts(field, answer)
        if answer.state == "dont_know" and not field.choices:
            typed[f"{name}{UNSURE_BOX}"] = ["1"]
    return typed


def _on_page(fields: Mapping[str, Field], answers: Mapping[str, Answer], rows: Collection[int] | None) -> Iterator[str]:
    """Give the names of the answers that stand on a page: in its order, those of a roster as they come."""
    if not any(field.roster for field in fields.values()):
        yield from (name for name in fields if name in answers)
        return
    for name in answers:
        column, row = split_cell(name)
        if column in fields and (not row or rows is None or row in rows):
            yield name


def typed_texts(field: Field, answer: Answer) -> list[str]:
    """Return the texts to type (or codes to choose) for one answer."""
    if answer.state == "dont_know" and field.choices:
        return [DONT_KNOW]
    value = answer.value
    if value is None or value is False:
        return []
    if value is True:
        return ["1"]
    if isinstance(value, Decimal):
        return [f"{value:f}"]
    return str(value).split() if field.kind == "selN" else [str(value)]


def shown_value(field: Field, answer: Answer | None, lang: str) -> str:
    """Return an answer as a person reads it: labels of codes, numbers with commas and unit, words for states."""
    if answer is None or (answer.state in ("blank", "imputed") and answer.value is None):
        return word("blank", lang)
    if answer.value is None:
        return word(answer.state, lang)
    value = answer.value
    if value is True:
        return word("ticked", lang)
    if field.is_year:
        return _with_unit(str(value), field, lang)
    if isinstance(value, int | Decimal):
        return _with_unit(show_number(value, field.decimals if isinstance(value, Decimal) else None), field, lang)
    if field.choices:
        labels = {choice.code: choice.label[lang] for choice in field.choices}
        return SENTENCES["list"][lang].join(labels.get(code, code) for code in str(value).split())
    return str(value)


def _with_unit(number: str, field: Field, lang: str) -> str:
    return number if field.unit is None else f"{number} {field.unit[lang]}"
