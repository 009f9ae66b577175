"""The expression language: binding, three-valued logic, exact numbers, functions, and what it refuses."""

from __future__ import annotations

import datetime
import itertools
import subprocess
import sys
from decimal import Decimal

import duckdb
import pytest

from uptake.contract.errors import Fault
from uptake.contract.expressions import ExpressionError, compile_python, parse, to_duckdb
from uptake.contract.yamlfile import Place


def value(text: str, **answers):
    return compile_python(parse(text))(answers)


def sql(text: str):
    return duckdb.sql(f"SELECT {to_duckdb(parse(text))}").fetchall()[0][0]


# Kleene: a settled operand settles; otherwise one unknown makes the result unknown.
T, F, U = True, False, None
AND = {(T, T): T, (T, F): F, (T, U): U, (F, T): F, (F, F): F, (F, U): F, (U, T): U, (U, F): F, (U, U): U}
OR = {(T, T): T, (T, F): T, (T, U): T, (F, T): T, (F, F): F, (F, U): U, (U, T): T, (U, F): U, (U, U): U}


@pytest.mark.parametrize("pair", list(itertools.product([T, F, U], repeat=2)))
def test_and_or_follow_kleene(pair) -> None:
    a, b = pair
    assert value("${a} and ${b}", a=a, b=b) is AND[pair]
    assert value("${a} or ${b}", a=a, b=b) is OR[pair]


def test_not_keeps_the_unknown() -> None:
    assert [value("not(${a})", a=a) for a in (T, F, U)] == [F, T, U]


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_the_unknown_is_unknown(sign: str) -> None:
    assert value(f"${{a}} {sign} 1") is None
    assert value(f"1 {sign} ${{a}}", a=None) is None


@pytest.mark.parametrize("text", ["${a} + 1", "-${a}", "abs(${a})", "sum(1, ${a})", "min(1, ${a})", "max(${a}, 1)",
                                  "round(${a})", "string-length(${a})", "selected(${a}, 'x')",
                                  "if(${a}, 1, 2)"])  # fmt: skip
def test_what_is_made_of_the_unknown_is_unknown(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 - 2 - 1", 4),
        ("12 div 4 div 3", 1),
        ("-2 * 3", -6),
        ("- - 2", 2),
        ("7 mod 3", 1),
        ("-7 mod 3", -1),
        ("7 mod -3", 1),
        ("7.5 mod 2", Decimal("1.5")),
        ("7 div 2", Decimal("3.5")),
        ("-1 div 3", Decimal("-0.333333")),
        ("2 div 3", Decimal("0.666666")),
        ("1 div 0", None),
        ("1 mod 0", None),
        ("0.1 + 0.2", Decimal("0.3")),
        ("0.1 * 0.1", Decimal("0.01")),
        ("1.0000005 * 1", Decimal("1.000001")),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.345, 2)", Decimal("2.35")),
        ("int(-2.9)", -2),
        ("int(2.9)", 2),
        ("abs(-3)", 3),
        ("min(3, 1, 2)", 1),
        ("max(3, 1, 2)", 3),
        ("sum(1, 2, 3)", 6),
        ("number(string(12.5))", Decimal("12.5")),
        ("string(12.50)", "12.5"),
        ("string(100)", "100"),
        ("string-length('人工智能')", 4),
        ("count-selected('a b  c')", 3),
        ("selected('cost skills', 'skill')", False),
        ("selected('cost skills', 'skills')", True),
        ("regex('2026', '[0-9]{4}')", True),
        ("regex('12026', '[0-9]{4}')", False),
        ("if(1 < 2, 'a', 'b')", "a"),
        ("true() or 1 div 0 = 1", True),
        ("1 < 2 = true()", True),
        ("1 = 1 and 2 = 2 or 1 = 2", True),
        ("date('2026-12-31') > date('2026-01-01')", True),
        ("\"a\" = 'a'", True),
        ("1 or 0 and 0", True),
        ("floor(-2.5)", -3),
        ("ceiling(-2.5)", -2),
        ("round(-0.4)", 0),
        ("string(round(-0.4))", "0"),
        ("string(1152921504606846977 + 0)", "1152921504606846977"),
        ("concat('a', 1.50, 'b')", "a1.5b"),
        ("contains('skills', 'kill')", True),
        ("starts-with('skills', 'skill')", True),
        ("ends-with('skills', 'skill')", False),
        ("boolean(0.1)", True),
        ("count-selected(' ')", 0),
        ("regex('人工智能', '[一-龥]+')", True),
        ("regex('2026-01', '\\d{4}-\\d\\d')", True),
        ("regex('a', 'b|a')", True),
        ("regex('a]-', '[\\]a-]+')", True),
        ("99999999999999999999 + 1", None),
        ("99999999999999999999 * 99999999999999999999", None),
        ("sum(99999999999999999999, 1, -1)", 99999999999999999999),
        ("min(1, 1 div 0)", None),
        ("max(1, 1 div 0)", None),
        ("date('2024-02-29') < date('2024-03-01')", True),
        ("number(concat(' 1', '2 '))", 12),
    ],
)
def test_both_engines_give_the_value_on_paper(text: str, expected: object) -> None:
    assert value(text) == expected
    assert sql(text) == expected


