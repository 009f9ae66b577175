"""Where the things of a questionnaire stand in its file: pages, questions, fields, bounds, choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms import source
from forms.model import DONT_KNOW, Field, Part, Questionnaire
from uptake.contract.yamlfile import Place

WrittenPart = source.Part | source.Question


@dataclass(frozen=True, slots=True)
class Places:
    """The lines of a questionnaire; `bounds` has a place only for bounds that were written."""

    file: Place
    pages: Mapping[str, Place]
    questions: Mapping[str, Place]
    fields: Mapping[str, Place]
    bounds: Mapping[tuple[str, str], Place]  # (field, "min" or "max")
    choices: Mapping[tuple[str, str], Place]  # (field, code)


def find_places(questionnaire: Questionnaire, written: source.Questionnaire) -> Places:
    """Return where everything stands; written: the file that the questionnaire was made from."""
    fields: dict[str, Place] = {}
    bounds: dict[tuple[str, str], Place] = {}
    choices: dict[tuple[str, str], Place] = {}
    for part, said in _pairs(questionnaire, written):
        for leaf in part.fields:
            fields[leaf.name] = said.place
            bounds |= {(leaf.name, side): scalar.place for side, scalar in (("min", said.min), ("max", said.max))
                       if scalar is not None}  # fmt: skip
            choices |= _choice_places(leaf, said, written)
    return Places(
        file=written.place,
        pages={page.id.value: page.id.place for page in written.pages},
        questions={question.id.value: question.id.place for page in written.pages for question in page.questions},
        fields=fields,
        bounds=bounds,
        choices=choices,
    )


def _pairs(questionnaire: Questionnaire, written: source.Questionnaire) -> Iterator[tuple[Part, WrittenPart]]:
    """Give each part together with what was written for it; both stand in the order of the file."""
    said = {question.id.value: question for page in written.pages for question in page.questions}
    for page in questionnaire.pages:
        for question in page.questions:
            asked = said[question.id]
            chosen: tuple[WrittenPart, ...] = asked.parts or (asked,)
            yield from zip(question.parts, chosen, strict=True)


def _choice_places(leaf: Field, said: WrittenPart, written: source.Questionnaire) -> dict[tuple[str, str], Place]:
    listed = said.choices
    if said.choice_list is not None and written.choice_lists is not None:
        listed = written.choice_lists.get(said.choice_list.value, ())
    made = {(leaf.name, choice.code): said.place for choice in leaf.choices} if leaf.choices else {}
    if leaf.dont_know:
        made[leaf.name, DONT_KNOW] = said.place
    return made | {(leaf.name, choice.code): choice.place for choice in listed if (leaf.name, choice.code) in made}
