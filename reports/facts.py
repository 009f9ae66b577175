"""What every part of a brief's page reads: the printer, the cells, the targets of the headline and the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.brief import BriefContext
from reports.numbers import exact, interval, show
from reports.printing import Printer, bare_percent
from reports.tables import NATIONAL, Assessment, Cell, national, reading_keys
from reports.trace import Shown, Source, given

if TYPE_CHECKING:
    from pandas import DataFrame

MARKS = {"above": "▲", "below": "▼", "cannot_tell": "◆", "depends_on_definition": "◇", "not_due": "–"}
DASH = Markup("–")


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables of a brief, read and ready to be printed in one language."""

    ink: Printer
    cells: tuple[Cell, ...]
    targets: tuple[Assessment, ...]
    quality: DataFrame
    context: BriefContext

    @property
    def lang(self) -> str:
        """The language of the edition."""
        return self.ink.lang

    @property
    def counted(self) -> Markup:
        """The units as sentences name them after a number."""
        return given(self.ink.brief.counting(self.ink.lang))

    @property
    def head(self) -> Cell:
        """The national cell of the headline indicator; `check_brief` has made sure that it is there."""
        cell = national(self.cells, self.ink.brief.headline)
        assert cell is not None
        return cell

    @property
    def target(self) -> Assessment | None:
        """The target that decides first, the one the first line may speak of."""
        return min(self.targets, key=lambda target: target.deciding_wave, default=None)


def html(shown: Shown) -> Markup:
    """Return a printed number as HTML with its trace."""
    return Markup("{}").format(shown)


def target_name(facts: Facts, target: Assessment) -> Shown:
    """Return a target as sentences name it: its value in per cent."""
    value = target.numbers["target_value"]
    return Shown(bare_percent(value) + "%", (Source("assessments", target.row, "target_value"),))


def one_sided_level(facts: Facts, target: Assessment) -> Shown | str:
    """Return the level of the one-sided bounds."""
    return facts.ink.assessed(target, "one_sided_level", lambda value: bare_percent(value) + "%") or ""


def bounds(facts: Facts, target: Assessment) -> Shown | Markup:
    """Return the two one-sided bounds a verdict rests on."""
    form = facts.ink.formatter([facts.head])
    return facts.ink.assessed_interval(target, ("lower_bound", "upper_bound"), form) or DASH


def pace(facts: Facts, target: Assessment) -> tuple[Shown, Shown] | None:
    """Return the points a year a target needs, and the interval that follows from that of the level.

    The pace is (target - level) / years; years come from the pace itself, its ends from the ends of the level.
    """
    cell, shown = facts.head, facts.ink.assessed(target, "required_per_year", points)
    value, required = target.number("target_value"), target.number("required_per_year")
    if shown is None or value is None or not required or cell.estimate is None or value == cell.estimate:
        return None
    if cell.ci_low is None or cell.ci_high is None:
        return None
    years = (exact(value) - exact(cell.estimate)) / exact(required)
    low, high = ((exact(value) - exact(end)) / years for end in (cell.ci_high, cell.ci_low))
    sources = (Source("assessments", target.row, "required_per_year"), Source("estimates", cell.row, "ci_low"),
               Source("estimates", cell.row, "ci_high"))  # fmt: skip
    return shown, Shown(interval(points(low), points(high), facts.lang), sources)


def points(value: object) -> str:
    """Print a fraction as percentage points with one decimal."""
    return show(exact(value) * 100, 1)


def range_is_open(facts: Facts, target: Assessment) -> bool:
    """Tell whether the range over definitions may be printed: no end of it is the value of a suppressed reading."""
    inside = (cell for cell in facts.cells if (cell.domain_by, cell.domain_key) == NATIONAL and not cell.shown)
    closed = {key for cell in inside for key in reading_keys(cell.indicator, cell.definition)}
    return closed.isdisjoint(target.names.values())


def range_names(facts: Facts, target: Assessment) -> tuple[Markup, Markup]:
    """Return the names of the readings that give the lowest and the highest estimate."""
    ends = ("range_low_definition", "range_high_definition")
    low, high = (given(_reading_name(facts, target.names[end])) for end in ends)
    return low, high


def _reading_name(facts: Facts, key: str) -> str:
    for cell in facts.cells:
        if key in reading_keys(cell.indicator, cell.definition):
            return facts.ink.reading(cell)
    found = facts.ink.labels.name("definition", key, facts.lang)
    return found if found != key else facts.ink.labels.name("indicator", key, facts.lang)
