"""Randomised experiments inside the sample: which unit sees which wording."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from analysis.permanent import permanent_random
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment: the sample column that names a unit's arm, and the share of the units of each arm."""

    place: Place
    id: str
    column: str
    arms: Mapping[str, float]


def experiment_faults(experiments: Sequence[Experiment]) -> Iterator[Fault]:
    """Say what is wrong with the experiments of a design."""
    ids: set[str] = set()
    columns: set[str] = set()
    for one in experiments:
        if one.id in ids or one.column in columns:
            yield Fault(str(one.place), f'the experiment "{one.id}" or its column "{one.column}" stands in the list'
                        " already, and one of the two would be lost. Give each its own id and column.")  # fmt: skip
        ids.add(one.id)
        columns.add(one.column)
        if len(one.arms) < 2:
            yield Fault(str(one.place), f'the experiment "{one.id}" has fewer than two arms, so there is nothing to'
                        ' compare. Write two, as "arms: {a: 0.5, b: 0.5}".')  # fmt: skip
        elif any(share <= 0 for share in one.arms.values()) or not math.isclose(sum(one.arms.values()), 1.0):
            yield Fault(str(one.place), f'the shares of the experiment "{one.id}" must each be above 0 and add up to 1;'
                        f" they add up to {sum(one.arms.values()):g}. Correct them.")  # fmt: skip


def arms_of(experiment: Experiment, units: Sequence[str], *, key: str, stratum: str) -> dict[str, str]:
    """Return the arm of each unit of one stratum.

    The units are put in a random order of the experiment's own, u = HMAC(key, "arm <experiment> <unit>"), and the unit
    at place i (from 0) of n gets the arm in whose part of [0, 1) the number (i + r) / n lies; r is one random start of
    the stratum. So an arm with the share p has floor(p n) or ceil(p n) units in every stratum, every unit has the
    probability p exactly, and the arms do not depend on the order of the table. They do depend on which units were
    drawn: an experiment lasts one wave.

    experiment: its id and arms; units: their ids, without repeats; key: seed of the design with its secret; stratum:
    the key of the stratum. Returns the arm by unit id.

    >>> half = Experiment(place=Place("design.yaml", 1), id="w", column="w", arms={"a": 0.5, "b": 0.5})
    >>> sorted(arms_of(half, ["u1", "u2", "u3", "u4"], key="k", stratum="s").values())
    ['a', 'a', 'b', 'b']
    """
    name = f"arm {experiment.id}"
    ends = list(accumulate(experiment.arms.values()))
    start = permanent_random(key, f"{name} start {stratum}")
    order = sorted(units, key=lambda unit: (permanent_random(key, f"{name} {unit}"), unit))
    return {unit: _arm_at((place + start) / len(order), ends, experiment) for place, unit in enumerate(order)}


def _arm_at(point: float, ends: Sequence[float], experiment: Experiment) -> str:
    names = list(experiment.arms)
    # The shares add up to 1 but for rounding: what lies beyond the last end belongs to the last arm.
    return next((arm for arm, end in zip(names, ends, strict=True) if point < end), names[-1])
