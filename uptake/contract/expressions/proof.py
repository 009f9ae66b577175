"""Expression to z3 formulas: each is a value and whether it is known, so that three-valued rules can be proved.

Numbers are whole numbers of millionths, or whole numbers where nothing else can come; texts are numbers of a table of
texts, codes are the texts a field may hold; days count from year 1. What z3 cannot decide (patterns, lengths and parts
of free text) becomes a function of which nothing is known but that equal texts give equal results. So a proof that
nothing can break a rule holds whatever such a function does, and an example that breaks it need not exist: `unproved`
then says what was left open, and the example has to be tried with the Python closure.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from uptake.contract.errors import SystemPartError
from uptake.contract.expressions.kinds import convert, typed
from uptake.contract.expressions.tree import Call, Field, Kind, Node, State
from uptake.contract.expressions.values import LIMIT

if TYPE_CHECKING:
    from uptake.contract.expressions import Expression

STATES = ("answered", "imputed", "dont_know", "not_applicable", "refused", "blank")
VALUED = ("answered", "imputed")
MILLION = 10**6
FIRST_DAY, LAST_DAY = datetime.date(1000, 1, 1).toordinal(), datetime.date(9999, 12, 31).toordinal()


@dataclass(frozen=True, slots=True)
class Domain:
    """What a field may hold. whole: a number without decimals; codes: the texts, empty for free text; several: any of
    the codes at once; least, most: the bounds of a number, where the form keeps them."""

    kind: Kind
    codes: tuple[str, ...] = ()
    several: bool = False
    whole: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class NotProved:
    """A part that z3 cannot decide: why, and where in the expression."""

    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Term:
    """A z3 value and the condition under which it is known. whole: a number counted in ones, not millionths;
    choices: for an answer of several choices, the condition of each code."""

    value: Any
    known: Any
    whole: bool = False
    choices: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What follows from one free text and z3 cannot decide: functions of it for the value and whether that is known.

    Whoever knows which texts matter may tell z3 the results for these (`run`; None: unknown), and so settle them.
    """

    field: str
    value: Any
    known: Any
    run: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Pair:
    """A condition on two answers as texts that z3 cannot decide, such as that one begins with the other."""

    fields: tuple[str, str]
    value: Any
    run: Callable[[str, str], object]


@dataclass(frozen=True, slots=True)
class Formula:
    """A condition for z3: it holds, it fails, or it is unknown; unproved: what was left open in it."""

    value: Any
    known: Any
    unproved: tuple[NotProved, ...] = ()

    @property
    def holds(self) -> Any:
        """The z3 condition that the result is true."""
        return _z3().And(self.known, self.value)

    @property
    def fails(self) -> Any:
        """The z3 condition that the result is false: what breaks a check."""
        z3 = _z3()
        return z3.And(self.known, z3.Not(self.value))


def _z3() -> Any:
    try:
        import z3
    except ImportError:
        raise SystemPartError(
            "z3 is not installed, and without it nothing can be proved. Install the extra: pip install 'uptake[proof]'."
        ) from None
    return z3


def require_z3() -> None:
    """Raise SystemPartError, which says what to install, where z3 is not there."""
    _z3()


