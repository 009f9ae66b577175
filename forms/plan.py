"""A questionnaire compiled: its pages, conditions, computed values and checks as functions, made once a definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from forms.leaves import Field
from forms.model import Check, Page, Question, Questionnaire, Roster
from uptake.contract.expressions import Expression, Kind, compile_python

Closure = Callable[[Mapping[str, object]], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A `relevant` or `required_if`: what holds, and the names it looks at."""

    holds: Closure
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A computed field, the function that gives its value, and the names it looks at."""

    leaf: Field
    value: Closure
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionPlan:
    """A question, and when it is asked. fields: those that are not computed, each with the name of its state."""

    question: Question
    relevant: Condition | None
    fields: tuple[tuple[Field, str], ...]
    computed: tuple[Computed, ...]
    roster: Roster | None


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A page, and when it is asked."""

    page: Page
    relevant: Condition | None
    questions: tuple[QuestionPlan, ...]


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """A check, the function that judges it, the pages on which it is shown, and the names that it looks at."""

    check: Check
    holds: Closure
    pages: frozenset[str]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything of a questionnaire that is evaluated; required: the fields that have a `required_if`."""

    pages: tuple[PagePlan, ...]
    checks: tuple[CheckPlan, ...]
    required: Mapping[str, Closure]


@lru_cache(maxsize=64)
def plan_of(questionnaire: Questionnaire) -> Plan:
    """Return the compiled questionnaire; the same object for the same definition."""
    fields, kinds = questionnaire.fields, questionnaire.kinds
    return Plan(
        pages=tuple(_page(questionnaire, page) for page in questionnaire.pages),
        checks=tuple(
            CheckPlan(
                check,
                compile_python(check.rule, kinds=kinds, to="bool"),
                frozenset(fields[name].page for name in check.fields),
                (*sorted(check.rule.bare), *(f"{name}[]" for name in sorted(check.rule.columns))),
            )
            for check in questionnaire.checks
        ),
        required={
            name: compile_python(leaf.required_if, kinds=kinds, to="bool")
            for name, leaf in fields.items()
            if leaf.required_if is not None
        },
    )


def _page(questionnaire: Questionnaire, page: Page) -> PagePlan:
    questions = tuple(_question(questionnaire, question) for question in page.questions)
    return PagePlan(page, _condition(page.relevant, questionnaire.kinds), questions)


def _question(questionnaire: Questionnaire, question: Question) -> QuestionPlan:
    kinds, leaves = questionnaire.kinds, question.fields
    return QuestionPlan(
        question=question,
        relevant=_condition(question.relevant, kinds),
        fields=tuple((leaf, f"{leaf.name}_state") for leaf in leaves if leaf.value is None),
        computed=tuple(
            Computed(leaf, compile_python(leaf.value, kinds=kinds, to=kinds[leaf.name]), tuple(leaf.value.fields))
            for leaf in leaves
            if leaf.value is not None
        ),
        roster=questionnaire.rosters[leaves[0].roster] if leaves and leaves[0].roster else None,
    )


def _condition(expression: Expression | None, kinds: Mapping[str, Kind]) -> Condition | None:
    if expression is None:
        return None
    return Condition(compile_python(expression, kinds=kinds, to="bool"), tuple(expression.fields))
