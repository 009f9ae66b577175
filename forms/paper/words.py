"""The words that paper adds to a questionnaire's own, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable

from uptake.contract.errors import UptakeError
from uptake.contract.text import Text

WORDS: dict[str, Text] = {
    "table_number": Text.of(zh="表    号：", en="Form number: "),
    "authority": Text.of(zh="制定机关：", en="Issued by: "),
    "approved_by": Text.of(zh="批准（备案）机关：", en="Approved by: "),
    "approval_number": Text.of(zh="批准（备案）文号：", en="Approval number: "),
    "valid_until": Text.of(zh="有效期至：", en="Valid until: "),
    "illustrative": Text.of(zh="示例，非正式统计报表", en="Illustrative, not an official form"),
    "period": Text.of(zh="统计期：", en="Reference period: "),
    "page_for": Text.of(zh="填报范围：{condition}的单位填报本部分；其他单位转至“{next}”。",
                        en="Fill in this part only if {condition}; otherwise go on to “{next}”."),
    "last_page_for": Text.of(zh="填报范围：{condition}的单位填报本部分。", en="Fill in this part only if {condition}."),
    "question_for": Text.of(zh="仅限{condition}的单位填报", en="Only if {condition}"),
    "required_if": Text.of(zh="（{condition}时必填）", en="(required if {condition})"),
    "optional": Text.of(zh="（选填）", en="(optional)"),
    "one": Text.of(zh="单选", en="one answer"),
    "several": Text.of(zh="可多选", en="all that apply"),
    "at_most": Text.of(zh="最多选 {most} 项", en="up to {most}"),
    "dont_know": Text.of(zh="不清楚", en="Don’t know"),
    "exclusive": Text.of(zh="（不与其他项同选）", en="(not together with others)"),
    "please_say": Text.of(zh="（请写明）", en="(please say)"),
    "band": Text.of(zh="如无确切数，请选一个区间：", en="Without an exact figure, choose a range:"),
    "see_list": Text.of(zh="（代码见附录{number}）", en="(code, see list {number})"),
    "full_list": Text.of(zh="（填代码，代码表另附）", en="(code, from the list that is kept apart)"),
    "list": Text.of(zh="附录{number}  {title}", en="List {number}. {title}"),
    "year": Text.of(zh="年", en="Year"), "month": Text.of(zh="月", en="Month"), "day": Text.of(zh="日", en="Day"),
    "prefilled": Text.of(zh="（预填，请核对）", en="(filled in for you; please check)"),
    "fixed": Text.of(zh="（按名录登记）", en="(from the register)"),
    "shown": Text.of(zh="（附上期数）", en="(last figure is shown)"),
    "computed": Text.of(zh="（由所填数计算，不必填写）", en="(worked out from your answers; leave empty)"),
    "total": Text.of(zh="（各项之和）", en="(sum of the items)"),
    "coded": Text.of(zh="填代码：", en="codes: "),
    "confirm": Text.of(zh="确认", en="I confirm"),
    "item": Text.of(zh="项目", en="Item"),
    "number": Text.of(zh="序号", en="No."),
    "rows": Text.of(zh="最多填 {most} 行；本页不够时另附页。",
                    en="Up to {most} rows; add sheets where this is not enough."),
    "rows_at_least": Text.of(zh="至少填 {least} 行，最多填 {most} 行；本页不够时另附页。",
                             en="From {least} to {most} rows; add sheets where this is not enough."),
    "checks": Text.of(zh="审核关系", en="Checks"),
    "checks_about": Text.of(zh="“必须”为强制性审核，不符合的不能报出；“核对”为核实性审核，确属实情的请说明原因。",
                            en="“Must” has to hold before the form can be sent; “check” asks for a reason where the"
                               " answer is right all the same."),
    "rows_alike": Text.of(zh="{first} 至 {last} 各行：{rule}", en="each row from {first} to {last}: {rule}"),
    "column": Text.of(zh="{letter} 栏", en="column {letter}"),
    "must": Text.of(zh="必须", en="Must"),
    "check": Text.of(zh="核对", en="Check"),
    "counts": Text.of(zh="算", en="Counts"),
    "counts_not": Text.of(zh="不算", en="Does not count"),
    "box_version": Text.of(zh="（版本 {version}）", en="(version {version})"),
    "versions": Text.of(zh="问卷版本 {definition}，文字版本 {text}，摘要 {digest}",
                        en="Definition {definition}, wording {text}, digest {digest}"),
    "sender": Text.of(zh="填报单位和统计期", en="Unit and period"),
    "unit_code": Text.of(zh="单位代码", en="Code of the unit reported on"),
    "return_period": Text.of(zh="统计期", en="Period"),
    "quarter": Text.of(zh="季度", en="Quarter"),
    "revision": Text.of(zh="修订号（首次报送填 0）", en="Revision (0 the first time)"),
    "revision_note": Text.of(zh="期后 {months} 个月内重报不必改修订号",
                             en="within {months} months no new number is needed"),
    "metrics": Text.of(zh="指标", en="Metrics"),
    "metrics_about": Text.of(
        zh="只填总数和个数，不填百分比和平均数；没有的填 0，不掌握的留空。期后 {day} 日内报出。",
        en="Give sums and counts, no percentages or means. Write 0 where there is none; leave empty what is not known."
           " Due {day} days after the period."),
    "stock": Text.of(zh="期末数", en="at the end of the period"),
    "flow": Text.of(zh="本期数", en="in the period"),
    "whole_unit": Text.of(zh="合计", en="Total"),
    "change": Text.of(zh="{metric} 各数：本期 ÷ 上期在 {least} 与 {most} 之间",
                      en="each number of {metric}: this period ÷ last period lies between {least} and {most}"),
    "between": Text.of(zh="、", en=", "),
    "sign_off": Text.of(
        zh="单位负责人：                    统计负责人：                    填表人：                    联系电话："
           "                    报出日期：        年    月    日",
        en="Head of the unit:                    Person in charge of statistics:                    Completed by:"
           "                    Telephone:                    Date:"),
}  # fmt: skip


def paper_words(lang: str) -> Callable[..., str]:
    """Return the function that gives these words in a language; raise UptakeError where it has none."""
    if any(lang not in dict(text.by_lang) for text in WORDS.values()):
        known = ", ".join(WORDS["must"])
        raise UptakeError(f'The language "{lang}" has no words for printed forms, so half of the form would be in'
                          f" another language. Print it in one of: {known}.")  # fmt: skip

    def say(key: str, **slots: object) -> str:
        return WORDS[key][lang].format(**slots)

    return say
