"""What a missing answer counts as: outside the base, not yes, or both bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.design import Expr
from analysis.estimates import Estimates
from analysis.estimation import run
from analysis.frames import Asked
from analysis.measures import Kind, Variable
from analysis.refusals import not_binary, not_numeric
from analysis.source import is_numeric
from analysis.survey import Survey
from uptake.contract.errors import EstimationError, did_you_mean

Missing = Literal["each", "out", "listwise", "in_base", "bounds"]
RULES = ("each", "out", "listwise", "in_base", "bounds")
_READINGS = {"in_base": (("", 0),), "bounds": (("missing_no", 0), ("missing_yes", 1))}
_SAYS = {"in_base": "counted as not yes", "bounds": "counted as no in one row and as yes in the other"}


@dataclass(frozen=True, slots=True)
class Rate:
    """A criterion, 0 or 1, and for a share of size the size of each unit."""

    criterion: Expr
    size: Expr | None


def base_rule(missing: str) -> Literal["each", "listwise"]:
    """Return what the engine does with missing answers; refuse rules that need a yes or no."""
    if missing in ("in_base", "bounds"):
        raise EstimationError(
            f'missing="{missing}" counts an unknown answer as no or yes - only a proportion has these; use "out" or '
            '"listwise" here.',
            code="MISSING_RULE",
        )
    return "listwise" if checked(missing) == "listwise" else "each"


def checked(missing: str) -> str:
    """Return the rule; refuse one that is not known."""
    if missing not in RULES:
        raise EstimationError(
            f'the rule for missing answers "{missing}" is not known - choose one of {", ".join(RULES)}.'
            f"{did_you_mean(missing, RULES)}",
            code="MISSING_RULE",
        )
    return missing


def variables(rates: Sequence[Rate], missing: str) -> tuple[Variable, ...]:
    """Return each rate as the engine estimates it, once for every reading of its missing answers."""
    readings = _READINGS.get(missing, (("", None),))
    return tuple(_variable(rate, value) for rate in rates for _, value in readings)


def _variable(rate: Rate, value: int | None) -> Variable:
    known = f"CAST(({rate.criterion.sql}) AS DOUBLE)"
    answer = rate.criterion.sql if value is None else f"COALESCE({known}, {value})"
    if rate.size is None:
        return Variable(rate.criterion.name, answer)
    size = f"CAST(({rate.size.sql}) AS DOUBLE)"
    name = f"{rate.criterion.name}, by {rate.size.name}"
    return Variable(name, f"CAST(({answer}) AS DOUBLE) * {size}", size)


def estimated_rates(s: Survey, rates: Sequence[Rate], missing: str, asked: Asked) -> Estimates:
    """Estimate rates under a rule for missing answers; `asked` says all but kind, variables and rule.

    bounds: two rows a rate, all unknown answers as no (definition `missing_no`) and as yes (`missing_yes`), both with
    the limits that hold either way: `bounds_low`, the lower limit of the first, `bounds_high`, the upper of the second.
    """
    checked(missing)
    notes = _looked_at(s, rates, missing, asked.where)
    kind: Kind = "proportion" if rates[0].size is None else "ratio"
    rule: Literal["each", "listwise"] = "listwise" if missing == "listwise" else "each"
    found = run(s, replace(asked, kind=kind, variables=variables(rates, missing), missing=rule))
    found = replace(found, meta=replace(found.meta, warnings=(*found.meta.warnings, *notes)))
    return _with_bounds(found) if missing == "bounds" else found


def _with_bounds(found: Estimates) -> Estimates:
    frame = found.frame.copy()
    frame.insert(1, "definition", np.tile([label for label, _ in _READINGS["bounds"]], len(frame) // 2))
    low, high = frame["ci_low"].to_numpy()[0::2], frame["ci_high"].to_numpy()[1::2]
    return replace(found, frame=frame.assign(bounds_low=np.repeat(low, 2), bounds_high=np.repeat(high, 2)))


def _looked_at(s: Survey, rates: Sequence[Rate], missing: str, where: Expr | None) -> list[str]:
    """Refuse criteria and sizes that are none, and return a sentence on the missing answers that are counted."""
    counted = missing in _READINGS
    if not counted and rates[0].size is None:
        return []  # the pass itself looks at the answers
    _refuse_text(s, rates)
    inside = f"({where.sql}) AND " if where else ""
    picked = ", ".join(
        f"COUNT(CASE WHEN {inside}({rate.criterion.sql}) IS NULL THEN 1 END) AS m{i}, "
        f"COUNT(CASE WHEN CAST(({rate.criterion.sql}) AS DOUBLE) NOT IN (0, 1) THEN 1 END) AS o{i}, "
        f"COUNT(CASE WHEN {'NULL' if rate.size is None else f'({rate.size.sql}) < 0'} THEN 1 END) AS n{i}"
        for i, rate in enumerate(rates)
    )
    found = s.source.columns(f"SELECT {picked} FROM ({s.source.text}) AS r")
    for i, rate in enumerate(rates):
        if int(found[f"o{i}"][0]):
            raise not_binary(rate.criterion.name)
        if rate.size is not None and int(found[f"n{i}"][0]):
            raise EstimationError(
                f'the size "{rate.size.name}" is below zero in {_rows(int(found[f"n{i}"][0]))} - a share of it would '
                "not lie between 0 and 1; correct the column.",
                code="SIZE_NEGATIVE",
            )
    lost = [(rate.criterion.name, int(found[f"m{i}"][0])) for i, rate in enumerate(rates)]
    return [f'OUTCOME_MISSING: "{name}" is missing in {_rows(n)} of the domain, {_SAYS[missing]}.'
            for name, n in lost if n and counted]  # fmt: skip


def _refuse_text(s: Survey, rates: Sequence[Rate]) -> None:
    items = [item for rate in rates for item in (rate.criterion, rate.size) if item is not None]
    types = s.source.expression_types({f"e{i}": item.sql for i, item in enumerate(items)})
    for i, item in enumerate(items):
        if not is_numeric(types[f"e{i}"]):
            raise not_numeric(item.name)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
