"""What the factors of a formula mean: columns, codes, functions and comparisons, as SQL over the columns."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from analysis.source import Source, is_numeric, literal
from uptake.contract.errors import EstimationError, did_you_mean

FUNCTIONS = {
    "log": "LN({})", "log2": "LOG2({})", "log10": "LOG10({})", "log1p": "LN(1 + {})", "exp": "EXP({})",
    "sqrt": "SQRT({})", "abs": "ABS({})", "I": "{}", "square": "POWER({}, 2)",
}  # fmt: skip
_ARITHMETIC = {ast.Add: "({} + {})", ast.Sub: "({} - {})", ast.Mult: "({} * {})", ast.Div: "({} / {})",
               ast.Pow: "POWER({}, {})", ast.BitAnd: "({} AND {})", ast.BitOr: "({} OR {})"}  # fmt: skip
_COMPARISON = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a term: its name, the SQL of a number, or of codes whose first level (or `reference`) is left out."""

    name: str
    sql: str
    coded: bool = False
    reference: object = None


@dataclass(frozen=True, slots=True)
class _Value:
    """SQL with what it holds: a number, a truth value, text; `constant` where it was written in the formula."""

    sql: str
    kind: str
    constant: object = None


def factor(text: str, source: Source) -> Factor:
    """Return the meaning of a factor.

    A numeric column or expression is itself; a text or category column is coded by its levels, as is `C(column)` or
    `C(column, Treatment("level"))`; a comparison is an indicator, empty where its column is empty.
    """
    if (plain := text.strip()) in source.types:  # R's habit of dots in names: api.stu
        text = f"Q({plain!r})"
    tree = _parsed(text)
    if isinstance(tree, ast.Call) and _called(tree) == "C":
        return _coded(text, tree, source)
    if (column := _column_name(tree)) is not None and not is_numeric(_type(column, source)):
        return Factor(column, source.column(column), coded=True)
    value = _value(tree, source, text)
    if value.kind == "text":
        raise _fault(text, "is text", "compare it with a level, or put it in C(...)")
    sql = f"CASE WHEN {value.sql} THEN 1 WHEN NOT ({value.sql}) THEN 0 END" if value.kind == "truth" else value.sql
    return Factor(_name(tree, text), sql)


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as fault:
        raise _fault(text, "cannot be read", "check its quotes, signs and parentheses") from fault


def _fault(text: str, wrong: str, change: str) -> EstimationError:
    return EstimationError(f'"{text}" in the formula {wrong} - it cannot enter a model; {change}.', code="FORMULA")


def _called(tree: ast.Call) -> str:
    """The name of a function; np.log is log."""
    if isinstance(tree.func, ast.Attribute) and isinstance(tree.func.value, ast.Name) and tree.func.value.id == "np":
        return tree.func.attr
    return tree.func.id if isinstance(tree.func, ast.Name) else ""


def _column_name(tree: ast.expr) -> str | None:
    """The column that an expression is, if it is nothing else."""
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Call) and _called(tree) == "Q" and len(tree.args) == 1:
        inside = tree.args[0]
        return inside.value if isinstance(inside, ast.Constant) and isinstance(inside.value, str) else None
    return None


def _type(column: str, source: Source) -> str:
    source.require([column], "the formula", estimating=True)
    return source.types[column]


def _coded(text: str, tree: ast.Call, source: Source) -> Factor:
    column = _column_name(tree.args[0]) if tree.args else None
    if column is None:
        raise _fault(text, "codes something that is not a column", 'write C(column) or C(column, Treatment("level"))')
    _type(column, source)
    reference = None
    for extra in (*tree.args[1:], *(keyword.value for keyword in tree.keywords)):
        inner = [*extra.args, *(k.value for k in extra.keywords)] if isinstance(extra, ast.Call) else [extra]
        if len(inner) != 1 or not isinstance(inner[0], ast.Constant):
            raise _fault(text, "names no level as the reference", 'write C(column, Treatment("level"))')
        reference = inner[0].value
    return Factor(column, source.column(column), coded=True, reference=reference)


def _name(tree: ast.expr, text: str) -> str:
    """The name of a coefficient: `size=M` for an indicator, the text otherwise."""
    inner = tree.args[0] if isinstance(tree, ast.Call) and _called(tree) == "I" and len(tree.args) == 1 else tree
    if isinstance(inner, ast.Compare) and len(inner.ops) == 1 and isinstance(inner.ops[0], ast.Eq):
        column, level = _column_name(inner.left), inner.comparators[0]
        if column is not None and isinstance(level, ast.Constant):
            return f"{column}={level.value!s}"
    return _column_name(inner) or text.strip()


