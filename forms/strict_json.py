"""Read JSON from a stranger: exact numbers, every key kept, no NaN, bounded in size and depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_BYTES, MOST_LEVELS = 8_000_000, 20


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object as it was written: its pairs in order, a key twice where it stood there twice."""

    pairs: tuple[tuple[str, Any], ...]


class NotJson(Exception):  # noqa: N818 - carried to the door, which makes a sentence of it
    """The text cannot be read; `key` names the sentence, `slots` what stands in it."""

    def __init__(self, key: str, **slots: object) -> None:
        super().__init__(key)
        self.key, self.slots = key, slots


def read_json(content: bytes) -> Any:
    """Return what a JSON text says: objects as Pairs, whole numbers as int, others as Decimal (NaN too); raises
    NotJson."""
    if len(content) > MOST_BYTES:
        raise NotJson("too_long", size=f"{len(content):,}", most=f"{MOST_BYTES:,}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson("encoding", at=error.start + 1) from None
    _refuse_depth(text)
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: Pairs(tuple(pairs)), parse_float=_decimal,
                          parse_int=_whole, parse_constant=Decimal)  # fmt: skip
    except json.JSONDecodeError as error:
        raise NotJson("not_json", line=error.lineno, column=error.colno) from None


def plain_json(value: Any) -> Any:
    """Return a value of Python's own as `read_json` would have given it."""
    if isinstance(value, Mapping):
        return Pairs(tuple((str(key), plain_json(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        return [plain_json(each) for each in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _refuse_depth(text: str) -> None:
    """Count brackets outside strings before anything is built: the parser would go down with them."""
    depth, inside, skip = 0, False, False
    for sign in text:
        if skip:
            skip = False
        elif inside:
            skip, inside = sign == "\\", sign != '"'
        elif sign == '"':
            inside = True
        elif sign in "[{":
            depth += 1
            if depth > MOST_LEVELS:
                raise NotJson("too_deep", most=MOST_LEVELS)
        elif sign in "]}":
            depth -= 1


def _decimal(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text  # an exponent beyond measure; as a text it is refused like one


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= 40 else Decimal(text)
