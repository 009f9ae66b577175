"""Python, DuckDB and PostgreSQL give the same result for random expressions over random rows with missing answers."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from uptake.contract.expressions import Expression, Kind, compile_python, parse, to_duckdb, to_postgresql

# Columns of every type a table of answers has; the kind is told for some and has to be found out for others.
TYPES = {
    "staff": "BIGINT",
    "rd": "INTEGER",
    "spend": "DECIMAL(14,2)",
    "wide": "DECIMAL(26,6)",
    "share": "DOUBLE PRECISION",
    "uses": "VARCHAR",
    "code": "VARCHAR",
    "why": "VARCHAR",
    "words": "VARCHAR",
    "flag": "BOOLEAN",
    "day": "DATE",
    "typed_day": "VARCHAR",
    "free": "VARCHAR",
    "count_free": "BIGINT",
    "flag_free": "BOOLEAN",
    "day_free": "DATE",
    "spend_free": "DECIMAL(14,2)",
    "sent": "TIMESTAMP",
    "uses_state": "VARCHAR",
}
KINDS: dict[str, Kind] = {
    "staff": "number",
    "rd": "number",
    "spend": "number",
    "wide": "number",
    "share": "number",
    "uses": "text",
    "code": "text",
    "why": "text",
    "words": "text",
    "flag": "bool",
    "day": "date",
    "typed_day": "text",
}
CODES = [
    "1",
    "01",
    "3",
    " 7 ",
    "x'y",
    "1e3",
    "0x1f",
    "1_000",
    "+5",
    ".5",
    "5.",
    "-0",
    "1e400",
    "١",
    "true",
    "",
    "99999999999999999999",
    "0.0000005",
    "\t8",
    "2026-02-29",
    "2024-02-29",
    "5e-7",
    "nan",
]
WORDS = ["人工智能", "AI", "", " ", "a b", "a  b ", "🤦🏼‍♂️", "100%", "a\\b", "Ünï", "line\nbreak", "skills"]
CHOICES = ["cost", "skills", "law", "none"]
DAYS = [
    "2026-12-31",
    "2026-02-29",
    "2024-02-29",
    "2026-1-1",
    "2026-W01-1",
    "1900-02-29",
    "2000-02-29",
    "0999-01-01",
    "x",
]


def random_row(r: random.Random) -> dict[str, Any]:
    """Return one set of answers: awkward ones, ordinary ones, and one in six missing."""
    day = datetime.date(1000, 1, 1) + datetime.timedelta(days=r.randrange(3_287_181))
    near = datetime.date(2026, 1, 1) + datetime.timedelta(days=r.randrange(-400, 400))
    row: dict[str, Any] = {
        "staff": r.choice([0, 1, 7, -3, 250, r.randrange(10_000), 10**9, -(2**62), 2**62]),
        "rd": r.choice([0, 3, 7, 1, -9, r.randrange(-50, 5000)]),
        "spend": Decimal(r.choice([0, 1, -1250, 9_999_999_999, r.randrange(-(10**8), 10**8)])).scaleb(-2),
        "wide": Decimal(r.choice([0, 1, -1, 10**26 - 1, 1 - 10**26, r.randrange(-(10**15), 10**15)])).scaleb(-6),
        "share": r.choice([0.0, -0.0, 0.1, 1 / 3, 1e-7, 1.0000005, 1e19, 1e20, -1e300, r.uniform(-100, 100)]),
        "uses": r.choice(["yes", "no", "dont_know"]),
        "code": r.choice(CODES),
        "why": " ".join(r.sample(CHOICES, r.randrange(5))),
        "words": r.choice(WORDS),
        "flag": r.random() < 0.5,
        "day": r.choice([day, near, datetime.date(2026, 12, 31)]),
        "typed_day": r.choice([*DAYS, near.isoformat(), day.isoformat()]),
        "free": r.choice([*CODES, *WORDS, *DAYS]),
        "count_free": r.choice([0, 1, -7, 2**60, r.randrange(100)]),
        "flag_free": r.random() < 0.5,
        "day_free": r.choice([day, near]),
        "spend_free": Decimal(r.choice([0, 10, 100, 1000, -50, r.randrange(10**6)])).scaleb(-2),
        "sent": datetime.datetime.combine(near, datetime.time(r.randrange(24), r.randrange(60))),
        "uses_state": r.choice(["answered", "blank", "dont_know"]),
    }
    return {name: None if r.random() < 1 / 6 else value for name, value in row.items()}


NUMBERS = [
    "${staff}",
    "${rd}",
    "${spend}",
    "${wide}",
    "${share}",
    "0",
    "1",
    "3",
    "0.5",
    "12.25",
    "100000",
    "number(${code})",
    "number(${free})",
    "count(${staff}, ${uses}, ${flag})",
    "count-selected(${why})",
    "string-length(${words})",
    "number(${count_free})",
    "number(${spend_free})",
]
NUMBER_FORMS = [
    "({n} + {n})",
    "({n} - {n})",
    "({n} * {n})",
    "({n} div {n})",
    "({n} mod {n})",
    "min({n}, {n})",
    "max({n}, {n})",
    "max({n}, {n}, {n})",
    "coalesce({n}, {n})",
    "sum({n}, {n}, {n})",
    "(-{n})",
    "abs({n})",
    "int({n})",
    "floor({n})",
    "ceiling({n})",
    "round({n})",
    "round({n}, 2)",
    "if({b}, {n}, {n})",
    "number(string({n}))",
]
TEXTS = [
    "${uses}",
    "${code}",
    "${why}",
    "${words}",
    "'skills'",
    "'人工智能'",
    "string(${free})",
    "string(${flag_free})",
    "string(${day_free})",
    "string(${sent})",
    "string(${spend_free})",
    "string(${day})",
    "state(${uses})",
    '"it\'s"',
]
TEXT_FORMS = ["concat({t}, {t})", "coalesce({t}, {t})", "if({b}, {t}, {t})", "string({n})"]
DATES = ["${day}", "date('2026-06-30')", "date(${typed_day})", "date(${free})", "date(${day_free})", "today()"]
BOOLS = [
    "${flag}",
    "true()",
    "false()",
    "${uses} = 'yes'",
    "${uses} != 'no'",
    "selected(${why}, 'cost')",
    "state(${uses}) = 'answered'",
    "${free} = ${code}",
    "${free} = ${count_free}",
    "${flag_free} = ${free}",
    "${spend_free} = ${count_free}",
    "${day_free} != ${free}",
    "${free}",
    "${count_free}",
    "${code} = 1",
    "${free} = ${spend_free}",
    "${day_free} = ${typed_day}",
    "${sent} = ${day_free}",
    "${sent} = ${free}",
]
PATTERNS = [
    r"[0-9]+",
    r"\d{4}-\d\d-\d\d",
    r"[一-龥]+",
    r"[\u4e00-\u9fa5]{1,8}",
    r".*",
    r"\S+( \S+)*",
    r"(a|b|\\)+.?",
    r"^\w*$",
    r"[^\d\s]*",
    r"[-+.]?[\d.e]+",
    r"100%|[\[\]]",
]
BOOL_FORMS = [
    "({b} and {b})",
    "({b} or {b})",
    "not({b})",
    "if({b}, {b}, {b})",
    "({b} and {b} or {b})",
    "({b} = {b})",
    "({n} {o} {n})",
    "({n} {o} {n})",
    "({d} {o} {d})",
    "({t} = {t})",
    "({t} != {t})",
    "contains({t}, {t})",
    "starts-with({t}, {t})",
    "ends-with({t}, {t})",
    "selected({t}, {t})",
    "regex({t}, {p})",
    "boolean({n})",
    "coalesce({b}, {b})",
]
LEAVES = {"n": NUMBERS, "t": TEXTS, "b": BOOLS, "d": DATES}
FORMS = {"n": NUMBER_FORMS, "t": TEXT_FORMS, "b": BOOL_FORMS, "d": ["coalesce({d}, {d})", "if({b}, {d}, {d})"]}


def random_text(r: random.Random, kind: str, depth: int) -> str:
    """Return a random expression of a kind."""
    if kind == "o":
        return r.choice(["=", "!=", "<", "<=", ">", ">="])
    if kind == "p":
        return f"'{r.choice(PATTERNS)}'"
    if depth == 0 or r.random() < 0.2:
        leaf = r.choice(LEAVES[kind])
        return f"({leaf})" if " = " in leaf or " != " in leaf else leaf
    made, form = "", r.choice(FORMS[kind])
    while form:
        head, brace, rest = form.partition("{")
        made += head
        if brace:
            made += random_text(r, rest[0], depth - 1)
            rest = rest[2:]
        form = rest
    return made


COLUMNS = {"today()": "asked_on"}
TODAY = datetime.date(2026, 6, 1)


def copied(row: dict[str, Any]) -> str:
    """Return a row in the text form of PostgreSQL's COPY."""

    def sign(value: Any) -> str:
        if value is None:
            return r"\N"
        return str(value).replace("\\", "\\\\").replace("\n", r"\n").replace("\t", r"\t")

    return "\t".join(sign(row[name]) for name in TYPES)


