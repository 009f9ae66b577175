"""Expression to SQL text with the same results as the Python closures; NULL stands for unknown in every dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from uptake.contract.expressions.dialects import Dialect, quoted
from uptake.contract.expressions.errors import Misuse
from uptake.contract.expressions.patterns import normal
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
from uptake.contract.expressions.values import LIMIT, as_number

Columns = Mapping[str, str]
# An expression of the greatest length prints to less than this; what passes it was made to grow.
LONGEST = 400_000


def print_node(node: Node, columns: Columns, dialect: Dialect) -> str:
    """Return the SQL text of a typed tree. columns: the column of a field, where it differs from the field's name."""
    return _Printer(columns, dialect).print(node)


@dataclass(frozen=True, slots=True)
class _Printer:
    columns: Columns
    dialect: Dialect

    def print(self, node: Node) -> str:
        made = self._print(node)
        if len(made) > LONGEST:
            raise Misuse(f"the SQL of this would be longer than {LONGEST} characters. Split the expression.", node.at)
        return made

    def _print(self, node: Node) -> str:
        if isinstance(node, Number):
            return self.dialect.literal(Decimal(as_number(node.value) or 0))
        if isinstance(node, String):
            return quoted(node.value)
        if isinstance(node, Field):
            return _column(self.columns.get(node.name, node.name))
        if isinstance(node, State):
            return self._state(node.name)
        if isinstance(node, Column):
            return self._cells(node)
        if isinstance(node, Negative):
            return f"(-{self.print(node.operand)})"
        if isinstance(node, Arithmetic):
            return self._arithmetic(node)
        if isinstance(node, Comparison):
            return self._comparison(node)
        if isinstance(node, Junction):
            return "(" + f" {node.word.upper()} ".join(self.print(part) for part in node.parts) + ")"
        if isinstance(node, Cast):
            return self._cast(node.source, node.target, self.print(node.operand))
        if isinstance(node, Call):
            return self._call(node)
        assert_never(node)

    def _state(self, name: str) -> str:
        known = self.columns.get(f"{name}_state")
        return _column(known if known is not None else f"{self.columns.get(name, name)}_state")

    def _arithmetic(self, node: Arithmetic) -> str:
        left, right = self.print(node.left), self.print(node.right)
        if node.sign == "mod":
            return self.dialect.rest(left, right)
        if node.sign == "div":
            return self.dialect.bounded(self.dialect.divided(left, right))
        if node.sign == "*":
            left, right = _factor(node.left) or left, _factor(node.right) or right
            return self.dialect.bounded(self.dialect.times(left, right))
        return self.dialect.bounded(f"({left} {node.sign} {right})")

    def _comparison(self, node: Comparison) -> str:
        left, right = self.print(node.left), self.print(node.right)
        sign = "<>" if node.sign == "!=" else node.sign
        if node.kind == "any":
            numbers, texts = (
                f"{self._cast('any', kind, left)} {sign} {self._cast('any', kind, right)}" for kind in _BOTH
            )
            return f"COALESCE({numbers}, {texts})"
        return f"({left} {sign} {right})"

    def _cast(self, source: Kind, target: Kind, value: str) -> str:
        """Convert by the rules of values.py, for columns whose type nobody told."""
        if (source, target) == ("any", "bool"):
            text, number = self.dialect.any_to_text(value), self.dialect.any_to_number(value)
            return f"(CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE ELSE {number} <> 0 END)"
        if (source, target) == ("number", "bool"):
            return f"({value} <> 0)"
        convert: Callable[[str], str] = getattr(self.dialect, f"{source}_to_{target}")
        return convert(value)

    def _call(self, node: Call) -> str:
        if node.name == "today":
            column = self.columns.get("today()")
            return self.dialect.any_to_date(_column(column)) if column else self.dialect.null_date
        if node.name == "regex":
            text, pattern = node.arguments
            assert isinstance(pattern, String)
            return self.dialect.matches(self.print(text), normal(pattern.value))
        if node.name == "round" and len(node.arguments) == 2:
            places = node.arguments[1]
            assert isinstance(places, Number)
            return self.dialect.bounded(f"round({self.print(node.arguments[0])}, {int(places.value)})")
        if node.name == "count-distinct" or any(isinstance(part, Column) for part in node.arguments):
            return self._aggregate(node)
        return _FUNCTIONS[node.name]([self.print(part) for part in node.arguments], self.dialect)

    def _aggregate(self, node: Call) -> str:
        """Take whole columns and single values as one list; a column that is NULL, not asked, makes the result NULL."""
        columns = [part for part in node.arguments if isinstance(part, Column)]
        if node.name == "count":
            made = " + ".join(self._count(part) for part in node.arguments)
        else:
            single = [f"[{self.print(part)}]" for part in node.arguments if not isinstance(part, Column)]
            cells = self.dialect.listed([*(self._cells(column) for column in columns), *single])
            made = self.dialect.of_cells(node.name, cells)
        made = self.dialect.whole(f"({made})") if node.name.startswith("count") else self.dialect.bounded(made)
        if not columns:
            return made
        asked = " AND ".join(f"{self._list(column)} IS NOT NULL" for column in columns)
        return f"(CASE WHEN {asked} THEN {made} END)"

    def _count(self, part: Node) -> str:
        if isinstance(part, Column):
            return self.dialect.of_cells("count", self._cells(part))
        return f"(CASE WHEN {self.print(part)} IS NULL THEN 0 ELSE 1 END)"

    def _list(self, column: Column) -> str:
        name = f"{column.name}[]"
        return _column(self.columns.get(name, name))

    def _cells(self, column: Column) -> str:
        """Return the list of a column with every cell converted as one answer would be."""

        def convert(cell: str) -> str:
            made = cell if column.source == "any" else self._cast("any", column.source, cell)
            return made if column.target == column.source else self._cast(column.source, column.target, made)

        return self.dialect.converted(self._list(column), convert)


