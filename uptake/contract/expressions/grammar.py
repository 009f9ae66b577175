"""Text to syntax tree: the XLSForm expression subset as an LALR grammar, and sentences for what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from uptake.contract.errors import did_you_mean
from uptake.contract.expressions.errors import Misuse
from uptake.contract.expressions.functions import AGGREGATES
from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Column,
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
from uptake.contract.expressions.values import LIMIT

if TYPE_CHECKING:
    from lark import Lark, Token

MAX_LENGTH, MAX_DEPTH = 4000, 100

# XPath 1.0 expressions without location paths; ${name} and `.` are XLSForm's. Operators bind as in XPath.
GRAMMAR = r"""
?start: either
?either: both | both (OR both)+               -> junction
?both: equality | equality (AND equality)+    -> junction
?equality: order | equality EQUALS order      -> comparison
?order: total | order ORDERS total            -> comparison
?total: product | total ADDS product          -> arithmetic
?product: signed | product MULTIPLIES signed  -> arithmetic
?signed: atom | MINUS signed                  -> negative
?atom: NUMBER                                 -> number
     | STRING                                 -> string
     | FIELD                                  -> field
     | DOT                                    -> this
     | NAME "(" [either ("," either)*] ")"    -> call
     | "(" either ")"
OR: /or(?![\w-])/
AND: /and(?![\w-])/
EQUALS: "!=" | "="
ORDERS: "<=" | ">=" | "<" | ">"
ADDS: "+" | "-"
MULTIPLIES: "*" | /div(?![\w-])/ | /mod(?![\w-])/
MINUS: "-"
NUMBER: /[0-9]+(\.[0-9]+)?|\.[0-9]+/
STRING: /'[^']*'|"[^"]*"/
FIELD: /\$\{\s*[A-Za-z_][A-Za-z0-9_]*\s*\}/
DOT: /\.(?![0-9])/
NAME: /(?!(and|or|div|mod)\b)[a-z][a-z-]*(?=\s*\()/
%ignore /\s+/
"""

# Signs that no database takes in a text: control characters, halves of a pair, and marks that turn the writing round.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

# What people used to other languages write, and what to write here.
_HABITS = {"&": "and", "|": "or", "!": "!= or not(...)", "/": "div", "%": "mod", "==": "="}


def read(text: str, this: str | None, columns: frozenset[str] = frozenset()) -> Node:
    """Return the tree of an expression; Misuse says what cannot be read.

    this: the field that `.` stands for. columns: the fields that have many answers, which aggregates take whole.
    """
    from lark.exceptions import UnexpectedInput, VisitError

    if not text.strip():
        raise Misuse("the expression is empty. Write a condition or a value.", 0)
    if len(text) > MAX_LENGTH:
        raise Misuse(f"the expression has {len(text)} characters; {MAX_LENGTH} is the limit. Split it.", MAX_LENGTH)
    if unfit := _UNFIT.search(text):
        raise Misuse(f"the expression holds the sign U+{ord(unfit[0]):04X}, which cannot be seen or stored. Delete "
                     "it.", unfit.start())  # fmt: skip
    try:
        tree = _parser().parse(text)
        node = _build(tree, Meaning(this, columns))
    except UnexpectedInput as error:
        raise _unexpected(text, error) from None
    except VisitError as error:
        if isinstance(error.orig_exc, Misuse):
            raise error.orig_exc from None
        raise
    for part, depth in walk(node):
        if depth > MAX_DEPTH:
            raise Misuse(f"the expression nests deeper than {MAX_DEPTH} levels. Split it.", part.at)
    return node


@dataclass(frozen=True, slots=True)
class Meaning:
    """What names mean where the expression stands."""

    this: str | None
    columns: frozenset[str]


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", propagate_positions=False)


def _build(tree: Any, meaning: Meaning) -> Node:
    """Turn lark's tree into ours bottom-up with an own stack: nesting is the author's, the stack is ours."""
    done: list[Node] = []
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        item, ready = waiting.pop()
        branches = [child for child in item.children if hasattr(child, "children")]
        if not ready:
            waiting.append((item, True))
            waiting.extend((branch, False) for branch in reversed(branches))
            continue
        operands = done[len(done) - len(branches) :]
        del done[len(done) - len(branches) :]
        words = [child for child in item.children if child is not None and not hasattr(child, "children")]
        done.append(_MAKERS[item.data](words, tuple(operands), meaning))
    return done[0]


def _at(token: Token) -> int:
    return int(token.start_pos or 0)


def _call(words: list[Token], operands: tuple[Node, ...], meaning: Meaning) -> Node:
    name, at = str(words[0]), _at(words[0])
    if name in AGGREGATES and meaning.columns:
        operands = tuple(
            Column(part.name, at=part.at) if isinstance(part, Field) and part.name in meaning.columns else part
            for part in operands
        )
    if name != "state":
        return Call(name, operands, at)
    if len(operands) != 1 or not isinstance(operands[0], Field):
        raise Misuse("state() takes one field, such as state(${e06}).", at)
    return State(operands[0].name, at)


def _this(words: list[Token], operands: tuple[Node, ...], meaning: Meaning) -> Node:
    if meaning.this is None:
        raise Misuse("`.` stands for the answer of a question, and there is none here. Write ${name}.", _at(words[0]))
    return Field(meaning.this, _at(words[0]))


def _number(word: Token) -> Number:
    value = Decimal(str(word))
    if value >= LIMIT:
        raise Misuse("a number has at most 20 digits before the point.", _at(word))
    return Number(value, _at(word))


_Maker = Callable[[Any, tuple[Node, ...], Meaning], Node]
_MAKERS: dict[str, _Maker] = {
    "number": lambda words, parts, meaning: _number(words[0]),
    "string": lambda words, parts, meaning: String(str(words[0])[1:-1], _at(words[0])),
    "field": lambda words, parts, meaning: Field(str(words[0])[2:-1].strip(), _at(words[0])),
    "this": _this,
    "call": _call,
    "negative": lambda words, parts, meaning: Negative(parts[0], _at(words[0])),
    "arithmetic": lambda words, parts, meaning: Arithmetic(cast(Any, str(words[0])), parts[0], parts[1], _at(words[0])),
    "comparison": lambda words, parts, meaning: Comparison(
        cast(Any, str(words[0])), parts[0], parts[1], at=_at(words[0])
    ),
    "junction": lambda words, parts, meaning: Junction(cast(Any, str(words[0])), parts, _at(words[0])),
}


def _unexpected(text: str, error: Any) -> Misuse:
    at = min(int(getattr(error, "pos_in_stream", None) or 0), len(text))
    rest = text[at:]
    if getattr(getattr(error, "token", None), "type", "") == "$END" or not rest.strip():
        return Misuse("the expression ends too early; an operand or a closing bracket is missing.", len(text.rstrip()))
    for habit, ours in _HABITS.items():
        if rest.startswith(habit) or (habit == "==" and text[max(at - 1, 0) :].startswith("==")):
            return Misuse(f'"{habit}" is not an operator here. Write {ours}.', at)
    if rest[0] in "'\"":
        return Misuse("a quotation mark is not closed, or a text stands where an operator is needed.", at)
    if rest.startswith("${"):
        return Misuse("a field is written ${name}, with letters, digits and _, and needs an operator before it.", at)
    return _bare_word(text, at)


def _bare_word(text: str, at: int) -> Misuse:
    rest = text[at:]
    found = re.match(r"[A-Za-z_][\w-]*(:[\w-]+)?", rest)
    if not found:
        return Misuse(f'"{rest[0]}" cannot stand here.', at)
    word = found.group()
    if rest[found.end() :].lstrip().startswith("("):
        return _no_call(word, at)
    if at and text[at - 1].isdigit():
        return Misuse("a number is written in digits with at most one point, such as 100000 or 0.5.", at)
    return Misuse(f"\"{word}\" cannot stand here. A field is written ${{{word}}}, a text '{word}'.", at)


def _no_call(word: str, at: int) -> Misuse:
    from uptake.contract.expressions.functions import ABSENT, FUNCTIONS

    if word in FUNCTIONS or word in ABSENT:
        return Misuse(f"an operator is missing before {word}().", at)
    if ":" in word:
        return Misuse(f"{word}() is not part of this language: rules see the codes of choices, not their labels.", at)
    near = did_you_mean(word.lower().replace("_", "-"), FUNCTIONS)
    return Misuse(f'there is no function "{word}", or an operator is missing before it.{near}', at)
