"""Formulas over estimates, such as "log(north / south)", with the gradient that the delta method needs."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from analysis.fixedpoint import Floats
from uptake.contract.errors import EstimationError

_QUOTED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Dual:
    """A number with its gradient (P,): arithmetic on it differentiates as it goes."""

    value: float
    slope: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, value: float) -> Dual:
        """Return a constant."""
        return cls(float(value))

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, _sum(self.slope, other.slope))

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, _sum(self.slope, -other.slope))

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, _sum(self.slope * other.value, other.slope * self.value))

    def __truediv__(self, other: Dual) -> Dual:
        below = np.float64(other.value)
        value = np.float64(self.value) / below
        return Dual(float(value), _sum(self.slope / below, -other.slope * (value / below)))

    def __pow__(self, other: Dual) -> Dual:
        if not other.slope.size:
            power, base = other.value, np.float64(self.value)
            return Dual(float(base**power), self.slope * (power * base ** (power - 1)))
        return exponential(logarithm(self) * other)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)


def logarithm(at: Dual) -> Dual:
    """Return log x; NaN where x is not above zero."""
    value = float(np.log(np.float64(at.value))) if at.value > 0 else math.nan
    return Dual(value, at.slope / np.float64(at.value))


def exponential(at: Dual) -> Dual:
    """Return e to the x."""
    value = float(np.exp(at.value))
    return Dual(value, at.slope * value)


def _logit(at: Dual) -> Dual:
    return logarithm(at / (Dual.of(1) - at))


def _expit(at: Dual) -> Dual:
    return Dual.of(1) / (Dual.of(1) + exponential(-at))


def _sqrt(at: Dual) -> Dual:
    return at ** Dual.of(0.5)


def _sum(one: Floats, other: Floats) -> Floats:
    if not one.size or not other.size:
        return one if one.size else other
    return one + other


def evaluate(text: str, lookup: Callable[[str], Dual]) -> Dual:
    """Return the value and gradient of a formula: + - * / **, log, exp, sqrt, logit, expit, numbers, and names.

    A name that is no plain word stands in quotes or backticks: "'110000' / '120000'".

    >>> made = evaluate("2 * north - 1", lambda name: Dual(3.0, np.ones(1)))
    >>> made.value, made.slope.tolist()
    (5.0, [2.0])
    """
    try:
        tree = ast.parse(_QUOTED.sub(lambda found: repr(found[1]), text).strip(), mode="eval")
    except SyntaxError as fault:
        raise _refused(text, "cannot be read") from fault
    return _walk(tree.body, text, lookup)


def _walk(node: ast.expr, text: str, lookup: Callable[[str], Dual]) -> Dual:
    match node:
        case ast.Constant(value=bool()):
            raise _refused(text, "holds a truth value")
        case ast.Constant(value=int() | float() as number):
            return Dual.of(number)
        case ast.Constant(value=str(name)) | ast.Name(id=name):
            return lookup(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_walk(inner, text, lookup)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            return _SIGNS[type(sign)](_walk(left, text, lookup), _walk(right, text, lookup))
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_walk(inner, text, lookup))
    raise _refused(text, f'holds "{ast.unparse(node)}"')


def _refused(text: str, fault: str) -> EstimationError:
    return EstimationError(
        f'the formula "{text}" {fault} - it may use + - * / **, {", ".join(_FUNCTIONS)}, numbers, and the names of '
        "estimates (in quotes where they are no plain word).",
        code="FORMULA",
    )


_SIGNS: dict[type[ast.operator], Callable[[Dual, Dual], Dual]] = {
    ast.Add: Dual.__add__, ast.Sub: Dual.__sub__, ast.Mult: Dual.__mul__, ast.Div: Dual.__truediv__,
    ast.Pow: Dual.__pow__,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[Dual], Dual]] = {
    "log": logarithm, "exp": exponential, "sqrt": _sqrt, "logit": _logit, "expit": _expit,
}  # fmt: skip
