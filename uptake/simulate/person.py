"""One simulated person with the form of one enterprise: what is typed, where it slips, what is explained."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from forms.answers import typed_from_answers
from forms.leaves import cell_name, split_cell
from forms.model import Answer

if TYPE_CHECKING:
    from collector import Assignment
    from forms.model import Field, Questionnaire

Typed = dict[str, list[str]]

# The part of people who slip on a page, and what they say when a soft check asks them why.
SLIPS = 0.06
_REASONS = {
    "zh": ("情况属实，已与业务部门核对。", "本季度情况特殊，数据无误。", "按台账填报，无误。"),
    "en": ("Correct, checked with the department.", "Unusual quarter, the figures are right.", "As in our ledger."),
}
_NAMES = ("示例甲", "示例乙", "示例丙", "示例丁")
# What `truth` holds as numbers and texts, as the form's answers hold it.
_READ: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "dec": lambda value: Decimal(f"{value:.2f}"),
    "date": datetime.date.fromisoformat,
    "bool": bool,
}
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Person:
    """Who fills in the form of a unit: the true answers, the language, and an own source of chance."""

    assignment: Assignment
    truth: Mapping[str, Any]
    lang: str
    chance: random.Random = field(repr=False)

    @property
    def questionnaire(self) -> Questionnaire:
        """The questionnaire in front of the person."""
        return self.assignment.questionnaire

    def types(self, page: str, *, attempt: int) -> Typed:
        """Return what is typed on a page: the first time with the slips of a hurry, later as it should be."""
        answers = self._rows(page) or {leaf.name: self._answer(leaf) for leaf in self.questionnaire.page(page).fields}
        typed = typed_from_answers(self.questionnaire, page, answers)
        if attempt > 0:
            return typed
        if "e06" in typed:
            typed["e06"] = [str(self.truth["first_e06"])]
        return self._in_own_style(self._slipped(typed))

    def _rows(self, page: str) -> dict[str, Answer]:
        """Return the cells of a roster's page: the rows that `truth` has (all fit one sub-page), with empty cells."""
        roster = self.questionnaire.roster_of(page)
        cells = {} if roster is None else {
            cell_name(leaf.name, row): (leaf, self.truth.get(cell_name(leaf.name, row)))
            for row in range(1, roster.max_rows + 1)
            for leaf in roster.columns
        }  # fmt: skip
        there = {split_cell(name)[1] for name, (_, value) in cells.items() if value is not None}
        return {name: _stated(*cell) for name, cell in cells.items() if split_cell(name)[1] in there}

    def explains(self, check_id: str) -> str | None:
        """Return the reason given to a soft check, or None where the person corrects the answer instead."""
        if check_id == "ai_no_stands" and not self.truth["stands_by_no"]:
            return None
        return self.chance.choice(_REASONS[self.lang])

    def _answer(self, leaf: Field) -> Answer:
        if leaf.name in self.truth:
            return _stated(leaf, self.truth[leaf.name])
        prefilled = self.assignment.given.prefilled.get(leaf.name)
        if prefilled is not None:
            return prefilled
        made = self._about_the_return(leaf)
        return Answer(made, "answered" if made is not None else "blank")

    def _about_the_return(self, leaf: Field) -> Any:
        """Answer the closing questions, which say nothing about the unit itself."""
        person = self.chance
        if leaf.kind == "selN":
            return " ".join(choice.code for choice in leaf.choices if person.random() < 0.4) or leaf.choices[-1].code
        if leaf.kind == "tick":
            return True
        if leaf.type == "int":
            return min(300, max(3, round(person.lognormvariate(2.7, 0.5))))
        if leaf.type == "date":
            return datetime.date(2027, 1, 4) + datetime.timedelta(days=person.randrange(26))
        if leaf.name.endswith("_phone"):
            return f"010-{person.randrange(10**7, 10**8)}"
        return person.choice(_NAMES) if leaf.required else None

    def _slipped(self, typed: Typed) -> Typed:
        """Put one typing error on the page now and then: a letter among digits, digits too many, an empty box."""
        numbers = [name for name, texts in typed.items() if texts and self._is_number(name)]
        if not numbers or self.chance.random() >= SLIPS:
            return typed
        name = self.chance.choice(numbers)
        text = typed[name][0]
        return typed | {name: [self.chance.choice((text + "O", text + "00", "", f"{text}.5"))]}

    def _in_own_style(self, typed: Typed) -> Typed:
        """Write some numbers as people do: with thousands commas, with full-width digits."""
        for name, texts in typed.items():
            if texts and texts[0].isascii() and texts[0].isdigit() and self._is_number(name):
                style = self.chance.random()
                if style < 0.04:
                    typed[name] = [texts[0].translate(_FULL_WIDTH)]
                elif style < 0.12:
                    typed[name] = [f"{int(texts[0]):,}"]
        return typed

    def _is_number(self, name: str) -> bool:
        leaf = self.questionnaire.fields.get(name)
        return leaf is not None and leaf.type == "int"


def _stated(leaf: Field, value: Any) -> Answer:
    """Return a true value as an answer: missing is blank, or "don't know" where the form offers it for this number."""
    if value == "dont_know":
        return Answer(None, "dont_know")
    if value is None:
        counted = leaf.dont_know and leaf.type in ("int", "dec") and not leaf.group and leaf.required_if is None
        return Answer(None, "dont_know" if counted else "blank")
    return Answer(_READ.get(leaf.type, str)(value), "answered")
