"""Answers as text, as JSON, as the sample knows them, and as they are shown."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from forms.model import DONT_KNOW, STATES, Answer, Field, Questionnaire, State, Value
from forms.numbers import show_number
from forms.reading import unsure_name
from forms.words import word
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
    unknown = sorted(set(stored) - set(questionnaire.fields))
    if unknown:
        raise StoreError(
            f'stored answers name {", ".join(unknown)}, which the questionnaire "{questionnaire.id}" does not have, so'
            " they would be lost. Open the wave with the questionnaire it was collected with."
        )
    return {name: answer_from_json(questionnaire.fields[name], answer) for name, answer in stored.items()}


def typed_from_answers(
    questionnaire: Questionnaire, page_id: str, answers: Mapping[str, Answer]
) -> dict[str, list[str]]:
    """Return what would have to be typed on a page to give these answers: reading it gives the same answers again.

    An answer that is blank gives an empty list, so that what the sample said does not come back; a field that was never
    answered gives nothing.
    """
    typed: dict[str, list[str]] = {}
    for field in questionnaire.page(page_id).fields:
        answer = answers.get(field.name)
        if answer is None:
            continue
        typed[field.name] = typed_texts(field, answer)
        if answer.state == "dont_know" and not field.choices:
            typed[unsure_name(field)] = ["1"]
    return typed


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
    if isinstance(value, int | Decimal):
        return _with_unit(show_number(value, field.decimals if isinstance(value, Decimal) else None), field, lang)
    if field.choices:
        labels = {choice.code: choice.label[lang] for choice in field.choices}
        return ("、" if lang == "zh" else ", ").join(labels.get(code, code) for code in str(value).split())
    return str(value)


def _with_unit(number: str, field: Field, lang: str) -> str:
    return number if field.unit is None else f"{number} {field.unit[lang]}"
