"""What a brief contains: the model of briefs/*.yaml and what a rendering needs besides the tables.

A complete `briefs/national.yaml` (`id` is the stem of the file name and of the PDF: `national-zh.pdf`):

    id: national
    type: national                       # national: 2-4 pages, one headline indicator; tables: 1-2 pages, any figures
    editions: [zh, en]
    title: {zh: “人工智能+”行动统计简报, en: AI Plus Initiative Statistical Brief}
    population: {zh: 企业, en: enterprises}              # the units that are counted, as the sentences name them
    counted: {zh: 家企业, en: enterprises}               # the same after a number; Chinese needs its measure word
    headline: PEN-01                                     # the indicator of the first page
    readings: [PEN-01, PEN-02, PEN-03, PEN-04, PEN-05]   # the range of definitions, printed beside the headline
    depth: [DEP-01]                                      # rates that stand beside the headline, not readings of it
    domains:                                             # one figure each, rows in the order of the labels table
      - {by: size, title: {zh: 按单位规模, en: By size of enterprise}}
      - {by: province, title: {zh: 按省(自治区、直辖市), en: By province}}
      - {by: industry, title: {zh: 按行业门类, en: By industry}}
    notes:
      - {zh: 普及率指至少使用一类应用的企业比重。, en: Penetration is the share of all enterprises.}

A brief of totals (`briefs/tables.yaml`) says how its indicators are printed; rates are the default:

    id: tables
    type: tables
    title: {zh: 住宅能源消费调查简报, en: Residential energy brief}
    population: {zh: 住户, en: homes}
    counted: {zh: 户, en: homes}
    headline: homes
    measures:
      homes: {kind: total, scale: 1000000, decimals: 1, unit: {zh: 百万户, en: million homes}}
      homes_ac: {kind: total, scale: 1000000, decimals: 1, unit: {zh: 百万户, en: million homes}}
    depth: [homes_ac]
    domains:
      - {by: region, title: {zh: 按地区, en: By region}}
      - {by: region, indicator: homes_ac, title: {zh: 使用空调的住户, en: Homes using air conditioning}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from uptake.contract.errors import Fault
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, read_yaml

if TYPE_CHECKING:
    from pandas import DataFrame

Language = Literal["zh", "en"]
PAGES = {"national": (2, 4), "tables": (1, 2)}


@dataclass(frozen=True, slots=True)
class Measure:
    """How the estimates of one indicator are printed: a rate in per cent, or an amount divided by `scale`."""

    kind: Literal["rate", "total", "mean", "ratio"] = "rate"
    scale: Decimal = Decimal(1)
    decimals: int | None = None
    unit: Text | None = None


@dataclass(frozen=True, slots=True)
class DomainFigure:
    """One figure of a brief: an indicator (the headline when none is named) by one kind of domain."""

    by: str
    place: Place
    indicator: str | None = None
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """One file of briefs/: which indicators stand where, in which languages."""

    id: str
    place: Place
    title: Text
    population: Text
    headline: str
    type: Literal["national", "tables"] = "national"
    editions: tuple[Language, ...] = ("zh", "en")
    subtitle: Text | None = None
    counted: Text | None = None
    readings: tuple[str, ...] = ()
    depth: tuple[str, ...] = ()
    domains: tuple[DomainFigure, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()

    def measure(self, indicator: str) -> Measure:
        """Return how an indicator is printed; a rate unless `measures` says otherwise."""
        return self.measures.get(indicator, Measure())

    def counting(self, lang: Language) -> str:
        """Return the units as they stand after a number: `counted`, else 个 and the population in Chinese."""
        if self.counted is not None:
            return self.counted[lang]
        return f"个{self.population[lang]}" if lang == "zh" else self.population[lang]

    def indicators(self) -> tuple[str, ...]:
        """Return every indicator the brief names, each once, in the order of the page."""
        named = (self.headline, *self.readings, *self.depth, *(d.indicator for d in self.domains if d.indicator))
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class BriefTables:
    """The tables of one wave that a brief is printed from, as the contract describes them."""

    estimates: DataFrame
    assessments: DataFrame
    quality: DataFrame
    labels: DataFrame


@dataclass(frozen=True, slots=True)
class BriefContext:
    """What is printed on a brief besides its tables.

    study: the name of the study; wave: its id (`2026Q4`); reference_period: what the answers are about;
    released: ISO date, also the date inside the PDF; source: who publishes; legal_header: label and value lines of
    the statistical form; methods: sentences on design, weights and variance; illustrative: True prints the mark
    "illustrative data" on every page; coverage: what the population leaves out; digests: name -> digest of inputs,
    code and definitions for the box "reproduce this brief"; command: the line that makes the brief again.
    """

    study: Text
    wave: str
    reference_period: Text
    released: str
    source: Text
    legal_header: tuple[Text, ...] = ()
    methods: tuple[Text, ...] = ()
    coverage: Text | None = None
    illustrative: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)
    command: str = ""


def load_briefs(study_dir: Path, *, faults: list[Fault]) -> tuple[Brief, ...]:
    """Read every `briefs/*.yaml` of a study; what is wrong is added to `faults` with file and line."""
    found = []
    for path in sorted((study_dir / "briefs").glob("*.yaml")):
        brief = read_yaml(path, Brief, root=study_dir, faults=faults)
        if brief is None:
            continue
        wrong = _brief_faults(brief, path.stem)
        faults.extend(wrong)
        if not wrong:
            found.append(brief)
    return tuple(found)


def _brief_faults(brief: Brief, stem: str) -> list[Fault]:
    where, wrong = str(brief.place), []
    if brief.id != stem:
        wrong.append(Fault(where, f'the id "{brief.id}" differs from the file name "{stem}.yaml", and releases are'
                                  f" named after it. Write `id: {stem}` or rename the file."))  # fmt: skip
    if not brief.editions:
        wrong.append(Fault(where, "the brief has no edition, so nothing would be printed. Write `editions: [zh, en]`."))
    if brief.readings and brief.headline not in brief.readings:
        wrong.append(Fault(where, f'the headline "{brief.headline}" is not among the readings, so the range of'
                                  f" definitions would leave it out. Add {brief.headline} to `readings`."))  # fmt: skip
    for name, measure in brief.measures.items():
        wrong.extend(_measure_faults(where, name, measure))
    return wrong


def _measure_faults(where: str, name: str, measure: Measure) -> list[Fault]:
    wrong = []
    if measure.scale <= 0:
        wrong.append(Fault(where, f'measure "{name}" has scale {measure.scale}; amounts are divided by it,'
                                  " so it must be above 0. Write for example 1000000."))  # fmt: skip
    if measure.kind != "rate" and measure.unit is None:
        wrong.append(Fault(where, f'measure "{name}" is a {measure.kind} without a unit, so its numbers would mean'
                                  " nothing to a reader. Add `unit: {zh: ..., en: ...}`."))  # fmt: skip
    if measure.kind == "rate" and measure.unit is not None:
        wrong.append(Fault(where, f'measure "{name}" is a rate, which is printed in per cent, yet it has a unit.'
                                  " Remove the unit or change the kind."))  # fmt: skip
    if measure.decimals is not None and not 0 <= measure.decimals <= 6:
        wrong.append(
            Fault(where, f'measure "{name}" asks for {measure.decimals} decimals. Write a number from 0 to 6.')
        )
    return wrong
