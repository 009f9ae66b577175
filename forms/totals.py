"""Totals of parts: `total_of` names the parts of the same question that add up to a number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from forms.choices import WrittenPart
from forms.leaves import Field
from forms.maker import Maker
from forms.model import Part
from uptake.contract.errors import did_you_mean
from uptake.contract.yamlfile import Scalar


def totals(maker: Maker, parts: tuple[Part, ...], written: Sequence[WrittenPart]) -> tuple[Part, ...]:
    """Return the parts of a question with the fields that add up to them; wrong names go to the maker's faults."""
    by_id = {part.id: part.fields[0] for part in parts if part.fields}
    return tuple(
        dataclasses.replace(part, fields=_with_total(maker, part.fields, by_id, said.total_of))
        for part, said in zip(parts, written, strict=True)
    )


def _with_total(
    maker: Maker, fields: tuple[Field, ...], by_id: Mapping[str, Field], named: tuple[Scalar, ...]
) -> tuple[Field, ...]:
    if not named or not fields:
        return fields
    return (dataclasses.replace(fields[0], total_of=addends(maker, fields[0], by_id, named)), *fields[1:])


def addends(maker: Maker, total: Field, by_id: Mapping[str, Field], named: tuple[Scalar, ...]) -> tuple[str, ...]:
    """Return the names of the fields that add up to a total; what cannot be added goes to the maker's faults."""
    made = []
    for scalar in named:
        leaf = by_id.get(scalar.value)
        if leaf is None:
            near = did_you_mean(scalar.value, by_id)
            maker.fault(scalar.place, f'"total_of" names "{scalar.value}", which no part of this question is'
                        f" called.{near}")  # fmt: skip
        elif leaf.name == total.name:
            maker.fault(scalar.place, f'"total_of" names "{scalar.value}" itself, which cannot be a part of its own'
                        " total. Remove it.")  # fmt: skip
        elif leaf.type not in ("int", "dec"):
            maker.fault(scalar.place, f'"total_of" names "{scalar.value}", which is no number and cannot be added up.'
                        " Remove it.")  # fmt: skip
        elif leaf.name in made:
            maker.fault(scalar.place, f'"total_of" names "{scalar.value}" twice, and it would count twice. Keep one.')
        else:
            made.append(leaf.name)
    return tuple(made)
