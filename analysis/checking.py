"""Everything that is wrong or unusual with a survey's rows and design, as one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from analysis.cells import sampling_stages
from analysis.degrees import design_degrees
from analysis.engine import TotalsRequest
from analysis.faults import DesignFault, Weighting, column_faults, nesting_faults, stage_faults
from analysis.lonely import lonely_faults
from analysis.replicate_columns import check_replicates, replicate_columns
from analysis.survey import Survey, design_totals
from uptake.contract.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

EVERY = 2**31  # faults of a kind are all listed here; an error shows the first five
_UNKNOWN = Weighting(0, 1.0, 1.0, 0)


def checked(survey: Survey) -> DataFrame:
    """Return one row a fault or fact: severity (reject, warn, info), code, where, message."""
    import pandas as pd

    found = list(_faults(survey))
    rows: list[tuple[str, str, str, str]] = [(f.severity, f.code, f.where, f.message) for f in found]
    stops = {f.code for f in found if f.severity == "reject"}
    if not any(code.startswith("WEIGHT_") for code in stops):
        rows.append(("info", "KISH", f'column "{survey.design.weights}"', _kish(survey)))
        if survey.design.replicates is None and not stops - {"LONELY_PSU", "DUPLICATE_UNIT"}:
            rows.append(("info", "DESIGN", "the design", _glance(survey)))
    return pd.DataFrame(rows, columns=["severity", "code", "where", "message"])


def _faults(survey: Survey) -> Iterator[DesignFault]:
    design, weighting = survey.design, _UNKNOWN
    try:
        weighting = survey.weighting()
    except DesignError as fault:  # text or an infinite number among the weights
        yield DesignFault(fault.code, f'column "{design.weights}"', str(fault), "reject")
    totals = design_totals(survey, _request(survey, numeric=weighting is not _UNKNOWN))
    yield from column_faults(design, weighting, totals)
    if design.replicates is not None:
        yield from _replicate_faults(survey)
    else:
        yield from nesting_faults(design, totals, shown=EVERY)
        stages = sampling_stages(design, totals)
        yield from stage_faults(design, stages, shown=EVERY)
        yield from lonely_faults(design, stages, shown=EVERY)
    yield from _duplicates(survey)


def _request(survey: Survey, *, numeric: bool) -> TotalsRequest:
    weight = f"CAST({survey.source.column(survey.design.weights or '')} AS DOUBLE)" if numeric else "1.0"
    counts = (("up__zero_weight", "up__w = 0"),)
    return TotalsRequest(layers=((("up__w", weight),),), keys=survey.key_columns(), counts=counts)


def _replicate_faults(survey: Survey) -> Iterator[DesignFault]:
    try:
        columns = replicate_columns(survey.design, survey.source)
        check_replicates(survey.source, columns, exponent=survey.weighting().exponent)
        names = [survey.source.column(name) for name in columns]
        largest = ", ".join(f"MAX({name}) AS r{i}" for i, name in enumerate(names))
        found = survey.source.columns(f"SELECT {largest} FROM ({survey.source.text}) AS r")
        for i, name in enumerate(columns):
            if not found[f"r{i}"][0]:
                says = "is zero in every row - its estimate would be 0/0; remove the replicate or correct the column."
                yield DesignFault("REPLICATE_ALL_ZERO", f'replicate weight "{name}"', says, "reject")
    except DesignError as fault:
        yield DesignFault(fault.code, "the replicate weights", str(fault), "reject")


def _duplicates(survey: Survey) -> Iterator[DesignFault]:
    design, source = survey.design, survey.source
    if design.unit_id is None:
        return
    source.require([design.unit_id], "unit_id")
    names = [n for n in (design.wave, design.unit_id) if n]
    keys = ", ".join(map(source.column, names))
    found = source.columns(
        f"SELECT CAST({source.column(design.unit_id)} AS VARCHAR) AS unit, COUNT(*) AS n FROM ({source.text}) AS r "
        f"GROUP BY {keys} HAVING COUNT(*) > 1 ORDER BY {keys}"
    )
    units = np.ma.filled(np.ma.asarray(found["unit"]), "")
    for unit, n in zip(units, found["n"], strict=True):
        if unit:
            says = f"stands in {n} rows - keep one row a unit and wave."
            yield DesignFault("DUPLICATE_UNIT", f'unit "{unit}"', says, "reject")
        else:
            says = f"{n} rows have no unit id - whether they are one unit cannot be told; fill it in."
            yield DesignFault("UNIT_ID_MISSING", f'column "{design.unit_id}"', says, "warn")


def _kish(survey: Survey) -> str:
    column = survey.source.column(survey.design.weights or "")
    found = survey.source.columns(
        f"SELECT COUNT(*) AS n, SUM({column}) AS s, SUM({column} * {column}) AS q, MIN({column}) AS low, "
        f"MAX({column}) AS high FROM ({survey.source.text}) AS r"
    )
    n, total, squares, low, high = (float(found[name][0]) for name in ("n", "s", "q", "low", "high"))
    return (
        f"{n:.0f} rows, weights from {low:.6g} to {high:.6g} add up to {total:.6g}, Kish design effect "
        f"{n * squares / total**2:.4f}"
    )


def _glance(survey: Survey) -> str:
    totals = design_totals(survey, _request(survey, numeric=True))
    rows = totals.counts["up__rows"] - totals.counts["up__zero_weight"]
    stage = sampling_stages(survey.design, totals)[0]
    units, strata, whole = stage.n.sum(), len(stage.n), int((stage.fraction >= 1).sum())
    word, degrees = "stratum" if strata == 1 else "strata", design_degrees(stage, rows.astype(np.float64))
    return f"{units:,.0f} units drawn in {strata:,} {word}, {whole:,} of them whole; df {degrees:,.0f}"
