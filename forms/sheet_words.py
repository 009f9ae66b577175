"""The sentences about single cells, rows and columns of a spreadsheet with answers, and its fixed words: zh and en."""

from __future__ import annotations

from forms.words import safe_to_show
from uptake.contract.text import Text

UNIT = "unit_id"
ROW = "row"
MARK = "▲ 以上为项目代码，请勿改动 / item codes above: leave as they are"
HOW_TO: tuple[Text, ...] = (
    Text.of(zh="每个单位一行；花名册在各自的工作表中，每项一行，单位标识与主表相同。",
            en="One row a unit; rosters have sheets of their own, one row an item, with the unit’s identifier."),
    Text.of(zh="数字没有请填 0；空白表示未填，不等于 0。不清楚的，请填“不清楚”。",
            en="Write 0 where there is none; an empty cell means not answered and is not 0. Write “dont_know” where it"
               " is not known."),
    Text.of(zh="单选题请从下拉列表中选；多选题请填代码，用空格隔开，如 records departments。",
            en="Choose from the list in a cell; where several may be chosen, write the codes with spaces between."),
    Text.of(zh="请勿改动表头、工作表名称和单位标识；请勿使用公式、合并单元格。",
            en="Leave headers, sheet names and identifiers as they are; use no formulas and no merged cells."),
)  # fmt: skip

NOTHING = Text.of(zh="填 0；有的，留空", en="write 0; otherwise leave empty")
CELL_REFUSALS: dict[str, Text] = {
    "unknown_column": Text.of(
        zh="问卷没有名为“{typed}”的项目，该列未读取。{near}请改正表头。",
        en="The questionnaire has nothing called “{typed}”, so this column was not read.{near} Correct the header."),
    "column_twice": Text.of(
        zh="“{typed}”列出现了两次，无法判断以哪一列为准，两列均未读取。请只保留一列。",
        en="The column “{typed}” stands there twice, and nobody could tell which one is meant; neither was read. Keep"
           " one."),
    "computed_column": Text.of(
        zh="“{typed}”由系统计算，该列未读取。请删去该列。",
        en="“{typed}” is computed, so this column was not read. Remove it."),
    "sheet_twice": Text.of(
        zh="工作表“{typed}”与另一张工作表是同一张表（如复制的工作表），无法判断以哪张为准，均未读取。请只保留一张。",
        en="The sheet “{typed}” holds the same table as another sheet, as a copy does, and nobody could tell which one"
           " is meant; neither was read. Keep one."),
    "unit_missing": Text.of(
        zh="这一行没有单位标识（unit_id），整行未读取。请填上单位标识，或删去这一行。",
        en="This row has no unit_id, so it was not read. Write it, or remove the row."),
    "unit_unknown": Text.of(
        zh="名录中没有单位“{typed}”，整行未读取。{near}请改正单位标识。",
        en="There is no unit “{typed}”, so this row was not read.{near} Correct its identifier."),
    "unit_twice": Text.of(
        zh="单位“{typed}”在第 {rows} 行重复出现，无法判断以哪一行为准，均未读取。请只保留一行。",
        en="The unit “{typed}” stands in rows {rows}, and nobody could tell which one is meant; none was read. Keep"
           " one."),
    "row_wrong": Text.of(
        zh="行号“{typed}”应是 1 至 {most} 的整数，这一行未读取。请改正。",
        en="The row number “{typed}” must be a whole number from 1 to {most}; this row was not read. Correct it."),
    "row_twice": Text.of(
        zh="单位“{unit}”的第 {typed} 行出现了两次，后一行未读取。请改正行号。",
        en="Row {typed} of the unit “{unit}” stands there twice; the second was not read. Correct the number."),
    "row_beyond": Text.of(
        zh="单位“{unit}”的行数超过上限 {most} 行，这一行未读取。请减少行数。",
        en="The unit “{unit}” has more than {most} rows; this one was not read. Give fewer."),
    "rows_and_none": Text.of(
        zh="单位“{unit}”的“{typed}”填了 0，表示没有可填报的，但本表又有它的行。请只保留一个。",
        en="For the unit “{unit}”, “{typed}” is 0, which says that there is nothing to report, but this sheet has rows"
           " of it. Keep one of the two."),
    "merged": Text.of(
        zh="单元格 {typed} 合并在一起，无法判断值属于哪一行，请取消合并后逐格填写。",
        en="The cells {typed} are merged, and nobody could tell which row the value belongs to. Split them and fill"
           " each one."),
    "error_value": Text.of(
        zh="单元格里是错误值“{typed}”，不是答案。请改正。",
        en="The cell holds the error “{typed}” and no answer. Correct it."),
    "digits_lost": Text.of(
        zh="“{typed}”超过 15 位，Excel 按数值保存时会丢失末尾的数字。请把单元格设为“文本”格式后重新填写。",
        en="“{typed}” has more than 15 digits, and Excel loses the last ones of such a number. Format the cell as text"
           " and write it again."),
    "tick": Text.of(
        zh="“{typed}”无法识别。确认请填“是”，否则留空。",
        en="“{typed}” cannot be read here. Write “yes” to confirm, or leave the cell empty."),
    "fixed": Text.of(
        zh="“{typed}”与名录登记的不同，此处不能修改。请恢复原值。",
        en="“{typed}” differs from the register, and it cannot be changed here. Restore what stood there."),
}  # fmt: skip
NOTES: dict[str, Text] = {
    "hidden_rows": Text.of(zh="工作表“{sheet}”中第 {rows} 行是隐藏的，也已读取。",
                           en="In the sheet “{sheet}”, rows {rows} are hidden; they were read too."),
    "hidden_columns": Text.of(zh="工作表“{sheet}”中 {rows} 列是隐藏的，也已读取。",
                              en="In the sheet “{sheet}”, columns {rows} are hidden; they were read too."),
    "hidden_sheet": Text.of(zh="工作表“{sheet}”是隐藏的，也已读取。",
                            en="The sheet “{sheet}” is hidden; it was read too."),
    "other_sheet": Text.of(zh="工作表“{sheet}”没有 unit_id 列，未读取。",
                           en="The sheet “{sheet}” has no unit_id column and was not read."),
    "gb18030": Text.of(zh="文件按 GB18030 编码读取；如文字显示有误，请另存为 UTF-8 编码。",
                       en="The file was read as GB18030; where words look wrong, save it in UTF-8."),
    "near": Text.of(zh="是否指“{name}”？", en=" Did you mean “{name}”?"),
}  # fmt: skip


def cell_refusal(key: str, lang: str, **slots: object) -> str:
    """Return a sentence about a cell; what came from the file is shown safely."""
    shown = {name: safe_to_show(value, 60) if isinstance(value, str) else value for name, value in slots.items()}
    return CELL_REFUSALS[key][lang].format(**shown)


def note(key: str, lang: str, **slots: str) -> str:
    """Return a sentence that tells something and refuses nothing."""
    return NOTES[key][lang].format(**{name: safe_to_show(value, 60) for name, value in slots.items()})
