"""The last look: every answer that was asked for, with a way to change it, and what still stands in the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector import looks
from collector.deployment import deployment
from collector.page_view import new_key
from collector.services.answers import standing
from collector.services.rows import place_of_field, place_of_row, range_at, split_place
from collector.services.submissions import look_over
from collector.visitor import language
from collector.words import say
from forms import cell_name, exported_answers, route, rows_of, shown_value
from forms.given import wording_of
from forms.rosters import says_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.services.assignments import Assignment
    from collector.services.submissions import Submitted
    from forms import Answer, Field, Finding, Page, Question, Questionnaire, Roster, Route

#: Rows of one list on the last look; a longer list is looked through at its own pages.
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as it is read: the label is empty where the question says it all."""

    label: str
    value: str
    missing: bool


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row of a roster as it is read, and where it can be changed."""

    number: int
    place: str
    anchor: str
    cells: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a roster; more: how many are not listed, after: the first of them, and its place.

    nothing: what was said instead of rows, "" where nothing was.
    """

    row_label: str
    columns: tuple[str, ...]
    rows: tuple[ListedRow, ...]
    more: int = 0
    after: tuple[int, str] = (0, "")
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """The answers to one question: lines, or the rows of a list."""

    question: str
    title: str
    lines: tuple[Line, ...]
    target: str
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """The questions of one page."""

    page: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to settle before the response can be submitted; place: the page, or sub-page, to go to."""

    place: str
    target: str
    text: str
    count: int = 1


def show_check(assignment: Assignment) -> tuple[str, int]:
    """Render the last look."""
    lang, questionnaire = language(), assignment.questionnaire
    state = standing(deployment().store, assignment)
    way = route(questionnaire, state.answers, given=assignment.given)
    answers = exported_answers(questionnaire, state.answers, given=assignment.given)
    pages = [questionnaire.page(page) for page in way.pages]
    return looks.page(
        "check.html",
        chapters=[_chapter(assignment, page, (way, answers), lang) for page in pages],
        obstacles=_obstacles(assignment, look_over(assignment, state), lang),
        questionnaire=questionnaire,
        reference=deployment().reference(assignment.id),
        seen_seq=state.seq,
        client_key=new_key(),
        last_page=way.pages[-1],
    )


def _chapter(assignment: Assignment, page: Page, known: tuple[Route, Mapping[str, Answer]], lang: str) -> Chapter:
    questionnaire, (way, answers) = assignment.questionnaire, known
    blocks = []
    for question in (question for question in page.questions if question.id in way.questions):
        roster, title = questionnaire.roster_of(page.id), wording_of(question, assignment.given).text[lang]
        lines = _lines(question, way, answers, lang) if roster is None else ()
        listed = None if roster is None else _listed(roster, answers, lang)
        blocks.append(Block(question.id, title, lines, f"q-{question.id}", listed))
    return Chapter(page.id, page.title[lang], tuple(blocks))


def _lines(question: Question, way: Route, answers: Mapping[str, Answer], lang: str) -> tuple[Line, ...]:
    lines = []
    for leaf in question.fields:
        answer = answers.get(leaf.name)
        if answer is not None and answer.state == "not_applicable":
            continue
        if leaf.name not in way.fields or _is_second_of_two(leaf, answers):
            continue
        label = "" if len(question.fields) == 1 else leaf.label[lang]
        missing = leaf.required and (answer is None or answer.state == "blank")
        lines.append(Line(label, shown_value(leaf, answer, lang), missing))
    return tuple(lines)


def _is_second_of_two(leaf: Field, answers: Mapping[str, Answer]) -> bool:
    """Return whether this is the other of two fields of which one is enough: while both are open, the first says so."""
    answer = answers.get(leaf.name)
    return leaf.name in leaf.group[1:] and (answer is None or answer.state == "blank")


def _listed(roster: Roster, answers: Mapping[str, Answer], lang: str) -> Listed:
    rows = rows_of(roster, answers)
    columns = [leaf for leaf in roster.columns if leaf.needs is None or _is_used(leaf, rows, answers)]
    shown = rows[:MOST_ROWS]
    listed = tuple(_listed_row(roster, row, [_cell(leaf, row, answers, lang) for leaf in columns]) for row in shown)
    more = len(rows) - len(shown)
    after = (rows[len(shown)], place_of_row(roster, rows[len(shown)])) if more else (0, "")
    nothing = roster.nothing.label[lang] if roster.nothing is not None and says_nothing(roster, answers) else ""
    return Listed(roster.row_label[lang], tuple(leaf.label[lang] for leaf in columns), listed, more, after, nothing)


def _listed_row(roster: Roster, row: int, cells: Sequence[Line]) -> ListedRow:
    return ListedRow(row, place_of_row(roster, row), cell_name(roster.id, row), tuple(cells))


def _is_used(leaf: Field, rows: Sequence[int], answers: Mapping[str, Answer]) -> bool:
    cells = (answers.get(cell_name(leaf.name, row)) for row in rows)
    return any(cell is not None and cell.value is not None for cell in cells)


def _cell(leaf: Field, row: int, answers: Mapping[str, Answer], lang: str) -> Line:
    answer = answers.get(cell_name(leaf.name, row))
    if leaf.type == "bool" and (answer is None or answer.value is None):
        return Line(leaf.label[lang], "–", False)
    missing = leaf.required and leaf.needs is None and (answer is None or answer.state == "blank")
    empty = leaf.needs is not None and (answer is None or answer.value is None)
    return Line(leaf.label[lang], "–" if empty else shown_value(leaf, answer, lang), missing)


def _obstacles(assignment: Assignment, outcome: Submitted, lang: str) -> list[Obstacle]:
    """Say what is open: missing answers are counted by page, because a list of fifty helps nobody."""
    questionnaire = assignment.questionnaire
    missing = Counter(_place(questionnaire, finding) for finding in outcome.findings if finding.missing)
    titles = {page.id: page.title[lang] for page in questionnaire.pages}
    drafts = [Obstacle(place, "", _draft_words(questionnaire, place, lang)) for place in outcome.drafts]
    counted = [
        Obstacle(place, "", say(lang, "open_missing", page=titles[split_place(place)[0]], n=n), n)
        for place, n in missing.items()
        if n > 1
    ]
    single = [
        Obstacle(_place(questionnaire, finding), finding.fields[0], finding.message[lang])
        for finding in outcome.findings
        if not finding.missing or missing[_place(questionnaire, finding)] == 1
    ]
    order = list(titles)
    return sorted(drafts + counted + single, key=lambda one: (order.index(split_place(one.place)[0]), one.place))


def _place(questionnaire: Questionnaire, finding: Finding) -> str:
    """Return where to go for a finding: its page, or the sub-page of its row."""
    return place_of_field(questionnaire, finding.fields[0]) if finding.row else finding.page


def _draft_words(questionnaire: Questionnaire, place: str, lang: str) -> str:
    page, number = split_place(place)
    title, roster = questionnaire.page(page).title[lang], questionnaire.roster_of(page)
    if roster is None:
        return say(lang, "open_draft", page=title)
    rows = range_at(roster, number)
    return say(lang, "open_draft_rows", page=title, first=rows[0], last=rows[-1])
