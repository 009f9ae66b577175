"""The design of a study, `design.yaml`: how units are drawn, weighted, estimated and released.

A study that draws its own sample writes `drawing:` and `weighting:`:

    unit_id: unit_id                      # frame column that names a unit for life
    strata: [province, size]              # frame columns; a stratum is one combination of their codes
    drawing:
      n: 4000                             # sample size, take-all units included
      min_n_h: 5                          # smallest sample of a stratum (a smaller stratum is taken whole)
      allocation: {rule: power, power: 0.5}        # proportional | power | neyman
      # allocation: {rule: neyman, column: size, p: {"1": 0.9, "2": 0.7, "3": 0.5, "4": 0.3}}
      take_all: {column: size, values: ["1"]}      # optional: units that are all asked
      implicit_order: [industry]          # optional: the order inside a stratum before the systematic step
      seed: aiplus-2026                   # key of the permanent random numbers
    weighting:
      respondents: [complete]             # dispositions whose answers are used; `partial` may be added
      nonresponse: {classes: [size, province], min_respondents: 10}
      poststratify: {by: [industry], min_respondents: 20}          # optional; counts come from the frame
    domains: [size, province, industry]   # estimates are made for each value; "size+industry" crosses two columns
    lonely_psu: fail                      # fail | certainty | remove | adjust | average
    conf_level: 0.95
    ci_method: korn-graubard
    release: {rules: nchs2017, min_respondents: 10, min_population_units: 3}
    experiments:                          # optional: arms dealt at random inside the strata, a column each
      - {id: w2026, column: wording_2026, arms: {a: 0.5, b: 0.5}}      # shares of the units, which add up to 1

A class (or post-stratum) with too few respondents joins its neighbour in the order of the *last* column of the list,
then, if there is none left, in the order of the column before it. The rule is fixed before any answer is seen.

A study of data that others collected names the columns of its file instead:

    unit_id: DOEID
    weights: NWEIGHT
    strata: [stratum]                     # optional, as are `psu` and `fpc` (a count of units)
    psu: cluster
    nest: true                            # PSU ids are numbered anew in each stratum (otherwise a repeat is refused)
    replicate_weights: {prefix: BRRWT, type: fay, rho: 0.5, mse: true}
    domains: [REGIONC, DIVISION]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analysis.experiments import Experiment, experiment_faults
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import Place, read_yaml

FILE = "design.yaml"
DEFAULT_UNIT_ID = "unit_id"
CI_METHODS = ("korn-graubard", "beta", "logit", "wilson", "likelihood", "asin", "mean", "clopper-pearson", "jeffreys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How the sample is shared among strata; `p` are planning proportions by value of `column` (Neyman)."""

    place: Place
    rule: Literal["proportional", "power", "neyman"] = "proportional"
    power: float = 0.5
    column: str | None = None
    p: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAll:
    """The units that are all asked: those whose `column` has one of `values`."""

    place: Place
    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How units are drawn: systematically inside each stratum, from permanent random numbers."""

    place: Place
    n: int
    seed: str
    min_n_h: int = 2
    allocation: Allocation | None = None
    take_all: TakeAll | None = None
    implicit_order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonresponse:
    """The weighting classes in which respondents stand for nonrespondents."""

    place: Place
    classes: tuple[str, ...]
    min_respondents: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Poststratify:
    """The cells whose weights are brought to the frame's counts."""

    place: Place
    by: tuple[str, ...]
    min_respondents: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """The steps from base weight to weight."""

    place: Place
    respondents: tuple[Literal["complete", "partial"], ...] = ("complete",)
    nonresponse: Nonresponse | None = None
    poststratify: Poststratify | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """Replicate weights that came with the data: every column `prefix` + number."""

    place: Place
    prefix: str
    type: Literal["brr", "fay", "jk1", "jkn", "bootstrap", "sdr", "other"]
    rho: float | None = None
    scale: float | None = None
    mse: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRules:
    """When an estimate is published, published with caution, or not published."""

    place: Place | None = None
    rules: Literal["nchs2017"] = "nchs2017"
    min_respondents: int = 10
    min_population_units: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignPlan:
    """All of `design.yaml`; see the example at the top of this module."""

    place: Place
    unit_id: str = DEFAULT_UNIT_ID
    strata: tuple[str, ...] = ()
    drawing: Drawing | None = None
    weighting: Weighting | None = None
    weights: str | None = None
    psu: str | None = None
    nest: bool = False
    fpc: str | None = None
    replicate_weights: Replicates | None = None
    domains: tuple[str, ...] = ()
    lonely_psu: Literal["fail", "certainty", "remove", "adjust", "average"] = "fail"
    conf_level: float = 0.95
    ci_method: str = "korn-graubard"
    release: ReleaseRules = ReleaseRules()
    experiments: tuple[Experiment, ...] = ()

    @property
    def own_data(self) -> bool:
        """Return whether the study brings its data with weights instead of drawing a sample."""
        return self.weights is not None


