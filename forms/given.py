"""What is known of a unit before it answers: from its row in the sample and from its answers in the previous wave."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from forms.answers import answer_from_json, answer_to_json, answers_to_json, typed_texts
from forms.leaves import Answer, Field, Given, Value, split_cell
from forms.model import Question, Questionnaire, SampleColumn, Wording
from forms.reading import Refused, read_field
from uptake.contract.errors import StoreError, TableError, did_you_mean
from uptake.contract.text import Text

_MISSING = frozenset({"", "nan", "NaN", "None", "<NA>", "NaT"})
_TRUTH: Mapping[str, bool] = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_KEYS = frozenset({"prefilled", "last", "sample", "arms"})
_FRACTION = re.compile(r"-?[0-9]{1,18}\.[0-9]+")
_NO_LABEL = Text.of(zh="样本", en="Sample")


def given_answers(
    questionnaire: Questionnaire, row: Mapping[str, Any], *, last: Mapping[str, Answer] | None = None
) -> Given:
    """Return what is known of a unit before it sees the questionnaire.

    row: one row of `sample`, by column; empty cells give nothing. last: its answers in the previous wave, as
    `exported_answers` gave them, None where it had none; what this questionnaire cannot read of them is left out.
    Raises TableError where a column is lacking, or a cell cannot be what the questionnaire makes of it.
    """
    answers = _readable(questionnaire, last or {})
    return Given(
        prefilled=_from_sample(questionnaire, row) | _from_last(questionnaire, answers),
        last=answers,
        sample=_sample_values(questionnaire, row),
        arms=_arms(questionnaire, row),
    )


def wording_of(question: Question, given: Given) -> Wording:
    """Return the words of a question that a unit sees: those of its arm, else the question's own."""
    for wording in question.wordings:
        if given.arms.get(wording.experiment) == wording.arm:
            return wording
    return Wording("", "", question.text, question.hint)


def boxed(questionnaire: Questionnaire, given: Given) -> dict[str, Answer]:
    """Return the answers that stand in the boxes, or instead of them, before anybody typed: not those shown beside."""
    return {name: answer for name, answer in given.prefilled.items() if not _beside(questionnaire, name)}


def beside(questionnaire: Questionnaire, given: Given) -> dict[str, Answer]:
    """Return the answers shown beside an empty box, for comparison."""
    return {name: answer for name, answer in given.prefilled.items() if _beside(questionnaire, name)}


def _beside(questionnaire: Questionnaire, name: str) -> bool:
    prefill = questionnaire.fields[split_cell(name)[0]].prefill
    return prefill is not None and prefill.mode == "shown"


def _from_sample(questionnaire: Questionnaire, row: Mapping[str, Any]) -> dict[str, Answer]:
    made = {}
    for name, field in questionnaire.fields.items():
        if field.prefill is None or field.prefill.last_wave:
            continue
        column = field.prefill.column
        text = _cell(questionnaire, row, column, f'with which the questionnaire "{questionnaire.id}" fills in "{name}"')
        if text not in _MISSING:
            made[name] = _read(questionnaire, field, column, text)
    return made


def _from_last(questionnaire: Questionnaire, last: Mapping[str, Answer]) -> dict[str, Answer]:
    """Only what was answered is put in: an earlier "don't know" is to be asked again."""
    made = {}
    for name, answer in last.items():
        prefill = questionnaire.leaf(name).prefill
        if prefill is not None and prefill.last_wave and answer.value is not None:
            made[name] = answer
    return made


