"""What should be possible in a good questionnaire, each as a goal: to reach, to choose, to break and keep a check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from forms.model import DONT_KNOW, Check, Field, Questionnaire
from forms.proof.encoding import Encoding
from forms.proof.logic import Condition, conj, disj, neg
from forms.proof.places import Places
from forms.proof.search import Goal
from forms.proof.slots import bound_number
from forms.proof.witness import Seen, took
from uptake.contract.expressions import Expression, compile_python


def passing_goals(made: Encoding, places: Places) -> Iterator[Goal]:
    """Give what a complete answer set that passes the hard checks should be able to do."""
    asked = made.questionnaire
    for page in asked.pages:
        for question in page.questions:
            yield _reach(made, question.id)
    for leaf in asked.fields.values():
        if leaf.needs is not None or leaf.roster:
            yield _reach_field(made, leaf)
        yield from _choices(made, leaf)
        yield from _bounds(made, leaf, places)
        yield from _required_if(made, leaf)
    yield from _routes(made)
    for check in asked.checks:
        yield _keep(made, check)


def breaking_goals(made: Encoding) -> Iterator[Goal]:
    """Give for each check that it can be broken by answers of any kind, complete or not."""
    for check in made.questionnaire.checks:
        yield breaking(made, check)


def breaking(made: Encoding, check: Check) -> Goal:
    """Return the goal that a check is broken."""
    formula = made.checks[check.id]
    return Goal(("break", check.id), formula.fails, lambda seen: check.id in seen.hard | seen.soft,
                open_parts=made.open_parts(formula))  # fmt: skip


def alone(made: Encoding, check: Check, idle: Collection[str]) -> Goal:
    """Return the goal that a check is broken and nothing else of its kind; idle: checks that no longer count."""

    def happened(seen: Seen) -> bool:
        others = seen.hard if check.severity == "hard" else seen.hard | seen.soft
        return check.id in seen.hard | seen.soft and not others - {check.id, *idle}

    formula = made.checks[check.id]
    return Goal(("alone", check.id), formula.fails, happened, open_parts=made.open_parts(formula))


def judged(made: Encoding, check: Check) -> Goal:
    """Return the goal that a rule is true or false at all."""
    formula = made.checks[check.id]
    holds = _compiled(made.questionnaire, check.rule, check.roster)
    return Goal(("judge", check.id), formula.known, lambda seen: holds(seen) is not None,
                open_parts=made.open_parts(formula))  # fmt: skip


def _reach(made: Encoding, question: str) -> Goal:
    return Goal(
        ("reach", question), made.asked["question", question], lambda seen: question in seen.way.route.questions
    )


def _reach_field(made: Encoding, leaf: Field) -> Goal:
    return Goal(("field", leaf.name), made.asked_of(leaf), lambda seen: leaf.name in seen.asked)


def _choices(made: Encoding, leaf: Field) -> Iterator[Goal]:
    slot = made.slots[leaf.name]
    if leaf.value is not None or leaf.fixed:
        return
    known = conj((made.asked_of(leaf), slot.answered))
    for code in made.answers.domains[leaf.name].codes:
        held = slot.term.choices[code] if slot.term.choices is not None else slot.number == made.answers.text(code)
        yield _choice(leaf, code, conj((known, held)))
    if leaf.dont_know:
        yield _choice(leaf, DONT_KNOW, conj((made.asked_of(leaf), slot.unsure)))


def _choice(leaf: Field, code: str, condition: Condition) -> Goal:
    return Goal(("choice", leaf.name, code), condition, lambda seen: took(seen, leaf.name, code), group=leaf.name)


def _bounds(made: Encoding, leaf: Field, places: Places) -> Iterator[Goal]:
    """Only bounds that somebody wrote; where no hard check reads the number, nothing can keep an answer from them."""
    if leaf.name not in made.held:
        return
    slot = made.slots[leaf.name]
    for side, bound in (("min", leaf.min), ("max", leaf.max)):
        number = bound_number(leaf, bound, up=side == "min")
        if number is not None and (leaf.name, side) in places.bounds:
            condition = conj((made.asked_of(leaf), slot.answered, slot.number == number))
            yield Goal(("bound", leaf.name, side), condition, _is(leaf, bound), group=leaf.name)


def _is(leaf: Field, bound: object) -> Callable[[Seen], bool]:
    def happened(seen: Seen) -> bool:
        answer = seen.answer(leaf.name)
        return answer is not None and answer.value == bound

    return happened


def _required_if(made: Encoding, leaf: Field) -> Iterator[Goal]:
    formula = made.wanted.get(leaf.name)
    if formula is None or leaf.required_if is None:
        return
    holds, asked = _compiled(made.questionnaire, leaf.required_if, leaf.roster), made.asked_of(leaf)
    for key, condition, wanted in (("wanted", formula.holds, True), ("unwanted", neg(formula.holds), False)):
        yield Goal((key, leaf.name), conj((asked, condition)), _decided(leaf, holds, wanted), group=f"if {leaf.name}",
                   open_parts=made.open_parts(formula))  # fmt: skip


def _decided(leaf: Field, holds: Callable[[Seen], object], wanted: bool) -> Callable[[Seen], bool]:
    return lambda seen: leaf.name in seen.asked and (holds(seen) is True) is wanted


def _routes(made: Encoding) -> Iterator[Goal]:
    """Each condition has to be false, or unknown, for somebody, or it might as well not be written."""
    for page in made.questionnaire.pages:
        always = _compiled(made.questionnaire, page.relevant)
        if page.relevant is not None:
            asked, formula = made.routes["page", page.id]
            yield Goal(("skip", "page", page.id), conj((asked, neg(formula.holds))), _not_true(always),
                       open_parts=made.open_parts(formula))  # fmt: skip
        for question in page.questions:
            if question.relevant is None:
                continue
            asked, formula = made.routes["question", question.id]
            holds = _compiled(made.questionnaire, question.relevant)
            yield Goal(("skip", "question", question.id), conj((asked, neg(formula.holds))), _left_out(always, holds),
                       open_parts=made.open_parts(formula))  # fmt: skip


def _not_true(holds: Callable[[Seen], object]) -> Callable[[Seen], bool]:
    return lambda seen: holds(seen) is not True


def _left_out(page: Callable[[Seen], object], question: Callable[[Seen], object]) -> Callable[[Seen], bool]:
    return lambda seen: page(seen) is True and question(seen) is not True


def _keep(made: Encoding, check: Check) -> Goal:
    formula = made.checks[check.id]
    holds = _compiled(made.questionnaire, check.rule, check.roster)
    return Goal(
        ("keep", check.id), formula.holds, lambda seen: holds(seen) is True, open_parts=made.open_parts(formula)
    )


def _compiled(
    questionnaire: Questionnaire, expression: Expression | None, roster: str = ""
) -> Callable[[Seen], object]:
    """Return what an expression gives in a witness; roster: in whose row it is judged."""
    if expression is None:
        return lambda seen: True
    closure = compile_python(expression, kinds=questionnaire.kinds, to="bool")

    def result(seen: Seen) -> object:
        scope = seen.scope(roster)
        return None if scope is None else closure(scope)

    return result


def on_page(made: Encoding, page: str) -> Condition:
    """Return the condition that something of a page is asked."""
    return disj(made.asked["question", question.id] for question in made.questionnaire.page(page).questions)
