"""How the sample was drawn, as frozen values: strata, clusters, population counts, replicate weights, post-strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.pps import Pps
from analysis.replicate_factors import ReplicateFactors
from uptake.contract.errors import DesignError

LonelyRule = Literal["fail", "certainty", "remove", "adjust", "average", "collapse"]
DegreesRule = Literal["domain", "strata", "design"]
ReplicateType = Literal["BRR", "Fay", "JK1", "JKn", "bootstrap", "SDR", "other"]
_LONELY = ("fail", "certainty", "remove", "adjust", "average", "collapse")
_DEGREES = ("domain", "strata", "design")
_TYPES = ("BRR", "Fay", "JK1", "JKn", "bootstrap", "SDR", "other")


Columns = str | tuple[str, ...] | None  # one name, or a tuple of names, one a stage


@dataclass(frozen=True, slots=True)
class Expr:
    """A named SQL expression over the columns of the data; NULL means the answer is missing."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class ReplicateWeights:
    """Replicate weights that came with the data: V = scale * sum_r rscales_r (theta_r - centre)^2.

    Named by `columns`, or `prefix` takes every column `<prefix><number>` in the order of the numbers.
    `combined` False means factors to be multiplied with the weight. `mse` True centres at the full-sample estimate,
    False at the mean of the replicates. `df` overrides the rank of the replicate weights minus one.
    """

    type: ReplicateType
    columns: tuple[str, ...] = ()
    prefix: str = ""
    scale: float | None = None
    rscales: tuple[float, ...] = ()
    rho: float | None = None
    mse: bool = True
    combined: bool = True
    df: float | None = None

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise DesignError(
                f'replicate weights are of type "{self.type}", which is not known - choose one of {", ".join(_TYPES)}.',
                code="REPLICATE_TYPE",
            )
        if self.type == "Fay" and self.rho is None:
            raise DesignError(
                "replicate weights are of type Fay but rho is not given - the variance is divided by (1 - rho)^2 and "
                "cannot be computed; state rho (the data's documentation names it, often 0.3 or 0.5).",
                code="FAY_RHO_MISSING",
            )
        if self.rho is not None and not 0 <= self.rho < 1:
            raise DesignError(f"rho is {self.rho} - it must be at least 0 and below 1.", code="FAY_RHO_RANGE")
        if not self.columns and not self.prefix:
            raise DesignError("replicate weights name neither columns nor a prefix.", code="REPLICATE_COLUMNS")
        if self.type in ("JKn", "other") and self.scale is None:
            raise DesignError(
                f"replicate weights of type {self.type} need their scale (and rscales) - it is part of the file's "
                "documentation and cannot be guessed.",
                code="REPLICATE_SCALE",
            )

    def coefficient(self, replicates: int) -> float:
        """Return the factor in front of the sum of squares for this many replicates."""
        if self.scale is not None:
            return self.scale
        return {
            "BRR": 1 / replicates,
            "Fay": 1 / (replicates * (1 - (self.rho or 0.0)) ** 2),
            "JK1": (replicates - 1) / replicates,
            "SDR": 4 / replicates,
            "bootstrap": 1 / max(replicates - 1, 1),
        }[self.type]


