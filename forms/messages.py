"""The sentences of findings: what is missing, which rule is broken, with the numbers and the row it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from forms.answers import shown_value
from forms.given import wording_of
from forms.leaves import LAST, PREFILLED, Answer, Field, Given, State, Value
from forms.model import Check, Questionnaire, Roster
from forms.words import MISSING, SENTENCES
from uptake.contract.expressions import total
from uptake.contract.text import Text

_SLOT = re.compile(r"\$\{\s*([^}\s]*)\s*\}")
_TYPED_NUMBERS = frozenset({"int", "dec", "money", "pct"})


def missing_text(questionnaire: Questionnaire, leaf: Field, given: Given) -> Text:
    """Return the sentence that asks for an answer that is missing, in the words that the unit sees."""
    key = "typed"
    if leaf.group:
        key = "either"
    elif leaf.kind in ("sel1", "code"):
        key = "chosen"
    elif leaf.kind in ("selN", "tick"):
        key = {"selN": "several", "tick": "tick"}[leaf.kind]
    label, made = label_of(questionnaire, leaf, given), []
    for lang in _both(MISSING[key], label):
        hint = SENTENCES["zero"][lang] if leaf.kind in _TYPED_NUMBERS else ""
        hint += SENTENCES["or_dont_know"][lang] if leaf.dont_know else ""
        made.append((lang, MISSING[key][lang].format(label=label[lang], zero=hint)))
    return Text(tuple(made))


def missing_rows_text(questionnaire: Questionnaire, roster: Roster, count: int) -> Text:
    """Return the sentence that asks for more rows."""
    slots = {"least": roster.min_rows, "count": count}
    said, label = SENTENCES["missing_rows"], roster.row_label
    return Text(tuple((lang, said[lang].format(label=label[lang], **slots)) for lang in _both(said, label)))


def _both(words: Text, own: Text) -> list[str]:
    """Return the languages that the program and the questionnaire have."""
    return [lang for lang in words if lang in own.as_dict()]


def nothing_said_text(roster: Roster) -> Text:
    """Return the sentence that asks for rows, or for the word that there are none."""
    assert roster.nothing is not None
    said, label, nothing = SENTENCES["nothing_said"], roster.row_label, roster.nothing.label
    made = ((lang, said[lang].format(label=label[lang], nothing=nothing[lang])) for lang in _both(said, label))
    return Text(tuple(made))


def of_row(roster: Roster, row: int, message: Text) -> Text:
    """Return a sentence with the row it is about before it."""
    said, label = SENTENCES["of_row"], roster.row_label
    made = ((lang, said[lang].format(label=label[lang], row=row) + message[lang]) for lang in _both(said, message))
    return Text(tuple(made))


def label_of(questionnaire: Questionnaire, leaf: Field, given: Given) -> Text:
    """Return the label of a field; where that is the question, in the words of the unit's arm."""
    if not given.arms:
        return leaf.label
    question = questionnaire.question(leaf.question)
    if not question.wordings or leaf.label != question.text:
        return leaf.label
    return wording_of(question, given).text


def message_of(questionnaire: Questionnaire, check: Check, values: Mapping[str, object], given: Given) -> Text:
    """Return the message of a broken check with its numbers filled in.

    values: what the rule saw, of its row where it is about one.
    """

    def shown(name: str, lang: str) -> str:
        if check.total and name in _OF_TOTALS:
            return _of_total(questionnaire, check, values, given)[name][lang]
        return _shown(questionnaire, values, name, lang)

    return Text(
        tuple(
            (lang, _SLOT.sub(lambda match, lang=lang: shown(match[1], lang), check.message[lang]))  # type: ignore[misc]
            for lang in check.message
        )
    )


_OF_TOTALS = frozenset({"label()", "total()", "sum()"})


def _of_total(
    questionnaire: Questionnaire, check: Check, values: Mapping[str, object], given: Given
) -> Mapping[str, Mapping[str, str]]:
    """Return what the program's own message of a total says: its label, what was given and what the parts add up to."""
    leaf = questionnaire.fields[check.total]
    parts = [cast("int | Decimal", values[name]) for name in leaf.total_of]
    added, label = Answer(total(*parts), "answered"), label_of(questionnaire, leaf, given)
    stated = Answer(cast(Value, values.get(leaf.name)), "answered")
    return {
        "label()": label.as_dict(),
        "total()": {lang: shown_value(leaf, stated, lang) for lang in check.message},
        "sum()": {lang: shown_value(leaf, added, lang) for lang in check.message},
    }


def _shown(questionnaire: Questionnaire, values: Mapping[str, object], name: str, lang: str) -> str:
    """Show a value without its unit, which the sentence names itself."""
    value = cast(Value, values.get(name))
    if name in questionnaire.sample:
        column = questionnaire.sample[name]
        leaf = Field(name, "", "", "text", column.type, Text.of(), decimals=2)
        return shown_value(leaf, None if value is None else Answer(value, "answered"), lang)
    field = questionnaire.fields.get(name)
    if field is not None:
        return _bare(field, Answer(value, cast(State, values.get(f"{name}_state", "blank"))), lang)
    field = questionnaire.fields[name.removesuffix(LAST if name.endswith(LAST) else PREFILLED)]
    return _bare(field, None if value is None else Answer(value, "answered"), lang)


def _bare(field: Field, answer: Answer | None, lang: str) -> str:
    shown = shown_value(field, answer, lang)
    return shown if field.unit is None else shown.removesuffix(f" {field.unit[lang]}")
