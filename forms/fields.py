"""From a part as written to its fields: which keys a type takes, which columns it makes, what is refused at load."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from forms import source
from forms.choices import CODE_LISTS, WrittenPart, choices_of, labelled, one_of, refuse_bad_codes
from forms.computed import computed
from forms.leaves import DONT_KNOW, Field, FieldKind, FieldType, Prefill, field_name
from forms.maker import Maker
from forms.model import Part, PartType, Row
from forms.words import SENTENCES
from uptake.contract.text import Text
from uptake.contract.yamlfile import Scalar

__all__ = ["CODE_LISTS", "KEYS", "MONEY", "TYPE_OF_KIND", "make_leaves", "make_part"]

# The decimals of each unit of money.
MONEY: Mapping[source.MoneyUnit, int] = {"wan": 2, "yi": 4}
TYPE_OF_KIND: Mapping[FieldKind, FieldType] = {
    "sel1": "code", "selN": "text", "int": "int", "dec": "dec", "money": "dec", "pct": "dec", "text": "text",
    "date": "date", "code": "code", "uscc": "text", "tick": "bool",
}  # fmt: skip

COMMON = frozenset({"place", "id", "type", "label", "hint", "required", "identity", "text", "definitions", "relevant",
                    "headline", "wordings", "parts", "checks"})  # fmt: skip
_ASKED = frozenset({"required_if", "prefill"})
_LISTED = _ASKED | {"choices", "choice_list", "dont_know"}
_NUMBER = _ASKED | {"dont_know", "min", "max", "total_of"}
# The keys each type takes besides COMMON.
KEYS: Mapping[PartType, frozenset[str]] = {
    "sel1": _LISTED,
    "selN": _LISTED | {"max_choices"},
    "int": _NUMBER | {"unit"},
    "dec": _NUMBER | {"unit", "decimals"},
    "money": _NUMBER | {"money_unit"},
    "pct": _NUMBER | {"decimals"},
    "text": _ASKED | {"max_length", "lines"},
    "date": _ASKED | {"dont_know", "min", "max"},
    "code": _LISTED | {"codes"},
    "uscc": _ASKED,
    "matrix": _LISTED | {"rows", "columns", "unit", "min", "max"},
    "int_or_band": _LISTED | {"unit", "min", "max"},
    "tick": frozenset({"required_if"}),
    "computed": frozenset({"value", "gives", "decimals", "unit"}),
    "roster": frozenset({"columns", "max_rows", "min_rows", "rows_per_page", "row_label", "nothing", "prefill"}),
}
_LAST_WAVE_ONLY: frozenset[PartType] = frozenset({"selN", "matrix", "int_or_band"})  # they have several boxes
_MATRIX_COLUMN = frozenset({"place", "id", "label", "required", "required_if"})
_PLACES = range(7)  # expressions know six decimals


def make_part(maker: Maker, page: str, question: source.Question, part: source.Part | source.Question) -> Part:
    """Make one part and its fields; what is wrong goes to the maker's faults."""
    assert part.type is not None
    part_id = part.id if isinstance(part, source.Part) else ""
    label = part.label if isinstance(part, source.Part) else None
    blank = _blank(maker, page, question, part, field_name(question.id.value, part_id))
    fields = make_leaves(maker, part, dataclasses.replace(blank, label=label or question.text))
    rows, columns = (tuple(Row(row.id, row.label) for row in written) for written in (part.rows, part.columns))
    hint = part.hint if isinstance(part, source.Part) else None
    return Part(part_id, part.type, label, hint, fields, rows, columns)


