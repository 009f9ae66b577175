"""The checks of a questionnaire as the list that stands at the end of a printed form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from forms.model import Questionnaire
from forms.paper.sentences import MANY, say_check
from forms.paper.words import paper_words

_CELL = re.compile(r"([A-Za-z][A-Za-z0-9_-]*(?:\.[0-9]+)?)\.([0-9]+)([a-z]+)(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Rule:
    """A check as the paper names it: whether it must hold, and what it says."""

    hard: bool
    words: str


def said_rules(questionnaire: Questionnaire, lang: str) -> tuple[Rule, ...]:
    """Return the checks in words, in order; one that stands for every row of a matrix is said once."""
    rules = [Rule(check.severity == "hard", say_check(questionnaire, check, lang))
             for check in questionnaire.checks]  # fmt: skip
    return tuple(_rows_together(rules, lang))


def _rows_together(rules: Sequence[Rule], lang: str) -> Iterator[Rule]:
    for (hard, _), group in groupby(rules, key=lambda rule: (rule.hard, _pattern(rule.words))):
        words = [rule.words for rule in group]
        rows = [_row(sentence) for sentence in words]
        if len(words) >= MANY and len(set(rows)) == len(rows):  # of what names no single row there is one
            words = [_as_one(words[0], str(rows[0]), str(rows[-1]), lang)]
        for sentence in words:
            yield Rule(hard, sentence)


def _row(sentence: str) -> str | None:
    """Return the one row of a matrix whose cells a sentence names, such as E-18.3; None where it names several."""
    rows = {f"{match[0]}.{match[1]}" for match in _CELL.findall(sentence)}
    return rows.pop() if len(rows) == 1 else None


def _pattern(sentence: str) -> str:
    return sentence if _row(sentence) is None else _CELL.sub(r"\1.*\3", sentence)


def _as_one(sentence: str, first: str, last: str, lang: str) -> str:
    say = paper_words(lang)
    rule = _CELL.sub(lambda match: say("column", letter=match[3]), sentence)
    return say("rows_alike", first=first, last=last, rule=rule)
