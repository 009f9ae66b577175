"""The z3 printer: every example it finds is one for the Python closures, and what it finds impossible never happens."""

from __future__ import annotations

import datetime
import itertools
import random
from decimal import Decimal
from typing import Any

import pytest

from uptake.contract.expressions import compile_python, parse
from uptake.contract.expressions.proof import Answers, Domain, NotProved, to_z3

z3 = pytest.importorskip("z3", reason="z3 is not installed (extra [proof])")
DOMAINS = {
    "staff": Domain("number", whole=True, least=0, most=10_000),
    "rd": Domain("number", whole=True, least=-50),
    "spend": Domain("number", least=0, most=1000),
    "uses": Domain("text", codes=("yes", "no")),
    "size": Domain("text", codes=("1", "2", "3", "x")),
    "why": Domain("text", codes=("cost", "skills", "law"), several=True),
    "flag": Domain("bool"),
    "day": Domain("date"),
    "name": Domain("text"),
}


def outcomes(text: str) -> dict[object, Any]:
    """Return an example for each outcome z3 finds possible, checked by the Python closure."""
    answers = Answers(DOMAINS)
    formula = to_z3(parse(text), answers)
    holds = compile_python(parse(text), kinds=answers.kinds, to="bool")
    found = {}
    for outcome, wanted in ((True, formula.holds), (False, formula.fails), (None, z3.Not(formula.known))):
        solver = z3.Solver()
        solver.add(*answers.constraints, wanted)
        if solver.check() == z3.sat:
            found[outcome] = answers.witness(solver.model())
            assert formula.unproved or holds(found[outcome]) is outcome, (text, outcome, found[outcome])
    return found


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("${staff} >= 0", {True, None}),
        ("${staff} > 10000", {False, None}),
        ("${rd} <= ${staff} and ${rd} > ${staff}", {False, None}),
        ("${rd} <= ${staff} or ${rd} > ${staff}", {True, None}),
        ("${uses} = 'yes' or ${uses} = 'no'", {True, None}),
        ("${uses} = 'maybe'", {False, None}),
        ("${size} > 3", {False, None}),
        ("${size} > 2", {True, False, None}),
        ("selected(${why}, 'cost') and count-selected(${why}) = 0", {False, None}),
        ("selected(${why}, 'rain')", {False, None}),
        ("count(${staff}, ${rd}, ${flag}) > 3", {False}),
        ("coalesce(${staff}, 0) >= 0", {True}),
        ("state(${staff}) = 'answered' and coalesce(${staff}, -1) = -1", {False, None}),
        ("0.1 + 0.2 = 0.3", {True}),
        ("${spend} div 3 * 3 <= ${spend}", {True, None}),
        ("${rd} mod 2 = 0 or ${rd} mod 2 = 1 or ${rd} mod 2 = -1", {True, None}),
        ("${rd} div 0 = 1", {None}),
        ("round(${spend}) - ${spend} > 0.5", {False, None}),
        ("round(${spend}) - ${spend} = 0.5", {True, False, None}),
        ("int(-2.9) = -2 and floor(-2.5) = -3 and ceiling(-2.5) = -2 and round(-2.5) = -3", {True}),
        ("${day} < date('1000-01-01')", {False, None}),
        ("${day} <= today()", {True, False, None}),
        ("if(${flag}, ${rd}, ${rd}) != ${rd}", {False, None}),
        ("min(${rd}, ${staff}) > max(${rd}, ${staff})", {False, None}),
        ("regex(${size}, '[0-9]') and ${size} = 'x'", {False, None}),
        ("string-length(${uses}) = 3 and ${uses} = 'no'", {False, None}),
        ("${name} = 'a' and ${name} = 'b'", {False, None}),
        ("${name} = 'a'", {True, False, None}),
        ("abs(${rd}) < 0", {False, None}),
        ("sum(${staff}, ${staff}) = 2 * ${staff}", {True, None}),
        ("not(${flag}) = ${flag}", {False, None}),
    ],
)
def test_what_can_happen(text: str, possible: set[object]) -> None:
    assert set(outcomes(text)) == possible


def test_what_cannot_be_decided_is_said_and_never_claimed() -> None:
    answers = Answers(DOMAINS)
    formula = to_z3(parse("regex(${name}, '[0-9]+') or ${staff} > 1"), answers)
    assert formula.unproved == (NotProved("regex() of free text cannot be decided", 0),)
    assert not to_z3(parse("${uses} = 'yes'"), answers).unproved


def test_equal_texts_give_equal_results_so_contradictions_show() -> None:
    contradiction = "regex(${name}, '[0-9]+') and not(regex(${name}, '[0-9]+'))"
    assert set(outcomes(contradiction)) == {False, None}
    assert set(outcomes("regex(${name}, '[0-9]+') and not(regex(${name}, '[0-9]*'))")) == {True, False, None}


