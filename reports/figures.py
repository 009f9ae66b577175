"""Build the figures of a brief: which cells stand in which rows, with title, subtitle, chart and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.brief import DomainFigure
from reports.charts import Chart, Line, Row, chart_height, dot_whisker, nice_ticks, wrap
from reports.numbers import is_number
from reports.printing import Printer, bare_percent, mark_of
from reports.tables import HEADLINE, NATIONAL, Assessment, Cell, by_domain, national, pick, reading_keys
from reports.trace import given, trace_of
from reports.words import plain, say, wave_name

WIDE, NARROW = 680.0, 328.0  # px: the text width of the page, and one of two columns
ROOM = 960.0  # px: the text height of the page, less what an estimate of heights may be wrong by


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as the template prints it; `height` in px serves to share out the columns."""

    number: Markup
    title: Markup
    subtitle: Markup
    svg: Markup
    notes: tuple[Markup, ...]
    height: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """The rows of a figure to be drawn, with what its chart needs besides."""

    title: Markup
    subtitle: Markup
    cells: tuple[Cell, ...]
    rows: tuple[Row, ...]
    width: float
    targets: tuple[Assessment, ...] = ()
    band: Cell | None = None
    notes: tuple[Markup, ...] = ()


def readings_figure(ink: Printer, cells: Sequence[Cell], targets: tuple[Assessment, ...], *, number: int, wave: str,
                    width: float = WIDE) -> Figure | None:  # fmt: skip
    """Return the range of definitions: each reading, below it its variants (the headline's, and ends of the range)."""
    brief, ends = ink.brief, range_ends(cells, targets)
    found = []
    for name in dict.fromkeys((*brief.readings, *(cell.indicator for cell in ends))):
        whole = pick(cells, name, domain_by="all", domain_key="all")
        found += [cell for cell in whole if cell.definition == HEADLINE and name in brief.readings]
        found += [cell for cell in whole if cell.definition != HEADLINE and (name == brief.headline or cell in ends)]
    if not brief.readings or not found:
        return None
    form = ink.formatter(found)
    rows = tuple(ink.row(cell, _reading_label(ink, cell), form, strong=_is_headline(ink, cell)) for cell in found)
    sub = say("figure.readings.sub", ink.lang, wave=wave_name(wave, ink.lang), level=ink.level(found[0]),
              unit=given(ink.unit(found[0])))  # fmt: skip
    plan = _Plan(say("figure.readings", ink.lang), sub, tuple(found), rows, width, targets)
    return _figure(ink, plan, number)


def range_ends(cells: Sequence[Cell], targets: Sequence[Assessment]) -> tuple[Cell, ...]:
    """Return the national cells that give the ends of the range over definitions, so that the range can be seen."""
    ends = {name for target in targets for name in target.names.values()}
    return tuple(cell for cell in cells if (cell.domain_by, cell.domain_key) == NATIONAL
                 and not ends.isdisjoint(reading_keys(cell.indicator, cell.definition)))  # fmt: skip


def _is_headline(ink: Printer, cell: Cell) -> bool:
    return cell.indicator == ink.brief.headline and cell.definition == HEADLINE


def _reading_label(ink: Printer, cell: Cell) -> str:
    if _is_headline(ink, cell):
        return plain(say("reading.headline", ink.lang, indicator=ink.indicator(cell)))
    if cell.definition != HEADLINE and cell.indicator in ink.brief.readings:
        return plain(say("reading.variant", ink.lang, variant=ink.variant(cell)))
    return ink.reading(cell)


def depth_figures(ink: Printer, cells: Sequence[Cell], *, number: int, wave: str, width: float) -> tuple[Figure, ...]:
    """Return the indicators that stand beside the headline, one figure for each way of printing.

    A brief without readings also shows the headline, as the first row of its own figure.
    """
    brief = ink.brief
    names = brief.depth if brief.readings else (brief.headline, *brief.depth)
    found = [cell for name in names if (cell := national(cells, name))]
    measures = [ink.measure(cell) for cell in found]
    unlike = [measure for place, measure in enumerate(measures) if measure not in measures[:place]]
    groups = [tuple(cell for cell in found if ink.measure(cell) == measure) for measure in unlike]
    if not brief.depth:
        return ()
    return tuple(_depth_figure(ink, group, number=number + k, wave=wave, width=width) for k, group in enumerate(groups))


def _depth_figure(ink: Printer, found: tuple[Cell, ...], *, number: int, wave: str, width: float) -> Figure:
    form = ink.formatter(found)
    rows = tuple(ink.row(cell, ink.indicator(cell), form) for cell in found)
    sub = say("figure.depth.sub", ink.lang, wave=wave_name(wave, ink.lang), level=ink.level(found[0]),
              unit=given(ink.unit(found[0])))  # fmt: skip
    title = say("figure.depth" if ink.brief.readings else "figure.depth.tables", ink.lang)
    return _figure(ink, _Plan(title, sub, found, rows, width), number)


