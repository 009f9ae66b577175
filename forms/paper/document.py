"""A questionnaire as an HTML document to print: every question, choice, unit and check, and for whom each part is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forms.leaves import DONT_KNOW
from forms.model import Choice, Field, Page, Question, Questionnaire, Wording
from forms.paper.items import item_numbers, letter, part_number
from forms.paper.rules import said_rules
from forms.paper.sentences import say_condition
from forms.paper.words import paper_words
from uptake.contract.expressions import Expression
from uptake.contract.text import Text

_TEMPLATES = Path(__file__).parent / "templates"
MOST_LISTED = 400  # choices printed in an appendix; of still longer lists a form has a line for the code alone
MOST_BESIDE = 16  # choices printed beside a question; longer lists stand in an appendix
SHORT_CODE = 3  # signs of a code beside which its label may begin close by
OWN_WORDS: Mapping[str, str] = {}
BLANK_ROWS = 10  # empty rows of a roster on paper


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of choices that is too long to stand beside its question."""

    number: int
    title: str
    choices: tuple[Choice, ...]

    @property
    def short_codes(self) -> bool:
        """Whether the codes are so short that they need no wide column."""
        return all(len(choice.code) <= SHORT_CODE for choice in self.choices)


def render_paper(
    questionnaire: Questionnaire, lang: str, *, period: Text | None = None, arms: Mapping[str, str] = OWN_WORDS
) -> str:
    """Return the whole questionnaire in one language as an HTML document for printing.

    It has the words, numbers, choices, units and order of the form on the screen; routes stand as sentences, checks as
    a list at the end. Answers are not printed. period: what the answers are about, printed under the title.
    arms: the arm of each experiment with wording whose words are printed; the questions' own when left out.
    Raises UptakeError for a language that the product has no words for.
    """
    say = paper_words(lang)
    lists = tuple(_code_lists(questionnaire, lang))
    return paper_environment().get_template("paper.html").render(
        questionnaire=questionnaire,
        document=questionnaire,
        lang=lang,
        language="zh-CN" if lang == "zh" else lang,
        period=period[lang] if period else "",
        say=say,
        style=paper_style(),
        shown=_first_uses(questionnaire),
        worded={question.id: _worded(question, arms) for _, question in _questions(questionnaire)},
        required_if={
            leaf.name: say_condition(questionnaire, leaf.required_if, lang)
            for leaf in questionnaire.fields.values()
            if leaf.required_if is not None
        },
        for_whom={key: say_condition(questionnaire, condition, lang) for key, condition in _conditions(questionnaire)},
        goes_on=_goes_on(questionnaire, lang),
        lists=lists,
        list_of={leaf.name: one for one in lists for leaf in _long(questionnaire) if _coded(leaf) == one.choices},
        unlisted={leaf.name for leaf in questionnaire.fields.values() if len(_coded(leaf)) > MOST_LISTED},
        rules=said_rules(questionnaire, lang),
        numbers=item_numbers(questionnaire),
        part_number=part_number,
        letter=letter,
        blank_rows=BLANK_ROWS,
    )  # fmt: skip


@lru_cache(maxsize=1)
def paper_environment() -> Environment:
    """Return where the templates of printed forms are: what they are given is escaped, and nothing may be lacking."""
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)  # fmt: skip


@lru_cache(maxsize=1)
def paper_style() -> str:
    """Return the style sheet of printed forms."""
    return (_TEMPLATES / "paper.css").read_text("utf-8")


def _questions(questionnaire: Questionnaire) -> Iterator[tuple[Page, Question]]:
    for page in questionnaire.pages:
        for question in page.questions:
            yield page, question


def _worded(question: Question, arms: Mapping[str, str]) -> Question | Wording:
    """Return what has the words of a question: itself, or those for an arm of an experiment."""
    return next((words for words in question.wordings if arms.get(words.experiment) == words.arm), question)


def _first_uses(questionnaire: Questionnaire) -> dict[str, tuple[str, ...]]:
    """Return the definition boxes to print before each question: a box is printed once, where it is first used."""
    seen: set[str] = set()
    made = {}
    for _, question in _questions(questionnaire):
        made[question.id] = tuple(box for box in question.definitions if box not in seen)
        seen.update(question.definitions)
    return made


def _conditions(questionnaire: Questionnaire) -> Iterator[tuple[str, Expression]]:
    for page in questionnaire.pages:
        if page.relevant is not None:
            yield f"page {page.id}", page.relevant
    for _, question in _questions(questionnaire):
        if question.relevant is not None:
            yield question.id, question.relevant


def _goes_on(questionnaire: Questionnaire, lang: str) -> dict[str, str]:
    """Return, for every page that not all fill in, the title of the page that the others go on to."""
    made = {}
    for page, after in zip(questionnaire.pages, questionnaire.pages[1:], strict=False):
        if page.relevant is not None:
            made[page.id] = after.title[lang]
    return made


def _long(questionnaire: Questionnaire) -> Iterator[Field]:
    for leaf in questionnaire.fields.values():
        if MOST_BESIDE < len(_coded(leaf)) <= MOST_LISTED:
            yield leaf


def _coded(leaf: Field) -> tuple[Choice, ...]:
    """Return the choices that are written as a code; "don't know" is a box to tick beside them."""
    return tuple(choice for choice in leaf.choices if choice.code != DONT_KNOW)


def _code_lists(questionnaire: Questionnaire, lang: str) -> Iterator[CodeList]:
    found: dict[tuple[Choice, ...], Field] = {}
    for leaf in _long(questionnaire):
        found.setdefault(_coded(leaf), leaf)
    for number, (choices, leaf) in enumerate(found.items(), start=1):
        yield CodeList(number, leaf.label[lang], choices)
