"""The top of a brief: its first line, the lines below it, and the key figures, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.facts import MARKS, Facts, bounds, html, one_sided_level, pace, range_is_open, target_name
from reports.numbers import count
from reports.printing import integer, mark_of
from reports.tables import Assessment, Cell, national
from reports.trace import Source, given
from reports.words import Finding, headline, say, verdict_word, wave_name


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: a label, one number or word, its unit, and one line that carries its interval."""

    label: Markup
    figure: Markup
    unit: Markup
    note: Markup
    word: bool = False


def title_line(facts: Facts) -> Markup:
    """Return the headline of the brief: the level with its interval and, once due, the one verdict."""
    cell, ink = facts.head, facts.ink
    form = ink.formatter([cell])
    number, ends = ink.value(cell, form), ink.interval(cell, form)
    name = ink.indicator(cell)
    if number is None:
        return headline(Finding(name, "withheld", {}), facts.lang)
    inside: Markup | str = ""
    if ends:
        words = say("headline.interval", facts.lang, level=ink.level(cell), interval=ends)
        # The space before the bracket may break the line; nothing inside it may.
        space = " " if words.startswith(" ") else ""
        inside = Markup('{}<span class="whole">{}</span>').format(space, words.lstrip())
    slots = {"value": ink.with_unit(number, cell), "interval": inside}
    if facts.target:
        slots["target"] = html(target_name(facts, facts.target))
    return headline(Finding(name, facts.target.verdict if facts.target else "none", slots), facts.lang)


def lead_lines(facts: Facts) -> tuple[Markup, ...]:
    """Return the lines below the headline: wave and sample; then where the target stands."""
    cell, target = facts.head, facts.target
    wave = wave_name(facts.context.wave, facts.lang)
    if not cell.shown:
        return (say("lead.withheld", facts.lang, wave=wave, why=facts.ink.withheld(cell)),)
    first = _basis(facts, wave)
    if target is None:
        return (first,)
    if target.verdict == "not_due":
        return first, say("lead.not_due", facts.lang, target=target_name(facts, target),
                          deciding=wave_name(target.deciding_wave, facts.lang))  # fmt: skip
    return first, say("lead.due", facts.lang, level=one_sided_level(facts, target), bounds=bounds(facts, target))


def _basis(facts: Facts, wave: Markup) -> Markup:
    cell = facts.head
    n = integer(cell.n or 0, Source("estimates", cell.row, "n"))
    if cell.has_interval:
        rule = "lead.interval" if facts.ink.brief.readings else "lead.interval.plain"
        return say(rule, facts.lang, wave=wave, n=n, counted=facts.counted)
    why = say("why.fixed" if cell.fixed else "why.none", facts.lang)
    return say("lead.no_interval", facts.lang, wave=wave, n=n, counted=facts.counted, why=why)


def tiles(facts: Facts) -> tuple[Tile, ...]:
    """Return up to five key figures; each brings its interval, and none is made of a suppressed cell."""
    target = facts.target
    if target is None:
        names = dict.fromkeys((facts.ink.brief.headline, *facts.ink.brief.depth))
        cells = [cell for name in names if (cell := national(facts.cells, name))]
        return tuple(level_tile(facts, cell, given(facts.ink.indicator(cell))) for cell in cells[:5])
    found = (
        level_tile(facts, facts.head, say("tile.level", facts.lang)),
        range_tile(facts, target),
        required_tile(facts, target) if target.verdict == "not_due" else verdict_tile(facts, target),
        lacking_tile(facts, target),
    )
    return tuple(tile for tile in found if tile)


def level_tile(facts: Facts, cell: Cell, label: Markup) -> Tile:
    """Return the tile of one national cell, in words where it is not published."""
    ink = facts.ink
    number, ends = ink.value(cell, form := ink.formatter([cell])), ink.interval(cell, form)
    if number is None:
        return Tile(label, Markup("[{}]").format(mark_of(cell)), Markup(""), ink.withheld(cell), word=True)
    note = say("tile.fixed" if cell.fixed else "tile.no_interval", facts.lang)
    if ends:
        note = say("tile.interval", facts.lang, level=ink.level(cell), interval=ends)
    mark = f" [{mark_of(cell)}]" if mark_of(cell) else ""
    return Tile(label, html(number), given(ink.unit(cell)), note + mark)


def required_tile(facts: Facts, target: Assessment) -> Tile | None:
    """Return the pace the target needs, in points a year, with its interval."""
    found = pace(facts, target)
    if found is None:
        return None
    note = say("tile.required.note", facts.lang, deciding=wave_name(target.deciding_wave, facts.lang),
               level=facts.ink.level(facts.head), interval=found[1])  # fmt: skip
    label = say("tile.required", facts.lang, target=target_name(facts, target))
    return Tile(label, html(found[0]), say("tile.required.unit", facts.lang), note)


def lacking_tile(facts: Facts, target: Assessment) -> Tile | None:
    """Return the units still lacking with their interval."""
    shown = facts.ink.assessed(target, "units_lacking", count)
    ends = facts.ink.assessed_interval(target, ("units_lacking_low", "units_lacking_high"), count)
    if shown is None or ends is None:
        return None
    label = say("tile.lacking", facts.lang, target=target_name(facts, target))
    note = say("tile.lacking.note", facts.lang, level=facts.ink.level(facts.head), interval=ends)
    unit = say("tile.lacking.unit", facts.lang, counted=facts.counted)
    return Tile(label, html(shown), unit, note)


def range_tile(facts: Facts, target: Assessment) -> Tile | None:
    """Return the range over all readings computed, with the names of its ends."""
    form = facts.ink.formatter([facts.head])
    shown = facts.ink.assessed_interval(target, ("definition_low", "definition_high"), form)
    if shown is None or not facts.ink.brief.readings or not range_is_open(facts, target):
        return None
    note = say("tile.range.note", facts.lang)
    return Tile(say("tile.range", facts.lang), html(shown), Markup("%"), note)


def verdict_tile(facts: Facts, target: Assessment) -> Tile:
    """Return the verdict as mark and word with the bounds it rests on."""
    word = Markup("{} {}").format(MARKS[target.verdict], verdict_word(target.verdict, facts.lang))
    note = say("tile.verdict.note", facts.lang, level=one_sided_level(facts, target), bounds=bounds(facts, target))
    label = say("tile.verdict", facts.lang, target=target_name(facts, target))
    return Tile(label, word, Markup(""), note, word=True)
