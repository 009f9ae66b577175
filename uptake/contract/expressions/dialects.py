"""What DuckDB and PostgreSQL write differently: a small record each, which the one SQL printer reads.

A number is a decimal of six places below 10^20 in both. DuckDB has such a type, and a cast that gives NULL beyond it;
PostgreSQL's numeric has no bounds, so a result is clamped to the limit and the limit is made NULL. No template
repeats an operand that can be large, so a deep expression does not grow by doubling: neither its text, nor in DuckDB,
which copies the operands of NULLIF and CASE x WHEN, its plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from uptake.contract.expressions.values import DAY, LIMIT, NUMBER

_WIDE = "DECIMAL(38, 6)"
_DECIMAL = "DECIMAL(26, 6)"
_STRIPPED = "'\\.?0+$'"

Print = Callable[[str], str]
Print2 = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine writes what the standard leaves open; each entry takes SQL text and returns SQL text."""

    name: str
    literal: Callable[[Decimal], str]
    bounded: Print  # the result of a calculation, NULL at 10^20 and beyond
    times: Print2
    divided: Print2
    rest: Print2
    choice: Callable[[str, str, str], str]  # a condition, what stands where it holds and where it fails
    whole: Print  # an integer of the engine as a number
    number_to_text: Print
    text_to_number: Print
    text_to_date: Print
    date_to_text: Print
    any_to_number: Print
    any_to_text: Print
    any_to_date: Print
    null_date: str
    choices: Print  # how many words a text has
    matches: Print2
    ends_with: Print2
    converted: Callable[[str, Print], str]  # a list with each of its cells converted
    listed: Callable[[list[str]], str]  # lists and values as one list; a value comes in brackets
    of_cells: Callable[[str, str], str]  # count, count-distinct, sum, min, max of a list


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


# DuckDB. typeof(column) is settled when the query is planned, so only the branch for the column's type is run.


def _duck_text_to_number(text: str) -> str:
    return f"TRY_CAST(regexp_extract({text}, {quoted(NUMBER)}, 1) AS {_DECIMAL})"


def _duck_text_to_date(text: str) -> str:
    return f"TRY_CAST(regexp_extract({text}, {quoted(DAY)}, 1) AS DATE)"


def _duck_number_to_text(number: str) -> str:
    return f"regexp_replace(CAST({number} AS VARCHAR), {_STRIPPED}, '')"


def _duck_any_to_number(value: str) -> str:
    as_text = _duck_text_to_number(f"CAST({value} AS VARCHAR)")
    return (
        f"(CASE WHEN typeof({value}) IN ('VARCHAR', 'DOUBLE', 'FLOAT') THEN {as_text} "
        f"ELSE TRY_CAST({value} AS {_DECIMAL}) END)"
    )


def _duck_any_to_text(value: str) -> str:
    plain = f"CAST({value} AS VARCHAR)"
    return (
        f"(CASE WHEN typeof({value}) = 'VARCHAR' THEN {plain} "
        f"WHEN regexp_full_match(typeof({value}), '(DECIMAL.*|DOUBLE|FLOAT|U?HUGEINT)') "
        f"THEN {_duck_number_to_text(_duck_any_to_number(value))} "
        f"WHEN typeof({value}) LIKE 'TIMESTAMP%' THEN left({plain}, 10) ELSE {plain} END)"
    )


def _duck_any_to_date(value: str) -> str:
    return (
        f"(CASE WHEN typeof({value}) = 'DATE' OR typeof({value}) LIKE 'TIMESTAMP%' "
        f"THEN TRY_CAST({value} AS DATE) ELSE {_duck_text_to_date(f'CAST({value} AS VARCHAR)')} END)"
    )


def _duck_divided(top: str, bottom: str) -> str:
    """Divide whole numbers of millionths, because / gives a binary fraction; digits beyond six places are cut."""
    left, right = (f"CAST({side} * 1000000 AS HUGEINT)" for side in (top, bottom))
    millionths = f"TRY(({left} * 1000000) // {right})"
    return f"(CAST({millionths} AS DECIMAL(38, 0)) * CAST(0.000001 AS DECIMAL(6, 6)))"


def _duck_choice(condition: str, then: str, otherwise: str) -> str:
    """Choose; DuckDB copies the operand of CASE x WHEN, so a long one is given once, as an index."""
    if len(condition) > 1000:
        return f"list_extract([{otherwise}, {then}], CAST({condition} AS INTEGER) + 1)"
    return f"(CASE {condition} WHEN TRUE THEN {then} WHEN FALSE THEN {otherwise} END)"


_DUCK_OF_CELLS: dict[str, str] = {
    "count": "list_count({0})",
    "count-distinct": "list_unique({0})",
    "sum": "(CASE WHEN len({0}) = list_count({0}) THEN COALESCE(list_sum({0}), 0) END)",
    "min": "(CASE WHEN len({0}) = list_count({0}) THEN list_min({0}) END)",
    "max": "(CASE WHEN len({0}) = list_count({0}) THEN list_max({0}) END)",
}


