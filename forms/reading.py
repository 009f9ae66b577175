"""Read what was typed or chosen for one field: one reader a kind, an Answer or a sentence that refuses it."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from forms.model import BLANK, DONT_KNOW, Answer, Field, FieldKind
from forms.numbers import narrow, read_number, show_number
from forms.words import refusal
from uptake.contract.codes import valid_uscc

UNSURE = Answer(None, "dont_know")
UNSURE_BOX = "__dk"  # after the name of an answer: the box `don't know` beside it
LARGEST = Decimal(10) ** 15  # beyond the assets of any unit, in any unit of count; and exact in every table format
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日{0,1}|([0-9]{4})([0-9]{2})([0-9]{2})")
# Signs that change how text beside them is shown, and could make a saved answer look like another one.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")


class Refused(ValueError):  # noqa: N818 - WTForms takes the sentence of a ValueError as the field's message
    """What was typed cannot be read; `str()` is the sentence in the page's language."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The field being read and the language of the page it stands on."""

    field: Field
    lang: str

    def refuse(self, key: str, typed: str, **slots: object) -> Refused:
        return Refused(refusal(key, self.lang, typed, **slots))


class Posted(Protocol):
    """What a browser posts: several texts a name, as werkzeug's and WTForms's multi-dicts give them."""

    def getlist(self, name: str, /) -> list[str]: ...


def unsure_name(field: Field) -> str:
    """Return the name of the box `don't know` beside a field whose answer is typed."""
    return f"{field.name}{UNSURE_BOX}"


def read_field(field: Field, texts: Sequence[str], lang: str, *, unsure: bool = False) -> Answer:
    """Read the texts posted for one field.

    field: what was asked; texts: what was posted under its name; lang: language of a refusal; unsure: whether the box
    `don't know`, where it is offered, was ticked. Returns the answer, blank where nothing was given; raises Refused
    with a sentence.
    """
    given = [text for text in texts if text.strip()]
    if unsure:
        if given:
            raise _Asked(field, lang).refuse("both", given[0])
        return UNSURE
    return READERS[field.kind](_Asked(field, lang), given) if given else BLANK


def _single(reader: Callable[[_Asked, str], Answer]) -> Callable[[_Asked, list[str]], Answer]:
    def read(asked: _Asked, given: list[str]) -> Answer:
        if len(given) > 1:
            raise asked.refuse("one_choice", ", ".join(given))
        return reader(asked, given[0])

    return read


def _read_int(asked: _Asked, typed: str) -> Answer:
    number = read_number(typed)
    if number is None:
        raise asked.refuse("number", typed)
    if number.value != number.value.to_integral_value():
        raise asked.refuse("whole", typed)
    return Answer(int(_within(asked, typed, number.value)), "answered")


def _read_dec(asked: _Asked, typed: str) -> Answer:
    number = read_number(typed)
    if number is None:
        raise asked.refuse("number", typed)
    return Answer(_to_places(asked, typed, number.value), "answered")


_YUAN = {"wan": Decimal(10) ** 4, "yi": Decimal(10) ** 8}


def _read_money(asked: _Asked, typed: str) -> Answer:
    """Read an amount: a bare number is in the unit of the box, `元` and the words 万 and 亿 name another."""
    text = narrow(typed).strip()
    number = read_number(text.removesuffix("元"))
    if number is None:
        raise asked.refuse("number", typed)
    in_yuan = number.scaled or text.endswith("元")
    unit = _YUAN[asked.field.money_unit or "wan"] if in_yuan else 1
    return Answer(_to_places(asked, typed, number.value / unit), "answered")


def _read_pct(asked: _Asked, typed: str) -> Answer:
    """Read a percentage in percent points, with or without its sign."""
    number = read_number(narrow(typed).strip().removesuffix("%"))
    if number is None or number.scaled:
        raise asked.refuse("percent", typed)
    return Answer(_to_places(asked, typed, number.value), "answered")


