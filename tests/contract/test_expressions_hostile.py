"""Whatever text stands where an expression is expected: it is read or refused in words, and no engine stumbles."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.contract.expressions import ExpressionError, compile_python, parse, to_duckdb, to_postgresql
from uptake.contract.expressions.dialects import POSTGRESQL, quoted
from uptake.contract.expressions.patterns import PatternError, normal
from uptake.contract.expressions.values import as_date

SIGNS = (
    "${a} ${b c} ${ } 'x' ' \" 1 .5 1. .. . , ( ) () = != < >= == <> + - * / // @ $a $ [ ] :: && || % ! -- {{ {% \\ #"
)
WORDS = (
    "and or not( not if( div mod jr:choice-name( selected( selectd( regex( '[' '(a' date( '2026-13-01' state( round("
)
MORE = "1e5 0x1f ９ 人 sum( count( today() true() 99999999999999999999999999 a-b A( concat( position( last() `a`"
# The halves of a pair of signs and the like come in by number, so that this file stays readable.
PIECES = [*SIGNS.split(" "), *WORDS.split(" "), *MORE.split(" "), *map(chr, (0, 0x202E, 0xD800, 0xFFFF, 0x1F600))]


def read(text: str) -> str | None:
    """Return the refusal, or None where every printer took the text."""
    try:
        expression = parse(text, this="q")
        compile_python(expression)({})
        to_duckdb(expression)
        to_postgresql(expression)
    except ExpressionError as error:
        return error.reason
    return None


@settings(max_examples=1500, derandomize=True, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14), glue=st.sampled_from(["", " ", "\n"]))
def test_a_heap_of_pieces_is_read_or_refused(pieces: list[str], glue: str) -> None:
    reason = read(glue.join(pieces))
    assert reason is None or re.search(r"[.!?:;)]|Known", reason)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(text=st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    reason = read(text)
    assert reason is None or reason.strip()


@settings(max_examples=800, derandomize=True, deadline=None)
@given(
    pattern=st.text(st.sampled_from("ab01()[]{}*+?|^$.\\-,:&~dwsSpuk人 \n"), max_size=12),
    text=st.text("ab01-人 \n", max_size=6),
)
def test_any_pattern_matches_alike_or_is_refused(duck: Callable[[str], object], pattern: str, text: str) -> None:
    try:
        made = normal(pattern)
    except PatternError:
        return
    ours = re.compile(made).fullmatch(text) is not None
    assert duck(f"regexp_full_match('{text}', '{made}')") is ours


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    pattern=st.text(st.sampled_from("ab01()[]{}*+?|^$.\\-,:&~dwsSu人 \n"), max_size=12),
    text=st.text("ab01-人 \n", max_size=6),
)
def test_postgresql_matches_any_pattern_alike(postgres: Callable[[str], object], pattern: str, text: str) -> None:
    try:
        made = normal(pattern)
    except PatternError:
        return
    ours = re.compile(made).fullmatch(text) is not None
    assert postgres(POSTGRESQL.matches(quoted(text), made)) is ours


@pytest.fixture(scope="module")
def postgres(postgresql: str) -> Iterator[Callable[[str], object]]:
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as connection:
        yield lambda text: connection.execute(f"SELECT {text}").fetchall()[0][0]


def test_anchors_stand_only_where_they_say_nothing_new() -> None:
    assert normal("^a$|^b$") == "a|b" and normal(r"\^\$") == r"\^\$"
    for pattern in ("a^", "$a", "(^a)", "a$\n", "[a--]"):
        with pytest.raises(PatternError):
            normal(pattern)


@pytest.fixture(scope="module")
def duck() -> Callable[[str], object]:
    connection = duckdb.connect()
    return lambda text: connection.execute(f"SELECT {text}").fetchall()[0][0]


HUGE = {
    "100 kB": "x" * 100_000,
    "100 kB of a sum": "1 + " * 25_000 + "1",
    "10,000 brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "10,000 open brackets": "(" * 10_000,
    "quotation marks": "'" * 3999,
    "signs": "- " * 1999 + "1",
    "calls": "not(" * 999,
    "digits": "1" * 4000,
    "pattern of brackets": "regex(${a}, '" + "(" * 1900 + ")" * 1900 + "')",
    "pattern of counts": "regex(${a}, '" + "(a{255}){255}" * 5 + "')",
    "pattern of classes": "regex(${a}, '" + "[" * 3900 + "')",
}


@pytest.mark.parametrize("name", HUGE)
def test_hostile_size_is_refused_at_once(name: str) -> None:
    started = time.perf_counter()
    assert read(HUGE[name])
    assert time.perf_counter() - started < 2


DEEP = {
    "brackets": "(" * 1990 + "${a}" + ")" * 1990,
    "if": "if(" * 90 + "true()" + ",1 = 1,1 = 2)" * 90,
    "min": "min(" * 90 + "1" + ",${a})" * 90,
    "equal": "${a} = " * 98 + "${a}",
    "casts": "string(" * 48 + "number(" * 48 + "${a}" + ")" * 96,
    "coalesce": "coalesce(" * 90 + "${a}" + ",${a})" * 90,
    "quotients": "(1 div " * 90 + "${a}" + ")" * 90,
    "rests": "(5 mod " * 90 + "${a}" + ")" * 90,
    "arithmetic": "${a} - " * 95 + "1",
    "wide": "${a} = 1 or " * 300 + "${b} = 2",
    "sum": "sum(" + "${a}, " * 200 + "1)",
}


@pytest.mark.parametrize("name", DEEP)
def test_the_deepest_and_widest_run_on_every_engine(postgresql: str, name: str) -> None:
    import psycopg

    expression = parse(DEEP[name])
    row = {"a": 1, "b": True}
    ours = compile_python(expression)(row)
    table = "FROM (SELECT CAST(1 AS INTEGER) AS a, TRUE AS b) AS t"
    assert duckdb.connect().execute(f"SELECT {to_duckdb(expression)} {table}").fetchall()[0][0] == ours
    with psycopg.connect(postgresql) as connection:
        assert connection.execute(f"SELECT {to_postgresql(expression)} {table}").fetchall()[0][0] == ours


def test_every_day_reads_as_a_day_and_nothing_else_does() -> None:
    for year in (1000, 1900, 2000, 2023, 2024, 2100, 2400, 9996, 9999):
        for month in range(14):
            for day in range(33):
                text = f"{year:04d}-{month:02d}-{day:02d}"
                try:
                    expected = datetime.date(year, month, day)
                except ValueError:
                    expected = None
                assert as_date(text) == expected, text
    assert [as_date(text) for text in ("0999-12-31", "2026-1-1", "2026-W01-1", "２０２６-01-01", "2026-01-01\n")] == [
        None
    ] * 5


def test_answers_that_are_no_answers_are_unknown_and_never_an_error() -> None:
    number, text = (compile_python(parse(form)) for form in ("${a} + 1", "concat(${a}, '')"))
    for value in (float("nan"), float("inf"), 10**30, "1_000", "0x1f", "1e9999", object(), b"1", [], {}, "１２"):
        assert number({"a": value}) is None
    assert text({"a": object()}) is None and text({"a": float("nan")}) is None
