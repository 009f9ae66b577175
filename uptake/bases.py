"""Was everybody in the base of an indicator asked? If not, the study must say that not being asked means 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.expressions.tree import Field, Node
from uptake.implied import follows, needs, put, together

if TYPE_CHECKING:
    from analysis.indicators import Definition, Indicator
    from forms.model import Questionnaire
    from uptake.contract.yamlfile import Scalar


@dataclass(frozen=True, slots=True)
class Asked:
    """Where each routed field of a questionnaire is asked: its question, the condition, and that condition in words."""

    question: str
    condition: Node
    words: str


def routed_fields(questionnaire: Questionnaire) -> dict[str, Asked]:
    """Return the fields that are not asked of every unit, each with the condition under which it is asked."""
    made: dict[str, Asked] = {}
    for page in questionnaire.pages:
        for question in page.questions:
            routes = [route for route in (page.relevant, question.relevant) if route is not None]
            if routes:
                nodes = tuple(put(route.node, _meanings(questionnaire)) for route in routes)
                words = " and ".join(f"({r.text})" if len(routes) > 1 else r.text for r in routes)
                made |= {leaf.name: Asked(question.id, together(nodes), words) for leaf in question.fields}
    return made


def _meanings(questionnaire: Questionnaire) -> dict[str, Node]:
    """What names stand for: a computed condition for its expression, an id under `sample:` for its column."""
    columns: dict[str, Node] = {id_: Field(item.column) for id_, item in questionnaire.sample.items()}
    computed = {
        name: put(leaf.value.node, columns)
        for name, leaf in questionnaire.fields.items()
        if leaf.value is not None and leaf.type == "bool"
    }
    return columns | computed


def base_faults(questionnaire: Questionnaire, indicator: Indicator) -> Iterator[Fault]:
    """List the fields that an indicator needs of every unit of its base, but that were routed away from some.

    A field is needed in the denominator, in the size, in `where`; in the numerator of a mean, a ratio or a total of
    numbers; and in a proportion where `dont_know` is out or yes, because what was not asked is unknown. It was asked
    where its route follows from the base and from what stands beside it in the expression. A declared
    `structural_zero` says that not being asked means 0.
    """
    from analysis.indicators import definitions

    routed, meanings = routed_fields(questionnaire), _meanings(questionnaire)
    declared = indicator.structural_zero or {}
    said = set()
    for reading in definitions(indicator):
        base = _node(reading.where, meanings)
        for scalar, part in _parts(reading, indicator):
            for name, guards in _needed(scalar, part, meanings):
                known = together((*((base,) if base is not None else ()), *guards))
                if name in routed and name not in declared and not follows(known, routed[name].condition):
                    said.add((str(scalar.place), part, name))
    for where, part, name in sorted(said):
        yield Fault(where, _sentence(indicator, part, name, routed[name]))
    yield from _zero_faults(questionnaire, indicator, routed)


def _node(scalar: Scalar | None, meanings: Mapping[str, Node]) -> Node | None:
    from uptake.contract.expressions import parse

    return None if scalar is None else put(parse(scalar.value, scalar.place).node, meanings)


def _needed(scalar: Scalar, part: str, meanings: Mapping[str, Node]) -> list[tuple[str, tuple[Node, ...]]]:
    if part == "size":
        return [(scalar.value, ())]
    node = _node(scalar, meanings)
    return [] if node is None else list(needs(node))


def _parts(reading: Definition, indicator: Indicator) -> Iterator[tuple[Scalar, str]]:
    from uptake.contract.expressions import parse

    for scalar, part in ((reading.denominator, "denominator"), (reading.where, "base"), (indicator.size, "size")):
        if scalar is not None:
            yield scalar, part
    numerator = reading.numerator
    amount = reading.type != "proportion" and parse(numerator.value, numerator.place).kind != "bool"
    if amount or reading.dont_know != "in_base" or reading.type in ("mean", "ratio"):
        yield numerator, "numerator"


def _sentence(indicator: Indicator, part: str, name: str, asked: Asked) -> str:
    return (
        f'the {part} of indicator "{indicator.id}" rests on "{name}", which is asked only where question'
        f" {asked.question} is reached ({asked.words}); the units that were not asked would drop out and the rate would"
        " be too high. Ask it of every unit, use another base, or, where not being asked means 0, say so and why:"
        f" structural_zero: {{{name}: {{zh: …, en: …}}}}."
    )


def _zero_faults(questionnaire: Questionnaire, indicator: Indicator, routed: Mapping[str, Asked]) -> Iterator[Fault]:
    used = {indicator.size.value} if indicator.size else set()
    for scalar in indicator.expressions():
        node = _node(scalar, {})
        used |= set() if node is None else {name for name, _ in needs(node)}
    for name in indicator.structural_zero or {}:
        where = str(indicator.place)
        if name not in questionnaire.fields:
            near = did_you_mean(name, questionnaire.fields)
            yield Fault(where, f'indicator "{indicator.id}" declares "{name}" a structural zero, which is no field of'
                        f' the questionnaire "{questionnaire.id}".{near}')  # fmt: skip
        elif name not in used:
            yield Fault(where, f'indicator "{indicator.id}" declares "{name}" a structural zero, but does not use it.'
                        " Delete the line.")  # fmt: skip
        elif name not in routed:
            yield Fault(where, f'indicator "{indicator.id}" declares "{name}" a structural zero, but it is asked of'
                        " every unit, so a missing answer is no zero. Delete the line.")  # fmt: skip