def make_leaves(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    """Make the fields of a part, or of a column of a roster, from a field that has its name, label and place."""
    assert part.type is not None
    refuse_foreign_keys(maker, part)
    filled = dataclasses.replace(
        blank, required=part.required, identity=part.identity, required_if=maker.expression(part.required_if),
        prefill=prefill_of(maker, part),
    )  # fmt: skip
    return _FIELDS[part.type](maker, part, filled)


def _blank(maker: Maker, page: str, question: source.Question, part: WrittenPart, name: str) -> Field:
    return Field(name=name, question=question.id.value, page=page, kind="text", type="text", label=question.text)


def refuse_foreign_keys(maker: Maker, part: WrittenPart) -> None:
    """Report keys that the type of a part does not take, and keys that contradict each other."""
    assert part.type is not None
    allowed = COMMON | KEYS[part.type]
    for key in dataclasses.fields(part):
        if key.name in allowed or getattr(part, key.name) == key.default:
            continue
        takers = ", ".join(kind for kind, keys in KEYS.items() if key.name in keys)
        maker.fault(
            part.place,
            f'the type "{part.type}" takes no "{key.name}", so it would be lost. Remove it; types that take it:'
            f" {takers}.",
        )
    if part.identity and part.dont_know:
        maker.fault(part.place, "an identity question cannot offer don't know. Remove one of the two keys.")
    if part.required_if is not None and not part.required:
        maker.fault(part.place, '"required: false" and "required_if" contradict each other. Keep one of the two.')


def prefill_of(maker: Maker, part: WrittenPart) -> Prefill | None:
    """Return what fills a part in before the respondent sees it."""
    written = None if isinstance(part, source.Column) else part.prefill
    if written is None:
        return None
    if bool(written.column) == written.last_wave:
        maker.fault(
            written.place,
            'a prefill takes either a "column" of the sample or "last_wave: true", and it must be one. Write one.',
        )
    if part.type in _LAST_WAVE_ONLY and not written.last_wave:
        maker.fault(written.place, f'one column of the sample cannot fill in the type "{part.type}". Write'
                    ' "last_wave: true", or remove the prefill.')  # fmt: skip
    if written.last_wave and written.mode == "fixed":
        maker.fault(written.place, '"fixed" shows what nobody can change, and a unit without a last wave could never'
                    ' answer. Write "editable" or "shown".')  # fmt: skip
    return Prefill(written.column, written.mode, written.last_wave)


def _typed(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    """Make the one field of a part whose answer is typed (or ticked)."""
    assert part.type is not None
    kind: Any = part.type
    leaf = dataclasses.replace(
        blank,
        kind=kind,
        type=TYPE_OF_KIND[kind],
        unit=_unit(maker, part),
        money_unit=part.money_unit,
        dont_know=part.dont_know,
        decimals=_decimals(maker, part),
        max_length=part.max_length,
        lines=part.lines,
    )
    return (_bounded(maker, part, leaf),)


def _unit(maker: Maker, part: WrittenPart) -> Text | None:
    if part.type == "pct":
        return SENTENCES["percent"]
    if part.type != "money":
        return part.unit
    if part.money_unit is None:
        maker.fault(part.place, 'the type "money" does not say in what, and one unit read as the other is wrong'
                    ' ten thousand times. Add "money_unit: wan" (ten thousand yuan) or "money_unit: yi" (hundred'
                    ' million yuan).')  # fmt: skip
        return None
    return SENTENCES[part.money_unit]


def _decimals(maker: Maker, part: WrittenPart) -> int:
    if part.type == "money":
        return MONEY[part.money_unit or "wan"]
    if part.type not in ("dec", "pct"):
        return 0
    if part.decimals is not None and part.decimals not in _PLACES:
        maker.fault(part.place, f'"decimals" is {part.decimals}, but numbers are kept to 6 places. Write 0 to 6.')
        return 0
    return part.decimals if part.decimals is not None else 1 if part.type == "pct" else 2


def _bounded(maker: Maker, part: WrittenPart, leaf: Field) -> Field:
    low, high = (_bound(maker, part, leaf, bound) for bound in (part.min, part.max))
    if low is None and (leaf.type == "int" or leaf.kind == "pct"):
        low = Decimal(0)  # counts of persons, devices, agents: below zero only where the questionnaire says so
    if high is None and leaf.kind == "pct":
        high = Decimal(100)
    if low is not None and high is not None and type(low) is type(high) and low > high:  # type: ignore[operator]
        maker.fault(part.place, f'"min" ({low}) is above "max" ({high}), so nothing can be answered. Change one.')
    return dataclasses.replace(leaf, min=low, max=high)


def _bound(maker: Maker, part: WrittenPart, leaf: Field, bound: Scalar | None) -> Decimal | datetime.date | None:
    if bound is None:
        return None
    try:
        made = datetime.date.fromisoformat(bound.value) if leaf.type == "date" else Decimal(bound.value)
    except (ValueError, InvalidOperation):
        made = None
    if made is None or (isinstance(made, Decimal) and not made.is_finite()):
        example = "a date such as 2026-12-31" if leaf.type == "date" else "a number such as 100"
        maker.fault(bound.place, f'"{bound.value}" cannot bound the type "{part.type}". Write {example}.')
        return None
    return made


def _matrix(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    assert isinstance(part, source.Part | source.Question)
    if not part.rows or bool(part.columns) == bool(part.choices or part.choice_list):
        maker.fault(
            part.place, 'a matrix needs "rows", and either "columns" (whole numbers) or "choices". Write those two.'
        )
        return ()
    refuse_bad_codes(maker, part.rows)
    refuse_bad_codes(maker, part.columns)
    _refuse_roster_columns(maker, part.columns)
    if part.columns:
        columns = [(column, _of_column(maker, blank, column)) for column in part.columns]
        return tuple(_cell(maker, part, made, row, column) for row in part.rows for column, made in columns)
    choices = choices_of(maker, part)
    if any(choice.text or choice.exclusive for choice in choices):
        maker.fault(part.place, 'the choices of a matrix take neither "text" nor "exclusive". Remove them.')
    known = any(choice.code == DONT_KNOW for choice in choices)
    return tuple(
        dataclasses.replace(blank, name=field_name(blank.name, row.id), kind="sel1", type="code", label=row.label,
                            choices=choices, dont_know=known)
        for row in part.rows
    )  # fmt: skip


def _refuse_roster_columns(maker: Maker, columns: tuple[source.Column, ...]) -> None:
    for column in columns:
        named = [key.name for key in dataclasses.fields(column) if getattr(column, key.name) != key.default]
        if extra := sorted(set(named) - _MATRIX_COLUMN):
            maker.fault(column.place, f"a column of a matrix has an id and a label, and {', '.join(extra)} would be"
                        " lost. Remove that; columns with a type of their own belong to a roster.")  # fmt: skip


def _of_column(maker: Maker, blank: Field, column: source.Column) -> Field:
    """Say when the cells of a column must be filled in: as the column says, else as the whole matrix."""
    if column.required and column.required_if is None:
        return blank
    if column.required_if is not None and not column.required:
        maker.fault(column.place, '"required: false" and "required_if" contradict each other. Keep one of the two.')
    return dataclasses.replace(blank, required=column.required, required_if=maker.expression(column.required_if))


def _cell(maker: Maker, part: WrittenPart, blank: Field, row: source.Row, column: source.Column) -> Field:
    label = Text(
        tuple((lang, f"{row.label[lang]} – {column.label[lang]}") for lang in row.label if lang in column.label)
    )
    name = field_name(blank.name, row.id, column.id)
    leaf = dataclasses.replace(blank, name=name, kind="int", type="int", label=label, unit=part.unit)
    return _bounded(maker, part, dataclasses.replace(leaf, dont_know=part.dont_know))


def _int_or_band(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    group = (blank.name, f"{blank.name}_band")
    number = dataclasses.replace(blank, kind="int", type="int", unit=part.unit, group=group)
    choices = choices_of(maker, part)
    known = any(choice.code == DONT_KNOW for choice in choices)
    label = labelled("range", blank.label)
    band = dataclasses.replace(blank, name=group[1], kind="sel1", type="code", label=label, choices=choices,
                               dont_know=known, group=group)  # fmt: skip
    return (_bounded(maker, part, number), band)


def _columns_elsewhere(maker: Maker, part: WrittenPart, blank: Field) -> tuple[Field, ...]:
    maker.fault(part.place, "a roster is a question of its own, alone on its page. Write its type and columns at the"
                " question.")  # fmt: skip
    return ()


_FIELDS: Mapping[PartType, Callable[[Maker, WrittenPart, Field], tuple[Field, ...]]] = {
    "sel1": one_of, "selN": one_of, "code": one_of, "int": _typed, "dec": _typed, "money": _typed, "pct": _typed,
    "text": _typed, "date": _typed, "uscc": _typed, "tick": _typed, "matrix": _matrix, "int_or_band": _int_or_band,
    "computed": computed, "roster": _columns_elsewhere,
}  # fmt: skip
