"""A page as a WTForms class that reads and validates what was posted, built once a definition, page and language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import wtforms
from wtforms.widgets import TextInput

from forms.answers import shown_value
from forms.leaves import BLANK, NOTHING_GIVEN, Answer, Field, Given, cell_name, split_cell
from forms.model import Questionnaire, Roster
from forms.reading import UNSURE_BOX, Posted, Refused, read_field, unsure_name
from forms.rosters import MOST_ON_A_PAGE, rows_of
from forms.words import safe_to_show, word

_UNIT_WORDS = frozenset("万亿元")
_NUMBERS = frozenset({"int", "dec", "money", "pct"})
NOTHING = "0"  # what the box "nothing to report" posts: the number of rows
REASON = "reason__"  # reason__<check id>: the words with which a respondent explains a soft finding


class Typed:
    """What was posted, as the multi-dict WTForms reads: several texts a name."""

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self._texts = texts

    def getlist(self, name: str, /) -> list[str]:
        """Return every text posted under a name."""
        return list(self._texts.get(name, ()))

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


class AnswerField(wtforms.Field):  # type: ignore[misc]
    """The WTForms field of every kind: its data is an Answer, its error the sentence of the reader that refused."""

    widget = TextInput()

    def __init__(self, *, leaf: Field, lang: str, **options: Any) -> None:
        super().__init__(label=leaf.label[lang], **options)
        self.leaf, self.lang = leaf, lang
        self.data: Answer = BLANK

    def process(self, formdata: Posted | None, data: Any = None, extra_filters: Any = None) -> None:
        """Read what was posted; a refusal becomes the error of the field.

        In place of WTForms's own, which runs defaults and filters that there are none of: a page has many fields.
        """
        self.process_errors: list[str] = []
        self.object_data = self.data = data if isinstance(data, Answer) else BLANK
        if formdata is None:
            return
        self.raw_data = formdata.getlist(self.name)
        unsure = self.leaf.dont_know and bool(formdata.getlist(f"{self.name}{UNSURE_BOX}"))
        try:
            self.data = read_field(self.leaf, self.raw_data, self.lang, unsure=unsure)
        except Refused as refused:
            self.data = BLANK
            self.process_errors.append(str(refused))

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ""


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What a posted page says.

    answers: of every field that could be read, blank ones too; errors: a sentence for every field that could not.
    typed: everything typed on the page, as it was, to show again; readings: how 万 and 亿 were read, to show back.
    reasons: the explanations of soft findings, by check id.
    """

    answers: dict[str, Answer]
    errors: dict[str, str]
    typed: dict[str, list[str]]
    readings: dict[str, str]
    reasons: dict[str, str]


@lru_cache(maxsize=512)
def build_form(
    questionnaire: Questionnaire, page_id: str, lang: str, rows: tuple[int, ...] | range | None = None
) -> type[wtforms.Form]:
    """Return the WTForms class of a page; the same class for the same definition, page, language and rows.

    A field's `data` is an Answer. Fields fixed by the sample and computed ones are not in it: nobody can post them.
    Required fields are not refused here: a page may be saved half done, and `run_checks` says what is missing.
    rows: of a roster the rows shown, default the first page of them; a field is then called `e24_users.3`.
    """
    roster = questionnaire.roster_of(page_id)
    asked = [leaf for leaf in questionnaire.page(page_id).fields if leaf.posted]
    if roster is None:
        fields = {leaf.name: AnswerField(leaf=leaf, lang=lang) for leaf in asked}
    else:
        shown = range(1, min(roster.rows_per_page, roster.max_rows) + 1) if rows is None else rows
        fields = {cell_name(leaf.name, row): AnswerField(leaf=leaf, lang=lang) for row in shown for leaf in asked}
    return cast("type[wtforms.Form]", type(f"Page_{page_id}_{lang}", (wtforms.Form,), fields))


def parse_page(
    questionnaire: Questionnaire,
    page_id: str,
    lang: str,
    typed: Mapping[str, Sequence[str]] | Posted,
    *,
    given: Given = NOTHING_GIVEN,
    asked: frozenset[str] | None = None,
    rows: Collection[int] | None = None,
) -> ParsedPage:
    """Read a posted page; whatever was posted, this returns and does not raise.

    typed: names to texts, or a multi-dict; given: what is known of the unit, whose answers fixed fields take; asked:
    the fields on the unit's route, default all of the page; rows: of a roster the rows that the page has, each cell of
    which gets an answer, default those that were posted. Names that the page does not have are ignored.
    """
    texts = page_texts(questionnaire, page_id, typed, rows=rows)
    if rows is None and questionnaire.roster_of(page_id) is not None:
        rows = sorted({row for name in texts if (row := split_cell(name.removesuffix(UNSURE_BOX))[1])})
    answers: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    readings: dict[str, str] = {}
    read = _reader(questionnaire, page_id, lang, texts, rows)
    for name, leaf in _asked_here(questionnaire, page_id, asked, rows):
        if leaf.fixed:
            if name in given.prefilled:
                answers[name] = given.prefilled[name]
            continue
        answer, error = read(name, leaf)
        if answer is None:
            errors[name] = error
        else:
            answers[name] = answer
            readings |= _reading(name, leaf, texts, answer, lang)
    _read_nothing(questionnaire.roster_of(page_id), texts, ParsedPage(answers, errors, texts, readings, {}), rows, lang)
    reasons = {name.removeprefix(REASON): value[0].strip() for name, value in texts.items() if name.startswith(REASON)}
    return ParsedPage(answers, errors, texts, readings, {check: text for check, text in reasons.items() if text})


