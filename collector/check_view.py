"""The last look: every answer that was asked for, with a way to change it, and what still stands in the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector import looks
from collector.deployment import deployment
from collector.page_view import new_key
from collector.services.answers import standing
from collector.services.submissions import look_over
from collector.visitor import language
from collector.words import say
from forms import exported_answers, route, shown_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.services.assignments import Assignment
    from collector.services.submissions import Submitted
    from forms import Answer, Page, Question, Route


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as it is read: the label is empty where the question says it all."""

    label: str
    value: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Block:
    """The answers to one question."""

    question: str
    title: str
    lines: tuple[Line, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The questions of one page."""

    page: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to settle before the response can be submitted."""

    page: str
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
        chapters=[_chapter(page, way, answers, lang) for page in pages],
        obstacles=_obstacles(assignment, look_over(assignment, state), lang),
        questionnaire=questionnaire,
        reference=deployment().reference(assignment.id),
        seen_seq=state.seq,
        client_key=new_key(),
        last_page=way.pages[-1],
    )


def _chapter(page: Page, way: Route, answers: Mapping[str, Answer], lang: str) -> Chapter:
    asked = [question for question in page.questions if question.id in way.questions]
    return Chapter(page.id, page.title[lang], tuple(_block(question, answers, lang) for question in asked))


def _block(question: Question, answers: Mapping[str, Answer], lang: str) -> Block:
    lines = []
    for leaf in question.fields:
        answer = answers.get(leaf.name)
        if answer is not None and answer.state == "not_applicable":
            continue
        label = "" if len(question.fields) == 1 else leaf.label[lang]
        missing = leaf.required and (answer is None or answer.state == "blank")
        lines.append(Line(label, shown_value(leaf, answer, lang), missing))
    return Block(question.id, question.text[lang], tuple(lines), f"q-{question.id}")


def _obstacles(assignment: Assignment, outcome: Submitted, lang: str) -> list[Obstacle]:
    """Say what is open: missing answers are counted by page, because a list of fifty helps nobody."""
    missing = Counter(finding.page for finding in outcome.findings if finding.missing)
    titles = {page.id: page.title[lang] for page in assignment.questionnaire.pages}
    drafts = [Obstacle(page, "", say(lang, "open_draft", page=titles[page])) for page in outcome.drafts]
    counted = [
        Obstacle(page, "", say(lang, "open_missing", page=titles[page], n=n), n) for page, n in missing.items() if n > 1
    ]
    single = [
        Obstacle(finding.page, finding.fields[0], finding.message[lang])
        for finding in outcome.findings
        if not finding.missing or missing[finding.page] == 1
    ]
    return sorted(drafts + counted + single, key=lambda one: list(titles).index(one.page))