def domain_figure(ink: Printer, cells: Sequence[Cell], spec: DomainFigure, *, number: int, wave: str,
                  has_target: bool, width: float = NARROW) -> Figure:  # fmt: skip
    """Return one indicator by one kind of domain, in the order of the labels, beside the national interval."""
    indicator = spec.indicator or ink.brief.headline
    found = by_domain(cells, indicator, spec.by, ink.labels)
    form = ink.formatter(found)
    rows = tuple(ink.row(cell, ink.labels.name("domain_key", f"{spec.by}/{cell.domain_key}", ink.lang), form)
                 for cell in found)  # fmt: skip
    whole = national(cells, indicator)
    band = whole if whole and whole.has_interval and ink.measure(found[0]).kind != "total" else None
    name = ink.labels.name("domain_by", spec.by, ink.lang)
    title = given(spec.title[ink.lang]) if spec.title else say(
        "figure.domain", ink.lang, indicator=given(ink.indicator(found[0])), domain=given(name))  # fmt: skip
    sub = say("figure.domain.sub", ink.lang, indicator=given(ink.indicator(found[0])), wave=wave_name(wave, ink.lang),
              level=ink.level(found[0]), unit=given(ink.unit(found[0])))  # fmt: skip
    notes = (say("figure.no_target", ink.lang),) if has_target else ()
    return _figure(ink, _Plan(title, sub, found, rows, width, band=band, notes=notes), number)


def _figure(ink: Printer, plan: _Plan, number: int) -> Figure:
    lang = ink.lang
    chart = Chart(
        rows=plan.rows, alt=_alt(ink, plan), head_value=str(say("figure.head.estimate", lang)),
        head_interval=say("figure.head.interval", lang, level=ink.level(plan.cells[0])), width=plan.width,
        lines=_lines(ink, plan), band=_band(ink, plan), high=_axis_end(ink, plan),
    )  # fmt: skip
    notes, label = _notes(ink, plan), given(say("figure", lang, number=str(number)))
    texts = ((f"{plain(label)} {plain(plan.title)}", 13.6), (plain(plan.subtitle), 10.0),
             (" ".join(plain(note) for note in notes), 9.2))  # fmt: skip
    high = sum(_lines_high(text, plan.width, size) for text, size in texts) + chart_height(chart, lang) + 22
    return Figure(label, plan.title, plan.subtitle, dot_whisker(chart, lang), notes, high)


def _lines_high(text: str, width: float, size: float) -> float:
    """Return about how high a text set in lines of a width is, in px."""
    return len(wrap(text, width, size)) * size * 1.42


def _axis_end(ink: Printer, plan: _Plan) -> float:
    if ink.measure(plan.cells[0]).kind == "rate":
        return 100.0
    ends = [end for row in plan.rows for end in (row.estimate, row.high) if is_number(end)]
    return nice_ticks(max([float(end) for end in ends if end is not None], default=1.0))[-1]


def _band(ink: Printer, plan: _Plan) -> tuple[float, float] | None:
    cell = plan.band
    if cell is None or cell.ci_low is None or cell.ci_high is None:
        return None
    return ink.axis(cell, cell.ci_low), ink.axis(cell, cell.ci_high)


def _lines(ink: Printer, plan: _Plan) -> tuple[Line, ...]:
    made = []
    for place, target in enumerate(plan.targets):
        shown = ink.assessed(target, "target_value", bare_percent)
        if shown:
            label = say("figure.target", ink.lang, value=shown)
            made.append(Line(target.numbers["target_value"] * 100, label, trace_of(shown), dashed=place > 0))
    return tuple(made)


def _alt(ink: Printer, plan: _Plan) -> Markup:
    parts = [say("alt.open", ink.lang, title=plan.title, sub=plan.subtitle)]
    for row in plan.rows:
        mark = f" [{row.mark}]" if row.mark else ""
        if row.value is None:
            parts.append(say("alt.row.withheld", ink.lang, label=row.label, why=f"{row.instead}{mark}"))
        elif row.interval is None:
            parts.append(say("alt.row.no_interval", ink.lang, label=row.label, value=row.value, mark=mark))
        else:
            parts.append(say("alt.row", ink.lang, label=row.label, value=row.value, interval=row.interval, mark=mark))
    return Markup("").join(parts)


def _notes(ink: Printer, plan: _Plan) -> tuple[Markup, ...]:
    lang, marks = ink.lang, {mark_of(cell) for cell in plan.cells}
    domains = any((cell.domain_by, cell.domain_key) != NATIONAL for cell in plan.cells)
    notes = [say("figure.band", lang, level=ink.level(plan.band))] if plan.band else []
    if domains:
        notes.append(say("figure.order", lang))
    notes += [*plan.notes]
    if any(cell.fixed for cell in plan.cells):
        notes.append(say("figure.fixed", lang))
    notes += [say(f"figure.marks.{mark}", lang) for mark in ("u", "x", "c") if mark in marks]
    return tuple(notes)


Sheet = tuple[tuple[Figure, ...], tuple[Figure, ...]]


def columns(figures: Iterable[Figure], *, room: float = ROOM) -> tuple[Sheet, ...]:
    """Share figures out over sheets of two columns: each goes to the shorter column in which it fits."""
    sheets: list[tuple[list[Figure], list[Figure]]] = []
    for figure in figures:
        if not sheets or min(height(column) for column in sheets[-1]) + figure.height > room:
            sheets.append(([], []))
        min(sheets[-1], key=height).append(figure)
    return tuple((tuple(left), tuple(right)) for left, right in sheets)


def free_column(sheets: Sequence[Sheet], needed: float, *, room: float = ROOM) -> str:
    """Return the column of the last sheet, "left" or "right", that has room for a box; "" where neither has."""
    if not sheets:
        return ""
    left, right = (height(column) for column in sheets[-1])
    if min(left, right) + needed > room:
        return ""
    return "left" if left < right else "right"


def height(column: Sequence[Figure]) -> float:
    """Return about how high a column of figures is, in px."""
    return sum(figure.height for figure in column)
