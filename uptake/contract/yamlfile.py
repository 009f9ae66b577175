"""Read a study's YAML into frozen dataclasses, listing every fault with its file and line.

Files are read from *composed nodes*: every scalar stays the text that was written, so `no` and `0110` are text
and only the model decides what is a number. Duplicate keys are refused.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from uptake.contract.errors import Fault, did_you_mean, shown
from uptake.contract.text import Text
from uptake.contract.yamltext import open_yaml

T = TypeVar("T")
LANGUAGES = ("zh", "en")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_YES, _NO = frozenset({"true", "yes"}), frozenset({"false", "no"})


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a study file; `str()` gives `questionnaires/enterprise.yaml:88`."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text whose own line matters, such as an expression or a reference to another file."""

    value: str
    place: Place


class _Stop(Exception):  # noqa: N818 - not an error of the user's, only the way out of a node that cannot be read
    """The node cannot become what the model asks for; its fault has been noted."""


@dataclass(frozen=True, slots=True)
class _File:
    """The file being read and the list that its faults go to."""

    path: str
    faults: list[Fault]

    def place(self, node: Node) -> Place:
        return Place(self.path, node.start_mark.line + 1)

    def stop(self, node: Node, message: str) -> _Stop:
        self.faults.append(Fault(str(self.place(node)), message))
        return _Stop()


def read_yaml(path: Path, model: type[T], *, root: Path, faults: list[Fault]) -> T | None:
    """Read one YAML file as `model`; what is wrong is added to `faults` and None returned.

    path: the file; root: the study folder that places are relative to; model: a frozen dataclass whose fields are
    str, int, float, Decimal, bool, Literal, Text, Scalar, Place, dataclasses, `X | None`, `tuple[X, ...]` or
    `Mapping[str, X]`. A field called `place` receives the line of its mapping.
    """
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    file = _File(name, faults)
    node = open_yaml(path, name, faults)
    if node is None:
        return None
    before = len(faults)
    try:
        made = _read(node, model, file)
    except _Stop:
        return None
    return typing.cast(T, made) if len(faults) == before else None


def _read(node: Node, kind: Any, file: _File) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_optional(node, kind, file)
    if origin is tuple:
        return _read_sequence(node, get_args(kind)[0], file)
    if origin in (Mapping, dict):
        return _read_mapping(node, get_args(kind)[1], file)
    if origin is Literal:
        return _read_literal(node, get_args(kind), file)
    if kind is Text:
        return _read_text(node, file)
    if dataclasses.is_dataclass(kind) and kind not in (Scalar, Place):
        return _read_dataclass(node, typing.cast(type, kind), file)
    return _read_scalar(node, kind, file)


def _read_optional(node: Node, kind: Any, file: _File) -> Any:
    inner = [part for part in get_args(kind) if part is not type(None)]
    if isinstance(node, ScalarNode) and node.value in ("", "null", "~") and not node.style:
        return None
    return _read(node, inner[0], file)


def _read_sequence(node: Node, kind: Any, file: _File) -> tuple[Any, ...]:
    if not isinstance(node, SequenceNode):
        raise file.stop(node, "a list was expected here. Write its items with `- ` or in [brackets].")
    made, broken = [], False
    for item in node.value:
        try:
            made.append(_read(item, kind, file))
        except _Stop:
            broken = True
    if broken:
        raise _Stop
    return tuple(made)


def _pairs(node: Node, file: _File, what: str) -> dict[str, tuple[ScalarNode, Node]]:
    if not isinstance(node, MappingNode):
        raise file.stop(node, f"{what} was expected here: `key: value` lines, not {_shape(node)}.")
    found: dict[str, tuple[ScalarNode, Node]] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise file.stop(key, "a key must be plain text.")
        if key.value in found:
            first = file.place(found[key.value][0]).line
            file.faults.append(Fault(str(file.place(key)), f'the key "{shown(key.value)}" was given on line {first}'
                                     " already; one of the two would be lost. Keep one."))  # fmt: skip
        found[key.value] = (key, value)
    return found


