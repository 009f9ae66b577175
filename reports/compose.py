"""Compose a brief: which parts stand where, as the template prints them, in layouts of decreasing looseness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from reports.charts import text_width
from reports.facts import Facts, one_sided_level
from reports.figures import NARROW, WIDE, Figure, columns, depth_figures, domain_figure, free_column, readings_figure
from reports.points import key_points
from reports.quality import (
    definition_rows,
    detail_notes,
    detail_rows,
    method_lines,
    note_lines,
    quality_rows,
    read_lines,
    target_rows,
)
from reports.rules import RULES
from reports.tables import by_domain
from reports.tiles import lead_lines, tiles, title_line
from reports.trace import given
from reports.words import date_name, plain, say

HERE = Path(__file__).parent
HTML_LANG = {"zh": "zh-CN", "en": "en"}
SPLIT = 445.0  # px: the width of a figure that has the key points beside it
H1 = 24.0  # px: the size of the headline, which is set smaller when it would not fit one line
SHORT = 6  # rows
DIGEST = 16  # characters of a digest that are printed; the manifest of the release holds all of them
QUALITY_HEAD, QUALITY_ROW = 60.0, 18.5  # px


@dataclass(frozen=True, slots=True)
class Layout:
    """How full the first page is: a short domain and the box on reading beside the range, and the tight setting.

    definitions: whether a table says what the indicators count; back_page: whether tables and boxes begin a page.
    """

    short_domain: bool
    read_first: bool
    tight: bool
    definitions: bool = True
    back_page: bool = True


# Tried in this order until the first page holds what it should; the last one is kept whatever comes out.
LAYOUTS = {
    "national": (
        Layout(short_domain=True, read_first=True, tight=False),
        Layout(short_domain=True, read_first=True, tight=True),
        Layout(short_domain=True, read_first=False, tight=False),
        Layout(short_domain=True, read_first=False, tight=True),
        Layout(short_domain=False, read_first=False, tight=True),
    ),
    "tables": (
        Layout(short_domain=False, read_first=False, tight=False, back_page=False),
        Layout(short_domain=False, read_first=False, tight=False, definitions=False, back_page=False),
        Layout(short_domain=False, read_first=False, tight=True, definitions=False, back_page=False),
        Layout(short_domain=False, read_first=False, tight=False),
    ),
}


def document_title(facts: Facts) -> str:
    """Return the title of the document, as PDF programs show it."""
    return f"{facts.ink.brief.title[facts.lang]} · {facts.context.wave}"


def _figures(facts: Facts, layout: Layout) -> tuple[tuple[Figure, ...], tuple[Figure, ...]]:
    """Return the figures of the first page, beside the key points, and those that stand in two columns."""
    ink, cells, wave = facts.ink, facts.cells, facts.context.wave
    first = readings_figure(ink, cells, facts.targets, number=1, wave=wave, width=SPLIT)
    wide = SPLIT if first else NARROW
    found = [*([first] if first else []), *depth_figures(ink, cells, number=2 if first else 1, wave=wave, width=wide)]
    # A short domain, such as the size classes, still fits on the first page; the lists of places do not.
    short = {spec: len(by_domain(cells, spec.indicator or ink.brief.headline, spec.by, ink.labels)) <= SHORT
             for spec in ink.brief.domains}  # fmt: skip
    ordered = sorted(ink.brief.domains, key=lambda spec: not short[spec]) if first else ink.brief.domains
    beside = len(found) + (1 if layout.short_domain and first and ordered and short[ordered[0]] else 0)
    for spec in ordered:
        width = SPLIT if len(found) < beside else NARROW
        found.append(domain_figure(ink, cells, spec, number=len(found) + 1, wave=wave, width=width,
                                   has_target=bool(facts.targets)))  # fmt: skip
    return (tuple(found[:beside]), tuple(found[beside:])) if first else ((), tuple(found))


def view(facts: Facts, layout: Layout) -> dict[str, Any]:
    """Return what the template prints, in one layout."""
    lang, (wide, narrow) = facts.lang, _figures(facts, layout)
    sheets, quality = columns(narrow), quality_rows(facts)
    boxes = {
        "points": key_points(facts),
        "notes": note_lines(facts),
        "method": method_lines(facts),
        "coverage": [given(text[lang]) for text in (facts.context.coverage,) if text],
        "read": read_lines(facts),
    }
    return {
        **_furniture(facts),
        **{name: {"title": say(f"box.{name}", lang), "lines": lines} for name, lines in boxes.items()},
        "read_first": layout.read_first,
        "tight": layout.tight,
        "headline": title_line(facts),
        "long_headline": text_width(plain(title_line(facts)), H1) > WIDE,
        "lead": lead_lines(facts),
        "tiles": tiles(facts),
        "targets": _targets(facts),
        "wide": wide,
        "sheets": sheets,
        "detail": _detail(facts),
        "definitions": _definitions(facts) if layout.definitions else {"rows": ()},
        "back_page": layout.back_page,
        "quality": {"title": say("box.quality", lang), "rows": quality},
        "quality_column": free_column(sheets, QUALITY_HEAD + QUALITY_ROW * len(quality)) if wide else "",
        "reproduce": _reproduce(facts),
    }


def _furniture(facts: Facts) -> dict[str, Any]:
    brief, context, lang = facts.ink.brief, facts.context, facts.lang
    return {
        "html_lang": HTML_LANG[lang], "brief_type": brief.type, "css": Markup(_css()),
        "document_title": document_title(facts),
        "illustrative": say("page.illustrative", lang) if context.illustrative else "",
        "source": say("page.source", lang, source=given(context.source[lang])),
        "title": given(brief.title[lang]), "subtitle": given(brief.subtitle[lang]) if brief.subtitle else "",
        "period": say("page.period", lang, period=given(context.reference_period[lang])),
        "released": say("page.released", lang, date=given(date_name(context.released, lang))),
        "legal": [given(text[lang]) for text in context.legal_header],
    }  # fmt: skip


@cache
def _css() -> str:
    return (HERE / "styles" / "brief.css").read_text(encoding="utf-8")


def _targets(facts: Facts) -> dict[str, Any]:
    lang, names = facts.lang, ("target", "value", "deciding", "verdict", "bounds", "required", "lacking")
    level = one_sided_level(facts, facts.targets[0]) if facts.targets else ""
    return {"title": say("targets.title", lang), "head": [say(f"targets.{name}", lang) for name in names],
            "rows": target_rows(facts), "note": say("targets.note", lang, level=level)}  # fmt: skip


def _detail(facts: Facts) -> dict[str, Any]:
    lang = facts.lang
    names = ("indicator", "estimate", "interval", "se", "n", "n_eff", "deff")
    head = [say(f"detail.{name}", lang, level=facts.ink.level(facts.head)) for name in names]
    return {
        "number": given(say("table", lang, number="1")), "title": say("detail.title", lang), "head": head,
        "rows": detail_rows(facts), "notes": detail_notes(facts),
    }  # fmt: skip


def _definitions(facts: Facts) -> dict[str, Any]:
    lang = facts.lang
    return {
        "number": given(say("table", lang, number="2")), "title": say("definitions.title", lang),
        "head": [say(f"definitions.{name}", lang) for name in ("indicator", "definition")],
        "rows": definition_rows(facts),
    }  # fmt: skip


def _reproduce(facts: Facts) -> dict[str, Any]:
    lang, context = facts.lang, facts.context
    trace = f"{facts.ink.brief.id}-{lang}.trace.json"
    return {
        "title": say("box.reproduce", lang), "files": say("reproduce.files", lang, trace=given(trace)),
        "command": context.command, "command_label": say("reproduce.command", lang),
        "digests": tuple((_digest_name(name, lang), digest[:DIGEST]) for name, digest in context.digests.items()),
        "digests_label": say("reproduce.digests", lang),
    }  # fmt: skip


def _digest_name(name: str, lang: str) -> str:
    return plain(say(f"digest.{name}", lang)) if f"digest.{name}" in RULES else name
