"""A made-up third language, its every word between ‹ and ›: complete words, and questionnaires written in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from forms import vocabulary
from forms.paper import phrases
from forms.words import CODE_NAMES
from uptake.contract.codes import PROVINCES
from uptake.contract.text import Text

LANG = "qx"
UNNAMED = "310000"  # Shanghai keeps its English name


def spoken(english: str) -> str:
    return f"‹{english}›"


def write_words(study: Path, *, without: tuple[str, ...] = (), **instead: str) -> Path:
    """Write the complete words of the language into a study, the collector's among them."""
    from collector.words import program_words

    words = {**vocabulary.program_words(), **program_words()}
    said = {key: spoken(text["en"]) for key, text in words.items() if key not in without}
    named = [code for code in PROVINCES if code.code != UNNAMED]
    said |= {f"codes.provinces.{code.code}": spoken(code.name["en"]) for code in named}
    said |= {key.replace("__", "."): text for key, text in instead.items()}
    path = study / "words" / f"{LANG}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"language": "Qxish", "words": said}, allow_unicode=True), encoding="utf-8")
    return path


def write_questionnaire(source: Path, study: Path) -> Path:
    """Copy a questionnaire into a study with every text in the language too."""
    target = study / "questionnaires" / source.name
    target.parent.mkdir(exist_ok=True)
    tree = _with_language(yaml.load(source.read_text("utf-8"), Loader=yaml.BaseLoader))
    target.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return target


def _with_language(tree: object) -> object:
    if isinstance(tree, dict):
        if {"zh", "en"} <= tree.keys():
            return {**tree, LANG: spoken(str(tree["en"]))}
        return {key: _with_language(value) for key, value in tree.items()}
    return [_with_language(value) for value in tree] if isinstance(tree, list) else tree


@contextmanager
def forgotten() -> Iterator[None]:
    """Forget the language afterwards: what is learned holds for the process, and these tests share it with others."""
    try:
        yield
    finally:
        for words in vocabulary.catalogues().values():
            for key, text in words.items():
                words[key] = Text(tuple(pair for pair in text.by_lang if pair[0] != LANG))
        for known in (phrases.PHRASES, phrases.READABLE, phrases.SHORT, CODE_NAMES):
            known.pop(LANG, None)  # type: ignore[attr-defined]
        vocabulary._NAMES.pop(LANG, None)
        vocabulary._OTHERS.pop(LANG, None)
