"""The catalogue of a study, `catalogue.yaml`: every indicator it defines, and from which instrument each is computed.

`indicators.yaml` lists what a wave estimates and prints; the catalogue lists everything, estimated or not.

    catalogue:
      - id: PEN-06
        area: all                       # all science industry consumption wellbeing governance global scale safety ...
        name: {zh: 终端智能化率, en: Share of the terminal fleet that is new-generation}
        report: {zh: …, en: …}          # how it may be reported
        measures:                       # one for each instrument: their units are never pooled
          - {id: enterprise, indicator: PEN-05}           # the one of indicators.yaml
          - id: agency
            source: agency              # a questionnaire, or a return
            type: ratio                 # proportion | mean | total | ratio
            numerator: "${g16_ai}"
            denominator: "${g16_all}"
            where: "${g32_annual}"      # optional base
            dont_know: out              # as in indicators.yaml, as are size, structural_zero, unit, scale and decimals
          - {id: cases, source: agency, roster: g11, type: ratio, numerator: "${g11_stage} = 'pilot'", denominator: "1"}
          - {id: why, source: agency, type: proportion, codes: [cost, data], numerator: "selected(${g31}, '{code}')"}
          - {id: gap, difference: [PEN-06.agency, PEN-06.enterprise]}            # of two measures; never a sum of them
          - {id: small, difference: [PEN-01.enterprise, PEN-01.enterprise], by: size, keys: ["1", "4"]}
          - {id: sections, of: PEN-01.enterprise, by: industry}                  # the same for each code of a column
          - {id: persons, external: cnnic_users}                                 # a line of external.csv
          - {id: rate, quality: response_rate_weighted}                          # an item of the table `quality`
          - id: index
            index:                      # 100 x the sum of weight x (value - low) / (high - low), each between 0 and 1
              - {measure: PEN-06.enterprise, weight: 1, low: 0, high: 1}

Expressions of a questionnaire may use its fields, the columns of the frame and `${field_last}`, the unit's answer in
the previous wave. With `roster` they are judged once a row and added up within each unit. Those of a return use its
columns (`${metric}`, `${dimension}`, `${items}`, …) and are judged once a row; a return is a census and is added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from analysis.indicators import DontKnow, Indicator, IndicatorType
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar, read_yaml

FILE = "catalogue.yaml"
SLOT = "{code}"
Area = Literal[
    "all", "science", "industry", "consumption", "wellbeing", "governance", "global", "scale", "safety", "barriers",
    "index", "quality",
]  # fmt: skip
_FORMULA = ("numerator", "denominator", "where", "size", "dont_know", "structural_zero", "roster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part of an index: a measure, its weight, and the values that count 0 and 1."""

    place: Place
    measure: Scalar
    weight: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way to compute an indicator from one instrument; see the example at the top of this module."""

    place: Place
    id: str
    indicator: Scalar | None = None
    source: Scalar | None = None
    type: IndicatorType | None = None
    numerator: Scalar | None = None
    denominator: Scalar | None = None
    where: Scalar | None = None
    size: Scalar | None = None
    dont_know: DontKnow | None = None
    structural_zero: Mapping[str, Text] | None = None
    roster: Scalar | None = None
    codes: tuple[str, ...] = ()
    difference: tuple[Scalar, ...] = ()
    of: Scalar | None = None
    by: str | None = None
    keys: tuple[str, ...] = ()
    external: str | None = None
    quality: str | None = None
    index: tuple[Component, ...] = ()
    unit: Text | None = None

    @property
    def kind(self) -> str:
        """What the measure is: formula, indicator, difference, of, external, quality or index."""
        given = [
            name for name in ("indicator", "difference", "of", "external", "quality", "index") if getattr(self, name)
        ]
        return given[0] if given else "formula"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One indicator of the catalogue."""

    place: Place
    id: str
    area: Area
    name: Text
    report: Text
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The whole of `catalogue.yaml`."""

    catalogue: tuple[Entry, ...] = field(default=())

    def measures(self) -> Iterator[tuple[str, Entry, Measure]]:
        """Give every measure with its full name, `PEN-06.agency`, in the order of the file."""
        for entry in self.catalogue:
            for measure in entry.measures:
                yield f"{entry.id}.{measure.id}", entry, measure


def load_catalogue(study_dir: Path, *, faults: list[Fault]) -> Catalogue | None:
    """Read and check `catalogue.yaml`; None where the study has none or it has faults, which are added to `faults`."""
    if not (study_dir / FILE).exists():
        return None
    file = read_yaml(study_dir / FILE, Catalogue, root=study_dir, faults=faults)
    if file is None:
        return None
    found = [
        *_repeated(file),
        *_reference_faults(file),
        *(fault for _, _, one in file.measures() for fault in _own(one)),
    ]
    faults.extend(found)
    return None if found else file


def formulas(name: str, entry: Entry, measure: Measure) -> tuple[Indicator, ...]:
    """Return a formula as indicators: one, or one for each of its codes (`BR-01.agency.cost`)."""
    assert measure.numerator is not None
    assert measure.type is not None
    assert measure.source is not None
    one = Indicator(
        place=measure.place,
        id=name,
        version="1",
        type=measure.type,
        name=entry.name,
        definition=entry.report,
        numerator=measure.numerator,
        denominator=measure.denominator,
        where=measure.where,
        size=measure.size,
        questionnaire=measure.source.value,
        dont_know=measure.dont_know,
        structural_zero=measure.structural_zero,
    )
    if not measure.codes:
        return (one,)
    return tuple(replace(one, id=f"{name}.{code}", numerator=_coded(measure.numerator, code)) for code in measure.codes)


def _coded(scalar: Scalar, code: str) -> Scalar:
    return Scalar(scalar.value.replace(SLOT, code), scalar.place)


def _repeated(file: Catalogue) -> Iterator[Fault]:
    first: dict[str, Place] = {}
    for name, place in [
        *((entry.id, entry.place) for entry in file.catalogue),
        *((name, measure.place) for name, _, measure in file.measures()),
    ]:
        if name in first:
            yield Fault(str(place), f'"{name}" stands on line {first[name].line} already, so its values could not be'
                        " told apart. Give one of them another id.")  # fmt: skip
        first.setdefault(name, place)


def _reference_faults(file: Catalogue) -> Iterator[Fault]:
    known: set[str] = set()
    for name, _, measure in file.measures():
        parts = [part.measure for part in measure.index]
        for scalar in (*measure.difference, *([measure.of] if measure.of else []), *parts):
            if scalar.value not in known:
                yield Fault(str(scalar.place), f'"{name}" is made from "{scalar.value}", which is no measure before'
                            f" it.{did_you_mean(scalar.value, known)}")  # fmt: skip
        known.add(name)


def _own(measure: Measure) -> Iterator[Fault]:
    where, kind = str(measure.place), measure.kind
    if kind == "formula":
        lacking = [key for key in ("source", "type", "numerator") if getattr(measure, key) is None]
        if lacking:
            yield Fault(where, f'the measure "{measure.id}" lacks {" and ".join(lacking)}, so it cannot be computed.'
                        " Add it.")  # fmt: skip
        if (measure.type == "ratio") != (measure.denominator is not None):
            yield Fault(where, f'the measure "{measure.id}" must have a denominator if it is a ratio, and only then.'
                        " Add or delete it.")  # fmt: skip
        slotted = measure.numerator is not None and SLOT in measure.numerator.value
        if slotted != bool(measure.codes):
            yield Fault(where, f'the measure "{measure.id}" must have both "codes" and {SLOT} in its numerator, or'
                        " neither. Write the other one.")  # fmt: skip
        return
    extra = [key for key in ("source", "type", *_FORMULA, "codes") if getattr(measure, key)]
    if extra:
        yield Fault(where, f'the measure "{measure.id}" is given by "{kind}", so "{extra[0]}" would be lost. Delete one'
                    " of them.")  # fmt: skip
    if measure.difference and len(measure.difference) != 2:
        yield Fault(where, f'the measure "{measure.id}" is a difference of {len(measure.difference)}; it needs two.')
    if bool(measure.by) != (kind == "of" or bool(measure.keys)):
        yield Fault(where, f'the measure "{measure.id}" needs "by" to say whose codes are meant, and only then.')
    if measure.index and abs(sum(part.weight for part in measure.index) - 1) > 1e-9:
        yield Fault(where, f'the weights of the index "{measure.id}" do not add up to 1. Correct them.')
