"""Lint of numeric ranges offered as choices: they must neither overlap nor leave gaps, and stand in order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from forms.lint.advice import Hit, Rule
from forms.lint.draft import Draft, Listed
from uptake.contract.yamlfile import Place

_N = r"(\d[\d,]*(?:\.\d+)?)\s*(?:%|％)?\s*([万亿]?)"
_BETWEEN = re.compile(rf"{_N}\s*(?:–|-|—|~|～|至|到|to)\s*{_N}\D*")
_BELOW = re.compile(rf"(?:不到|不足|小于|低于|少于|under|below|less than|fewer than)\s*{_N}\D*", re.I)
# As statistical rules have it, 以上 holds its number and 以下 does not.
_BELOW_ZH = re.compile(rf"{_N}\D{{0,3}}以下(?!（含)")
_FROM = re.compile(rf"{_N}\D{{0,4}}(?:及以上|（含）以上|or more|and more|and above|\+)\D*", re.I)
_ABOVE = re.compile(rf"(?:超过|大于|高于|多于|more than|over|above)\s*{_N}\D*", re.I)
_FROM_ZH = re.compile(rf"{_N}\D{{0,3}}以上")
_ONE = re.compile(rf"(?:没有|无|none)?\D{{0,2}}{_N}\D{{0,3}}", re.I)
_SCALE = {"": Decimal(1), "万": Decimal(10) ** 4, "亿": Decimal(10) ** 8}
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class _Band:
    """A range of numbers; None is without end; `open_*`: the end itself does not belong to it."""

    label: str
    code: str
    low: Decimal | None
    high: Decimal | None
    open_low: bool = False
    open_high: bool = False

    @property
    def rank(self) -> Decimal:
        return self.low if self.low is not None else Decimal(0)


def _value(digits: str, scale: str) -> Decimal:
    return Decimal(digits.replace(",", "")) * _SCALE[scale]


def _band(label: str, code: str) -> _Band | None:
    """Read a label as a range of numbers, or None where it is none."""
    text = unicodedata.normalize("NFKC", label).strip()
    if hit := _BETWEEN.fullmatch(text):
        high = _value(hit[3], hit[4])
        low = _value(hit[1], hit[2] or hit[4])  # "1–5万" is 10,000 to 50,000
        low = low if low <= high else _value(hit[1], hit[2])
        return _Band(label, code, low, high)
    if hit := _BELOW.fullmatch(text) or _BELOW_ZH.fullmatch(text):
        return _Band(label, code, None, _value(hit[1], hit[2]), open_high=True)
    if hit := _FROM.fullmatch(text) or _FROM_ZH.fullmatch(text):
        return _Band(label, code, _value(hit[1], hit[2]), None)
    if hit := _ABOVE.fullmatch(text):
        return _Band(label, code, _value(hit[1], hit[2]), None, open_low=True)
    if hit := _ONE.fullmatch(text):
        value = _value(hit[1], hit[2])
        return _Band(label, code, value, value)
    return None


def _bands(draft: Draft) -> Iterator[tuple[Listed, list[_Band]]]:
    """Give the lists of which at least three choices, and all but those without digits, are ranges."""
    for listed in draft.lists:
        if listed.part is not None and not listed.part.choices:
            continue  # a shared list is read where it is written
        with_digits = [choice for choice in listed.choices if any(sign.isdigit() for sign in choice.label["zh"])]
        found = [band for choice in with_digits if (band := _band(choice.label["zh"], choice.code)) is not None]
        ranges = sum(band.low != band.high for band in found)
        if len(found) == len(with_digits) and len(found) >= _FEWEST and ranges > 1:
            yield listed, found


def _pairs(bands: list[_Band]) -> Iterator[tuple[_Band, _Band]]:
    ordered = sorted(bands, key=lambda band: (band.rank, band.high is None, band.high or Decimal(0)))
    return pairwise(ordered)


def _overlap(draft: Draft) -> Iterator[Hit]:
    for listed, bands in _bands(draft):
        for left, right in _pairs(bands):
            if left.high is None or right.low is None or left.high < right.low:
                continue
            if left.high > right.low or not (left.open_high or right.open_low):
                yield _place(listed, right), (f'{listed.noun}: "{left.label}" and "{right.label}" overlap, so some'
                                              " numbers fit both. Change an end.")  # fmt: skip


def _gap(draft: Draft) -> Iterator[Hit]:
    for listed, bands in _bands(draft):
        step = min(_step(band) for band in bands)
        for left, right in _pairs(bands):
            if left.high is None or right.low is None:
                continue
            touching = left.high if left.open_high or right.open_low else left.high + step
            if right.low > touching:
                yield _place(listed, right), (f'{listed.noun}: between "{left.label}" and "{right.label}" some numbers'
                                              " fit nowhere. Change an end, or add a choice.")  # fmt: skip


def _step(band: _Band) -> Decimal:
    ends = [end for end in (band.low, band.high) if end is not None]
    return min(Decimal(1).scaleb(min(0, int(end.as_tuple().exponent))) for end in ends)


def _order(draft: Draft) -> Iterator[Hit]:
    for listed, bands in _bands(draft):
        ranks = [band.rank for band in bands]
        if ranks not in (sorted(ranks), sorted(ranks, reverse=True)):
            yield listed.place, (f"{listed.noun}: the ranges stand neither in rising nor in falling order, so people"
                                 " take a wrong one. Sort them.")  # fmt: skip


def _place(listed: Listed, band: _Band) -> Place:
    return next(choice.place for choice in listed.choices if choice.code == band.code)


RULES = (
    Rule("bands-overlap", "ranges that share numbers", _overlap),
    Rule("bands-gap", "ranges that leave numbers out", _gap),
    Rule("bands-unordered", "ranges in no order", _order),
)
