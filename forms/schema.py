"""The JSON Schema of questionnaire files (draft 2020-12), made from the shape that the loader reads: for editors."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from forms import source
from forms.asked import PartType
from forms.fields import COMMON, KEYS
from forms.schema_words import LIMITS, WORDS
from uptake.contract.text import Text
from uptake.contract.yamlfile import LANGUAGES, Place, Scalar

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
# YAML reads 1.0 as a number and yes as a word or a truth value, as its version goes; the loader reads the text written.
_WRITTEN: Schema = {"type": ["string", "number", "boolean"]}
_SCALARS: Mapping[Any, Schema] = {
    str: _WRITTEN,
    Scalar: _WRITTEN,
    int: {"type": "integer"},
    bool: {"enum": [True, False, "yes", "no"]},
}
_TYPED = (source.Question, source.Part, source.Column)
# What a type cannot do without, besides what every question, part or column needs.
_NEEDED: Mapping[PartType, tuple[str, ...]] = {
    "money": ("money_unit",),
    "matrix": ("rows",),
    "computed": ("value", "gives"),
    "roster": ("columns", "max_rows", "row_label"),
}
_IN_ROSTERS = frozenset({"matrix", "int_or_band", "roster"})  # what cannot be a column of one


def questionnaire_schema() -> Schema:
    """Return the schema of a questionnaire file.

    It completes and checks keys, words and numbers in an editor. It does not know what refers to what (fields, choice
    lists, boxes), nor the expression language: `uptake check` does.
    """
    made: dict[str, Schema] = {}
    root = _object(source.Questionnaire, made)
    text = {
        "title": "A text in every language",
        "description": "Chinese and English are always given; further languages stand in every text or in none.",
        "type": "object",
        "required": list(LANGUAGES),
        "propertyNames": {"pattern": "^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*$"},
        "additionalProperties": {"type": ["string", "number"], "pattern": r"\S"},
    }
    return {
        "$schema": DRAFT,
        "$id": "questionnaire.schema.json",
        **root,
        "$defs": {"text": text, **{name: made[name] for name in sorted(made)}},
    }


def _object(model: type, made: dict[str, Schema]) -> Schema:
    hints = typing.get_type_hints(model)
    keys = [key for key in dataclasses.fields(model) if key.name != "place"]
    schema: Schema = {
        "title": model.__name__,
        "description": (model.__doc__ or "").strip().splitlines()[0],
        "type": "object",
        "additionalProperties": False,
        "required": [key.name for key in keys if _is_required(key)],
        "properties": {key.name: _described(model, key.name, _value(hints[key.name], made)) for key in keys},
    }
    return schema | _rules_of(model)


def _is_required(key: dataclasses.Field[Any]) -> bool:
    return key.default is dataclasses.MISSING and key.default_factory is dataclasses.MISSING


def _described(model: type, key: str, schema: Schema) -> Schema:
    words = WORDS.get(f"{model.__name__}.{key}") or WORDS[key]
    limits = LIMITS.get(f"{model.__name__}.{key}") or LIMITS.get(key, {})
    return {"description": words, **schema, **limits}


def _value(kind: Any, made: dict[str, Schema]) -> Schema:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _value(next(part for part in get_args(kind) if part is not type(None)), made)
    if origin is tuple:
        return {"type": "array", "items": _value(get_args(kind)[0], made)}
    if origin in (Mapping, dict):
        return {"type": "object", "additionalProperties": _value(get_args(kind)[1], made)}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if kind is Text:
        return {"$ref": "#/$defs/text"}
    if dataclasses.is_dataclass(kind) and kind not in (Scalar, Place):
        return _reference(typing.cast(type, kind), made)
    return dict(_SCALARS[kind])


def _reference(model: type, made: dict[str, Schema]) -> Schema:
    name = model.__name__.lower()
    if name not in made:
        made[name] = {}  # so that a shape may hold itself
        made[name] = _object(model, made)
    return {"$ref": f"#/$defs/{name}"}


def _rules_of(model: type) -> Schema:
    """Return what the keys of one shape say of one another."""
    rules: Schema = {}
    if model in _TYPED:
        kinds = [kind for kind in get_args(PartType) if not (model is source.Column and kind in _IN_ROSTERS)]
        contradiction = {"required": ["required_if", "required"], "properties": {"required": {"enum": [False, "no"]}}}
        rules["allOf"] = [{"not": contradiction}, *(_of_type(model, kind) for kind in kinds)]
        if model is source.Column:
            rules["allOf"].append({"properties": {"type": {"enum": kinds}}})
    if model is source.Question:
        rules["oneOf"] = [{"required": ["type"]}, {"required": ["parts"]}]
    if model is source.Part:
        rules["required"] = ["type", "id", "label"]
        rules["allOf"].append({"properties": {"type": {"not": {"const": "roster"}}}})
    if model is source.Prefill:
        rules["oneOf"] = [{"required": ["column"]}, {"required": ["last_wave"]}]
    if model is source.Wording:
        rules["anyOf"] = [{"required": ["text"]}, {"required": ["hint"]}]
    return rules


def _of_type(model: type, kind: PartType) -> Schema:
    """Return which keys a type takes and needs; columns of a matrix have no type of their own."""
    own = {key.name for key in dataclasses.fields(model)} - {"place"}
    then: Schema = {"propertyNames": {"enum": sorted(own & (COMMON | KEYS[kind]))}}
    if kind in _NEEDED:
        then["required"] = list(_NEEDED[kind])
    if kind == "matrix":
        column = {"propertyNames": {"enum": ["id", "label", "required", "required_if"]}}
        then["properties"] = {"columns": {"items": column}}
    if kind == "roster":
        then["properties"] = {"columns": {"items": {"required": ["type"]}}}
    return {"if": {"required": ["type"], "properties": {"type": {"const": kind}}}, "then": then}
