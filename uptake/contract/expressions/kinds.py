"""Which kind of value each part of an expression has, and the conversions that follow from it.

A field whose kind is not told is `any`; then the other operand decides (a number beside it makes it a number).
The result is a tree in which every conversion stands as a `Cast`, so all printers convert alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from uptake.contract.errors import did_you_mean
from uptake.contract.expressions.errors import Misuse
from uptake.contract.expressions.functions import ABSENT, FUNCTIONS, Signature
from uptake.contract.expressions.patterns import PatternError, normal
from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Cast,
    Column,
    Comparison,
    Field,
    Junction,
    Kind,
    Negative,
    Node,
    Number,
    State,
    String,
)
from uptake.contract.expressions.values import as_date

Typed = tuple[Node, Kind]
Kinds = Mapping[str, Kind]


_WORDS: dict[Kind, str] = {"bool": "a condition", "number": "a number", "text": "a text", "date": "a date",
                           "any": "a value"}  # fmt: skip
_CONVERTS: frozenset[tuple[Kind, Kind]] = frozenset({
    ("any", "bool"), ("any", "number"), ("any", "text"), ("any", "date"), ("number", "text"), ("text", "number"),
    ("number", "bool"), ("text", "date"), ("date", "text"),
})  # fmt: skip


def typed(node: Node, kinds: Kinds) -> Typed:
    """Return the tree with its conversions written in, and the kind of its result.

    kinds: the kind of each field that is known. Raises Misuse where an operator or function gets a kind it cannot use.
    """
    if isinstance(node, Number):
        return node, "number"
    if isinstance(node, String | State):
        return node, "text"
    if isinstance(node, Field):
        kind = kinds.get(node.name, "any")
        return (node if kind == "any" else Cast(node, "any", kind, node.at)), kind
    if isinstance(node, Column):
        return node, kinds.get(node.name, "any")
    if isinstance(node, Negative):
        return replace(node, operand=_as(node.operand, "number", kinds)), "number"
    if isinstance(node, Arithmetic):
        sides = _as(node.left, "number", kinds), _as(node.right, "number", kinds)
        return replace(node, left=sides[0], right=sides[1]), "number"
    if isinstance(node, Junction):
        return replace(node, parts=tuple(_as(part, "bool", kinds) for part in node.parts)), "bool"
    if isinstance(node, Comparison):
        return _comparison(node, kinds), "bool"
    if isinstance(node, Call):
        return _call(node, kinds)
    return node, node.target


def convert(made: Typed, target: Kind) -> Node:
    """Return the node converted to the kind asked for; Misuse when no rule converts it."""
    node, source = made
    if isinstance(node, Column):
        return _column(node, source, target)
    if target in ("any", source):
        return node
    if isinstance(node, String) and target in ("bool", "number"):
        raise Misuse(f'"{node.value}" is a text, but {_WORDS[target]} is needed here.', node.at)
    if (source, target) not in _CONVERTS:
        raise Misuse(f"this is {_WORDS[source]}, but {_WORDS[target]} is needed here.", node.at)
    return Cast(node, source, target, node.at)


def _column(node: Column, source: Kind, target: Kind) -> Column:
    """Every cell is converted as one answer would be."""
    if target not in ("any", source) and (source, target) not in _CONVERTS:
        raise Misuse(
            f"this is a column of {_WORDS[source].split()[-1]}s, but {_WORDS[target]} is needed here.", node.at
        )
    return replace(node, source=source, target=source if target == "any" else target)


def _as(node: Node, target: Kind, kinds: Kinds) -> Node:
    return convert(typed(node, kinds), target)


def _comparison(node: Comparison, kinds: Kinds) -> Node:
    left, right = typed(node.left, kinds), typed(node.right, kinds)
    for side in (left[0], right[0]):
        if isinstance(side, String):
            _refuse_text(side, node)
    kind = _common(left[1], right[1], ordered=node.sign not in ("=", "!="))
    if kind is None:
        raise Misuse(f"{_WORDS[left[1]]} cannot be compared with {_WORDS[right[1]]} by {node.sign}.", node.at)
    return replace(node, left=convert(left, kind), right=convert(right, kind), kind=kind)


def _refuse_text(side: String, node: Comparison) -> None:
    if side.value == "":
        raise Misuse("a missing answer is unknown, so comparing with '' never holds. Write state(${x}) = 'blank'.",
                     side.at)  # fmt: skip
    if node.sign not in ("=", "!="):
        raise Misuse(f"{node.sign} orders numbers and dates, not the text '{side.value}'. Write a number, or "
                     "date('2026-12-31').", side.at)  # fmt: skip


def _common(left: Kind, right: Kind, *, ordered: bool) -> Kind | None:
    """Return the kind in which two operands are compared; `any` means: as numbers where both are, else as texts."""
    pair = {left, right}
    if ordered:
        return "date" if "date" in pair and pair <= {"date", "any"} else "number" if pair <= _ORDERED else None
    if len(pair) == 1:
        return left
    if "any" in pair:
        return left if right == "any" else right
    return "number" if pair == {"number", "text"} else None


_ORDERED: set[Kind] = {"number", "text", "any"}


def _call(node: Call, kinds: Kinds) -> Typed:
    signature = FUNCTIONS.get(node.name)
    if signature is None and node.name in ABSENT:
        raise Misuse(f"{node.name}() is XLSForm's and not part of this language: {ABSENT[node.name]}.", node.at)
    if signature is None:
        raise Misuse(f'there is no function "{node.name}".{did_you_mean(node.name, FUNCTIONS)} Known: '
                     f"{', '.join(sorted(FUNCTIONS))}.", node.at)  # fmt: skip
    if not signature.accepts(len(node.arguments)):
        raise Misuse(f"{node.name}() takes {_takes(signature)}, not {len(node.arguments)}.", node.at)
    if node.name in ("if", "coalesce"):
        return _choose(node, kinds)
    arguments = tuple(_as(part, signature.kind_at(i), kinds) for i, part in enumerate(node.arguments))
    made = replace(node, arguments=arguments)
    _check_literals(made)
    return made, signature.gives


def _takes(signature: Signature) -> str:
    least, most = len(signature.takes) - signature.optional, len(signature.takes)
    if signature.rest:
        return f"{least} or more arguments"
    return f"{least} to {most} arguments" if least < most else f"{most} argument{'s' * (most != 1)}"


def _choose(node: Call, kinds: Kinds) -> Typed:
    head = (_as(node.arguments[0], "bool", kinds),) if node.name == "if" else ()
    branches = [typed(part, kinds) for part in node.arguments[len(head) :]]
    found = {kind for _, kind in branches} - {"any"}
    if len(found) > 1:
        either = " or ".join(sorted(_WORDS[kind] for kind in found))
        raise Misuse(f"{node.name}() would give {either}; all its branches must be of one kind.", node.at)
    kind: Kind = next(iter(found), "any")
    return replace(node, arguments=(*head, *(convert(branch, kind) for branch in branches))), kind


def _check_literals(node: Call) -> None:
    """Refuse what only a literal can get right: the places of round(), the pattern of regex(), the day of date()."""
    if node.name == "round" and len(node.arguments) == 2:
        places = node.arguments[1]
        if not isinstance(places, Number) or places.value not in range(7):
            raise Misuse("the places of round() must be a whole number from 0 to 6, written out.", places.at)
    if node.name == "regex":
        _check_pattern(node.arguments[1])
    if node.name == "date":
        _check_day(node.arguments[0])


def _check_pattern(node: Node) -> None:
    if not isinstance(node, String):
        raise Misuse("the pattern of regex() must be a text, written out.", node.at)
    try:
        normal(node.value)
    except PatternError as error:
        raise Misuse(str(error), node.at) from None


def _check_day(node: Node) -> None:
    day = node.operand if isinstance(node, Cast) else node
    if isinstance(day, String) and as_date(day.value) is None:
        raise Misuse(f'"{day.value}" is not a day. Write it as 2026-12-31.', day.at)
