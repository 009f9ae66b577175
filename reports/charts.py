"""Draw the charts of a brief as SVG text: dot-and-whisker rows that carry their own numbers."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from reports.trace import Shown, trace_of

NAVY, INK, GREY, RULE, BAND, PLUM = "#12436D", "#1B2430", "#595F69", "#D9DEE4", "#E4E9EF", "#801650"
LABEL, SMALL = 9.6, 9.3  # px at 1:1, that is 7.2 and 7 pt: nothing on paper is smaller
ROW, TALL_ROW, HEAD, FOOT = 20.5, 24.5, 24.0, 16.0
LEAST_PLOT = 118.0  # px
DOT, SMALL_DOT = 3.6, 2.3  # px: the radius; a small dot leaves the ends of a narrow interval to be seen
NO_LINE_START = "）)，。；：、”’！？》」"
FACES = {"zh": "'Noto Sans CJK SC', 'Noto Sans'", "en": "'Noto Sans', 'Noto Sans CJK SC'"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a chart: a label and either an estimate with its printed numbers or the words that replace it.

    estimate, low, high: places on the axis, in printed units; mark: "", "u", "x" or "c"; strong: set in bold.
    """

    label: str
    estimate: float | None
    low: float | None
    high: float | None
    value: Shown | None
    interval: Shown | None
    mark: str = ""
    instead: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A vertical line across a chart, such as a target, with the number on top of it."""

    at: float
    label: Shown | Markup
    trace: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A dot-and-whisker chart: rows in the order given, heads of the number columns, lines, and a grey band."""

    rows: tuple[Row, ...]
    alt: Markup
    head_value: str
    head_interval: Markup
    width: float
    lines: tuple[Line, ...] = ()
    band: tuple[float, float] | None = None
    low: float = 0.0
    high: float = 100.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things lie: the plot from x0 to x1, the value and interval columns, and the height of each row."""

    chart: Chart
    lang: str
    x0: float
    x1: float
    x_value: float
    heights: tuple[float, ...]

    def x(self, value: float) -> float:
        share = (value - self.chart.low) / (self.chart.high - self.chart.low)
        return self.x0 + min(max(share, 0.0), 1.0) * (self.x1 - self.x0)

    @property
    def bottom(self) -> float:
        return HEAD + sum(self.heights)


def text_width(text: str, size: float = LABEL) -> float:
    """Return about how wide a text is in px: a full em for Chinese, 0.56 em for Latin."""
    return size * sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.56 for char in text)


def wrap(text: str, width: float, size: float = LABEL) -> tuple[str, ...]:
    """Break a label into lines that fit a width; Latin breaks at spaces, Chinese anywhere."""
    pieces = text.split(" ") if " " in text else list(text)
    glue = " " if " " in text else ""
    lines = [""]
    for piece in pieces:
        longer = lines[-1] + (glue if lines[-1] else "") + piece
        if lines[-1] and text_width(longer, size) > width and piece not in NO_LINE_START:
            lines.append(piece)
        else:
            lines[-1] = longer
    return tuple(lines)


def row_height(rows: Sequence[Row]) -> float:
    """Return the least height of a chart's rows: a list of provinces has a column to itself and may breathe."""
    return TALL_ROW if len(rows) > 20 else ROW


def nice_ticks(high: float, *, about: int = 5) -> tuple[float, ...]:
    """Return round tick places from 0 to at least `high`.

    >>> nice_ticks(47)
    (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)
    """
    raw = max(high, 1e-12) / about
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * unit for factor in (1, 2, 2.5, 5, 10) if factor * unit >= raw * 0.999)
    count = math.ceil(high / step - 1e-9)
    return tuple(round(step * k, 12) for k in range(max(count, 1) + 1))


def dot_whisker(chart: Chart, lang: str) -> Markup:
    """Return the chart as an `<svg>` element; its title is a full sentence with every number."""
    frame = _layout(chart, lang)
    height = frame.bottom + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{chart.width:g}" height="{height:.1f}"'
        f' viewBox="0 0 {chart.width:g} {height:.1f}" font-family="{FACES[lang]}">',
        f'<title data-t="{_alt_trace(chart)}">{escape(chart.alt.striptags())}</title>',
        *_grid(frame),
        *_heads(frame),
        *_rows(frame),
        "</svg>",
    ]
    return Markup("".join(parts))


