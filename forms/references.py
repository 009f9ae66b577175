"""What the expressions of a questionnaire refer to: names that exist, answers known by then, kinds that fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forms.leaves import KIND_OF_TYPE, LAST, PREFILLED, Field
from forms.model import Roster, SampleColumn
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.expressions import Expression, ExpressionError, Kind, compile_python
from uptake.contract.yamlfile import Place


def kinds_of(fields: Mapping[str, Field], sample: Mapping[str, SampleColumn]) -> dict[str, Kind]:
    """Return every name that an expression may use, and what kind of value it gives."""
    made: dict[str, Kind] = {name: KIND_OF_TYPE[leaf.type] for name, leaf in fields.items()}
    prefilled = {f"{name}{PREFILLED}": made[name] for name, leaf in fields.items() if leaf.prefill}
    last = {f"{name}{LAST}": kind for name, kind in made.items()}
    return made | prefilled | last | {name: KIND_OF_TYPE[column.type] for name, column in sample.items()}


@dataclass(frozen=True, slots=True)
class Use:
    """One expression where it stands.

    what: its key, for the sentence. pages: the pages whose answers are known there. computed: the computed fields known
    there, None for all. roster: the roster whose row is at hand. gives: the kind it must give.
    """

    expression: Expression
    what: str
    pages: frozenset[str]
    computed: frozenset[str] | None = None
    roster: str = ""
    gives: Kind = "bool"


@dataclass(slots=True)
class References:
    """The names of one questionnaire and what was found wrong with their uses."""

    fields: Mapping[str, Field]
    rosters: Mapping[str, Roster]
    sample: Mapping[str, SampleColumn]
    faults: list[Fault]
    kinds: Mapping[str, Kind] = field(init=False)
    unknown: dict[str, list[tuple[Place, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = kinds_of(self.fields, self.sample)

    def fault(self, place: Place | None, message: str) -> None:
        """Note one thing that is wrong."""
        self.faults.append(Fault("" if place is None else str(place), message))

    def judge(self, use: Use) -> bool:
        """Report what is wrong with an expression where it stands; True where all its names exist."""
        place = use.expression.place
        assert place is not None
        if not self.all_known(use.expression.fields, place, use.what):
            return False
        self._refuse_later(use, place)
        self._refuse_bare_columns(use, place)
        self._refuse_odd_states(use, place)
        try:
            compile_python(use.expression, kinds=self.kinds, to=use.gives)
        except ExpressionError as error:
            self.faults.append(error.fault)
        return True

    def all_known(self, names: Iterable[str], place: Place, what: str) -> bool:
        """Remember names that nothing is called; `report_unknown` tells each once, with every place."""
        lacking = sorted(set(names) - self.kinds.keys())
        for name in lacking:
            self.unknown.setdefault(name, []).append((place, what))
        return not lacking

    def report_unknown(self) -> None:
        """Report every name that nothing is called: once, at its first place, with the lines of the others."""
        for name, uses in self.unknown.items():
            (place, what), *others = sorted(uses, key=lambda use: use[0].line)
            lines = sorted({other.line for other, _ in others} - {place.line})
            also = f" (so does line {lines[0]})" if len(lines) == 1 else ""
            if len(lines) > 1:
                also = f" (so do the lines {', '.join(map(str, lines[:-1]))} and {lines[-1]})"
            near = did_you_mean(name, self.kinds)
            self.fault(place, f'{what} uses "{name}", which no field is called{also}.{near}')

    def _refuse_later(self, use: Use, place: Place) -> None:
        for name in sorted(use.expression.fields & self.fields.keys()):
            leaf = self.fields[name]
            if leaf.page not in use.pages:
                self.fault(place, f'{use.what} looks at "{name}", which stands on page "{leaf.page}" and not on an'
                           " earlier one, so it is not known yet. Move one of the two.")  # fmt: skip
            elif leaf.value is not None and use.computed is not None and name not in use.computed:
                self.fault(place, f'{use.what} looks at "{name}", which is computed after it, so it is not known yet.'
                           " Move it before.")  # fmt: skip

    def _refuse_bare_columns(self, use: Use, place: Place) -> None:
        for name in sorted(use.expression.bare):
            column = self.column_of(name)
            if column is None or column.roster == use.roster:
                self._refuse_loose_rows(name, column, place)
                continue
            self.fault(place, f'{use.what} looks at "{name}", of which there is one answer a row, so it is not one'
                       f" value here. Write sum(${{{name}}}), count(), count-distinct(), min() or max(), or move it"
                       f" into the roster {column.question}.")  # fmt: skip

    def _refuse_loose_rows(self, name: str, column: Field | None, place: Place) -> None:
        """Row 3 of two waves is the same case only where the rows are put in from the last wave."""
        if column is not None and name == f"{column.name}{LAST}" and column.prefill is None:
            self.fault(place, f'"{name}" is a row of the last wave, and the rows of {column.question} are not those of'
                       ' the last wave. Add "prefill: {last_wave: true, mode: editable}" to it.')  # fmt: skip

    def _refuse_odd_states(self, use: Use, place: Place) -> None:
        for name in sorted(use.expression.states - self.fields.keys()):
            self.fault(place, f'{use.what} asks for state(${{{name}}}), but only an answer to this questionnaire has a'
                       " state. Name a field.")  # fmt: skip

    def column_of(self, name: str) -> Field | None:
        """Return the column of a roster that a name reads, as it is or as it was in the last wave."""
        for plain in (name, name.removesuffix(LAST), name.removesuffix(PREFILLED)):
            leaf = self.fields.get(plain)
            if leaf is not None:
                return leaf if leaf.roster else None
        return None

    def roster_at_hand(self, expression: Expression) -> str:
        """Return the roster on whose rows a rule is judged: that of its bare columns; empty where it has none."""
        found = [column.roster for name in sorted(expression.bare) if (column := self.column_of(name)) is not None]
        return found[0] if found else ""


def computed_before(fields: Sequence[Field], name: str) -> frozenset[str]:
    """Return the computed fields that stand before one, in the order of the questionnaire."""
    before = []
    for leaf in fields:
        if leaf.name == name:
            break
        if leaf.value is not None:
            before.append(leaf.name)
    return frozenset(before)
