"""What lint says: a rule with its code, and the advice it gives on a line of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from uptake.contract.errors import Fault
from uptake.contract.yamlfile import Place

if TYPE_CHECKING:
    from forms.lint.draft import Draft

Weight = Literal["fault", "advice"]
Hit = tuple[Place, str]  # where, and the sentence


@dataclass(frozen=True, slots=True)
class Advice:
    """One mistake that lint found: a `fault` stops the study, an `advice` is for the author to judge."""

    code: str
    severity: Weight
    where: str
    message: str

    @property
    def fault(self) -> Fault:
        """The same as a fault, as every reader of a study file reports it."""
        return Fault(self.where, f"{self.message} [{self.code}]")

    def __str__(self) -> str:
        return str(self.fault)


@dataclass(frozen=True, slots=True)
class Rule:
    """One class of authoring mistakes: its stable code, what it looks for, and the function that finds it."""

    code: str
    looks_for: str
    find: Callable[[Draft], Iterator[Hit]]
    severity: Weight = "advice"
