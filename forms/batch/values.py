"""Whether a value could have been given at all, as SQL: the bounds, choices and signs that reading refuses."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import combinations

from forms.model import DONT_KNOW, Field, FieldKind
from forms.reading import LARGEST, TURNING
from uptake.contract.codes import USCC_ALPHABET, USCC_WEIGHTS
from uptake.contract.expressions.dialects import Dialect, quoted

# Signs that strip() takes away, and control signs other than tab and line break (forms/reading.py, _read_text).
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL = "\x01-\x08\x0b-\x1f\x7f-\x9f"
Judge = Callable[[Field, str, Dialect], str]


def refused_sql(leaf: Field, value: str, state: str, dialect: Dialect) -> str:
    """Return the condition that what stands in the table for a field is no answer to it; true or false, never NULL.

    It is none where the value lies outside what the field takes, or value and state contradict one another: a value
    that is not `answered` or `imputed`, `answered` without a value, `dont_know` where that is not offered.
    leaf: what was asked; value, state: SQL of its columns, of the types of docs/tables.md, `responses`.
    """
    empty = ["blank", "not_applicable", "refused"] + ([DONT_KNOW] if leaf.dont_know else [])
    fits = _JUDGES[leaf.kind](leaf, value, dialect)
    return (
        f"(CASE WHEN {value} IS NULL THEN COALESCE({state} NOT IN {_list(empty)}, FALSE) "
        f"WHEN {state} NOT IN ('answered', 'imputed') THEN TRUE ELSE NOT ({fits}) END)"
    )


def _list(words: list[str]) -> str:
    return f"({', '.join(map(quoted, words))})"


def _number(leaf: Field, value: str, dialect: Dialect) -> str:
    low, high = (bound if isinstance(bound, Decimal) else None for bound in (leaf.min, leaf.max))
    low, high = -LARGEST if low is None else low, LARGEST if high is None else high
    within = f"{value} BETWEEN {_plain(low)} AND {_plain(high)}"
    return within if leaf.type == "int" else f"{within} AND round({value}, {leaf.decimals}) = {value}"


def _plain(number: Decimal) -> str:
    return f"{number:f}"


def _date(leaf: Field, value: str, dialect: Dialect) -> str:
    bounds = ((">=", leaf.min), ("<=", leaf.max))
    made = [f"{value} {sign} DATE {quoted(day.isoformat())}" for sign, day in bounds if isinstance(day, datetime.date)]
    return " AND ".join(made) or "TRUE"


def _text(leaf: Field, value: str, dialect: Dialect) -> str:
    """At most so long, without spaces around it, and without control signs; one pattern, read from left to right."""
    breaks = "" if leaf.lines > 1 else "\n"
    bad = _CONTROL + breaks + "".join(sorted(TURNING))
    signs, word = _outside(bad, dialect), _outside(bad + _SPACES, dialect)
    return f"length({value}) <= {leaf.max_length} AND {dialect.matches(value, f'{word}(?:{signs}*{word})?')}"


def _outside(signs: str, dialect: Dialect) -> str:
    """Return the class of every sign but these, each written as its number."""
    number = r"\u{:04x}" if dialect.name == "PostgreSQL" else r"\x{{{:x}}}"
    nothing = "" if dialect.name == "PostgreSQL" else r"\x00"
    return f"[^{nothing}{''.join(sign if sign == '-' else number.format(ord(sign)) for sign in signs)}]"


def _one(leaf: Field, value: str, dialect: Dialect) -> str:
    return f"CAST({value} AS VARCHAR) IN {_list([choice.code for choice in leaf.choices if choice.code != DONT_KNOW])}"


def _several(leaf: Field, value: str, dialect: Dialect) -> str:
    """Known codes in the order of the questionnaire, each once; few enough sets of them are simply listed."""
    codes = [choice.code for choice in leaf.choices if choice.code != DONT_KNOW]
    alone = [choice.code for choice in leaf.choices if choice.exclusive and choice.code in codes]
    most = leaf.max_choices or len(codes)
    others = [code for code in codes if code not in alone]
    if len(others) <= 7:
        sets = [" ".join(chosen) for size in range(1, most + 1) for chosen in combinations(others, size)]
        return f"{value} IN {_list(alone + sets)}"
    spaced = f"{value} || ' '"
    pattern = "".join(f"(?:{code} )?" for code in others)
    number = f"length({value}) - length(replace({value}, ' ', '')) < {most}"
    made = f"({value} <> '' AND {dialect.matches(f'({spaced})', pattern)} AND {number})"
    return f"({made} OR {value} IN {_list(alone)})" if alone else made


def _uscc(leaf: Field, value: str, dialect: Dialect) -> str:
    """Eighteen signs of the alphabet, of which the last one checks: the weighted sum of all is a multiple of 31."""
    places = [f"(strpos({quoted(USCC_ALPHABET)}, substr({value}, {at + 1}, 1)) - 1)" for at in range(18)]
    weighted = " + ".join(f"{weight} * {place}" for weight, place in zip((*USCC_WEIGHTS, 1), places, strict=True))
    return f"{dialect.matches(value, f'[{USCC_ALPHABET}]{{18}}')} AND ({weighted}) % 31 = 0"


def _tick(leaf: Field, value: str, dialect: Dialect) -> str:
    return value


_JUDGES: Mapping[FieldKind, Judge] = {
    "int": _number, "dec": _number, "money": _number, "pct": _number, "text": _text, "date": _date,
    "sel1": _one, "code": _one, "selN": _several, "uscc": _uscc, "tick": _tick, "computed": _tick,
}  # fmt: skip
