"""What is known while the fields of one questionnaire file are made: its choice lists, its rosters, where faults go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms import source
from uptake.contract.errors import Fault
from uptake.contract.expressions import Expression, ExpressionError, parse
from uptake.contract.yamlfile import Place, Scalar


@dataclass(frozen=True, slots=True)
class Maker:
    """What every part of the loader needs. columns: the names of which a unit has many answers, one for each row."""

    choice_lists: Mapping[str, tuple[source.Choice, ...]]
    columns: frozenset[str]
    faults: list[Fault]

    def fault(self, place: Place, message: str) -> None:
        """Note one thing that is wrong."""
        self.faults.append(Fault(str(place), message))

    def expression(self, written: Scalar | None, this: str | None = None) -> Expression | None:
        """Read an expression; None where there is none, or where it cannot be read, which is noted."""
        if written is None:
            return None
        try:
            return parse(written.value, written.place, this=this, columns=self.columns)
        except ExpressionError as error:
            self.faults.append(error.fault)
            return None
