"""The expression language of studies: the XLSForm subset, parsed once, printed to Python closures and to SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from uptake.contract.expressions.dialects import DUCKDB, POSTGRESQL, Dialect
from uptake.contract.expressions.errors import ExpressionError, Misuse
from uptake.contract.expressions.functions import FUNCTIONS
from uptake.contract.expressions.grammar import read
from uptake.contract.expressions.kinds import Kinds, convert, typed
from uptake.contract.expressions.python import compile_node
from uptake.contract.expressions.sql import print_node
from uptake.contract.expressions.tree import Call, Column, Field, Kind, Node, Number, State, walk
from uptake.contract.expressions.values import total
from uptake.contract.yamlfile import Place

__all__ = [
    "FUNCTIONS",
    "Expression",
    "ExpressionError",
    "Kind",
    "compile_python",
    "parse",
    "print_sql",
    "rounded",
    "to_duckdb",
    "to_postgresql",
    "total",
]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read: its text, its tree, and the line it came from."""

    text: str
    node: Node
    place: Place | None = None

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose answers or states the expression asks for, columns of rosters among them."""
        return frozenset(node.name for node, _ in walk(self.node) if isinstance(node, Field | State | Column))

    @property
    def bare(self) -> frozenset[str]:
        """The fields of which it asks for one answer, not for those of all rows of a roster."""
        return frozenset(node.name for node, _ in walk(self.node) if isinstance(node, Field | State))

    @property
    def columns(self) -> frozenset[str]:
        """The columns of rosters of which it asks for all rows."""
        return frozenset(node.name for node, _ in walk(self.node) if isinstance(node, Column))

    @property
    def states(self) -> frozenset[str]:
        """The fields whose states it asks for."""
        return frozenset(node.name for node, _ in walk(self.node) if isinstance(node, State))

    @property
    def kind(self) -> Kind:
        """What the expression gives, as far as it shows without knowing the fields: bool, number, text, date or any."""
        return typed(self.node, {})[1]


def parse(
    text: str, place: Place | None = None, *, this: str | None = None, columns: frozenset[str] = frozenset()
) -> Expression:
    """Read an expression.

    text: such as `${staff} > 0 and ${uses_ai} = 'yes'`. place: its line, for the error. this: the field that `.` means.
    columns: the fields with an answer a row (columns of a roster); sum, count, min, max and count-distinct take them
    whole, elsewhere such a field is the one of the row at hand.
    Returns an Expression. Raises ExpressionError, an UptakeError that says where in the text and what to write;
    its `.fault` goes straight into a list of faults.

    >>> sorted(parse("${rd} <= ${staff}").fields)
    ['rd', 'staff']
    """
    try:
        node = read(text, this, columns)
        typed(node, {})
    except Misuse as misuse:
        raise ExpressionError(misuse.message, text=text, at=misuse.at, place=place) from None
    return Expression(text, node, place)


def rounded(expression: Expression, places: int) -> Expression:
    """Return the expression rounded to so many places (0 to 6), halves away from zero.

    >>> compile_python(rounded(parse("2 div 3"), 2))({})
    Decimal('0.67')
    """
    node = Call("round", (expression.node, Number(Decimal(places))))
    return Expression(expression.text, node, expression.place)


def compile_python(
    expression: Expression, *, kinds: Kinds | None = None, to: Kind = "any"
) -> Callable[[Mapping[str, object]], object]:
    """Compile to a closure from the values of fields to the result.

    kinds: the kind of each field where known. to: the kind the result is converted to; conditions use "bool".
    The closure takes a mapping from field to value (str, int, Decimal, float, bool, date, or a tuple of codes); a field
    that is missing or None is unknown, and so is what follows from it: the result is then None.
    States stand in the mapping as `<field>_state`, the day of `today()` as `today()`.

    >>> holds = compile_python(parse("${rd} <= ${staff}"), to="bool")
    >>> holds({"rd": 4, "staff": 20}), holds({"rd": 30, "staff": 20}), holds({"rd": 4})
    (True, False, None)
    """
    return compile_node(_typed(expression, kinds, to))


def to_duckdb(
    expression: Expression, columns: Mapping[str, str] | None = None, *, kinds: Kinds | None = None, to: Kind = "any"
) -> str:
    """Print as SQL text for DuckDB with the semantics of `compile_python`; NULL is unknown.

    columns: the column of a field where its name differs. The state of a field stands in `<column>_state`.
    No query stops: a result of 10^20 or more, and a division by zero, is NULL.

    >>> to_duckdb(parse("${staff} > 3"), kinds={"staff": "number"}).endswith(" > CAST(3 AS DECIMAL(26, 6)))")
    True
    """
    return print_sql(expression, DUCKDB, columns, kinds=kinds, to=to)


def to_postgresql(
    expression: Expression, columns: Mapping[str, str] | None = None, *, kinds: Kinds | None = None, to: Kind = "any"
) -> str:
    """Print as SQL text for PostgreSQL 13 or later with the semantics of `compile_python`; NULL is unknown.

    columns, kinds, to: as for `to_duckdb`. The session's DateStyle must be ISO, which it is unless set otherwise; where
    the text goes through a driver together with parameters, its % must be doubled.

    >>> to_postgresql(parse("regex('2026', '[0-9]{4}')"))
    "('2026' ~ '^(?:[0-9]{4})$')"
    """
    return print_sql(expression, POSTGRESQL, columns, kinds=kinds, to=to)


def print_sql(
    expression: Expression,
    dialect: Dialect,
    columns: Mapping[str, str] | None = None,
    *,
    kinds: Kinds | None = None,
    to: Kind = "any",
) -> str:
    """Print as SQL text of a dialect: what `to_duckdb` and `to_postgresql` do, for callers that are told which one."""
    return _sql(_typed(expression, kinds, to), expression, columns or {}, dialect)


def _sql(node: Node, expression: Expression, columns: Mapping[str, str], dialect: Dialect) -> str:
    try:
        return print_node(node, columns, dialect)
    except Misuse as misuse:
        raise _error(misuse, expression) from None


def _typed(expression: Expression, kinds: Kinds | None, to: Kind) -> Node:
    try:
        return convert(typed(expression.node, kinds or {}), to)
    except Misuse as misuse:
        raise _error(misuse, expression) from None


def _error(misuse: Misuse, expression: Expression) -> ExpressionError:
    return ExpressionError(misuse.message, text=expression.text, at=misuse.at, place=expression.place)