def test_and_binds_tighter_than_or_and_comparison_tighter_than_and() -> None:
    assert value("${a} = 1 or ${b} = 1 and ${c} = 1", a=1, b=0, c=0) is True
    assert value("${a} + 1 < ${b} * 2 and true()", a=1, b=2) is True


def test_whole_numbers_stay_exact_however_large() -> None:
    assert value("${a} + 1 > ${a}", a=10**18) is True
    assert value("${a} * ${a} > 1", a=10**15) is None  # beyond 10^20 a result is unknown, never wrong


def test_a_field_may_hold_text_numbers_choices_or_days() -> None:
    assert value("${a} > 5", a="12") is True
    assert value("${a} > 5", a="twelve") is None
    assert value("selected(${a}, 'b')", a=("a", "b")) is True
    assert value("${a} <= date('2026-12-31')", a=datetime.date(2026, 12, 31)) is True
    assert value("${a} <= date('2026-12-31')", a="2027-01-01") is False
    assert value("${a} = 0.1", a=0.1) is True


def test_state_reads_how_a_field_came_to_its_value() -> None:
    assert value("state(${a}) = 'dont_know'", a_state="dont_know") is True
    assert parse("state(${a}) = 'blank' or ${b} = 1").fields == {"a", "b"}
    assert '"col_state"' in to_duckdb(parse("state(${a}) = 'blank'"), {"a": "col"})


def test_coalesce_fills_and_count_counts_what_is_known() -> None:
    assert value("coalesce(${a}, ${b}, 0)", b=4) == 4
    assert value("coalesce(${a}, false())") is False
    assert value("count(${a}, ${b}, ${c})", b=0) == 1


def test_the_day_is_given_and_never_read_from_a_clock() -> None:
    text = "${d} <= today()"
    assert value(text, d="2026-01-01", **{"today()": datetime.date(2026, 6, 1)}) is True
    assert value(text, d="2026-01-01") is None
    assert "CURRENT" not in to_duckdb(parse(text)).upper()


def test_the_dot_is_the_field_of_the_question() -> None:
    assert compile_python(parse(". >= 0", this="e04"))({"e04": 3}) is True
    assert parse(". >= 0", this="e04").fields == {"e04"}


def test_sql_quotes_what_the_author_wrote() -> None:
    assert sql('"it\'s" = "it\'s"') is True
    printed = to_duckdb(parse("${a} = 'x'"), {"a": 'odd"name'})
    assert 'CAST("odd""name" AS VARCHAR)' in printed and printed.endswith(" = 'x')")


def test_the_result_is_converted_where_asked() -> None:
    flag = compile_python(parse("${a}"), to="bool")
    assert [flag({"a": a}) for a in (1, 0, "true", "false", "yes", None)] == [True, False, True, False, None, None]
    with pytest.raises(ExpressionError, match="this is a text, but a condition is needed here"):
        compile_python(parse("string(${a})"), to="bool")