@dataclass(slots=True)
class Answers:
    """The unknown answers of one unit, shared by all formulas of a proof. domains: what each field may hold."""

    domains: Mapping[str, Domain]
    terms: dict[str, Term] = field(default_factory=dict)
    states: dict[str, Term] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    limits: list[Any] = field(default_factory=list)
    functions: dict[str, Any] = field(default_factory=dict)
    opened: dict[Node, Opened] = field(default_factory=dict)
    pairs: dict[Node, Pair] = field(default_factory=dict)
    aggregates: dict[Call, Term] = field(default_factory=dict)

    @property
    def constraints(self) -> tuple[Any, ...]:
        """What every solver must be told: the domains of the fields that the formulas ask for."""
        return tuple(self.limits)

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the fields, as the other printers take them."""
        return {name: domain.kind for name, domain in self.domains.items() if domain.kind != "any"}

    def formula(self, node: Node) -> Formula:
        """Print a tree as a condition."""
        from uptake.contract.expressions.proof_terms import Printer

        printer = Printer(_z3(), self)
        made = printer.term(convert(typed(node, self.kinds), "bool"))
        return Formula(made.value, made.known, tuple(dict.fromkeys(printer.unproved)))

    def term(self, node: Node, to: Kind) -> tuple[Term, tuple[NotProved, ...]]:
        """Print a tree as a value of one kind, with what z3 cannot decide in it."""
        from uptake.contract.expressions.proof_terms import Printer

        printer = Printer(_z3(), self)
        made = printer.term(convert(typed(node, self.kinds), to))
        return made, tuple(dict.fromkeys(printer.unproved))

    def text(self, text: str) -> int:
        """Return the number that stands for a text."""
        return self.texts.setdefault(text, len(self.texts))

    def function(self, name: str, *sorts: Any) -> Any:
        """Return the function of which nothing is known; one name is one function."""
        if name not in self.functions:
            self.functions[name] = _z3().Function(name, *sorts)
        return self.functions[name]

    def of(self, node: Field) -> Term:
        """Return the answer to a field."""
        if node.name not in self.terms:
            self.terms[node.name] = self._declare(node.name, self.domains.get(node.name, Domain("any")))
        return self.terms[node.name]

    def state(self, node: State | Field) -> Term:
        """Return the state of a field; a value is known exactly where its state says so."""
        name = node.name
        if name not in self.states:
            z3 = _z3()
            made = Term(z3.Int(f"{name}_state"), z3.Bool(f"{name}_state known"))
            self.states[name] = made
            self.limits.append(_one_of(z3, made.value, [self.text(state) for state in STATES]))
            valued = _one_of(z3, made.value, [self.text(state) for state in VALUED])
            self.limits.append(self.of(Field(name)).known == z3.And(made.known, valued))
        return self.states[name]

    def codes(self, node: Field) -> tuple[str, ...]:
        """Return the texts that a field of one choice may hold; empty where it may hold others."""
        domain = self.domains.get(node.name)
        return domain.codes if domain is not None and not domain.several else ()

    def witness(self, model: Any) -> dict[str, object]:
        """Return the answers of a z3 model as `compile_python` takes them, to try what z3 found."""
        made: dict[str, object] = {}
        for name, term in self.terms.items():
            known = bool(model.eval(term.known, model_completion=True))
            made[name] = self._value(model, name, term) if known else None
            made[f"{name}_state"] = "answered" if known else "blank"
        for name, term in self.states.items():
            known = bool(model.eval(term.known, model_completion=True))
            made[f"{name}_state"] = self._text(model, term) if known else None
        return made

    def _value(self, model: Any, name: str, term: Term) -> object:
        if term.choices is not None:
            taken = [code for code, held in term.choices.items() if model.eval(held, model_completion=True)]
            return " ".join(taken)
        value = model.eval(term.value, model_completion=True)
        kind = "date" if name == "today()" else self.domains.get(name, Domain("any")).kind
        if kind == "bool":
            return bool(value)
        if kind == "date":
            return datetime.date.fromordinal(value.as_long())
        if kind == "number":
            return value.as_long() if term.whole else Decimal(value.as_long()).scaleb(-6)
        return self._text(model, term)

    def _text(self, model: Any, term: Term) -> str:
        number = model.eval(term.value, model_completion=True).as_long()
        known = {number: text for text, number in self.texts.items()}
        return known.get(number, f"any text {number}")

    def _declare(self, name: str, domain: Domain) -> Term:
        z3 = _z3()
        known = z3.Bool(f"{name} known")
        if domain.kind == "bool":
            return Term(z3.Bool(name), known)
        if domain.several:
            return Term(z3.Int(name), known, choices={code: z3.Bool(f"{name} has {code}") for code in domain.codes})
        made = Term(z3.Int(name), known, whole=domain.whole)
        self.limits.extend(self._limits(z3, made, domain))
        return made

    def _limits(self, z3: Any, made: Term, domain: Domain) -> list[Any]:
        if domain.kind == "date":
            return [made.value >= FIRST_DAY, made.value <= LAST_DAY]
        if domain.kind == "number":
            unit = 1 if domain.whole else MILLION
            least = -LIMIT * unit + 1 if domain.least is None else domain.least * unit
            most = LIMIT * unit - 1 if domain.most is None else domain.most * unit
            return [made.value >= least, made.value <= most]
        if domain.codes:
            return [_one_of(z3, made.value, [self.text(code) for code in domain.codes])]
        return [made.value >= 0]


def _one_of(z3: Any, value: Any, numbers: list[int]) -> Any:
    return z3.Or(*(value == number for number in numbers))


def to_z3(expression: Expression, answers: Answers) -> Formula:
    """Print an expression as a z3 condition over the answers of one unit, with the semantics of `compile_python`.

    answers: shared by all expressions of a proof; a solver is given `answers.constraints` after the last one was
    printed. Returns a Formula; where its `unproved` is not empty, only what z3 finds impossible is proved.
    Raises ExpressionError as the other printers do, SystemPartError where z3 is not installed.

    >>> answers = Answers({"rd": Domain("number", whole=True, least=0), "staff": Domain("number", whole=True, least=0)})
    >>> from uptake.contract.expressions import parse
    >>> broken = to_z3(parse("${rd} <= ${staff}"), answers).fails  # doctest: +SKIP
    """
    from uptake.contract.expressions.errors import ExpressionError, Misuse

    try:
        return answers.formula(expression.node)
    except Misuse as misuse:
        raise ExpressionError(misuse.message, text=expression.text, at=misuse.at, place=expression.place) from None
