"""Access codes: 80 secret bits in four groups of four letters, of which the store keeps only a keyed look-up."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from collector.services.assignments import Assignment, find_assignments, get_assignment
from collector.store.models import AccessCode

if TYPE_CHECKING:
    from collector.store.open import Store
    from forms import Questionnaire

#: Digits and letters without I, L, O (read as 1 and 0) and U: 32 signs, five bits each.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SIGNS = 16


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter to one unit says: who is asked, and the code that opens its questionnaire."""

    unit_id: str
    name: str
    code: str


def access_code(code_key: bytes, *, wave: str, questionnaire: str, unit_id: str, issue: int = 1) -> str:
    """Return the access code of a unit: the first 80 bits of an HMAC, so that a lost letter can be printed again.

    >>> access_code(b"k" * 32, wave="2026Q4", questionnaire="enterprise", unit_id="A1")
    'PAFW-9EAJ-48C9-0NB6'
    """
    digest = _keyed(code_key, "code", wave, questionnaire, unit_id, str(issue))
    number = int.from_bytes(digest[:10], "big")
    signs = [ALPHABET[(number >> shift) & 31] for shift in range(75, -1, -5)]
    return "-".join("".join(signs[start : start + 4]) for start in range(0, _SIGNS, 4))


def look_up_of(code_key: bytes, typed: str) -> bytes | None:
    """Return the keyed look-up of a typed code, or None where it cannot be a code at all."""
    text = unicodedata.normalize("NFKC", typed[:200]).upper()
    signs = "".join(sign for sign in text if sign.isalnum()).translate(_READ_AS)
    if len(signs) != _SIGNS or any(sign not in ALPHABET for sign in signs):
        return None
    return _keyed(code_key, "look-up", signs)


def find_by_code(
    store: Store, questionnaires: Mapping[str, Questionnaire], typed: str, *, code_key: bytes
) -> Assignment | None:
    """Return the assignment a typed code opens, or None."""
    # A code that cannot be one is looked up all the same, so that both kinds of wrong code take the same time.
    lookup = look_up_of(code_key, typed) or _keyed(code_key, "no code")
    with store.read() as connection:
        found = connection.execute(select(AccessCode.assignment_id).where(AccessCode.lookup == lookup)).scalar()
    return None if found is None else get_assignment(store, questionnaires, found)


def letters(store: Store, questionnaire: Questionnaire, *, wave: str, code_key: bytes) -> Iterator[Letter]:
    """Yield what the letters of the wave must say, in the order of the units' identifiers."""
    for unit_id, assignment in sorted(find_assignments(store, questionnaire, wave=wave).items()):
        code = access_code(code_key, wave=wave, questionnaire=questionnaire.id, unit_id=unit_id)
        yield Letter(unit_id, assignment.name, code)


def _keyed(key: bytes, *words: str) -> bytes:
    # Each word with its length: "a","bc" and "ab","c" must not give the same message.
    message = b"".join(len(word.encode()).to_bytes(4, "big") + word.encode() for word in words)
    return hmac.new(key, message, hashlib.sha256).digest()
