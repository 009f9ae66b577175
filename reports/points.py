"""The key points of a brief: one sentence a finding, and none about a suppressed cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from reports.brief import DomainFigure
from reports.facts import Facts, range_is_open, range_names, target_name
from reports.printing import integer
from reports.quality import quality_items
from reports.tables import Cell, by_domain, national
from reports.trace import Shown, Source, given
from reports.words import say, verdict_word, wave_name


def key_points(facts: Facts) -> tuple[Markup, ...]:
    """Return the key points in the order of the page; a brief without readings has its tiles instead."""
    if not facts.ink.brief.readings:
        return ()
    made = (_now(facts), _range(facts), *_depth(facts), *_domains(facts), _response(facts))
    return tuple(point for point in made if point)


def _now(facts: Facts) -> Markup | None:
    """Return the level and what can be said of the target by now: nothing before it is due, then the one verdict."""
    target, ink, cell = facts.target, facts.ink, facts.head
    number, ends = ink.value(cell, form := ink.formatter([cell])), ink.interval(cell, form)
    if target is None or number is None or ends is None:
        return None
    slots: dict[str, Shown | Markup | str] = {
        "value": ink.with_unit(number, cell),
        "level": ink.level(cell),
        "interval": ink.with_unit(ends, cell),
        "target": target_name(facts, target),
    }
    if target.verdict == "not_due":
        return say("point.level.not_due", facts.lang, deciding=wave_name(target.deciding_wave, facts.lang), **slots)
    return say("point.level.due", facts.lang, verdict=verdict_word(target.verdict, facts.lang), **slots)


def _range(facts: Facts) -> Markup | None:
    target = facts.target
    if target is None or not range_is_open(facts, target):
        return None
    form = facts.ink.formatter([facts.head])
    low, high = (facts.ink.assessed(target, f"definition_{end}", lambda v: form(v) + "%") for end in ("low", "high"))
    if low is None or high is None:
        return None
    low_name, high_name = range_names(facts, target)
    return say("point.range", facts.lang, low=low, high=high, low_name=low_name, high_name=high_name)


def _depth(facts: Facts) -> list[Markup]:
    cells = [cell for name in facts.ink.brief.depth[:2] if (cell := national(facts.cells, name))]
    return [point for cell in cells if (point := _level(facts, cell))]


def _level(facts: Facts, cell: Cell) -> Markup | None:
    ink = facts.ink
    number, ends = ink.value(cell, form := ink.formatter([cell])), ink.interval(cell, form)
    if number is None or ends is None:
        return None
    return say("point.depth", facts.lang, indicator=given(ink.indicator(cell)), level=ink.level(cell),
               value=ink.with_unit(number, cell), interval=ink.with_unit(ends, cell))  # fmt: skip


def _domains(facts: Facts) -> list[Markup]:
    made = [_domain(facts, spec) for spec in facts.ink.brief.domains]
    return [point for point in made if point]


def _domain(facts: Facts, spec: DomainFigure) -> Markup | None:
    found = by_domain(facts.cells, spec.indicator or facts.ink.brief.headline, spec.by, facts.ink.labels)
    if all(cell.status == "publish" for cell in found):
        return None
    name = given(spec.title[facts.lang] if spec.title else facts.ink.labels.name("domain_by", spec.by, facts.lang))
    few = {status: [cell for cell in found if cell.status == status] for status in ("publish", "caution", "suppress")}
    more = {slot: say(f"point.domain.{slot}", facts.lang, count=_counted(few[status])) if few[status] else ""
            for slot, status in (("caution", "caution"), ("withheld", "suppress"))}  # fmt: skip
    return say(
        "point.domain", facts.lang, domain=name, all=_counted(found), published=_counted(few["publish"], found), **more
    )


def _counted(cells: Sequence[Cell], of: Sequence[Cell] = ()) -> Shown:
    return integer(len(cells), *(Source("estimates", cell.row, "status") for cell in cells or of))


def _response(facts: Facts) -> Markup | None:
    shown = dict(quality_items(facts)).get("response_rate_weighted")
    return say("point.response", facts.lang, rate=shown) if shown else None
