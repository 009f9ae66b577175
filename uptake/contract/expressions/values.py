"""Values at run time: conversions between kinds, exact arithmetic to six places, comparisons; None is unknown."""

from __future__ import annotations

import datetime
import operator
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
# The texts that read as a number and as a day. The SQL printers use the same patterns, so every engine reads alike:
# they hold nothing but classes, groups and counts, and the group that is the value comes first.
NUMBER = r"^[ \t\r\n]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)[ \t\r\n]*$"
_LEAP = r"(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
DAY = (
    r"^([1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)$"
)
_number, _day = re.compile(NUMBER).fullmatch, re.compile(DAY).fullmatch


def as_number(value: object) -> int | Decimal | None:
    """Return a value as a number of at most six places, or None where it is none."""
    if isinstance(value, int):
        return int(value) if -LIMIT < value < LIMIT else None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        found = _number(value)
        if found is None:
            return None
        value = Decimal(found[1])
    return _six_places(value) if isinstance(value, Decimal) else None


def _six_places(value: Decimal) -> int | Decimal | None:
    if not value.is_finite() or abs(value) >= LIMIT:
        return None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -6 <= exponent <= 0:
        return value
    rounded = value.quantize(_STEP, context=EXACT)
    return rounded if abs(rounded) < LIMIT else None


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
    if isinstance(number, int) or not number:  # :f would make a float of an int, and a Decimal has a minus zero
        return str(int(number))
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
    if isinstance(value, str) and _day(value):
        return datetime.date.fromisoformat(value)
    return None


CASTS: dict[Kind, Callable[[Any], Any]] = {
    "number": as_number, "text": as_text, "bool": as_bool, "date": as_date, "any": lambda value: value,
}  # fmt: skip


def bounded(value: Any) -> int | Decimal | None:
    """Return the result of a calculation brought to six places; beyond the limit it is unknown, never wrong."""
    if isinstance(value, int):
        return value if abs(value) < LIMIT else None
    return _six_places(value)


def _scaled(value: int | Decimal) -> int:
    return value * _MILLION if isinstance(value, int) else int(EXACT.multiply(value, Decimal(_MILLION)))


def _unscaled(value: int) -> int | Decimal | None:
    return bounded(EXACT.multiply(Decimal(value), _STEP))


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
        if type(a) is int and type(b) is int:
            made = plain(a, b)
            return made if -LIMIT < made < LIMIT else None
        return bounded(operation(Decimal(a), Decimal(b)))

    return apply


def total(*parts: int | Decimal) -> int | Decimal | None:
    """Add up; only the end result is held against the limit, so the order of the parts does not matter."""
    whole, rest = 0, Decimal(0)
    for part in parts:
        if isinstance(part, int):
            whole += part
        else:
            rest = EXACT.add(rest, part)
    return bounded(EXACT.add(Decimal(whole), rest)) if rest else bounded(whole)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": _exactly(EXACT.add, operator.add),
    "-": _exactly(EXACT.subtract, operator.sub),
    "*": _exactly(EXACT.multiply, operator.mul),
    "div": _divide,
    "mod": _modulo,
}


def _equal(a: Any, b: Any) -> bool | None:
    """Compare values of kinds not told: as numbers where both can be read as such, else as texts."""
    left, right = as_number(a), as_number(b)
    if left is not None and right is not None:
        return left == right
    one, other = as_text(a), as_text(b)
    return None if one is None or other is None else one == other


COMPARISON: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

ANY_COMPARISON: dict[str, Callable[[Any, Any], Any]] = {
    "=": _equal,
    "!=": lambda a, b: None if (same := _equal(a, b)) is None else not same,
}
