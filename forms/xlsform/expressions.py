"""XLSForm expressions as ours: names are mapped, and asking for a blank becomes asking for the state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from forms.xlsform.writing import ATOM, UnwritableError, write
from forms.xlsform.xpath import DONT_KNOW, TICKED
from uptake.contract.errors import did_you_mean
from uptake.contract.expressions import Expression, ExpressionError, parse
from uptake.contract.expressions.errors import Misuse
from uptake.contract.expressions.grammar import read
from uptake.contract.expressions.tree import Call, Comparison, Field, Node, Number, State, String, children

_NAME = re.compile(r"\$\{\s*(last-saved#)?([^{}]*?)\s*\}")
_AGGREGATES = frozenset({"count", "sum", "min", "max", "count-distinct"})
_ALWAYS = {"yes": "true()", "true": "true()", "no": "false()", "false": "false()"}


class ForeignExpressionError(Exception):
    """An XLSForm expression that our language does not know; the text is the sentence."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of a workbook became: fields, statements that are ticked, days (`today` rows), and rosters.

    rosters: the name of a repeat -> a column of it by which its rows are counted.
    """

    fields: Mapping[str, str]
    ticks: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    todays: frozenset[str] = frozenset()
    rosters: Mapping[str, str] = field(default_factory=dict)

    def rule(self, text: str, *, this: str = "", keep_dot: bool = True) -> str:
        """Return an XLSForm expression as ours.

        text: as it stands in the cell. this: our name of the field that `.` means. keep_dot: `.` may stay as it is.
        Raises ForeignExpressionError with a sentence.

        >>> Names({"Age": "age"}).rule("${Age} != '' and ${Age} > 3")
        "state(${age}) = 'answered' and ${age} > 3"
        """
        renamed = _NAME.sub(self._renamed, _ALWAYS.get(text.strip().lower(), text))
        try:
            tree = read(renamed, this or None)
            ours = _rewritten(tree, self)
            changed = ours != tree or (not keep_dot and "." in renamed)
            made = write(ours) if changed else renamed
            parse(made, this=this or None)
        except (ExpressionError, Misuse) as error:
            raise ForeignExpressionError(getattr(error, "message", None) or str(error)) from None
        except UnwritableError as error:
            raise ForeignExpressionError(f"it holds {error}, which cannot be written again.") from None
        return made

    def _renamed(self, found: re.Match[str]) -> str:
        last, name = found[1] or "", found[2]
        if name in self.todays:
            return "today()"
        if name in self.rosters:
            return f"${{{self.rosters[name]}}}"
        if name not in self.fields:
            near = did_you_mean(name, self.fields)
            raise ForeignExpressionError(f'it looks at "{name}", which no row that carries an answer is called.{near}')
        return f"${{{self.fields[name]}{'_last' if last else ''}}}"


def fields_of(rule: str) -> frozenset[str]:
    """Return the fields that one of our rules reads."""
    return _parsed(rule).fields


def bare_fields(rule: str, this: str | None) -> frozenset[str]:
    """Return the fields that a rule reads one by one, not all rows of a roster at once."""
    found, waiting = set(), [parse(rule, this=this).node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Field | State):
            found.add(node.name)
        elif not (isinstance(node, Call) and node.name in _AGGREGATES and len(node.arguments) == 1):
            waiting.extend(children(node))
    return frozenset(found)


def gives(rule: str) -> str:
    """Return what one of our expressions gives, as far as it shows: bool, number, text, date or any."""
    return _parsed(rule).kind


def joined(rules: list[str]) -> str:
    """Return the rules joined by `and`, each in brackets where it needs them; an empty text where there are none."""
    if len(rules) < 2:
        return "".join(rules)
    return " and ".join(rule if _plain(rule) else f"({rule})" for rule in rules)


def _plain(rule: str) -> bool:
    return not re.search(r"(?<![\w-])or(?![\w-])", rule)


def _parsed(rule: str) -> Expression:
    return parse(rule, this="this")


def _rewritten(node: Node, names: Names) -> Node:
    """Return the tree in our words, from the leaves up."""
    if isinstance(node, Comparison):
        if made := _state_asked(node) or _tick_asked(node, names):
            return made
        return Comparison(node.sign, _rewritten(node.left, names), _rewritten(node.right, names))
    if isinstance(node, Call):
        return _call(node, names)
    parts = getattr(node, "parts", None)
    if parts is not None:
        return type(node)(node.word, tuple(_rewritten(part, names) for part in parts))  # type: ignore[union-attr,call-arg,arg-type]
    return node


def _state_asked(node: Comparison) -> Node | None:
    """`${x} = ''` asks whether there is no answer, `${x} = 'dont_know'` for a state that we keep apart from values."""
    if node.sign not in ("=", "!="):
        return None
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if _is_length(side) and isinstance(other, Number) and other.value == 0:
            side, other = side.arguments[0], String("")  # type: ignore[union-attr]
        if isinstance(side, Field) and isinstance(other, String) and other.value in ("", DONT_KNOW):
            if other.value:
                return Comparison(node.sign, State(side.name), String(DONT_KNOW))
            return Comparison("!=" if node.sign == "=" else "=", State(side.name), String("answered"))
    return None


def _is_length(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "string-length" and isinstance(node.arguments[0], Field)


def _tick_asked(node: Comparison, names: Names) -> Node | None:
    """A statement is ticked when it has an answer; a number in quotation marks is meant as a number."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(side, Field) or not isinstance(other, String):
            continue
        if side.name in names.ticks and other.value == TICKED:
            return Comparison(node.sign, State(side.name), String("answered"))
        if side.name in names.numbers and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,6})?", other.value):
            return Comparison(node.sign, side, Number(Decimal(other.value)))
    return None


def _call(node: Call, names: Names) -> Node:
    arguments = tuple(_rewritten(argument, names) for argument in node.arguments)
    asks_unknown = node.name == "selected" and arguments[1:] == (String(DONT_KNOW),)
    if asks_unknown and isinstance(arguments[0], Field):
        return Comparison("=", State(arguments[0].name), String(DONT_KNOW))
    if node.name == "count-non-empty" and len(arguments) == 1:
        return Call("count", arguments)
    return Call(node.name, arguments)


__all__ = ["ATOM", "ForeignExpressionError", "Names", "fields_of", "gives", "joined"]
