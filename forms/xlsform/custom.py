"""Keys of a questionnaire that XLSForm has no column for, written into custom columns and read back by their type."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from uptake.contract.errors import did_you_mean
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar

Tree = dict[str, Any]


class CustomColumnError(Exception):
    """A custom column that cannot be read; the text is the sentence."""


def encode(tree: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Return keys as cells: texts one column a language, lists and mappings as JSON, yes and no, digits.

    >>> encode({"unit": {"zh": "人", "en": "persons"}, "identity": True}, "uptake:")
    {'uptake:unit_zh': '人', 'uptake:unit_en': 'persons', 'uptake:identity': 'yes'}
    """
    cells: dict[str, str] = {}
    for key, value in tree.items():
        if _is_text(value):
            cells |= {f"{prefix}{key}_{language}": words for language, words in value.items()}
        elif isinstance(value, bool):
            cells[f"{prefix}{key}"] = "yes" if value else "no"
        elif isinstance(value, str | int):
            cells[f"{prefix}{key}"] = str(value)
        else:
            cells[f"{prefix}{key}"] = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return cells


def decode(cells: Mapping[str, str], model: type) -> Tree:
    """Return the keys that cells say, as the type `model` (of forms.source) wants them.

    Raises CustomColumnError with a sentence for a key that the type has not, or a value that is none of its kind.
    """
    hints, made = _hints(model), Tree()
    for column, value in cells.items():
        key, _, language = column.rpartition("_")
        if column in hints:
            made[column] = _value(column, value, hints[column])
        elif key in hints and _inner(hints[key]) is Text:
            made.setdefault(key, {})[language] = value
        else:
            near = did_you_mean(column, hints)
            raise CustomColumnError(f'a {model.__name__.lower()} has no key "{column}".{near}')
    return made


def _is_text(value: object) -> bool:
    return isinstance(value, Mapping) and {"zh", "en"} <= set(value)


@cache
def _hints(model: type) -> dict[str, Any]:
    found = typing.get_type_hints(model)
    return {field.name: found[field.name] for field in dataclasses.fields(model) if found[field.name] is not Place}


def _inner(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _value(key: str, value: str, kind: Any) -> Any:
    inner = _inner(kind)
    if inner in (str, Scalar) or get_origin(inner) is Literal:
        return value
    if inner is bool:
        if value.strip().lower() not in ("yes", "no", "true", "false"):
            raise CustomColumnError(f'"{value[:40]}" is neither yes nor no.')
        return value.strip().lower() in ("yes", "true")
    if inner is int:
        try:
            return int(value)
        except ValueError:
            raise CustomColumnError(f'"{value[:40]}" is not a whole number.') from None
    return _json(value)


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise CustomColumnError('it is not JSON, such as ["DEF-1"] or {"column": "staff"}.') from None


def without(tree: Mapping[str, Any], keys: Iterable[str]) -> Tree:
    """Return a copy of a mapping without some keys."""
    left_out = frozenset(keys)
    return {key: value for key, value in tree.items() if key not in left_out}
