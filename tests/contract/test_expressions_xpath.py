"""Where the language is XPath 1.0, it agrees with elementpath's XPath 1.0: binding, numbers, texts, conversions.

The shared part: known answers, whole numbers (and their halves and quarters, which binary fractions hold exactly),
texts that are compared with numbers only where they read as such. Outside it the languages differ on purpose: see
docs/expressions.md.
"""

from __future__ import annotations

import random
import re
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from uptake.contract.expressions import ExpressionError, Kind, compile_python, parse

KINDS: dict[str, Kind] = {"a": "number", "b": "number", "c": "number", "digits": "text", "word": "text", "flag": "bool"}
# v, i: whole numbers, n: numbers, t: texts, d: texts that read as numbers, b: conditions. A child stands in brackets
# only where its own form does not close it, so operators meet with and without brackets. Left out is where elementpath
# leaves XPath 1.0: it refuses a < b = c, finds '4' = 4 false, and gives `mod` the divisor's sign for a negative divisor
# and for numbers it holds as binary fractions; and it writes a minus zero as -0, hence the + 0 before a text is made.
LEAVES = {
    "v": ["${a}", "${b}", "${c}", "12", "-5"],
    "i": ["${a}", "${b}", "${c}", "0", "7", "12", "string-length(${word})", "number(${digits})"],
    "n": ["${a}", "${c}", "2.5", "0.25", "(${b} div 4)", "(${a} div 2)"],
    "t": ["${word}", "${digits}", "'skills'", '"it\'s"', "'人工智能'"],
    "d": ["${digits}", "string(3)", "concat(' 8', ' ')"],
    "b": ["${flag}", "true()", "false()", "boolean(${a})"],
}
FORMS = {
    "v": ["({v} + {v})", "({v} - {v})", "(-{v})", "({v} * 3)"],
    "i": [
        "({i} + {i})",
        "({i} - {i})",
        "({i} - {i} - {i})",
        "({i} + {i} * 3 - {i})",
        "({v} * 2 mod 7 * 3)",
        "({v} mod 5)",
        "({v} - {v} mod 3)",
        "(-{i})",
        "(- - {i} - -{i})",
        "floor({n})",
        "ceiling({n})",
        "round(({i} * 4 + 1) div 4)",
        "string-length({t})",
        "number(string({i}))",
        "(12 - 4 div 2 - {i})",
        "(({i} * 6) div 3)",
    ],
    "n": ["{i}", "({n} + {n})", "({n} - {n})", "({i} div 2)", "({i} div 4 - {n})", "(-{n})", "number(string({n}))"],
    "t": ["concat({t}, {t})", "concat({t}, {i} + 0, {t})", "string({i} + 0)", "string({n} + 0)", "string({t})"],
    "d": ["string({i} + 0)", "string({n} + 0)"],
    "b": [
        "({b} and {b})",
        "({b} or {b})",
        "({b} or {b} and {b})",
        "({b} and {b} or {b} and {b})",
        "not({b})",
        "({b} = {b})",
        "({b} != {b})",
        "({n} < {n})",
        "({n} <= {n})",
        "({n} > {n})",
        "({n} >= {n})",
        "({i} = {i})",
        "({n} != {n})",
        "({n} + {n} < {n} - {n})",
        "(({n} < {n}) = {b})",
        "({n} < {n} and {n} >= {n} or {b})",
        "({i} = number({d}))",
        "(number({d}) != {i})",
        "({d} < {n})",
        "({n} >= {d})",
        "({d} < {d})",
        "({t} = {t})",
        "({t} != {t})",
        "contains({t}, {t})",
        "starts-with({t}, {t})",
        "({i} and {n})",
        "not({n})",
        "boolean({n})",
    ],
}
NUMBERS = [0, 1, 2, 3, 5, 7, 10, -1, -4, 100, 365, 2026, -999]
WORDS = ["skills", "skill", "", " ", "人工智能", "a b", "it's", "12"]


def random_text(r: random.Random, kind: str, depth: int) -> str:
    """Return a random expression of the shared part."""
    if depth == 0 or r.random() < 0.15:
        return r.choice(LEAVES[kind])
    return re.sub(r"\{([intdbv])\}", lambda found: random_text(r, found[1], depth - 1), r.choice(FORMS[kind]))


def random_answers(r: random.Random) -> dict[str, Any]:
    numbers = {name: r.choice([*NUMBERS, r.randrange(-5000, 5000)]) for name in "abc"}
    return numbers | {"digits": str(r.choice(NUMBERS)), "word": r.choice(WORDS), "flag": r.random() < 0.5}


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, str):
        return isinstance(theirs, str) and ours == theirs
    return isinstance(theirs, int | float | Decimal) and float(ours) == float(theirs)


def compare(seed: int, expressions: int, rows: int) -> tuple[int, int]:
    """Compare so many expressions over so many sets of answers; returns the pairs, and how many texts differed."""
    elementpath = pytest.importorskip("elementpath", reason="elementpath is not installed (extra dev)")
    r, root, texts = random.Random(seed), ElementTree.Element("root"), set()
    for _ in range(expressions):
        text = random_text(r, r.choice("bbbint"), 3)
        texts.add(text)
        token = elementpath.XPath1Parser().parse(re.sub(r"\$\{(\w+)\}", r"$\1", text))
        ours = compile_python(parse(text), kinds=KINDS)
        for _ in range(rows):
            answers = random_answers(r)
            theirs = token.evaluate(elementpath.XPathContext(root, variables=answers))
            assert same(ours(answers), theirs), (text, answers, ours(answers), theirs)
    return expressions * rows, len(texts)


def test_a_slice_agrees_with_xpath() -> None:
    pairs, texts = compare(seed=7, expressions=2000, rows=4)
    assert pairs == 8000 and texts > 1500


@pytest.mark.proof
def test_a_hundred_thousand_pairs_agree_with_xpath() -> None:
    pairs, texts = compare(seed=2026, expressions=40_000, rows=3)
    assert pairs == 120_000 and texts > 30_000


@pytest.mark.parametrize(
    ("text", "ours", "xpath"),
    [
        ("1 div 0 > 5", None, True),  # unknown here, infinity there
        ("round(-2.5)", Decimal(-3), -2),  # half away from zero here, half up there
        ("2 div 3 = 0.666666", True, False),  # six places here
        ("1 = true()", "refused", True),  # kinds that do not fit are refused, not converted
        ("'a' and true()", "refused", True),
        ("number('42') = 42", "refused", True),  # write the number
    ],
)
def test_the_differences_that_the_documentation_names(text: str, ours: object, xpath: object) -> None:
    elementpath = pytest.importorskip("elementpath", reason="elementpath is not installed (extra dev)")
    if ours == "refused":
        with pytest.raises(ExpressionError):
            parse(text)
    else:
        assert compile_python(parse(text))({}) == ours
    assert elementpath.select(ElementTree.Element("root"), text, parser=elementpath.XPath1Parser) == xpath
