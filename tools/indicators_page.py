"""Write docs/indicators.md from the catalogue of the example study: python tools/indicators_page.py."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "uptake" / "studies" / "aiplus"
sys.path.insert(0, str(ROOT))

from analysis.catalogue import Catalogue, Measure, load_catalogue  # noqa: E402
from analysis.indicators import Indicator, load_indicators  # noqa: E402
from uptake.contract.errors import Fault  # noqa: E402

HEAD = """# Indicators of the example study

Written by `tools/indicators_page.py` from `catalogue.yaml`; a test compares the two, and another computes every
measure from the instruments and compares it with a number worked out by hand (`tests/uptake/test_catalogue.py`).

Enterprises (`enterprise`, Form A), agencies (`agency`, Form B; `agency_short`, its short form) and the monthly return
(`agency_metrics`) are measured apart: **units of two instruments are never pooled**. "Where" is the base; without it
the base is every respondent. What is unknown counts as "no" in shares and leaves the base of means and ratios, unless
another rule is named. A *structural zero* is a field that was not asked of part of the base because the answer is 0
there; `uptake check` refuses an indicator whose base was routed away without one
([how](how-to/define-an-indicator.md)). The six indicators marked "estimated" stand in `indicators.yaml`; a wave
estimates them by domain with intervals, and the brief prints them.

Fields of the annual module are asked of a subsample; means, shares and ratios of it stand for the units that got it,
and totals need the weights of that subsample. Measures of the previous wave (`..._last`) use units that answered
both.
"""

COLUMNS = "| id | 指标 | indicator | measures | how to report |\n|---|---|---|---|---|\n"


def page() -> str:
    """Return the text of the page."""
    faults: list[Fault] = []
    catalogue, indicators = load_catalogue(STUDY, faults=faults), load_indicators(STUDY, faults=faults)
    if catalogue is None:
        raise SystemExit("\n".join(map(str, faults)))
    return HEAD + "".join(_tables(catalogue, {item.id: item for item in indicators}))


def _tables(catalogue: Catalogue, indicators: dict[str, Indicator]) -> list[str]:
    lines = []
    for area in dict.fromkeys(entry.area for entry in catalogue.catalogue):
        lines.append(f"\n## {area.capitalize()}\n\n{COLUMNS}")
        for entry in catalogue.catalogue:
            if entry.area == area:
                measures = "<br>".join(_measure(measure, indicators) for measure in entry.measures)
                names = f"{entry.name['zh']} | {entry.name['en']}"
                lines.append(f"| {entry.id} | {names} | {measures} | {entry.report['en']} |\n")
    return lines


def _measure(measure: Measure, indicators: dict[str, Indicator]) -> str:
    words = {
        "indicator": lambda: f"estimated; {_of_indicator(indicators[measure.indicator.value])}",
        "difference": lambda: "difference of " + " and ".join(
            f"{part.value}{f' ({measure.by} {measure.keys[at]})' if measure.by else ''}"
            for at, part in enumerate(measure.difference)),
        "of": lambda: f"{measure.of.value} for each code of `{measure.by}`",
        "external": lambda: f"`{measure.external}` of external.csv",
        "quality": lambda: f"`{measure.quality}` of the table `quality`",
        "index": lambda: "100 × sum of " + ", ".join(
            f"{part.weight:g} {part.measure.value} ({part.low:g}–{part.high:g})" for part in measure.index),
        "formula": lambda: _formula(measure),
    }  # fmt: skip
    return f"**{measure.id}**: {words[measure.kind]()}"


def _of_indicator(indicator: Indicator) -> str:
    size = f", weighted by `{indicator.size.value}`" if indicator.size else ""
    return f"{indicator.type} of {_code(indicator.numerator.value)}{size}"


def _formula(measure: Measure) -> str:
    parts = [f"{measure.source.value}: {measure.type} of {_code(measure.numerator.value)}"]
    if measure.denominator:
        parts.append(f"over {_code(measure.denominator.value)}")
    if measure.where:
        parts.append(f"where {_code(measure.where.value)}")
    if measure.roster:
        parts.append(f"for each row of `{measure.roster.value}`")
    if measure.codes:
        parts.append("for each of " + ", ".join(measure.codes))
    if measure.structural_zero:
        reason = next(iter(measure.structural_zero.values()))["en"]
        parts.append(f"structural zero {', '.join(measure.structural_zero)} ({reason})")
    return "; ".join(parts)


def _code(expression: str) -> str:
    """Show an expression without the signs that a table would take for its own; a long sum is cut."""
    text = expression.replace("${", "").replace("}", "").replace("|", "\\|")
    return f"`{text if len(text) <= 260 else text[:240] + ' …'}`"


if __name__ == "__main__":
    (ROOT / "docs" / "indicators.md").write_text(page(), encoding="utf-8")
