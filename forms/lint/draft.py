"""A questionnaire under lint: what was written and what it became, with its texts, choices and expressions laid out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from forms import source
from forms.model import LAST, PREFILLED, Field, Page, Questionnaire
from uptake.contract.expressions import Expression
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place

HAN = "\u3400-\u9fff"
SLOT = re.compile(r"\$\{\s*([^}\s]*)\s*\}")
Owner = source.Question | source.Part | source.Column
Role = Literal["relevant", "rule", "required_if", "value"]


@dataclass(frozen=True, slots=True)
class Said:
    """One text of the file: its key, what it belongs to, and the noun that messages call it by."""

    text: Text
    key: str
    of: object
    noun: str
    place: Place

    def at(self, lang: str) -> Place:
        """Return the line on which the text stands in a language."""
        return Place(self.place.path, self.text.line(lang) or self.place.line)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of choices where it is offered or, for a shared list, where it is written (`part` is then None)."""

    choices: tuple[source.Choice, ...]
    noun: str
    place: Place
    part: source.Question | source.Part | source.Column | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One expression: what it decides, what it belongs to, and the page on which it is judged (rules: the last one)."""

    expression: Expression
    role: Role
    noun: str
    place: Place
    page: Page | None
    check: source.Check | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What every rule of lint looks at."""

    asked: Questionnaire
    written: source.Questionnaire
    texts: tuple[Said, ...]
    lists: tuple[Listed, ...]
    judged: tuple[Judged, ...]
    routed: Mapping[str, tuple[Expression, ...]]  # the conditions on which a field is asked, by field

    def field(self, name: str) -> Field | None:
        """Return the field an expression's name belongs to, also for `${x_last}` and `${x_prefilled}`."""
        fields = self.asked.fields
        for ending in ("", LAST, PREFILLED):
            if name.endswith(ending) and name.removesuffix(ending) in fields:
                return fields[name.removesuffix(ending)]
        return None

    def questions(self) -> Iterator[source.Question]:
        """Give every question as written."""
        for page in self.written.pages:
            yield from page.questions

    def inputs(self) -> Iterator[tuple[source.Question, Owner]]:
        """Give everything that has a type: questions without parts, parts, columns of rosters; with its question."""
        for question in self.questions():
            for part in question.parts or (question,):
                yield question, part
                if part.type == "roster":
                    yield from ((question, column) for column in part.columns)

    def checks(self) -> Iterator[tuple[source.Check, Judged]]:
        """Give every check as written, with its rule."""
        yield from ((judged.check, judged) for judged in self.judged if judged.check is not None)


def draft(asked: Questionnaire, written: source.Questionnaire) -> Draft:
    """Lay out a questionnaire for lint."""
    routed = {
        leaf.name: tuple(found for found in (page.relevant, question.relevant) if found is not None)
        for page in asked.pages
        for question in page.questions
        for leaf in question.fields
    }
    return Draft(
        asked=asked,
        written=written,
        texts=tuple(_texts(written, (written,), "", written.place)),
        lists=tuple(_lists(written)),
        judged=tuple(_judged(asked, written)),
        routed=routed,
    )


def _texts(value: object, owners: tuple[object, ...], key: str, place: Place) -> Iterator[Said]:
    if isinstance(value, Text):
        yield Said(value, key, owners[-1], _noun_of_text(key, owners), place)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part, owners, key, place)
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part, owners, key, place)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        here = getattr(value, "place", place)
        for field in dataclasses.fields(value):
            yield from _texts(getattr(value, field.name), (*owners, value), field.name, here)


def _noun_of_text(key: str, owners: tuple[object, ...]) -> str:
    if key == "notices":
        return "a notice"
    if isinstance(owners[-1], source.Header):
        return f"the header's {key}"
    if isinstance(owners[-1], source.Example):
        return f"an example of {noun(owners[-2])}"
    if isinstance(owners[-1], source.Wording):
        return f"the wording of arm {owners[-1].arm.value} of {noun(owners[-2])}"
    if isinstance(owners[-1], source.Questionnaire):
        return f"the {key}"
    return f"the {key.replace('_', ' ')} of {noun(owners[-1], owners[:-1])}"


def noun(owner: object, above: tuple[object, ...] = ()) -> str:
    """Say what a piece of a questionnaire is, as messages call it."""
    asked = next((part for part in reversed(above) if isinstance(part, source.Question)), None)
    inside = f" of {asked.id.value}" if asked is not None else ""
    if isinstance(owner, source.Question):
        return f"question {owner.id.value}"
    if isinstance(owner, source.Part | source.Column | source.Row):
        word = type(owner).__name__.lower()
        return f'the {word} "{owner.id}"{inside}'
    if isinstance(owner, source.Choice):
        return f'the choice "{owner.code}"{inside}'
    if isinstance(owner, source.Definition):
        return f"the box {owner.id}"
    if isinstance(owner, source.Check):
        return f'the check "{owner.id.value}"'
    if isinstance(owner, source.Page):
        return f'the page "{owner.id.value}"'
    return type(owner).__name__.lower()


def with_type(question: source.Question) -> Iterator[Owner]:
    """Give whatever of a question may have a type and choices: itself, its parts, its columns."""
    yield question
    yield from question.parts
    yield from question.columns


def _lists(written: source.Questionnaire) -> Iterator[Listed]:
    shared = written.choice_lists or {}
    for name, choices in shared.items():
        if choices:
            yield Listed(choices, f'the choice list "{name}"', choices[0].place, None)
    for page in written.pages:
        for question in page.questions:
            for part in with_type(question):
                if part.choices:
                    yield Listed(part.choices, _noun_of_input(question, part), part.choices[0].place, part)
                elif part.choice_list is not None and part.choice_list.value in shared:
                    listed = shared[part.choice_list.value]
                    yield Listed(listed, _noun_of_input(question, part), part.place, part)


def _noun_of_input(question: source.Question, part: Owner) -> str:
    return noun(part) if isinstance(part, source.Question) else noun(part, (question,))


def noun_of_input(question: source.Question, part: Owner) -> str:
    """Say what an input is: the question itself, or a part or column of it."""
    return _noun_of_input(question, part)


def _judged(asked: Questionnaire, written: source.Questionnaire) -> Iterator[Judged]:
    for page in asked.pages:
        if page.relevant is not None and page.relevant.place is not None:
            yield Judged(page.relevant, "relevant", f'the page "{page.id}"', page.relevant.place, page)
        for question in page.questions:
            route = question.relevant
            if route is not None and route.place is not None:
                yield Judged(route, "relevant", f"question {question.id}", route.place, page)
            for leaf in question.fields:
                yield from _of_field(leaf, page)
    checks = {check.id.value: check for check in _all_checks(written)}
    for made in asked.checks:
        if made.id in checks and made.rule.place is not None:
            page = asked.page(made.page)
            yield Judged(made.rule, "rule", f'the check "{made.id}"', made.rule.place, page, checks[made.id])


def _of_field(leaf: Field, page: Page) -> Iterator[Judged]:
    if leaf.required_if is not None and leaf.required_if.place is not None:
        yield Judged(leaf.required_if, "required_if", f"`required_if` of {leaf.name}", leaf.required_if.place, page)
    if leaf.value is not None and leaf.value.place is not None:
        yield Judged(leaf.value, "value", f"the computed field {leaf.name}", leaf.value.place, page)


def _all_checks(written: source.Questionnaire) -> Iterator[source.Check]:
    for page in written.pages:
        for question in page.questions:
            yield from question.checks
    yield from written.checks
