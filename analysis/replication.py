"""Make replicates of a survey: jackknife, balanced half-samples, Rao-Wu bootstrap, successive differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from analysis.cells import Stage, sampling_stages
from analysis.engine import TotalsRequest
from analysis.faults import refuse
from analysis.fixedpoint import Floats
from analysis.lonely import settled
from analysis.replicate_factors import UNIT, ReplicateFactors
from analysis.resampling import Resampled, half_samples, jackknife, rao_wu, successive_differences
from analysis.source import Source, quoted
from uptake.contract.errors import DesignError, did_you_mean

if TYPE_CHECKING:
    from analysis.design import SurveyDesign
    from analysis.engine import Totals
    from analysis.survey import Survey

Method = Literal["rao-wu", "jkn", "jk1", "brr", "fay", "sdr"]
MOST_FACTORS = 150_000_000  # 1.2 GB of float64
REPLICATES = 500  # of a bootstrap, and the most of successive differences, unless told otherwise
NO_FPC = ("brr", "fay")


@dataclass(frozen=True, slots=True)
class Asked:
    """What replicates are asked for."""

    method: str
    replicates: int | None = None
    seed: int | None = None
    rho: float | None = None
    mse: bool = True
    order_by: str | Sequence[str] | None = None

    def check(self) -> None:
        """Refuse what cannot be, or is missing."""
        if self.method not in get_args(Method):
            known = get_args(Method)
            raise DesignError(
                f'method "{self.method}" makes no replicates - choose one of {", ".join(known)}.'
                f"{did_you_mean(self.method.lower(), known)}",
                code="REPLICATE_METHOD",
            )
        if self.replicates is not None and self.replicates < 2:
            raise DesignError(
                f"replicates is {self.replicates} - a variance needs at least 2, a bootstrap hundreds; ask for more.",
                code="REPLICATES_TOO_FEW",
            )
        self._check_needs()

    def _check_needs(self) -> None:
        if self.method == "rao-wu" and self.seed is None:
            raise DesignError(
                "the bootstrap draws at random and no seed is given - the same numbers could not be had again; "
                "give seed=, any whole number.",
                code="SEED_MISSING",
            )
        if self.method == "fay" and self.rho is None:
            raise DesignError(
                "the method fay needs rho - it says how much of its weight a PSU keeps in the half-samples that leave "
                "it out; give rho=, often 0.3 or 0.5.",
                code="FAY_RHO_MISSING",
            )
        if self.rho is not None and (self.method != "fay" or not 0 <= self.rho < 1):
            why = "it must be at least 0 and below 1" if self.method == "fay" else "only the method fay has a rho"
            raise DesignError(f"rho is {self.rho} - {why}.", code="FAY_RHO_RANGE")
        if self.method == "sdr" and self.order_by is None:
            raise DesignError(
                "the method sdr compares units that follow each other in the order the sample was drawn in, and no "
                "order is given - name the column that holds it as order_by=.",
                code="SDR_ORDER_MISSING",
            )


def replicated_survey(survey: Survey, asked: Asked) -> Survey:
    """Return the survey with replicate factors in place of Taylor linearisation."""
    from analysis.survey import Survey, design_faults, design_totals

    asked.check()
    if survey.design.replicates is not None:
        raise DesignError(
            "the survey has replicate weights already - replicates of replicates have no meaning; start from the "
            "design with strata and PSUs.",
            code="REPLICATES_TWICE",
        )
    numbered = _numbered(survey if survey.design.pps is None else _with_replacement(survey))
    order, names = _order(numbered, asked)
    layer = (("up__w", f"CAST({numbered.source.column(numbered.design.weights or '')} AS DOUBLE)"), *order)
    totals = design_totals(numbered, TotalsRequest(layers=(layer,), keys=numbered.key_columns(), lows=names))
    warnings = refuse(design_faults(numbered, totals))
    (stage,), told = settled(numbered.design, sampling_stages(numbered.design, totals)[:1])
    _refuse_shape(numbered, asked, stage)
    made = _resampled(asked, stage, numbered, _ranked(stage, totals, len(names)))
    factors = ReplicateFactors(
        asked.method, made.factors, _places(stage, totals), made.scale, made.rscales,
        mse=asked.mse, rho=asked.rho, seed=asked.seed,
    )  # fmt: skip
    design = replace(_first_stage(numbered.design), replicates=factors)
    result = Survey(numbered.source, design, steps=survey.steps)
    kept = [warning for warning in warnings if warning.startswith("FPC")]
    result.notes = (*survey.notes, *kept, *told, *_notes(survey, asked))
    return result


def _with_replacement(survey: Survey) -> Survey:
    from analysis.survey import Survey

    return Survey(survey.source, replace(survey.design, pps=None, fpc=None), steps=survey.steps)


def _first_stage(design: SurveyDesign) -> SurveyDesign:
    """Return the design with its first stage alone: replicates know no other."""
    return replace(design, psu=design.ids[0], ssu=None, strata=design.stage_strata[0], fpc=design.stage_fpc[:1] or None)


def _numbered(survey: Survey) -> Survey:
    """Where every row is its own PSU, number the rows: by unit id if one is declared, else by all columns.

    Rows that tie are identical in every column, so which of them has which number makes no difference.
    """
    from analysis.survey import Survey

    design, source = survey.design, survey.source
    if design.psu is not None:
        return survey
    own = [design.unit_id] if design.unit_id else []
    order = ", ".join([*map(source.column, own), *_every_column(source)])
    return Survey(
        source.derive(f"*, ROW_NUMBER() OVER (ORDER BY {order}) AS {UNIT}"),
        replace(design, psu=UNIT),
        steps=survey.steps,
    )


def _every_column(source: Source) -> list[str]:
    inside = dict.fromkeys(source.renamed.get(name, name) for name in source.types)
    return [quoted(name) for name in sorted(inside)]


def _order(survey: Survey, asked: Asked) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the columns that hold the order of the sample as ranks, and the request for their minima a PSU."""
    if asked.order_by is None:
        return (), ()
    columns = [asked.order_by] if isinstance(asked.order_by, str) else list(asked.order_by)
    survey.source.require(columns, "order_by")
    listed = ", ".join(map(survey.source.column, columns))
    return (("up__order", f"RANK() OVER (ORDER BY {listed})"),), (("up__first", "up__order"),)