@dataclass(frozen=True, slots=True)
class PostStrata:
    """Cells whose weights were fitted to known totals; `weight_before` is the weight column as it was before."""

    cell: str | tuple[str, ...]
    weight_before: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that form a cell."""
        return (self.cell,) if isinstance(self.cell, str) else self.cell


@dataclass(frozen=True, slots=True)
class SurveyDesign:
    """The sample design that a variance follows from; column names only, no data.

    `psu` names the unit drawn first, `ssu` the one drawn within it (a tuple where there are more stages; `psu` may also
    hold all ids as a tuple); an id is read within the unit above. `strata` is one column, or one a stage: a later one
    divides each unit of the stage before. `fpc` holds, a stage, the population count or the sampling fraction; stages
    without one are not used in the variance. Without `weights` they are the product over stages of N/n from `fpc`, or
    one over `probabilities`. `weight_scale` declares the power of two of the fixed-point weights (weight = units /
    scale); without it the smallest weight keeps a relative precision of 1e-11.

    `lonely_psu` says what a stratum with one sampled unit out of more does: fail, certainty or remove (adds nothing),
    adjust (measured from the mean of all units), average (the average of the others), collapse (joins a neighbour).
    `adjust_domain_lonely` lets adjust and average treat strata so that keep one unit in a domain. `pps` is for samples
    with unequal probabilities without replacement, which `fpc` or `probabilities` then holds. `degrees` is the rule of
    a domain's degrees of freedom: PSUs less strata with rows of the domain ("domain", as R), all PSUs of those strata
    ("strata", as Stata), or the whole "design" (as SAS).
    """

    weights: str | None = None
    strata: Columns = None
    psu: Columns = None
    ssu: Columns = None
    fpc: Columns = None
    nest: bool = True
    lonely_psu: LonelyRule = "fail"
    replicates: ReplicateWeights | ReplicateFactors | None = None
    poststrata: PostStrata | None = None
    probabilities: str | None = None
    weight_scale: int | None = None
    unit_id: str | None = None
    wave: str | None = None
    pps: Pps | None = None
    adjust_domain_lonely: bool = False
    degrees: DegreesRule = "domain"

    def __post_init__(self) -> None:
        if self.weights is not None and self.probabilities is not None:
            raise DesignError(
                f'both a weight ("{self.weights}") and a selection probability ("{self.probabilities}") are given - '
                "they may disagree; name only one of them.",
                code="WEIGHT_AND_PROB",
            )
        if self.weights is None and self.probabilities is None and not self.stage_fpc:
            raise DesignError(
                "no weights are named, and neither fpc nor probabilities from which they follow - "
                "name the weight column.",
                code="NO_WEIGHTS",
            )
        if self.lonely_psu not in _LONELY:
            raise DesignError(
                f'lonely_psu is "{self.lonely_psu}" - choose one of {", ".join(_LONELY)}.', code="LONELY_RULE"
            )
        if self.degrees not in _DEGREES:
            raise DesignError(
                f'degrees is "{self.degrees}" - choose one of {", ".join(_DEGREES)}.', code="DEGREES_RULE"
            )
        if self.ssu is not None and self.psu is None:
            raise DesignError("ssu is named without psu - a second stage needs a first one.", code="SSU_WITHOUT_PSU")
        self._check_stages()

    def _check_stages(self) -> None:
        stages = max(len(self.ids), 1)
        if len(self.stage_fpc) > stages:
            raise DesignError(
                f"fpc names {len(self.stage_fpc)} stages but the design names {stages} - "
                "give psu and ssu for two stages.",
                code="FPC_STAGES",
            )
        self._check_pps(stages)
        if len(_names(self.strata)) > stages:
            raise DesignError(
                f"strata names {len(_names(self.strata))} stages but the design names {stages} - a tuple holds one "
                "column a stage; cross the columns to one, or name the ids of the later stages.",
                code="STRATA_STAGES",
            )
        scale = self.weight_scale
        if scale is not None and (scale < 1 or scale & (scale - 1)):
            raise DesignError(
                f"weight_scale is {scale} - it must be a power of two, or weights could not be exact.",
                code="WEIGHT_SCALE",
            )

    def _check_pps(self, stages: int) -> None:
        if self.pps is None or self.pps.method == "joint":
            return
        if not self.stage_fpc and self.probabilities is None:
            raise DesignError(
                f"pps is {self.pps.method} but no inclusion probabilities are named - the variance is made of them; "
                "name their column as fpc or probabilities.",
                code="PPS_NO_PROBABILITY",
            )
        if self.pps.method != "brewer" and len(self.stages) > 1:
            raise DesignError(
                f"pps is {self.pps.method} and the design has {stages} stages with an fpc - this method knows one; "
                "use brewer, or give the fpc of the first stage only.",
                code="PPS_STAGES",
            )

    @property
    def ids(self) -> tuple[str, ...]:
        """The id columns of all stages that are named, the first stage first."""
        return (*_names(self.psu), *_names(self.ssu))

    @property
    def stage_strata(self) -> tuple[str | None, ...]:
        """The stratum column of each stage (at least one stage), None where a stage has none."""
        named = _names(self.strata)
        return (*named, *(None for _ in range(max(len(self.ids), 1) - len(named))))

    @property
    def stage_fpc(self) -> tuple[str, ...]:
        """The FPC columns by stage."""
        return _names(self.fpc)

    @property
    def stages(self) -> tuple[str, ...]:
        """The id columns that enter the variance: the first stage, and later ones as long as an FPC is given."""
        return self.ids[: max(len(self.stage_fpc), 1)]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the design names (replicate columns aside)."""
        names = (self.weights, self.probabilities, *self.stage_strata, *self.ids, *self.stage_fpc)
        cells = self.poststrata.columns if self.poststrata else ()
        return tuple(name for name in (*names, *cells) if name is not None)


def _names(columns: Columns) -> tuple[str, ...]:
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else tuple(columns)