def _readable(questionnaire: Questionnaire, last: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the last answers that are still answers: a code that is no choice any more is none."""
    made = {}
    for name, answer in last.items():
        try:
            leaf = questionnaire.leaf(name)
            if leaf.value is None and answer.value is not None:
                answer = Answer(read_field(leaf, typed_texts(leaf, answer), "en").value, answer.state)
        except (KeyError, Refused):
            continue
        made[name] = answer
    return made


def _sample_values(questionnaire: Questionnaire, row: Mapping[str, Any]) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for column in questionnaire.sample.values():
        text = _cell(questionnaire, row, column.column, f'which the questionnaire "{questionnaire.id}" reads as'
                     f' "{column.id}"')  # fmt: skip
        if text not in _MISSING:
            made[column.id] = _sample_value(questionnaire, column, text)
    return made


def _sample_value(questionnaire: Questionnaire, column: SampleColumn, text: str) -> Value:
    if column.type == "code":
        return text
    if column.type == "bool":
        if text.lower() in _TRUTH:
            return _TRUTH[text.lower()]
        raise TableError(
            f'sample, column "{column.column}": "{text}" is neither true nor false, as the questionnaire'
            f' "{questionnaire.id}" reads it. Correct the frame.'
        )
    if column.type == "dec" and _FRACTION.fullmatch(text):  # a frame's 1/3 is no mistake of typing
        return round(Decimal(text), 6)
    leaf = Field(column.id, "", "", column.type, column.type, _NO_LABEL, decimals=6, min=Decimal(-(10**15)))
    return _read(questionnaire, leaf, column.column, text).value


def _arms(questionnaire: Questionnaire, row: Mapping[str, Any]) -> dict[str, str]:
    made = {}
    for experiment in questionnaire.experiments.values():
        arm = _cell(questionnaire, row, experiment.column, f'with the arm of the experiment "{experiment.id}"')
        if arm in _MISSING:
            continue
        if arm not in experiment.arms:
            raise TableError(
                f'sample, column "{experiment.column}": "{arm}" is no arm of the experiment "{experiment.id}" of the'
                f' questionnaire "{questionnaire.id}", which has {", ".join(experiment.arms)}.'
                f"{did_you_mean(arm, experiment.arms)} Correct the frame."
            )
        made[experiment.id] = arm
    return made


def _cell(questionnaire: Questionnaire, row: Mapping[str, Any], column: str, why: str) -> str:
    if column not in row:
        raise TableError(
            f'sample: no column "{column}", {why}. Add it to the frame, or remove it from'
            f" questionnaires/{questionnaire.id}.yaml."
        )
    return _cell_text(row[column])


def _read(questionnaire: Questionnaire, field: Field, column: str, text: str) -> Answer:
    try:
        return read_field(field, [text], "en")
    except Refused as refused:
        raise TableError(
            f'sample, column "{column}": the value "{text}" cannot fill in "{field.name}" of the questionnaire'
            f' "{questionnaire.id}" ({refused}) Correct the frame.'
        ) from None


def _cell_text(cell: Any) -> str:
    """Write a cell as a person would type it: 120.0 is 120, and a time stamp is its day."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell == cell else ""
    return str(cell).strip()


# As JSON, for the store ------------------------------------------------------------------------------------------


def given_to_json(given: Given) -> dict[str, Any]:
    """Return what is known of a unit as what JSON can hold."""
    sample = {name: answer_to_json(Answer(value, "answered"))["value"] for name, value in given.sample.items()}
    return {
        "prefilled": answers_to_json(given.prefilled),
        "last": answers_to_json(given.last),
        "sample": sample,
        "arms": dict(given.arms),
    }


def given_from_json(questionnaire: Questionnaire, stored: Mapping[str, Any]) -> Given:
    """Return what `given_to_json` wrote; StoreError where it is something else."""
    if set(stored) != _KEYS:
        raise StoreError(
            f'what the store knows of a unit before it answers "{questionnaire.id}" was not written by this program, or'
            " by another version of it. Restore the store from its backup, or open it with the version that wrote it."
        )
    return Given(
        prefilled=dict(_known(questionnaire, stored["prefilled"])),
        last=dict(_known(questionnaire, stored["last"])),
        sample=dict(_sample_from_json(questionnaire, stored["sample"])),
        arms={str(name): str(arm) for name, arm in stored["arms"].items()},
    )


def _known(questionnaire: Questionnaire, stored: Mapping[str, Any]) -> Iterator[tuple[str, Answer]]:
    for name, answer in stored.items():
        try:
            leaf = questionnaire.leaf(name)
        except KeyError:
            raise StoreError(
                f'the store knows "{name}" of a unit, which the questionnaire "{questionnaire.id}" does not have. Open'
                " the wave with the questionnaire it was collected with."
            ) from None
        yield name, answer_from_json(leaf, answer)


def _sample_from_json(questionnaire: Questionnaire, stored: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for name, value in stored.items():
        if name in questionnaire.sample:
            leaf = Field(name, "", "", "text", questionnaire.sample[name].type, _NO_LABEL)
            yield name, answer_from_json(leaf, {"state": "answered", "value": value}).value