def load_plan(study_dir: Path, *, faults: list[Fault]) -> DesignPlan | None:
    """Read and check `design.yaml` of a study; what is wrong is added to `faults`.

    study_dir: the study folder. Returns the plan, or None when the file has a fault.
    """
    plan = read_yaml(study_dir / FILE, DesignPlan, root=study_dir, faults=faults)
    if plan is None:
        return None
    found = [*_shape_faults(plan), *_number_faults(plan), *_drawing_faults(plan), *experiment_faults(plan.experiments)]
    faults.extend(found)
    return None if found else plan


def _shape_faults(plan: DesignPlan) -> list[Fault]:
    where = str(plan.place)
    if plan.own_data and (plan.drawing or plan.weighting):
        return [Fault(where, '"weights" says that the data bring their weights, "drawing" or "weighting" that the study'
                      " makes them; only one can be. Delete one of the two.")]  # fmt: skip
    if not plan.own_data and (plan.drawing is None or not plan.strata):
        return [Fault(where, 'neither "weights" (own data) nor "drawing" with "strata" (a sample to draw) is given, so'
                      " no estimate can be made. Add one of them.")]  # fmt: skip
    if plan.own_data and plan.experiments:
        return [Fault(where, '"experiments" gives drawn units their arms, and own data are not drawn. Delete it.')]
    if not plan.own_data and (plan.psu or plan.fpc or plan.replicate_weights):
        return [Fault(where, '"psu", "fpc" and "replicate_weights" name columns of own data; a drawn sample makes its'
                      ' own. Delete them, or name the "weights" column.')]  # fmt: skip
    return []


def _number_faults(plan: DesignPlan) -> list[Fault]:
    where, found = str(plan.place), []
    if not 0.5 < plan.conf_level < 1:
        found.append(
            Fault(where, f"conf_level {plan.conf_level} is not a confidence level. Write a share such as 0.95.")
        )
    if plan.ci_method not in CI_METHODS:
        found.append(Fault(where, f'ci_method "{plan.ci_method}" is not known. Known: {", ".join(CI_METHODS)}.'))
    found += _replicate_faults(plan.replicate_weights) if plan.replicate_weights else []
    if plan.replicate_weights and not 0 <= (plan.replicate_weights.rho or 0.0) < 1:
        text = f"rho {plan.replicate_weights.rho} is outside 0 to 1, so the Fay factor 1/(1-rho)² is not defined."
        found.append(Fault(str(plan.replicate_weights.place), f"{text} Write the rho of the data's handbook."))
    repeated = sorted({name for name in plan.strata if plan.strata.count(name) > 1})
    if repeated:
        found.append(Fault(where, f"strata names {', '.join(repeated)} twice. Keep one."))
    return found


def _replicate_faults(given: Replicates) -> list[Fault]:
    where = str(given.place)
    if given.type == "fay" and given.rho is None:
        return [Fault(where, "the replicate weights are of type fay but rho is not given, so the factor 1/(1-rho)² is"
                      " not known. Write the rho of the data's handbook, often 0.3 or 0.5.")]  # fmt: skip
    if given.type in ("jkn", "other") and given.scale is None:
        return [Fault(where, f"the replicate weights are of type {given.type} but scale is not given, and it cannot be"
                      " guessed. Write the scale of the data's handbook.")]  # fmt: skip
    return []


def _drawing_faults(plan: DesignPlan) -> list[Fault]:
    drawing = plan.drawing
    if drawing is None:
        return []
    where, found = str(drawing.place), []
    if drawing.n < 1:
        found.append(Fault(where, f"n is {drawing.n}, so nobody would be asked. Write the sample size."))
    if drawing.min_n_h < 2:
        found.append(Fault(where, f"min_n_h is {drawing.min_n_h}; with fewer than 2 units a stratum has no variance."
                           " Write 2 or more."))  # fmt: skip
    rule = drawing.allocation
    if rule and rule.rule == "neyman" and not (rule.column and rule.p):
        found.append(Fault(str(rule.place), 'the Neyman rule needs planning proportions: "column" and "p" (a proportion'
                           ' by value of that column). Add both, or write "rule: power".'))  # fmt: skip
    if rule and rule.p and any(not 0 < p < 1 for p in rule.p.values()):
        found.append(Fault(str(rule.place), "a planning proportion is not between 0 and 1. Write shares such as 0.5."))
    return found
