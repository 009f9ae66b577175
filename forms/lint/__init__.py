"""Lint: mistakes that authors of questionnaires make, each with its code, its line and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from forms.lint.advice import Advice as Advice
from forms.lint.advice import Rule as Rule
from uptake.contract.errors import Fault

if TYPE_CHECKING:
    from forms import source
    from forms.model import Questionnaire

__all__ = ["Advice", "Rule", "lint", "lint_file", "refusals", "rules"]


def rules() -> tuple[Rule, ...]:
    """Return every rule of lint, in the order of docs/lint.md."""
    from forms.lint import bands, checks, choices, conditions, identity, inputs, languages, routes, texts

    modules = (identity, languages, texts, choices, bands, inputs, routes, conditions, checks)
    return tuple(rule for module in modules for rule in module.RULES)


def lint(questionnaire: Questionnaire, written: source.Questionnaire) -> list[Advice]:
    """Look for mistakes in a questionnaire that loads.

    Does not look at what the loader refuses (forms/lint/refused.py lists that), nor at what only a proof can tell
    (`uptake check --prove`), nor at other files of the study.
    questionnaire: as loaded; written: the same as read from its file, which knows the lines.
    Returns what was found, by line; a `fault` stops the study, an `advice` does not.
    """
    return _look(questionnaire, written, rules())


def refusals(questionnaire: Questionnaire, written: source.Questionnaire) -> list[Fault]:
    """Return what lint calls a fault: such a questionnaire is not taken into a study."""
    return [
        advice.fault for advice in _look(questionnaire, written, [rule for rule in rules() if rule.severity == "fault"])
    ]


def _look(questionnaire: Questionnaire, written: source.Questionnaire, looked_for: Iterable[Rule]) -> list[Advice]:
    from forms.lint.draft import draft

    laid_out = draft(questionnaire, written)
    found = [
        Advice(rule.code, rule.severity, str(place), sentence)
        for rule in looked_for
        for place, sentence in rule.find(laid_out)
    ]
    return sorted(dict.fromkeys(found), key=lambda advice: (_line(advice.where), advice.code))


def lint_file(path: Path, *, root: Path) -> list[Advice]:
    """Lint a questionnaire file; nothing is found in one that does not load, since the loader says why.

    path: the file; root: the study folder that places are relative to.
    """
    from forms import source
    from forms.loader import make_questionnaire
    from uptake.contract.yamlfile import read_yaml

    faults: list[Fault] = []
    written = read_yaml(path, source.Questionnaire, root=root, faults=faults)
    questionnaire = None if written is None else make_questionnaire(written, faults=faults)
    return [] if questionnaire is None or written is None else lint(questionnaire, written)


def _line(where: str) -> tuple[str, int]:
    path, _, line = where.rpartition(":")
    return (path, int(line)) if line.isdigit() else (where, 0)