def chart_height(chart: Chart, lang: str) -> float:
    """Return the height of a chart in px."""
    return _layout(chart, lang).bottom + FOOT


def _alt_trace(chart: Chart) -> str:
    shown = [number for row in chart.rows for number in (row.value, row.interval) if number]
    return trace_of(*shown) or "given"


def _layout(chart: Chart, lang: str) -> _Frame:
    numbers = [row.interval.text + (f" [{row.mark}]" if row.mark else "") for row in chart.rows if row.interval]
    wide = max([text_width(text, SMALL) for text in numbers] + [52.0])
    labels = max(text_width(row.label) * (1.08 if row.strong else 1.0) for row in chart.rows)
    values = max([text_width(row.value.text) for row in chart.rows if row.value] + [20.0])
    x_value = chart.width - wide - 8
    # Labels may take what they need, but wrap before the plot becomes too narrow to read.
    x0 = min(labels, chart.width * 0.42, max(x_value - values - 22 - LEAST_PLOT, chart.width * 0.2)) + 10
    lines = [len(wrap(row.label, x0 - 8)) for row in chart.rows]
    heights = tuple(max(row_height(chart.rows), 11.5 * count + 7) for count in lines)
    return _Frame(chart, lang, x0, x_value - values - 12, x_value, heights)


def _text(x: float, y: float, content: object, **style: str) -> str:
    trace = f' data-t="{style.pop("trace")}"' if "trace" in style else ""
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}{trace}>{escape(str(content))}</text>'


def _ticks(frame: _Frame) -> list[float]:
    """Return the tick places whose labels do not run into one another."""
    top, room = frame.chart.high, frame.x1 - frame.x0
    for about in (5, 4, 3, 2, 1):
        ticks = [tick for tick in nice_ticks(top, about=about) if tick <= top * (1 + 1e-9)]
        gap = room / max(len(ticks) - 1, 1)
        if max(text_width(_tick_text(tick), SMALL) for tick in ticks) + 6 <= gap:
            break
    return ticks


def _tick_text(tick: float) -> str:
    return f"{tick:,.10g}"


def _grid(frame: _Frame) -> list[str]:
    chart, top = frame.chart, HEAD - 3
    ticks = _ticks(frame)
    path = "".join(f"M{frame.x(tick):.1f} {top:.1f}V{frame.bottom:.1f}" for tick in ticks)
    parts = []
    if chart.band:
        left, right = frame.x(chart.band[0]), frame.x(chart.band[1])
        parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 1):.1f}"'
                     f' height="{frame.bottom - top:.1f}" fill="{BAND}"/>')  # fmt: skip
    parts.append(f'<path d="{path}" stroke="{RULE}" stroke-width="0.8" fill="none"/>')
    for tick in ticks:
        parts.append(_text(frame.x(tick), frame.bottom + 12, _tick_text(tick), font_size=f"{SMALL}", fill=GREY,
                           text_anchor="middle", trace="given"))  # fmt: skip
    for line in chart.lines:
        dash = ' stroke-dasharray="3 2"' if line.dashed else ""
        parts.append(f'<path d="M{frame.x(line.at):.1f} {top:.1f}V{frame.bottom:.1f}" stroke="{INK}"'
                     f' stroke-width="1.3"{dash} fill="none"/>')  # fmt: skip
    return parts


def _heads(frame: _Frame) -> list[str]:
    chart = frame.chart
    parts = [
        _text(frame.x_value - 6, HEAD - 8, chart.head_value, font_size=f"{SMALL}", fill=GREY, text_anchor="end"),
        _text(chart.width, HEAD - 8, chart.head_interval.striptags(), font_size=f"{SMALL}", fill=GREY,
              text_anchor="end", trace="given"),
    ]  # fmt: skip
    lines = sorted(chart.lines, key=lambda line: line.at)
    crowded = any(frame.x(b.at) - frame.x(a.at) < 56 for a, b in pairwise(lines))
    for number, line in enumerate(lines):
        anchor = "end" if crowded and number == 0 else "middle"
        parts.append(_text(frame.x(line.at), HEAD - 8, Markup(line.label).striptags(), font_size=f"{SMALL}",
                           fill=INK, font_weight="bold", text_anchor=anchor, trace=line.trace))  # fmt: skip
    return parts


