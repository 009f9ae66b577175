"""Expression to Python closures, never eval: numbers are exact, and a missing answer makes the result unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, assert_never

from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Cast,
    Comparison,
    Field,
    Junction,
    Negative,
    Node,
    Number,
    State,
    String,
)
from uptake.contract.expressions.values import ANY_COMPARISON, ARITHMETIC, CASTS, COMPARISON, EXACT, as_date, as_number

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
    if isinstance(node, Negative):
        return _known(lambda a: -a, compile_node(node.operand))
    if isinstance(node, Arithmetic):
        return _known(ARITHMETIC[node.sign], compile_node(node.left), compile_node(node.right))
    if isinstance(node, Comparison):
        signs = ANY_COMPARISON if node.kind == "any" else COMPARISON
        return _known(signs[node.sign], compile_node(node.left), compile_node(node.right))
    if isinstance(node, Junction):
        return _junction(node)
    if isinstance(node, Cast):
        return _known(CASTS[node.target], compile_node(node.operand))
    if isinstance(node, Call):
        return _call(node)
    assert_never(node)


def _constant(value: object) -> Closure:
    return lambda values: value


def _getter(name: str) -> Closure:
    return lambda values: values.get(name)


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
            value = part(values)
            if value is None:
                unknown = True
            elif value is settles:
                return node.word == "or"
        return None if unknown else not settles

    return evaluate


def _round(value: int | Decimal, places: int | Decimal = 0) -> Decimal:
    step = Decimal(1).scaleb(-int(places))
    return Decimal(value).quantize(step, context=EXACT)


def _sum(*parts: int | Decimal) -> Any:
    total: Any = parts[0]
    for part in parts[1:]:
        total = None if total is None else ARITHMETIC["+"](total, part)
    return total


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "selected": lambda chosen, code: f" {code} " in f" {chosen} ",
    "count-selected": lambda chosen: len(chosen.split()),
    "round": _round,
    "int": int,
    "abs": abs,
    "number": lambda value: value,
    "string": lambda value: value,
    "string-length": len,
    "sum": _sum,
    "min": min,
    "max": max,
    "not": lambda value: not value,
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
    if node.name == "if":
        return lambda values: None if (c := parts[0](values)) is None else parts[1 if c else 2](values)
    if node.name == "coalesce":
        return lambda values: next((v for part in parts if (v := part(values)) is not None), None)
    if node.name == "count":
        return lambda values: sum(part(values) is not None for part in parts)
    return _known(_FUNCTIONS[node.name], *parts)


def _regex(node: Call) -> Closure:
    text, pattern = node.arguments
    assert isinstance(pattern, String)
    matches = re.compile(pattern.value, re.ASCII).fullmatch
    return _known(lambda value: matches(value) is not None, compile_node(text))
