"""Which pages, questions and fields are asked of a unit, given what it has answered so far."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from forms.model import BLANK, NOTHING_GIVEN, PREFILLED, Answer, Field, Given, Questionnaire
from uptake.contract.expressions import Expression, compile_python

Condition = Callable[[Mapping[str, object]], Any]
NOT_APPLICABLE = Answer(None, "not_applicable")
_SETTLED = frozenset({"answered", "dont_know", "not_applicable", "refused", "imputed"})


@dataclass(frozen=True, slots=True)
class Route:
    """The pages, questions and fields asked, in order; and the fields that the answers have routed away.

    A field in neither list is undecided: what decides about it has not been answered yet.
    """

    pages: tuple[str, ...]
    questions: tuple[str, ...]
    fields: tuple[str, ...]
    away: tuple[str, ...]

    def after(self, page_id: str) -> str | None:
        """Return the page that follows, or None after the last one (and after a page that is not asked)."""
        if page_id not in self.pages:
            return None
        at = self.pages.index(page_id) + 1
        return self.pages[at] if at < len(self.pages) else None


def route(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> Route:
    """Return what is asked of a unit.

    A page or question is asked when its `relevant` is true; where that is unknown (the answer it looks at is missing or
    is "don't know") it is not asked. Answers to questions that are not asked are kept by the collector but count as
    missing here. Does not look at checks.
    answers: by field; given: what is known of the unit before it answers; today: the day that `today()` means,
    default the present one.
    """
    return _walk(questionnaire, answers, given, today)[0]


def route_values(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> tuple[Route, dict[str, object]]:
    """Return the route, and the values and states along it as the expression language wants them."""
    return _walk(questionnaire, answers, given, today)


def _walk(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    given: Given,
    today: datetime.date | None,
) -> tuple[Route, dict[str, object]]:
    values: dict[str, object] = {f"{name}{PREFILLED}": answer.value for name, answer in given.prefilled.items()}
    values["today()"] = today or datetime.date.today()
    conditions = _conditions(questionnaire)
    pages: list[str] = []
    questions: list[str] = []
    fields: list[str] = []
    away: list[str] = []
    for page in questionnaire.pages:
        page_asked = _asked(page.relevant, conditions, values)
        before = len(questions)
        for question in page.questions:
            asked = page_asked if page_asked is not True else _asked(question.relevant, conditions, values)
            if asked:
                questions.append(question.id)
            for leaf in question.fields:
                leaf_asked = asked and _chosen(leaf, values)
                _note(leaf, leaf_asked, answers, values)
                if leaf_asked:
                    fields.append(leaf.name)
                elif leaf_asked is False:
                    away.append(leaf.name)
        if len(questions) > before:
            pages.append(page.id)
    return Route(tuple(pages), tuple(questions), tuple(fields), tuple(away)), values


def _note(leaf: Field, asked: bool | None, answers: Mapping[str, Answer], values: dict[str, object]) -> None:
    """Write value and state of a field into what expressions see; undecided fields stay out."""
    if asked is None:
        return
    answer = answers.get(leaf.name, BLANK) if asked else NOT_APPLICABLE
    values[leaf.name] = answer.value
    values[f"{leaf.name}_state"] = answer.state


@lru_cache(maxsize=64)
def _conditions(questionnaire: Questionnaire) -> dict[str, Condition]:
    kinds = questionnaire.kinds
    written = [page.relevant for page in questionnaire.pages]
    written += [question.relevant for page in questionnaire.pages for question in page.questions]
    return {
        expression.text: compile_python(expression, kinds=kinds, to="bool")
        for expression in written
        if expression is not None
    }


def _asked(
    relevant: Expression | None, conditions: Mapping[str, Condition], values: Mapping[str, object]
) -> bool | None:
    """Return whether it is asked, or None where that cannot be said yet."""
    if relevant is None:
        return True
    holds = conditions[relevant.text](values)
    if holds is None and any(not _settled(name, values) for name in relevant.fields):
        return None
    return holds is True


def _settled(name: str, values: Mapping[str, object]) -> bool:
    return name.endswith(PREFILLED) or values.get(f"{name}_state") in _SETTLED


def _chosen(leaf: Field, values: Mapping[str, object]) -> bool | None:
    """The words that go with a choice are asked when it was chosen."""
    if leaf.needs is None:
        return True
    name, code = leaf.needs
    chosen = values.get(name)
    if chosen is None and not _settled(name, values):
        return None
    return code in str(chosen).split()


def exported_answers(
    questionnaire: Questionnaire, answers: Mapping[str, Answer], *, given: Given = NOTHING_GIVEN
) -> dict[str, Answer]:
    """Return the answers as they are exported.

    Fields routed away are not_applicable whatever was once typed there; so is the blank one of two fields of which one
    is enough. A field that was never reached is left out: its state is null in `responses`.
    """
    way = route(questionnaire, answers, given=given)
    made = {name: answers[name] for name in way.fields if name in answers}
    made |= dict.fromkeys(way.away, NOT_APPLICABLE)
    for name, answer in list(made.items()):
        others = (made.get(other, BLANK) for other in questionnaire.fields[name].group if other != name)
        if answer.state == "blank" and any(other.state in _SETTLED for other in others):
            made[name] = NOT_APPLICABLE
    return {name: made[name] for name in questionnaire.fields if name in made}
