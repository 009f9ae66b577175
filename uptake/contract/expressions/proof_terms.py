"""The nodes of an expression as z3 terms, with exact decimals and Kleene's logic; proof.py holds the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from uptake.contract.expressions.functions import FUNCTIONS
from uptake.contract.expressions.proof import MILLION, Answers, Domain, NotProved, Opened, Term
from uptake.contract.expressions.proof_calls import OF_TEXTS, call, field_of
from uptake.contract.expressions.python import compile_node
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
    children,
    walk,
)
from uptake.contract.expressions.values import LIMIT, as_number

_NAMES: dict[Kind, str] = {"bool": "a condition", "number": "a number", "text": "text", "date": "a day",
                           "any": "an answer of unknown kind"}  # fmt: skip
_UNKNOWN = Domain("any")


@dataclass(slots=True)
class Printer:
    """Prints one expression; unproved gathers what z3 cannot decide."""

    z3: Any
    answers: Answers
    unproved: list[NotProved] = field(default_factory=list)

    def term(self, node: Node) -> Term:
        """Return the value of a node and when it is known."""
        z3 = self.z3
        if isinstance(node, Call | Cast) and (read := self._looks_into(node)) is not None:
            return self._result_of_text(node, read)
        if isinstance(node, Number):
            return self._number(node)
        if isinstance(node, String):
            return self.sure(z3.IntVal(self.answers.text(node.value)))
        if isinstance(node, Field):
            return self._field(node)
        if isinstance(node, State):
            return self.answers.state(node)
        if isinstance(node, Column):
            raise AssertionError("a column stands inside a function, which proof_calls.py leaves open")
        if isinstance(node, Negative):
            made = self.term(node.operand)
            return Term(-made.value, made.known, made.whole)
        if isinstance(node, Arithmetic):
            return self._arithmetic(node)
        if isinstance(node, Comparison):
            return self._comparison(node)
        if isinstance(node, Junction):
            return self._junction(node)
        if isinstance(node, Cast):
            return self._cast(node)
        if isinstance(node, Call):
            return call(self, node)
        assert_never(node)

    def sure(self, value: Any, *, whole: bool = False) -> Term:
        """Return a value that is always known."""
        return Term(value, self.z3.BoolVal(True), whole)

    def _number(self, node: Number) -> Term:
        value = as_number(node.value)
        assert value is not None  # the grammar refuses larger ones
        if value == int(value):
            return self.sure(self.z3.IntVal(int(value)), whole=True)
        return self.sure(self.z3.IntVal(int(value * MILLION)))

    def _field(self, node: Field) -> Term:
        made = self.answers.of(node)
        if made.choices is not None:  # several choices are read by selected() alone
            return self.open("an answer of several choices as one text", node, [made], "text")
        return made

    def open(self, reason: str, node: Node, parts: list[Term], gives: Kind, name: str = "") -> Term:
        """Return an unknown function of what is known: equal arguments give equal results, and nothing else is told."""
        z3 = self.z3
        self.unproved.append(NotProved(f"{reason} cannot be decided", node.at))
        sort = z3.BoolSort() if gives == "bool" else z3.IntSort()
        values = [part.value for part in parts]
        sorts = [value.sort() for value in values]
        function = self.answers.function(f"{name or reason}/{gives}", *sorts, sort)
        return Term(function(*values), self.all(part.known for part in parts))

    def _looks_into(self, node: Call | Cast) -> Field | None:
        """Return the free text that a node reads beside constants and nothing else; None where it is another node."""
        if isinstance(node, Call) and node.name not in OF_TEXTS | {"date", "number"}:
            return None
        if isinstance(node, Cast) and isinstance(node.operand, Field) and self._declared(node.operand, node.target):
            return None
        leaves = [part for part, _ in walk(node) if not children(part)]
        reads = {part.name: part for part in leaves if isinstance(part, Field)}
        if len(reads) != 1 or not all(isinstance(part, Field | String | Number) for part in leaves):
            return None
        (read,) = reads.values()
        domain = self.answers.domains.get(read.name, _UNKNOWN)
        return read if domain.kind in ("text", "any") and not domain.codes and not domain.several else None

    def _result_of_text(self, node: Call | Cast, read: Field) -> Term:
        """Leave open what follows from one free text; whoever knows which texts matter may tell the results."""
        z3, made = self.z3, self.answers.of(read)
        gives = node.target if isinstance(node, Cast) else FUNCTIONS[node.name].gives
        what = (
            f"{node.name}() of free text"
            if isinstance(node, Call)
            else f"reading {_NAMES[node.source]} as {_NAMES[gives]}"
        )
        self.unproved.append(NotProved(f"{what} cannot be decided", node.at))
        if node not in self.answers.opened:
            name, sort = f"text result {len(self.answers.opened)}", z3.BoolSort() if gives == "bool" else z3.IntSort()
            value, known = (
                z3.Function(name, z3.IntSort(), sort),
                z3.Function(f"{name} known", z3.IntSort(), z3.BoolSort()),
            )
            closure = compile_node(node)
            self.answers.opened[node] = Opened(read.name, value, known, lambda text: closure({read.name: text}))
        opened = self.answers.opened[node]
        return Term(opened.value(made.value), z3.And(made.known, opened.known(made.value)))

    def all(self, known: Iterable[Any]) -> Any:
        """Return the condition that all of these are known."""
        return self.z3.And(*known)

    # Numbers

    def _millionths(self, made: Term) -> Any:
        return made.value * MILLION if made.whole else made.value

    def alike(self, parts: list[Term]) -> tuple[list[Any], bool]:
        """Return values in one unit, and whether that is ones."""
        whole = all(part.whole for part in parts)
        return [part.value if whole else self._millionths(part) for part in parts], whole

    def bounded(self, value: Any, known: Any, whole: bool) -> Term:
        """Hold the result of a calculation against the limit: beyond it, it is unknown."""
        limit = LIMIT if whole else LIMIT * MILLION
        return Term(value, self.z3.And(known, value < limit, value > -limit), whole)

    def _arithmetic(self, node: Arithmetic) -> Term:
        parts = [self.term(node.left), self.term(node.right)]
        known = self.all(part.known for part in parts)
        if node.sign == "*":
            return self._product(parts, known)
        (left, right), whole = self.alike(parts)
        if node.sign in "+-":
            return self.bounded(left + right if node.sign == "+" else left - right, known, whole)
        known = self.z3.And(known, right != 0)
        if node.sign == "mod":
            rest = self.size(left) % self.size(right)
            return Term(self.z3.If(left >= 0, rest, -rest), known, whole)
        quotient = (self.size(left) * MILLION) / self.size(right)
        same = (left >= 0) == (right >= 0)
        return self.bounded(self.z3.If(same, quotient, -quotient), known, whole=False)

    def size(self, value: Any) -> Any:
        """Return the value without its sign."""
        return self.z3.If(value >= 0, value, -value)

    def _product(self, parts: list[Term], known: Any) -> Term:
        left, right = parts
        if left.whole or right.whole:
            return self.bounded(left.value * right.value, known, left.whole and right.whole)
        return self.bounded(self.halves_up(left.value * right.value, MILLION), known, whole=False)

    def halves_up(self, value: Any, unit: int) -> Any:
        """Divide and round half away from zero."""
        rounded = (2 * self.size(value) + unit) / (2 * unit)
        return self.z3.If(value >= 0, rounded, -rounded)

    # Conditions

    def _comparison(self, node: Comparison) -> Term:
        parts = [self.term(node.left), self.term(node.right)]
        if node.kind == "any":
            made = self.open("comparing two fields of unknown kind", node, parts, "bool")
            return Term(self.z3.Not(made.value) if node.sign == "!=" else made.value, made.known)
        left, right = self.alike(parts)[0] if node.kind == "number" else [part.value for part in parts]
        signs: dict[str, Callable[[], Any]] = {
            "=": lambda: left == right,
            "!=": lambda: left != right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }
        return Term(signs[node.sign](), self.all(part.known for part in parts))

    def _junction(self, node: Junction) -> Term:
        z3, parts = self.z3, [self.term(part) for part in node.parts]
        if node.word == "and":
            settled = z3.Or(*(z3.And(part.known, z3.Not(part.value)) for part in parts))
            return Term(z3.And(*(part.value for part in parts)), z3.Or(settled, self.all(p.known for p in parts)))
        settled = z3.Or(*(z3.And(part.known, part.value) for part in parts))
        return Term(settled, z3.Or(settled, self.all(part.known for part in parts)))

    # Conversions

    def _cast(self, node: Cast) -> Term:
        if isinstance(node.operand, Field) and self._declared(node.operand, node.target):
            return self.term(node.operand)
        read = field_of(node.operand)
        if read is not None and (codes := self.answers.codes(read)):
            results = {code: compile_node(replace(node, operand=String(code), source="text"))({}) for code in codes}
            return self.by_code(self.answers.of(read), results, node.target)
        made = self.term(node.operand)
        if (node.source, node.target) == ("number", "bool"):
            return Term(made.value != 0, made.known)
        if isinstance(node.operand, String):
            return self.sure(self.constant(compile_node(node)({})))
        value = self.open(f"reading {_NAMES[node.source]} as {_NAMES[node.target]}", node, [made], node.target)
        known = self.open(
            f"reading {_NAMES[node.source]} as {_NAMES[node.target]}", node, [made], "bool", "known as it"
        )
        return Term(value.value, self.z3.And(value.known, known.value))

    def _declared(self, node: Field, target: Kind) -> bool:
        domain = self.answers.domains.get(node.name)
        return domain is not None and domain.kind == target

    def by_code(self, made: Term, results: Mapping[str, Any], gives: Kind) -> Term:
        """Choose among the results that the Python closure gave for each code; None: unknown."""
        z3, fits = self.z3, {code: value for code, value in results.items() if value is not None}
        value = z3.BoolVal(False) if gives == "bool" else z3.IntVal(0)
        for code, result in fits.items():
            value = z3.If(made.value == self.answers.text(code), self.constant(result), value)
        known = z3.Or(*(made.value == self.answers.text(code) for code in fits))
        return Term(value, z3.And(made.known, known))

    def constant(self, value: Any) -> Any:
        """Return a value of the Python closures as one of z3."""
        if isinstance(value, bool):
            return self.z3.BoolVal(value)
        if isinstance(value, str):
            return self.z3.IntVal(self.answers.text(value))
        if hasattr(value, "toordinal"):
            return self.z3.IntVal(value.toordinal())
        return self.z3.IntVal(int(value * MILLION))
