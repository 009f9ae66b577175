"""Values at run time: conversions between kinds, exact arithmetic to six places, comparisons; None is unknown."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from uptake.contract.expressions.tree import Kind

# Wide enough that sums and products below LIMIT are exact before they are brought to six places.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_STEP = Decimal("0.000001")
_MILLION = 10**6
LIMIT = 10**20
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", re.ASCII)


def as_number(value: object) -> int | Decimal | None:
    """Return a value as a number of at most six places, or None where it is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < LIMIT else None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
        value = Decimal(value.strip())
    return _six_places(value) if isinstance(value, Decimal) else None


def _six_places(value: Decimal) -> int | Decimal | None:
    if not value.is_finite() or abs(value) >= LIMIT:
        return None
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and -6 <= exponent <= 0 else value.quantize(_STEP, context=EXACT)


def as_text(value: object) -> str | None:
    """Return a value as text: numbers without idle zeros, several choices separated by spaces, days as 2026-12-31."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        number = as_number(value)
        return None if number is None else _plain(number)
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    if isinstance(value, tuple | list):
        return " ".join(str(part) for part in value)
    return None


def _plain(number: int | Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_bool(value: object) -> bool | None:
    """Return a value as a condition: a number holds unless 0, a text must be `true` or `false`, else it is unknown."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    number = as_number(value)
    return None if number is None else number != 0


def as_date(value: object) -> datetime.date | None:
    """Return a value as a day, from a date, a time stamp or the text 2026-12-31."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return None
    return None


CASTS: dict[Kind, Callable[[Any], Any]] = {
    "number": as_number, "text": as_text, "bool": as_bool, "date": as_date, "any": lambda value: value,
}  # fmt: skip


def _bounded(value: Any) -> int | Decimal | None:
    if isinstance(value, int):
        return value if abs(value) < LIMIT else None
    return _six_places(value)


def _scaled(value: int | Decimal) -> int:
    return value * _MILLION if isinstance(value, int) else int(EXACT.multiply(value, Decimal(_MILLION)))


def _unscaled(value: int) -> int | Decimal | None:
    return _bounded(EXACT.multiply(Decimal(value), _STEP))


def _divide(a: int | Decimal, b: int | Decimal) -> int | Decimal | None:
    """Divide to six places, cutting further digits; division by zero is unknown."""
    top, bottom = _scaled(a) * _MILLION, _scaled(b)
    if bottom == 0:
        return None
    quotient = abs(top) // abs(bottom)
    return _unscaled(quotient if (top < 0) == (bottom < 0) else -quotient)


def _modulo(a: int | Decimal, b: int | Decimal) -> int | Decimal | None:
    """Return the remainder with the sign of the first operand, as XPath does."""
    top, bottom = _scaled(a), _scaled(b)
    if bottom == 0:
        return None
    rest = abs(top) % abs(bottom)
    return _unscaled(rest if top >= 0 else -rest)


def _exactly(operation: Callable[[Decimal, Decimal], Decimal], plain: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def apply(a: int | Decimal, b: int | Decimal) -> Any:
        if isinstance(a, int) and isinstance(b, int):
            return _bounded(plain(a, b))
        return _bounded(operation(Decimal(a), Decimal(b)))

    return apply


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": _exactly(EXACT.add, lambda a, b: a + b),
    "-": _exactly(EXACT.subtract, lambda a, b: a - b),
    "*": _exactly(EXACT.multiply, lambda a, b: a * b),
    "div": _divide,
    "mod": _modulo,
}


def _equal(a: Any, b: Any) -> bool | None:
    """Compare values of one kind, or of kinds not told: as numbers where both can be read as such, else as texts."""
    if type(a) is type(b) and isinstance(a, bool | int | datetime.date):
        return bool(a == b)
    left, right = as_number(a), as_number(b)
    if left is not None and right is not None:
        return left == right
    return as_text(a) == as_text(b)


COMPARISON: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

ANY_COMPARISON: dict[str, Callable[[Any, Any], Any]] = {
    "=": _equal,
    "!=": lambda a, b: None if (same := _equal(a, b)) is None else not same,
}
