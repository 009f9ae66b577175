"""Prove a questionnaire: everything in it can happen to somebody, nothing in it contradicts itself, nothing is idle."""

from __future__ import annotations

from collections.abc import Mapping

from forms import source
from forms.model import Questionnaire
from forms.proof.conclude import Concluding, nothing_passes
from forms.proof.encoding import encode
from forms.proof.goals import breaking_goals, passing_goals
from forms.proof.logic import conj
from forms.proof.places import find_places
from forms.proof.report import Proof
from forms.proof.routes import contradicting_routes
from forms.proof.search import ANYTHING, Goal, Key, Outcome, start
from forms.proof.sentences import Words
from forms.proof.slices import Slices
from forms.proof.texts import settle_texts
from forms.proof.witness import Seen
from uptake.contract.expressions.proof import require_z3


def prove(questionnaire: Questionnaire, written: source.Questionnaire) -> Proof:
    """Return what can be proved of a questionnaire: what is unreachable, contradictory or idle, and what stays open.

    Does not cover what the words of a question mean, nor answers that a page refuses to read. Every answer set that z3
    finds is judged by the form's own routing and checks before it is believed; what z3 finds impossible is so for all
    answers. What neither settles is told as "not proved".
    questionnaire: one that was loaded without faults; written: the file it was made from, for the lines.
    Returns a Proof. Raises SystemPartError where z3 (extra `proof`) is not installed.
    """
    require_z3()
    made = encode(questionnaire)
    search = start(made, conj((made.exact, settle_texts(made))))
    places = find_places(questionnaire, written)
    words = Words(made, places)
    passing = search.passing()
    if search.check(passing.assumed) == "unsat":
        return Proof(questionnaire.id, (nothing_passes(search, words),), models=search.models)
    goals = {goal.key: goal for goal in sorted(passing_goals(made, places), key=_turn)}
    outcomes = search.cover(goals.values(), passing)
    passed = {id(outcome.seen): outcome.seen for outcome in outcomes.values() if outcome.told == "yes" and outcome.seen}
    telling = Concluding(made, search, words, Slices(search, tuple(passed.values())))
    outcomes |= search.cover(breaking_goals(made), ANYTHING)
    telling.reach(goals, outcomes)
    telling.choices(goals, outcomes)
    telling.checks(outcomes)
    contradicting_routes(telling)
    telling.undecided(outcomes)
    found = tuple(sorted(telling.found, key=lambda one: (one.where.rpartition(":")[0], _line(one.where))))
    return Proof(
        questionnaire.id,
        found,
        _reached(questionnaire, outcomes),
        len(outcomes),
        search.models,
        tuple(search.disagreements),
    )


def _turn(goal: Goal) -> int:
    """Goals that go together come first; what keeps others from happening comes last."""
    return {"reach": 0, "field": 1, "skip": 3, "unwanted": 3, "bound": 4}.get(goal.key[0], 2)


def _line(where: str) -> int:
    line = where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _reached(questionnaire: Questionnaire, outcomes: Mapping[Key, Outcome]) -> dict[str, Seen]:
    asked = [("reach", question.id) for page in questionnaire.pages for question in page.questions]
    return {key[1]: seen for key in asked if (seen := outcomes[key].seen) is not None}