def _value(tree: ast.expr, source: Source, text: str) -> _Value:
    column = _column_name(tree)
    if column is not None:
        kind = _type(column, source)
        sql = source.column(column)
        if kind == "BOOLEAN":
            return _Value(f"CAST({sql} AS DOUBLE)", "number")
        return _Value(f"CAST({sql} AS DOUBLE)", "number") if is_numeric(kind) else _Value(sql, "text")
    if isinstance(tree, ast.Constant) and isinstance(tree.value, bool | int | float | str):
        number = isinstance(tree.value, bool | int | float)
        return _Value(literal(float(tree.value) if number else tree.value), "number" if number else "text", tree.value)
    if isinstance(tree, ast.UnaryOp):
        return _unary(tree, source, text)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _ARITHMETIC:
        return _binary(tree, source, text)
    if isinstance(tree, ast.BoolOp):
        word = " AND " if isinstance(tree.op, ast.And) else " OR "
        return _Value(f"({word.join(_truth(part, source, text) for part in tree.values)})", "truth")
    if isinstance(tree, ast.Compare):
        return _compared(tree, source, text)
    if isinstance(tree, ast.Call):
        return _function(tree, source, text)
    raise _fault(text, "uses what a formula does not have", "use columns, numbers, + - * / **, comparisons and "
                 f"the functions {', '.join(FUNCTIONS)}")  # fmt: skip


def _number(tree: ast.expr, source: Source, text: str) -> str:
    value = _value(tree, source, text)
    if value.kind == "truth":
        return f"CASE WHEN {value.sql} THEN 1 WHEN NOT ({value.sql}) THEN 0 END"
    if value.kind == "text":
        raise _fault(text, "computes with text", "compare text with a level")
    return value.sql


def _truth(tree: ast.expr, source: Source, text: str) -> str:
    value = _value(tree, source, text)
    return value.sql if value.kind == "truth" else f"({_number(tree, source, text)} <> 0)"


def _unary(tree: ast.UnaryOp, source: Source, text: str) -> _Value:
    if isinstance(tree.op, ast.Not | ast.Invert):
        return _Value(f"(NOT {_truth(tree.operand, source, text)})", "truth")
    sign = "-" if isinstance(tree.op, ast.USub) else ""
    return _Value(f"({sign}{_number(tree.operand, source, text)})", "number")


def _binary(tree: ast.BinOp, source: Source, text: str) -> _Value:
    logical = isinstance(tree.op, ast.BitAnd | ast.BitOr)
    take = _truth if logical else _number
    sql = _ARITHMETIC[type(tree.op)].format(take(tree.left, source, text), take(tree.right, source, text))
    return _Value(sql, "truth" if logical else "number")


def _compared(tree: ast.Compare, source: Source, text: str) -> _Value:
    parts = []
    for left, sign, right in zip([tree.left, *tree.comparators], tree.ops, tree.comparators, strict=False):
        if isinstance(sign, ast.In | ast.NotIn) and isinstance(right, ast.List | ast.Tuple | ast.Set):
            found = " OR ".join(_pair(left, "=", level, source, text) for level in right.elts) or "FALSE"
            parts.append(f"(NOT ({found}))" if isinstance(sign, ast.NotIn) else f"({found})")
        elif type(sign) in _COMPARISON:
            parts.append(_pair(left, _COMPARISON[type(sign)], right, source, text))
        else:
            raise _fault(text, "compares in a way a formula does not have", "use == != < <= > >= or in [...]")
    return _Value(f"({' AND '.join(parts)})", "truth")


def _pair(left: ast.expr, sign: str, right: ast.expr, source: Source, text: str) -> str:
    """One comparison; "2" compared with a column of numbers is the number 2, and 2 with a column of text the text."""
    one, other = _value(left, source, text), _value(right, source, text)
    if one.kind != other.kind:
        one, other = _alike(one, other, text), _alike(other, one, text)
    return f"({one.sql} {sign} {other.sql})"


def _alike(value: _Value, other: _Value, text: str) -> _Value:
    if value.constant is None:
        return value
    try:
        if other.kind == "number":
            return _Value(literal(float(str(value.constant))), "number")
    except ValueError:
        raise _fault(text, f'compares numbers with the text "{value.constant}"', "give a number") from None
    return _Value(literal(str(value.constant)), "text")


def _function(tree: ast.Call, source: Source, text: str) -> _Value:
    name = _called(tree)
    if name not in FUNCTIONS or len(tree.args) != 1 or tree.keywords:
        known = f"use one of {', '.join(FUNCTIONS)}, C or Q with one column"
        raise _fault(text, f'calls "{name or ast.unparse(tree.func)}", which a formula does not have',
                     f"{known}{did_you_mean(name, FUNCTIONS)}".removesuffix("."))  # fmt: skip
    if name == "I":
        return _value(tree.args[0], source, text)
    return _Value(FUNCTIONS[name].format(_number(tree.args[0], source, text)), "number")
