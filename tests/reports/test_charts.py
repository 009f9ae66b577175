"""Charts: well-formed SVG whose labels fit, whose type is never too small, and whose title says every number."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from reports.charts import NO_LINE_START, Chart, Row, dot_whisker, nice_ticks, text_width, wrap
from reports.trace import Shown, Source

SVG = "{http://www.w3.org/2000/svg}"


def shown(text: str) -> Shown:
    return Shown(text, (Source("estimates", 3, "estimate"),))


def chart(*rows: Row, **more: object) -> Chart:
    return Chart(rows, Markup("All & numbers"), "Est.", Markup("95% CI"), 328.0, **more)  # type: ignore[arg-type]


ROWS = (
    Row("Beijing", 63.0, 53.0, 73.0, shown("63"), shown("53–73")),
    Row("Inner Mongolia & <Co>", 32.0, 18.0, 46.0, shown("32"), shown("18–46"), "u"),
    Row("Xizang", None, None, None, None, None, "x", "not published"),
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_chart_is_well_formed_and_nothing_is_smaller_than_seven_points(lang: str) -> None:
    root = ElementTree.fromstring(dot_whisker(chart(*ROWS), lang))
    assert root.tag == SVG + "svg"
    assert "Noto Sans" in root.attrib["font-family"]
    texts = root.findall(SVG + "text")
    assert min(float(text.attrib["font-size"]) for text in texts) >= 9.3
    assert root.find(SVG + "title").text == "All & numbers"  # type: ignore[union-attr]


def test_a_suppressed_row_draws_no_mark() -> None:
    root = ElementTree.fromstring(dot_whisker(chart(*ROWS), "en"))
    assert len(root.findall(SVG + "circle")) == 2
    words = [text.text for text in root.findall(SVG + "text")]
    assert "not published" in words
    assert "[x]" in words


def test_a_row_to_be_used_with_caution_is_hollow_and_dashed() -> None:
    root = ElementTree.fromstring(dot_whisker(chart(*ROWS), "en"))
    assert [circle.attrib["fill"] for circle in root.findall(SVG + "circle")] == ["#12436D", "#FFFFFF"]
    assert "18–46 [u]" in [text.text for text in root.findall(SVG + "text")]


def test_the_dot_lies_where_its_value_is() -> None:
    """Three dots at 0, 50 and 100 of an axis from 0 to 100: the middle one lies half-way."""
    rows = [Row("a", value, value, value, shown(str(value)), shown("0–100")) for value in (0.0, 50.0, 100.0)]
    circles = ElementTree.fromstring(dot_whisker(chart(*rows), "en")).findall(SVG + "circle")
    left, middle, right = (float(circle.attrib["cx"]) for circle in circles)
    assert middle == pytest.approx((left + right) / 2, abs=0.06)
    assert right > left + 100


@pytest.mark.parametrize(
    ("high", "last"), [(47, 50), (100, 100), (1.3, 1.5), (0.08, 0.08), (118.2, 125), (85174.8, 100000)]
)
def test_ticks_are_round_and_reach_the_highest_value(high: float, last: float) -> None:
    ticks = nice_ticks(high)
    assert ticks[0] == 0
    assert ticks[-1] == pytest.approx(last)
    assert len(ticks) <= 7


@settings(derandomize=True, max_examples=200)
@given(st.text(alphabet="智能应用普及率（本简报口径）“不清楚”，。", min_size=1, max_size=40), st.floats(30, 200))
def test_wrapped_chinese_keeps_every_character_and_no_line_starts_with_a_full_stop(text: str, width: float) -> None:
    lines = wrap(text, width)
    assert "".join(lines) == text
    assert all(line[0] not in NO_LINE_START for line in lines[1:])


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=9), min_size=2, max_size=8), st.floats(60, 200))
def test_wrapped_latin_breaks_at_spaces_and_fits(words: list[str], width: float) -> None:
    lines = wrap(" ".join(words), width)
    assert " ".join(lines) == " ".join(words)
    assert all(text_width(line) <= width or " " not in line for line in lines)


def test_every_number_in_a_chart_has_a_trace() -> None:
    svg = str(dot_whisker(chart(*ROWS), "en"))
    for element in ElementTree.fromstring(svg).iter():
        if element.text and re.search(r"\d", element.text):
            assert element.attrib.get("data-t"), element.text
