"""Answers as the store writes them: plain text that a person can read, decoded by the type of the field."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from forms.model import Answer, State
from uptake.contract.errors import StoreError

if TYPE_CHECKING:
    from forms import Field, Questionnaire


class Stored(NamedTuple):
    """An answer as it stands in the store; a tuple, because millions of them are compared."""

    value: str | None
    state: str


def to_stored(answer: Answer) -> Stored:
    """Write an answer for the store."""
    value = answer.value
    if value is None:
        return Stored(None, answer.state)
    if isinstance(value, bool):
        return Stored("true" if value else "false", answer.state)
    if isinstance(value, Decimal):
        return Stored(format(value, "f"), answer.state)
    return Stored(str(value), answer.state)  # whole numbers, texts, codes and ISO dates


def from_stored(stored: Stored, field: Field) -> Answer:
    """Read an answer of this field from the store."""
    value, state = stored
    return Answer(None if value is None else _READ[field.type](value), cast(State, state))


def decode_all(stored: Mapping[str, Stored], questionnaire: Questionnaire) -> dict[str, Answer]:
    """Read every stored answer whose field the questionnaire still has, cells and numbers of rows among them."""
    fields, made = questionnaire.fields, {}
    counts = {roster.rows_name for roster in questionnaire.rosters.values()}
    for name, value in stored.items():
        if name in counts:
            made[name] = Answer(None if value[0] is None else int(value[0]), cast(State, value[1]))
        elif (leaf := fields.get(name) or _cell(questionnaire, name)) is not None:
            made[name] = from_stored(value, leaf)
    return made


def _cell(questionnaire: Questionnaire, name: str) -> Field | None:
    try:
        return questionnaire.leaf(name)
    except KeyError:
        return None


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise StoreError(f'The store holds "{text}" where true or false must stand: the file was changed from outside.')
    return text == "true"


_READ: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "dec": Decimal,
    "text": str,
    "code": str,
    "date": datetime.date.fromisoformat,
    "bool": _truth,
}