REFUSALS = {
    "": "at character 1: the expression is empty. Write a condition or a value.",
    "staff > 1": "at character 1: \"staff\" cannot stand here. A field is written ${staff}, a text 'staff'.",
    "${a} == 1": 'at character 7: "==" is not an operator here. Write =.',
    "${a} && ${b}": 'at character 6: "&" is not an operator here. Write and.',
    "(${a} = 1": "at character 10: the expression ends too early; an operand or a closing bracket is missing.",
    "${a} = ''": "at character 8: a missing answer is unknown, so comparing with '' never holds. "
    "Write state(${x}) = 'blank'.",
    "${a} < 'x'": "at character 8: < orders numbers and dates, not the text 'x'. Write a number, or "
    "date('2026-12-31').",
    "${a} and 'x'": 'at character 10: "x" is a text, but a condition is needed here.',
    "(1 = 1) + 2": "at character 4: this is a condition, but a number is needed here.",
    "(1 = 1) = 2": "at character 9: a condition cannot be compared with a number by =.",
    "if(1 = 1, 2, 'b')": "at character 1: if() would give a number or a text; all its branches must be of one kind.",
    "round(1.234, 9)": "at character 14: the places of round() must be a whole number from 0 to 6, written out.",
    "regex(${a}, '(')": "at character 13: the pattern is not a regular expression: missing ), "
    "unterminated subpattern at position 0.",
    "regex(${a}, '(?=x)')": "at character 13: the pattern uses look-around or back-references, "
    "which SQL engines do not know.",
    "date('2026-02-30')": 'at character 6: "2026-02-30" is not a day. Write it as 2026-12-31.',
    "not()": "at character 1: not() takes 1 argument, not 0.",
    "round(1, 2, 3)": "at character 1: round() takes 1 to 2 arguments, not 3.",
    "coalesce(${a})": "at character 1: coalesce() takes 2 or more arguments, not 1.",
    "state('a') = 'blank'": "at character 1: state() takes one field, such as state(${e06}).",
    "random() > 0.5": "at character 1: random() is XLSForm's and not part of this language: a rule must give the same "
    "result every time; let the questionnaire randomise.",
    "jr:choice-name(${a}, 'a') = 'x'": "at character 1: jr:choice-name() is not part of this language: rules see the "
    "codes of choices, not their labels.",
    "${a} selected(${b}, 'x')": "at character 6: an operator is missing before selected().",
    "${a} > 1e5": "at character 9: a number is written in digits with at most one point, such as 100000 or 0.5.",
    "${a} > 100000000000000000000": "at character 8: a number has at most 20 digits before the point.",
    "${a} = 'x\u202ey'": "at character 10: the expression holds the sign U+202E, which cannot be seen or stored. "
    "Delete it.",
    "regex(${a}, 'a{300}')": "at character 13: a count in the pattern is {n}, {n,} or {n,m} up to 255; a brace "
    "itself is written \\{.",
    "regex(${a}, '\\p{L}')": "at character 13: in the pattern, \\p has no meaning that all engines share; write "
    "it out.",
    "date('2026-W01-1') > today()": 'at character 6: "2026-W01-1" is not a day. Write it as 2026-12-31.',
    "${a} + date('2026-01-01')": "at character 8: this is a date, but a number is needed here.",
    ". > 0": "at character 1: `.` stands for the answer of a question, and there is none here. Write ${name}.",
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    shown = text.replace("\u202e", "\\u202e")  # a sign that turns the writing round is written out
    assert str(caught.value) == f"in the expression `{shown}`, {REFUSALS[text]}"


def test_a_refusal_names_file_and_line_and_the_near_miss() -> None:
    place = Place("indicators.yaml", 14)
    with pytest.raises(ExpressionError) as caught:
        parse("selectd(${a}, 'x')", place)
    assert caught.value.exit_code == 3
    assert caught.value.fault == Fault("indicators.yaml:14", str(caught.value).removeprefix("indicators.yaml:14: "))
    assert 'there is no function "selectd". Did you mean "selected"? Known: abs,' in str(caught.value)


@pytest.mark.parametrize(
    "text", ["1" + " + 1" * 900, "not(" * 150 + "true()" + ")" * 150, "- " * 200 + "1", "1 " * 3000]
)
def test_hostile_size_is_refused_and_not_recursed_into(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"levels|limit|cannot stand"):
        parse(text)


def test_brackets_alone_may_nest() -> None:
    assert value("(" * 300 + "1" + ")" * 300) == 1


@pytest.mark.parametrize(
    "text", ["__import__('os')", "${a}.b", "a[1]", "lambda: 1", "exec('1')", "${a};", "`a`", "${a b}"]
)
def test_nothing_of_the_host_language_can_be_reached(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_loading_the_language_loads_no_heavy_library() -> None:
    code = (
        "import sys, uptake.contract.expressions; print([m for m in ('lark', 'duckdb', 'pandas') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
