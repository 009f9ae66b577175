"""Expression to SQL text for DuckDB, with the same results as the Python closures; NULL stands for unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Cast,
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

Columns = Mapping[str, str]
_DECIMAL = "DECIMAL(38, 6)"


def print_node(node: Node, columns: Columns) -> str:
    """Return the SQL text of a typed tree. columns: the column of a field, where it differs from the field's name."""
    if isinstance(node, Number):
        return f"CAST({node.value:f} AS {_DECIMAL})"
    if isinstance(node, String):
        return _quoted(node.value)
    if isinstance(node, Field):
        return _column(columns.get(node.name, node.name))
    if isinstance(node, State):
        return _state(node.name, columns)
    if isinstance(node, Negative):
        return f"(-{print_node(node.operand, columns)})"
    if isinstance(node, Arithmetic):
        return _arithmetic(node, columns)
    if isinstance(node, Comparison):
        return _comparison(node, columns)
    if isinstance(node, Junction):
        return "(" + f" {node.word.upper()} ".join(print_node(part, columns) for part in node.parts) + ")"
    if isinstance(node, Cast):
        return _CASTS[node.source, node.target](print_node(node.operand, columns))
    if isinstance(node, Call):
        return _call(node, columns)
    assert_never(node)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _state(name: str, columns: Columns) -> str:
    known = columns.get(f"{name}_state")
    return _column(known if known is not None else f"{columns.get(name, name)}_state")


def _arithmetic(node: Arithmetic, columns: Columns) -> str:
    left, right = print_node(node.left, columns), print_node(node.right, columns)
    if node.sign == "div":
        # Whole numbers of millionths, because DuckDB's / gives a binary fraction; digits beyond six places are cut.
        top, bottom = _millionths(left), _millionths(right)
        quotient = f"(({top} * 1000000) // NULLIF({bottom}, 0))"
        return f"CAST(CAST({quotient} AS DECIMAL(38, 0)) * CAST(0.000001 AS DECIMAL(6, 6)) AS {_DECIMAL})"
    if node.sign == "mod":
        return f"({left} % NULLIF({right}, 0))"
    if node.sign == "*":
        return f"CAST({left} * {right} AS {_DECIMAL})"
    return f"({left} {node.sign} {right})"


def _millionths(number: str) -> str:
    return f"CAST({number} * 1000000 AS HUGEINT)"


def _comparison(node: Comparison, columns: Columns) -> str:
    left, right = print_node(node.left, columns), print_node(node.right, columns)
    sign = "<>" if node.sign == "!=" else node.sign
    if node.kind == "any":
        numbers = f"{_CASTS['any', 'number'](left)} {sign} {_CASTS['any', 'number'](right)}"
        return f"COALESCE({numbers}, {_CASTS['any', 'text'](left)} {sign} {_CASTS['any', 'text'](right)})"
    return f"({left} {sign} {right})"


# Conversions: the same rules as in python.py, for columns whose type nobody told.


def _number_to_text(number: str) -> str:
    return f"regexp_replace(CAST({number} AS VARCHAR), '\\.?0+$', '')"


def _any_to_bool(value: str) -> str:
    text = _any_to_text(value)
    return f"(CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE ELSE {_any_to_number(value)} <> 0 END)"


def _any_to_number(value: str) -> str:
    return f"TRY_CAST({value} AS {_DECIMAL})"


def _any_to_text(value: str) -> str:
    return f"CAST({value} AS VARCHAR)"


def _any_to_date(value: str) -> str:
    return f"TRY_CAST({value} AS DATE)"


_CASTS: dict[tuple[Kind, Kind], Callable[[str], str]] = {
    ("any", "bool"): _any_to_bool,
    ("any", "number"): _any_to_number,
    ("any", "text"): _any_to_text,
    ("any", "date"): _any_to_date,
    ("number", "text"): _number_to_text,
    ("number", "bool"): lambda value: f"({value} <> 0)",
    ("text", "number"): _any_to_number,
    ("text", "date"): _any_to_date,
    ("date", "text"): _any_to_text,
}


# Functions


def _strict(values: list[str], function: str) -> str:
    """greatest() and least() skip NULL; here one unknown argument makes the result unknown."""
    missing = " OR ".join(f"{value} IS NULL" for value in values)
    return f"(CASE WHEN {missing} THEN NULL ELSE {function}({', '.join(values)}) END)"


def _count(values: list[str]) -> str:
    terms = " + ".join(f"(CASE WHEN {value} IS NULL THEN 0 ELSE 1 END)" for value in values)
    return f"CAST({terms} AS {_DECIMAL})"


def _if(values: list[str]) -> str:
    condition, then, otherwise = values
    return f"(CASE WHEN {condition} THEN {then} WHEN NOT {condition} THEN {otherwise} END)"


_FUNCTIONS: dict[str, Callable[[list[str]], str]] = {
    "selected": lambda v: f"(POSITION(' ' || {v[1]} || ' ' IN ' ' || {v[0]} || ' ') > 0)",
    "count-selected": lambda v: f"CAST(len(string_split_regex(trim({v[0]}), ' +')) AS {_DECIMAL})",
    "coalesce": lambda v: f"COALESCE({', '.join(v)})",
    "if": _if,
    "round": lambda v: f"CAST(round({v[0]}) AS {_DECIMAL})",
    "int": lambda v: f"CAST(trunc({v[0]}) AS {_DECIMAL})",
    "abs": lambda v: f"abs({v[0]})",
    "number": lambda v: v[0],
    "string": lambda v: v[0],
    "string-length": lambda v: f"CAST(length({v[0]}) AS {_DECIMAL})",
    "regex": lambda v: f"regexp_full_match({v[0]}, {v[1]})",
    "sum": lambda v: f"({' + '.join(v)})",
    "count": _count,
    "min": lambda v: _strict(v, "least"),
    "max": lambda v: _strict(v, "greatest"),
    "not": lambda v: f"(NOT {v[0]})",
    "true": lambda v: "TRUE",
    "false": lambda v: "FALSE",
    "date": lambda v: v[0],
}


def _call(node: Call, columns: Columns) -> str:
    if node.name == "today":
        column = columns.get("today()")
        return _any_to_date(_column(column)) if column else "CAST(NULL AS DATE)"
    values = [print_node(part, columns) for part in node.arguments]
    if node.name == "round" and len(node.arguments) == 2:
        places = node.arguments[1]
        assert isinstance(places, Number)
        return f"CAST(round({values[0]}, {int(places.value)}) AS {_DECIMAL})"
    return _FUNCTIONS[node.name](values)
