"""The sentences with which a JSON document, or a value in it, is refused: in zh and en."""

from __future__ import annotations

from forms.words import safe_to_show
from uptake.contract.text import Text

DOCUMENT_REFUSALS: dict[str, Text] = {
    "encoding": Text.of(
        zh="文件不是 UTF-8 编码（第 {at} 个字节），无法读取。请用 UTF-8 编码重新发送。",
        en="The document is not in UTF-8 (byte {at}), so it cannot be read. Send it in UTF-8."),
    "not_json": Text.of(
        zh="内容不是有效的 JSON（第 {line} 行第 {column} 列），无法读取。请改正后重新发送。",
        en="The document is not valid JSON (line {line}, column {column}), so nothing can be read. Correct it and send"
           " it again."),
    "too_long": Text.of(
        zh="文件有 {size} 字节，超过上限 {most} 字节。请分开发送。",
        en="The document has {size} bytes, and at most {most} are read. Send it in parts."),
    "too_deep": Text.of(
        zh="JSON 的层次超过 {most} 层，未予读取。答案最多只需要四层。",
        en="The JSON is nested deeper than {most} levels, so it was not read. Answers need four at most."),
    "not_object": Text.of(
        zh="这里应是一个对象，如 {example}。",
        en="An object was expected here, such as {example}."),
    "not_list": Text.of(
        zh="花名册“{called}”应是对象的列表，每行一个对象，如 {example}。",
        en="The roster “{called}” is a list of objects, one a row, such as {example}."),
    "twice": Text.of(
        zh="“{called}”出现了两次，无法判断以哪个为准。请只保留一个。",
        en="“{called}” stands here twice, and nobody could tell which one is meant. Keep one."),
    "unknown": Text.of(
        zh="问卷没有名为“{called}”的项目。{near}请改正名称，或删去它。",
        en="The questionnaire has nothing called “{called}”.{near} Correct the name, or leave it out."),
    "computed": Text.of(
        zh="“{called}”由系统计算，不能填报。请删去它。",
        en="“{called}” is computed and cannot be reported. Leave it out."),
    "fixed": Text.of(
        zh="“{called}”按名录登记，不能修改。请删去它，或填名录中的值。",
        en="“{called}” comes from the register and cannot be changed. Leave it out, or give what the register has."),
    "state": Text.of(
        zh="“{typed}”不是可填报的状态。请写 answered、dont_know 或 blank，或删去这一项。",
        en="“{typed}” is not a state that can be reported. Write answered, dont_know or blank, or leave the item out."),
    "state_value": Text.of(
        zh="状态“{typed}”与所给的值矛盾。请改正其中一个。",
        en="The state “{typed}” and the value given contradict one another. Correct one of the two."),
    "no_dont_know": Text.of(
        zh="“{called}”不能答“不清楚”。请填写答案。",
        en="“{called}” cannot be answered with don’t know. Give an answer."),
    "need_number": Text.of(
        zh="“{typed}”不是数。请写成数，如 1200，或写成十进制文本，如 \"12.50\"。",
        en="“{typed}” is not a number. Write a number such as 1200, or a decimal text such as \"12.50\"."),
    "need_text": Text.of(
        zh="“{typed}”应写成文本，加引号，如 \"abc\"。",
        en="“{typed}” must be a text in quotation marks, such as \"abc\"."),
    "need_codes": Text.of(
        zh="“{typed}”应写成代码的列表，如 {example}。",
        en="“{typed}” must be a list of codes, such as {example}."),
    "need_truth": Text.of(
        zh="“{typed}”应写成 true 或 false。",
        en="“{typed}” must be true or false."),
    "row": Text.of(
        zh="行号“{typed}”应是 1 至 {most} 的整数。请改正。",
        en="The row number “{typed}” must be a whole number from 1 to {most}. Correct it."),
    "rows_and_none": Text.of(
        zh="“{called}”为 0，表示没有可填报的，但又列出了行。请只保留一个。",
        en="“{called}” is 0, which says that there is nothing to report, but rows are given. Keep one of the two."),
    "many_rows": Text.of(
        zh="共有 {count} 行，最多 {most} 行。请减少行数。",
        en="There are {count} rows, and at most {most} are taken. Give fewer."),
    "many_errors": Text.of(
        zh="错误超过 {most} 处，其余不再列出。请先改正以上各处，再重新发送。",
        en="There are more than {most} errors, and the others are not listed. Correct these, and send the document"
           " again."),
    "near": Text.of(zh="是否指“{name}”？", en=" Did you mean “{name}”?"),
}  # fmt: skip


def document_refusal(key: str, lang: str, **slots: object) -> str:
    """Return a sentence in a language; what came from the document is shown safely."""
    shown = {name: safe_to_show(value, 60) if isinstance(value, str) else value for name, value in slots.items()}
    return DOCUMENT_REFUSALS[key][lang].format(**shown)
