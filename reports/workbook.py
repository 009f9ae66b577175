"""Write tables.xlsx: a cover, contents and notes, then one table a sheet, with words where a cell is suppressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.brief import Brief, BriefContext, BriefTables
from reports.release import released_assessments, released_estimates, released_quality
from reports.tables import Labels, is_confidential, is_suppressed, read_labels

if TYPE_CHECKING:
    from pandas import DataFrame

NUMBERS = ("estimate", "se", "ci_low", "ci_high", "conf_level", "df", "n", "n_eff", "deff", "cv", "n_population")
HEAD = ("指标 Indicator", "名称", "Name", "口径 Definition", "版本 Version", "域 Domain", "域名称", "Domain name",
        *NUMBERS, "状态 Status", "标记 Mark", "原因 Reason")  # fmt: skip
Record = dict[str, Any]
MARKS = (
    ("[u]", "可靠性低，谨慎使用", "low reliability, use with caution"),
    ("[x]", "样本量不足，估计不可靠，不发布", "too few answers for a reliable figure, not published"),
    ("[c]", "为保护被调查单位，不发布", "withheld to protect the units surveyed"),
)
COLUMNS = (
    ("estimate", "估计值", "the estimate"),
    ("se", "标准误", "its standard error"),
    ("ci_low, ci_high", "置信区间的下限和上限", "ends of the confidence interval"),
    ("conf_level", "置信水平", "confidence level"),
    ("df", "自由度", "degrees of freedom"),
    ("n", "样本量", "respondents"),
    ("n_eff", "有效样本量", "effective sample size"),
    ("deff", "设计效应", "design effect"),
    ("cv", "变异系数", "se / estimate"),
    ("n_population", "推算的总体单位数", "estimated units of the population"),
    ("publish, caution, suppress", "发布、谨慎使用、不发布", "what may be done with the row"),
)
NOTES = (
    (
        "比率为0到1之间的小数；金额和数量为原始单位。",
        "Rates are fractions from 0 to 1; amounts are unscaled.",
    ),
    (
        "空白表示不适用；[x]和[c]不是零。",
        "Empty means not applicable; [x] and [c] are not zero.",
    ),
    ("置信区间只反映抽样误差。", "Intervals cover sampling error only."),
    (
        "本表数值未经舍入；简报中的数只作一次四舍五入。",
        "Estimates are not rounded here; printed numbers are rounded once, half up.",
    ),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook: its name, its title in both languages, its header row and its rows."""

    name: str
    title_zh: str
    title_en: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def write_workbook(tables: BriefTables, brief: Brief, *, out: Path, context: BriefContext) -> Path:
    """Write the released tables as an accessible workbook; the same tables give the same bytes.

    Every sheet is one table that starts at the top left, with one header row and no merged cell. The numbers of a
    suppressed row are the marks [x] or [c], never 0 and never empty.
    """
    from datetime import datetime

    import xlsxwriter

    out.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(out), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    moment = datetime.fromisoformat(f"{context.released[:10]}T00:00:00")
    book.set_properties({"title": f"{context.study['zh']} / {context.study['en']} {context.wave}", "created": moment})
    sheets = _sheets(tables)
    for sheet in (_cover(brief, context), _contents(sheets), _notes(), *sheets):
        _write(book, sheet)
    book.close()
    return out


