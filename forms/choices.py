"""The answers that can be chosen: lists of choices as written, code lists, and the fields of a chosen answer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping

from forms import source
from forms.leaves import DONT_KNOW, Choice, Field, FieldKind, Prefill, field_name
from forms.maker import Maker
from forms.model import PartType
from forms.words import CODE_NAMES, SENTENCES, WORDS
from uptake.contract import codes
from uptake.contract.errors import did_you_mean
from uptake.contract.regions import REGIONS
from uptake.contract.text import Text

WrittenPart = source.Part | source.Question | source.Column

CODE_LISTS: Mapping[source.CodeList, tuple[codes.Code, ...]] = {
    "provinces": codes.PROVINCES,
    "regions": REGIONS,
    "size_classes": codes.SIZE_CLASSES,
    "industry_groups": codes.INDUSTRY_GROUPS,
    "industry_sections": codes.INDUSTRY_SECTIONS,
    "industry_divisions": codes.INDUSTRY_DIVISIONS,
}
_NEEDS_CHOICES: frozenset[PartType] = frozenset({"sel1", "selN", "code", "int_or_band"})
_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")


def choices_of(maker: Maker, part: WrittenPart) -> tuple[Choice, ...]:
    """Return the choices of a part, don't know among them where it is offered."""
    written = _written(maker, part)
    refuse_bad_codes(maker, written)
    made = tuple(Choice(item.code, item.label, item.exclusive, item.text) for item in written)
    if part.codes is not None:
        made += tuple(Choice(item.code, code_name(part.codes, item)) for item in CODE_LISTS[part.codes])
    if not made and part.choice_list is None and part.type in _NEEDS_CHOICES:
        maker.fault(part.place, f'the type "{part.type}" needs answers to choose from. Add "choices" or "choice_list".')
    if part.dont_know and all(choice.code != DONT_KNOW for choice in made):
        made += (Choice(DONT_KNOW, WORDS["dont_know"], exclusive=part.type == "selN"),)
    return made


def _written(maker: Maker, part: WrittenPart) -> tuple[source.Choice, ...]:
    given = [key for key in ("choices", "choice_list", "codes") if getattr(part, key)]
    if len(given) > 1:
        maker.fault(part.place, f"{' and '.join(given)} were both given, and one would be lost. Keep one.")
    if part.choice_list is None:
        return part.choices
    name = part.choice_list.value
    if name not in maker.choice_lists:
        near = did_you_mean(name, maker.choice_lists)
        maker.fault(part.choice_list.place, f'no choice list is called "{name}". Add it to choice_lists.{near}')
        return ()
    return maker.choice_lists[name]


def refuse_bad_codes(maker: Maker, written: Iterable[source.Choice | source.Row | source.Column]) -> None:
    """Report codes (of choices, rows or columns) of a shape that cannot be stored, and those that stand twice."""
    seen: set[str] = set()
    for item in written:
        code = item.code if isinstance(item, source.Choice) else item.id
        if not _CODE.fullmatch(code):
            maker.fault(item.place, f'the code "{code}" must be 1 to 40 of a-z A-Z 0-9 _. Change it.')
        if code in seen:
            maker.fault(item.place, f'the code "{code}" stands twice in one list. Give each choice its own.')
        seen.add(code)


def one_of(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    """Make the field of a part whose answer is chosen, and those of the words that go with a choice."""
    kind: FieldKind = "code" if part.type == "code" else "selN" if part.type == "selN" else "sel1"
    choices = choices_of(maker, part)
    leaf = dataclasses.replace(
        blank,
        kind=kind,
        type="text" if kind == "selN" else "code",
        choices=choices,
        dont_know=any(choice.code == DONT_KNOW for choice in choices),
        max_choices=part.max_choices,
    )
    if kind != "selN" and any(choice.exclusive for choice in choices):
        maker.fault(part.place, '"exclusive" means something only where several may be chosen (selN). Remove it.')
    return (leaf, *(_words_of(leaf, choice) for choice in choices if choice.text))


def labelled(key: str, label: Text) -> Text:
    """Return a label with the program's words around it, in every language of the label."""
    words = SENTENCES[key].as_dict()
    return Text(tuple((lang, words.get(lang, "{label}").format(label=said)) for lang, said in label.by_lang))


def code_name(name: source.CodeList, code: codes.Code) -> Text:
    """Return the name of an official code, in further languages as the study's words say it, else in English."""
    if not CODE_NAMES:
        return code.name
    further = ((lang, names.get(f"{name}.{code.code}", code.name["en"])) for lang, names in CODE_NAMES.items())
    return Text((*code.name.by_lang, *further))


def _words_of(leaf: Field, choice: Choice) -> Field:
    label = labelled("please_say", choice.label)
    name = field_name(leaf.name, choice.code, "text")
    plain = dataclasses.replace(leaf, name=name, kind="text", type="text", label=label, choices=(), dont_know=False)
    return dataclasses.replace(
        plain, prefill=_also(leaf.prefill), max_choices=None, needs=(leaf.name, choice.code), required_if=None
    )


def _also(prefill: Prefill | None) -> Prefill | None:
    """A column of the sample fills the choice alone; the last answer has its words too."""
    return prefill if prefill is not None and prefill.last_wave else None