def _ranked(stage: Stage, totals: Totals, orders: int) -> Floats:
    """Return the place of each PSU in the order of the sample: that of its first row."""
    first = np.full(len(stage.parent), np.inf)
    if orders:
        np.minimum.at(first, stage.unit, totals.extremes["up__first"])
    return first


def _refuse_shape(survey: Survey, asked: Asked, stage: Stage) -> None:
    """Refuse designs that the method does not fit."""
    if asked.method == "jk1" and len(stage.n) > 1:
        raise DesignError(
            f"jk1 drops one PSU of the whole sample, but the design has {len(stage.n)} strata - it would count the "
            "differences between strata as sampling error; use jkn.",
            code="JK1_STRATIFIED",
        )
    if asked.method in NO_FPC:
        _refuse_unpaired(survey, asked, stage)
    if asked.method not in ("jkn", "jk1") and survey.design.lonely_psu in ("adjust", "average"):
        alone = np.flatnonzero((stage.n == 1) & (stage.fraction < 1))
        if len(alone):
            raise DesignError(
                f'stratum "{stage.labels[alone[0]]}": only one PSU was sampled, and lonely_psu '
                f'"{survey.design.lonely_psu}" has no meaning for {asked.method} - merge the stratum with a neighbour, '
                "declare lonely_psu as certainty, or use jkn.",
                code="LONELY_PSU",
            )


