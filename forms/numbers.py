"""Read a number as people type it, in Chinese or English habit, and refuse what could be read in two ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_DIGITS = re.compile(r"[0-9]{1,18}")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_GROUPED_4 = re.compile(r"[0-9]{1,4}(?:,[0-9]{4})+")
_PLAIN = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{0,12})?|[+-]?\.[0-9]{1,12}")
_SCALES = {"万亿": Decimal(10) ** 12, "亿": Decimal(10) ** 8, "万": Decimal(10) ** 4}
_SPACES = dict.fromkeys(map(ord, " \t\r\n\f\v\u00a0\u2007\u2009\u202f\u3000"), None)
# Full-width forms only. Unicode's compatibility normalisation (NFKC) would read 10² as 102.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was read; `scaled` says that 万 or 亿 stood in it, so that the reading is shown back."""

    value: Decimal
    scaled: bool = False


def narrow(typed: str) -> str:
    """Return a text with full-width digits, letters and signs as the ordinary ones.

    >>> narrow("２０２６－１２－３１")
    '2026-12-31'
    """
    return typed.translate(_NARROW)


def read_number(typed: str) -> Number | None:
    """Read typed text as an exact decimal number; None where it cannot be read in exactly one way.

    Full-width digits and signs are taken, as are spaces, thousands commas (`,` or `，`) in the right places, and one
    of 万, 亿, 万亿 at the end. Not taken: exponents (`1e5`), hexadecimal, NaN, infinity, invisible or control signs,
    a comma for a decimal point, other words.

    >>> read_number("１２，３４５").value
    Decimal('12345')
    >>> read_number("1.2万")
    Number(value=Decimal('12000.0'), scaled=True)
    >>> read_number("1e5") is None
    True
    """
    if _DIGITS.fullmatch(typed):  # by far the most common, and unambiguous
        return Number(Decimal(typed))
    if len(typed) > 60:
        return None
    text = narrow(typed).translate(_SPACES).replace("−", "-")
    scale, scaled = Decimal(1), False
    for word, factor in _SCALES.items():
        if text.endswith(word):
            text, scale, scaled = text.removesuffix(word), factor, True
            break
    digits = _without_commas(text)
    if digits is None or not _PLAIN.fullmatch(digits):
        return None
    return Number(Decimal(digits) * scale, scaled)


def _without_commas(text: str) -> str | None:
    """Take the commas out where they stand at every third digit (or, by Chinese habit, every fourth)."""
    if "," not in text:
        return text
    sign, body = (text[0], text[1:]) if text[:1] in "+-" else ("", text)
    whole, point, rest = body.partition(".")
    if not (_GROUPED.fullmatch(whole) or _GROUPED_4.fullmatch(whole)):
        return None
    return f"{sign}{whole.replace(',', '')}{point}{rest}"


def show_number(value: Decimal | int, decimals: int | None = None) -> str:
    """Write a number with thousands commas, and with `decimals` places where given.

    >>> show_number(1234567)
    '1,234,567'
    >>> show_number(Decimal("1200.5"), 2)
    '1,200.50'
    """
    if isinstance(value, int):
        return f"{value:,}"
    if decimals is not None:
        value = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{value:,f}"
