"""The indicators of a study, `indicators.yaml`: numerator, base and the readings of each definition.

    indicators:
      - id: PEN-01
        version: "1.0"                    # of the definition; stored with every estimate
        type: proportion                  # proportion | mean | total | ratio
        questionnaire: enterprise         # leave out for own data: fields are then columns of the file
        name: {zh: 智能应用普及率, en: Penetration of intelligent applications}
        definition: {zh: 本季度使用任一智能应用的单位占比, en: Share of units that used any intelligent application}
        numerator: "${e06_ai} = 'yes' or ${e09_agent} = 'yes' or ${e17_terminal} = 'yes'"
        where: "..."                      # optional base; without it every respondent
        dont_know: in_base                # in_base (counts as no) | out (leaves the base) | yes (upper bound)
        variants:                         # sensitivity readings of the same indicator
          - {id: dk_out, dont_know: out, name: {zh: 不计“不清楚”, en: Without "don't know"}}
          - id: no_union
            numerator: "${e06_ai} = 'yes'"
            name: {zh: 仅按直接回答, en: By the direct answer only}
        domains: [size, province]         # optional; without it the domains of design.yaml
        structural_zero:                  # optional: fields that count 0 (or "none chosen") where they were not asked
          e28_total: {zh: 未使用人工智能的单位没有此项支出, en: Units that use no AI have no such spending}
      - id: PEN-05
        version: "1.0"
        type: proportion
        size: e04_staff                   # weighted by a size: sum of w x size x y / sum of w x size
        ...
      - id: HOMES
        version: "2015"
        type: total
        numerator: "1"                    # a condition counts 1 where true
        unit: {zh: 百万户, en: million homes}
        scale: 1000000                    # printed number = estimate / scale
        decimals: 1

Order in the file is the order of publication. A condition that is unknown (blank, don't know, not reached) follows
`dont_know`; its default is in_base for proportion and total, out for mean and ratio.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from uptake.contract.errors import Fault
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar, read_yaml

FILE = "indicators.yaml"
HEADLINE = "headline"
HEADLINE_NAME = Text.of(zh="主口径", en="Headline definition")

IndicatorType = Literal["proportion", "mean", "total", "ratio"]
DontKnow = Literal["in_base", "out", "yes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another reading of an indicator: what it changes of the headline definition."""

    place: Place
    id: str
    name: Text
    numerator: Scalar | None = None
    denominator: Scalar | None = None
    where: Scalar | None = None
    dont_know: DontKnow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What is measured: numerator, base, type and domains; see the example at the top of this module."""

    place: Place
    id: str
    version: str
    type: IndicatorType
    name: Text
    definition: Text
    numerator: Scalar
    denominator: Scalar | None = None
    where: Scalar | None = None
    size: Scalar | None = None
    questionnaire: str | None = None
    dont_know: DontKnow | None = None
    variants: tuple[Variant, ...] = ()
    domains: tuple[str, ...] | None = None
    structural_zero: Mapping[str, Text] | None = None
    unit: Text | None = None
    scale: float = 1.0
    decimals: int = 1

    def expressions(self) -> tuple[Scalar, ...]:
        """Return every expression of the indicator, variants included."""
        parts = [self.numerator, self.denominator, self.where]
        parts += [part for variant in self.variants for part in (variant.numerator, variant.denominator, variant.where)]
        return tuple(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class Definition:
    """One reading to be computed: the indicator with one variant applied."""

    indicator: str
    id: str
    version: str
    name: Text
    type: IndicatorType
    numerator: Scalar
    denominator: Scalar | None
    where: Scalar | None
    size: str | None
    dont_know: DontKnow
    structural_zero: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFile:
    """The whole of `indicators.yaml`."""

    indicators: tuple[Indicator, ...]


def definitions(indicator: Indicator) -> tuple[Definition, ...]:
    """Return the headline reading of an indicator and its variants, in that order."""
    default: DontKnow = "out" if indicator.type in ("mean", "ratio") else "in_base"
    headline = Definition(
        indicator=indicator.id,
        id=HEADLINE,
        version=indicator.version,
        name=HEADLINE_NAME,
        type=indicator.type,
        numerator=indicator.numerator,
        denominator=indicator.denominator,
        where=indicator.where,
        size=indicator.size.value if indicator.size else None,
        dont_know=indicator.dont_know or default,
        structural_zero=frozenset(indicator.structural_zero or ()),
    )
    return (headline, *(_vary(headline, variant) for variant in indicator.variants))


def _vary(headline: Definition, variant: Variant) -> Definition:
    return replace(
        headline,
        id=variant.id,
        name=variant.name,
        numerator=variant.numerator or headline.numerator,
        denominator=variant.denominator or headline.denominator,
        where=variant.where or headline.where,
        dont_know=variant.dont_know or headline.dont_know,
    )


def load_indicators(study_dir: Path, *, faults: list[Fault]) -> tuple[Indicator, ...]:
    """Read and check `indicators.yaml`; what is wrong is added to `faults`.

    study_dir: the study folder. Returns the indicators in the order of publication, none when the file has a fault.
    """
    file = read_yaml(study_dir / FILE, IndicatorFile, root=study_dir, faults=faults)
    if file is None:
        return ()
    found = list(_repeated((item.id, item.place, "indicator") for item in file.indicators))
    for indicator in file.indicators:
        found += _indicator_faults(indicator)
    faults.extend(found)
    return () if found else file.indicators


def _repeated(named: Iterable[tuple[str, Place, str]]) -> Iterable[Fault]:
    first: dict[str, Place] = {}
    for name, place, what in named:
        if name in first:
            yield Fault(str(place), f'the {what} "{name}" stands on line {first[name].line} already, so its estimates'
                        " could not be told apart. Give one of them another id.")  # fmt: skip
        first.setdefault(name, place)


def _indicator_faults(indicator: Indicator) -> list[Fault]:
    where = str(indicator.place)
    ids = [(HEADLINE, indicator.place, "reading"), *((item.id, item.place, "reading") for item in indicator.variants)]
    found = list(_repeated(ids))
    if indicator.type == "ratio" and indicator.denominator is None:
        found.append(Fault(where, f'the ratio "{indicator.id}" has no denominator. Add "denominator: ...".'))
    if indicator.type != "ratio" and indicator.denominator is not None:
        found.append(Fault(where, f'"{indicator.id}" is a {indicator.type} and has a denominator; the base of a'
                           f' {indicator.type} is "where". Write "type: ratio", or move the condition.'))  # fmt: skip
    if indicator.size is not None and indicator.type != "proportion":
        found.append(Fault(where, f'"{indicator.id}" is a {indicator.type} with a "size"; only a proportion can be'
                           " weighted by size. Delete it."))  # fmt: skip
    if indicator.scale <= 0:
        found.append(Fault(where, f'the scale of "{indicator.id}" is {indicator.scale}; a number is printed divided by'
                           " it. Write 1, 1000, 1000000 ..."))  # fmt: skip
    return found + _expression_faults(indicator)


def _expression_faults(indicator: Indicator) -> list[Fault]:
    from uptake.contract.expressions import ExpressionError, parse

    found: list[Fault] = []
    for scalar in indicator.expressions():
        try:
            parse(scalar.value, scalar.place)
        except ExpressionError as error:
            found.append(error.fault)
    return found
