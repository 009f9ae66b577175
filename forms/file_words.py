"""The sentences with which a file is refused: what is wrong, why it stops us, what to change; in zh and en."""

from __future__ import annotations

from collections.abc import Mapping

from forms.words import safe_to_show
from uptake.contract.errors import InputError
from uptake.contract.text import Text

FILE_REFUSALS: Mapping[str, Text] = {
    "missing": Text.of(
        zh="文件“{name}”不存在或打不开，无法读取。请核对文件名、路径和权限。",
        en="The file “{name}” is not there or cannot be opened, so nothing can be read. Check its name, folder and"
           " permissions."),
    "too_big": Text.of(
        zh="文件有 {size} MB，超过上限 {most} MB。请删去无关内容，或分成几个文件。",
        en="The file has {size} MB, and at most {most} MB are read. Remove what is not needed, or split it."),
    "empty": Text.of(
        zh="文件是空的，没有可读的内容。请另存后重新提交。",
        en="The file is empty, so there is nothing to read. Save it again and send it again."),
    "not_workbook": Text.of(
        zh="这不是 Excel 工作簿（.xlsx），无法读取。请在 Excel 或 WPS 中另存为“Excel 工作簿（*.xlsx）”。",
        en="This is not an Excel workbook (.xlsx), so it cannot be read. Save it in Excel or WPS as .xlsx."),
    "old_excel": Text.of(
        zh="这是旧格式（.xls）或加了密码的工作簿，无法读取。请去掉密码，另存为“Excel 工作簿（*.xlsx）”。",
        en="This workbook is in the old format (.xls) or has a password, so it cannot be read. Remove the password and"
           " save it as .xlsx."),
    "other_format": Text.of(
        zh="这是 {format} 文件，不是 Excel 工作簿（.xlsx），无法读取。请另存为 .xlsx。",
        en="This is a {format} file and not an Excel workbook (.xlsx), so it cannot be read. Save it as .xlsx."),
    "broken": Text.of(
        zh="工作簿已损坏（{part}），无法可靠读取。请在 Excel 或 WPS 中打开并另存为 .xlsx。",
        en="The workbook is damaged ({part}), so it cannot be read reliably. Open it in Excel or WPS and save it as"
           " .xlsx."),
    "encrypted": Text.of(
        zh="工作簿内有加密的部分（{part}），无法读取。请去掉密码后另存为 .xlsx。",
        en="A part of the workbook is encrypted ({part}), so it cannot be read. Remove the password and save it as"
           " .xlsx."),
    "bomb": Text.of(
        zh="工作簿解压后过大（{part}，约 {size} MB），可能是恶意文件，未予读取。请只保留需要的表，另存为 .xlsx。",
        en="Unpacked, the workbook would be too large ({part}, about {size} MB), as in a malicious file, so it was not"
           " read. Keep only the sheets that are needed and save it as .xlsx."),
    "many_parts": Text.of(
        zh="工作簿有 {count} 个内部文件，超过上限 {most} 个，未予读取。请只保留需要的表，另存为 .xlsx。",
        en="The workbook has {count} parts, and at most {most} are read. Keep only the sheets that are needed and save"
           " it as .xlsx."),
    "bad_part": Text.of(
        zh="工作簿内的文件名不正常（{part}），可能是恶意文件，未予读取。请在 Excel 或 WPS 中打开并另存为 .xlsx。",
        en="The workbook has a part with an improper name ({part}), as in a malicious file, so it was not read. Open it"
           " in Excel or WPS and save it as .xlsx."),
    "macros": Text.of(
        zh="工作簿含有宏（{part}），为安全起见不予读取。请另存为不带宏的“Excel 工作簿（*.xlsx）”。",
        en="The workbook contains macros ({part}) and was not read, for safety. Save it as .xlsx without macros."),
    "embedded": Text.of(
        zh="工作簿内嵌有控件或其他文件（{part}），为安全起见不予读取。请删去后另存为 .xlsx。",
        en="The workbook contains controls or embedded files ({part}) and was not read, for safety. Remove them and"
           " save it as .xlsx."),
    "external": Text.of(
        zh="工作簿链接到外部文件或数据（{part}），其内容无法核实，不予读取。请断开链接、粘贴为数值后另存。",
        en="The workbook links to other files or data ({part}), whose content cannot be known, so it was not read."
           " Break the links, paste the values and save it."),
    "formula": Text.of(
        zh="工作表“{sheet}”的 {cell} 是公式（共 {count} 处公式）。公式的结果会变，不予读取。请把公式粘贴为数值后另存。",
        en="In the sheet “{sheet}”, {cell} is a formula (formulas in all: {count}). Its result may change, so the"
           " workbook was not read. Paste the values over the formulas and save it."),
    "xml_trick": Text.of(
        zh="工作簿的内部文件（{part}）含有不允许的声明（DTD 或实体），可能是恶意文件，未予读取。请在 Excel 或 WPS 中"
           "打开并另存为 .xlsx。",
        en="A part of the workbook ({part}) contains declarations that are not allowed (DTD or entities), as in a"
           " malicious file, so it was not read. Open it in Excel or WPS and save it as .xlsx."),
    "many_cells": Text.of(
        zh="工作簿中有内容的单元格超过 {most} 个，未予读取。请分成几个文件。",
        en="More than {most} cells of the workbook are filled, which is more than is read. Split it into several"
           " files."),
    "far_cell": Text.of(
        zh="工作表“{sheet}”的 {cell} 离其他内容太远，可能是误填。请删去该单元格的内容后另存。",
        en="In the sheet “{sheet}”, {cell} stands far from everything else, probably by mistake. Clear that cell and"
           " save the file."),
    "cell_twice": Text.of(
        zh="工作表“{sheet}”中 {cell} 出现两次，无法判断以哪个为准。请在 Excel 或 WPS 中打开并另存为 .xlsx。",
        en="In the sheet “{sheet}”, {cell} stands twice in the file, so nobody could tell which one is meant. Open it"
           " in Excel or WPS and save it as .xlsx."),
    "encoding": Text.of(
        zh="文件既不是 UTF-8 也不是 GB18030 编码（第 {at} 个字节），无法读取。请另存为 UTF-8 编码的 CSV。",
        en="The file is neither in UTF-8 nor in GB18030 (byte {at}), so it cannot be read. Save it as CSV in UTF-8."),
    "bad_csv": Text.of(
        zh="CSV 文件第 {line} 行有误（引号没有配对，或单元格过长），无法可靠读取。请改正后重新提交。",
        en="The CSV file is faulty in line {line} (a quotation mark is not closed, or a cell is too long), so it cannot"
           " be read reliably. Correct it and send it again."),
    "no_header": Text.of(
        zh="没有找到表头：应有一行的第一格是 unit_id。请使用系统生成的填报表，不要改动表头；如内容显示为乱码，请另存为"
           " UTF-8 编码。",
        en="No header was found: one row must begin with unit_id. Use the workbook that the system made and leave its"
           " header as it is; where words look garbled, save the file in UTF-8."),
    "no_definition": Text.of(
        zh="这不是由本系统生成的填报表（缺少问卷版本），无法确认各列的含义。请下载填报表，把数据粘贴进去后再提交。",
        en="This workbook was not made by the system (it does not name its questionnaire), so nobody can tell what its"
           " columns mean. Download the workbook, paste the data into it and send that."),
    "other_definition": Text.of(
        zh="这份填报表是按另一版问卷（{found}）生成的，与现行问卷（{known}）不同，各列含义可能已变。请重新下载填报表。",
        en="This workbook was made from another version of the questionnaire ({found}, now {known}), whose columns may"
           " mean something else. Download the workbook again."),
}  # fmt: skip


def refuse_file(key: str, **slots: object) -> InputError:
    """Return the error that refuses a file, in every language; what came from the file is shown safely."""
    shown = {name: safe_to_show(value, 60) if isinstance(value, str) else value for name, value in slots.items()}
    return InputError(Text(tuple((lang, text.format(**shown)) for lang, text in FILE_REFUSALS[key].by_lang)))
