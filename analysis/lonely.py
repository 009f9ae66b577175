"""Strata with one sampled unit out of more: which are refused, and how they are joined to a neighbour."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from analysis.cells import Codes, Stage, sampling_stages
from analysis.covariance import lonely
from analysis.design import SurveyDesign
from analysis.engine import Totals
from analysis.faults import SHOWN, DesignFault, refuse, stratum_place
from analysis.fixedpoint import Floats

_PARTS = re.compile(r"\s*/\s*|[-_|.: ]+")


_SINGLE = "the whole sample is one {unit} - no variance can be estimated from it; {change}."
_LONELY = (
    "only one {unit} was sampled{more} - its variance cannot be estimated; merge the stratum with a neighbour, or "
    "declare lonely_psu as certainty, adjust or average."
)
_NO_NEIGHBOUR = (
    "only one {unit} was sampled{more} and there is no stratum beside it that is not sampled whole - there is nothing "
    "to collapse it with; declare lonely_psu as certainty, adjust or average."
)
_NO_RULE = (
    "only one {unit} was sampled{more} - pairs of units make the variance of this PPS method; declare lonely_psu as "
    "certainty or collapse, or use the method brewer."
)


def variance_stages(design: SurveyDesign, totals: Totals) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """Return the stages that a variance is made of, lonely strata refused or collapsed, and what to tell about it."""
    return settled(design, sampling_stages(design, totals))


def settled(design: SurveyDesign, stages: tuple[Stage, ...]) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """Refuse lonely strata, or collapse them, as the design says."""
    refuse(list(lonely_faults(design, stages)))
    if design.adjust_domain_lonely and design.lonely_psu not in ("adjust", "average"):
        told = f"DOMAIN_LONELY: adjust_domain_lonely changes nothing under the rule {design.lonely_psu}."
        return stages, (told,)
    return collapsed(stages) if design.lonely_psu == "collapse" else (stages, ())


def lonely_faults(design: SurveyDesign, stages: tuple[Stage, ...], *, shown: int = SHOWN) -> Iterator[DesignFault]:
    """Yield the strata of which one unit was sampled out of more, where the rule has no answer to it."""
    method = design.pps.method if design.pps else ""
    if method == "joint":  # the matrix knows every unit's variance
        return
    pairs = method in ("overton", "hartley_rao") and design.lonely_psu in ("adjust", "average")
    if design.lonely_psu not in ("fail", "collapse") and not pairs:
        return
    says = _NO_RULE if pairs else _NO_NEIGHBOUR if design.lonely_psu == "collapse" else _LONELY
    for number, stage in enumerate(stages):
        alone = without_neighbour(stage) if design.lonely_psu == "collapse" else np.flatnonzero(lonely(stage))
        unit = "unit" if not design.stages or number > 1 else ("PSU", "SSU")[number]
        if number == 0 and len(stage.n) == 1 and len(alone):
            change = "give all rows of the sample" if unit == "unit" else "name the unit really drawn as psu"
            yield DesignFault("SINGLE_PSU_DESIGN", "the design", _SINGLE.format(unit=unit, change=change), "reject")
            return
        for i in alone[:shown]:
            last = len(alone) > shown and i == alone[shown - 1]
            more = f" (and in {len(alone) - shown} more strata)" if last else ""
            yield DesignFault("LONELY_PSU", stratum_place(stage, i), says.format(unit=unit, more=more), "reject")


def collapsed(stages: tuple[Stage, ...]) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """Return the stages with lonely strata joined to a neighbour, and a sentence for each group that was made.

    Strata are taken in the order of their values. A lonely one joins the stratum before it or, if that one shares fewer
    of the leading parts of the code (`11-C` and `11-L` share one, parts end at - / _ | . : or a blank), or there is
    none, the stratum after it. Only strata of the same unit above are neighbours, and never one that is sampled whole.
    The joined stratum has n and N of its members together: f = sum n / sum N.
    """
    made: list[Stage] = []
    notes: list[str] = []
    for stage in stages:
        stage = _nested(stage, made[-1]) if made else stage
        groups = _groups(stage)
        if len(set(groups)) == len(groups):
            made.append(stage)
            continue
        joined, sentences = _joined(stage, groups)
        made.append(joined)
        notes += sentences
    return tuple(made), tuple(notes)


def without_neighbour(stage: Stage) -> Codes:
    """Return the lonely strata that have no neighbour to join."""
    groups = _groups(stage)
    alone = lonely(stage)
    return np.array([h for h in np.flatnonzero(alone) if groups.count(groups[h]) == 1], dtype=np.intp)


def _nested(stage: Stage, above: Stage) -> Stage:
    """The fractions of the stage before have changed with its strata."""
    fraction = above.fraction[above.parent] if above.pi is None else above.pi
    return replace(stage, outer=(above.outer[above.parent] * fraction)[stage.family])


def _groups(stage: Stage) -> list[int]:
    """Return a group number for each stratum."""
    alone, whole = lonely(stage), stage.fraction >= 1
    group = list(range(len(stage.n)))
    for family in np.unique(stage.family[alone]):
        order = _sorted(np.flatnonzero((stage.family == family) & ~whole), stage.labels)
        for place, h in enumerate(order):
            if alone[h] and group.count(group[h]) == 1:
                _join(group, h, order[max(place - 1, 0) : place] + order[place + 1 : place + 2], stage.labels)
    return group


def _join(group: list[int], h: int, beside: list[int], labels: tuple[str, ...]) -> None:
    if not beside:
        return
    # max() takes the first of equals, which is the stratum before.
    partner = max(beside, key=lambda other: _shared(labels[h], labels[other]))
    group[h] = group[partner]


def _shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(_PARTS.split(one), _PARTS.split(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def _sorted(strata: Iterable[int], labels: tuple[str, ...]) -> list[int]:
    """In the order of their codes; runs of digits count as numbers."""

    def key(h: int) -> list[tuple[bool, int, str]]:
        return [(not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in re.findall(r"\d+|\D+", labels[h])]

    return sorted((int(h) for h in strata), key=key)


def _joined(stage: Stage, groups: list[int]) -> tuple[Stage, list[str]]:
    number = {g: i for i, g in enumerate(dict.fromkeys(groups))}
    code = np.array([number[g] for g in groups], dtype=np.intp)
    members = [[h for h, g in enumerate(groups) if g == group] for group in number]
    first = np.array([m[0] for m in members], dtype=np.intp)

    def added(values: Floats) -> Floats:
        return np.bincount(code, weights=values, minlength=len(number)).astype(np.float64)

    n = added(stage.n)
    with np.errstate(divide="ignore"):
        N = added(np.where(stage.fraction > 0, stage.n / stage.fraction, np.inf))
    labels = tuple(" + ".join(stage.labels[h] for h in m) for m in members)
    notes = [_note(stage, m, n[i], N[i]) for i, m in enumerate(members) if len(m) > 1]
    of_cell = np.where(stage.parent_of_cell < 0, -1, code[stage.parent_of_cell])
    made = replace(
        stage, parent_of_cell=of_cell, parent=code[stage.parent], n=n, low=stage.low[first], high=stage.high[first],
        fraction=n / N, labels=labels, outer=stage.outer[first], family=stage.family[first],
    )  # fmt: skip
    return made, notes


def _note(stage: Stage, members: list[int], n: float, N: float) -> str:
    *first, last = (f'"{stage.labels[h]}"' for h in _sorted(members, stage.labels))
    names = f"{', '.join(first)} and {last}"
    of = "" if np.isinf(N) else f" of {N:.6g}"
    return f"STRATA_COLLAPSED: strata {names} are taken together (n = {n:g}{of}): one unit alone shows no spread."