class Engines:
    """One table in both databases; each round replaces its rows."""

    def __init__(self, address: str) -> None:
        import psycopg

        self.duck = duckdb.connect()
        self.postgres = psycopg.connect(address, autocommit=True)
        self.columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())

    def fill(self, rows: list[dict[str, Any]]) -> None:
        text = "\n".join(map(copied, rows)) + "\n"
        with self.postgres.cursor() as cursor:
            cursor.execute(
                f"DROP TABLE IF EXISTS t; CREATE TABLE t (i SERIAL, {self.columns}, asked_on DATE DEFAULT '{TODAY}')"
            )
            with cursor.copy(f"COPY t ({', '.join(TYPES)}) FROM STDIN") as copy:
                copy.write(text.encode())
        import pyarrow

        held = {name: pyarrow.array([row[name] for row in rows]) for name in TYPES}
        arrived = pyarrow.table(held | {"i": pyarrow.array(range(len(rows)))})
        self.duck.register("arrived", arrived)
        chosen = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in TYPES.items())
        self.duck.execute(f"CREATE OR REPLACE TABLE t AS SELECT i, {chosen}, DATE '{TODAY}' AS asked_on FROM arrived")
        self.duck.unregister("arrived")

    def answers(self, made: list[Expression]) -> Iterator[tuple[list[Any], list[Any]]]:
        duck = ", ".join(to_duckdb(expression, COLUMNS, kinds=KINDS) for expression in made)
        postgres = ", ".join(to_postgresql(expression, COLUMNS, kinds=KINDS) for expression in made)
        ours = self.duck.execute(f"SELECT {duck} FROM t ORDER BY i").fetchall()
        theirs = self.postgres.execute(f"SELECT {postgres} FROM t ORDER BY i").fetchall()
        yield from zip(ours, theirs, strict=True)

    def close(self) -> None:
        self.duck.close()
        self.postgres.close()


