"""Paper copies of questionnaires and metrics returns: `forms` writes the document, `reports` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import tell
from uptake.contract.errors import UptakeError, did_you_mean

if TYPE_CHECKING:
    from forms.model import Questionnaire
    from forms.returns import Return
    from uptake.stages import Run

FOLDER = "paper"


def print_forms(run: Run, *, questionnaire: str | None = None, languages: Iterable[str] = ()) -> tuple[Path, ...]:
    """Print the questionnaires and returns of a study as PDF forms into STUDY/releases/paper, and return the files.

    questionnaire: one of them (a return too) by id; all when left out. languages: all of the study when left out. The
    same definition gives the same bytes. Raises UptakeError for a questionnaire that the study does not have.
    """
    chosen = _chosen(run, questionnaire)
    folder = run.study.folder / "releases" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for one in chosen:
        for lang in tuple(languages) or run.study.settings.languages:
            path = folder / f"{one.id}-{one.definition_version}-{lang}.pdf"
            path.write_bytes(print_form(run, one, lang))
            tell(str(path))
            made.append(path)
    return tuple(made)


def print_form(run: Run, form: Questionnaire | Return, lang: str) -> bytes:
    """Return one questionnaire (with the reference period of the wave) or return in one language as a PDF form."""
    from forms.model import Questionnaire
    from forms.paper import render_paper, render_return
    from forms.paper.words import paper_words
    from reports import print_pdf

    wave = run.study.wave(run.wave)
    paper_words(lang)  # a language without words is told before one without texts
    if lang not in form.title.as_dict():
        raise UptakeError(f'"{form.id}" is not written in "{lang}", so it cannot be printed in it. Write its texts in'
                          f' "{lang}", or print another language: {", ".join(form.title)}.')  # fmt: skip
    if isinstance(form, Questionnaire):
        html = render_paper(form, lang, period=wave.reference_period)
    else:
        html = render_return(form, lang)
    return print_pdf(
        html,
        lang="zh-CN" if lang == "zh" else lang,
        title=form.title[lang],
        created=str(wave.opens),
        identifier=f"{form.sha256}-{run.wave}-{lang}",
    )


def _chosen(run: Run, name: str | None) -> tuple[Questionnaire | Return, ...]:
    known: dict[str, Questionnaire | Return] = {**run.study.questionnaires, **run.study.returns}
    if name is None:
        return tuple(known.values())
    if name not in known:
        raise UptakeError(f'{run.study.folder.name}: no questionnaire is called "{name}", so there is nothing to print.'
                          f" Name one of: {', '.join(known)}.{did_you_mean(name, known)}")  # fmt: skip
    return (known[name],)
