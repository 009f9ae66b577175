"""The syntax tree of an expression: frozen nodes that every printer (Python, DuckDB, later others) reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Kind = Literal["bool", "number", "text", "date", "any"]
ArithmeticSign = Literal["+", "-", "*", "div", "mod"]
ComparisonSign = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: Decimal
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class String:
    """A text in quotation marks."""

    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """The answer to a field, `${name}`; missing answers are unknown."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class State:
    """How a field came to its value, `state(${name})`: answered, dont_know, blank, ..."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """The answers to a column of a roster in all its rows, an argument of sum, count, min, max or count-distinct.

    source, target: the kind of the cells and the kind the function takes, written in by the rules of kinds.
    """

    name: str
    source: Kind = field(default="any", compare=False)
    target: Kind = field(default="any", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    operand: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left sign right` for + - * div mod."""

    sign: ArithmeticSign
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left sign right` for = != < <= > >=; of kind `any` when neither side tells how to compare."""

    sign: ComparisonSign
    left: Node
    right: Node
    kind: Kind = field(default="any", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more conditions joined by `and` or by `or`."""

    word: Literal["and", "or"]
    parts: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed list with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Cast:
    """A conversion that the rules of kinds put in, so that printers never guess."""

    operand: Node
    source: Kind
    target: Kind
    at: int = field(default=0, compare=False)


Node = Number | String | Field | State | Column | Negative | Arithmetic | Comparison | Junction | Call | Cast


def children(node: Node) -> tuple[Node, ...]:
    """Return the operands of a node, left to right."""
    if isinstance(node, Arithmetic | Comparison):
        return (node.left, node.right)
    if isinstance(node, Junction):
        return node.parts
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Negative | Cast):
        return (node.operand,)
    return ()


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Give every node with its depth, without recursion, so that hostile nesting cannot exhaust the stack."""
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        yield current, depth
        waiting.extend((child, depth + 1) for child in reversed(children(current)))
