"""Write the tree of an expression as text again, with the brackets that the order of operators asks for."""

from __future__ import annotations

from collections.abc import Callable

from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Comparison,
    Field,
    Junction,
    Negative,
    Node,
    Number,
    State,
    String,
)

LEVELS = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}
ATOM = 8
Special = Callable[[Node], tuple[str, int] | None]


class UnwritableError(Exception):
    """A part of the tree has no text in the language asked for."""


def write(node: Node, special: Special = lambda node: None) -> str:
    """Return the text of a tree; `special` may write a node itself and gives its text and its level."""
    return _written(node, special)[0]


def quoted(value: str) -> str:
    """Return a text in the quotation marks that it does not hold itself.

    >>> quoted("it's")
    '"it\\'s"'
    """
    if "'" not in value:
        return f"'{value}'"
    if '"' not in value:
        return f'"{value}"'
    raise UnwritableError("a text with both kinds of quotation mark")


def _written(node: Node, special: Special) -> tuple[str, int]:
    own = special(node)
    if own is not None:
        return own
    if isinstance(node, Number):
        return f"{node.value:f}", ATOM
    if isinstance(node, String):
        return quoted(node.value), ATOM
    if isinstance(node, Field):
        return f"${{{node.name}}}", ATOM
    if isinstance(node, State):
        return f"state(${{{node.name}}})", ATOM
    if isinstance(node, Negative):
        return f"-{bracketed(_written(node.operand, special), 7)}", 7
    if isinstance(node, Arithmetic | Comparison):
        return _sides(node, special)
    if isinstance(node, Junction):
        level = LEVELS[node.word]
        return f" {node.word} ".join(bracketed(_written(part, special), level + 1) for part in node.parts), level
    if isinstance(node, Call):
        return f"{node.name}({', '.join(_written(argument, special)[0] for argument in node.arguments)})", ATOM
    raise UnwritableError(type(node).__name__)


def _sides(node: Arithmetic | Comparison, special: Special) -> tuple[str, int]:
    level = LEVELS[node.sign]
    left = bracketed(_written(node.left, special), level)
    return f"{left} {node.sign} {bracketed(_written(node.right, special), level + 1)}", level


def bracketed(made: tuple[str, int], least: int) -> str:
    """Return a text, in brackets where its level is below `least`."""
    return made[0] if made[1] >= least else f"({made[0]})"
