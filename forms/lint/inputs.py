"""Lint of inputs: bounds, units and types that do not fit what is asked, and identities left open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation

from forms import source
from forms.lint.advice import Hit, Rule
from forms.lint.draft import Draft, Owner, noun_of_input
from uptake.contract.text import Text

_NUMBERS = frozenset({"int", "dec", "money", "pct"})
_MONEY = re.compile(
    r"^(?:元|万元|亿元|千元|人民币.*|(?:ten thousand |million |hundred million |billion )?(?:yuan|RMB|CNY))$", re.I
)
_PERCENT = re.compile(r"^(?:%|％|百分点|per ?cent|percentage points?)$", re.I)
_NUMBER_WORDS = re.compile(r"人数|数量|金额|个数|台数|次数|number of\b|amount\b|how many", re.I)
_CODE_WORDS = re.compile(
    r"代码|编号|编码|电话|手机|邮编|邮政编码|证号|\bcodes?\b|telephone|phone|postcode|\bID number", re.I
)
_DATE_WORDS = re.compile(r"日期|\bdate\b", re.I)
_USCC_WORDS = re.compile(r"统一社会信用代码|unified social credit", re.I)
_IDENTITY_WORDS = re.compile(r"姓名|联系人|联系电话|电话|手机|电子邮箱|邮箱|身份证|详细地址|签名|签署人|负责人$|填表人"
                             r"|单位名称|full name|telephone|\be-?mail\b|street address|signature", re.I)  # fmt: skip
_UNIT_SAID = r"[（(]\s*(?:单位[:：]\s*|unit:\s*|in )?{unit}\s*[)）]"


def _label(question: source.Question, part: Owner) -> Text:
    own = None if isinstance(part, source.Question) else part.label
    return own or question.text


def _words(question: source.Question, part: Owner) -> str:
    label = _label(question, part)
    return "\n".join(label[lang] for lang in ("zh", "en"))


def _typed(
    draft: Draft, kinds: frozenset[str], words: re.Pattern[str] | None = None
) -> Iterator[tuple[source.Question, Owner, str]]:
    """Give the inputs of these types whose label matches, with the words that matched."""
    for question, part in draft.inputs():
        hit = words.search(_words(question, part)) if words is not None else None
        if part.type in kinds and (words is None or hit is not None):
            yield question, part, hit[0] if hit else ""


def _mistyped(
    kind: str, words: re.Pattern[str], sentence: Callable[[str, str], str]
) -> Callable[[Draft], Iterator[Hit]]:
    def find(draft: Draft) -> Iterator[Hit]:
        for question, part, hit in _typed(draft, frozenset({kind}), words):
            if not (kind == "text" and part.lines > 1):
                yield part.place, sentence(noun_of_input(question, part), hit)

    return find


def _no_unit(draft: Draft) -> Iterator[Hit]:
    for question, part, _ in _typed(draft, frozenset({"int", "dec", "int_or_band"})):
        if part.unit is None and not _unit_asked(question):
            yield part.place, (f"{noun_of_input(question, part)} is a number without a unit, so people answer in units"
                               " of their own. Add `unit`.")  # fmt: skip
    for question, part, _ in _typed(draft, frozenset({"matrix"})):
        if part.unit is None and not isinstance(part, source.Column) and part.columns:
            yield part.place, (f"{noun_of_input(question, part)} is a table of numbers without a unit, so people answer"
                               " in units of their own. Add `unit`.")  # fmt: skip


def _unit_asked(question: source.Question) -> bool:
    """Whether a part of the question asks in which unit the numbers are."""
    return any(part.id == "unit" and part.type in ("sel1", "code") for part in question.parts)


def _unit_is(pattern: re.Pattern[str], sentence: str) -> Callable[[Draft], Iterator[Hit]]:
    def find(draft: Draft) -> Iterator[Hit]:
        for question, part, _ in _typed(draft, frozenset({"int", "dec"})):
            if part.unit is not None and any(pattern.match(part.unit[lang].strip()) for lang in ("zh", "en")):
                noun = noun_of_input(question, part)
                yield part.place, f'{noun} has the unit "{part.unit["zh"]}" and the type {part.type}. {sentence}'

    return find


def _fraction(draft: Draft) -> Iterator[Hit]:
    for question, part, _ in _typed(draft, frozenset({"pct"})):
        if part.max is not None and (most := _number(part.max.value)) is not None and most <= 1:
            yield part.place, (f"{noun_of_input(question, part)} is a percentage of at most {part.max.value}; the type"
                               " pct counts in percent points, so 0.5 is half a percent. Write max: 100.")  # fmt: skip


def _unit_in_label(draft: Draft) -> Iterator[Hit]:
    for question, part in draft.inputs():
        label = _label(question, part)
        for lang in ("zh", "en"):
            unit = _shown_unit(part, lang)
            if unit and re.search(_UNIT_SAID.format(unit=re.escape(unit)), label[lang]):
                yield part.place, (f'{noun_of_input(question, part)} names its unit "{unit}" in the label too'
                                   f" ({lang}), so it is shown twice. Remove it from the label.")  # fmt: skip
                break


def _shown_unit(part: Owner, lang: str) -> str:
    if part.type == "pct":
        return "%"
    if part.type == "money" and part.money_unit is not None:
        return {"wan": "万元", "yi": "亿元"}[part.money_unit] if lang == "zh" else ""
    return part.unit[lang] if part.unit is not None else ""


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _unbounded(draft: Draft) -> Iterator[Hit]:
    judged = {name for judged in draft.judged if judged.role == "rule" for name in judged.expression.fields}
    judged |= {name for leaf in draft.asked.fields.values() for name in (leaf.total_of and (leaf.name, *leaf.total_of))}
    for question, part in draft.inputs():
        if part.type not in ("int", "dec", "money", "date", "int_or_band"):
            continue
        names = _names(draft, question, part)
        if part.max is None and names and not any(name in judged for name in names):
            what = "date" if part.type == "date" else "number"
            yield part.place, (f"{noun_of_input(question, part)} is a {what} with neither `max` nor a check, so a slip"
                               " of the finger goes through. Add one of the two.")  # fmt: skip


def _names(draft: Draft, question: source.Question, part: Owner) -> list[str]:
    """Return the fields that an input makes."""
    from forms.model import field_name

    stem = field_name(question.id.value, "" if isinstance(part, source.Question) else part.id)
    return [name for name in draft.asked.fields if name == stem or name.startswith(f"{stem}_")]


def _too_fine(draft: Draft) -> Iterator[Hit]:
    for question, part, _ in _typed(draft, _NUMBERS):
        leaf = next((draft.asked.fields[name] for name in _names(draft, question, part)), None)
        for key, bound in (("min", part.min), ("max", part.max)):
            value = _number(bound.value) if bound is not None else None
            if leaf is not None and bound is not None and value is not None and -_exponent(value) > leaf.decimals:
                yield bound.place, (f"{noun_of_input(question, part)}: `{key}` is {bound.value}, but the answer has"
                                    f" {leaf.decimals} decimals, so this bound can never be typed. Round"
                                    " it.")  # fmt: skip


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _identity(draft: Draft) -> Iterator[Hit]:
    for question, part in draft.inputs():
        if part.identity:
            continue
        hit = _IDENTITY_WORDS.search(_words(question, part)) if part.type == "text" else None
        if part.type == "uscc" or hit is not None:
            what = "a unified social credit code" if hit is None else f'"{hit[0]}"'
            yield part.place, (f"{noun_of_input(question, part)} asks for {what}, which tells who answered, and would"
                               " be exported. Add identity: true.")  # fmt: skip


def _sizes(draft: Draft) -> Iterator[Hit]:
    for question, part in draft.inputs():
        for key in ("max_length", "lines", "max_choices"):
            value = getattr(part, key)
            if value is not None and value < 1:
                yield part.place, (f"{noun_of_input(question, part)}: `{key}` is {value}, so nothing could be answered."
                                   " Write 1 or more.")  # fmt: skip


def _tables(draft: Draft) -> Iterator[Hit]:
    for question, part, _ in _typed(draft, frozenset({"matrix"})):
        if isinstance(part, source.Column):
            continue
        if len(part.rows) == 1 or len(part.columns) == 1:
            which = "row" if len(part.rows) == 1 else "column"
            yield part.place, (f"{noun_of_input(question, part)} is a table with one {which}, which is harder to read"
                               " than plain questions. Write parts.")  # fmt: skip


def _lines(draft: Draft) -> Iterator[Hit]:
    for question, part, _ in _typed(draft, frozenset({"text"})):
        if part.lines > 1 and part.max_length < 40 * (part.lines - 1):
            yield part.place, (f"{noun_of_input(question, part)} shows {part.lines} lines but takes {part.max_length}"
                               " characters, so people write more than fits. Raise max_length, or lower"
                               " lines.")  # fmt: skip


RULES = (
    Rule("unit-missing", "numbers without a unit", _no_unit),
    Rule("unit-percent", "a percentage that is not of the type pct",
         _unit_is(_PERCENT, "Write type: pct, which knows its bounds.")),
    Rule("unit-money", "an amount of money that is not of the type money",
         _unit_is(_MONEY, "Write type: money with money_unit, which understands 万 and 亿.")),
    Rule("percent-as-fraction", "a percentage bounded by 1", _fraction),
    Rule("unit-twice", "a unit repeated in the label", _unit_in_label),
    Rule("bound-missing", "a number or date with neither `max` nor a check", _unbounded),
    Rule("bound-too-fine", "a bound with more decimals than the answer may have", _too_fine),
    Rule("number-as-text", "a number asked as text",
         _mistyped("text", _NUMBER_WORDS, lambda noun, hit: f'{noun} asks for "{hit}" as text, which nobody can add up.'
                   " Write type: int, dec or money.")),
    Rule("code-as-number", "a code or telephone number asked as a number",
         _mistyped("int", _CODE_WORDS, lambda noun, hit: f'{noun} asks for "{hit}" as a number, which loses zeros in'
                                                         ' front.'
                   " Write type: text.")),
    Rule("date-as-text", "a date asked as text",
         _mistyped("text", _DATE_WORDS, lambda noun, hit: f'{noun} asks for "{hit}" as text, which nobody can compare.'
                   " Write type: date.")),
    Rule("uscc-as-text", "a unified social credit code asked as text",
         _mistyped("text", _USCC_WORDS, lambda noun, hit: f'{noun} asks for "{hit}" as text, so its check character is'
                                                          ' not'
                   " verified. Write type: uscc.")),
    Rule("identity-open", "names, telephones, addresses and credit codes that would be exported", _identity),
    Rule("size-none", "max_length, lines or max_choices below 1", _sizes, "fault"),
    Rule("table-of-one", "a table with one row or one column", _tables),
    Rule("lines-and-length", "a box of many lines that takes few characters", _lines),
)  # fmt: skip
