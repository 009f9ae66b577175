"""The numbers of the boxes on a printed form, such as E-04.2 or E-18.3b, by which its checks name them."""

from __future__ import annotations

from collections.abc import Iterator

from forms.model import Part, Question, Questionnaire

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def item_numbers(questionnaire: Questionnaire) -> dict[str, str]:
    """Return the number of every field, by field name: the question's own where it has one box only.

    Parts are counted from 1, and so are the rows of a matrix; its columns have letters, and so have those of a roster.
    A question that is one matrix counts its rows at once. The words that go with a choice have the number of the
    choice's box and a star.
    """
    return dict(pair for page in questionnaire.pages for question in page.questions for pair in _of_question(question))


def part_number(question: Question, part: Part) -> str:
    """Return the number of a part of a question, which is the question's own where it has one part only."""
    return question.id if len(question.parts) == 1 else f"{question.id}.{question.parts.index(part) + 1}"


def letter(column: int) -> str:
    """Return the letter of a column counted from 0; beyond z two letters.

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    return _LETTERS[column] if column < len(_LETTERS) else letter(column // 26 - 1) + _LETTERS[column % 26]


def _of_question(question: Question) -> Iterator[tuple[str, str]]:
    for part in question.parts:
        number = part_number(question, part)
        if part.type == "matrix":
            yield from _of_matrix(part, number)
        elif part.type == "roster":
            for at, leaf in enumerate(part.fields):
                yield leaf.name, f"{number}{letter(at)}"
        else:
            yield from _of_boxes(part, number)


def _of_matrix(part: Part, number: str) -> Iterator[tuple[str, str]]:
    across = len(part.columns)
    for at, leaf in enumerate(part.fields):
        yield leaf.name, f"{number}.{at // across + 1}{letter(at % across)}" if across else f"{number}.{at + 1}"


def _of_boxes(part: Part, number: str) -> Iterator[tuple[str, str]]:
    for at, leaf in enumerate(part.fields):
        if leaf.needs is not None:
            yield leaf.name, f"{number}*"
        else:
            yield leaf.name, number if at == 0 else f"{number}{letter(at)}"
