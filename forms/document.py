"""The API's door: a JSON document with a unit's answers, read as strictly as a page and judged by the same rules."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.checks import Finding, run_checks
from forms.document_words import DOCUMENT_REFUSALS, document_refusal
from forms.leaves import BLANK, NOTHING_GIVEN, Answer, Field, Given, cell_name
from forms.model import Questionnaire, Roster
from forms.reading import UNSURE, Refused, read_field
from forms.rosters import rows_of, says_nothing
from forms.strict_json import NotJson, Pairs, plain_json, read_json
from forms.words import refusal
from uptake.contract.errors import did_you_mean

_PLAIN = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_NUMBERS = frozenset({"int", "dec", "money", "pct"})
_EXAMPLE = '{"e04_staff": 120}'
_MOST_ERRORS, _MOST_NEAR = 1_000, 100  # so many errors are listed, and the first ones name what was probably meant


@dataclass(frozen=True, slots=True)
class DocumentError:
    """One thing that could not be read: where (a JSON pointer, "" for the whole), the answer's name where it is one
    (`e24_users.3`), and the sentence."""

    pointer: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What a document says: the answers that could be read, what could not, and what the rules find in the answers."""

    answers: dict[str, Answer]
    errors: tuple[DocumentError, ...]
    findings: tuple[Finding, ...]


def read_document(
    questionnaire: Questionnaire,
    document: Mapping[str, Any] | bytes,
    given: Given = NOTHING_GIVEN,
    *,
    lang: str = "zh",
    today: datetime.date | None = None,
) -> ReadDocument:
    """Read the answers of one unit from JSON; whatever is sent, this returns and does not raise.

    `{"e04_staff": 120, "e06": {"value": null, "state": "dont_know"}, "e36": ["records"], "e24": [{"e24_name": "…"}]}`:
    a value, or value and state; several choices as a list of codes; a roster as a list of objects, which may name their
    `row`; "nothing to report" is its number of rows, `"e24_rows": 0`. Numbers are JSON numbers or plain decimal texts
    in the unit of the question, never rounded; days are texts; null is blank; what is left out is not answered.
    `not_applicable` is passed over, as an export has it.
    document: the JSON text in UTF-8, or what it says; given: what is known of the unit, whose answers fixed fields
    take; lang: language of the sentences; today: the day of `today()`. An answer with an error is left out of the rest.
    Of errors the first thousand are listed.
    """
    reader = _Reader(questionnaire, given, lang)
    try:
        read = read_json(document) if isinstance(document, bytes) else plain_json(document)
        reader.document(read)
    except NotJson as error:
        reader.refuse("", "", error.key, **error.slots)
    except RecursionError:  # a mapping that holds itself
        reader.refuse("", "", "too_deep", most=20)
    fixed = {name: given.prefilled[name] for name, leaf in questionnaire.fields.items()
             if leaf.fixed and name in given.prefilled}  # fmt: skip
    answers = reader.answers | fixed
    findings = run_checks(questionnaire, answers, given=given, today=today)
    return ReadDocument(answers, tuple(reader.errors), findings)