def _write(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    bold = book.add_format({"bold": True, "font_color": "#12436D", "text_wrap": True, "valign": "bottom"})
    for place, row in enumerate((sheet.head, *sheet.rows)):
        for column, value in enumerate(row):
            if value is not None:
                page.write(place, column, value, bold if place == 0 else None)
    for column in range(len(sheet.head)):
        texts = [str(row[column]) for row in (sheet.head, *sheet.rows[:200]) if row[column] is not None]
        page.set_column(column, column, min(max([_wide(text) for text in texts] + [8]) + 2, 70))
    page.freeze_panes(1, 0)
    page.hide_gridlines(0)


def _wide(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def _cover(brief: Brief, context: BriefContext) -> Sheet:
    rows = [
        ("简报 Brief", brief.title["zh"], brief.title["en"]),
        ("研究 Study", context.study["zh"], context.study["en"]),
        ("轮次 Wave", context.wave, context.wave),
        ("参考期 Reference period", context.reference_period["zh"], context.reference_period["en"]),
        ("发布日期 Released", context.released[:10], context.released[:10]),
        ("来源 Source", context.source["zh"], context.source["en"]),
    ]
    if context.illustrative:
        rows.append(("示例数据 Illustrative", "非真实调查结果", "not results of a real survey"))
    rows += [("表头 Legal header", line["zh"], line["en"]) for line in context.legal_header]
    rows += [(f"校验值 Digest: {name}", digest, digest) for name, digest in context.digests.items()]
    return Sheet("cover", "封面", "Cover", ("项目 Item", "中文", "English"), tuple(rows))


def _contents(sheets: Sequence[Sheet]) -> Sheet:
    rows = tuple((sheet.name, sheet.title_zh, sheet.title_en, len(sheet.rows)) for sheet in sheets)
    return Sheet("contents", "目录", "Contents", ("工作表 Sheet", "中文", "English", "行数 Rows"), rows)


def _notes() -> Sheet:
    rows = (*MARKS, *COLUMNS, *(("", zh, en) for zh, en in NOTES))
    return Sheet("notes", "说明", "Notes", ("标记或列 Mark or column", "中文", "English"), rows)


def _sheets(tables: BriefTables) -> tuple[Sheet, ...]:
    estimates = _estimate_sheets(tables)
    assessments = _plain("assessments", "对照目标", "Against the targets", released_assessments(tables))
    quality = _plain("quality", "质量指标", "Quality", released_quality(tables))
    return (*estimates, *(sheet for sheet in (assessments, quality) if sheet.rows))


def _estimate_sheets(tables: BriefTables) -> tuple[Sheet, ...]:
    labels = read_labels(tables.labels)
    records = [{str(key): value for key, value in record.items()} for record in tables.estimates.to_dict("records")]
    released = released_estimates(tables.estimates).astype(object)
    shown = [{str(key): value for key, value in record.items()} for record in released.to_dict("records")]
    pairs = tuple(zip(records, shown, strict=True))
    kinds = dict.fromkeys(str(record["domain_by"]) for record in records)
    return tuple(
        _estimate_sheet(kind, [pair for pair in pairs if pair[0]["domain_by"] == kind], labels) for kind in kinds
    )


def _estimate_sheet(kind: str, pairs: list[tuple[Record, Record]], labels: Labels) -> Sheet:
    zh, en = ("总体", "whole population")
    if kind != "all":
        zh, en = (labels.name("domain_by", kind, lang) for lang in ("zh", "en"))
    rows = tuple(_estimate_row(record, released, labels) for record, released in pairs)
    return Sheet(_sheet_name(kind), f"估计值：{zh}", f"Estimates: {en}", HEAD, rows)


def _estimate_row(record: Record, released: Record, labels: Labels) -> tuple[Any, ...]:
    mark = "[c]" if is_confidential(record) else "[x]" if is_suppressed(record) else ""
    hidden = {"conf_level"}
    numbers = [
        mark if mark and column not in hidden and _empty(released[column]) else _plain_value(released[column])
        for column in NUMBERS
    ]
    by, key = str(record["domain_by"]), str(record["domain_key"])
    names = [labels.name("indicator", str(record["indicator"]), lang) for lang in ("zh", "en")]
    names += [labels.name("domain_key", f"{by}/{key}", lang) if by != "all" else whole
              for lang, whole in (("zh", "总体"), ("en", "all"))]  # fmt: skip
    status = "suppress" if mark else str(record["status"])
    definition = (record["definition"], record["definition_version"])
    return (record["indicator"], *names[:2], *definition, key, *names[2:], *numbers, status,
            mark or ("[u]" if status == "caution" else None), _plain_value(record["reason"]))  # fmt: skip


def _sheet_name(kind: str) -> str:
    """Return a sheet name that spreadsheet programs accept: at most 31 characters and none of theirs."""
    clean = "".join("-" if char in "[]:*?/\\" else char for char in kind)
    return f"by_{clean}"[:31] if kind != "all" else "national"


def _plain(name: str, zh: str, en: str, frame: DataFrame) -> Sheet:
    rows = tuple(
        tuple(_plain_value(value) for value in record) for record in frame.astype(object).itertuples(index=False)
    )
    return Sheet(name, zh, en, tuple(str(column) for column in frame.columns), rows)


def _empty(value: object) -> bool:
    return _plain_value(value) is None


def _plain_value(value: object) -> Any:
    import pandas as pd

    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    return value
