"""The program's own words in a further language: read from a study's `words/<language>.yaml`, complete or refused.

    language: Français                       # the language's own name, shown where one chooses
    words:
      words.problem: Il y a un problème
      refusals.number: "« {typed} » n'est pas un nombre. …"       # the same {…} as the program's sentence
      collector.submit: Envoyer
      codes.provinces.110000: Pékin          # optional: official codes without a name here have their English one

What was learned holds for the process: one process serves one study.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forms.words import CODE_NAMES, MISSING, REFUSALS, SENTENCES, WORDS
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.text import Text
from uptake.contract.yamlfile import LANGUAGES, Place, Scalar, read_yaml

if TYPE_CHECKING:
    from forms.model import Questionnaire

FOLDER = "words"
CODES = "codes."
COLLECTOR = "collector."
_NAMES: dict[str, str] = {}  # by further language: its own name
_OTHERS: dict[str, Mapping[str, str]] = {}  # by further language: the words of other packages, `collector.submit`


@dataclass(frozen=True, slots=True)
class Written:
    """A file of words."""

    place: Place
    language: str
    words: Mapping[str, Scalar]


def catalogues() -> dict[str, dict[str, Text]]:
    """Return every collection of sentences by the name under which a file of words has it."""
    from forms.document_words import DOCUMENT_REFUSALS
    from forms.paper.phrases import PHRASES
    from forms.paper.words import WORDS as PAPER
    from forms.sheet_words import CELL_REFUSALS, NOTES

    phrases = {key: Text(tuple((lang, said[key]) for lang, said in PHRASES.items())) for key in PHRASES["en"]}
    return {
        "words": WORDS, "refusals": REFUSALS, "missing": MISSING, "sentences": SENTENCES, "document": DOCUMENT_REFUSALS,
        "cells": CELL_REFUSALS, "notes": NOTES, "paper": PAPER, "phrases": phrases,
    }  # fmt: skip


def program_words() -> dict[str, Text]:
    """Return every sentence that a file of words must have, by its key."""
    return {f"{name}.{key}": text for name, words in catalogues().items() for key, text in words.items()}


def further_languages() -> tuple[str, ...]:
    """Return the languages beyond Chinese and English whose words were learned."""
    return tuple(_NAMES)


def language_name(lang: str) -> str:
    """Return the own name of a language that was learned; KeyError where it was not."""
    return _NAMES[lang]


def other_words(lang: str) -> Mapping[str, str]:
    """Return the words of other packages in a language that was learned, by key: `collector.submit`."""
    return _OTHERS[lang]


def learn_words(study_dir: Path, *, faults: list[Fault]) -> tuple[str, ...]:
    """Learn every `words/*.yaml` of a study folder, and return the languages that could be learned.

    Does not look at the words of other packages (`collector.…`), which judge them themselves. study_dir: the study
    folder; faults: receives what is missing, unknown or lacks a slot, as file, line and sentence; such a file is not
    learned.
    """
    found = []
    for path in sorted((study_dir / FOLDER).glob("*.yaml")):
        written = read_yaml(path, Written, root=study_dir, faults=faults)
        if written is None:
            continue
        wrong = list(_faults(path.stem, written))
        faults += wrong
        if not wrong:
            _learn(path.stem, written)
            found.append(path.stem)
    return tuple(found)


def refuse_unwritten(questionnaires: Mapping[str, Questionnaire], languages: tuple[str, ...]) -> Iterator[Fault]:
    """Give a fault for every questionnaire that is not written in a language of which the study has the words."""
    for questionnaire in questionnaires.values():
        for lang in languages:
            if lang not in questionnaire.title.as_dict():
                where = f"questionnaires/{questionnaire.id}.yaml:1"
                yield Fault(where, f'{FOLDER}/{lang}.yaml has the program\'s words in "{lang}", but this questionnaire'
                                   f' is not written in it. Write its texts in "{lang}" too, or remove that'
                                   " file.")  # fmt: skip


def slots_of(sentence: str) -> frozenset[str]:
    """Return the slots of a sentence; those of checks, `${sum()}`, among them.

    >>> sorted(slots_of("{count} of {most}, ${sum()}"))
    ['count', 'most', 'sum()']
    """
    return frozenset(name or "{}" for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


def _faults(lang: str, written: Written) -> Iterator[Fault]:
    needed, said = program_words(), written.words
    if lang in LANGUAGES:
        yield Fault(str(written.place), f'the program has its own words in "{lang}"; a study brings further languages.'
                                        " Name the file after another one.")  # fmt: skip
        return
    for key, scalar in said.items():
        if key.startswith((CODES, COLLECTOR)):
            continue
        if key not in needed:
            yield Fault(str(scalar.place), f'the program has no words called "{key}".{did_you_mean(key, needed)}')
        elif scalar.value and (odd := slots_fault(needed[key]["en"], scalar.value)):
            yield Fault(str(scalar.place), f'"{key}" {odd}')
    lacking = [key for key in needed if key not in said or not said[key].value]
    if lacking:
        yield Fault(str(written.place), f"{len(lacking)} of {len(needed)} words are missing, and half a page would be"
                                        f" in another language. Write: {', '.join(lacking)}.")  # fmt: skip


def slots_fault(own: str, said: str) -> str:
    """Return what is wrong with the slots of a sentence beside the program's own one, "" where nothing is."""
    try:
        wanted, given = slots_of(own), slots_of(said)
    except ValueError as error:
        return f"has a brace that opens or closes nothing ({error}). Write {{{{ and }}}} for braces."
    if wanted == given:
        return ""
    shown = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "none"
    return f"does not have the slots of the program's sentence. Use each of these and no other: {shown}."


def _learn(lang: str, written: Written) -> None:
    from forms.flat import compile_page
    from forms.paper.phrases import PHRASES, READABLE, SHORT

    said = {key: scalar.value for key, scalar in written.words.items()}
    for name, words in catalogues().items():
        for key, text in words.items():
            others = tuple((known, sentence) for known, sentence in text.by_lang if known != lang)
            words[key] = Text((*others, (lang, said[f"{name}.{key}"])))
    PHRASES[lang] = {key: said[f"phrases.{key}"] for key in PHRASES["en"]}
    READABLE.setdefault(lang, READABLE["en"])
    SHORT.setdefault(lang, SHORT["en"])
    CODE_NAMES[lang] = {key.removeprefix(CODES): text for key, text in said.items() if key.startswith(CODES)}
    _OTHERS[lang] = {key: text for key, text in said.items() if key.startswith(COLLECTOR)}
    _NAMES[lang] = written.language
    compile_page.cache_clear()  # pages are compiled with their words


def words_template(lang: str, others: Mapping[str, Text]) -> str:
    """Return an empty file of words: every key with the Chinese and English sentence above it.

    others: the words of other packages, `collector.submit`.
    """
    lines = [
        f"# The program's words in {lang}. Write each sentence; keep the slots in braces.",
        'language: ""',
        "words:",
    ]
    for key, text in {**program_words(), **others}.items():
        lines += [f"  # {sentence}" for sentence in (text["zh"], text["en"])]
        lines.append(f'  {key}: ""')
    return "\n".join(lines) + "\n"
