"""Render one brief in one language: read the tables, compose the pages, check them, print the PDF and its trace."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reports.brief import PAGES, Brief, BriefContext, BriefTables, Language
from reports.compose import HTML_LANG, LAYOUTS, document_title, view
from reports.facts import Facts
from reports.points import key_points
from reports.printing import Printer
from reports.tables import check_brief, read_assessments, read_cells, read_labels
from reports.tiles import lead_lines, title_line
from reports.trace import traces, untraced
from reports.words import forbidden_words, plain, set_tight
from uptake.contract.errors import UptakeError

if TYPE_CHECKING:
    from jinja2 import Template

    from reports.pdf import LaidOut

HERE = Path(__file__).parent


def render_brief(tables: BriefTables, brief: Brief, *, lang: Language, out: Path, context: BriefContext) -> Path:
    """Print a brief to `out` and, beside it, the trace of its numbers as `<stem>.trace.json`.

    tables: the contract's tables of one wave; lang: "zh" or "en". Every number comes from a row of the tables or is
    stated by the study; a suppressed value is not printed, spoken of or attached. Equal inputs give equal bytes.
    Raises TableError where the brief names what the tables lack, SystemPartError where a font or library is missing,
    UptakeError where a page would say what it must not or would not fit.
    """
    from reports.pdf import Attached
    from reports.release import released_estimates

    facts = read_facts(tables, brief, lang=lang, context=context)
    html, pages = _fitting(facts)
    _check_pages(pages.pages, brief, out)
    data = released_estimates(tables.estimates).to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
    about = "estimates: the rows that the numbers of this brief come from"
    content = pages.write(
        lang=HTML_LANG[lang],
        created=context.released,
        identifier=f"{brief.id}-{lang}-{context.wave}",
        attached=(Attached("estimates.csv", about, data),),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    listed = [{"text": trace.text, "from": list(trace.sources)} for trace in traces(html)]
    trace_path(out).write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return out


def _fitting(facts: Facts) -> tuple[str, LaidOut]:
    """Return the brief in the first layout whose parts do not run over onto a page of their own."""
    from reports.pdf import lay_out

    brief = facts.ink.brief
    for layout in LAYOUTS[brief.type]:
        shown = view(facts, layout)
        html = _page(facts, shown)
        laid = lay_out(html, title=document_title(facts))
        if _fits(laid, brief, len(shown["sheets"])):
            break
    return html, laid


def _fits(laid: LaidOut, brief: Brief, sheets: int) -> bool:
    """Tell whether every part begins on the page meant for it and the brief keeps to its pages."""
    if not brief.readings:
        return laid.pages == PAGES[brief.type][0]
    meant = {"beside": 0, "back": 1 + sheets}
    return laid.pages <= min(PAGES[brief.type][1], 2 + sheets) and all(
        laid.page_of(part) == page for part, page in meant.items()
    )


def trace_path(out: Path) -> Path:
    """Return where the trace of a brief's numbers is written."""
    return out.with_suffix(".trace.json")


def _check_pages(pages: int, brief: Brief, out: Path) -> None:
    low, high = PAGES[brief.type]
    if low <= pages <= high:
        return
    change = "Name fewer domains or shorten the notes" if pages > high else "Name more domains, or write `type: tables`"
    raise UptakeError(f"{out.name}: the brief has {pages} pages; a brief of type {brief.type} has {low} to {high}, or"
                      f" it is not read. {change} in {brief.place}.")  # fmt: skip


def brief_html(tables: BriefTables, brief: Brief, *, lang: Language, context: BriefContext) -> str:
    """Return the brief as HTML whose numbers carry their trace; refuse untraced numbers and forbidden words."""
    facts = read_facts(tables, brief, lang=lang, context=context)
    return _page(facts, view(facts, LAYOUTS[brief.type][0]))


def read_facts(tables: BriefTables, brief: Brief, *, lang: Language, context: BriefContext) -> Facts:
    """Read the tables for one edition; refuse a brief that names what they do not hold."""
    cells = read_cells(tables.estimates)
    check_brief(tables, brief, cells)
    ink = Printer(brief, read_labels(tables.labels), lang)
    targets = tuple(t for t in read_assessments(tables.assessments, cells) if t.indicator == brief.headline)
    return Facts(ink, cells, targets, tables.quality, context)


def _page(facts: Facts, shown: dict[str, Any]) -> str:
    html = _template().render(shown)
    _lint(html, facts)
    return set_tight(html) if facts.lang == "zh" else html


def _lint(html: str, facts: Facts) -> None:
    loose = untraced(html)
    if loose:
        raise UptakeError(f'{facts.ink.brief.place}: the page would print "{loose[0]}", whose number is in no table'
                          " row. Put numbers into the tables, not into words.")  # fmt: skip
    said = " ".join(plain(Markup(part)) for part in (title_line(facts), *lead_lines(facts), *key_points(facts)))
    wrong = forbidden_words(said, facts.lang)
    if wrong:
        raise UptakeError(f'{facts.ink.brief.place}: the brief would say "{wrong[0]}", a word that claims more than an'
                          " estimate can. Rename the indicator, target or domain that brings it in.")  # fmt: skip


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    return environment.get_template("brief.html")