def _to_places(asked: _Asked, typed: str, value: Decimal) -> Decimal:
    _within(asked, typed, value)
    places = asked.field.decimals
    rounded = value.quantize(Decimal(1).scaleb(-places))
    if rounded != value:
        raise asked.refuse("too_many_decimals", typed, decimals=places, example=f"{Decimal(12):.{places}f}")
    return rounded


def _within(asked: _Asked, typed: str, value: Decimal) -> Decimal:
    low, high = asked.field.min, asked.field.max
    low, high = low if isinstance(low, Decimal) else -LARGEST, high if isinstance(high, Decimal) else LARGEST
    if value < low:
        raise asked.refuse("too_small", typed, bound=_shown(asked, low))
    if value > high:
        raise asked.refuse("too_large", typed, bound=_shown(asked, high))
    return value


def _shown(asked: _Asked, bound: Decimal) -> str:
    return f"{bound:f}" if asked.field.is_year else show_number(bound)


def _read_date(asked: _Asked, typed: str) -> Answer:
    match = _DATE.fullmatch("".join(narrow(typed).split()))
    try:
        day = datetime.date(*(int(part) for part in match.groups() if part)) if match else None
    except ValueError:
        day = None
    if day is None:
        raise asked.refuse("date", typed)
    low, high = asked.field.min, asked.field.max
    if isinstance(low, datetime.date) and day < low:
        raise asked.refuse("too_early", typed, bound=low.isoformat())
    if isinstance(high, datetime.date) and day > high:
        raise asked.refuse("too_late", typed, bound=high.isoformat())
    return Answer(day, "answered")


def _read_text(asked: _Asked, typed: str) -> Answer:
    text = typed.replace("\r\n", "\n").strip()
    allowed = "\n\t" if asked.field.lines > 1 else "\t"
    for sign in text:
        if sign in TURNING or (unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed):
            raise asked.refuse("text_sign", typed, sign=f"U+{ord(sign):04X}")
    most = asked.field.max_length
    if len(text) > most:
        raise asked.refuse("text_long", typed, count=len(text), most=most, extra=len(text) - most)
    return Answer(text, "answered")


def _read_uscc(asked: _Asked, typed: str) -> Answer:
    code = "".join(narrow(typed).split()).replace("-", "").upper()
    if len(code) != 18:
        raise asked.refuse("uscc_length", typed)
    if not valid_uscc(code):
        raise asked.refuse("uscc_check", typed)
    return Answer(code, "answered")


def _read_choice(asked: _Asked, typed: str) -> Answer:
    code = typed.strip()
    if all(choice.code != code for choice in asked.field.choices):
        raise asked.refuse("choice", typed)
    return UNSURE if code == DONT_KNOW else Answer(code, "answered")


def _read_choices(asked: _Asked, given: list[str]) -> Answer:
    known = {choice.code: choice for choice in asked.field.choices}
    chosen = {text.strip() for text in given}
    for text in given:
        if text.strip() not in known:
            raise asked.refuse("choice", text)
    alone = [code for code in known if code in chosen and known[code].exclusive]
    if alone and len(chosen) > 1:
        raise asked.refuse("exclusive", known[alone[0]].label[asked.lang])
    most = asked.field.max_choices
    if most is not None and len(chosen) > most:
        raise asked.refuse("max_choices", "", count=len(chosen), most=most, extra=len(chosen) - most)
    if DONT_KNOW in chosen:
        return UNSURE
    return Answer(" ".join(code for code in known if code in chosen), "answered")


def _read_tick(asked: _Asked, given: list[str]) -> Answer:
    return Answer(True, "answered")


READERS: Mapping[FieldKind, Callable[[_Asked, list[str]], Answer]] = {
    "sel1": _single(_read_choice),
    "selN": _read_choices,
    "int": _single(_read_int),
    "dec": _single(_read_dec),
    "money": _single(_read_money),
    "pct": _single(_read_pct),
    "text": _single(_read_text),
    "date": _single(_read_date),
    "code": _single(_read_choice),
    "uscc": _single(_read_uscc),
    "tick": _read_tick,
}
