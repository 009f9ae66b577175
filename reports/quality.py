"""The back of a brief: targets table, precision table, quality box, method box and how to read the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from reports.facts import DASH, MARKS, Facts, bounds, html, pace, target_name
from reports.figures import range_ends
from reports.numbers import count, exact, is_number, percent, show
from reports.printing import Printer, mark_of
from reports.rules import METHODS, RULES
from reports.tables import HEADLINE, NATIONAL, Assessment, Cell, national
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
    counts = {item: shown.text for item, shown in known}
    if counts.get("n_complete") == counts.get("n_respondents"):  # who answered in full is who responded: say it once
        known = [pair for pair in known if pair[0] != "n_complete"]
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
        _cited(cell, "deff", None if deff_is_apart(cell, ink) else cell.deff, lambda value: show(exact(value), 2)),
    )


def deff_is_apart(cell: Cell, ink: Printer) -> bool:
    """Tell whether the design effect of a rate rests on another comparison than its effective sample.

    For a plain rate n_eff times deff is near n; a rate weighted by size is compared with a sample of equal chances.
    """
    if ink.measure(cell).kind != "rate" or cell.deff is None or cell.n_eff is None or cell.n is None:
        return False
    return cell.n_eff * cell.deff < cell.n / 2


def detail_notes(facts: Facts) -> tuple[Markup, ...]:
    """Return the notes below the precision table."""
    brief, ink = facts.ink.brief, facts.ink
    cells = [cell for name in brief.indicators() if (cell := national(facts.cells, name))]
    kinds = {"rate" if ink.measure(cell).kind == "rate" else "amount" for cell in cells}
    wanted = {
        "detail.note": "rate" in kinds,
        "detail.note.amounts": "amount" in kinds,
        "detail.note.deff": any(cell.deff is not None for cell in cells),
        "detail.note.n_eff": "rate" in kinds,
        "detail.note.no_deff": any(deff_is_apart(cell, ink) for cell in cells),
        "detail.note.rows": True,
    }
    return tuple(say(key, facts.lang) for key, told in wanted.items() if told)


def definition_rows(facts: Facts) -> tuple[TableRow, ...]:
    """Return the table of what each indicator counts, as far as the labels table says so."""
    labels, lang = facts.ink.labels, facts.lang
    told = [name for name in facts.ink.brief.indicators() if ("indicator_definition", name) in labels.by_key]
    return tuple(
        (given(labels.name("indicator", name, lang)), given(_sentence(labels.name("indicator_definition", name, lang))))
        for name in told
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cited(cell: Cell, column: str, value: float | None, form: Callable[[float], str]) -> Markup:
    if value is None:
        return DASH
    return html(Shown(form(value), (Source("estimates", cell.row, column),)))


def method_lines(facts: Facts) -> tuple[Markup, ...]:
    """Return the sentences of the method box: the study's own, then the interval and the version of definitions."""
    head, lang = facts.head, facts.lang
    lines = [given(text[lang]) for text in facts.context.methods]
    lines += [say(f"method.interval.{kind}", lang, method=_method(method, lang)) for kind, method in _methods(facts)]
    if head.definition_version:
        lines.append(say("method.definition", lang, version=given(head.definition_version)))
    return tuple(lines)


def _methods(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return how the intervals of rates and of amounts were made, each once."""
    cells = [cell for name in facts.ink.brief.indicators() if (cell := national(facts.cells, name))]
    kinds = {"rates" if facts.ink.measure(cell).kind == "rate" else "amounts": cell.ci_method.replace("_", "-")
             for cell in cells if cell.has_interval}  # fmt: skip
    return tuple(sorted(kinds.items(), reverse=True))


def _method(name: str, lang: str) -> str | Markup:
    return METHODS[name][lang] if name in METHODS else given(name)


def read_lines(facts: Facts) -> tuple[Markup, ...]:
    """Return the box on how to read the figures."""
    lines = [say("read.interval", facts.lang, level=facts.ink.level(facts.head)), say("read.compare", facts.lang)]
    if facts.targets:
        lines.append(say("read.target", facts.lang))
    return (*lines, say("read.rounding", facts.lang))


def note_lines(facts: Facts) -> Sequence[Markup]:
    """Return the study's own notes of the brief, and what the policy says of each target."""
    lang, labels = facts.lang, facts.ink.labels
    lines = [given(text[lang]) for text in facts.ink.brief.notes]
    for target in sorted(facts.targets, key=lambda t: t.deciding_wave):
        if ("target_wording", target.target) in labels.by_key:
            said = {kind: given(labels.name(f"target_{kind}", target.target, lang)) for kind in ("wording", "source")}
            lines.append(say("definitions.policy", lang, **said))
    return lines
