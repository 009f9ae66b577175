"""What answers must be for an indicator to count them: numbers where it needs numbers, sizes not below zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analysis.indicators import Definition
from analysis.readings import Measured
from analysis.source import Source, first_row, is_numeric
from uptake.contract.errors import EstimationError
from uptake.contract.expressions import Kind, parse
from uptake.contract.expressions.kinds import convert, typed
from uptake.contract.expressions.tree import Call, Cast, Field, walk
from uptake.contract.yamlfile import Scalar

_SQL = {"number": "DECIMAL(38, 6)", "date": "DATE"}
_WORDS = {"number": "a number", "date": "a day such as 2026-12-31"}
_COUNTED = {"in_base": "counted as {no}", "yes": "counted as yes", "out": "left out of the base"}


def refuse_uncountable(source: Source, measured: Sequence[Measured], kinds: Mapping[str, Kind]) -> None:
    """Refuse, once a study, answers that an indicator would silently take for unknown or that cannot be a size.

    source: the rows; measured: every reading; kinds: of the columns. Raises EstimationError that names the indicator,
    the column, the row and the value.
    """
    for item in measured:
        of = item.definition
        for scalar, part in ((of.numerator, "number"), (of.denominator, "number"), (of.where, "condition")):
            if scalar is not None:
                amount = part == "number" and of.type != "proportion"
                _refuse_words(source, of, scalar, dict(_converted(scalar, kinds, amount=amount)))
                _refuse_infinite(source, of, scalar, kinds)
        if of.type == "proportion":
            _refuse_amount(source, of, kinds)
        if of.size is not None:
            _refuse_size(source, of, of.size)


def _refuse_words(source: Source, definition: Definition, scalar: Scalar, converted: Mapping[str, str]) -> None:
    for field, target in sorted(converted.items()):
        column = source.column(field)
        found = first_row(source, field, f"{column} IS NOT NULL AND TRY_CAST({column} AS {_SQL[target]}) IS NULL")
        if found:
            raise EstimationError(
                f'{scalar.place}: indicator "{definition.indicator}" reads "{field}" as {_WORDS[target]}, but row'
                f' {found[0]} holds "{found[1]}". Correct the value, or count units by a'
                f" word, as in ${{{field}}} = '{found[1]}'.",
                code="not_a_number",
            )


def _refuse_infinite(source: Source, definition: Definition, scalar: Scalar, kinds: Mapping[str, Kind]) -> None:
    for field in sorted(parse(scalar.value, scalar.place).fields):
        if kinds.get(field) == "number" and source.types[field] in ("FLOAT", "DOUBLE"):
            found = first_row(source, field, f"NOT ISFINITE({source.column(field)})")
            if found:
                raise EstimationError(
                    f'{scalar.place}: indicator "{definition.indicator}" counts "{field}", but row {found[0]} holds'
                    f' "{found[1]}", which is not a finite number. Correct the value, or leave it empty.',
                    code="not_finite",
                )


def _refuse_amount(source: Source, definition: Definition, kinds: Mapping[str, Kind]) -> None:
    """Refuse the share of a column of numbers other than 0 and 1: is 5 a yes?"""
    node = parse(definition.numerator.value, definition.numerator.place).node
    if not isinstance(node, Field) or kinds.get(node.name) != "number":
        return
    found = first_row(source, node.name, f"{source.column(node.name)} NOT IN (0, 1)")
    if found:
        raise EstimationError(
            f'{definition.numerator.place}: indicator "{definition.indicator}" is the share of "{node.name}", but row'
            f" {found[0]} holds {found[1]}, which is neither 0 nor 1. Write a condition such as ${{{node.name}}} > 0,"
            ' or "type: mean".',
            code="not_binary",
        )


def _converted(scalar: Scalar, kinds: Mapping[str, Kind], *, amount: bool) -> Iterator[tuple[str, str]]:
    """Give the text fields that an expression turns into numbers or days; number(...) does so on purpose."""
    made = typed(parse(scalar.value, scalar.place).node, kinds)
    tree = convert(made, "number") if amount and made[1] == "text" else made[0]
    meant = {id(part) for node, _ in walk(tree) if isinstance(node, Call) and node.name in ("number", "date")
             for part in node.arguments}  # fmt: skip
    for node, _ in walk(tree):
        if isinstance(node, Cast) and node.source == "text" and node.target in _SQL and id(node) not in meant:
            inner = node.operand.operand if isinstance(node.operand, Cast) else node.operand
            if isinstance(inner, Field):
                yield inner.name, node.target


def _refuse_size(source: Source, definition: Definition, size: str) -> None:
    column = source.column(size)
    wrong = f"{column} < 0" if is_numeric(source.types[size]) else f"{column} IS NOT NULL"
    found = first_row(source, size, wrong)
    if found:
        raise EstimationError(
            f'indicators.yaml: indicator "{definition.indicator}" is weighted by the size "{size}", but row {found[0]}'
            f' holds "{found[1]}"; a size is a number of 0 or more. Correct the value, or name another column.',
            code="not_a_size",
        )


def unknown_notes(source: Source, measured: Sequence[Measured]) -> tuple[str, ...]:
    """Return, for each indicator whose numerator or denominator is unknown in some rows of its base, how many and how
    they were counted.

    source: the rows of own data; a drawn study tells it by field in its quality table instead.
    """
    headlines = [item for item in measured if item.unknown]
    if not headlines:
        return ()
    counts = ", ".join(
        f"COUNT(CASE WHEN ({item.base or 'TRUE'}) AND ({item.unknown}) THEN 1 END) AS n{i}"
        for i, item in enumerate(headlines)
    )
    found = source.columns(f"SELECT {counts} FROM ({source.text}) AS r")
    return tuple(_note(item, int(found[f"n{i}"][0])) for i, item in enumerate(headlines) if found[f"n{i}"][0])


def _note(item: Measured, rows: int) -> str:
    of = item.definition
    counted = _COUNTED[of.dont_know].format(no="no" if item.rate else "0")
    which = of.indicator if of.id == "headline" else f"{of.indicator}/{of.id}"
    row = "1 row" if rows == 1 else f"{rows:,} rows"
    return f'UNKNOWN_ANSWER: indicator "{which}": unknown in {row}, {counted} (dont_know: {of.dont_know}).'
