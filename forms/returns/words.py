"""The sentences about a file of a return: what is wrong with a row, what to check, what became of it, in zh and en."""

from __future__ import annotations

from collections.abc import Mapping

from forms.words import safe_to_show
from uptake.contract.text import Text

STATUSES: Mapping[str, Text] = {
    "accepted": Text.of(zh="已接收", en="accepted"),
    "unchanged": Text.of(zh="无变化", en="unchanged"),
    "replaced": Text.of(zh="已替换", en="replaced"),
    "superseded": Text.of(zh="已有更新数据", en="superseded"),
    "waiting": Text.of(zh="待前一修订", en="waiting"),
    "refused": Text.of(zh="未接收", en="refused"),
}

SENTENCES: Mapping[str, Text] = {
    "unit": Text.of(
        zh="“{typed}”不是有效的统一社会信用代码（18 位，末位为校验位）。请对照登记证书改正。",
        en="“{typed}” is not a unified social credit code (18 characters, the last one checks). Compare it with the"
           " certificate."),
    "month": Text.of(
        zh="“{typed}”不是月份。请写成 2026-10。", en="“{typed}” is not a month. Write it as 2026-10."),
    "quarter": Text.of(
        zh="“{typed}”不是季度。请写成 2026Q4。", en="“{typed}” is not a quarter. Write it as 2026Q4."),
    "early": Text.of(
        zh="{period} 到 {end} 才结束，{sent} 还不能报。请在期后报送。",
        en="{period} ends on {end} and could not be reported on {sent}. Send it when the period is over."),
    "metric": Text.of(
        zh="本表没有指标“{typed}”。可填：{known}。", en="The return has no metric “{typed}”. It has: {known}."),
    "dimension_missing": Text.of(
        zh="指标 {metric} 按“{name}”分行填报，这一行没有写分组。可填：{known}。",
        en="Metric {metric} has one row for each “{name}”, and this row names none. Write one of: {known}."),
    "dimension_unknown": Text.of(
        zh="“{typed}”不是“{name}”的分组。可填：{known}。", en="“{typed}” is no “{name}”. Write one of: {known}."),
    "dimension_extra": Text.of(
        zh="指标 {metric} 不分组，但这一行写了“{typed}”。请清空。",
        en="Metric {metric} is not broken down, but this row says “{typed}”. Leave it empty."),
    "revision": Text.of(
        zh="“{typed}”不是修订号。首次报送填 0 或不填，以后依次填 1、2、3。",
        en="“{typed}” is not a revision number. The first report is 0 or empty, then come 1, 2, 3."),
    "revision_reason": Text.of(
        zh="第 {revision} 次修订没有说明原因。请在 reason 列写明为什么修订。",
        en="Revision {revision} gives no reason. Say in the column “reason” why the number changes."),
    "revision_open": Text.of(
        zh="{period} 在 {closes} 以前可以直接重报替换，不用修订号。请把修订号改为 0。",
        en="Until {closes} a row of {period} that is sent again replaces the one before. Write revision 0."),
    "flag": Text.of(
        zh="“{typed}”不是标志。估计或沿用上期的填 e，否则不填。",
        en="“{typed}” is not a flag. Write e where the numbers are estimated or carried forward, else nothing."),
    "text_sign": Text.of(
        zh="“{typed}”含有看不见的控制字符，无法保存。请删去。",
        en="“{typed}” contains an invisible control character, which cannot be stored. Remove it."),
    "text_long": Text.of(
        zh="这里有 {count} 个字符，最多 {most} 个。请缩短。",
        en="This has {count} characters, and at most {most} fit. Shorten it."),
    "percentage": Text.of(
        zh="“{typed}”是百分比。本表只收合计数和个数，请填分子和分母各自的数。",
        en="“{typed}” is a percentage. Only sums and counts are collected; send the part and the whole."),
    "number": Text.of(
        zh="“{typed}”读不成一个数。请只用数字填写，如 1200；没有请填 0。",
        en="“{typed}” cannot be read as a number. Use digits only, such as 1200; write 0 if there is none."),
    "negative": Text.of(
        zh="“{typed}”小于 0。合计数和个数不会小于 0，请改正。",
        en="“{typed}” is below 0. Sums and counts are never negative; correct it."),
    "large": Text.of(
        zh="“{typed}”太大，不可能是这个指标的数。请核对单位。",
        en="“{typed}” is too large to be a number of this metric. Check the unit."),
    "whole": Text.of(
        zh="“{typed}”不是整数。{label}按整数填报。", en="“{typed}” is not a whole number. {label} is a count."),
    "decimals": Text.of(
        zh="“{typed}”的小数位过多，最多 {decimals} 位。", en="“{typed}” has more than {decimals} decimal places."),
    "blank": Text.of(
        zh="“{label}”没有填。没有请填 0；不掌握的整行不报，不要填 0。",
        en="“{label}” is empty. Write 0 if there is none; where it is not known leave the whole row out and do not"
           " write 0."),
    "foreign": Text.of(
        zh="指标 {metric} 没有“{column}”这个数，但这一行填了“{typed}”。请清空。",
        en="Metric {metric} has no “{column}”, but this row says “{typed}”. Leave it empty."),
    "part": Text.of(
        zh="{part}（{part_value}）多于{whole}（{whole_value}）。请改正其中一个。",
        en="{part} ({part_value}) exceeds {whole} ({whole_value}). Correct one of the two."),
    "sum": Text.of(
        zh="{total}填了 {total_value}，但{cases}是 0。请改正其中一个。",
        en="{total} is {total_value}, but {cases} is 0. Correct one of the two."),
    "lapsed": Text.of(
        zh="报表有效期至 {until}，{sent} 报送已超过有效期。请向制定机关索取新表。",
        en="The form was valid until {until} and cannot be sent on {sent}. Ask the authority for the new one."),
    "column_unknown": Text.of(
        zh="没有叫“{typed}”的列，其中的数会丢失。可用的列：{known}。",
        en="No column is called “{typed}”, and its numbers would be lost. Columns are: {known}."),
    "column_missing": Text.of(
        zh="缺少“{column}”列。请在第一行加上。", en="The column “{column}” is missing. Name it in the first line."),
    "column_twice": Text.of(
        zh="“{column}”列出现两次，无法确定用哪一列。请只留一列。",
        en="The column “{column}” stands twice, so nobody could tell which one is meant. Keep one."),
    "cells": Text.of(
        zh="这一行有 {count} 格，首行只有 {most} 列。请检查逗号和引号。",
        en="This row has {count} cells and the first line {most} columns. Check commas and quotes."),
    "record": Text.of(
        zh="这一条不是“列名：值”的记录。请参照说明改正。",
        en="This is not a record of column names and values. See the guide."),
    "conflict": Text.of(
        zh="第 {other} 行已有同一单位、报告期、指标、分组和修订号的另一组数，两行都未接收。请只留正确的一行。",
        en="Row {other} gives other numbers for the same unit, period, metric, dimension and revision; neither was"
           " taken. Keep the right one."),
    "twice": Text.of(zh="与第 {other} 行完全相同。", en="The same as row {other}."),
    "closed": Text.of(
        zh="{period} 已于 {closes} 结账，不能再直接替换。请以第 {next} 次修订报送并说明原因。",
        en="{period} was closed on {closes} and cannot be replaced any more. Send it as revision {next} with a"
           " reason."),
    "revision_taken": Text.of(
        zh="第 {revision} 次修订已有另一组数。请以第 {next} 次修订报送。",
        en="Revision {revision} has been sent with other numbers already. Send this as revision {next}."),
    "waiting": Text.of(
        zh="前面的修订还没有收到，收到以前本次修订不生效。",
        en="An earlier revision has not arrived; until it does, this one is not used."),
    "superseded": Text.of(
        zh="已有一份发送时间更晚的数据，本行只作留存。",
        en="Numbers that were sent later stand already; this row is kept for the record."),
    "late": Text.of(
        zh="迟报：{period} 应在 {due} 以前报送。", en="Late: {period} was due on {due}."),
    "change": Text.of(
        zh="{label}为 {now}，上期（{before_period}）为 {before}，是上期的 {ratio} 倍，超出 {least}～{most} 倍。"
           "请核对单位；如无误，请在 reason 列说明。",
        en="{label} is {now} and was {before} in {before_period}: {ratio} times, outside {least} to {most}. Check the"
           " unit; if it is right, say why in the column “reason”."),
    "gap": Text.of(
        zh="没有收到上期（{before_period}）的数，按缺报处理，不会沿用。",
        en="Nothing was received for {before_period}; it counts as missing and nothing is carried forward."),
    "file_open": Text.of(zh="{path}：无法读取（{why}）。请核对文件名。", en="{path}: cannot be read ({why})."
        " Check the name."),
    "file_size": Text.of(
        zh="{path}：文件有 {size} 字节，超过 {most}。请分几个文件报送。",
        en="{path}: has {size} bytes, more than {most}. Send it in parts."),
    "file_nul": Text.of(
        zh="文件含有 NUL 字符，不是文本文件。请另存为 UTF-8 编码的 CSV。",
        en="The file holds NUL characters, so it is not a text file. Save it as CSV in UTF-8."),
    "file_workbook": Text.of(
        zh="这是工作簿（.xlsx）或压缩包，不是文本文件。请另存为 UTF-8 编码的 CSV。",
        en="The file is a workbook (.xlsx) or archive, not a text file. Save it as CSV in UTF-8."),
    "file_utf16": Text.of(
        zh="文件是 UTF-16 编码。请另存为 UTF-8 编码的 CSV。", en="The file is in UTF-16. Save it as CSV in UTF-8."),
    "file_encoding": Text.of(
        zh="文件既不是 UTF-8 也不是 GB18030 编码。请另存为 UTF-8 编码的 CSV。",
        en="The file is in neither UTF-8 nor GB18030. Save it as CSV in UTF-8."),
    "file_empty": Text.of(
        zh="文件是空的。首行应写列名：unit、period、metric 和各个数的列。",
        en="The file is empty. Its first line names the columns: unit, period, metric and the measures."),
    "file_csv": Text.of(
        zh="第 {line} 行：不能按 CSV 读取（{why}）。请检查引号。",
        en="Line {line} is not readable as CSV ({why}). Check the quotes."),
    "file_commas": Text.of(
        zh="各列用分号或制表符隔开。请另存为用逗号隔开的 CSV。",
        en="The columns are separated by semicolons or tabs. Save the file with commas."),
    "file_json": Text.of(
        zh="不能按 JSON 读取（{why}）。请检查括号和逗号。",
        en="The file is not readable as JSON ({why}). Check brackets and commas."),
    "file_list": Text.of(
        zh="这里应当是记录的列表。请参照说明改正。", en="A list of records was expected, or an object with"
            " “rows”. See the guide."),
    "file_broken": Text.of(
        zh="超过 {most} 处不是本表的记录，其余不再读取。请对照说明核对列名和格式后重新报送。",
        en="More than {most} places are no records of this return, and the rest was not read. Compare columns and"
           " format with the guide and send the file again."),
    "file_constant": Text.of(
        zh="{word} 不是数。不掌握的数请不要写这一项。",
        en="{word} is not a number. Leave the key out where a number is not known."),
    "estimated": Text.of(zh="标志 e：估计或沿用的数。", en="Flag e: estimated or carried forward."),
}  # fmt: skip

LABELS: Mapping[str, Text] = {
    "unit": Text.of(zh="统一社会信用代码", en="Unit"),
    "period": Text.of(zh="报告期", en="Period"),
    "metric": Text.of(zh="指标", en="Metric"),
    "dimension": Text.of(zh="分组", en="Dimension"),
    "revision": Text.of(zh="修订号", en="Revision"),
    "flag": Text.of(zh="标志", en="Flag"),
    "reason": Text.of(zh="说明", en="Reason"),
    "reporter": Text.of(zh="代报单位", en="Reporter"),
}


def sentence(key: str, **slots: object) -> Text:
    """Return one of the sentences above in both languages; `typed` and `column` are made safe to show.

    Slots may be plain values or texts in both languages.
    """
    slots |= {name: safe_to_show(str(slots[name])) for name in ("typed", "column") if name in slots}
    made = []
    for lang in SENTENCES[key]:
        filled = {name: value[lang] if isinstance(value, Text) else value for name, value in slots.items()}
        made.append((lang, SENTENCES[key][lang].format(**filled)))
    return Text(tuple(made))
