"""The sentences of a proof: what cannot happen, what excludes it and where that stands, what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forms.model import DONT_KNOW, Check, Questionnaire
from forms.numbers import show_number
from forms.proof.encoding import Asked, Encoding, Reason
from forms.proof.places import Places
from forms.proof.search import Key
from uptake.contract.yamlfile import Place

NOBODY = "in no answers that can be submitted"


@dataclass(frozen=True, slots=True)
class Words:
    """Names the things of one questionnaire, with their lines."""

    made: Encoding
    places: Places

    @property
    def questionnaire(self) -> Questionnaire:
        """The questionnaire the words are about."""
        return self.made.questionnaire

    def check(self, check_id: str) -> Check:
        """Return a check by its id."""
        return next(check for check in self.questionnaire.checks if check.id == check_id)

    def place(self, key: Key) -> Place:
        """Return the line that a goal is about."""
        kind, subject = key[0], key[1]
        if kind in ("break", "keep", "alone", "judge"):
            return self.check(subject).place
        if kind == "skip":
            return self._place_of_condition(key[1], key[2])
        if kind == "reach":
            return self._place_of_condition("question", subject)
        if kind == "choice":
            return self.places.choices.get((key[1], key[2]), self.places.fields[subject])
        if kind == "bound":
            return self.places.bounds[key[1], key[2]]
        wanted = self.questionnaire.fields[subject].required_if
        if kind in ("wanted", "unwanted") and wanted is not None and wanted.place is not None:
            return wanted.place
        return self.places.fields[subject]

    def _place_of_condition(self, kind: str, subject: str) -> Place:
        found = self.questionnaire.page(subject) if kind == "page" else self.questionnaire.question(subject)
        if found.relevant is not None and found.relevant.place is not None:
            return found.relevant.place
        return (self.places.pages if kind == "page" else self.places.questions)[subject]

    def thing(self, key: Key) -> str:
        """Return what a goal is about, as the subject of a sentence."""
        kind = key[0]
        if kind == "skip":
            return f"the condition of {_named(key[1], key[2])}"
        if kind == "choice":
            return self.choice(key[1], key[2])
        if kind == "bound":
            leaf = self.questionnaire.fields[key[1]]
            bound = leaf.min if key[2] == "min" else leaf.max
            return f'"{key[2]}" of {key[1]}, {_shown(bound)},'
        if kind in ("wanted", "unwanted"):
            return f'"required_if" of {key[1]}'
        if kind in ("break", "keep", "alone", "judge"):
            return f'the check "{key[1]}"'
        return f"question {key[1]}" if kind == "reach" else f"the field {key[1]}"

    def choice(self, name: str, code: str) -> str:
        """Name a choice, with the words a respondent reads."""
        leaf = self.questionnaire.fields[name]
        if code == DONT_KNOW:
            return f"“don't know” of {name}"
        label = next(choice.label["en"] for choice in leaf.choices if choice.code == code)
        return f'the choice "{code}" ({label}) of {name}'

    def because(self, reasons: Iterable[Reason]) -> str:
        """Return the reasons in words, joined by "and"."""
        said = list(dict.fromkeys(word for reason in reasons if (word := self.reason(reason))))
        return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}" if said else ""

    def reason(self, reason: Reason) -> str:
        """Return one reason in words; empty where it goes without saying."""
        subject = reason.subject
        if reason.kind in ("hard", "soft"):
            return f'the {reason.kind} check "{subject}" ({self.check(subject).place})'
        if reason.kind == "route":
            kind, name = subject.split(" ", 1)
            return f"the condition of {_named(kind, name)} ({self._place_of_condition(kind, name)})"
        if reason.kind == "bounds":
            return f"the bounds of {subject}{self._bounds(subject)} ({self._at(subject)})"
        if reason.kind == "required":
            return f"that {subject} must be answered ({self._at(subject)})"
        return f"what may be chosen together in {subject} ({self._at(subject)})" if reason.kind == "choices" else ""

    def fields(self, reasons: Iterable[Reason]) -> set[str]:
        """Return the fields that a set of reasons is about."""
        names: set[str] = set()
        for reason in reasons:
            if reason.kind in ("hard", "soft"):
                names |= self.check(reason.subject).rule.fields
            elif reason.kind == "route":
                kind, name = reason.subject.split(" ", 1)
                asked = self.questionnaire
                relevant = asked.page(name).relevant if kind == "page" else asked.question(name).relevant
                names |= frozenset() if relevant is None else relevant.fields
            else:
                names.add(reason.subject)
        return names

    def route(self, route: Mapping[Asked, bool]) -> str:
        """Say which pages and questions a route asks and which not."""
        return " and ".join(f"{_named(kind, name)} is{'' if asked else ' not'} asked"
                            for (kind, name), asked in sorted(route.items()))  # fmt: skip

    def _at(self, name: str) -> Place:
        return self.places.fields.get(name, self.places.file)

    def _bounds(self, name: str) -> str:
        leaf = self.questionnaire.fields.get(name)
        if leaf is None:
            return ""
        low, high = (None if bound is None else _shown(bound) for bound in (leaf.min, leaf.max))
        if low and high:
            return f", {low} to {high},"
        return f", {low} or more," if low else f", {high} or less," if high else ""


def _shown(bound: object) -> str:
    return bound.isoformat() if hasattr(bound, "isoformat") else show_number(bound)  # type: ignore[arg-type]


def _named(kind: str, name: str) -> str:
    return f'page "{name}"' if kind == "page" else f"question {name}"
