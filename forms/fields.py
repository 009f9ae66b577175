"""From a part as written to its fields: which keys a type takes, which columns it makes, what is refused at load."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from forms import source
from forms.model import DONT_KNOW, Choice, Field, FieldKind, FieldType, Part, PartType, Prefill, Row, field_name
from uptake.contract import codes
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar

CODE_LISTS: Mapping[source.CodeList, tuple[codes.Code, ...]] = {
    "provinces": codes.PROVINCES,
    "size_classes": codes.SIZE_CLASSES,
    "industry_groups": codes.INDUSTRY_GROUPS,
    "industry_sections": codes.INDUSTRY_SECTIONS,
}
DONT_KNOW_CHOICE = Choice(DONT_KNOW, Text.of(zh="不清楚", en="Don’t know"))
MONEY_UNIT = Text.of(zh="万元", en="ten thousand yuan")
TYPE_OF_KIND: Mapping[FieldKind, FieldType] = {
    "sel1": "code", "selN": "text", "int": "int", "dec": "dec", "money": "dec", "text": "text", "date": "date",
    "code": "code", "uscc": "text", "tick": "bool",
}  # fmt: skip

_COMMON = frozenset({"place", "id", "type", "label", "hint", "required", "identity", "text", "definitions", "relevant",
                     "parts", "checks"})  # fmt: skip
_LISTED = frozenset({"choices", "choice_list"})
_KEYS: Mapping[PartType, frozenset[str]] = {
    "sel1": _LISTED | {"dont_know", "prefill"},
    "selN": _LISTED | {"dont_know", "max_choices"},
    "int": frozenset({"unit", "dont_know", "prefill", "min", "max"}),
    "dec": frozenset({"unit", "dont_know", "prefill", "min", "max", "decimals"}),
    "money": frozenset({"dont_know", "prefill", "min", "max"}),
    "text": frozenset({"prefill", "max_length", "lines"}),
    "date": frozenset({"dont_know", "prefill", "min", "max"}),
    "code": _LISTED | {"codes", "dont_know", "prefill"},
    "uscc": frozenset({"prefill"}),
    "matrix": _LISTED | {"rows", "columns", "unit", "dont_know", "min", "max"},
    "int_or_band": _LISTED | {"unit", "dont_know", "min", "max"},
    "tick": frozenset(),
}
_NEEDS_CHOICES: frozenset[PartType] = frozenset({"sel1", "selN", "code", "int_or_band"})
_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")
WrittenPart = source.Part | source.Question


@dataclass(frozen=True, slots=True)
class Maker:
    """What is known while the parts of one file are made: its choice lists, and where faults go."""

    choice_lists: Mapping[str, tuple[source.Choice, ...]]
    faults: list[Fault]

    def fault(self, place: Place, message: str) -> None:
        """Note one thing that is wrong."""
        self.faults.append(Fault(str(place), message))


def make_part(maker: Maker, page: str, question: source.Question, part: WrittenPart) -> Part:
    """Make one part and its fields; what is wrong goes to the maker's faults."""
    assert part.type is not None
    _refuse_foreign_keys(maker, part)
    part_id = part.id if isinstance(part, source.Part) else ""
    label = part.label if isinstance(part, source.Part) else None
    name = field_name(question.id.value, part_id)
    blank = Field(
        name=name,
        question=question.id.value,
        page=page,
        kind="text",
        type="text",
        label=label or question.text,
        required=part.required,
        identity=part.identity,
    )
    fields = _FIELDS[part.type](maker, part, blank)
    rows, columns = (tuple(Row(row.id, row.label) for row in written) for written in (part.rows, part.columns))
    hint = part.hint if isinstance(part, source.Part) else None
    return Part(part_id, part.type, label, hint, fields, rows, columns)


def _refuse_foreign_keys(maker: Maker, part: WrittenPart) -> None:
    assert part.type is not None
    allowed = _COMMON | _KEYS[part.type]
    for key in dataclasses.fields(part):
        if key.name in allowed or getattr(part, key.name) == key.default:
            continue
        takers = ", ".join(kind for kind, keys in _KEYS.items() if key.name in keys)
        maker.fault(
            part.place,
            f'the type "{part.type}" takes no "{key.name}", so it would be lost. Remove it; types that take it:'
            f" {takers}.",
        )
    if part.identity and part.dont_know:
        maker.fault(part.place, "an identity question cannot offer don't know. Remove one of the two keys.")


def _choices(maker: Maker, part: WrittenPart) -> tuple[Choice, ...]:
    written = _written_choices(maker, part)
    _refuse_bad_codes(maker, written)
    made = tuple(Choice(item.code, item.label, item.exclusive, item.text) for item in written)
    if part.codes is not None:
        made += tuple(Choice(item.code, item.name) for item in CODE_LISTS[part.codes])
    if not made and part.type in _NEEDS_CHOICES:
        maker.fault(part.place, f'the type "{part.type}" needs answers to choose from. Add "choices" or "choice_list".')
    if part.dont_know and all(choice.code != DONT_KNOW for choice in made):
        made += (dataclasses.replace(DONT_KNOW_CHOICE, exclusive=part.type == "selN"),)
    return made


def _written_choices(maker: Maker, part: WrittenPart) -> tuple[source.Choice, ...]:
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


def _refuse_bad_codes(maker: Maker, written: Iterable[source.Choice]) -> None:
    seen: set[str] = set()
    for choice in written:
        if not _CODE.fullmatch(choice.code):
            maker.fault(choice.place, f'the code "{choice.code}" must be 1 to 40 of a-z A-Z 0-9 _. Change it.')
        if choice.code in seen:
            maker.fault(choice.place, f'the code "{choice.code}" stands twice in one list. Give each choice its own.')
        seen.add(choice.code)


