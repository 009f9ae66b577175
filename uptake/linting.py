"""Lint of a whole study: its questionnaires, its waves and languages, and what was published."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from uptake.console import say, tell
from uptake.contract.errors import Fault, StudyError, did_you_mean
from uptake.contract.yamlfile import LANGUAGES

if TYPE_CHECKING:
    from forms.lint import Advice
    from forms.model import Questionnaire
    from uptake.settings import Wave
    from uptake.study import Study

Found = Iterator[tuple[str, str]]  # where, and the sentence


@dataclass(frozen=True, slots=True)
class StudyRule:
    """One class of mistakes between the files of a study; as forms.lint.Rule is one inside a questionnaire."""

    code: str
    looks_for: str
    find: Callable[[Study], Found]
    severity: str = "advice"


def report_advice(study: Study, *, strict: bool) -> None:
    """Print what lint advises on a study; with `strict`, raise StudyError where there is any."""
    found = study_advice(study)
    if strict and found:
        raise StudyError([advice.fault for advice in found])
    if found:
        say(
            1,
            f"{len(found)} {'pieces' if len(found) > 1 else 'piece'} of advice (docs/lint.md; --strict refuses them):",
        )
    for advice in found:
        tell(f"    {advice}")


def study_advice(study: Study) -> list[Advice]:
    """Return what lint advises on a study: first its questionnaires, file by file, then what lies between the files."""
    from forms.lint import Advice, lint_file

    paths = sorted((study.folder / "questionnaires").glob("*.yaml"))
    found = [advice for path in paths for advice in lint_file(path, root=study.folder)]
    found += [Advice(rule.code, "advice", where, sentence)
              for rule in RULES if rule.severity == "advice" for where, sentence in rule.find(study)]  # fmt: skip
    return found


def study_faults(study: Study) -> list[Fault]:
    """Return the faults that lint finds between the files of a study, and those of published records."""
    from forms.published import published_faults
    from forms.returns.published import published_return_faults

    found = [Fault(where, f"{sentence} [{rule.code}]")
             for rule in RULES if rule.severity == "fault" for where, sentence in rule.find(study)]  # fmt: skip
    found += published_faults(study.folder, study.questionnaires.values())
    return found + published_return_faults(study.folder, study.returns.values())


def _day(text: str | None) -> datetime.date | None:
    try:
        return None if text is None else datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _days(wave: Wave) -> Iterator[tuple[str, str]]:
    yield from (("opens", wave.opens), ("closes", wave.closes))
    if wave.released is not None:
        yield "released", wave.released


def _wave_days(study: Study) -> Found:
    for wave in study.settings.waves:
        for key, text in _days(wave):
            if _day(text) is None:
                yield str(wave.place), (f'the wave {wave.id}: `{key}` is "{text}", which is not a day, so nobody can'
                                        " tell when it is. Write it as 2027-01-31.")  # fmt: skip


def _wave_order(study: Study) -> Found:
    for wave in study.settings.waves:
        days = [(key, day) for key, text in _days(wave) if (day := _day(text)) is not None]
        for (first, early), (second, late) in pairwise(days):
            if late < early:
                yield str(wave.place), (f"the wave {wave.id}: `{second}` ({late}) is before `{first}` ({early}), so"
                                        " nobody could answer in time. Change one.")  # fmt: skip


def _waves_twice(study: Study) -> Found:
    first: dict[str, Wave] = {}
    for wave in study.settings.waves:
        if wave.id in first:
            yield str(wave.place), (f"the wave {wave.id} stands on line {first[wave.id].place.line} already, and its"
                                    " tables would be overwritten. Give each wave its own id.")  # fmt: skip
        first.setdefault(wave.id, wave)


def _asked(study: Study) -> Questionnaire | None:
    return study.questionnaires.get(study.settings.questionnaire or "")


def _validity(study: Study) -> Found:
    asked = _asked(study)
    for wave in study.settings.waves if asked is not None else ():
        closes = _day(wave.closes)
        if asked is not None and closes is not None and closes > asked.header.valid_until:
            yield str(wave.place), (f"the wave {wave.id} closes on {closes}, after the form {asked.id} lapsed"
                                    f" ({asked.header.valid_until}); a lapsed form may be refused. Have it prolonged,"
                                    " or close earlier.")  # fmt: skip


def _illustrative(study: Study) -> Found:
    for asked in study.questionnaires.values():
        if asked.header.illustrative and not study.settings.illustrative:
            yield str(study.settings.place), (f"the form {asked.id} has an illustrative header, and the study is not"
                                              " illustrative: nobody has to answer it. Write the approved"
                                              " values.")  # fmt: skip


def _languages(study: Study) -> Found:
    from forms.words import WORDS

    for lang in study.settings.languages:
        for asked in study.questionnaires.values() if lang not in LANGUAGES else ():  # no text is read without these
            lacking = [where for where, has in _texts(study, asked) if lang not in has]
            if lacking:
                yield lacking[0], (f'{len(lacking)} texts of {asked.id} lack the language "{lang}", which study.yaml'
                                   ' lists'
                                   f" (first: {', '.join(lacking[:3])}). Write them, or remove the"
                                   " language.")  # fmt: skip
        if any(lang not in words for words in WORDS.values()):
            known = list(next(iter(WORDS.values())))
            yield str(study.settings.place), ('the program\'s own words (buttons, errors) are not written in'
                                              f' "{lang}", so a'
                                              f" page could not be shown in it. Remove it.{did_you_mean(lang, known)}"
                                              f" Known: {', '.join(known)}.")  # fmt: skip


def _texts(study: Study, asked: Questionnaire) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give where each text of a questionnaire stands, and its languages."""
    from forms import source
    from forms.lint.draft import draft
    from uptake.contract.yamlfile import read_yaml

    path = study.folder / "questionnaires" / f"{asked.id}.yaml"
    written = read_yaml(path, source.Questionnaire, root=study.folder, faults=[])
    if written is not None:
        yield from ((str(said.place), tuple(said.text)) for said in draft(asked, written).texts)


def _drafts(study: Study) -> Found:
    from forms.published import record_path

    for asked in study.questionnaires.values():
        if not record_path(study.folder, asked).exists():
            yield f"questionnaires/{asked.id}.yaml", (f"{asked.id} {asked.definition_version} (text"
                                                      f" {asked.text_version}) is a"
                                                      " draft: it was not published, so it may still change. Before"
                                                      " the first answer: uptake publish.")  # fmt: skip


RULES = (
    StudyRule("wave-day-shape", "`opens`, `closes`, `released` of a wave that are no days", _wave_days, "fault"),
    StudyRule(
        "wave-days-crossed", "a wave that closes before it opens, or is released before it closes", _wave_order, "fault"
    ),
    StudyRule("wave-twice", "two waves with one id", _waves_twice, "fault"),
    StudyRule("wave-after-validity", "a wave that closes after its form lapsed", _validity, "fault"),
    StudyRule("study-language-missing", "a language of study.yaml that texts or the program lack", _languages, "fault"),
    StudyRule("header-illustrative", "an illustrative header in a study that is none", _illustrative),
    StudyRule("questionnaire-draft", "a questionnaire that was not published under its versions", _drafts),
)
