"""From what can and cannot happen to what the author should know: one sentence for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from forms.model import Check
from forms.proof.encoding import Asked, Encoding, Reason
from forms.proof.goals import alone, judged, on_page
from forms.proof.logic import Condition
from forms.proof.report import Conclusion, Weight
from forms.proof.search import Base, Goal, Key, Outcome, Search
from forms.proof.sentences import NOBODY, Words
from forms.proof.slices import Slices
from forms.proof.witness import Seen, shown

ALWAYS = ("type", "choices", "bounds", "route")
COMPLETE = (*ALWAYS, "required")
PASSING = (*COMPLETE, "hard")


@dataclass(slots=True)
class Concluding:
    """Gathers the conclusions of one questionnaire; dead: what is not told of again, as its page is never asked."""

    made: Encoding
    search: Search
    words: Words
    slices: Slices
    found: list[Conclusion] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    # What cannot be reached

    def reach(self, goals: Mapping[Key, Goal], outcomes: Mapping[Key, Outcome]) -> None:
        """Tell of pages, questions and fields that nobody who can submit is asked: the largest thing that is."""
        never = {key[1] for key, outcome in outcomes.items() if key[0] == "reach" and outcome.told == "no"}
        for page in self.made.questionnaire.pages:
            questions = [question.id for question in page.questions]
            if len(questions) > 1 and never.issuperset(questions):
                self._unreached(f'page "{page.id}"', page.id, on_page(self.made, page.id), ("skip", "page", page.id))
                continue
            for question in page.questions:
                if question.id in never:
                    place: Key = (
                        ("skip", "page", page.id)
                        if question.relevant is None and page.relevant
                        else ("reach", question.id)
                    )
                    self._unreached(
                        f"question {question.id}", question.id, goals["reach", question.id].condition, place
                    )
        self.dead |= {leaf.name for leaf in self.made.questionnaire.fields.values() if leaf.question in never}
        for key, outcome in outcomes.items():
            if key[0] == "field" and outcome.told == "no" and key[1] not in self.dead:
                self._unreached(f"the field {key[1]}", key[1], goals[key].condition, key)
                self.dead.add(key[1])

    def _unreached(self, thing: str, subject: str, asked: Condition, key: Key) -> None:
        reasons = self.search.explain(asked, PASSING)
        checks = [reason for reason in reasons if reason.kind == "hard"]
        routes = all(reason.kind == "route" for reason in reasons)
        never = "its condition" if len(reasons) <= 1 else self.words.because(reasons)
        why = f"{never} can never be true" if routes else self._do(reasons, "exclude", "it")
        example = self._without_checks(subject, asked, reasons) if checks else ""
        self._tell("unreachable", subject, "fault", key, f"{thing} is asked {NOBODY}: {why}. Correct the condition, or"
                   " what excludes it.", example=example)  # fmt: skip

    def _without_checks(self, subject: str, asked: Condition, reasons: Iterable[Reason]) -> str:
        """Show complete answers that do get there, and are stopped by the checks."""
        goal = Goal(("without checks", subject), asked, lambda seen: True)
        seen = self.search.cover([goal], self.search.complete())[goal.key].seen
        return "" if seen is None else self._shown(seen, self.words.fields(reasons))

    # What cannot be chosen, and conditions that decide nothing

    def choices(self, goals: Mapping[Key, Goal], outcomes: Mapping[Key, Outcome]) -> None:
        """Tell of choices, bounds and conditions that no answer set meets."""
        for key, outcome in outcomes.items():
            if outcome.told != "no" or key[1] in self.dead:
                continue
            if key[0] == "choice":
                self._dead_choice(key, goals[key].condition)
            elif key[0] == "bound":
                self._dead_bound(key, goals[key].condition)
            elif key[0] in ("wanted", "unwanted"):
                self._idle_requirement(key, goals[key].condition)
            elif key[0] == "skip" and not self._is_dead(key):
                self._idle_route(key, goals[key].condition)

    def _is_dead(self, key: Key) -> bool:
        asked = self.made.questionnaire
        questions = [asked.question(key[2])] if key[1] == "question" else list(asked.page(key[2]).questions)
        return all(leaf.name in self.dead for question in questions for leaf in question.fields)

    def _dead_choice(self, key: Key, goal: Condition) -> None:
        reasons = self.search.explain(goal, PASSING)
        why = self._do(reasons, "exclude", "it") if reasons else "what may be chosen together excludes it"
        example = self._without_checks(" ".join(key), goal, reasons)
        self._tell("dead choice", key[1], "fault", key, f"{self.words.thing(key)} can be chosen {NOBODY}: {why}."
                   " Correct that, or remove the choice.", example=example)  # fmt: skip

    def _dead_bound(self, key: Key, goal: Condition) -> None:
        reasons = tuple(reason for reason in self.search.explain(goal, PASSING) if reason.subject != key[1])
        self._tell("idle bound", key[1], "advice", key, f"{self.words.thing(key)} is reached {NOBODY}:"
                   f" {self._do(reasons, 'stop', 'before it')}. Write the bound that counts, or correct the check.",
                   example=self._without_checks(" ".join(key), goal, reasons))  # fmt: skip

    def _idle_requirement(self, key: Key, goal: Condition) -> None:
        reasons = self.search.explain(goal, PASSING)
        because = f" ({self.words.because(reasons)})" if reasons else ""
        always = key[0] == "unwanted"
        what = "is always true where the field is asked" if always else "is never true where the field is asked"
        then = "Write `required: true`" if always else "Write `required: false`"
        self._tell("idle required_if", key[1], "advice", key,
                   f"{self.words.thing(key)} {what}{because}. {then}, or correct the condition.")  # fmt: skip

    def _idle_route(self, key: Key, goal: Condition) -> None:
        reasons = self.search.explain(goal, PASSING)
        because = f" ({self.words.because(reasons)})" if self.words.because(reasons) else ""
        self._tell("idle condition", key[2], "advice", key, f"{self.words.thing(key)} is true in all answers that"
                   f" can be submitted and get there, so it decides nothing{because}. Correct it.")  # fmt: skip

    # Checks

    def checks(self, outcomes: Mapping[Key, Outcome]) -> None:
        """Tell of checks that can never be broken, never hold, or say what others say already."""
        idle: set[str] = set()
        for check in reversed(self.made.questionnaire.checks):
            if self.dead & check.rule.fields:
                continue
            broken, kept = outcomes["break", check.id], outcomes["keep", check.id]
            if broken.told == "no":
                self._unbreakable(check, kept)
            elif kept.told == "no" and broken.told == "yes":
                self._unkept(check)
            elif broken.told == "yes" and self._implied(check, idle, broken):
                idle.add(check.id)

    def _unbreakable(self, check: Check, kept: Outcome) -> None:
        reasons = self.search.explain(self.made.checks[check.id].fails, ALWAYS)
        because = self.words.because(reasons)
        if kept.told == "no":
            what = "is never judged: no answers make its rule true or false"
        else:
            what = (
                f"can never be broken: {self._do(reasons, 'see', 'to it')}"
                if because
                else "can never be broken, whatever is answered"
            )
        self._tell("unbreakable", check.id, "advice", ("break", check.id),
                   f'the {check.severity} check "{check.id}" {what}. It does nothing: correct its rule, or remove'
                   " it.")  # fmt: skip

    def _unkept(self, check: Check) -> None:
        """A rule that is never true: of nobody with an answer (a fault where it is hard), or never judged at all."""
        base = self.search.passing(but={check.id})
        judging = self.search.cover([judged(self.made, check)], base)["judge", check.id]
        reasons = self.search.explain(self.made.checks[check.id].holds, PASSING, but={check.id})
        because = self.words.because(reasons)
        so = f" ({because})" if because else ""
        if judging.told == "no":
            self._tell("unjudged", check.id, "advice", ("keep", check.id), f'the {check.severity} check "{check.id}" is'
                       f" never judged once the answers are complete{so}. Correct its rule, or remove it.")  # fmt: skip
            return
        example = "" if judging.seen is None else self._shown(judging.seen, check.rule.fields)
        if check.severity == "hard":
            self._tell("contradiction", check.id, "fault", ("keep", check.id), f'the hard check "{check.id}" can never'
                       f" hold{so}: whoever answers what it looks at cannot submit. Correct its rule, or what"
                       " contradicts it.", example=example)  # fmt: skip
        else:
            self._tell("always asks", check.id, "advice", ("keep", check.id), f'the soft check "{check.id}" can never'
                       f" hold{so}: whoever answers what it looks at is asked for a reason. Correct its rule.",
                       example=example)  # fmt: skip

    def _implied(self, check: Check, idle: Collection[str], broken: Outcome) -> bool:
        soft = check.severity == "soft"
        but = {check.id, *idle}
        goal, base = alone(self.made, check, idle), self.search.passing(but=but, soft=soft)
        outcome = self.slices.ask(goal, check, base, but) or self.search.cover([goal], base)[goal.key]
        if outcome.told == "open":
            self._open(("alone", check.id), f'whether the check "{check.id}" is implied by others', outcome.why)
        if outcome.told != "no":
            return False
        kinds = (*PASSING, "soft") if soft else PASSING
        reasons = self.search.explain(self.made.checks[check.id].fails, kinds, but=but)
        example = "" if broken.seen is None else self._shown(broken.seen, check.rule.fields)
        self._tell("implied", check.id, "advice", ("alone", check.id), f'the {check.severity} check "{check.id}" is'
                   f" broken only where something else is refused or asked about already:"
                   f" {self._do(reasons, 'imply', 'it')}. Remove or correct it.", example=example)  # fmt: skip
        return True

    # What was not decided

    def undecided(self, outcomes: Mapping[Key, Outcome]) -> None:
        """Tell of every goal of which nobody knows."""
        for key, outcome in outcomes.items():
            if outcome.told == "open" and key[1] not in self.dead:
                self._open(key, f"whether {self.words.thing(key)} {_CAN[key[0]]}", outcome.why)

    def _open(self, key: Key, what: str, why: str) -> None:
        self._tell("not proved", key[1], "not proved", key, f"{what}, was not proved: {why}.")

    # Telling

    def stuck(self, route: Mapping[Asked, bool], on_it: Condition, allowed: Base) -> None:
        """Tell of a route on which complete answers can be, and no answers that can be submitted."""
        (kind, name), asked = next(iter(route.items()))
        if len(route) == 1 and asked and self._is_dead(("skip", kind, name)):
            return
        reasons = self.search.explain(on_it, PASSING)
        checks = [reason for reason in reasons if reason.kind == "hard"]
        goal = Goal(("stuck", *(f"{key} {told}" for key, told in route.items())), on_it, lambda seen: True)
        seen = self.search.cover([goal], allowed)[goal.key].seen
        example = "" if seen is None else self._shown(seen, self.words.fields(reasons))
        sentence = (f"nobody can submit where {self.words.route(route)}: {self.words.because(checks or reasons)}"
                    " contradict each other there. Correct one of them.")  # fmt: skip
        where = self.words.check(checks[0].subject).place if checks else self.words.place(("skip", kind, name))
        self.found.append(Conclusion("contradiction", name, "fault", str(where), sentence, example))

    def _do(self, reasons: Collection[Reason], verb: str, rest: str) -> str:
        """Say that reasons exclude, imply or stop something."""
        said = [reason for reason in reasons if self.words.reason(reason)]
        one = {"imply": "implies"}.get(verb, f"{verb}s")
        single = len(said) == 1 and said[0].kind != "bounds"
        return f"{self.words.because(reasons)} {one if single else verb} {rest}"

    def _shown(self, seen: Seen, names: Collection[str]) -> str:
        return shown(self.made.questionnaire, seen, names)

    def _tell(self, kind: str, subject: str, weight: Weight, key: Key, sentence: str, *, example: str = "") -> None:
        self.found.append(Conclusion(kind, subject, weight, str(self.words.place(key)), sentence, example))


_CAN = {
    "reach": "can be reached", "field": "can be reached", "choice": "can be chosen", "bound": "can be reached",
    "wanted": "is ever true", "unwanted": "is ever not true", "skip": "is ever not true", "keep": "can hold",
    "break": "can be broken", "alone": "is implied by others", "judge": "is ever judged",
}  # fmt: skip


def nothing_passes(search: Search, words: Words) -> Conclusion:
    """Tell that no answers at all can be submitted."""
    reasons = search.explain(True, PASSING)
    goal = Goal(("without checks", ""), True, lambda seen: True)
    seen = search.cover([goal], search.complete())[goal.key].seen
    example = "" if seen is None else shown(words.questionnaire, seen, words.fields(reasons))
    sentence = (f"no answers at all can be submitted: {words.because(reasons)} contradict each other. Correct one of"
                " them.")  # fmt: skip
    return Conclusion("contradiction", "", "fault", str(words.places.file), sentence, example)