def _one_of(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    kind: FieldKind = "code" if part.type == "code" else "selN" if part.type == "selN" else "sel1"
    choices = _choices(maker, part)
    leaf = dataclasses.replace(
        blank,
        kind=kind,
        type=TYPE_OF_KIND[kind],
        choices=choices,
        dont_know=any(choice.code == DONT_KNOW for choice in choices),
        max_choices=part.max_choices,
        prefill=_prefill(part),
    )
    if kind != "selN" and any(choice.exclusive for choice in choices):
        maker.fault(part.place, '"exclusive" means something only where several may be chosen (selN). Remove it.')
    return (leaf, *(_words_of(leaf, choice) for choice in choices if choice.text))


def _words_of(leaf: Field, choice: Choice) -> Field:
    label = Text(tuple((lang, f"{choice.label[lang]}{'：请写明' if lang == 'zh' else ': please say'}")
                       for lang in choice.label))  # fmt: skip
    name = field_name(leaf.name, choice.code, "text")
    plain = dataclasses.replace(leaf, name=name, kind="text", type="text", label=label, choices=(), dont_know=False)
    return dataclasses.replace(plain, prefill=None, max_choices=None, needs=(leaf.name, choice.code))


def _typed(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    """Make the one field of a part whose answer is typed (or ticked)."""
    assert part.type is not None
    kind: Any = part.type
    leaf = dataclasses.replace(
        blank,
        kind=kind,
        type=TYPE_OF_KIND[kind],
        unit=MONEY_UNIT if kind == "money" else part.unit,
        dont_know=part.dont_know,
        prefill=_prefill(part),
        decimals=_decimals(part),
        max_length=part.max_length,
        lines=part.lines,
    )
    return (_bounded(maker, part, leaf),)


def _prefill(part: WrittenPart) -> Prefill | None:
    return None if part.prefill is None else Prefill(part.prefill.column, part.prefill.mode)


def _decimals(part: WrittenPart) -> int:
    if part.type == "money":
        return 2
    return (2 if part.decimals is None else part.decimals) if part.type == "dec" else 0


def _bounded(maker: Maker, part: WrittenPart, leaf: Field) -> Field:
    low, high = (_bound(maker, part, leaf, bound) for bound in (part.min, part.max))
    if low is None and leaf.type == "int":
        low = Decimal(0)  # counts of persons, devices, agents: below zero only where the questionnaire says so
    return dataclasses.replace(leaf, min=low, max=high)


def _bound(maker: Maker, part: WrittenPart, leaf: Field, bound: Scalar | None) -> Decimal | datetime.date | None:
    if bound is None:
        return None
    try:
        return datetime.date.fromisoformat(bound.value) if leaf.type == "date" else Decimal(bound.value)
    except (ValueError, InvalidOperation):
        example = "a date such as 2026-12-31" if leaf.type == "date" else "a number such as 100"
        maker.fault(bound.place, f'"{bound.value}" cannot bound the type "{part.type}". Write {example}.')
        return None


def _matrix(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    if not part.rows or bool(part.columns) == bool(part.choices or part.choice_list):
        maker.fault(
            part.place, 'a matrix needs "rows", and either "columns" (whole numbers) or "choices". Write those two.'
        )
        return ()
    for written in (part.rows, part.columns):
        _refuse_bad_codes(maker, (source.Choice(row.place, row.id, row.label) for row in written))
    if part.columns:
        return tuple(_cell(maker, part, blank, row, column) for row in part.rows for column in part.columns)
    choices = _choices(maker, part)
    if any(choice.text or choice.exclusive for choice in choices):
        maker.fault(part.place, 'the choices of a matrix take neither "text" nor "exclusive". Remove them.')
    known = any(choice.code == DONT_KNOW for choice in choices)
    return tuple(
        dataclasses.replace(blank, name=field_name(blank.name, row.id), kind="sel1", type="code", label=row.label,
                            choices=choices, dont_know=known)
        for row in part.rows
    )  # fmt: skip


def _cell(maker: Maker, part: WrittenPart, blank: Field, row: source.Row, column: source.Row) -> Field:
    label = Text(tuple((lang, f"{row.label[lang]} – {column.label[lang]}") for lang in row.label))
    name = field_name(blank.name, row.id, column.id)
    leaf = dataclasses.replace(blank, name=name, kind="int", type="int", label=label, unit=part.unit)
    return _bounded(maker, part, dataclasses.replace(leaf, dont_know=part.dont_know))


def _int_or_band(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    group = (blank.name, f"{blank.name}_band")
    number = dataclasses.replace(blank, kind="int", type="int", unit=part.unit, group=group)
    choices = _choices(maker, part)
    known = any(choice.code == DONT_KNOW for choice in choices)
    label = Text(
        tuple((lang, f"{blank.label[lang]}{'（区间）' if lang == 'zh' else ' (range)'}") for lang in blank.label)
    )
    band = dataclasses.replace(blank, name=group[1], kind="sel1", type="code", label=label, choices=choices,
                               dont_know=known, group=group)  # fmt: skip
    return (_bounded(maker, part, number), band)


_FIELDS: Mapping[PartType, Callable[[Maker, WrittenPart, Field], tuple[Field, ...]]] = {
    "sel1": _one_of, "selN": _one_of, "code": _one_of, "int": _typed, "dec": _typed, "money": _typed, "text": _typed,
    "date": _typed, "uscc": _typed, "tick": _typed, "matrix": _matrix, "int_or_band": _int_or_band,
}  # fmt: skip
