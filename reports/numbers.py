"""How numbers are printed: rounded once, half up on the decimal value, with a true minus and an en dash."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

MINUS, EN_DASH = "−", "–"
SMALL_N_EFF = 400.0  # below this effective sample size a rate is printed in whole per cent


def is_number(value: object) -> bool:
    """Tell whether a table cell holds a finite number."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and math.isfinite(value)


def round_half_up(value: Decimal, decimals: int) -> Decimal:
    """Round a decimal half up (away from zero).

    >>> round_half_up(Decimal("0.25"), 1)
    Decimal('0.3')
    """
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def exact(value: object) -> Decimal:
    """Return the shortest decimal that stands for a table's number, so that 0.6995 rounds as it is written."""
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))  # type: ignore[arg-type]


def show(value: Decimal, decimals: int, *, sign: bool = False) -> str:
    """Print a number: thousands comma, true minus, and a plus where a sign is asked for.

    >>> show(Decimal("-1234.56"), 1)
    '−1,234.6'
    """
    rounded = round_half_up(value, decimals)
    digits = f"{abs(rounded):,.{decimals}f}"
    if rounded < 0:
        return MINUS + digits
    return "+" + digits if sign and rounded > 0 else digits


def three_figures(value: Decimal) -> Decimal:
    """Round a count to three significant figures, half up.

    >>> three_figures(Decimal("1234567"))
    Decimal('1.23E+6')
    """
    if value == 0:
        return Decimal(0)
    return round_half_up(value, 2 - value.adjusted())


def count(value: object) -> str:
    """Print an estimated count to three significant figures; 0.4 units cannot be read, so below 100 it is whole.

    >>> count(1234567.8)
    '1,230,000'
    """
    number = exact(value)
    return show(three_figures(number) if abs(number) >= 100 else number, 0)


def percent(value: object, decimals: int) -> str:
    """Print a fraction as per cent, without the sign.

    >>> percent(0.6185, 1)
    '61.9'
    """
    return show(exact(value) * 100, decimals)


def interval(low: str, high: str, lang: str) -> str:
    """Join the printed ends of an interval: an en dash, or a word where a minus sign would blur it.

    >>> interval("59.9", "63.7", "en")
    '59.9–63.7'
    """
    if MINUS in low or MINUS in high:
        return f"{low} 至 {high}" if lang == "zh" else f"{low} to {high}"
    return f"{low}{EN_DASH}{high}"


def rate_decimals(n_eff: object) -> int:
    """Return the decimals of a rate: whole per cent when the effective sample is below 400, else one."""
    return 0 if is_number(n_eff) and float(n_eff) < SMALL_N_EFF else 1  # type: ignore[arg-type]
