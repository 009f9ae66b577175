"""Our rules as XPath: elementpath, which knows nothing of us, comes to the same answer, with answers missing too."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest
from elementpath import XPath1Parser, XPathContext

from forms.xlsform.writing import UnwritableError, write
from forms.xlsform.xpath import Asked, XPath
from uptake.contract.expressions import compile_python, parse

FIELDS = {
    "n": Asked(number=True, dont_know_row="n_dk"),
    "k": Asked(number=True, dont_know_row="k_dk"),
    "c": Asked(dont_know_choice=True),
    "s": Asked(several=True, dont_know_choice=True),
    "t": Asked(tick=True),
    "w": Asked(),
}
KINDS = {"n": "number", "k": "number", "c": "text", "s": "text", "t": "bool", "w": "text"}
SIGNS = ("=", "!=", "<", "<=", ">", ">=")


def number(draw: random.Random, depth: int = 0) -> str:
    kind = draw.randrange(7 if depth < 2 else 3)
    if kind < 2:
        return draw.choice(("${n}", "${k}"))
    if kind == 2:
        return str(draw.randrange(6))
    a, b = number(draw, depth + 1), number(draw, depth + 1)
    if kind == 3:
        return f"sum({a}, {b})"
    if kind == 4:
        return f"count({draw.choice(('${n}', '${c}'))}, ${{k}})"
    if kind == 5:
        return "coalesce(${n}, ${k})"
    return f"({a} {draw.choice('+-*')} {b})"


def atom(draw: random.Random) -> str:
    states = ("answered", "dont_know", "blank", "refused")
    return draw.choice((
        f"{number(draw)} {draw.choice(SIGNS)} {number(draw)}",
        f"${{c}} {draw.choice(('=', '!='))} '{draw.choice('ab')}'",
        f"selected(${{s}}, '{draw.choice('ab')}')",
        f"state(${{{draw.choice('nkcsw')}}}) {draw.choice(('=', '!='))} '{draw.choice(states)}'",
        "${t} = true()",
        f"${{w}} {draw.choice(('=', '!='))} ${{c}}",
        f"contains(${{w}}, '{draw.choice('ab')}')",
        f"string-length(${{w}}) {draw.choice(SIGNS)} {draw.randrange(3)}",
    ))  # fmt: skip


def rule(draw: random.Random, depth: int = 0) -> str:
    kind = draw.randrange(5) if depth < 3 else 4
    if kind < 2:
        return f"({rule(draw, depth + 1)} {('and', 'or')[kind]} {rule(draw, depth + 1)})"
    return f"not({rule(draw, depth + 1)})" if kind == 2 else atom(draw)


def answers(draw: random.Random) -> dict[str, tuple[object, str]]:
    """Give every field a value, or a reason why there is none."""

    def one(values: tuple[object, ...], dont_know: bool = True) -> tuple[object, str]:
        at = draw.randrange(5)
        if at == 0:
            return None, "blank"
        return (None, "dont_know") if at == 1 and dont_know else (draw.choice(values), "answered")

    return {
        "n": one((0, 1, 2, 5)), "k": one((0, 1, 3)), "c": one(("a", "b")), "s": one((("a",), ("b",), ("a", "b"))),
        "t": one((True,), False), "w": one(("a", "ab", "b"), False),
    }  # fmt: skip


def ours(text: str, given: Mapping[str, tuple[object, str]]) -> object:
    values = {name: " ".join(value) if isinstance(value, tuple) else value for name, (value, _) in given.items()}
    states = {f"{name}_state": state for name, (_, state) in given.items()}
    return compile_python(parse(text), kinds=KINDS, to="bool")(values | states)


def document(given: Mapping[str, tuple[object, str]]) -> ElementTree.Element:
    root = ElementTree.Element("d")
    for name, (value, state) in given.items():
        row = FIELDS[name].dont_know_row
        written = "OK" if value is True else " ".join(value) if isinstance(value, tuple) else value
        if state == "dont_know":
            written = None if row else "dont_know"
        ElementTree.SubElement(root, name).text = "" if written is None else str(written)
        if row:
            ElementTree.SubElement(root, row).text = "dont_know" if state == "dont_know" else ""
    return root


def theirs(xpath: str, root: ElementTree.Element) -> object:
    plain = re.sub(r"selected\((\$\{\w+\}), '(\w+)'\)", r"contains(concat(' ', \1, ' '), ' \2 ')", xpath)
    plain = re.sub(r"if\(([^()]*(?:\([^()]*\))?), 1, 0\)", r"number(\1)", plain)
    # elementpath stops at '' < 1, where XPath has "not a number": hence number() around every number.
    plain = re.sub(r"coalesce\(\$\{(\w+)\}, \$\{(\w+)\}\)",
                   r"number(concat(/d/\1, substring(/d/\2, 1, number(/d/\1 = '') * 100)))", plain)  # fmt: skip
    plain = re.sub(r"\$\{([nk])\}(?! !?= '')", r"number(/d/\1)", plain)
    plain = re.sub(r"\$\{(\w+)\}", r"/d/\1", plain)
    token = XPath1Parser().parse(f"boolean({plain})")
    return token.evaluate(XPathContext(root=ElementTree.ElementTree(root)))


def agree(rounds: int, seed: int) -> tuple[int, int, int]:
    draw, counts = random.Random(seed), {True: 0, False: 0, None: 0}
    for _ in range(rounds):
        text = rule(draw)
        printer, node = XPath(FIELDS), parse(text).node
        certain, possible = printer.condition(node, unknown=False), printer.condition(node, unknown=True)
        for _ in range(4):
            given = answers(draw)
            root, said = document(given), ours(text, given)
            counts[said] += 1  # type: ignore[index]
            assert theirs(certain, root) == (said is True), (text, certain, given)
            assert theirs(possible, root) == (said is not False), (text, possible, given)
    return counts[True], counts[False], counts[None]


def test_rules_mean_the_same_in_xpath() -> None:
    assert min(agree(800, seed=1)) > 200


@pytest.mark.proof
def test_rules_mean_the_same_in_xpath_over_many() -> None:
    assert min(agree(10_000, seed=2)) > 2_500


def test_what_is_written_is_read_as_the_same_tree() -> None:
    draw = random.Random(3)
    for _ in range(2_000):
        node = parse(rule(draw)).node
        assert parse(write(node)).node == node


@pytest.mark.parametrize(
    ("text", "certain", "possible"),
    [
        ("${c} = 'a'", "${c} = 'a'", "${c} = '' or ${c} = 'dont_know' or ${c} = 'a'"),
        ("${c} != 'a'", "${c} != '' and ${c} != 'dont_know' and ${c} != 'a'",
         "${c} = '' or ${c} = 'dont_know' or ${c} != 'a'"),
        ("${n} <= ${k}", "${n} <= ${k}", "${n} = '' or ${k} = '' or ${n} <= ${k}"),
        ("${n} = ${k}", "${n} != '' and ${k} != '' and number(${n}) = number(${k})", None),
        ("not(${n} <= 3)", "not(${n} = '' or ${n} <= 3)", "not(${n} <= 3)"),
        ("state(${n}) = 'dont_know'", "selected(${n_dk}, 'dont_know')", "selected(${n_dk}, 'dont_know')"),
        ("state(${n}) = 'refused'", "false()", "false()"),
        ("${t} = true()", "${t} = 'OK'", "${t} = '' or ${t} = 'OK'"),
        ("${w} = ${c}", "${w} != '' and ${c} != '' and ${c} != 'dont_know' and ${w} = ${c}",
         "${w} = '' or ${c} = '' or ${c} = 'dont_know' or ${w} = ${c}"),
        ("(${n} + 1) * 2 > 5 or ${k} - (1 - ${n}) = 2", "(${n} + 1) * 2 > 5 or ${k} - (1 - ${n}) = 2", None),
    ],
)  # fmt: skip
def test_how_conditions_are_written(text: str, certain: str, possible: str | None) -> None:
    printer, node = XPath(FIELDS), parse(text).node
    assert printer.condition(node, unknown=False) == certain
    if possible is not None:
        assert printer.condition(node, unknown=True) == possible


def test_what_xlsform_has_no_word_for_is_said() -> None:
    with pytest.raises(UnwritableError, match=r"count-distinct\(\)"):
        XPath({"r": Asked(roster=True)}).condition(parse("count-distinct(${r}) = 1").node, unknown=True)