@dataclass(slots=True)
class _Reader:
    questionnaire: Questionnaire
    given: Given
    lang: str
    answers: dict[str, Answer] = dataclasses.field(default_factory=dict)
    errors: list[DocumentError] = dataclasses.field(default_factory=list)

    def refuse(self, pointer: str, name: str, key: str, **slots: object) -> None:
        if len(self.errors) <= _MOST_ERRORS:
            self.tell(pointer, name, document_refusal(key, self.lang, **slots))

    def tell(self, pointer: str, name: str, message: str) -> None:
        """Add an error; where a document is wrong all through, the list ends and says so."""
        if len(self.errors) < _MOST_ERRORS:
            self.errors.append(DocumentError(pointer, name, message))
        elif len(self.errors) == _MOST_ERRORS:
            more = document_refusal("many_errors", self.lang, most=f"{_MOST_ERRORS:,}")
            self.errors.append(DocumentError("", "", more))

    def document(self, read: Any) -> None:
        if not isinstance(read, Pairs):
            self.refuse("", "", "not_object", example=_EXAMPLE)
            return
        known = self._known()
        for key, value, pointer in self.once(read, ""):
            if key in self.questionnaire.rosters:
                self.roster(self.questionnaire.rosters[key], value, pointer)
            elif key in self.questionnaire.fields and not self.questionnaire.fields[key].roster:
                self.field(self.questionnaire.fields[key], key, value, pointer)
            elif self._counted(key):
                self.counted(key, value, pointer)
            else:
                self.unknown(key, pointer, known)
        self.without_rows()

    def _known(self) -> list[str]:
        fields = self.questionnaire.fields
        return [*self.questionnaire.rosters, *(name for name, leaf in fields.items() if not leaf.roster)]

    def _counted(self, key: str) -> bool:
        """The number of rows follows from the rows; an export has it, so it may stand there."""
        return any(key == roster.rows_name for roster in self.questionnaire.rosters.values())

    def counted(self, key: str, value: Any, pointer: str) -> None:
        """Read the number of rows where it may say that there are none; any other follows from the rows."""
        leaf = next(one.nothing for one in self.questionnaire.rosters.values() if one.rows_name == key)
        if leaf is not None:
            self.field(leaf, key, value, pointer)

    def without_rows(self) -> None:
        """Keep of the numbers of rows what says that there is nothing to report; refuse it where there are rows."""
        for roster in self.questionnaire.rosters.values():
            said = says_nothing(roster, self.answers)
            if said and rows_of(roster, self.answers):
                self.refuse(f"/{roster.rows_name}", roster.rows_name, "rows_and_none", called=roster.rows_name)
            if not said or rows_of(roster, self.answers):
                self.answers.pop(roster.rows_name, None)

    def once(self, read: Pairs, pointer: str) -> Iterator[tuple[str, Any, str]]:
        """Give the pairs of an object with their pointers; a key that stands twice gives neither value."""
        twice = {key for key, count in Counter(key for key, _ in read.pairs).items() if count > 1}
        for key in sorted(twice):
            self.refuse(_below(pointer, key), self.name_at(key, pointer), "twice", called=key)
        for key, value in read.pairs:
            if key not in twice:
                yield key, value, _below(pointer, key)

    def name_at(self, key: str, pointer: str) -> str:
        return key if not pointer and key in self.questionnaire.fields else ""

    def unknown(self, key: str, pointer: str, known: list[str]) -> None:
        near = did_you_mean(key, known) if len(self.errors) < _MOST_NEAR else ""
        shown = DOCUMENT_REFUSALS["near"][self.lang].format(name=near.split('"')[1]) if near else ""
        self.refuse(pointer, "", "unknown", called=key, near=shown)

    def roster(self, roster: Roster, value: Any, pointer: str) -> None:
        if not isinstance(value, list):
            example = f'[{{"{roster.names[0]}": …}}]'
            self.refuse(pointer, "", "not_list", called=roster.id, example=example)
            return
        if len(value) > roster.max_rows:
            self.refuse(pointer, "", "many_rows", count=len(value), most=roster.max_rows)
            return
        seen: set[int] = set()
        for at, row in enumerate(value):
            self.row(roster, row, at + 1, f"{pointer}/{at}", seen)

    def row(self, roster: Roster, value: Any, number: int, pointer: str, seen: set[int]) -> None:
        if not isinstance(value, Pairs):
            self.refuse(pointer, "", "not_object", example=f'{{"{roster.names[0]}": …}}')
            return
        if sum(key == "row" for key, _ in value.pairs) > 1:
            self.refuse(_below(pointer, "row"), "", "twice", called="row")
            return
        cells = list(self.once(value, pointer))
        for _, said, place in (cell for cell in cells if cell[0] == "row"):
            if type(said) is not int or not 1 <= said <= roster.max_rows:
                self.refuse(place, "", "row", typed=_shown(said), most=roster.max_rows)
                return
            number = said
        if number in seen:
            self.refuse(pointer, "", "twice", called=f"row {number}")
            return
        seen.add(number)
        columns = {leaf.name: leaf for leaf in roster.columns}
        for key, cell, place in cells:
            if key in columns:
                self.field(columns[key], cell_name(key, number), cell, place)
            elif key != "row":
                self.unknown(key, place, ["row", *columns])

    def field(self, leaf: Field, name: str, value: Any, pointer: str) -> None:
        """Read one answer; what cannot be read becomes an error."""
        if leaf.value is not None:
            self.refuse(pointer, name, "computed", called=name)
            return
        state = None
        if isinstance(value, Pairs):
            before = len(self.errors)
            said = {key: each for key, each, place in self.once(value, pointer) if self._part(key, place)}
            if len(self.errors) > before:
                return
            value, state = said.get("value"), said.get("state")
        answer = self.answer(leaf, name, value, state, pointer)
        if answer is None:
            return
        if leaf.fixed:
            if answer != self.given.prefilled.get(name, BLANK):
                self.refuse(pointer, name, "fixed", called=name)
            return
        self.answers[name] = answer

    def _part(self, key: str, pointer: str) -> bool:
        if key not in ("value", "state"):
            self.unknown(key, pointer, ["value", "state"])
        return key in ("value", "state")

    def answer(self, leaf: Field, name: str, value: Any, state: Any, pointer: str) -> Answer | None:
        if state == "not_applicable" and value is None:
            return None
        if state not in (None, "answered", "dont_know", "blank"):
            self.refuse(pointer, name, "state", typed=_shown(state))
            return None
        if state is not None and (state == "answered") == (value is None):
            self.refuse(pointer, name, "state_value", typed=state)
            return None
        if state == "dont_know" and not leaf.dont_know:
            self.refuse(pointer, name, "no_dont_know", called=name)
            return None
        if value is None:
            return UNSURE if state == "dont_know" else BLANK
        return self.value(leaf, name, value, pointer)

    def value(self, leaf: Field, name: str, value: Any, pointer: str) -> Answer | None:
        texts = _texts(leaf, value)
        fine = _finer_than_read(leaf, value, self.lang)
        if fine:
            self.tell(pointer, name, fine)
            return None
        if isinstance(texts, str):
            example = f'["{leaf.choices[0].code}"]' if leaf.choices else ""
            self.refuse(pointer, name, texts, typed=_shown(value), example=example)
            return None
        try:
            return read_field(leaf, texts, self.lang)
        except Refused as refused:
            self.tell(pointer, name, str(refused))
            return None


