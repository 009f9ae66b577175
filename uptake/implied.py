"""Whether one condition makes another true: sound reasoning over the tree of expressions, without a prover.

`follows` says yes only where it is so in three-valued logic ("true" makes "true"); where it cannot tell it says no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Column,
    Comparison,
    ComparisonSign,
    Field,
    Junction,
    Negative,
    Node,
    Number,
    String,
)

_TURNED: Mapping[ComparisonSign, ComparisonSign] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SILENT = frozenset({"count", "count-distinct"})  # never unknown, whatever their arguments are


def follows(given: Node, wanted: Node) -> bool:
    """Say whether `wanted` is true wherever `given` is.

    >>> from uptake.contract.expressions import parse
    >>> follows(parse("${a} = 'x' and ${n} >= 5").node, parse("${n} > 4 or ${b} = 'y'").node)
    True
    >>> follows(parse("${n} >= 4").node, parse("${n} > 4").node)
    False
    """
    if isinstance(wanted, Junction) and wanted.word == "and":
        return all(follows(given, part) for part in wanted.parts)
    if isinstance(given, Junction) and given.word == "or":
        return all(follows(part, wanted) for part in given.parts)
    if isinstance(wanted, Junction) and any(follows(given, part) for part in wanted.parts):
        return True
    if isinstance(given, Junction):
        return any(follows(part, wanted) for part in given.parts)
    given, wanted = _turned(given), _turned(wanted)
    return given == wanted or _compared(given, wanted)


def together(conditions: tuple[Node, ...]) -> Node:
    """Return the condition that all of them hold; no condition at all is `true()`."""
    if len(conditions) == 1:
        return conditions[0]
    return Junction("and", conditions) if conditions else Call("true", ())


def _turned(node: Node) -> Node:
    """Put the field of a comparison on its left."""
    if isinstance(node, Comparison) and isinstance(node.left, Number | String) and isinstance(node.right, Field):
        return replace(node, sign=_TURNED[node.sign], left=node.right, right=node.left)
    return node


def _compared(given: Node, wanted: Node) -> bool:
    """Judge two comparisons of one field with constants."""
    if not (isinstance(given, Comparison) and isinstance(wanted, Comparison) and given.left == wanted.left):
        return False
    one, other = given.right, wanted.right
    if isinstance(one, String) and isinstance(other, String):
        return given.sign == "=" and wanted.sign == "!=" and one.value != other.value
    if isinstance(one, Number) and isinstance(other, Number):
        return _ranges(given.sign, one.value, wanted.sign, other.value)
    return False


def _ranges(given: ComparisonSign, a: Decimal, wanted: ComparisonSign, b: Decimal) -> bool:
    """Say whether `x given a` makes `x wanted b` true for every number x."""
    if given == "=":
        return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[wanted]
    if given in (">", ">="):
        strict = given == ">"
        return {">": a > b or (strict and a == b), ">=": a >= b, "!=": a > b or (strict and a == b)}.get(wanted, False)
    if given in ("<", "<="):
        strict = given == "<"
        return {"<": a < b or (strict and a == b), "<=": a <= b, "!=": a < b or (strict and a == b)}.get(wanted, False)
    return wanted == "!=" and a == b


def needs(node: Node, guards: tuple[Node, ...] = ()) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """Give every field whose answer an expression needs, with the conditions that hold wherever it is needed.

    In `a and b` the answer to b is needed only where a holds; in `if(c, a, b)` that to a only where c holds. `count`
    and `state` need no answer at all.
    """
    if isinstance(node, Field | Column):
        yield node.name, guards
    elif isinstance(node, Junction):
        for at, part in enumerate(node.parts):
            others = (*node.parts[:at], *node.parts[at + 1 :]) if node.word == "and" else ()
            yield from needs(part, (*guards, *others))
    elif isinstance(node, Call) and node.name == "if":
        condition, then, otherwise = node.arguments
        yield from needs(condition, guards)
        yield from needs(then, (*guards, condition))
        yield from needs(otherwise, guards)
    elif isinstance(node, Call) and node.name not in _SILENT:
        for argument in node.arguments:
            yield from needs(argument, guards)
    elif isinstance(node, Arithmetic | Comparison):
        yield from needs(node.left, guards)
        yield from needs(node.right, guards)
    elif isinstance(node, Negative):
        yield from needs(node.operand, guards)


def put(node: Node, found: Mapping[str, Node]) -> Node:
    """Return an expression with some fields replaced by what they stand for."""
    if isinstance(node, Field):
        return found.get(node.name, node)
    if isinstance(node, Junction):
        return replace(node, parts=tuple(put(part, found) for part in node.parts))
    if isinstance(node, Call):
        return replace(node, arguments=tuple(put(part, found) for part in node.arguments))
    if isinstance(node, Arithmetic | Comparison):
        return replace(node, left=put(node.left, found), right=put(node.right, found))
    if isinstance(node, Negative):
        return replace(node, operand=put(node.operand, found))
    return node
