"""Expression to Python closures, never eval: numbers are exact, and a missing answer makes the result unknown."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any, assert_never

from uptake.contract.expressions.patterns import normal
from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Cast,
    Column,
    Comparison,
    Field,
    Junction,
    Negative,
    Node,
    Number,
    State,
    String,
)
from uptake.contract.expressions.values import (
    ANY_COMPARISON,
    ARITHMETIC,
    CASTS,
    COMPARISON,
    EXACT,
    LIMIT,
    as_date,
    as_number,
    as_text,
    bounded,
    total,
)

Values = Mapping[str, object]
Closure = Callable[[Values], Any]


def compile_node(node: Node) -> Closure:
    """Return a closure from the values of the fields to the result; None stands for unknown, in and out."""
    if isinstance(node, Number):
        return _constant(as_number(node.value))
    if isinstance(node, String):
        return _constant(node.value)
    if isinstance(node, Field):
        return _getter(node.name)
    if isinstance(node, State):
        return _getter(f"{node.name}_state")
    if isinstance(node, Column):
        return _column(node)
    if isinstance(node, Negative):
        return _known(lambda a: -a, compile_node(node.operand))
    if isinstance(node, Arithmetic):
        return _known(ARITHMETIC[node.sign], compile_node(node.left), compile_node(node.right))
    if isinstance(node, Comparison):
        signs = ANY_COMPARISON if node.kind == "any" else COMPARISON
        return _comparison(signs[node.sign], node)
    if isinstance(node, Junction):
        return _junction(node)
    if isinstance(node, Cast):
        return _cast(node)
    if isinstance(node, Call):
        return _call(node)
    assert_never(node)


def _constant(value: object) -> Closure:
    return lambda values: value


def _column(node: Column) -> Closure:
    """Read all rows of a column as a tuple, None for a cell without answer; None where the roster is not asked."""
    name, first, then = f"{node.name}[]", CASTS[node.source], CASTS[node.target]

    def cast(cell: object) -> Any:
        made = first(cell)
        return None if made is None else then(made)

    def read(values: Values) -> tuple[Any, ...] | None:
        cells: Any = values.get(name)
        return None if cells is None else tuple(None if cell is None else cast(cell) for cell in cells)

    return read


def _getter(name: str) -> Closure:
    return lambda values: values.get(name)


def _cast(node: Cast) -> Closure:
    if isinstance(node.operand, Field) and node.target == "number":
        return _number_getter(node.operand.name)
    if isinstance(node.operand, Field) and node.target == "text":
        return _text_getter(node.operand.name)
    return _known(CASTS[node.target], compile_node(node.operand))


def _number_getter(name: str) -> Closure:
    """Read a field as a number; the usual case, a whole number, needs no call."""

    def read(values: Values) -> int | Decimal | None:
        value = values.get(name)
        if type(value) is int and -LIMIT < value < LIMIT:
            return value
        return as_number(value)

    return read


def _text_getter(name: str) -> Closure:
    def read(values: Values) -> str | None:
        value = values.get(name)
        return value if type(value) is str else as_text(value)

    return read


def _comparison(function: Callable[[Any, Any], Any], node: Comparison) -> Closure:
    left = compile_node(node.left)
    if isinstance(node.right, Number | String):  # a constant is known: nothing to ask
        constant = compile_node(node.right)({})
        return lambda values: None if (a := left(values)) is None else function(a, constant)
    return _known(function, left, compile_node(node.right))


def _known(function: Callable[..., Any], *operands: Closure) -> Closure:
    """Apply a function of known values: one unknown operand makes the result unknown."""
    if len(operands) == 1:
        only = operands[0]
        return lambda values: None if (a := only(values)) is None else function(a)
    if len(operands) == 2:
        left, right = operands
        return lambda values: None if (a := left(values)) is None or (b := right(values)) is None else function(a, b)

    def evaluate(values: Values) -> Any:
        made = [operand(values) for operand in operands]
        return None if any(value is None for value in made) else function(*made)

    return evaluate


def _junction(node: Junction) -> Callable[[Values], bool | None]:
    """Kleene's `and` and `or`: one operand that settles the result settles it, whatever is unknown."""
    parts = [compile_node(part) for part in node.parts]
    settles: bool = node.word == "or"

    def evaluate(values: Values) -> bool | None:
        unknown = False
        for part in parts:
            value: bool | None = part(values)
            if value is settles:
                return settles
            if value is None:
                unknown = True
        return None if unknown else not settles

    return evaluate


