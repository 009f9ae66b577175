"""Without which answers a rule cannot be broken: those whose absence leaves it unknown, whatever the others are."""

from __future__ import annotations

from itertools import product

from uptake.contract.expressions import Expression
from uptake.contract.expressions.tree import (
    Call,
    Column,
    Field,
    Junction,
    Node,
    Number,
    State,
    String,
    children,
)

Outcome = bool | None
Outcomes = frozenset[Outcome]  # what a part of a rule may give; a known value that is no condition counts as both
_UNKNOWN: Outcomes = frozenset({None})
_KNOWN: Outcomes = frozenset({True, False})
_ANY = _UNKNOWN | _KNOWN


def needed(rule: Expression) -> frozenset[str]:
    """Return the fields that must be answered for the rule to be false.

    >>> from uptake.contract.expressions import parse
    >>> sorted(needed(parse("${a} <= ${b} or ${c} = 'yes'"))), sorted(needed(parse("count(${a}) < 1")))
    (['a', 'b', 'c'], [])
    """
    return frozenset(name for name in rule.bare if False not in _outcomes(rule.node, name))


def _outcomes(node: Node, missing: str) -> Outcomes:
    """Return what a part may give while one field is missing."""
    if isinstance(node, Number | String):
        return _KNOWN
    if isinstance(node, Field):
        return _UNKNOWN if node.name == missing else _ANY
    if isinstance(node, State | Column):
        return _ANY
    if isinstance(node, Junction):
        return _joined(node, missing)
    parts = [_outcomes(part, missing) for part in children(node)]
    if isinstance(node, Call) and node.name in ("count", "count-distinct", "coalesce", "if", "not"):
        return _called(node.name, parts)
    return _UNKNOWN if _UNKNOWN in parts else _ANY


def _joined(node: Junction, missing: str) -> Outcomes:
    settles = node.word == "or"
    made: Outcomes = frozenset({not settles})
    for part in node.parts:
        made = frozenset(
            settles if settles in pair else None if None in pair else not settles
            for pair in product(made, _outcomes(part, missing))
        )
    return made


def _called(name: str, parts: list[Outcomes]) -> Outcomes:
    if name == "not":
        return frozenset(None if outcome is None else not outcome for outcome in parts[0])
    if name == "if":
        return _UNKNOWN if parts[0] == _UNKNOWN else _UNKNOWN | parts[1] | parts[2]
    if name == "coalesce":
        return _UNKNOWN if all(part == _UNKNOWN for part in parts) else _ANY
    return _ANY
