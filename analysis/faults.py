"""What is wrong with a design: every fault named with its stratum, column or value, and what to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.cells import Stage, factorize, id_key, stratum_key
from analysis.design import SurveyDesign
from analysis.engine import Totals
from uptake.contract.errors import DesignError, Fault

SHOWN = 5  # of a kind; the last one says how many more there are

_SAYS = {
    "ID_MISSING": "{rows} no {word} id - without it the row belongs to no part of the design; fill it in.",
    "FPC_MISSING": "{rows} no population count - give it for every row of the sample.",
    "FPC_TOO_SMALL": (
        "{column} says that the population has {high:g} units but {n:g} were sampled - correct the population count."
    ),
    "FPC_NOT_ABOVE_ZERO": "{column} is {low:g} - a population count or sampling fraction is above zero; correct it.",
    "FPC_MIXED_SCALE": (
        "{column} is {low:g} here and up to {top:g} elsewhere - give either population counts or sampling fractions, "
        "not both."
    ),
    "FPC_VARIES_IN_STRATUM": (
        "{column} runs from {low:g} to {high:g} within the stratum - the value with the larger variance is used; "
        "make it constant."
    ),
    "PROBABILITY_OUT_OF_RANGE": (
        "{column} runs from {low:g} to {high:g} - PPS needs the inclusion probability of each unit, above 0 and at "
        "most 1; correct it."
    ),
    "PROBABILITY_VARIES_IN_UNIT": (
        "{column} runs from {low:g} to {high:g} within one sampled unit - a unit has one inclusion probability; "
        "correct it."
    ),
    "PSU_NOT_NESTED": (
        'PSU "{unit}" stands in the strata {strata} - if ids are numbered anew in each stratum declare nest as true, '
        "else correct the stratum."
    ),
    "WEIGHT_MISSING": (
        "{rows} no weight{first} - a unit without weight stands for nobody; fill it in or take the row out on purpose."
    ),
    "WEIGHT_NEGATIVE": (
        "{rows} a weight below zero{first} - a unit cannot stand for fewer than none; correct the weights."
    ),
    "NEGATIVE_CALIBRATED_WEIGHT": (
        "{rows} a weight below zero after calibration - totals are reached, but a unit that stands for fewer than none "
        "makes small domains unreliable; use method raking, logit or truncated."
    ),
    "WEIGHT_ALL_ZERO": "every weight is zero - the sample stands for nobody; name the right weight column.",
    "WEIGHT_ZERO": (
        "{rows} weight zero - a row without weight stays in the design but counts in no estimate and in no degrees of "
        "freedom."
    ),
}


@dataclass(frozen=True, slots=True)
class DesignFault:
    """One fault: a neutral code, where it is, the sentence, and whether it stops an estimate."""

    code: str
    where: str
    message: str
    severity: Literal["reject", "warn"]


@dataclass(frozen=True, slots=True)
class Weighting:
    """The weights at a glance: rows, smallest above zero, largest, power of two in use, missing, zero, below."""

    rows: int
    smallest: float
    largest: float
    exponent: int
    missing: int = 0
    zero: int = 0
    minus: int = 0
    first: str = ""  # the first row that is missing or below zero, in words
    made: bool = False  # they were adjusted here: below zero is a calibration's doing, zero a nonrespondent


def column_faults(design: SurveyDesign, weighting: Weighting, totals: Totals) -> Iterator[DesignFault]:
    """Yield the faults of weights, ids and FPC columns."""
    yield from _weight_faults(weighting, "the adjusted weights" if weighting.made else f'column "{design.weights}"')
    for key, name, word in _design_keys(design):
        rows = _rows_without(totals, key)
        if rows:
            says = _SAYS["ID_MISSING"].format(rows=_rows(rows), word=word.lower())
            yield DesignFault(f"{word}_MISSING", f'column "{name}"', says, "reject")
    for number, name in enumerate(design.stage_fpc):
        rows = int(totals.counts[f"up__null_{number}"].sum())
        if rows:
            yield _fault("FPC_MISSING", f'column "{name}"', rows=_rows(rows))


def _design_keys(design: SurveyDesign) -> Iterator[tuple[str, str | None, str]]:
    """Yield the keys of a design: alias, column, and what it holds."""
    for number, name in enumerate(design.stage_strata):
        yield stratum_key(number), name, "STRATUM"
    for number, name in enumerate(design.stages):
        yield id_key(number), name, "UNIT" if number > 1 else ("PSU", "SSU")[number]


def stage_faults(design: SurveyDesign, stages: tuple[Stage, ...], *, shown: int = SHOWN) -> Iterator[DesignFault]:
    """Yield the faults of population counts: below n, mixed scales, varying within a stratum."""
    for number, (stage, name) in enumerate(zip(stages, design.stage_fpc, strict=False)):
        column, top = f'column "{name}"', float(np.nanmax(stage.high, initial=0.0))
        if design.pps is not None and (number == 0 or stage.pi is not None):
            yield from _probability_faults(stage, column, shown)
            continue
        low, high = stage.low, stage.high
        for i in np.flatnonzero(low <= 0)[:shown]:
            says = _SAYS["FPC_NOT_ABOVE_ZERO"].format(column=column, low=low[i])
            yield DesignFault("FPC_TOO_SMALL", stratum_place(stage, i), says, "reject")
        for i in np.flatnonzero((low > 0) & (low < 1) & (top > 1))[:1]:
            yield _fault("FPC_MIXED_SCALE", stratum_place(stage, i), column=column, low=low[i], top=top)
        for i in np.flatnonzero((high < stage.n) & (low >= 1) & (top > 1))[:shown]:
            yield _fault("FPC_TOO_SMALL", stratum_place(stage, i), column=column, high=high[i], n=stage.n[i])
        for i in np.flatnonzero(high > low)[:shown]:
            yield _fault("FPC_VARIES_IN_STRATUM", stratum_place(stage, i), column=column, low=low[i], high=high[i])


def _probability_faults(stage: Stage, column: str, shown: int) -> Iterator[DesignFault]:
    """Yield the strata whose inclusion probabilities are none: PPS needs one above 0 and at most 1 for each unit."""
    for i in np.flatnonzero((stage.low <= 0) | (stage.high > 1))[:shown]:
        says = _SAYS["PROBABILITY_OUT_OF_RANGE"].format(column=column, low=stage.low[i], high=stage.high[i])
        yield DesignFault("PROBABILITY_OUT_OF_RANGE", stratum_place(stage, i), says, "reject")
    if stage.pi is not None and stage.widest is not None:
        for i in np.flatnonzero(stage.widest > stage.pi * (1 + 1e-12))[:shown]:
            says = _SAYS["PROBABILITY_VARIES_IN_UNIT"].format(column=column, low=stage.pi[i], high=stage.widest[i])
            yield DesignFault("PROBABILITY_VARIES_IN_UNIT", stratum_place(stage, stage.parent[i]), says, "reject")


def nesting_faults(design: SurveyDesign, totals: Totals, *, shown: int = SHOWN) -> Iterator[DesignFault]:
    """Yield a fault for each PSU id that stands in several strata of a design declared with nest=False."""
    if design.nest or not design.ids or design.stage_strata[0] is None:
        return
    strata, stratum_names = factorize(totals.keys["up__stratum"])
    units, names = factorize(totals.keys["up__psu"])
    pairs = np.unique(np.stack([units, strata], axis=1)[(units >= 0) & (strata >= 0)], axis=0)
    seen = np.bincount(pairs[:, 0], minlength=len(names)) if len(pairs) else np.zeros(0)
    for unit in np.flatnonzero(seen > 1)[:shown]:
        where = ", ".join(f'"{stratum_names[s]}"' for s in pairs[pairs[:, 0] == unit][:, 1])
        yield _fault("PSU_NOT_NESTED", f'column "{design.ids[0]}"', unit=names[unit], strata=where)


def refuse(faults: list[DesignFault]) -> tuple[str, ...]:
    """Raise for the faults that stop an estimate, all of them in one error; return the warnings as sentences."""
    stop = [fault for fault in faults if fault.severity == "reject"]
    if stop:
        listed = [Fault(fault.where, fault.message) for fault in stop]
        message = "\n".join(str(fault) for fault in listed)
        raise DesignError(message, code=stop[0].code, faults=listed)
    return tuple(f"{fault.code}: {fault.where}: {fault.message}" for fault in faults)


def _weight_faults(weighting: Weighting, where: str) -> Iterator[DesignFault]:
    if weighting.missing:
        yield _fault("WEIGHT_MISSING", where, rows=_rows(weighting.missing), first=weighting.first)
    if weighting.minus and weighting.made:
        yield _fault("NEGATIVE_CALIBRATED_WEIGHT", where, rows=_rows(weighting.minus))
    elif weighting.minus:
        yield _fault("WEIGHT_NEGATIVE", where, rows=_rows(weighting.minus), first=weighting.first)
    if weighting.zero and weighting.zero == weighting.rows:
        yield DesignFault("WEIGHT_ZERO", where, _SAYS["WEIGHT_ALL_ZERO"], "reject")
    elif weighting.zero and not weighting.made:
        yield _fault("WEIGHT_ZERO", where, rows=_rows(weighting.zero))


def _rows_without(totals: Totals, key: str) -> int:
    if key not in totals.keys:
        return 0
    column = totals.keys[key]
    whole = column.dtype.kind in "iu"  # whole numbers are missing only where they are masked
    missing = np.ma.getmaskarray(column) if whole else factorize(column)[0] < 0
    return int(totals.counts["up__rows"][missing].sum())


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count:,} rows have"


def stratum_place(stage: Stage, number: int) -> str:
    """Return the words that say which stratum is meant."""
    return f'stratum "{stage.labels[number]}"'


def _fault(code: str, where: str, **values: object) -> DesignFault:
    warn = code in ("FPC_VARIES_IN_STRATUM", "NEGATIVE_CALIBRATED_WEIGHT", "WEIGHT_ZERO")
    return DesignFault(code, where, _SAYS[code].format(**values), "warn" if warn else "reject")
