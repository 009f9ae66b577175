"""What a brief says: sentences in Chinese and English from one rule table, chosen by findings, never typed by hand.

A rule is one key with one template a language. Numbers enter only through slots, so both languages carry the same
numbers; direction enters only through the key, so both say the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
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
            after = pieces[place + 1][0] if place + 1 < len(pieces) else ""
            filled = escape(slots[slot])
            parts.append(spaced(filled, before=literal, after=after) if lang == "zh" else filled)
    return Markup("").join(parts)


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


def forbidden_words(text: str, lang: str) -> tuple[str, ...]:
    """Return the forbidden words that stand in a text of the given language."""
    if lang == "zh":
        return tuple(word for word in FORBIDDEN["zh"] if word in text)
    folded = text.casefold()
    return tuple(word for word in FORBIDDEN["en"] if re.search(rf"\b{re.escape(word)}\b", folded))
