"""What lint asks of an expression's tree: its comparisons, its negations, its sums, its joined conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from uptake.contract.expressions import Expression
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
    walk,
)

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Compared:
    """A field or state beside a written value: `${name} sign value`."""

    name: str
    sign: str
    value: str | Decimal
    state: bool = False


def bare(node: Node) -> Node:
    """Return a node without the conversions around it."""
    while isinstance(node, Cast):
        node = node.operand
    return node


def nodes(expression: Expression) -> Iterator[Node]:
    """Give every node."""
    return (node for node, _ in walk(expression.node))


def compared(node: Node) -> Compared | None:
    """Read a node as a field (or state) compared with a written text or number."""
    if not isinstance(node, Comparison):
        return None
    left, right = bare(node.left), bare(node.right)
    sign: str = node.sign
    if isinstance(left, String | Number | Negative):
        left, right, sign = right, left, _TURNED[sign]
    value = written(right)
    if value is None or not isinstance(left, Field | State):
        return None
    return Compared(left.name, sign, value, isinstance(left, State))


def written(node: Node) -> str | Decimal | None:
    """Return the text or number that a node is, or None."""
    if isinstance(node, String | Number):
        return node.value
    if isinstance(node, Negative) and isinstance(inner := bare(node.operand), Number):
        return -inner.value
    return None


def comparisons(expression: Expression) -> Iterator[Compared]:
    """Give every comparison of a field or state with a written value, and `selected(${x}, 'a')` as an equality."""
    for node in nodes(expression):
        found = compared(node)
        if found is not None:
            yield found
        if isinstance(node, Call) and node.name == "selected":
            field, code = (bare(part) for part in node.arguments)
            if isinstance(field, Field) and isinstance(code, String):
                yield Compared(field.name, "selected", code.value)


def negated(expression: Expression) -> Iterator[str]:
    """Give the fields whose answer is looked at through `!=` or `not()`: a missing answer does not satisfy these."""
    waiting: list[tuple[Node, bool]] = [(expression.node, False)]
    while waiting:
        node, under = waiting.pop()
        node = bare(node)
        if isinstance(node, Field) and under:
            yield node.name
        under = under or (isinstance(node, Comparison) and node.sign == "!=")
        under = under or (isinstance(node, Call) and node.name == "not")
        waiting.extend((child, under) for child in operands(node))


def operands(node: Node) -> tuple[Node, ...]:
    """Return the operands of a node."""
    from uptake.contract.expressions.tree import children

    return children(node)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Return the conditions that must all hold for a condition to hold."""
    node = bare(node)
    if isinstance(node, Junction) and node.word == "and":
        return tuple(part for inner in node.parts for part in conjuncts(inner))
    return (node,)


def addends(node: Node) -> tuple[Node, ...]:
    """Return what a chain of `+` or a call of sum() adds up; one node where nothing is added."""
    node = bare(node)
    if isinstance(node, Arithmetic) and node.sign == "+":
        return (*addends(node.left), *addends(node.right))
    if isinstance(node, Call) and node.name == "sum":
        return tuple(bare(part) for part in node.arguments)
    return (node,)


def plain(node: Node) -> Node:
    """Return a tree without conversions, so that two rules written alike are equal."""
    import dataclasses

    node = bare(node)
    if isinstance(node, Arithmetic | Comparison):
        return dataclasses.replace(node, left=plain(node.left), right=plain(node.right))
    if isinstance(node, Junction):
        return dataclasses.replace(node, parts=tuple(plain(part) for part in node.parts))
    if isinstance(node, Call):
        return dataclasses.replace(node, arguments=tuple(plain(part) for part in node.arguments))
    if isinstance(node, Negative):
        return dataclasses.replace(node, operand=plain(node.operand))
    return node
