"""A page as a WTForms class that reads and validates what was posted, built once a definition, page and language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import wtforms
from wtforms.widgets import TextInput

from forms.answers import shown_value
from forms.model import BLANK, NOTHING_GIVEN, Answer, Field, Given, Questionnaire
from forms.reading import Posted, read_field, unsure_name
from forms.words import safe_to_show, word

_UNIT_WORDS = frozenset("万亿元")
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
        self.unsure = False
        self.data: Answer = BLANK

    def process(self, formdata: Posted | None, data: Any = None, extra_filters: Any = None) -> None:
        """Note whether `don't know` was ticked beside the field, then read it."""
        if formdata is not None and self.leaf.dont_know:
            self.unsure = bool(formdata.getlist(unsure_name(self.leaf)))
        super().process(formdata, data if isinstance(data, Answer) else BLANK, extra_filters)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the posted texts; a refusal becomes the error of the field."""
        self.data = BLANK
        self.data = read_field(self.leaf, valuelist, self.lang, unsure=self.unsure)

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
def build_form(questionnaire: Questionnaire, page_id: str, lang: str) -> type[wtforms.Form]:
    """Return the WTForms class of a page; the same class for the same definition, page and language.

    A field's `data` is an Answer. Fields fixed by the sample are not in it: nobody can post them. Required fields are
    not refused here: a page may be saved half done, and `run_checks` says what is missing.
    """
    asked = (leaf for leaf in questionnaire.page(page_id).fields if leaf.posted)
    fields = {leaf.name: AnswerField(leaf=leaf, lang=lang) for leaf in asked}
    return cast("type[wtforms.Form]", type(f"Page_{page_id}_{lang}", (wtforms.Form,), fields))


def parse_page(
    questionnaire: Questionnaire,
    page_id: str,
    lang: str,
    typed: Mapping[str, Sequence[str]] | Posted,
    *,
    given: Given = NOTHING_GIVEN,
    asked: frozenset[str] | None = None,
) -> ParsedPage:
    """Read a posted page; whatever was posted, this returns and does not raise.

    typed: names to texts, or a multi-dict; given: what is known of the unit, whose answers fixed fields take; asked:
    the fields on the unit's route, default all of the page. Names that the page does not have are ignored.
    """
    page = questionnaire.page(page_id)
    texts = page_texts(questionnaire, page_id, typed)
    form = build_form(questionnaire, page_id, lang)(Typed(texts))
    form.validate()
    answers: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    readings: dict[str, str] = {}
    for leaf in page.fields:
        if asked is not None and leaf.name not in asked and leaf.needs is None:
            continue
        if leaf.fixed:
            if leaf.name in given.prefilled:
                answers[leaf.name] = given.prefilled[leaf.name]
            continue
        if not leaf.posted:
            continue
        field = form[leaf.name]
        if field.errors:
            errors[leaf.name] = str(field.errors[0])
        else:
            answers[leaf.name] = field.data
            readings |= _reading(leaf, texts, field.data, lang)
    reasons = {name.removeprefix(REASON): value[0].strip() for name, value in texts.items() if name.startswith(REASON)}
    return ParsedPage(answers, errors, texts, readings, {check: text for check, text in reasons.items() if text})


def page_texts(
    questionnaire: Questionnaire, page_id: str, typed: Mapping[str, Sequence[str]] | Posted
) -> dict[str, list[str]]:
    """Return what was posted under the names this page has, and nothing else."""
    getlist = getattr(typed, "getlist", None) or (
        lambda name: list(cast("Mapping[str, Sequence[str]]", typed).get(name, ()))
    )
    found = {name: [str(text) for text in getlist(name)] for name in _names(questionnaire, page_id)}
    return {name: texts for name, texts in found.items() if texts}


@lru_cache(maxsize=512)
def _names(questionnaire: Questionnaire, page_id: str) -> tuple[str, ...]:
    names = []
    for leaf in questionnaire.page(page_id).fields:
        names += [leaf.name, unsure_name(leaf)] if leaf.dont_know and not leaf.choices else [leaf.name]
    return (*names, *(f"{REASON}{check}" for check in questionnaire.soft_checks))


def _reading(leaf: Field, texts: Mapping[str, Sequence[str]], answer: Answer, lang: str) -> dict[str, str]:
    """Say how a number was read that names its own unit: 万, 亿 or 元."""
    if leaf.kind not in ("int", "dec", "money", "pct") or answer.value is None:
        return {}
    typed = next(text for text in texts[leaf.name] if text.strip())
    if not _UNIT_WORDS & set(typed):
        return {}
    return {leaf.name: word("read_as", lang, typed=safe_to_show(typed), value=shown_value(leaf, answer, lang))}
