"""The back of a brief: targets table, precision table, quality box, method box and how to read the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from reports.facts import DASH, MARKS, Facts, bounds, html, pace, target_name
from reports.figures import range_ends
from reports.numbers import count, exact, is_number, percent, show
from reports.printing import Printer, mark_of
from reports.rules import METHODS, RULES
from reports.tables import HEADLINE, NATIONAL, Assessment, Cell
from reports.trace import Shown, Source, given
from reports.words import say, verdict_word, wave_name

TableRow = tuple[Markup, ...]
ORDER = {key: place for place, key in enumerate(RULES)}  # the quality box follows the rule table, not the table's rows
DONT_KNOW_ROWS = 4  # the questions most often answered "don't know"; all of them are in quality.csv


def target_rows(facts: Facts) -> tuple[TableRow, ...]:
    """Return the targets table: name, value, deciding wave, verdict, bounds, pace, units lacking."""
    return tuple(_target_row(facts, target) for target in sorted(facts.targets, key=lambda t: t.deciding_wave))


def _target_row(facts: Facts, target: Assessment) -> TableRow:
    ink, found = facts.ink, pace(facts, target)
    units = ink.assessed(target, "units_lacking", count)
    ends = ink.assessed_interval(target, ("units_lacking_low", "units_lacking_high"), count)
    return (
        given(ink.labels.name("target", target.target, facts.lang)),
        html(target_name(facts, target)),
        wave_name(target.deciding_wave, facts.lang),
        Markup("{} {}").format(MARKS[target.verdict], verdict_word(target.verdict, facts.lang)),
        Markup("{}").format(bounds(facts, target)),
        Markup("{} ({})").format(*found) if found else DASH,
        Markup("{} ({})").format(units, ends) if units and ends else DASH,
    )


def quality_items(facts: Facts) -> tuple[tuple[str, Shown], ...]:
    """Return the national items of the quality table as printed numbers."""
    made = []
    for row, record in enumerate(facts.quality.to_dict("records")):
        if (record["domain_by"], record["domain_key"]) == NATIONAL and is_number(record["value"]):
            item, value = str(record["item"]), float(record["value"])
            made.append((item, Shown(_quality_number(item, value), (Source("quality", row, "value"),))))
    return tuple(made)


def _quality_number(item: str, value: float) -> str:
    if "rate" in item:
        return percent(value, 1) + "%"
    return show(exact(value), 0) if item.startswith("n_") else show(exact(value), 2)


def quality_rows(facts: Facts) -> tuple[tuple[Markup, Shown], ...]:
    """Return the quality box: the items that have a name here, and the questions most often answered "don't know"."""
    items = quality_items(facts)
    known = sorted(
        (pair for pair in items if f"quality.{pair[0]}" in RULES), key=lambda pair: ORDER[f"quality.{pair[0]}"]
    )
    named = [(say(f"quality.{item}", facts.lang), shown) for item, shown in known]
    unsure = [(item.partition(":")[2], shown) for item, shown in items if item.startswith("item_dk_rate:")]
    values = {shown: float(facts.quality["value"].iloc[shown.sources[0].row]) for _, shown in unsure}
    most = sorted(unsure, key=lambda pair: -values[pair[1]])[:DONT_KNOW_ROWS]
    for field, shown in most:
        if values[shown] > 0:
            name = given(facts.ink.labels.name("field", field, facts.lang))
            named.append((say("quality.dont_know", facts.lang, field=name), shown))
    return tuple(named)


def detail_rows(facts: Facts) -> tuple[TableRow, ...]:
    """Return the precision table: the brief's indicators, the variants of the headline, and the ends of the range."""
    ends = range_ends(facts.cells, facts.targets)
    found = []
    for name in facts.ink.brief.indicators():
        for cell in facts.cells:
            if cell.indicator != name or (cell.domain_by, cell.domain_key) != NATIONAL:
                continue
            if cell.definition == HEADLINE or name == facts.ink.brief.headline or cell in ends:
                found.append(cell)
    return tuple(_detail_row(facts.ink, cell) for cell in found)


def _detail_row(ink: Printer, cell: Cell) -> TableRow:
    form, measure = ink.formatter([cell]), ink.measure(cell)
    rate = measure.kind == "rate"
    name = given(ink.reading(cell) if rate else f"{ink.reading(cell)} ({ink.unit(cell)})")
    mark = f"[{mark_of(cell)}]" if mark_of(cell) else ""
    number = ink.value(cell, form)
    if number is None:
        return (name, Markup("{}").format(mark or DASH), *[DASH] * 5)
    se = percent if rate else lambda value, places: show(exact(value) / measure.scale, places)
    return (
        name,
        Markup("{} {}").format(number, mark) if mark else html(number),
        Markup("{}").format(ink.interval(cell, form) or DASH),
        _cited(cell, "se", cell.se, lambda value: se(value, 2)),
        _cited(cell, "n", cell.n, lambda value: f"{value:,.0f}"),
        _cited(cell, "n_eff", cell.n_eff if rate else None, lambda value: show(exact(value), 0)),
        _cited(cell, "deff", cell.deff, lambda value: show(exact(value), 2)),
    )


def _cited(cell: Cell, column: str, value: float | None, form: Callable[[float], str]) -> Markup:
    if value is None:
        return DASH
    return html(Shown(form(value), (Source("estimates", cell.row, column),)))


def method_lines(facts: Facts) -> tuple[Markup, ...]:
    """Return the sentences of the method box: the study's own, then the interval and the version of definitions."""
    head, lang = facts.head, facts.lang
    lines = [given(text[lang]) for text in facts.context.methods]
    if head.has_interval:
        known = METHODS.get(head.ci_method.replace("_", "-"))
        lines.append(say("method.interval", lang, method=known[lang] if known else given(head.ci_method)))
    if head.definition_version:
        lines.append(say("method.definition", lang, version=given(head.definition_version)))
    return tuple(lines)


def read_lines(facts: Facts) -> tuple[Markup, ...]:
    """Return the box on how to read the figures."""
    lines = [say("read.interval", facts.lang, level=facts.ink.level(facts.head)), say("read.compare", facts.lang)]
    if facts.targets:
        lines.append(say("read.target", facts.lang))
    return (*lines, say("read.rounding", facts.lang))


def note_lines(facts: Facts) -> Sequence[Markup]:
    """Return the study's own notes of the brief."""
    return [given(text[facts.lang]) for text in facts.ink.brief.notes]