@pytest.fixture(scope="module")
def engines(postgresql: str) -> Iterator[Engines]:
    made = Engines(postgresql)
    yield made
    made.close()


def same(one: Any, other: Any) -> bool:
    return one == other and (one is None) == (other is None) and isinstance(one, bool) == isinstance(other, bool)


def one_round(engines: Engines, seed: int, rows: int, width: int) -> tuple[int, int]:
    """Compare `width` expressions over `rows` rows; returns the number of pairs and of those with a known result."""
    r = random.Random(seed)
    answers = [random_row(r) for _ in range(rows)]
    engines.fill(answers)
    made = [parse(random_text(r, r.choice("bbbnnt"), 3)) for _ in range(width)]
    functions = [compile_python(expression, kinds=KINDS) for expression in made]
    known = 0
    for row, (duck, postgres) in zip(answers, engines.answers(made), strict=True):
        row["today()"] = TODAY
        for expression, function, one, other in zip(made, functions, duck, postgres, strict=True):
            ours = function(row)
            known += ours is not None
            assert same(ours, one) and same(ours, other), (expression.text, ours, one, other, row)
    return rows * width, known


def test_three_engines_agree_on_a_slice(engines: Engines) -> None:
    counted = [one_round(engines, seed, 500, 8) for seed in range(40)]
    pairs, known = sum(pair for pair, _ in counted), sum(known for _, known in counted)
    assert pairs == 160_000 and known > pairs // 3


@pytest.mark.proof
def test_three_engines_agree_on_a_million_rows(engines: Engines) -> None:
    rows = sum(one_round(engines, 1000 + seed, 2000, 10)[0] // 10 for seed in range(500))
    assert rows == 1_000_000
