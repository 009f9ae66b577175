"""A page as HTML: the flat template of its definition, language and wording arm, filled for one respondent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from forms.answers import shown_value, typed_from_answers
from forms.checks import Finding
from forms.flat import OF_A_ROW, Arms, compile_page
from forms.given import boxed
from forms.model import (
    NO_ANSWERS,
    NOTHING_GIVEN,
    Answer,
    Field,
    Given,
    Page,
    Questionnaire,
    Roster,
    cell_name,
    split_cell,
)
from forms.rosters import rows_of
from forms.routing import Route
from forms.words import SENTENCES, word

REMOVE = "__remove"  # u06.3__remove: the tick that takes row 3 of the roster u06 away
_TICKED = frozenset({"sel1", "selN", "code", "tick"})
_ROW = re.compile("[0-9]+")
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
    answers: Mapping[str, Answer] = NO_ANSWERS,
    rows: Sequence[int] = (),
    route: Route | None = None,
) -> Markup:
    """Return the questions of a page as HTML: error summary, definition boxes, inputs, soft findings with reasons.

    It does not make the page's heading, the `<form>`, its token or its buttons, nor the list of notices.
    typed: what stands in the inputs (`typed_from_answers`, or what was just posted); given: what is known of the unit,
    shown where nothing was typed or beside the box, and its wording arms; errors, readings: from `parse_page`;
    findings: from `run_checks`, those of other pages are left out; reasons: explanations typed so far, by check id;
    answers: all answers so far with the computed ones, for what the page works out; rows: the rows of the page's roster
    that are shown, default those of its first sub-page; route: questions not on it are left out, default none.
    """
    page, roster = questionnaire.page(page_id), questionnaire.roster_of(page_id)
    if roster is not None and not rows:
        rows = range(1, roster.rows_per_page + 1)
    names = _names(page, roster, rows)
    here = [finding for finding in findings if _own(finding, names, roster)]
    shown = {**typed_from_answers(questionnaire, page_id, boxed(questionnaire, given)), **typed}
    if roster is not None and (rows_of(roster, answers) or any(split_cell(name)[1] for name in typed if typed[name])):
        shown.pop(roster.rows_name, None)  # rows go before "nothing to report"
    messages = _messages(errors, here, names, roster, lang)
    slots = _boxes(names, shown, given, answers, lang)
    slots["on"] = frozenset(f"{name}={text}" for name, texts in shown.items() for text in texts)
    slots["errors"], slots["readings"] = messages, readings
    slots["summary"] = _summary(_named(messages, errors, roster, lang), here, [*names], lang)
    slots["summary_title"] = word("problem" if messages else "to_check", lang)
    slots["soft"] = _soft(questionnaire, here, names, lang, reasons)
    slots["asked"] = _Everything() if route is None else frozenset(route.questions)
    slots["beside"], slots["totals"] = _beside(names, given, lang), _totals(names, answers, lang)
    slots["filled"] = frozenset(given.prefilled)
    if roster is not None:
        slots |= _rows(roster, rows, typed, given=given, answers=answers, lang=lang)
        slots["cards"] = _cards(slots, rows)
    return Markup(compile_page(questionnaire, page_id, lang, arms_on(page, given)).render(slots))


def arms_on(page: Page, given: Given) -> Arms:
    """Return the unit's arms in the experiments that the page has words for, so that a page is compiled once an arm."""
    tried = {wording.experiment for question in page.questions for wording in question.wordings}
    return tuple(sorted((name, arm) for name, arm in given.arms.items() if name in tried))


class _Everything:
    """The set that holds every question."""

    def __contains__(self, item: object) -> bool:
        return True


def _names(page: Page, roster: Roster | None, rows: Sequence[int]) -> dict[str, Field]:
    """Return the fields of a page by the names of their inputs: for a roster, every cell of the rows that are shown."""
    if roster is None:
        return {leaf.name: leaf for leaf in page.fields}
    return {cell_name(leaf.name, row): leaf for row in rows for leaf in roster.columns}


def _own(finding: Finding, names: Mapping[str, Field], roster: Roster | None) -> bool:
    return any(_place(name, names, roster) is not None for name in finding.fields)


def _place(name: str, names: Mapping[str, Field], roster: Roster | None) -> str | None:
    """Return where on the page a message about a field stands: at its input, or above the rows of the roster."""
    if name in names:
        return name
    whole = roster is not None and (name in roster.names or name in (roster.id, roster.rows_name))
    return roster.id if whole and roster is not None else None


def _boxes(
    names: Mapping[str, Field],
    shown: Mapping[str, Sequence[str]],
    given: Given,
    answers: Mapping[str, Answer],
    lang: str,
) -> dict[str, Any]:
    """Return what stands in the boxes: `v_e04_staff` for a field, `v['e24_users.3']` for a cell."""
    made: dict[str, Any] = {"v": {}}
    for name, leaf in names.items():
        if leaf.fixed:
            text = without_unit(leaf, given.prefilled.get(name), lang)
        elif leaf.value is not None:
            if (answer := answers.get(name)) is None or answer.value is None:
                continue
            text = without_unit(leaf, answer, lang)
        elif leaf.kind not in _TICKED and (texts := shown.get(name)):
            text = texts[0]
        else:
            continue
        (made["v"] if leaf.roster else made)[name if leaf.roster else f"v_{name}"] = text
    return made


def without_unit(leaf: Field, answer: Answer | None, lang: str) -> str:
    """Return an answer as it is shown where its unit stands beside it already."""
    shown = shown_value(leaf, answer, lang)
    return shown if leaf.unit is None else shown.removesuffix(f" {leaf.unit[lang]}")


