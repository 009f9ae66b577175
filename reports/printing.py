"""Turn cells of the tables into printed numbers, each with its trace, by the measure of its indicator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from reports.brief import Brief, Language, Measure
from reports.charts import Row
from reports.numbers import count, exact, interval, percent, rate_decimals, show, three_figures
from reports.rules import DEFINITIONS
from reports.tables import HEADLINE, Assessment, Cell, Labels
from reports.trace import Shown, Source, given
from reports.words import say, spaced


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints the cells of one brief in one language."""

    brief: Brief
    labels: Labels
    lang: Language

    def measure(self, cell: Cell) -> Measure:
        """Return how the cell's indicator is printed."""
        return self.brief.measure(cell.indicator)

    def formatter(self, cells: Sequence[Cell]) -> Callable[[float], str]:
        """Return the one way the numbers of a figure are printed, so that a column keeps its decimals.

        All cells are of indicators with the same measure; the smallest effective sample decides the decimals.
        """
        measure = self.measure(cells[0])
        if measure.kind == "rate":
            n_eff = [cell.n_eff for cell in cells if cell.shown and cell.n_eff is not None]
            decimals = rate_decimals(min(n_eff, default=None)) if measure.decimals is None else measure.decimals
            return lambda value: percent(value, decimals)
        if measure.decimals is None:
            return lambda value: _amount(exact(value) / measure.scale)
        places = measure.decimals
        return lambda value: show(exact(value) / measure.scale, places)

    def value(self, cell: Cell, form: Callable[[float], str]) -> Shown | None:
        """Return the printed estimate of a cell, or None where nothing may be shown."""
        return None if cell.estimate is None else Shown(form(cell.estimate), (_source(cell, "estimate"),))

    def interval(self, cell: Cell, form: Callable[[float], str]) -> Shown | None:
        """Return the printed interval of a cell, or None where there is none."""
        if not cell.has_interval or cell.ci_low is None or cell.ci_high is None:
            return None
        text = interval(form(cell.ci_low), form(cell.ci_high), self.lang)
        return Shown(text, (_source(cell, "ci_low"), _source(cell, "ci_high")))

    def with_unit(self, number: Shown, cell: Cell) -> Markup:
        """Return a printed number followed by its unit, as sentences need it."""
        measure = self.measure(cell)
        if measure.kind == "rate":
            return Markup("{}").format(Shown(number.text + "%", number.sources))
        unit = self.unit(cell)
        if self.lang == "zh":
            return Markup("{}{}").format(spaced(Markup("{}").format(number), before="", after=unit), given(unit))
        return Markup("{} {}").format(number, given(unit))

    def unit(self, cell: Cell) -> str:
        """Return the unit that the heading of a figure names."""
        measure = self.measure(cell)
        return "%" if measure.unit is None else measure.unit[self.lang]

    def axis(self, cell: Cell, value: float) -> float:
        """Return a value as a place on the axis of its figure."""
        measure = self.measure(cell)
        return value * 100 if measure.kind == "rate" else value / float(measure.scale)

    def level(self, cell: Cell) -> Shown:
        """Return the printed confidence level of a cell's interval."""
        return Shown(bare_percent(cell.conf_level or 0) + "%", (_source(cell, "conf_level"),))

    def indicator(self, cell: Cell) -> str:
        """Return the name of the cell's indicator."""
        return self.labels.name("indicator", cell.indicator, self.lang)

    def reading(self, cell: Cell) -> str:
        """Return the name of an indicator, or of the variant of its definition."""
        if cell.definition == HEADLINE:
            return self.indicator(cell)
        return f"{self.indicator(cell)}{'：' if self.lang == 'zh' else ': '}{self.variant(cell)}"

    def variant(self, cell: Cell) -> str:
        """Return the name of a variant of a definition: the study's, else ours, else its code."""
        own = f"{cell.indicator}/{cell.definition}"
        name = self.labels.name("definition", own, self.lang)
        if name == own:
            name = self.labels.name("definition", cell.definition, self.lang)
        if name == cell.definition and cell.definition in DEFINITIONS:
            return DEFINITIONS[cell.definition][self.lang]
        return name

    def withheld(self, cell: Cell) -> Markup:
        """Return the words that stand where a cell is not published."""
        if cell.confidential:
            return say("figure.withheld.c", self.lang)
        return say("figure.withheld.x" if cell.status == "suppress" else "figure.empty", self.lang)

    def row(self, cell: Cell, label: str, form: Callable[[float], str], *, strong: bool = False) -> Row:
        """Return a cell as a row of a chart; a suppressed cell brings its words and no number."""
        if cell.estimate is None:
            mark = "c" if cell.confidential else "x" if cell.status == "suppress" else ""
            return Row(label, None, None, None, None, None, mark, str(self.withheld(cell)), strong)
        ends = [None if end is None else self.axis(cell, end) for end in (cell.ci_low, cell.ci_high)]
        return Row(label, self.axis(cell, cell.estimate), ends[0], ends[1], self.value(cell, form),
                   self.interval(cell, form), mark_of(cell), "", strong)  # fmt: skip

    def assessed(self, target: Assessment, column: str, form: Callable[[float], str]) -> Shown | None:
        """Return a printed number of an assessment, or None where the table has none."""
        value = target.number(column)
        return None if value is None else Shown(form(value), (Source("assessments", target.row, column),))

    def assessed_interval(
        self, target: Assessment, columns: tuple[str, str], form: Callable[[float], str]
    ) -> Shown | None:
        """Return a printed interval of an assessment, such as that of the units still lacking."""
        low, high = (target.number(column) for column in columns)
        if low is None or high is None:
            return None
        sources = tuple(Source("assessments", target.row, column) for column in columns)
        return Shown(interval(form(low), form(high), self.lang), sources)


def mark_of(cell: Cell) -> str:
    """Return the bracketed letter of a cell: u use with caution, x not published, c confidential."""
    if cell.confidential:
        return "c"
    return {"caution": "u", "suppress": "x"}.get(cell.status, "")


def _amount(value: Decimal) -> str:
    rounded = three_figures(value)
    exponent = rounded.as_tuple().exponent
    return (
        count(value)
        if abs(value) >= 100
        else show(rounded, -exponent if isinstance(exponent, int) and exponent < 0 else 0)
    )


def _source(cell: Cell, column: str) -> Source:
    return Source("estimates", cell.row, column)


def integer(number: int, *sources: Source) -> Shown:
    """Return a printed exact count."""
    return Shown(f"{number:,}", sources)


def bare_percent(value: float) -> str:
    """Print a fraction as per cent with as many decimals as it needs, at most one: a target is 70 or 72.5."""
    text = percent(value, 1)
    return text.removesuffix(".0")