def _rows(frame: _Frame) -> list[str]:
    parts, y = [], HEAD
    for row, height in zip(frame.chart.rows, frame.heights, strict=True):
        parts.extend(_row(frame, row, y + height / 2))
        y += height
    return parts


def _row(frame: _Frame, row: Row, middle: float) -> list[str]:
    bold = {"font_weight": "bold"} if row.strong else {}
    lines = wrap(row.label, frame.x0 - 8)
    start = middle + 3.4 - 5.75 * (len(lines) - 1)
    parts = [_text(0, start + 11.5 * k, line, font_size=f"{LABEL}", fill=INK, trace="given", **bold)
             for k, line in enumerate(lines)]  # fmt: skip
    if row.estimate is None:
        mark = f" [{row.mark}]" if row.mark else ""
        parts.append(f'<rect x="{frame.x0 + 2:.1f}" y="{middle - 7:.1f}" height="14" fill="#FFFFFF"'
                     f' width="{text_width(row.instead, SMALL) + 6:.1f}"/>')  # fmt: skip
        parts.append(_text(frame.x0 + 4, middle + 3.4, row.instead, font_size=f"{SMALL}", fill=GREY))
        parts.append(_text(frame.chart.width, middle + 3.4, mark.strip(), font_size=f"{SMALL}", fill=GREY,
                           text_anchor="end"))  # fmt: skip
        return parts
    return [*parts, *_mark(frame, row, middle), *_numbers(frame, row, middle, bold)]


def _mark(frame: _Frame, row: Row, middle: float) -> list[str]:
    assert row.estimate is not None
    caution = row.mark == "u"
    parts = []
    if row.low is not None and row.high is not None:
        left, right = frame.x(row.low), frame.x(row.high)
        dash = ' stroke-dasharray="2.4 1.8"' if caution else ""
        parts.append(f'<path d="M{left:.1f} {middle:.1f}H{right:.1f}" stroke="{NAVY}" stroke-width="1.5"'
                     f'{dash} fill="none"/>')  # fmt: skip
        ends = f"M{left:.1f} {middle - 3:.1f}V{middle + 3:.1f}M{right:.1f} {middle - 3:.1f}V{middle + 3:.1f}"
        parts.append(f'<path d="{ends}" stroke="{NAVY}" stroke-width="1.1" fill="none"/>')
    fill = "#FFFFFF" if caution else NAVY
    parts.append(f'<circle cx="{frame.x(row.estimate):.1f}" cy="{middle:.1f}" r="{_dot(frame)}" fill="{fill}"'
                 f' stroke="{NAVY}" stroke-width="1.5"/>')  # fmt: skip
    return parts


def _dot(frame: _Frame) -> float:
    """Return the radius of a chart's dots, one for all: their size means nothing."""
    wide = [frame.x(row.high) - frame.x(row.low) for row in frame.chart.rows
            if row.low is not None and row.high is not None]  # fmt: skip
    return SMALL_DOT if min(wide, default=DOT * 4) < DOT * 4 else DOT


def _numbers(frame: _Frame, row: Row, middle: float, bold: dict[str, str]) -> Sequence[str]:
    y = middle + 3.4
    parts = []
    if row.value:
        parts.append(_text(frame.x_value - 6, y, row.value, font_size=f"{LABEL}", fill=INK, font_weight="bold",
                           text_anchor="end", trace=trace_of(row.value)))  # fmt: skip
    mark = f" [{row.mark}]" if row.mark else ""
    trace = {"trace": trace_of(row.interval)} if row.interval else {}
    parts.append(_text(frame.chart.width, y, f"{row.interval or '–'}{mark}", font_size=f"{SMALL}", fill=GREY,
                       text_anchor="end", **trace, **bold))  # fmt: skip
    return parts
