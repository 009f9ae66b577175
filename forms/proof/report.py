"""What a proof found: each thing a sentence with its line, the answer sets that show the rest, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forms.proof.witness import Seen
from uptake.contract.errors import Fault

Weight = Literal["fault", "advice", "not proved"]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One thing a proof found.

    kind: one word for its class. subject: the field, check, page or question. weight: a fault is what some respondent
    could not get past; advice is what does nothing; not proved is what z3 could not decide. example: answers that show
    it, as the questionnaire would show them; empty where none can.
    """

    kind: str
    subject: str
    weight: Weight
    where: str
    sentence: str
    example: str = ""

    def __str__(self) -> str:
        shown = f" For example: {self.example}." if self.example else ""
        return f"{self.where}: {self.weight}: {self.sentence}{shown}"

    @property
    def fault(self) -> Fault:
        """The same as a fault of the study."""
        return Fault(self.where, self.sentence)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about one questionnaire.

    reached: for each question an answer set that is complete, passes every hard check and asks it. goals: how many
    things were tried; models: how many answer sets z3 gave; disagreements: of them, what the form saw otherwise, which
    would be a fault of this program.
    """

    questionnaire: str
    conclusions: tuple[Conclusion, ...]
    reached: Mapping[str, Seen] = field(default_factory=dict)
    goals: int = 0
    models: int = 0
    disagreements: tuple[str, ...] = ()

    def of(self, weight: Weight) -> tuple[Conclusion, ...]:
        """Return what has this weight."""
        return tuple(found for found in self.conclusions if found.weight == weight)