_BOTH: tuple[Kind, Kind] = ("number", "text")


def _factor(node: Node) -> str:
    """A whole number as written: multiplying by it needs no more places, which spares DuckDB a slow conversion."""
    whole = isinstance(node, Number) and node.value == node.value.to_integral_value()
    return f"{int(node.value)}" if isinstance(node, Number) and whole else ""


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# Functions


def _extreme(function: str, worst: str) -> Callable[[list[str], Dialect], str]:
    """greatest() and least() skip NULL; here an unknown argument becomes the limit, which wins."""

    def made(values: list[str], dialect: Dialect) -> str:
        return dialect.bounded(f"{function}({', '.join(f'COALESCE({value}, {worst})' for value in values)})")

    return made


def _count(values: list[str], dialect: Dialect) -> str:
    return dialect.whole("(" + " + ".join(f"(CASE WHEN {value} IS NULL THEN 0 ELSE 1 END)" for value in values) + ")")


def _rounded(function: str) -> Callable[[list[str], Dialect], str]:
    return lambda values, dialect: dialect.bounded(f"{function}({values[0]})")


def _same(values: list[str], dialect: Dialect) -> str:
    return values[0]


_FUNCTIONS: dict[str, Callable[[list[str], Dialect], str]] = {
    "selected": lambda v, d: f"(POSITION(' ' || {v[1]} || ' ' IN ' ' || {v[0]} || ' ') > 0)",
    "count-selected": lambda v, d: d.whole(d.choices(v[0])),
    "coalesce": lambda v, d: f"COALESCE({', '.join(v)})",
    "if": lambda v, d: d.choice(*v),
    "round": _rounded("round"),
    "int": _rounded("trunc"),
    "floor": _rounded("floor"),
    "ceiling": _rounded("ceil"),
    "abs": lambda v, d: f"abs({v[0]})",
    "number": _same,
    "string": _same,
    "boolean": _same,
    "date": _same,
    "string-length": lambda v, d: d.whole(f"length({v[0]})"),
    "concat": lambda v, d: f"({' || '.join(v)})",
    "contains": lambda v, d: f"(strpos({v[0]}, {v[1]}) > 0)",
    "starts-with": lambda v, d: f"starts_with({v[0]}, {v[1]})",
    "ends-with": lambda v, d: d.ends_with(v[0], v[1]),
    "sum": lambda v, d: d.bounded(f"({' + '.join(v)})"),
    "count": _count,
    "min": _extreme("least", f"CAST(-{LIMIT} AS DECIMAL(38, 6))"),
    "max": _extreme("greatest", f"CAST({LIMIT} AS DECIMAL(38, 6))"),
    "not": lambda v, d: f"(NOT {v[0]})",
    "true": lambda v, d: "TRUE",
    "false": lambda v, d: "FALSE",
}
