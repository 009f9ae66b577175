"""Lint: mistakes that authors of questionnaires make, each with its code, its line and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forms.lint.advice import Advice as Advice
from forms.lint.advice import Rule as Rule

if TYPE_CHECKING:
    from forms import source
    from forms.model import Questionnaire

__all__ = ["Advice", "Rule", "lint", "lint_file", "rules"]


def rules() -> tuple[Rule, ...]:
    """Return every rule of lint, in the order of docs/lint.md."""
    from forms.lint import bands, checks, choices, conditions, identity, inputs, languages, routes, texts

    modules = (identity, languages, texts, choices, bands, inputs, routes, conditions, checks)
    return tuple(rule for module in modules for rule in module.RULES)


def lint(questionnaire: Questionnaire, written: source.Questionnaire) -> list[Advice]:
    """Look for mistakes in a questionnaire that loads.

    Does not look at what the loader refuses (forms/lint/refusals.py lists that), nor at what only a proof can tell
    (`uptake check --prove`), nor at other files of the study.
    questionnaire: as loaded; written: the same as read from its file, which knows the lines.
    Returns what was found, by line; a `fault` stops the study, an `advice` does not.
    """
    from forms.lint.draft import draft

    laid_out = draft(questionnaire, written)
    found = [
        Advice(rule.code, rule.severity, str(place), sentence)
        for rule in rules()
        for place, sentence in rule.find(laid_out)
    ]
    once = dict.fromkeys(found)
    return sorted(once, key=lambda advice: (_line(advice.where), advice.code))


def lint_file(path: Path, *, root: Path) -> list[Advice]:
    """Lint a questionnaire file; nothing is found in one that does not load, since the loader says why.

    path: the file; root: the study folder that places are relative to.
    """
    from forms import source
    from forms.loader import load_questionnaire
    from uptake.contract.errors import Fault
    from uptake.contract.yamlfile import read_yaml

    faults: list[Fault] = []
    questionnaire = load_questionnaire(path, root=root, faults=faults)
    written = read_yaml(path, source.Questionnaire, root=root, faults=faults)
    if questionnaire is None or written is None:
        return []
    return lint(questionnaire, written)


def _line(where: str) -> tuple[str, int]:
    path, _, line = where.rpartition(":")
    return (path, int(line)) if line.isdigit() else (where, 0)