def _to_places(rounding: str) -> Callable[..., Any]:
    """Return a function that brings a number to whole ones, or to so many places."""

    def rounded(value: int | Decimal, places: int | Decimal = 0) -> int | Decimal | None:
        if type(value) is int:
            return value
        return bounded(Decimal(value).quantize(Decimal(1).scaleb(-int(places)), rounding=rounding, context=EXACT))

    return rounded


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "selected": lambda chosen, code: f" {code} " in f" {chosen} ",
    "count-selected": lambda chosen: sum(part != "" for part in chosen.split(" ")),
    "round": _to_places(ROUND_HALF_UP),
    "int": _to_places(ROUND_DOWN),
    "floor": _to_places(ROUND_FLOOR),
    "ceiling": _to_places(ROUND_CEILING),
    "abs": abs,
    "number": lambda value: value,
    "string": lambda value: value,
    "string-length": len,
    "concat": lambda *parts: "".join(parts),
    "contains": operator.contains,
    "starts-with": str.startswith,
    "ends-with": str.endswith,
    "sum": total,
    "min": lambda *parts: min(parts),
    "max": lambda *parts: max(parts),
    "boolean": lambda value: value,
    "not": operator.not_,
    "date": lambda value: value,
}


def _call(node: Call) -> Closure:
    if node.name in ("true", "false"):
        return _constant(node.name == "true")
    if node.name == "today":
        return _known(as_date, _getter("today()"))
    if node.name == "regex":
        return _regex(node)
    parts = [compile_node(part) for part in node.arguments]
    if any(isinstance(part, Column) for part in node.arguments) or node.name == "count-distinct":
        return _aggregate(node, parts)
    if node.name == "if":
        return lambda values: None if (c := parts[0](values)) is None else parts[1 if c else 2](values)
    if node.name == "coalesce":
        return lambda values: next((v for part in parts if (v := part(values)) is not None), None)
    if node.name == "count":
        return lambda values: sum(part(values) is not None for part in parts)
    return _known(_FUNCTIONS[node.name], *parts)


def _aggregate(node: Call, parts: list[Closure]) -> Closure:
    """Apply a function to every row of its columns and to its other arguments alike.

    The column of a roster that is not asked is unknown, and so is what follows from it, a count too: it is not 0 rows.
    """
    whole = [isinstance(part, Column) for part in node.arguments]
    function = _OF_CELLS[node.name]

    def evaluate(values: Values) -> Any:
        cells: list[Any] = []
        for part, several in zip(parts, whole, strict=True):
            value = part(values)
            if several and value is None:
                return None
            cells += value if several else (value,)
        return function(cells)

    return evaluate


def _of_known(function: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    """Apply a function to cells that are all known, and to at least one; else the result is unknown."""
    return lambda cells: None if not cells or any(cell is None for cell in cells) else function(cells)


_OF_CELLS: dict[str, Callable[[list[Any]], Any]] = {
    "count": lambda cells: sum(cell is not None for cell in cells),
    "count-distinct": lambda cells: len({cell for cell in cells if cell is not None}),
    "sum": lambda cells: None if any(cell is None for cell in cells) else total(*cells),
    "min": _of_known(min),
    "max": _of_known(max),
}


def _regex(node: Call) -> Closure:
    text, pattern = node.arguments
    assert isinstance(pattern, String)
    matches = re.compile(normal(pattern.value)).fullmatch
    return _known(lambda value: matches(value) is not None, compile_node(text))
