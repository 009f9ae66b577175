"""Python and DuckDB give the same result for random expressions over a table of awkward answers."""

from __future__ import annotations

import datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uptake.contract.expressions import compile_python, parse, to_duckdb

D = Decimal
KINDS = {"staff": "number", "rd": "number", "spend": "number", "uses": "text", "code": "text", "why": "text",
         "flag": "bool", "day": "date"}  # fmt: skip
TYPES = {"staff": "BIGINT", "rd": "INTEGER", "spend": "DECIMAL(14,2)", "uses": "VARCHAR", "code": "VARCHAR",
         "why": "VARCHAR", "flag": "BOOLEAN", "day": "DATE", "uses_state": "VARCHAR"}  # fmt: skip
DAY = datetime.date(2026, 12, 31)
STAFF = [None, 0, 1, 7, -3, 250, 1_000_000_000]
RD = [0, 3, None, 7, 1, -9]
SPEND = [D("0.00"), D("0.01"), D("-12.50"), None, D("99999999.99")]
USES = ["yes", "no", None, "dont_know"]
CODE = ["1", "01", "3", None, " 7 ", "x'y"]
WHY = ["cost skills", "cost", None, "skills"]
FLAG = [True, None, False]
DAYS = [DAY, None, datetime.date(2025, 2, 28)]
ROWS = [
    {"staff": STAFF[i % 7], "rd": RD[i % 6], "spend": SPEND[i % 5], "uses": USES[i % 4], "code": CODE[(i // 2) % 6],
     "why": WHY[(i // 3) % 4], "flag": FLAG[i % 3], "day": DAYS[(i // 2) % 3],
     "uses_state": "answered" if USES[i % 4] else "blank"}
    for i in range(42)
]  # fmt: skip


@pytest.fixture(scope="module")
def table():
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t (i INTEGER, {', '.join(f'{k} {v}' for k, v in TYPES.items())})")
    rows = [[i, *(row[k] for k in TYPES)] for i, row in enumerate(ROWS)]
    connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * (len(TYPES) + 1))})", rows)
    yield connection
    connection.close()


NUMBER_LEAVES = ["${staff}", "${rd}", "${spend}", "0", "1", "3", "0.5", "12.25", "count(${staff}, ${uses}, ${flag})",
                 "count-selected(${why})", "string-length(${uses})", "number(${code})"]  # fmt: skip
BOOL_LEAVES = ["${flag}", "true()", "false()", "${uses} = 'yes'", "${uses} != 'no'", "selected(${why}, 'cost')",
               "state(${uses}) = 'answered'", "${day} <= date('2026-01-01')", "${day} = date('2026-12-31')",
               "regex(${code}, '[0-9]+')", "${code} = 1", "${code} = 'x'"]  # fmt: skip


NUMBER_FORMS = ["({} + {})", "({} - {})", "({} * {})", "({} div {})", "({} mod {})", "min({}, {})", "max({}, {})",
                "coalesce({}, {})",
                "sum({}, {})", "(-{})", "abs({})", "int({})", "round({})", "round({}, 2)"]  # fmt: skip
# No product above another form: results stay below the size where DuckDB's DECIMAL(38, 6) would stop the query.
OUTER_FORMS = [form for form in NUMBER_FORMS if "*" not in form and "div" not in form]
BOOL_FORMS = ["({} and {})", "({} or {})", "not({})", "if({}, {}, {})", "({} and {} or {})", "({} = {})"]


@st.composite
def numbers(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(NUMBER_LEAVES))
    form = draw(st.sampled_from(OUTER_FORMS if depth == 2 else NUMBER_FORMS))
    return form.format(*(draw(numbers(depth - 1)) for _ in range(form.count("{}"))))


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> str:
    shape = draw(st.integers(0, 2)) if depth else draw(st.integers(0, 1))
    if shape == 0:
        return f"({draw(st.sampled_from(BOOL_LEAVES))})"
    if shape == 1:
        sign = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        return f"({draw(numbers())} {sign} {draw(numbers())})"
    form = draw(st.sampled_from(BOOL_FORMS))
    return form.format(*(draw(conditions(depth - 1)) for _ in range(form.count("{}"))))


@st.composite
def expressions(draw: st.DrawFn) -> str:
    form = draw(st.sampled_from(["{0}", "{0}", "{1}", "string({1})", "if({0}, {1}, 0)", "if({0}, 'a', ${{uses}})"]))
    return form.format(draw(conditions()), draw(numbers()))


def both(table, text: str, kinds) -> list[tuple[object, object]]:
    expression = parse(text)
    function = compile_python(expression, kinds=kinds)
    answers = table.execute(f"SELECT {to_duckdb(expression, kinds=kinds)} FROM t ORDER BY i").fetchall()
    return [(function(row), answer) for row, (answer,) in zip(ROWS, answers, strict=True)]


def test_python_and_duckdb_agree(table) -> None:
    counted = []

    @settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(text=expressions())
    def agree(text: str) -> None:
        for row, (ours, theirs) in zip(ROWS, both(table, text, KINDS), strict=True):
            assert ours == theirs and (ours is None) == (theirs is None), (text, row)
        counted.append(len(ROWS))

    agree()
    assert sum(counted) >= 5000


WITHOUT_KINDS = [
    "${uses} = 'yes' or ${staff} > 3", "${flag} and ${uses} = 'yes'", "${staff} = ${rd}", "${uses} = ${code}",
    "${staff} != ${code}", "${code} = 1", "if(${flag}, ${uses}, ${why})", "coalesce(${uses}, 'none')",
    "${day} = ${day}",
    "not(${staff})", "${uses}", "string(${staff})", "${rd} <= ${staff}", "${spend} div ${rd} > 0.5", "${flag} = true()",
]  # fmt: skip


@pytest.mark.parametrize("text", WITHOUT_KINDS)
def test_they_agree_where_nobody_told_the_kinds(table, text: str) -> None:
    pairs = both(table, text, None)
    assert [ours for ours, _ in pairs] == [theirs for _, theirs in pairs]
    assert any(ours is not None for ours, _ in pairs)
