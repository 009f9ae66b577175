"""What differs between two documents of a questionnaire, and which of its two versions such a change raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Raises = Literal["definition_version", "text_version"]

_NAMES = ("id", "code", "experiment")  # what tells the items of a list apart; `experiment` and arm: wordings
_LAYOUT = frozenset({"lines", "rows_per_page"})  # how a box looks, not what may stand in it
_VERSIONS = frozenset({"definition_version", "text_version"})
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it was: where, the old and the new one (None: not there), and what must be raised."""

    path: str
    old: Any
    new: Any
    raises: Raises


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return every difference between two documents of `definition_document`, in the order of the new one.

    Wording, the legal header and the look of a box raise the text version; everything else, and every word of a
    headline question or a definition, raises the definition version. The two versions themselves are left out.
    """
    return tuple(_between(old["questionnaire"], new["questionnaire"], (), frozenset())) + tuple(
        _between(old["code_lists"], new["code_lists"], ("code_lists",), frozenset())
    )


def _between(old: Any, new: Any, path: tuple[str, ...], marks: frozenset[str]) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        inside = marks | _marks(old) | _marks(new)
        for key in (*new, *(key for key in old if key not in new)):
            if path or key not in _VERSIONS:
                yield from _between(old.get(key, _NOTHING), new.get(key, _NOTHING), (*path, key), inside)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _between_lists(old, new, path, marks)
    elif old is _NOTHING or new is _NOTHING or old != new:
        marks |= _marks(old) | _marks(new)
        yield Difference(".".join(path), _known(old), _known(new), _raises(path, marks))


def _marks(value: Any) -> frozenset[str]:
    """Say of a mapping whether it is a text in languages, and whether a headline rests on it."""
    if not isinstance(value, Mapping):
        return frozenset()
    is_text = {"zh", "en"} <= value.keys() and all(isinstance(words, str) for words in value.values())
    return frozenset(mark for mark, holds in (("text", is_text), ("headline", bool(value.get("headline")))) if holds)


def _between_lists(
    old: list[Any], new: list[Any], path: tuple[str, ...], marks: frozenset[str]
) -> Iterator[Difference]:
    before, after = _named(old), _named(new)
    for name in (*after, *(name for name in before if name not in after)):
        yield from _between(before.get(name, _NOTHING), after.get(name, _NOTHING), (*path, name), marks)
    shared = [name for name in after if name in before]
    if shared != [name for name in before if name in after]:
        names = [", ".join(name for name in order if name in shared) for order in (before, after)]
        yield Difference(".".join((*path, "(order)")), names[0], names[1], "definition_version")


def _named(items: list[Any]) -> dict[str, Any]:
    """Return the items by what names them, or by their number where nothing does."""
    made = {}
    for number, item in enumerate(items, start=1):
        name = next((str(item[key]) for key in _NAMES if key in item), "") if isinstance(item, Mapping) else ""
        if name and "arm" in item:
            name = f"{name}-{item['arm']}"
        made[name if name and name not in made else str(number)] = item
    return made


def _known(value: Any) -> Any:
    return None if value is _NOTHING else value


def _raises(path: tuple[str, ...], marks: frozenset[str]) -> Raises:
    if path[0] == "header":
        return "text_version"
    if path[0] in ("definitions", "code_lists") or "headline" in marks or "unit" in path[-2:]:
        return "definition_version"
    return "text_version" if "text" in marks or path[-1] in _LAYOUT else "definition_version"
