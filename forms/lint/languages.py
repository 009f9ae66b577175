"""Lint of texts across languages: the same things must be said in each, and in that language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from forms.lint.advice import Hit, Rule
from forms.lint.draft import HAN, SLOT, Draft
from uptake.contract.errors import shown

_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[A-Za-z]*[a-z]{3,}")
_QUOTED = re.compile(r"[“\"(（【][^”\")）】]*[”\")）】]")
_NUMBER = re.compile(r"(?<![A-Za-z_\d])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\s*[万亿]?")
_SCALE = {"万": Decimal(10) ** 4, "亿": Decimal(10) ** 8}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_MONTHS = ("", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_LARGE = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "half": 2, "twice": 2, "once": 1,
          "double": 2, "quarter": 4, "both": 2, "none": 0}  # fmt: skip
_SPOKEN = {word: Decimal(value) for words in (_WORDS, _ORDINALS, _MONTHS) for value, word in enumerate(words) if word}
_SPOKEN |= {word: Decimal(value) for word, value in _LARGE.items()}
_HAN_DIGITS = {sign: Decimal(value) for value, sign in enumerate("零一二三四五六七八九十")} | {"两": Decimal(2),
               "半": Decimal(2), "百": Decimal(100), "千": Decimal(1_000), "万": Decimal(10) ** 4,
               "亿": Decimal(10) ** 8}  # fmt: skip
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_MISNAMED = {"cn": "zh", "ch": "zh", "chs": "zh", "chi": "zh", "zho": "zh", "eng": "en", "uk": "en", "us": "en",
             "jp": "ja", "kr": "ko", "tib": "bo", "uig": "ug"}  # fmt: skip
_ZERO = {Decimal(0)}
_PLACES_SHOWN = 3


def _languages(draft: Draft) -> Iterator[Hit]:
    counts = Counter(lang for said in draft.texts for lang in said.text)
    for lang in counts:
        lacking = [said for said in draft.texts if lang not in said.text]
        if lacking and not _better(lang):
            lines = ", ".join(str(said.place.line) for said in lacking[:_PLACES_SHOWN])
            more = ", …" if len(lacking) > _PLACES_SHOWN else ""
            yield lacking[0].place, (f'{len(lacking)} of {len(draft.texts)} texts lack the language "{lang}", which'
                                     f" other texts have (lines {lines}{more}). Add it everywhere, or"
                                     " nowhere.")  # fmt: skip


def _codes(draft: Draft) -> Iterator[Hit]:
    seen: set[str] = set()
    for said in draft.texts:
        for lang in said.text:
            if lang in seen:
                continue
            seen.add(lang)
            better = _better(lang)
            if better:
                yield said.at(lang), (f'"{lang}" is not the code of a language (BCP 47), so screen readers would read'
                                      f" it wrongly. Write {better}.")  # fmt: skip


def _better(lang: str) -> str:
    """Return what to write instead of a language key that is no BCP 47 code, or an empty string."""
    return _MISNAMED.get(lang.lower()) or ("" if _CODE.fullmatch(lang) else "a code such as ug, bo or zh-Hant")


def _not_chinese(draft: Draft) -> Iterator[Hit]:
    for said in draft.texts:
        zh = SLOT.sub(" ", said.text["zh"])
        if not _HAN.search(zh) and len(_LATIN_WORD.findall(zh)) >= 2 and said.text["zh"] != said.text["en"]:
            yield said.at("zh"), (f'{said.noun} (zh) has no Chinese character: "{shown(zh, 30)}". Write it in Chinese.')


def _same(draft: Draft) -> Iterator[Hit]:
    for said in draft.texts:
        zh = said.text["zh"]
        if zh.strip() == said.text["en"].strip() and (_HAN.search(zh) or len(_LATIN_WORD.findall(zh)) >= 2):
            yield said.at("en"), (f'{said.noun} is the same in zh and en: "{shown(zh, 30)}". Write each in its'
                                  " language.")  # fmt: skip


def _not_english(draft: Draft) -> Iterator[Hit]:
    for said in draft.texts:
        en = _QUOTED.sub("", said.text["en"])
        if (hit := _HAN.search(en)) and said.text["zh"].strip() != said.text["en"].strip():
            yield said.at("en"), (f'{said.noun} (en) has Chinese characters ("{hit[0]}"). Translate them, or put a'
                                  " Chinese term in brackets or quotation marks.")  # fmt: skip


def numbers(text: str) -> set[Decimal]:
    """Return the numbers written in digits, 万 and 亿 reckoned in.

    >>> sorted(numbers("超过10万次、3 个")), sorted(numbers("more than 100,000"))
    ([Decimal('3'), Decimal('100000')], [Decimal('100000')])
    """
    found = set()
    for hit in _NUMBER.finditer(unicodedata.normalize("NFKC", SLOT.sub(" ", text))):
        digits = hit[0].rstrip("万亿 ").rstrip(",").replace(",", "")
        found.add((Decimal(digits) * _SCALE.get(hit[0].strip()[-1], Decimal(1))).normalize())
    return found


def spoken(text: str) -> set[Decimal]:
    """Return the numbers a text says in words: one, second, March, 三, 两."""
    words = {_SPOKEN[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _SPOKEN}
    return {value.normalize() for value in words | {_HAN_DIGITS[sign] for sign in text if sign in _HAN_DIGITS}}


def _numbers(draft: Draft) -> Iterator[Hit]:
    for said in draft.texts:
        zh, en = said.text["zh"], said.text["en"]
        only_zh = numbers(zh) - numbers(en) - spoken(en) - _ZERO  # "no", 没有 and 0 say the same
        only_en = numbers(en) - numbers(zh) - spoken(zh) - _ZERO
        if only_zh or only_en:
            odd = "; ".join(f"{lang}: {', '.join(f'{value:f}' for value in sorted(only))}"
                            for lang, only in (("only zh", only_zh), ("only en", only_en)) if only)  # fmt: skip
            yield said.at("en"), (f"{said.noun} names other numbers in one language than in the other ({odd}). One of"
                                  " the two is wrong: make them agree.")  # fmt: skip


RULES = (
    Rule("language-missing", "a further language that only some texts have", _languages, "fault"),
    Rule("language-code", "language keys that are no BCP 47 code (cn, jp, EN)", _codes),
    Rule("text-not-chinese", "a zh text without Chinese characters", _not_chinese),
    Rule("text-not-translated", "a text that is the same in zh and en", _same),
    Rule("text-chinese-in-english", "an en text with Chinese characters", _not_english),
    Rule("text-numbers-differ", "a text that names other numbers in zh than in en", _numbers),
)
