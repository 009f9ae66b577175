"""Computed fields: an expression instead of a box, rounded as its answer is stored."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from forms.choices import WrittenPart
from forms.leaves import Field, FieldType
from forms.maker import Maker
from uptake.contract.expressions import Expression, rounded

_DECIMALS = 2


def computed(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    """Make the field of a part whose answer follows from others.

    Does not check what its expression reads: forms/references.py does, once every field is known.
    """
    if part.value is None or part.gives is None:
        maker.fault(
            part.place, 'a computed field needs "value", an expression, and "gives": int, dec, text or bool. Add them.'
        )
        return ()
    decimals = _decimals(maker, part)
    value = maker.expression(part.value)
    leaf = dataclasses.replace(
        blank,
        kind="computed",
        type=part.gives,
        required=False,
        unit=part.unit,
        decimals=decimals,
        value=None if value is None else _to_places(value, part.gives, decimals),
    )
    return (leaf,) if value is not None else ()


def _decimals(maker: Maker, part: WrittenPart) -> int:
    if part.gives != "dec":
        if part.decimals is not None:
            maker.fault(part.place, f'"decimals" is for "gives: dec", and {part.gives} has none. Remove it.')
        return 0
    if part.decimals is not None and not 0 <= part.decimals <= 6:
        maker.fault(part.place, f'"decimals" is {part.decimals}, but numbers are kept to 6 places. Write 0 to 6.')
        return _DECIMALS
    return _DECIMALS if part.decimals is None else part.decimals


def _to_places(value: Expression, gives: FieldType, decimals: int) -> Expression:
    """Round inside the expression, so that a rule, a page and SQL see the number that is stored."""
    return rounded(value, decimals) if gives in ("int", "dec") else value


def as_stored(leaf: Field, value: object) -> object:
    """Return what a computed field's expression gave, as its type is stored: an int, a Decimal of its places.

    >>> from uptake.contract.text import Text
    >>> leaf = Field("q1", "Q-1", "p", "computed", "dec", Text.of(zh="率", en="Rate"), decimals=1)
    >>> as_stored(leaf, 12)
    Decimal('12.0')
    """
    if value is None or leaf.type not in ("int", "dec"):
        return value
    if leaf.type == "int":
        return int(value)  # type: ignore[call-overload]
    return Decimal(value).quantize(Decimal(1).scaleb(-leaf.decimals))  # type: ignore[arg-type]
