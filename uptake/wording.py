"""The program's own words in a further language: an empty file to write them in."""

from __future__ import annotations

import re
from pathlib import Path

from uptake.console import tell
from uptake.contract.errors import UptakeError

_LANGUAGE = re.compile(r"[a-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def write_template(study: Path, lang: str) -> Path:
    """Write `words/LANG.yaml` of a study, with every key and no words, and return it; an existing file is kept.

    Raises UptakeError for a language that the program has, a name that is none, or a file that stands already.
    """
    from collector.words import program_words
    from forms.vocabulary import FOLDER, words_template
    from uptake.contract.yamlfile import LANGUAGES

    if lang in LANGUAGES or not _LANGUAGE.fullmatch(lang):
        raise UptakeError(f'"{lang}" is no further language: the program has {" and ".join(LANGUAGES)}, and a language'
                          " is named by its code, as fr or pt-BR. Name another one.")  # fmt: skip
    path = study / FOLDER / f"{lang}.yaml"
    if path.exists():
        raise UptakeError(f"{path} stands already, and its words would be lost. Move it away, or go on with it.")
    path.parent.mkdir(exist_ok=True)
    path.write_text(words_template(lang, program_words()), encoding="utf-8")
    tell(str(path))
    return path
