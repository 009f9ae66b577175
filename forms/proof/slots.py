"""What a field may hold, declared for z3: one value, whether it was answered, whether it is "don't know"."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from forms.model import DONT_KNOW, KIND_OF_TYPE, Field, Questionnaire
from forms.proof.logic import Condition, conj, disj, implies
from forms.reading import LARGEST
from uptake.contract.expressions.proof import Domain, Term
from uptake.contract.expressions.tree import Comparison, Node, String, children, walk
from uptake.contract.expressions.tree import Field as Read

LONG = 12  # a list with more codes is a long one: of codes that nothing tells apart, a few stand for all
_MILLIONTHS = 6


@dataclass(frozen=True, slots=True)
class Slot:
    """One answer as z3 sees it. number: the integer that stands for it, counted in the last decimal of the field."""

    leaf: Field
    term: Term
    answered: Condition
    unsure: Condition
    number: Any

    @property
    def given(self) -> Condition:
        """Whether anything was answered, be it "don't know"."""
        return disj((self.answered, self.unsure))


def domain_of(leaf: Field, codes: tuple[str, ...]) -> Domain:
    """Return what the expression printer has to know of a field."""
    kind = KIND_OF_TYPE[leaf.type]
    if leaf.kind == "selN":
        return Domain(kind, codes=codes, several=True)
    return Domain(kind, codes=codes, whole=leaf.type == "int" or (leaf.type == "dec" and leaf.decimals == 0))


def own_codes(leaf: Field) -> tuple[str, ...]:
    """Return the codes that may be stored: "don't know" is a state and no value."""
    return tuple(choice.code for choice in leaf.choices if choice.code != DONT_KNOW)


def declare(leaf: Field, domain: Domain, *, name: str = "") -> Slot:
    """Return a slot with fresh variables. name: of the answer where it is not the field's, such as `e04_prefilled`."""
    import z3

    name = name or leaf.name
    answered = z3.Bool(f"{name} answered")
    unsure = z3.Bool(f"{name} unsure") if leaf.dont_know else False
    number = z3.Int(name)
    return Slot(leaf, _term(leaf, domain, name, number), answered, unsure, number)


def _term(leaf: Field, domain: Domain, name: str, number: Any) -> Term:
    import z3

    if domain.kind == "bool":
        # A tick is true or not there; a computed condition may be false too.
        return Term(z3.BoolVal(True) if leaf.kind == "tick" else z3.Bool(f"{name} true"), True)
    if domain.several:
        return Term(number, True, choices={code: z3.Bool(f"{name} has {code}") for code in domain.codes})
    if leaf.type == "dec" and not domain.whole:
        return Term(number * 10 ** (_MILLIONTHS - min(leaf.decimals, _MILLIONTHS)), True)
    return Term(number, True, whole=domain.whole)


def types_of(slot: Slot, codes: tuple[str, ...], texts: Mapping[str, int]) -> Iterator[Condition]:
    """Give what holds of every answer to a field whatever its bounds: one state, one of its codes."""
    leaf, number = slot.leaf, slot.number
    if slot.unsure is not False:
        yield implies(slot.answered, _not(slot.unsure))
    if leaf.type == "code":
        yield disj(number == texts[code] for code in codes) if codes else _not(slot.answered)
    elif leaf.type == "text" and leaf.kind != "selN":
        yield number >= 0
    elif leaf.type == "date":
        yield conj((number >= datetime.date.min.toordinal(), number <= datetime.date.max.toordinal()))
    elif leaf.type in ("int", "dec"):
        most = int(LARGEST) * 10**leaf.decimals
        yield conj((number >= -most, number <= most))


def choices_of(slot: Slot) -> Condition:
    """Return what holds of several choices: at least one, exclusive ones alone, no more than allowed."""
    import z3

    taken = slot.term.choices or {}
    parts = [disj(taken.values())]
    for choice in slot.leaf.choices:
        if choice.exclusive and choice.code in taken:
            others = (_not(held) for code, held in taken.items() if code != choice.code)
            parts.append(implies(taken[choice.code], conj(others)))
    if slot.leaf.max_choices is not None and slot.leaf.max_choices < len(taken):
        parts.append(z3.AtMost(*taken.values(), slot.leaf.max_choices))
    return implies(slot.answered, conj(parts))


def bounds_of(slot: Slot) -> Condition:
    """Return what `min` and `max` say of an answer; True where there are none."""
    sides = [bound_number(slot.leaf, bound, up=up) for bound, up in ((slot.leaf.min, True), (slot.leaf.max, False))]
    low, high = sides
    return conj((True if low is None else slot.number >= low, True if high is None else slot.number <= high))


def bound_number(leaf: Field, bound: Decimal | datetime.date | None, *, up: bool) -> int | None:
    """Return a bound as the integer that stands for an answer; up: the next one that keeps it, when between two."""
    if bound is None:
        return None
    if isinstance(bound, datetime.date):
        return bound.toordinal()
    scaled = bound.scaleb(leaf.decimals)
    return math.ceil(scaled) if up else math.floor(scaled)


def _not(part: Condition) -> Condition:
    from forms.proof.logic import neg

    return neg(part)


def shortened(questionnaire: Questionnaire, nodes: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    """Return the codes of each field that have to be tried, those of long lists cut to a few that stand for the rest.

    Why this loses nothing: take codes that no expression writes down, of fields that are read in no other way than
    being compared with = or !=. Swapping two of them that stand in the same lists, everywhere in an answer set, turns
    passing sets into passing ones and keeps every route. So a code can be chosen exactly when its twin can, and as an
    answer set holds at most one code a field, as many twins as there are fields are enough.
    """
    made = {leaf.name: own_codes(leaf) for leaf in questionnaire.fields.values() if leaf.choices}
    long = {name for name, codes in made.items() if len(codes) > LONG and questionnaire.fields[name].kind != "selN"}
    if not long:
        return made
    named, looked_into = _uses(nodes)
    lists: dict[str, list[str]] = {}
    for name, codes in made.items():
        for code in codes:
            lists.setdefault(code, []).append(name)
    free = {name for name in long if not {name, f"{name}_prefilled", f"{name}_last"} & looked_into}
    return made | {name: _few(made[name], lists, named, 3 * len(made)) for name in free}


def _few(codes: tuple[str, ...], lists: Mapping[str, list[str]], named: set[str], most: int) -> tuple[str, ...]:
    kept: list[str] = []
    seen: dict[tuple[str, ...], int] = {}
    for code in codes:
        twins = tuple(lists[code])
        # Three variables a field: the answer, what stood in the box, the last answer.
        if code in named or seen.get(twins, 0) < min(3 * len(twins), most):
            kept.append(code)
            seen[twins] = seen.get(twins, 0) + (code not in named)
    return tuple(kept)


def _uses(nodes: Iterable[Node]) -> tuple[set[str], set[str]]:
    """Return the texts that expressions write down, and the fields read in another way than by = and !=."""
    named: set[str] = set()
    looked_into: set[str] = set()
    for root in nodes:
        for node, _ in walk(root):
            plain = isinstance(node, Comparison) and node.sign in ("=", "!=")
            if isinstance(node, String):
                named.add(node.value)
            if not plain:
                looked_into |= {part.name for part in children(node) if isinstance(part, Read)}
    return named, looked_into


def prefilled_twin(slot: Slot, name: str) -> Slot:
    """Return the slot of what a fixed field takes over: the same value under another name."""
    return replace(slot, leaf=replace(slot.leaf, name=name))
