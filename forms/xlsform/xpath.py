"""Our rules as XLSForm conditions: unknown to us is an empty text there, so what "unknown" counts as is written out.

XPath knows two truth values. A condition is therefore printed for a purpose: `unknown=False` gives the XPath condition
that holds exactly where ours is true (routing), `unknown=True` the one that holds wherever ours is true or unknown
(checks, which are broken only when false). Both are exact for `and`, `or`, `not` and comparisons of answers; conditions
inside other operands count as unknown where any answer in them is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms.xlsform.writing import ATOM, LEVELS, UnwritableError, bracketed, write
from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Comparison,
    Field,
    Junction,
    Node,
    Number,
    State,
    String,
    children,
)

DONT_KNOW = "dont_know"
TICKED = "OK"  # what XForms stores for an acknowledged statement
_NEVER = ("false()", ATOM)
_CONDITIONS = frozenset(
    {"not", "true", "false", "selected", "contains", "starts-with", "ends-with", "regex", "boolean"}
)
_ABSENT_THERE = frozenset({"count-distinct"})


@dataclass(frozen=True, slots=True)
class Asked:
    """How a field stands in the XLSForm: several choices, a tick, "don't know" among the choices or beside it."""

    several: bool = False
    number: bool = False
    tick: bool = False
    roster: bool = False
    dont_know_choice: bool = False
    dont_know_row: str | None = None


@dataclass(frozen=True, slots=True)
class XPath:
    """Prints for one questionnaire; `this` is the field that `.` stands for in the row being written."""

    fields: Mapping[str, Asked]
    this: str | None = None

    def condition(self, node: Node, *, unknown: bool) -> str:
        """Return the XPath condition; UnwritableError where XLSForm has no word for a part of it."""
        return self._condition(node, unknown)[0]

    def value(self, node: Node) -> str:
        """Return an expression that gives a value, such as a computed amount."""
        return write(node, self._special)

    def _condition(self, node: Node, unknown: bool) -> tuple[str, int]:
        if isinstance(node, Junction):
            level = LEVELS[node.word]
            parts = (bracketed(self._condition(part, unknown), level + 1) for part in node.parts)
            return f" {node.word} ".join(parts), level
        if isinstance(node, Call) and node.name == "not":
            return f"not({self._condition(node.arguments[0], not unknown)[0]})", ATOM
        if isinstance(node, Comparison) and (about := _asks_state(node)):
            return self._state(*about)
        if isinstance(node, Call) and node.name in ("true", "false"):
            return f"{node.name}()", ATOM
        return self._guarded(node, unknown)

    def _guarded(self, node: Node, unknown: bool) -> tuple[str, int]:
        """Print a condition without parts, with what an answer that is missing makes of it."""
        bare = self._bare(node)
        known = list(dict.fromkeys(self._needs(node)))
        if unknown and known:
            missing = [_negated(condition) for condition in known]
            return " or ".join([*missing, bracketed(bare, 2)]), 1
        if known and not self._false_when_blank(node):
            return " and ".join([*(bracketed(condition, 3) for condition in known), bracketed(bare, 3)]), 2
        return bare

    def _bare(self, node: Node) -> tuple[str, int]:
        if isinstance(node, Field):
            return self._as_condition(node)
        text = write(node, self._special)
        if isinstance(node, Comparison):
            return text, LEVELS[node.sign]
        if isinstance(node, Call) and node.name in _CONDITIONS:
            return text, ATOM
        return f"boolean({text})", ATOM

    def _as_condition(self, node: Field) -> tuple[str, int]:
        asked, name = self.fields.get(node.name, Asked()), self._name(node.name)
        return (f"{name} = '{TICKED}'" if asked.tick else f"{name} = 'true'"), LEVELS["="]

    def _special(self, node: Node) -> tuple[str, int] | None:
        """Write what XPath says differently inside a value."""
        if isinstance(node, Field):
            return self._name(node.name), ATOM
        if isinstance(node, State):
            raise UnwritableError("state()")
        if isinstance(node, Comparison):
            return self._comparison(node)
        if isinstance(node, Call):
            return self._call(node)
        return None

    def _comparison(self, node: Comparison) -> tuple[str, int] | None:
        if about := _asks_state(node):
            return self._state(*about)
        if node.sign in ("=", "!=") and all(self._is_number(side) for side in (node.left, node.right)):
            sides = (f"number({write(side, self._special)})" for side in (node.left, node.right))
            return f" {node.sign} ".join(sides), LEVELS[node.sign]  # XPath compares two answers as texts: 5 is not 5.0
        for field, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(field, Field) and isinstance(other, Call) and other.name in ("true", "false"):
                holds = self._as_condition(field)
                same = (other.name == "true") == (node.sign == "=")
                return holds if same else (f"not({holds[0]})", ATOM)
        return None

    def _call(self, node: Call) -> tuple[str, int] | None:
        if node.name in _ABSENT_THERE:
            raise UnwritableError(f"{node.name}()")
        columns = len(node.arguments) == 1 and self._is_column(node.arguments[0])
        if node.name == "sum" and not columns:
            return self._joined(" + ", [write(part, self._special) for part in node.arguments], LEVELS["+"])
        if node.name == "count" and not columns:
            ones = [f"if({self._is_known(part)}, 1, 0)" for part in node.arguments]
            return self._joined(" + ", ones, LEVELS["+"])
        if node.name == "count":
            return f"count-non-empty({write(node.arguments[0], self._special)})", ATOM
        if node.name == "coalesce" and len(node.arguments) > 2:
            inner = Call("coalesce", node.arguments[1:], node.at)
            return f"coalesce({write(node.arguments[0], self._special)}, {write(inner, self._special)})", ATOM
        if node.name == "if":
            condition = self._condition(node.arguments[0], unknown=False)[0]
            return f"if({condition}, {', '.join(write(part, self._special) for part in node.arguments[1:])})", ATOM
        return None

    def _joined(self, sign: str, parts: list[str], level: int) -> tuple[str, int]:
        return (f"({sign.join(f'({part})' for part in parts)})", ATOM) if len(parts) > 1 else (f"({parts[0]})", ATOM)

    def _is_known(self, node: Node) -> str:
        if isinstance(node, Field):
            return _all(list(self._known(node.name)))[0]
        raise UnwritableError("count() of what is no answer")

    def _name(self, name: str) -> str:
        return "." if name == self.this else f"${{{name}}}"

    def _is_number(self, node: Node) -> bool:
        return isinstance(node, Field) and self.fields.get(node.name, Asked()).number

    def _is_column(self, node: Node) -> bool:
        return isinstance(node, Field) and self.fields.get(node.name, Asked()).roster

    def _state(self, name: str, state: str, holds: bool) -> tuple[str, int]:
        asked, field = self.fields.get(name, Asked()), self._name(name)
        if state == "answered":
            known = list(self._known(name))
            return _all(known) if holds else _negated_all(known)
        if state == DONT_KNOW:
            found = self._dont_know(asked, field)
        else:
            beside = f" and not({self._dont_know(asked, field)[0]})" if asked.dont_know_row else ""
            found = (f"{field} = ''{beside}", 2 if beside else 3) if state == "blank" else _NEVER
        return found if holds else (f"not({found[0]})", ATOM)

    def _dont_know(self, asked: Asked, field: str) -> tuple[str, int]:
        if asked.dont_know_row is not None:
            return f"selected(${{{asked.dont_know_row}}}, '{DONT_KNOW}')", ATOM
        if not asked.dont_know_choice:
            return _NEVER
        return (f"selected({field}, '{DONT_KNOW}')", ATOM) if asked.several else (f"{field} = '{DONT_KNOW}'", 3)

    def _known(self, name: str) -> Iterator[tuple[str, int]]:
        asked, field = self.fields.get(name, Asked()), self._name(name)
        yield f"{field} != ''", 3
        if asked.dont_know_choice and asked.several:
            yield f"not(selected({field}, '{DONT_KNOW}'))", ATOM
        elif asked.dont_know_choice:
            yield f"{field} != '{DONT_KNOW}'", 3

    def _needs(self, node: Node) -> Iterator[tuple[str, int]]:
        """Give the conditions under which every answer that the node cannot do without is known."""
        if isinstance(node, Field):
            yield from self._known(node.name)
        elif isinstance(node, Call) and node.name == "coalesce":
            yield " or ".join(bracketed(_all(list(self._needs(part))), 2) for part in node.arguments), 1
        elif isinstance(node, Call) and node.arguments and self._is_column(node.arguments[0]):
            return
        elif not (isinstance(node, Call) and node.name == "count"):
            for child in children(node):
                yield from self._needs(child)

    def _false_when_blank(self, node: Node) -> bool:
        """Whether XPath itself makes the condition false when an answer in it is an empty text."""
        if isinstance(node, Field):
            return True
        if isinstance(node, Call):
            plain = isinstance(node.arguments[0], Field) if node.arguments else False
            return node.name == "selected" and plain and bool(_literal(node.arguments[1]))
        sides = (node.left, node.right) if isinstance(node, Comparison) else ()
        if not isinstance(node, Comparison) or not all(_strict(side) for side in sides):
            return node.sign == "=" and Call("true", ()) in sides if isinstance(node, Comparison) else False
        if node.sign == "=":
            return any(isinstance(side, Number | Arithmetic) or _literal(side) for side in sides)
        return node.sign != "!="


def _asks_state(node: Comparison) -> tuple[str, str, bool] | None:
    """Return (field, state, whether it must be so) of `state(${x}) = 'blank'` and its like."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, State) and isinstance(other, String) and node.sign in ("=", "!="):
            return side.name, other.value, node.sign == "="
    return None


def _literal(node: Node) -> str:
    return node.value if isinstance(node, String) and node.value != DONT_KNOW else ""


def _strict(node: Node) -> bool:
    """Whether an empty answer in a value makes the value no number: then every comparison with it is false."""
    if isinstance(node, Call) and node.name not in ("round", "int", "abs", "floor", "ceiling", "number", "min", "max"):
        return node.name in ("date", "today") or node.name == "sum"
    return all(_strict(child) for child in children(node))


def _all(conditions: list[tuple[str, int]]) -> tuple[str, int]:
    if len(conditions) == 1:
        return conditions[0]
    return (" and ".join(bracketed(one, 3) for one in conditions), 2) if conditions else ("true()", ATOM)


def _negated(condition: tuple[str, int]) -> str:
    text, level = condition
    if level == 3 and text.count(" != ") == 1:
        return text.replace(" != ", " = ")
    if text.startswith("not(") and level == ATOM:
        return text[4:-1]
    return f"not({text})"


def _negated_all(conditions: list[tuple[str, int]]) -> tuple[str, int]:
    return (" or ".join(_negated(one) for one in conditions), 1 if len(conditions) > 1 else 3)