def _reader(
    questionnaire: Questionnaire,
    page_id: str,
    lang: str,
    texts: Mapping[str, Sequence[str]],
    rows: Collection[int] | None,
) -> Callable[[str, Field], tuple[Answer | None, str]]:
    """Return what reads one answer of a page: its form, or for more rows than a page shows the readers alone."""
    if rows is not None and len(rows) > MOST_ON_A_PAGE:
        return lambda name, leaf: _read(name, leaf, texts, lang)
    form = build_form(questionnaire, page_id, lang, None if rows is None else tuple(rows))(Typed(texts))
    form.validate()

    def of_form(name: str, leaf: Field) -> tuple[Answer | None, str]:
        field = form[name]
        return (None, str(field.errors[0])) if field.errors else (field.data, "")

    return of_form


def _read(name: str, leaf: Field, texts: Mapping[str, Sequence[str]], lang: str) -> tuple[Answer | None, str]:
    unsure = leaf.dont_know and bool(texts.get(f"{name}{UNSURE_BOX}"))
    try:
        return read_field(leaf, texts.get(name, ()), lang, unsure=unsure), ""
    except Refused as refused:
        return None, str(refused)


def _read_nothing(
    roster: Roster | None, texts: Mapping[str, Sequence[str]], page: ParsedPage, rows: Collection[int] | None, lang: str
) -> None:
    """Read the box "nothing to report", which stands above the first row; a row that is filled in clears it."""
    if roster is None or roster.nothing is None:
        return
    name, ticked = roster.rows_name, NOTHING in texts.get(roster.rows_name, ())
    filled = bool(page.errors or rows_of(roster, page.answers))
    if filled and ticked:
        page.readings[name] = word("nothing_dropped", lang, label=roster.nothing.label[lang])
    if filled or rows is None or 1 in rows or ticked:
        page.answers[name] = Answer(0, "answered") if ticked and not filled else BLANK


def _asked_here(
    questionnaire: Questionnaire,
    page_id: str,
    asked: frozenset[str] | None,
    rows: Collection[int] | None,
) -> Iterator[tuple[str, Field]]:
    """Give the answers that a page has, with their fields; of a roster those of each row."""
    leaves = [
        leaf
        for leaf in questionnaire.page(page_id).fields
        if leaf.value is None and (asked is None or leaf.name in asked or leaf.needs is not None)
    ]
    if rows is None or questionnaire.roster_of(page_id) is None:
        yield from ((leaf.name, leaf) for leaf in leaves)
        return
    for row in rows:
        yield from ((f"{leaf.name}.{row}", leaf) for leaf in leaves)


def page_texts(
    questionnaire: Questionnaire,
    page_id: str,
    typed: Mapping[str, Sequence[str]] | Posted,
    *,
    rows: Collection[int] | None = None,
) -> dict[str, list[str]]:
    """Return what was posted under the names this page has, and nothing else.

    rows: of a roster the rows that the page has, default every row it can have.
    """
    getlist = getattr(typed, "getlist", None) or (
        lambda name: list(cast("Mapping[str, Sequence[str]]", typed).get(name, ()))
    )
    names: Iterable[str] = _names(questionnaire, page_id)
    roster = questionnaire.roster_of(page_id)
    if roster is not None:
        names = [*_cells(names, _posted_rows(roster, typed) if rows is None else rows)]
        names += [roster.nothing.name] if roster.nothing is not None else []
    found = {name: [str(text) for text in getlist(name)] for name in names}
    return {name: texts for name, texts in found.items() if texts}


def _posted_rows(roster: Roster, typed: Mapping[str, Sequence[str]] | Posted) -> Collection[int]:
    """Return the rows of which something was posted; where the names cannot be listed, every row there can be."""
    every = range(1, roster.max_rows + 1)
    if not isinstance(typed, Iterable):
        return every
    rows = {split_cell(str(name).removesuffix(UNSURE_BOX).removeprefix(REASON))[1] for name in typed}
    return [row for row in sorted(rows) if row in every]


@lru_cache(maxsize=512)
def _names(questionnaire: Questionnaire, page_id: str) -> tuple[str, ...]:
    names = []
    for leaf in questionnaire.page(page_id).fields:
        if leaf.value is None:
            names += [leaf.name, unsure_name(leaf)] if leaf.dont_know and not leaf.choices else [leaf.name]
    return (*names, *(f"{REASON}{check}" for check in questionnaire.soft_checks))


def _cells(names: Iterable[str], rows: Collection[int]) -> Iterator[str]:
    """Give the names of a roster's page: those of each row, and of each row's reasons."""
    names = tuple(names)
    yield from (name for name in names if name.startswith(REASON))
    columns = [(name.removesuffix(UNSURE_BOX), UNSURE_BOX if name.endswith(UNSURE_BOX) else "") for name in names]
    for row in rows:
        yield from (f"{column}.{row}{box}" for column, box in columns)


def _reading(name: str, leaf: Field, texts: Mapping[str, Sequence[str]], answer: Answer, lang: str) -> dict[str, str]:
    """Say how a number was read that names its own unit: 万, 亿 or 元."""
    if leaf.kind not in _NUMBERS or answer.value is None:
        return {}
    typed = next(text for text in texts[name] if text.strip())
    if not _UNIT_WORDS & set(typed):
        return {}
    return {name: word("read_as", lang, typed=safe_to_show(typed), value=shown_value(leaf, answer, lang))}