DUCKDB = Dialect(
    name="DuckDB",
    literal=lambda value: f"CAST({value:f} AS {_DECIMAL})",
    bounded=lambda value: f"TRY_CAST({value} AS {_DECIMAL})",
    times=lambda left, right: f"TRY({left} * {right})",
    divided=_duck_divided,
    rest=lambda left, right: f"TRY({left} % {right})",
    choice=_duck_choice,
    whole=lambda value: f"CAST({value} AS {_DECIMAL})",
    number_to_text=_duck_number_to_text,
    text_to_number=_duck_text_to_number,
    text_to_date=_duck_text_to_date,
    date_to_text=lambda day: f"CAST({day} AS VARCHAR)",
    any_to_number=_duck_any_to_number,
    any_to_text=_duck_any_to_text,
    any_to_date=_duck_any_to_date,
    null_date="CAST(NULL AS DATE)",
    choices=lambda text: f"len(regexp_extract_all({text}, '[^ ]+'))",
    matches=lambda text, pattern: f"regexp_full_match({text}, {quoted(pattern)})",
    ends_with=lambda text, end: f"suffix({text}, {end})",
    converted=lambda cells, convert: f"list_transform({cells}, lambda cell: {convert('cell')})",
    listed=lambda parts: parts[0] if len(parts) == 1 else f"list_concat({', '.join(parts)})",
    of_cells=lambda function, cells: _DUCK_OF_CELLS[function].format(cells),
)


# PostgreSQL 13 and later. A cast of what is no number or day would stop the query, so only what matches is cast;
# substring() gives the first group, or NULL where the text does not match.


def _postgres_bounded(number: str) -> str:
    return f"NULLIF(NULLIF(LEAST(GREATEST(ROUND({number}, 6), -{LIMIT}), {LIMIT}), {LIMIT}), -{LIMIT})"


def _postgres_text_to_number(text: str) -> str:
    return _postgres_bounded(f"CAST(substring({text} FROM {quoted(NUMBER)}) AS NUMERIC)")


def _postgres_text_to_date(text: str) -> str:
    return f"CAST(substring({text} FROM {quoted(DAY)}) AS DATE)"


def _postgres_number_to_text(number: str) -> str:
    return f"CAST(trim_scale({number}) AS TEXT)"


def _postgres_is(value: str, *types: str) -> str:
    return f"pg_typeof({value}) IN ({', '.join(f'{quoted(name)}::regtype' for name in types)})"


def _postgres_any_to_number(value: str) -> str:
    plain = f"CAST({value} AS TEXT)"
    truth = f"CASE {plain} WHEN 'true' THEN '1' WHEN 'false' THEN '0' END"
    return _postgres_text_to_number(f"(CASE WHEN {_postgres_is(value, 'boolean')} THEN {truth} ELSE {plain} END)")


def _postgres_any_to_text(value: str) -> str:
    plain = f"CAST({value} AS TEXT)"
    number = _postgres_number_to_text(_postgres_text_to_number(plain))
    return (
        f"(CASE WHEN {_postgres_is(value, 'text', 'varchar')} THEN {plain} "
        f"WHEN {_postgres_is(value, 'numeric', 'double precision', 'real')} THEN {number} "
        f"WHEN {_postgres_is(value, 'timestamp', 'timestamptz')} THEN left({plain}, 10) ELSE {plain} END)"
    )


def _postgres_any_to_date(value: str) -> str:
    plain = f"CAST({value} AS TEXT)"
    moment = _postgres_is(value, "timestamp", "timestamptz")
    return _postgres_text_to_date(f"(CASE WHEN {moment} THEN left({plain}, 10) ELSE {plain} END)")


_POSTGRES_OF_CELLS: dict[str, str] = {
    "count": "count(cell)",
    "count-distinct": "count(DISTINCT cell)",
    "sum": "CASE WHEN count(*) = count(cell) THEN COALESCE(sum(cell), 0) END",
    "min": "CASE WHEN count(*) = count(cell) THEN min(cell) END",
    "max": "CASE WHEN count(*) = count(cell) THEN max(cell) END",
}


POSTGRESQL = Dialect(
    name="PostgreSQL",
    literal=lambda value: f"CAST({value:f} AS NUMERIC)",
    bounded=_postgres_bounded,
    times=lambda left, right: f"({left} * {right})",
    divided=lambda top, bottom: f"(div({top} * 1000000, NULLIF({bottom}, 0)) * 0.000001)",
    rest=lambda left, right: f"({left} % NULLIF({right}, 0))",
    choice=lambda c, then, otherwise: f"(CASE {c} WHEN TRUE THEN {then} WHEN FALSE THEN {otherwise} END)",
    whole=lambda value: f"CAST({value} AS NUMERIC)",
    number_to_text=_postgres_number_to_text,
    text_to_number=_postgres_text_to_number,
    text_to_date=_postgres_text_to_date,
    date_to_text=lambda day: f"to_char({day}, 'YYYY-MM-DD')",
    any_to_number=_postgres_any_to_number,
    any_to_text=_postgres_any_to_text,
    any_to_date=_postgres_any_to_date,
    null_date="CAST(NULL AS DATE)",
    choices=lambda text: f"cardinality(array_remove(string_to_array({text}, ' '), ''))",
    matches=lambda text, pattern: f"({text} ~ {quoted(f'^(?:{pattern})$')})",
    ends_with=lambda text, end: f"(right({text}, length({end})) = {end})",
    converted=lambda cells, convert: f"ARRAY(SELECT {convert('cell')} FROM unnest({cells}) AS rows(cell))",
    listed=lambda parts: " || ".join(part if part.startswith("ARRAY") else f"ARRAY{part}" for part in parts),
    of_cells=lambda function, cells: f"(SELECT {_POSTGRES_OF_CELLS[function]} FROM unnest({cells}) AS rows(cell))",
)