def _refuse_unpaired(survey: Survey, asked: Asked, stage: Stage) -> None:
    alone_allowed = survey.design.lonely_psu != "fail"
    odd = (stage.n != 2) & (stage.fraction < 1) & ~((stage.n == 1) & alone_allowed)
    if not odd.any():
        return
    h = int(np.flatnonzero(odd)[0])
    more = f" (and {int(odd.sum()) - 1} more strata have not 2 either)" if odd.sum() > 1 else ""
    raise DesignError(
        f'stratum "{stage.labels[h]}" has {stage.n[h]:.0f} PSUs{more} - {asked.method} halves every stratum and needs '
        "exactly 2; pair the PSUs in the order they were drawn to strata of 2, or use jkn.",
        code="BRR_NEEDS_TWO_PSUS",
    )


def _resampled(asked: Asked, stage: Stage, survey: Survey, order: Floats) -> Resampled:
    units, rule = len(stage.parent), survey.design.lonely_psu
    wanted = asked.replicates or REPLICATES
    if not units:
        raise DesignError(
            "the data have no row - there is nothing to draw again; give the sample.", code="EMPTY_DOMAIN"
        )
    if asked.method in ("jkn", "jk1"):
        _refuse_size(units, units, asked.method)
        made = jackknife(stage, rule)
        if not made.factors.shape[1]:
            raise DesignError(
                "every stratum is sampled whole or left out by the lonely_psu rule - there is nothing to drop and no "
                "sampling error to estimate; check the population counts.",
                code="NO_REPLICATES",
            )
        return _as_jk1(made) if asked.method == "jk1" else made
    if asked.method in NO_FPC:
        _refuse_size(units, max(len(stage.n), asked.replicates or 0), asked.method)
        return half_samples(stage, asked.rho or 0.0, asked.replicates or 0)
    _refuse_size(units, wanted, asked.method)
    if asked.method == "sdr":
        return successive_differences(stage, order, min(units + 1, wanted) if asked.replicates is None else wanted)
    return rao_wu(stage, wanted, asked.seed or 0)


def _as_jk1(made: Resampled) -> Resampled:
    return Resampled(made.factors, float(made.rscales[0]), np.ones(len(made.rscales)))


def _refuse_size(units: int, replicates: int, method: str) -> None:
    if units * replicates > MOST_FACTORS:
        raise DesignError(
            f"{method} needs {replicates:,} replicates of {units:,} PSUs, a table of {units * replicates:,} factors - "
            f"more than {MOST_FACTORS:,} have no room; use rao-wu with fewer replicates, or the design as it is.",
            code="REPLICATES_TOO_MANY",
        )


def _places(stage: Stage, totals: Totals) -> dict[tuple[object, ...], int]:
    """Return the row of each PSU by its label: (stratum, psu), or (psu,) without strata."""
    keys = [key for key in ("up__stratum", "up__psu") if key in totals.keys]
    first = np.full(len(stage.parent), totals.cells, dtype=np.intp)
    np.minimum.at(first, stage.unit, np.arange(totals.cells))
    columns = [totals.keys[key][first].tolist() for key in keys]
    return {label: unit for unit, label in enumerate(zip(*columns, strict=True))}


def _notes(survey: Survey, asked: Asked) -> list[str]:
    """Say what the replicates leave out."""
    found, design = [], survey.design
    if design.pps is not None:
        found.append(
            "REPLICATE_PPS: the replicates take units drawn with unequal probabilities as drawn with replacement, so "
            "the variance is a little too large."
        )
    elif asked.method in NO_FPC and design.stage_fpc:
        found.append(
            f"REPLICATE_FPC: {asked.method} has no place for population counts, so the variance is a little too "
            "large - jkn and rao-wu use them."
        )
    elif len(design.stages) > 1:
        found.append(
            "REPLICATE_STAGES: the replicates drop and draw PSUs only, with the population counts of the first stage; "
            "what the second stage adds beyond that is left out, so the variance is a little too small."
        )
    return found
