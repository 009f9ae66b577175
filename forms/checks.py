"""Judge answers by the questionnaire's rules: what is missing, what cannot be, what should be explained."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from forms.answers import shown_value
from forms.model import BLANK, NOTHING_GIVEN, Answer, Check, Field, Given, Questionnaire, Severity
from forms.routing import Route, route_values
from forms.words import MISSING, OR_DONT_KNOW, ZERO
from uptake.contract.expressions import compile_python
from uptake.contract.text import Text

_SLOT = re.compile(r"\$\{\s*([^}\s]*)\s*\}")
_TYPED_NUMBERS = frozenset({"int", "dec", "money", "pct"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that the answers break, with a sentence in every language.

    severity: hard cannot be submitted, soft wants a reason. fields: where it is shown. page: the page to go to.
    fingerprint: of the rule and the values it looked at, so that a confirmation lapses when they change.
    """

    check_id: str
    severity: Severity
    fields: tuple[str, ...]
    message: Text
    page: str
    fingerprint: str
    missing: bool = False


def run_checks(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    page: str | None = None,
    confirmed: Collection[str] = (),
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> tuple[Finding, ...]:
    """Return every finding, in the order of the questionnaire: what is missing first, then broken rules.

    A rule is broken only when it is false; where an answer it needs is missing it is unknown and says nothing.
    answers: by field; page: only what concerns this page, default all; confirmed: ids or fingerprints of soft checks
    that the respondent has explained, which are left out; given: what is known of the unit before it answers; today:
    the day of `today()`.
    """
    way, values = route_values(questionnaire, answers, given=given, today=today)
    found = [*_missing(questionnaire, answers, way, page), *_broken(questionnaire, answers, values, way, page)]
    silent = frozenset(confirmed)
    return tuple(
        finding
        for finding in found
        if finding.severity == "hard" or not silent & {finding.check_id, finding.fingerprint}
    )


def _missing(
    questionnaire: Questionnaire, answers: Mapping[str, Answer], way: Route, page: str | None
) -> Iterator[Finding]:
    for name in way.fields:
        field = questionnaire.fields[name]
        if (page is not None and field.page != page) or not field.required or field.fixed:
            continue  # what the sample fixes but does not have, the respondent cannot give
        one_of = field.group or (name,)
        if name != one_of[0] or any(answers.get(other, BLANK).state != "blank" for other in one_of):
            continue
        yield Finding(f"required_{name}", "hard", (name,), _missing_text(field), field.page, f"required_{name}", True)


def _missing_text(field: Field) -> Text:
    key = "typed"
    if field.group:
        key = "either"
    elif field.kind in ("sel1", "code"):
        key = "chosen"
    elif field.kind in ("selN", "tick"):
        key = {"selN": "several", "tick": "tick"}[field.kind]
    made = []
    for lang in ("zh", "en"):
        hint = ZERO[lang] if field.kind in _TYPED_NUMBERS else ""
        hint += OR_DONT_KNOW[lang] if field.dont_know else ""
        made.append((lang, MISSING[key][lang].format(label=field.label[lang], zero=hint)))
    return Text(tuple(made))


def _broken(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    values: Mapping[str, object],
    way: Route,
    page: str | None,
) -> Iterator[Finding]:
    asked = frozenset(way.fields)
    for check, holds, pages in _compiled(questionnaire):
        if (page is None or page in pages) and holds(values) is False:
            fields = tuple(name for name in check.fields if name in asked) or check.fields
            home = page if page in pages and page is not None else questionnaire.fields[fields[0]].page
            message = _filled(questionnaire, check, answers)
            yield Finding(check.id, check.severity, fields, message, home, _fingerprint(check, values))


@lru_cache(maxsize=64)
def _compiled(
    questionnaire: Questionnaire,
) -> tuple[tuple[Check, Callable[[Mapping[str, object]], Any], frozenset[str]], ...]:
    kinds, fields = questionnaire.kinds, questionnaire.fields
    return tuple(
        (
            check,
            compile_python(check.rule, kinds=kinds, to="bool"),
            frozenset(fields[name].page for name in check.rule.fields if name in fields),
        )
        for check in questionnaire.checks
    )


def _filled(questionnaire: Questionnaire, check: Check, answers: Mapping[str, Answer]) -> Text:
    def value(name: str, lang: str) -> str:
        field = questionnaire.fields.get(name)
        return "" if field is None else _bare(field, answers.get(name), lang)

    return Text(
        tuple(
            (lang, _SLOT.sub(lambda match, lang=lang: value(match[1], lang), check.message[lang]))  # type: ignore[misc]
            for lang in check.message
        )
    )


def _bare(field: Field, answer: Answer | None, lang: str) -> str:
    """Show a value without its unit, which the sentence names itself."""
    shown = shown_value(field, answer, lang)
    return shown if field.unit is None else shown.removesuffix(f" {field.unit[lang]}")


def _fingerprint(check: Check, values: Mapping[str, object]) -> str:
    looked_at = "\x1f".join(f"{name}={values.get(name)}" for name in sorted(check.rule.fields))
    return hashlib.sha256(f"{check.id}\x1f{looked_at}".encode()).hexdigest()[:16]
