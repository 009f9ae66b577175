"""The sentences a respondent reads that are not the questionnaire's own: refusals, hints and labels, in zh and en.

A refusal repeats what was typed and says what to type.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from uptake.contract.text import Text

WORDS: dict[str, Text] = {
    "problem": Text.of(zh="有需要改正的地方", en="There is a problem"),
    "error": Text.of(zh="错误：", en="Error: "),
    "to_check": Text.of(zh="请核对", en="Please check"),
    "reason": Text.of(zh="如情况属实，请说明原因；如有误，请改正上面的答案。",
                      en="If this is right, please say why. If it is not, correct the answer above."),
    "reason_label": Text.of(zh="原因说明", en="Reason"),
    "dont_know": Text.of(zh="不清楚", en="Don’t know"),
    "optional": Text.of(zh="（选填）", en="(optional)"),
    "choose": Text.of(zh="请选择", en="Choose one"),
    "choose_several": Text.of(zh="可多选", en="Choose all that apply"),
    "choose_at_most": Text.of(zh="最多选 {most} 项", en="Choose up to {most}"),
    "date_hint": Text.of(zh="如 2026-12-31", en="For example 2026-12-31"),
    "prefilled": Text.of(zh="已按名录预填，请核对，有误请改正",
                         en="Filled in from the register; please check and correct it if it is wrong"),
    "fixed": Text.of(zh="按名录登记，此处不能修改", en="From the register; it cannot be changed here"),
    "prefilled_last": Text.of(zh="已按上期填报预填，请核对，有变化请改正",
                              en="Filled in from your last return; please check it, and correct what has changed"),
    "fixed_last": Text.of(zh="按上期填报，此处不能修改", en="From your last return; it cannot be changed here"),
    "shown": Text.of(zh="名录登记：{value}", en="In the register: {value}"),
    "shown_last": Text.of(zh="上期填报：{value}", en="Last time: {value}"),
    "computed": Text.of(zh="自动计算，无需填写", en="Worked out from your answers; there is nothing to fill in"),
    "computed_later": Text.of(zh="自动计算：相关各项填写并保存后显示",
                              en="Worked out from your answers; shown once they are saved"),
    "or": Text.of(zh="或", en="or"),
    "total": Text.of(zh="各分项相加：{value}", en="Sum of the parts: {value}"),
    "rows_here": Text.of(zh="第 {first}–{last} 行；已填 {count} 行，最多 {most} 行",
                         en="Rows {first} to {last}; {count} filled in so far, at most {most}"),
    "rows_empty": Text.of(zh="空行不计入，不必删除。", en="Empty rows do not count and need not be removed."),
    "nothing_dropped": Text.of(zh="已填有行，“{label}”的勾选已取消。如确实没有，请删除各行后再勾选。",
                               en="There are rows, so “{label}” was unticked. If there is nothing to report, remove the"
                                  " rows and tick it again."),
    "remove_row": Text.of(zh="删除这一行", en="Remove this row"),
    "remove_hint": Text.of(zh="保存时删除；保存前取消勾选即可保留。",
                           en="It is removed when you save; untick the box before that to keep it."),
    "or_band": Text.of(zh="如无确切数，请选一个区间（填了确切数的，以确切数为准）",
                       en="If you have no exact figure, choose a range (an exact figure, if given, is used)"),
    "version": Text.of(zh="（版本 {version}）", en="(version {version})"),
    "i_confirm": Text.of(zh="我确认", en="I confirm"),
    "counts": Text.of(zh="算", en="Counts"),
    "counts_not": Text.of(zh="不算", en="Does not count"),
    "read_as": Text.of(zh="“{typed}”已读作 {value}", en="“{typed}” was read as {value}"),
    "row": Text.of(zh="项目", en="Item"),
    "blank": Text.of(zh="未填", en="not given"),
    "ticked": Text.of(zh="已确认", en="confirmed"),
    "refused": Text.of(zh="拒绝回答", en="refused"),
    "not_applicable": Text.of(zh="不适用", en="not applicable"),
}  # fmt: skip

REFUSALS: dict[str, Text] = {
    "number": Text.of(
        zh="“{typed}”读不成一个数。请只用数字填写，如 1200 或 1.2万；没有请填 0。",
        en="“{typed}” cannot be read as a number. Use digits only, such as 1200; write 0 if there is none."),
    "percent": Text.of(
        zh="“{typed}”读不成一个百分数。请只填百分号前的数，如 12.5 表示 12.5%；没有请填 0。",
        en="“{typed}” cannot be read as a percentage. Write the number before the sign: 12.5 for 12.5%; write 0 if"
           " there is none."),
    "whole": Text.of(
        zh="“{typed}”不是整数。请填整数，如 1200；没有请填 0。",
        en="“{typed}” is not a whole number. Write a whole number such as 1200; write 0 if there is none."),
    "too_many_decimals": Text.of(
        zh="“{typed}”的小数位过多。最多保留 {decimals} 位小数，如 {example}。",
        en="“{typed}” has too many decimal places. Write at most {decimals}, such as {example}."),
    "too_small": Text.of(
        zh="“{typed}”小于可填的最小值 {bound}。请填 {bound} 或更大的数。",
        en="“{typed}” is below {bound}, the least that can be given. Write {bound} or more."),
    "too_large": Text.of(
        zh="“{typed}”大于可填的最大值 {bound}。请核对单位，填 {bound} 或更小的数。",
        en="“{typed}” is above {bound}, the most that can be given. Check the unit, and write {bound} or less."),
    "date": Text.of(
        zh="“{typed}”不是有效日期。请按“年-月-日”填写，如 2026-12-31。",
        en="“{typed}” is not a date. Write year-month-day, such as 2026-12-31."),
    "too_early": Text.of(
        zh="“{typed}”早于可填的最早日期 {bound}。请填 {bound} 或以后的日期。",
        en="“{typed}” is before {bound}, the first date that can be given. Write {bound} or later."),
    "too_late": Text.of(
        zh="“{typed}”晚于可填的最晚日期 {bound}。请填 {bound} 或以前的日期。",
        en="“{typed}” is after {bound}, the last date that can be given. Write {bound} or earlier."),
    "choice": Text.of(
        zh="“{typed}”不在可选项中。请从列出的选项中选一项。",
        en="“{typed}” is not one of the choices. Choose one from the list."),
    "one_choice": Text.of(
        zh="这里只能选一项，收到的是“{typed}”。请只选一项。",
        en="Only one can be chosen here, but “{typed}” was received. Choose one."),
    "exclusive": Text.of(
        zh="“{typed}”不能与其他选项同时选。请只保留它，或取消它。",
        en="“{typed}” cannot be chosen together with others. Keep it alone, or remove it."),
    "max_choices": Text.of(
        zh="选了 {count} 项，最多可选 {most} 项。请取消 {extra} 项。",
        en="You chose {count}, and at most {most} can be chosen. Remove {extra}."),
    "uscc_length": Text.of(
        zh="“{typed}”不是 18 位。请填营业执照上 18 位的统一社会信用代码（数字和大写字母，不含 I、O、S、V、Z）。",
        en="“{typed}” does not have 18 characters. Write the 18 digits and capital letters (no I, O, S, V, Z) of the"
           " unified social credit code on the business licence."),
    "uscc_check": Text.of(
        zh="“{typed}”的校验位不符，可能有一位写错。请对照营业执照逐位核对。",
        en="“{typed}” does not fit its check character, so one character is probably wrong. Compare it with the"
           " business licence."),
    "text_long": Text.of(
        zh="“{typed}”共 {count} 个字符，最多 {most} 个。请缩短 {extra} 个字符。",
        en="“{typed}” has {count} characters, and at most {most} fit. Shorten it by {extra}."),
    "text_sign": Text.of(
        zh="“{typed}”含有看不见的控制字符（{sign}），无法保存。请删去后重新填写。",
        en="“{typed}” contains an invisible control character ({sign}), which cannot be stored. Remove it and write the"
           " text again."),
    "both": Text.of(
        zh="既填了“{typed}”，又选了“不清楚”。请只保留一个。",
        en="“{typed}” was given and “Don’t know” was ticked as well. Keep one of the two."),
}  # fmt: skip

MISSING: dict[str, Text] = {
    "typed": Text.of(zh="“{label}”还没有填写。请填写{zero}。",
                     en="“{label}” has not been answered. Write an answer{zero}."),
    "chosen": Text.of(zh="“{label}”还没有选择。请选一项。", en="“{label}” has not been answered. Choose one."),
    "several": Text.of(zh="“{label}”还没有选择。请至少选一项。",
                       en="“{label}” has not been answered. Choose at least one."),
    "tick": Text.of(zh="“{label}”还没有确认。请勾选。", en="“{label}” has not been confirmed. Tick the box."),
    "either": Text.of(zh="“{label}”还没有填写。请填一个数（没有请填 0），或选一个区间。",
                      en="“{label}” has not been answered. Write a number (0 if there is none), or choose a range."),
}  # fmt: skip
SENTENCES: dict[str, Text] = {
    # ${label()}, ${total()} and ${sum()} are filled in when the check is broken (forms/checks.py).
    "total": Text.of(
        zh="“${label()}”填报的是 ${total()}，各分项相加是 ${sum()}。请改正其中有误的数，使两者相等。",
        en="“${label()}” is given as ${total()}, but its parts add up to ${sum()}. Correct whichever is wrong, so that"
           " the two agree."),
    "missing_rows": Text.of(
        zh="“{label}”至少要填 {least} 行，现有 {count} 行。请补填。",
        en="At least {least} of “{label}” must be listed, and there are {count}. Add the others."),
    "nothing_said": Text.of(
        zh="“{label}”还没有填写。请至少填一行；没有的，请勾选“{nothing}”。",
        en="No “{label}” has been listed. Fill in at least one row, or tick “{nothing}”."),
    "of_row": Text.of(zh="{label} {row}：", en="{label} {row}: "),
    "zero": Text.of(zh="；没有请填 0", en="; write 0 if there is none"),
    "or_dont_know": Text.of(zh="，或勾选“不清楚”", en=", or tick “Don’t know”"),
    "please_say": Text.of(zh="{label}：请写明", en="{label}: please say"),
    "range": Text.of(zh="{label}（区间）", en="{label} (range)"),
    "list": Text.of(zh="、", en=", "),
    "wan": Text.of(zh="万元", en="ten thousand yuan"),
    "yi": Text.of(zh="亿元", en="hundred million yuan"),
    "percent": Text.of(zh="%", en="%"),
}  # fmt: skip


# By further language, the names of official codes as a study's words say them: provinces.110000 (forms/vocabulary.py).
CODE_NAMES: dict[str, Mapping[str, str]] = {}


def word(key: str, lang: str, **slots: object) -> str:
    """Return one of the words or sentences above in a language, with its slots filled."""
    return WORDS[key][lang].format(**slots)


def refusal(key: str, lang: str, typed: str, **slots: object) -> str:
    """Return the sentence that refuses `typed`, which it repeats in a form safe to show."""
    return REFUSALS[key][lang].format(typed=safe_to_show(typed), **slots)


def safe_to_show(typed: str, most: int = 40) -> str:
    """Return typed text cut to `most` signs, with control and invisible signs written as their code points.

    >>> safe_to_show("12" + chr(0x202E) + "3")
    '12[U+202E]3'
    """
    cut = typed if len(typed) <= most else typed[:most] + "…"
    return "".join(f"[U+{ord(sign):04X}]" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") else sign
                   for sign in cut)  # fmt: skip