def _beside(names: Mapping[str, Field], given: Given, lang: str) -> dict[str, str]:
    """Say beside an empty box what is known: `上期填报：120 人`."""
    made = {}
    for name, leaf in names.items():
        if leaf.prefill is not None and leaf.prefill.mode == "shown" and name in given.prefilled:
            key = "shown_last" if leaf.prefill.last_wave else "shown"
            made[name] = word(key, lang, value=shown_value(leaf, given.prefilled[name], lang))
    return made


def _totals(names: Mapping[str, Field], answers: Mapping[str, Answer], lang: str) -> dict[str, str]:
    """Say beside a total what its parts add up to, where all of them are known; what was typed stays."""
    made = {}
    for name, leaf in ((name, leaf) for name, leaf in names.items() if leaf.total_of):
        row = split_cell(name)[1]
        parts = [answers.get(cell_name(part, row) if row else part) for part in leaf.total_of]
        values = [part.value for part in parts if part is not None and isinstance(part.value, int | Decimal)]
        if values and len(values) == len(parts):
            total = Answer(sum(values, Decimal(0) if leaf.type == "dec" else 0), "answered")
            made[name] = word("total", lang, value=shown_value(leaf, total, lang))
    return made


def _rows(
    roster: Roster,
    rows: Sequence[int],
    typed: Mapping[str, Sequence[str]],
    *,
    given: Given,
    answers: Mapping[str, Answer],
    lang: str,
) -> dict[str, Any]:
    """Return what the cards of a roster need: their numbers, which can be removed, which came from the last wave."""
    written = {split_cell(name)[1] for name, texts in typed.items() if texts}
    there, before = set(rows_of(roster, answers)), set(rows_of(roster, given.prefilled))
    touched = written | {split_cell(name)[1] for name in answers}
    new = before - touched
    words = word("rows_here", lang, first=rows[0], last=rows[-1], count=len(there | new), most=f"{roster.max_rows:,}")
    return {
        "rows": [str(row) for row in rows],
        "removable": frozenset(str(row) for row in written | there | new),
        "filled": frozenset(cell_name(roster.id, row) for row in new),
        "rows_here": words,
        "nothing_here": rows[0] == 1,
    }


def _cards(slots: Mapping[str, Any], rows: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return for each row its number and, in the order of OF_A_ROW, what belongs to it, by names without the row."""
    sorted_out = [_by_row(slots[kind]) for kind in OF_A_ROW]
    return [(str(row), *(kind.get(str(row), NO_WORDS) for kind in sorted_out)) for row in rows]


def _by_row(named: Mapping[str, Any] | frozenset[str]) -> dict[str, dict[str, Any]]:
    """Sort what has the name of a cell (`e24_kind.3`, `e24_kind.3=agent`) by row: `{"3": {"e24_kind.=agent": …}}`."""
    made: dict[str, dict[str, Any]] = {}
    for name in named:
        column, dot, rest = name.partition(".")
        row = _ROW.match(rest) if dot else None
        if row:
            value = named[name] if isinstance(named, Mapping) else True
            made.setdefault(row[0], {})[f"{column}.{rest[row.end() :]}"] = value
    return made


def _messages(
    errors: Mapping[str, str],
    findings: Sequence[Finding],
    names: Mapping[str, Field],
    roster: Roster | None,
    lang: str,
) -> dict[str, str]:
    """Return one sentence a field: the refusal of what was typed goes before what a rule says."""
    made = {name: text for name, text in errors.items() if name in names}
    for finding in findings:
        if finding.severity == "hard":
            first = _first_place(finding, names, roster)
            if not (finding.missing and first in made):
                made[first] = f"{made[first]} {finding.message[lang]}" if first in made else finding.message[lang]
    return made


def _first_place(finding: Finding, names: Mapping[str, Field], roster: Roster | None) -> str:
    places = (_place(name, names, roster) for name in finding.fields)
    return next(place for place in places if place is not None)


def _named(messages: Mapping[str, str], errors: Mapping[str, str], roster: Roster | None, lang: str) -> dict[str, str]:
    """Return the messages as the summary has them: far from its row, what cannot be read needs the row's name."""
    made = dict(messages)
    for name in messages.keys() & errors.keys():
        row = split_cell(name)[1]
        if roster is not None and row:
            made[name] = SENTENCES["of_row"][lang].format(label=roster.row_label[lang], row=row) + messages[name]
    return made


def _summary(
    messages: Mapping[str, str], findings: Sequence[Finding], names: Sequence[str], lang: str
) -> list[tuple[str, str]]:
    """Return the lines of the summary in the order of the page: errors first, then what is to be explained."""
    order = {name: place for place, name in enumerate(names)}
    soft = [one for one in findings if one.severity == "soft"]
    soft.sort(key=lambda one: min(order.get(name, -1) for name in one.fields))
    lines = sorted(messages.items(), key=lambda line: order.get(line[0], -1))
    return [*lines, *((f"reason__{one.key}", one.message[lang]) for one in soft)]


def _soft(
    questionnaire: Questionnaire,
    findings: Sequence[Finding],
    names: Mapping[str, Field],
    lang: str,
    reasons: Mapping[str, str],
) -> dict[str, list[tuple[str, str, str]]]:
    """Return the soft findings by the place that asks for a reason: the question, or the card of a row."""
    made: dict[str, list[tuple[str, str, str]]] = {}
    for finding in findings:
        if finding.severity == "soft":
            first = next((name for name in finding.fields if name in names), finding.fields[0])
            leaf, row = questionnaire.fields[split_cell(first)[0]], split_cell(first)[1]
            panel = (finding.key, finding.message[lang], reasons.get(finding.key, ""))
            made.setdefault(cell_name(leaf.roster, row) if row else leaf.question, []).append(panel)
    return made