def _texts(leaf: Field, value: Any) -> list[str] | str:
    """Return what would have to be typed for a value, or the key of the sentence that refuses its type."""
    if leaf.kind == "tick":
        return (["1"] if value else []) if isinstance(value, bool) else "need_truth"
    if leaf.kind == "selN":
        codes = value.split() if isinstance(value, str) else value
        fits = isinstance(codes, list) and all(isinstance(code, str) for code in codes)
        return list(codes) if fits else "need_codes"
    if leaf.kind in _NUMBERS:
        return _number(value)
    return [value] if isinstance(value, str) else "need_text"


def _finer_than_read(leaf: Field, value: Any, lang: str) -> str:
    """Return the sentence for a number with more places than any box takes, such as 2.6e-42; it is never cut off."""
    if leaf.kind not in _NUMBERS or not isinstance(value, Decimal) or not value.is_finite() or value == 0:
        return ""
    if int(value.as_tuple().exponent) >= -12:
        return ""
    if leaf.type == "int":
        return refusal("whole", lang, str(value))
    example = f"{Decimal(12):.{leaf.decimals}f}"
    return refusal("too_many_decimals", lang, str(value), decimals=leaf.decimals, example=example)


def _number(value: Any) -> list[str] | str:
    if isinstance(value, str):
        return [value] if _PLAIN.fullmatch(value) else "need_number"
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return "need_number"
    if not Decimal(value).is_finite() or abs(Decimal(value).adjusted()) > 40:
        return "need_number"
    return [f"{Decimal(value):f}"]


def _below(pointer: str, key: str) -> str:
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _shown(value: Any) -> str:
    if isinstance(value, Pairs):
        return "{…}"
    if isinstance(value, list):
        return "[…]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(Decimal(value))  # of any length, unlike str(value)
    return str(value) if isinstance(value, str | Decimal | datetime.date) else type(value).__name__