def _shape(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return f'the text "{shown(node.value)}"'
    return "a list" if isinstance(node, SequenceNode) else "a mapping"


def _read_mapping(node: Node, kind: Any, file: _File) -> dict[str, Any]:
    return {key: _read(value, kind, file) for key, (_, value) in _pairs(node, file, "a mapping").items()}


def _read_text(node: Node, file: _File) -> Text:
    pairs = _pairs(node, file, "a text in both languages, {zh: ..., en: ...},")
    missing = [lang for lang in LANGUAGES if lang not in pairs]
    if missing:
        raise file.stop(node, f"the text lacks {' and '.join(missing)}; every text is written in zh and en. Add it.")
    strange = [lang for lang in pairs if not _LANGUAGE.fullmatch(lang)]
    if strange:
        raise file.stop(pairs[strange[0]][0], f'"{shown(strange[0])}" is no language. Where it belongs to the words'
                        " before it, a half-width comma split them: put the text in quotation marks.")  # fmt: skip
    words = {lang: _read_scalar(value, str, file) for lang, (_, value) in pairs.items()}
    empty = [lang for lang, value in words.items() if not value.strip()]
    if empty:
        raise file.stop(node, f"the text is empty in {' and '.join(empty)}. Write it.")
    return Text(tuple(words.items()), tuple(file.place(value).line for _, value in pairs.values()))


def _read_literal(node: Node, allowed: tuple[Any, ...], file: _File) -> Any:
    text = _read_scalar(node, str, file)
    by_text = {str(value): value for value in allowed}
    if text in by_text:
        return by_text[text]
    raise file.stop(node, f'"{shown(text)}" is not one of {", ".join(by_text)}.{did_you_mean(text, by_text)}')


@cache
def _hints(model: type) -> dict[str, Any]:
    return typing.get_type_hints(model)


def _read_dataclass(node: Node, model: type, file: _File) -> Any:
    hints, noun = _hints(model), model.__name__.lower()
    known = {field.name: field for field in dataclasses.fields(model)}
    pairs = _pairs(node, file, f"a {noun}")
    made: dict[str, Any] = {"place": file.place(node)} if "place" in known else {}
    broken = False
    for key, (key_node, value) in pairs.items():
        if key not in known or key == "place":
            words = [name for name in known if name != "place"]
            near = did_you_mean(key, words) or _belongs(key, model)
            message = f'a {noun} has no key "{shown(key)}".{near} Known: {", ".join(words)}.'
            file.faults.append(Fault(str(file.place(key_node)), message))
            continue
        try:
            made[key] = _read(value, hints[key], file)
        except _Stop:
            broken = True
    for name in _lacking(known, pairs, made):
        broken = True
        file.faults.append(Fault(str(file.place(node)), f'this {noun} lacks "{name}". Add the key.'))
    if broken:
        raise _Stop
    return model(**made)


def _belongs(key: str, model: type) -> str:
    """Say which other parts of the file take a key that stands in the wrong place."""
    around = vars(sys.modules[model.__module__]).values()
    takers = sorted({kind.__name__.lower() for kind in around if isinstance(kind, type) and _takes(kind, key)})
    return f" It belongs in a {' or a '.join(takers)}." if takers else ""


def _takes(kind: type, key: str) -> bool:
    return dataclasses.is_dataclass(kind) and any(field.name == key != "place" for field in dataclasses.fields(kind))


def _lacking(known: dict[str, Any], pairs: dict[str, Any], made: dict[str, Any]) -> list[str]:
    def required(field: Any) -> bool:
        return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING

    return [name for name, field in known.items() if name not in pairs and name not in made and required(field)]


def _read_scalar(node: Node, kind: Any, file: _File) -> Any:
    if not isinstance(node, ScalarNode):
        raise file.stop(node, f"one value was expected here, not {_shape(node)}.")
    if kind is Scalar:
        return Scalar(node.value, file.place(node))
    maker = _MAKERS.get(kind)
    if maker is None:
        raise TypeError(f"the model asks for {kind!r}, which read_yaml does not know")
    try:
        return maker(node.value.strip() if kind is not str else node.value)
    except (ValueError, InvalidOperation):
        raise file.stop(node, f'"{shown(node.value)}" is not {_WORDS[kind]}. Write {_EXAMPLES[kind]}.') from None


def _boolean(text: str) -> bool:
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise ValueError(text)


_MAKERS: dict[Any, Callable[[str], Any]] = {str: str, int: int, float: float, Decimal: Decimal, bool: _boolean}
_WORDS = {int: "a whole number", float: "a number", Decimal: "a number", bool: "true or false", str: "a text"}
_EXAMPLES = {int: "digits such as 400", float: "digits such as 0.7", Decimal: "digits such as 0.7",
             bool: "true or false", str: "a text"}  # fmt: skip
