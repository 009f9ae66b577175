"""A metrics return as an HTML document to print: a table for each metric, and the checks between its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from forms.paper.document import paper_environment, paper_style
from forms.paper.items import letter
from forms.paper.rules import Rule
from forms.paper.words import paper_words
from forms.returns.model import Metric, Return


def render_return(document: Return, lang: str) -> str:
    """Return a metrics return in one language as an HTML document for printing; the numbers are left empty.

    Raises UptakeError for a language that the product has no words for.
    """
    say = paper_words(lang)
    return paper_environment().get_template("return.html").render(
        document=document,
        lang=lang,
        language="zh-CN" if lang == "zh" else lang,
        period="",
        say=say,
        style=paper_style(),
        letter=letter,
        rows={metric.id: _rows(metric, lang) for metric in document.metrics.values()},
        rules=tuple(_rules(document, lang)),
    )  # fmt: skip


def _rows(metric: Metric, lang: str) -> tuple[str, ...]:
    if metric.dimension is None:
        return (paper_words(lang)("whole_unit"),)
    return tuple(code.label[lang] for code in metric.dimension.codes)


def _rules(document: Return, lang: str) -> Iterator[Rule]:
    say = paper_words(lang)
    for metric in document.metrics.values():
        letters = {measure.id: f"{metric.id}{letter(at)}" for at, measure in enumerate(metric.measures)}
        for measure in metric.measures:
            if measure.part_of is not None:
                yield Rule(True, f"{letters[measure.id]} ≤ {letters[measure.part_of]}")
    for (least, most), metrics in _alike(document).items():
        yield Rule(False, say("change", metric=say("between").join(metrics), least=least, most=most))


def _alike(document: Return) -> dict[tuple[str, str], list[str]]:
    """Return the metrics whose numbers may change within the same bounds, so that these are printed once."""
    made: dict[tuple[str, str], list[str]] = {}
    for metric in document.metrics.values():
        if metric.change is not None:
            made.setdefault((f"{metric.change.least:f}", f"{metric.change.most:f}"), []).append(metric.id)
    return made
