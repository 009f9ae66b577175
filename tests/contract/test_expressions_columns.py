"""Whole columns of rosters in sum, count, count-distinct, min and max: written down, and alike in every engine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from uptake.contract.expressions import ExpressionError, Kind, compile_python, parse, to_duckdb, to_postgresql

COLUMNS = frozenset({"users", "cost", "name", "typed", "flag"})
TYPES = {"users[]": "BIGINT[]", "cost[]": "DECIMAL(14,2)[]", "name[]": "VARCHAR[]", "typed[]": "VARCHAR[]",
         "flag[]": "BOOLEAN[]", "staff": "BIGINT", "word": "VARCHAR", "free": "VARCHAR"}  # fmt: skip
KINDS: dict[str, Kind] = {"users": "number", "cost": "number", "name": "text", "flag": "bool", "staff": "number",
                          "word": "text"}  # fmt: skip


def result(text: str, **values: Any) -> Any:
    """Evaluate with the columns of a roster of three rows, one of them blank in `cost`."""
    told = {"users[]": (3, 4, 3), "cost[]": (Decimal("1.50"), None, Decimal(2)), "name[]": ("甲", "乙", "甲"),
            "typed[]": ("1", " 2 ", "x"), "flag[]": (True, None, None)}  # fmt: skip
    return compile_python(parse(text, columns=COLUMNS), kinds=KINDS)(told | values)


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("sum(${users})", 10),
        ("sum(${users}, 5)", 15),
        ("sum(${cost})", None),  # a cell is missing: the sum is unknown
        ("count(${users})", 3),
        ("count(${cost})", 2),
        ("count(${cost}, ${name}, ${staff}, 'x')", 6),
        ("count-distinct(${name})", 2),
        ("count-distinct(${users})", 2),
        ("count-distinct(${cost}, 2, 2.00)", 2),  # numbers are compared as numbers are written: 2 = 2.00
        ("count-distinct('a', 'b', 'a')", 2),
        ("count-distinct(${name}) = count(${name})", False),
        ("min(${users})", 3),
        ("max(${users}, 9)", 9),
        ("max(${cost})", None),
        ("sum(${typed})", None),  # a text that is no number, read as one, is unknown
        ("count(${flag})", 1),
    ],
)
def test_what_a_column_gives(text: str, gives: Any) -> None:
    assert result(text) == gives and (result(text) is None) == (gives is None)


@pytest.mark.parametrize(
    ("text", "gives"),
    [("sum(${users})", 0), ("count(${users})", 0), ("count-distinct(${users})", 0), ("min(${users})", None),
     ("max(${users}, 2)", 2), ("sum(${users}, 2)", 2)],
)  # fmt: skip
def test_a_roster_without_rows_is_empty(text: str, gives: Any) -> None:
    assert result(text, **{"users[]": ()}) == gives


def test_one_number_is_its_own_extreme() -> None:
    assert result("min(${staff})", staff=3) == result("max(${staff})", staff=3) == 3


@pytest.mark.parametrize("function", ["sum", "count", "count-distinct", "min", "max"])
def test_a_roster_that_is_not_asked_is_unknown(function: str) -> None:
    assert result(f"{function}(${{users}}, 2)", **{"users[]": None}) is None


def test_bare_a_column_is_one_answer() -> None:
    assert result("${users} = 2", users=2) is True
    assert result("${users} <= sum(${users})", users=11) is False
    rule = parse("${users} <= sum(${cost}) and state(${name}) = 'answered'", columns=COLUMNS)
    assert (rule.bare, rule.columns, rule.states) == ({"users", "name"}, {"cost"}, {"name"})
    assert rule.fields == {"users", "name", "cost"}
    assert parse("sum(${users})").columns == frozenset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum(${flag})", "this is a column of conditions, but a number is needed here."),
        ("count-distinct()", "count-distinct() takes 1 or more arguments, not 0."),
    ],
)
def test_columns_of_the_wrong_kind_are_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_python(parse(text, columns=COLUMNS), kinds=KINDS)
    assert caught.value.reason == said


# The three engines


def random_row(r: random.Random) -> dict[str, Any]:
    rows = r.choice([0, 1, 2, 3, 8])
    gaps = r.choice([0, 0, 0.3])

    def cells(*choices: Any) -> list[Any] | None:
        return None if r.random() < 0.1 else [None if r.random() < gaps else r.choice(choices) for _ in range(rows)]

    return {
        "users[]": cells(0, 1, 7, -3, 250, 10**9, 2**62),
        "cost[]": cells(Decimal("0.00"), Decimal("0.10"), Decimal("-12.50"), Decimal("99999999.99")),
        "name[]": cells("甲", "乙", "", " ", "a b", "it's", "100%"),
        "typed[]": cells("1", "1.0", "x", " 7 ", "1e3", "99999999999999999999"),
        "flag[]": cells(True, False),
        "staff": r.choice([None, 0, 7, 250]),
        "word": r.choice([None, "甲", "7", ""]),
        "free": r.choice([None, "7", "x"]),
    }


NUMBERS = ["${users}", "${cost}", "${typed}", "${staff}", "${free}", "7", "0.1"]
ANY = [*NUMBERS, "${name}", "${flag}", "${word}", "'甲'"]
OUTER = ["{}", "{} > 3", "{} + 1", "round({} div 3, 2)", "coalesce({}, -1)", "if({} = 0, 'none', 'some')", "string({})"]


def random_text(r: random.Random) -> str:
    function = r.choice(["sum", "count", "count-distinct", "min", "max"])
    chosen = [r.choice(ANY if function.startswith("count") else NUMBERS) for _ in range(r.randint(1, 3))]
    if function == "count-distinct":
        chosen = [part for part in chosen if part != "${flag}"] or ["${name}"]
    return r.choice(OUTER).format(f"{function}({', '.join(chosen)})")


class Engines:
    """One table of lists in both databases."""

    def __init__(self, address: str) -> None:
        import psycopg

        self.duck, self.postgres = duckdb.connect(), psycopg.connect(address, autocommit=True)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
        for connection in (self.duck, self.postgres):
            connection.execute("DROP TABLE IF EXISTS lists")
            connection.execute(f"CREATE TABLE lists (i INTEGER, {columns})")

    def fill(self, rows: list[dict[str, Any]]) -> None:
        told = [[i, *(row[name] for name in TYPES)] for i, row in enumerate(rows)]
        self.duck.execute("DELETE FROM lists")
        self.duck.executemany(f"INSERT INTO lists VALUES ({', '.join('?' * len(told[0]))})", told)
        with self.postgres.cursor() as cursor:
            cursor.execute("DELETE FROM lists")
            cursor.executemany(f"INSERT INTO lists VALUES ({', '.join(['%s'] * len(told[0]))})", told)

    def close(self) -> None:
        self.duck.close()
        self.postgres.close()


@pytest.fixture(scope="module")
def engines(postgresql: str) -> Iterator[Engines]:
    made = Engines(postgresql)
    yield made
    made.close()


def one_round(engines: Engines, seed: int, rows: int, width: int) -> tuple[int, int]:
    """Compare `width` expressions over `rows` rows; returns the number of pairs and of those with a known result."""
    r = random.Random(seed)
    told = [random_row(r) for _ in range(rows)]
    engines.fill(told)
    known = 0
    made = [parse(random_text(r), columns=COLUMNS) for _ in range(width)]
    duck = ", ".join(to_duckdb(expression, kinds=KINDS) for expression in made)
    postgres = ", ".join(to_postgresql(expression, kinds=KINDS) for expression in made)
    ours = engines.duck.execute(f"SELECT {duck} FROM lists ORDER BY i").fetchall()
    theirs = engines.postgres.execute(f"SELECT {postgres} FROM lists ORDER BY i").fetchall()
    functions = [compile_python(expression, kinds=KINDS) for expression in made]
    for row, one, other in zip(told, ours, theirs, strict=True):
        for expression, function, a, b in zip(made, functions, one, other, strict=True):
            value = function(row)
            known += value is not None
            assert value == a and (value is None) == (a is None), (expression.text, "DuckDB", value, a, row)
            assert value == b and (value is None) == (b is None), (expression.text, "PostgreSQL", value, b, row)
    return rows * width, known


def test_three_engines_agree_about_columns(engines: Engines) -> None:
    counted = [one_round(engines, seed, 60, 12) for seed in range(20)]
    pairs, known = sum(pair for pair, _ in counted), sum(known for _, known in counted)
    assert pairs == 14_400 and known > pairs // 3


@pytest.mark.proof
def test_three_engines_agree_about_columns_of_many_rows(engines: Engines) -> None:
    assert sum(one_round(engines, 500 + seed, 400, 10)[0] for seed in range(250)) == 1_000_000


# The prover


def test_what_rows_give_is_left_open_and_never_claimed() -> None:
    z3 = pytest.importorskip("z3", reason="z3 is not installed (extra [proof])")
    from uptake.contract.expressions.proof import Answers, Domain, to_z3

    def outcomes(text: str) -> tuple[set[Any], bool]:
        answers = Answers({"users": Domain("number", whole=True), "staff": Domain("number", whole=True)})
        formula = to_z3(parse(text, columns=COLUMNS), answers)
        found: set[Any] = set()
        for condition, outcome in ((formula.holds, True), (formula.fails, False), (z3.Not(formula.known), None)):
            solver = z3.Solver()
            solver.add(condition, *answers.constraints)
            if solver.check() == z3.sat:
                found.add(outcome)
        return found, bool(formula.unproved)

    assert outcomes("count(${users}) > 3") == ({True, False, None}, True)
    assert outcomes("count(${users}) >= 0") == ({True, None}, True)
    assert outcomes("sum(${users}) > sum(${users})") == ({False, None}, True)
    assert outcomes("sum(${users}) <= ${staff}") == ({True, False, None}, True)
    assert outcomes("count(${users}, ${staff}) = count(${users}, ${staff})")[0] == {True, None}
