"""A page as HTML: compiled once a definition, page and language to a flat autoescaped template, then only filled.

The macros of `templates/` run once. Where a respondent's text belongs they leave a slot; what they give is turned into
a Jinja template that is static HTML with those slots, so a page costs as much as its slots and not as its labels.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from forms.answers import shown_value, typed_from_answers
from forms.checks import Finding
from forms.given import boxed
from forms.model import NOTHING_GIVEN, Answer, Choice, Field, Given, Questionnaire
from forms.routing import Route
from forms.words import word

_TICKED = frozenset({"sel1", "selN", "code", "tick"})
_INPUT_MODES = {"int": "numeric", "dec": "decimal", "money": "decimal", "pct": "decimal"}
NO_TEXTS: Mapping[str, Sequence[str]] = {}
NO_WORDS: Mapping[str, str] = {}


def render_page(
    questionnaire: Questionnaire,
    page_id: str,
    lang: str,
    *,
    typed: Mapping[str, Sequence[str]] = NO_TEXTS,
    errors: Mapping[str, str] = NO_WORDS,
    findings: Sequence[Finding] = (),
    given: Given = NOTHING_GIVEN,
    readings: Mapping[str, str] = NO_WORDS,
    reasons: Mapping[str, str] = NO_WORDS,
    route: Route | None = None,
) -> Markup:
    """Return the questions of a page as HTML: error summary, definition boxes, inputs, soft findings with reasons.

    It does not make the page's heading, the `<form>`, its token or its buttons, nor the list of notices.
    typed: what stands in the inputs (`typed_from_answers`, or what was just posted); given: what is known of the unit,
    shown where nothing was typed; errors, readings: from `parse_page`; findings: from `run_checks`, those of other
    pages are left out; reasons: explanations typed so far, by check id; route: questions not on it are left out,
    default none.
    """
    template = compile_page(questionnaire, page_id, lang)
    names = frozenset(field.name for field in questionnaire.page(page_id).fields)
    here = [finding for finding in findings if any(name in names for name in finding.fields)]
    prefilled = boxed(questionnaire, given)
    shown = {**typed_from_answers(questionnaire, page_id, prefilled), **typed}
    messages = _messages(errors, here, names, lang)
    slots: dict[str, Any] = dict(_values(questionnaire, page_id, lang, shown, prefilled))
    slots["on"] = frozenset(f"{name}={text}" for name, texts in shown.items() for text in texts)
    slots["errors"], slots["readings"], slots["filled"] = messages, readings, frozenset(prefilled)
    slots["summary"] = _summary(messages, here, lang)
    slots["summary_title"] = word("problem" if messages else "to_check", lang)
    slots["soft"] = _soft(questionnaire, here, names, lang, reasons)
    slots["asked"] = _Everything() if route is None else frozenset(route.questions)
    return Markup(template.render(slots))


class _Everything:
    """The set that holds every question."""

    def __contains__(self, item: object) -> bool:
        return True


def _values(
    questionnaire: Questionnaire,
    page_id: str,
    lang: str,
    shown: Mapping[str, Sequence[str]],
    prefilled: Mapping[str, Answer],
) -> list[tuple[str, str]]:
    made = []
    for field in questionnaire.page(page_id).fields:
        if field.fixed:
            value = shown_value(field, prefilled.get(field.name), lang)
            unit = "" if field.unit is None else f" {field.unit[lang]}"
            made.append((f"v_{field.name}", value.removesuffix(unit)))
        elif field.kind not in _TICKED and (texts := shown.get(field.name)):
            made.append((f"v_{field.name}", texts[0]))
    return made


def _messages(
    errors: Mapping[str, str], findings: Sequence[Finding], names: frozenset[str], lang: str
) -> dict[str, str]:
    """Return one sentence a field: the refusal of what was typed goes before what a rule says."""
    made = {name: text for name, text in errors.items() if name in names}
    for finding in findings:
        if finding.severity == "hard":
            first = next(name for name in finding.fields if name in names)
            if not (finding.missing and first in made):
                made[first] = f"{made[first]} {finding.message[lang]}" if first in made else finding.message[lang]
    return made


def _summary(messages: Mapping[str, str], findings: Sequence[Finding], lang: str) -> list[tuple[str, str]]:
    soft = [
        (f"reason__{finding.check_id}", finding.message[lang]) for finding in findings if finding.severity == "soft"
    ]
    return [*messages.items(), *soft]


def _soft(
    questionnaire: Questionnaire,
    findings: Sequence[Finding],
    names: frozenset[str],
    lang: str,
    reasons: Mapping[str, str],
) -> dict[str, list[tuple[str, str, str]]]:
    made: dict[str, list[tuple[str, str, str]]] = {}
    for finding in findings:
        if finding.severity == "soft":
            first = next(name for name in finding.fields if name in names)
            panel = (finding.check_id, finding.message[lang], reasons.get(finding.check_id, ""))
            made.setdefault(questionnaire.fields[first].question, []).append(panel)
    return made


# Compiling -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _environment() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, trim_blocks=False, lstrip_blocks=True)


@lru_cache(maxsize=512)
def compile_page(questionnaire: Questionnaire, page_id: str, lang: str) -> Template:
    """Return the flat template of a page; the same object for the same definition, page and language."""
    return _environment().from_string(flat_source(questionnaire, page_id, lang))


def flat_source(questionnaire: Questionnaire, page_id: str, lang: str) -> str:
    """Return the source of the flat template: static HTML with slots.

    Nothing a questionnaire says can become a slot or code: every `{` of the static part is written as `&#123;`, and
    slots carry a mark drawn at random for this one compilation.
    """
    mark, codes = secrets.token_hex(8), [""]

    def slot(code: str) -> Markup:
        codes.append(code)
        return Markup(f"[{mark}:{len(codes) - 1}]")

    context = {**_slots(slot), **_texts(lang), "lang": lang, "page": questionnaire.page(page_id)}
    html = _environment().get_template("page.html").render(context, definitions=questionnaire.definitions)
    parts = re.split(rf"\[{mark}:([0-9]+)\]", html)
    static = (re.sub(r"\n\s*\n+", "\n", part).replace("{", "&#123;") for part in parts[::2])
    dynamic = (*(codes[int(index)] for index in parts[1::2]), "")
    return "".join(text + code for text, code in zip(static, dynamic, strict=True))


def _slots(slot: Callable[[str], Markup]) -> dict[str, Callable[..., Markup]]:
    """Return the functions by which macros leave slots; the loader has let no quotation mark into names and codes."""
    return {
        "value": lambda name: slot(f"{{{{ v_{name} }}}}"),
        "checked": lambda name, code: slot(f"{{% if '{name}={code}' in on %}} checked{{% endif %}}"),
        "selected": lambda name, code: slot(f"{{% if '{name}={code}' in on %}} selected{{% endif %}}"),
        "if_error": lambda name: slot(f"{{% if '{name}' in errors %}}"),
        "error_text": lambda name: slot(f"{{{{ errors['{name}'] }}}}"),
        "if_filled": lambda name: slot(f"{{% if '{name}' in filled %}}"),
        "describes": lambda name, known, filled: slot(_describing(name, [*filter(None, known)], filled)),
        "describes_only": lambda known: slot(_describing("", [*filter(None, known)], False)),
        "if_reading": lambda name: slot(f"{{% if '{name}' in readings %}}"),
        "reading_text": lambda name: slot(f"{{{{ readings['{name}'] }}}}"),
        "if_asked": lambda question: slot(f"{{% if '{question.id}' in asked %}}") if question.relevant else Markup(),
        "each_soft": lambda question: slot(
            f"{{% for soft_id, soft_text, soft_reason in soft.get('{question}', ()) %}}"
        ),
        "soft_id": lambda: slot("{{ soft_id }}"),
        "soft_text": lambda: slot("{{ soft_text }}"),
        "soft_reason": lambda: slot("{{ soft_reason }}"),
        "if_summary": lambda: slot("{% if summary %}"),
        "summary_title": lambda: slot("{{ summary_title }}"),
        "each_summary": lambda: slot("{% for summary_target, summary_text in summary %}"),
        "summary_target": lambda: slot("{{ summary_target }}"),
        "summary_text": lambda: slot("{{ summary_text }}"),
        "end": lambda: slot("{% endif %}"),
        "end_each": lambda: slot("{% endfor %}"),
    }


def _describing(name: str, known: list[str], editable: bool) -> str:
    """Return the code of an `aria-describedby`: ids always there, the note of a prefilled input, the error if any."""
    note = f"{{% if '{name}' in filled %}} {name}-note{{% endif %}}" if editable else ""
    error = f"{{% if '{name}' in errors %}} {name}-error{{% endif %}}" if name else ""
    attribute = f' aria-describedby="{" ".join(known)}{note}{error}"'
    if known:
        return attribute
    tests = [f"'{name}' in {where}" for where, wanted in (("filled", note), ("errors", error)) if wanted]
    return f"{{% if {' or '.join(tests)} %}}{attribute}{{% endif %}}" if tests else ""


def _texts(lang: str) -> dict[str, Callable[..., Any]]:
    def choice_words(field: Field, choice: Choice) -> str:
        return choice.label[lang] if field.kind != "code" else f"{choice.code} {choice.label[lang]}"

    return {
        "say": lambda key, **slots: word(key, lang, **slots),
        "choice_words": choice_words,
        "input_mode": lambda field: _INPUT_MODES.get(field.kind, ""),
        "is_editable": lambda field: field.prefill is not None and field.prefill.mode == "editable",
    }