def test_a_witness_has_every_kind_of_answer() -> None:
    text = (
        "${spend} = 2.5 and ${why} != 'x' and selected(${why}, 'law') and ${day} = date('2026-12-31') and ${flag}"
        " and state(${rd}) = 'dont_know' and ${uses} = 'yes'"
    )
    answers = Answers(DOMAINS)
    solver = z3.Solver()
    solver.add(to_z3(parse(text), answers).holds, *answers.constraints)
    solver.add(*answers.constraints)
    assert solver.check() == z3.sat
    found = answers.witness(solver.model())
    assert found["spend"] == Decimal("2.5") and found["day"] == datetime.date(2026, 12, 31) and found["flag"] is True
    assert found["rd"] is None and found["rd_state"] == "dont_know" and found["uses"] == "yes"
    assert "law" in str(found["why"]).split()


FORMS = {
    "n": [
        "({n} + {n})",
        "({n} - {n})",
        "({n} * 3)",
        "({n} * 0.7)",
        "({n} div 4)",
        "({n} div {n})",
        "({n} mod 7)",
        "(-{n})",
        "min({n}, {n})",
        "max({n}, {n})",
        "abs({n})",
        "int({n})",
        "floor({n})",
        "ceiling({n})",
        "round({n})",
        "round({n}, 2)",
        "coalesce({n}, {n})",
        "if({b}, {n}, {n})",
        "sum({n}, {n}, {n})",
        "count({n}, {b})",
    ],
    "b": [
        "({b} and {b})",
        "({b} or {b})",
        "not({b})",
        "({n} < {n})",
        "({n} >= {n})",
        "({n} = {n})",
        "({n} != {n})",
        "({b} = {b})",
        "if({b}, {b}, {b})",
        "coalesce({b}, {b})",
        "boolean({n})",
    ],
}
LEAVES = {
    "n": [
        "${staff}",
        "${rd}",
        "${spend}",
        "2",
        "0.5",
        "number(${size})",
        "count-selected(${why})",
        "string-length(${uses})",
    ],
    "b": [
        "${flag}",
        "(${uses} = 'yes')",
        "(${size} != '2')",
        "selected(${why}, 'cost')",
        "(${day} < date('2026-06-01'))",
        "(${size} > 1)",
        "regex(${size}, '[0-9]')",
        "true()",
        "(state(${spend}) = 'blank')",
    ],
}


def random_text(r: random.Random, kind: str, depth: int) -> str:
    if depth == 0:
        return r.choice(LEAVES[kind])
    made = r.choice(FORMS[kind])
    while "{" in made.replace("${", ""):
        at = next(i for i, sign in enumerate(made) if sign == "{" and made[i - 1] != "$")
        made = made[:at] + random_text(r, made[at + 1], depth - 1).replace("${", "$\0") + made[at + 3 :]
    return made.replace("\0", "{")


def random_answers(r: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {
        "staff": r.randrange(10_001),
        "rd": r.randrange(-50, 60),
        "spend": Decimal(r.choice([0, 500_000, 2_345_000, r.randrange(10**9)])).scaleb(-6),
        "uses": r.choice(["yes", "no"]),
        "size": r.choice(["1", "2", "3", "x"]),
        "why": " ".join(code for code in ("cost", "skills", "law") if r.random() < 0.5),
        "flag": r.random() < 0.5,
        "day": datetime.date(2026, 5, 25) + datetime.timedelta(days=r.randrange(14)),
    }
    row = {name: None if r.random() < 0.2 else value for name, value in row.items()}
    return row | {f"{name}_state": "blank" if value is None else "answered" for name, value in row.items()}


def fixed(answers: Answers, row: dict[str, Any]) -> list[Any]:
    """Return z3 conditions that say what the answers are."""
    made = []
    for name, term in answers.terms.items():
        value = row[name]
        made.append(term.known == (value is not None))
        if value is None:
            continue
        if term.choices is not None:
            made += [held == (code in value.split()) for code, held in term.choices.items()]
        elif isinstance(value, bool):
            made.append(term.value == value)
        elif isinstance(value, str):
            made.append(term.value == answers.text(value))
        elif isinstance(value, datetime.date):
            made.append(term.value == value.toordinal())
        else:
            made.append(term.value == (value if term.whole else int(value * 10**6)))
    return (
        made
        + [state.value == answers.text(row[f"{name}_state"]) for name, state in answers.states.items()]
        + [state.known for state in answers.states.values()]
    )


def compare(seed: int, expressions: int, rows: int) -> int:
    """Ask z3 for the outcome of fixed answers: exactly the outcome of the Python closure is possible."""
    r, pairs = random.Random(seed), 0
    for _ in range(expressions):
        text = random_text(r, "b", 3)
        answers = Answers(DOMAINS)
        formula = to_z3(parse(text), answers)
        assert not formula.unproved
        holds = compile_python(parse(text), kinds=answers.kinds, to="bool")
        for row in itertools.islice(iter(lambda: random_answers(r), None), rows):
            ours = holds(row)
            solver = z3.Solver()
            solver.add(*answers.constraints, *fixed(answers, row))
            told = z3.Not(formula.known) if ours is None else formula.holds if ours else formula.fails
            solver.add(z3.Not(told))
            assert solver.check() == z3.unsat, (text, row, ours)
            pairs += 1
    return pairs


def test_a_slice_of_random_rules_has_the_outcomes_of_python() -> None:
    assert compare(seed=3, expressions=60, rows=4) == 240


@pytest.mark.proof
def test_many_random_rules_have_the_outcomes_of_python() -> None:
    assert compare(seed=4, expressions=2500, rows=4) == 10_000
