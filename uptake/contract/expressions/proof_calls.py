"""The functions of the language as z3 terms; what only a text engine can answer is tried code by code or left open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from uptake.contract.expressions.functions import FUNCTIONS
from uptake.contract.expressions.proof import FIRST_DAY, LAST_DAY, MILLION, NotProved, Pair, Term
from uptake.contract.expressions.python import compile_node
from uptake.contract.expressions.tree import Call, Cast, Column, Field, Node, Number, String

if TYPE_CHECKING:
    from uptake.contract.expressions.proof_terms import Printer

OF_TEXTS = frozenset({"regex", "string-length", "concat", "contains", "starts-with", "ends-with", "selected",
                       "count-selected"})  # fmt: skip


def call(printer: Printer, node: Call) -> Term:
    """Return the term of a function call."""
    if node.name in OF_TEXTS:
        return _of_texts(printer, node)
    if node.name == "count-distinct" or any(isinstance(part, Column) for part in node.arguments):
        return _over_rows(printer, node)
    if node.name == "today":
        return _today(printer)
    if node.name in ("true", "false"):
        return printer.sure(printer.z3.BoolVal(node.name == "true"))
    return _FUNCTIONS[node.name](printer, node, [printer.term(part) for part in node.arguments])


def field_of(node: Node) -> Field | None:
    """Return the field that a node reads, through the conversion to its own kind."""
    inner = node.operand if isinstance(node, Cast) and node.source == "any" else node
    return inner if isinstance(inner, Field) else None


def _of_texts(printer: Printer, node: Call) -> Term:
    """Try every code where one argument is a coded field and the others are written out; else leave it open."""
    if all(isinstance(part, String) for part in node.arguments):
        return printer.sure(printer.constant(compile_node(node)({})))
    asked = [i for i, part in enumerate(node.arguments) if not isinstance(part, String)]
    read = field_of(node.arguments[asked[0]])
    if len(asked) == 1 and read is not None:
        choices = printer.answers.of(read).choices
        if choices is not None:
            made = _of_choices(printer, node, printer.answers.of(read))
            if made is not None:
                return made
        elif codes := printer.answers.codes(read):
            results = {code: compile_node(_with(node, asked[0], code))({}) for code in codes}
            return printer.by_code(printer.answers.of(read), results, FUNCTIONS[node.name].gives)
    texts = [printer.term(part) for part in node.arguments]
    name = f"{node.name}({', '.join(part.value if isinstance(part, String) else '?' for part in node.arguments)})"
    made = printer.open(f"{node.name}() of free text", node, texts, FUNCTIONS[node.name].gives, name)
    _note_pair(printer, node, made)
    return made


def _note_pair(printer: Printer, node: Call, made: Term) -> None:
    """Note a condition on two answers, for whoever knows which texts they may be."""
    if FUNCTIONS[node.name].gives != "bool" or len(node.arguments) != 2:
        return
    one, other = (field_of(part) for part in node.arguments)
    if one is not None and other is not None:

        def run(first: str, second: str) -> object:
            return compile_node(_with(_with(node, 0, first), 1, second))({})

        printer.answers.pairs[node] = Pair((one.name, other.name), made.value, run)


def _over_rows(printer: Printer, node: Call) -> Term:
    """Leave open what a function gives over all rows; who knows the rows may tell (`Answers.aggregates`)."""
    if node not in printer.answers.aggregates:
        name = f"all rows {len(printer.answers.aggregates)}"
        counted = node.name in ("count", "count-distinct")
        rows = any(
            isinstance(part, Column) for part in node.arguments
        )  # of a roster that is not asked nothing is known
        known = printer.z3.Bool(f"{name} known") if rows or not counted else printer.z3.BoolVal(True)
        printer.answers.aggregates[node] = Term(printer.z3.Int(name), known, whole=counted)
        if counted:
            printer.answers.limits.append(printer.z3.Int(name) >= 0)
    made = printer.answers.aggregates[node]
    printer.unproved.append(NotProved(f"{node.name}() of all rows of a roster cannot be decided", node.at))
    return made


def _with(node: Call, index: int, code: str) -> Call:
    parts = (*node.arguments[:index], String(code), *node.arguments[index + 1 :])
    return replace(node, arguments=parts)


def _of_choices(printer: Printer, node: Call, answer: Term) -> Term | None:
    """selected() and count-selected() of an answer with several choices."""
    z3, choices = printer.z3, answer.choices or {}
    if node.name == "count-selected":
        return Term(z3.Sum([z3.If(taken, 1, 0) for taken in choices.values()] or [z3.IntVal(0)]), answer.known, True)
    code = node.arguments[-1]
    if node.name == "selected" and isinstance(code, String) and code.value and " " not in code.value:
        return Term(choices.get(code.value, z3.BoolVal(False)), answer.known)
    return None


def _today(printer: Printer) -> Term:
    if "today()" not in printer.answers.terms:
        day = Term(printer.z3.Int("today()"), printer.z3.Bool("today() known"))
        printer.answers.terms["today()"] = day
        printer.answers.limits.extend([day.value >= FIRST_DAY, day.value <= LAST_DAY])
    return printer.answers.terms["today()"]


def _same(printer: Printer, node: Call, parts: list[Term]) -> Term:
    return parts[0]


def _not(printer: Printer, node: Call, parts: list[Term]) -> Term:
    return Term(printer.z3.Not(parts[0].value), parts[0].known)


def _if(printer: Printer, node: Call, parts: list[Term]) -> Term:
    z3, (condition, *branches) = printer.z3, parts
    (then, other), whole = printer.alike(branches)
    known = z3.And(condition.known, z3.If(condition.value, branches[0].known, branches[1].known))
    return Term(z3.If(condition.value, then, other), known, whole)


def _coalesce(printer: Printer, node: Call, parts: list[Term]) -> Term:
    z3 = printer.z3
    values, whole = printer.alike(parts)
    made = values[-1]
    for part, value in zip(reversed(parts[:-1]), reversed(values[:-1]), strict=True):
        made = z3.If(part.known, value, made)
    return Term(made, z3.Or(*(part.known for part in parts)), whole)


def _count(printer: Printer, node: Call, parts: list[Term]) -> Term:
    z3 = printer.z3
    return printer.sure(z3.Sum([z3.If(part.known, 1, 0) for part in parts]), whole=True)


def _sum(printer: Printer, node: Call, parts: list[Term]) -> Term:
    values, whole = printer.alike(parts)
    return printer.bounded(printer.z3.Sum(values), printer.all(part.known for part in parts), whole)


def _extreme(*, least: bool) -> Callable[[Printer, Call, list[Term]], Term]:
    def made(printer: Printer, node: Call, parts: list[Term]) -> Term:
        values, whole = printer.alike(parts)
        best = values[0]
        for value in values[1:]:
            best = printer.z3.If(value < best if least else value > best, value, best)
        return Term(best, printer.all(part.known for part in parts), whole)

    return made


def _abs(printer: Printer, node: Call, parts: list[Term]) -> Term:
    return Term(printer.size(parts[0].value), parts[0].known, parts[0].whole)


def _round(printer: Printer, node: Call, parts: list[Term]) -> Term:
    if parts[0].whole:
        return parts[0]
    places = node.arguments[1] if len(node.arguments) == 2 else None
    unit = MILLION // 10 ** (int(places.value) if isinstance(places, Number) else 0)
    return printer.bounded(printer.halves_up(parts[0].value, unit) * unit, parts[0].known, whole=False)


def _cut(towards: str) -> Callable[[Printer, Call, list[Term]], Term]:
    """z3 divides whole numbers by a positive one downwards, so the other directions turn the sign."""

    def made(printer: Printer, node: Call, parts: list[Term]) -> Term:
        value = parts[0].value
        if parts[0].whole:
            return parts[0]
        down, up = value / MILLION, -((-value) / MILLION)
        chosen = {"floor": down, "ceiling": up, "int": printer.z3.If(value >= 0, down, up)}[towards]
        return printer.bounded(chosen, parts[0].known, whole=True)

    return made


_FUNCTIONS: dict[str, Callable[[Printer, Call, list[Term]], Term]] = {
    "number": _same,
    "string": _same,
    "boolean": _same,
    "date": _same,
    "not": _not,
    "if": _if,
    "coalesce": _coalesce,
    "count": _count,
    "sum": _sum,
    "min": _extreme(least=True),
    "max": _extreme(least=False),
    "abs": _abs,
    "round": _round,
    "int": _cut("int"),
    "floor": _cut("floor"),
    "ceiling": _cut("ceiling"),
}
