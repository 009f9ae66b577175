"""What a brief says: sentences in Chinese and English from one rule table, chosen by findings, never typed by hand.

A rule is one key with one template a language. Numbers enter only through slots, so both languages carry the same
numbers; direction enters only through the key, so both say the same thing.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Formatter

from markupsafe import Markup, escape

from reports.rules import RULES
from reports.trace import Shown, given

# Words that claim what the numbers cannot carry: success or failure by eye, shades of almost, causes, ranks.
FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "zh": ("达标", "未达标", "已超过", "突破", "几乎", "接近目标", "略有", "大幅", "显著领先", "由于", "带动", "得益于",
           "排名", "第一名", "领跑", "圆满", "概率为"),
    "en": ("met the target", "meets the target", "missed", "exceeded", "exceeds", "almost", "nearly", "slight",
           "slightly", "trend towards", "because of", "driven by", "thanks to", "ranked", "1st", "best", "worst",
           "leading", "lagging", "on track"),
}  # fmt: skip
_QUARTER = re.compile(r"(\d{4})Q([1-4])")
# A closing mark before another mark, and an opening mark after another one; the second of the two keeps its width.
_PAIRS = re.compile(r"[，、。；：）》”](?=[，、。；：）》”（《“])|(?<=[（《“])[（《“]")
_OPENING = re.compile(r'(<p class="name">(?:<[^>]*>)*)([（《“])')  # hung out, so that the name stands at the margin
_PIECES = re.compile(r"(<style.*?</style>|<title.*?</title>|<svg.*?</svg>|<[^>]*>)", re.DOTALL)
Piece = tuple[str, str | None, str | None, str | None]
_QUARTERS_ZH = {"1": "一", "2": "二", "3": "三", "4": "四"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one indicator, the only input of its sentences: verdict against one target, and the numbers.

    `verdict` is a word of `assessments.verdict`, or "none" where the brief has no target.
    """

    indicator: str
    verdict: str
    slots: Mapping[str, Shown | Markup | str]


def say(rule: str, lang: str, **slots: Shown | Markup | str) -> Markup:
    """Return the sentence of a rule with its slots filled, as HTML whose numbers carry their trace."""
    pieces = list(Formatter().parse(RULES[rule][lang]))
    parts = []
    for place, (literal, slot, _, _) in enumerate(pieces):
        parts.append(escape(literal))
        if slot:
            filled, after = escape(slots[slot]), _after(pieces, place, slots)
            parts.append(spaced(filled, before=literal, after=after) if lang == "zh" else filled)
    return Markup("").join(parts)


def _after(pieces: Sequence[Piece], place: int, slots: Mapping[str, Shown | Markup | str]) -> str:
    """Return what stands to the right of a slot: the words of the rule, or those of the next slot."""
    if place + 1 == len(pieces):
        return ""
    literal, slot, _, _ = pieces[place + 1]
    return literal or (plain(escape(slots[slot])) if slot else "")


def spaced(filled: Markup, *, before: str, after: str) -> Markup:
    """Mark a number that touches a Chinese character, so that the style sheet opens a thin gap beside it.

    The gap is a margin, not a space: copied text and screen readers keep the number and its words together.
    """
    html = str(filled)
    if not html.startswith('<span class="num'):
        return filled
    marks = (" l" if _is_han(before[-1:]) else "") + (" r" if _is_han(after[:1]) and html.count("<span") == 1 else "")
    return Markup(html.replace('class="num', f'class="num{marks}', 1))


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def set_tight(html: str) -> str:
    """Return a Chinese page whose punctuation marks in a row share one gap instead of each keeping its own.

    Marks are full-width, half of it empty: `）。` would leave a hole in the line. Drawings, styles and titles stay.
    """
    html = _OPENING.sub(r'\1<span class="half">\2</span>', html)
    return "".join(piece if piece.startswith("<") else _PAIRS.sub(r'<span class="half">\g<0></span>', piece)
                   for piece in _PIECES.split(html))  # fmt: skip


def plain(sentence: Markup) -> str:
    """Return a sentence as bare text, for alternative texts and for worksheets."""
    return Markup(sentence).striptags()


def headline(finding: Finding, lang: str) -> Markup:
    """Return the first line of a brief: the level and, once a wave decides, the one verdict."""
    return say(f"headline.{finding.verdict}", lang, indicator=finding.indicator, **finding.slots)


def verdict_word(verdict: str, lang: str) -> Markup:
    """Return the one word for a verdict."""
    return say(f"verdict.{verdict}", lang)


def wave_name(wave: str, lang: str) -> Markup:
    """Return a wave's name as sentences write it; ids that are not quarters stay as they are.

    >>> plain(wave_name("2027Q4", "zh"))
    '2027年第四季度'
    """
    match = _QUARTER.fullmatch(wave)
    if not match:
        return given(f"{wave}年" if lang == "zh" and re.fullmatch(r"\d{4}", wave) else wave)
    year, quarter = match.groups()
    return given(f"{year}年第{_QUARTERS_ZH[quarter]}季度" if lang == "zh" else f"Q{quarter} {year}")


def date_name(iso: str, lang: str) -> str:
    """Return a day as sentences write it.

    >>> date_name("2027-01-31", "zh"), date_name("2027-01-31", "en")
    ('2027年1月31日', '31 January 2027')
    """
    day = date.fromisoformat(iso[:10])
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else f"{day.day} {month_name[day.month]} {day.year}"


def forbidden_words(text: str, lang: str) -> tuple[str, ...]:
    """Return the forbidden words that stand in a text of the given language."""
    if lang == "zh":
        return tuple(word for word in FORBIDDEN["zh"] if word in text)
    folded = text.casefold()
    return tuple(word for word in FORBIDDEN["en"] if re.search(rf"\b{re.escape(word)}\b", folded))
