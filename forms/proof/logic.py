"""And, or and not over z3 conditions that leave out what is certain, so that solvers are given little."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Condition = Any  # a z3 condition, or True or False


def conj(parts: Iterable[Condition]) -> Condition:
    """Return the condition that all parts hold."""
    import z3

    kept = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.append(part)
    return True if not kept else kept[0] if len(kept) == 1 else z3.And(*kept)


def disj(parts: Iterable[Condition]) -> Condition:
    """Return the condition that one part holds."""
    return neg(conj(neg(part) for part in parts))


def neg(part: Condition) -> Condition:
    """Return the condition that a part does not hold."""
    import z3

    if part is True or part is False:
        return not part
    return part.arg(0) if z3.is_not(part) else z3.Not(part)


def implies(given: Condition, then: Condition) -> Condition:
    """Return the condition that one follows from the other."""
    return disj((neg(given), then))


def as_z3(part: Condition) -> Any:
    """Return a condition as z3 wants it where True and False will not do."""
    import z3

    return z3.BoolVal(part) if part is True or part is False else part
