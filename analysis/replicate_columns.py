"""Replicate weights that came with the data: which columns, are they sound, their SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.design import ReplicateWeights, SurveyDesign
from analysis.engine import Named
from analysis.fixedpoint import VALUE_BITS
from analysis.source import Source, require_numbers
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from analysis.survey import Survey


def replicate_columns(design: SurveyDesign, source: Source) -> tuple[str, ...]:
    """Return the replicate columns, those of a prefix in the order of their numbers."""
    weights = design.replicates
    if not isinstance(weights, ReplicateWeights):
        return ()
    if weights.columns:
        source.require(weights.columns, "the replicate weights")
        return weights.columns
    size = len(weights.prefix)
    found = [name for name in source.types if name.startswith(weights.prefix) and name[size:].isdigit()]
    if not found:
        raise DesignError(
            f'no column is called "{weights.prefix}" and a number - name the prefix of the replicate weights.',
            code="COLUMN_NOT_FOUND",
        )
    return tuple(sorted(found, key=lambda name: int(name[size:])))


def check_replicates(source: Source, columns: tuple[str, ...], *, exponent: int) -> None:
    """Refuse replicate weights that are missing, below zero or too large, naming the first such column."""
    if not columns:
        return
    most = 2.0 ** (VALUE_BITS - exponent)
    require_numbers(source, columns, "weight", code="REPLICATE_NOT_NUMERIC")
    worst = ", ".join(
        f"SUM(CASE WHEN {source.column(c)} IS NULL THEN 1 ELSE 0 END) AS n{i}, MIN({source.column(c)}) AS m{i}, "
        f"MAX({source.column(c)}) AS t{i}"
        for i, c in enumerate(columns)
    )
    found = source.columns(f"SELECT {worst} FROM ({source.text}) AS r")
    for i, column in enumerate(columns):
        missing = int(found[f"n{i}"][0])
        if missing:
            raise DesignError(
                f'replicate weight "{column}" is missing in {missing:,} row{"s" if missing > 1 else ""} - a replicate '
                "must weigh every unit (with 0 where it leaves the unit out); fill it in.",
                code="REPLICATE_WEIGHT_MISSING",
            )
        if float(found[f"m{i}"][0]) < 0:
            raise DesignError(
                f'replicate weight "{column}" is below zero - correct the column.', code="REPLICATE_NEGATIVE"
            )
        if not float(found[f"t{i}"][0]) < most:
            raise DesignError(
                f'replicate weight "{column}" is {found[f"t{i}"][0]:g} in a row, too large for exact sums beside the '
                "weights - correct the column.",
                code="REPLICATE_RANGE",
            )


def replicate_values(survey: Survey) -> Named:
    """Return the SQL of each replicate's weight before all weighting steps, for data that bring such columns."""
    columns = replicate_columns(survey.design, survey.source)
    if not columns:
        return ()
    check_replicates(survey.source, columns, exponent=survey.weighting().exponent)
    weights = survey.design.replicates
    base = survey.steps[0].before if survey.steps else survey.weight_layer()[0][1]
    combined = isinstance(weights, ReplicateWeights) and weights.combined
    numbers = [f"CAST({survey.source.column(column)} AS DOUBLE)" for column in columns]
    return tuple((f"up__r_{r}", sql if combined else f"({base} * {sql})") for r, sql in enumerate(numbers))
