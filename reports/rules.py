"""The rule table of the sentences and labels a brief prints: one key, one template a language, numbers only in slots."""

# ruff: noqa: E501 - one rule, one line: the two languages are read side by side

from __future__ import annotations

from collections.abc import Mapping

from uptake.contract.text import Text


def _t(zh: str, en: str) -> Text:
    return Text.of(zh=zh, en=en)


RULES: Mapping[str, Text] = {
    # The first line. The verdict is the word of `assessments.verdict`; without a due target only the level is said.
    "headline.none": _t("{indicator}估计为{value}{interval}", "{indicator}: an estimated {value}{interval}"),
    "headline.not_due": _t("{indicator}估计为{value}{interval}", "{indicator}: an estimated {value}{interval}"),
    "headline.above": _t("{indicator}估计为{value}{interval}，高于{target}的目标", "{indicator}: an estimated {value}{interval}, above the {target} target"),
    "headline.below": _t("{indicator}估计为{value}{interval}，低于{target}的目标", "{indicator}: an estimated {value}{interval}, below the {target} target"),
    "headline.cannot_tell": _t("{indicator}估计为{value}{interval}，与{target}的目标无法区分", "{indicator}: an estimated {value}{interval}, which cannot be distinguished from the {target} target"),
    "headline.depends_on_definition": _t("{indicator}估计为{value}{interval}；高于还是低于{target}的目标取决于口径", "{indicator}: an estimated {value}{interval}; above or below the {target} target depends on the definition"),
    "headline.interval": _t("（{level}置信区间{interval}）", " ({level} CI {interval})"),
    "headline.withheld": _t("{indicator}本期不发布", "{indicator} is not published for this wave"),
    "lead.interval": _t("{wave}，依据{n}个{population}的答复。置信区间只反映抽样误差，口径的影响见下图。", "{wave}; from the answers of {n} {population}. The interval covers sampling error only, not the choice of definition."),
    "lead.interval.plain": _t("{wave}，依据{n}个{population}的答复。置信区间只反映抽样误差。", "{wave}; from the answers of {n} {population}. The interval covers sampling error only."),
    "lead.no_interval": _t("{wave}，依据{n}个{population}的答复。该数没有抽样误差区间：{why}。", "{wave}; from the answers of {n} {population}. The figure has no sampling interval: {why}."),
    "why.fixed": _t("该数由抽样设计或权数校准固定", "the design or the calibration of the weights fixes it"),
    "why.none": _t("估计表未给出", "the table of estimates gives none"),
    "lead.withheld": _t("{wave}：{why}。", "{wave}: {why}."),
    "lead.not_due": _t("政策目标{target}以{deciding}的数据判定，本期结论为“未到期”。", "The {target} target is judged on the data of {deciding}; for this wave the verdict is “not due”."),
    "lead.due": _t("判定依据：{level}单侧置信界{bounds}。", "Judged on the {level} one-sided bounds {bounds}."),
    # Tiles
    "tile.level": _t("本期水平", "Level in this wave"),
    "tile.required": _t("达到{target}所需速度", "Pace needed for {target}"),
    "tile.required.unit": _t("百分点/年", "pp a year"),
    "tile.required.note": _t("从本期到{deciding}；{level}区间 {interval}", "until {deciding}; {level} CI {interval}"),
    "tile.lacking": _t("距{target}尚缺的单位数", "Units still lacking for {target}"),
    "tile.lacking.unit": _t("个{population}", "{population}"),
    "tile.lacking.note": _t("{level}置信区间 {interval}", "{level} CI {interval}"),
    "tile.range": _t("各口径估计值范围", "Range over definitions"),
    "tile.range.note": _t("所列口径中的最低与最高值，名称见要点", "lowest to highest reading, named in the key points"),
    "tile.verdict": _t("相对{target}的目标", "Against the {target} target"),
    "tile.verdict.note": _t("{level}单侧置信界 {bounds}", "{level} one-sided bounds {bounds}"),
    "tile.interval": _t("{level}置信区间 {interval}", "{level} CI {interval}"),
    "tile.fixed": _t("由设计或校准固定，无抽样误差", "fixed by design or calibration"),
    "tile.no_interval": _t("无抽样误差区间", "no sampling interval"),
    "verdict.above": _t("高于", "above"),
    "verdict.below": _t("低于", "below"),
    "verdict.cannot_tell": _t("无法判定", "cannot tell"),
    "verdict.depends_on_definition": _t("取决于口径", "depends on the definition"),
    "verdict.not_due": _t("未到期", "not due"),
    # Key points
    "point.range": _t("口径不同，结果不同：所列各口径的估计值从{low}（{low_name}）到{high}（{high_name}）。", "The definition moves the number: over the readings computed, estimates run from {low} ({low_name}) to {high} ({high_name})."),
    "point.depth": _t("{indicator}估计为{value}（{level}置信区间{interval}）。", "{indicator}: an estimated {value} ({level} CI {interval})."),
    "point.lacking": _t("按现有单位数，达到{target}估计还需{units}个{population}（{interval}）采用。", "At the present number of units, reaching {target} takes an estimated {units} more {population} ({interval})."),
    "point.domain": _t("{domain}：共{all}项，发布{published}项{caution}{withheld}。", "{domain}: of {all} domains, {published} are published{caution}{withheld}."),
    "point.domain.caution": _t("，另有{count}项须谨慎使用", "; {count} more need caution"),
    "point.domain.withheld": _t("，{count}项不发布", "; {count} withheld"),
    "point.response": _t("加权回收率{rate}；未回收单位已按加权类调整，但不能排除无回答偏差。", "The weighted response rate is {rate}; nonresponse is adjusted by weighting classes, yet bias from it cannot be ruled out."),
    # Targets table
    "targets.title": _t("目标、判定时间与所需路径", "Targets, when they are judged, and the path required"),
    "targets.target": _t("目标", "Target"),
    "targets.value": _t("目标值", "Value"),
    "targets.deciding": _t("判定轮次", "Judged on"),
    "targets.verdict": _t("结论", "Verdict"),
    "targets.bounds": _t("单侧置信界", "One-sided bounds"),
    "targets.required": _t("所需速度（百分点/年）", "Pace required, pp a year"),
    "targets.lacking": _t("尚缺单位数（区间）", "Units lacking (interval)"),
    "targets.note": _t("结论只依据{level}单侧置信界，与上文双侧区间不同；判定轮次之前一律为“未到期”。尚缺单位数与所需速度由本期估计值推算，不是预测；单位数取三位有效数字。", "Verdicts rest on {level} one-sided bounds only, which differ from the two-sided interval above; before the deciding wave every verdict is “not due”. Units lacking and pace follow from this wave’s estimate and are not a forecast; counts have three significant figures."),
    "targets.near": _t("{value}由未舍入的估计值判定，舍入后可能与目标值相同。", "The verdict uses the unrounded estimate; rounded, {value} may look equal to the target."),
    # Figures
    "figure": _t("图{number}", "Figure {number}"),
    "table": _t("表{number}", "Table {number}"),
    "figure.readings": _t("同一调查，口径不同，结果不同", "One survey, several definitions, several numbers"),
    "figure.readings.sub": _t("{wave}各口径估计值与{level}置信区间（{unit}）", "Estimates under each definition with {level} CI ({unit}), {wave}"),
    "figure.depth": _t("应用深度及相关指标", "Depth of use and related indicators"),
    "figure.depth.tables": _t("全部总体", "All units"),
    "figure.depth.sub": _t("{wave}估计值与{level}置信区间（{unit}）", "Estimates with {level} CI ({unit}), {wave}"),
    "figure.domain": _t("{indicator}，按{domain}", "{indicator} by {domain}"),
    "figure.domain.sub": _t("{indicator}，{wave}，估计值与{level}置信区间（{unit}）", "{indicator}, {wave}: estimates with {level} CI ({unit})"),
    "figure.percent": _t("%", "%"),
    "figure.band": _t("灰带：全部总体的{level}置信区间。", "Grey band: {level} CI of the whole population."),
    "figure.order": _t("各行按标准代码顺序排列，与数值高低无关。", "Rows stand in code order, whatever their values."),
    "figure.marks.u": _t("空心点、虚线和[u]：可靠性低，谨慎使用。", "Hollow dot, dashes and [u]: low reliability, use with caution."),
    "figure.marks.x": _t("[x]：样本不足以可靠估计，不发布。", "[x]: too few answers for a reliable figure, not published."),
    "figure.marks.c": _t("[c]：为保护被调查单位，不发布。", "[c]: withheld to protect the units surveyed."),
    "figure.fixed": _t("–：由抽样设计或权数校准固定的数，无抽样误差区间。", "–: fixed by the design or the calibration, no sampling interval."),
    "figure.no_target": _t("政策目标只针对全国，未分解到各行。", "The policy target is national; none is set for these rows."),
    "figure.head.estimate": _t("估计", "Est."),
    "figure.head.interval": _t("{level}区间", "{level} CI"),
    "figure.target": _t("目标 {value}", "Target {value}"),
    "figure.withheld.x": _t("样本不足，不发布", "not published: sample too small"),
    "figure.withheld.c": _t("为保护单位，不发布", "not published: confidential"),
    "figure.empty": _t("无估计值", "no estimate"),
    "alt.open": _t("{title}。{sub}。", "{title}. {sub}. "),
    "alt.row": _t("{label}：{value}（{interval}）{mark}；", "{label}: {value} ({interval}){mark}; "),
    "alt.row.no_interval": _t("{label}：{value}{mark}；", "{label}: {value}{mark}; "),
    "alt.row.withheld": _t("{label}：{why}；", "{label}: {why}; "),
    "reading.headline": _t("{indicator}（本简报口径）", "{indicator} (headline)"),
    "reading.variant": _t("· {variant}", "· {variant}"),
    # Detail table
    "detail.title": _t("全部总体：各指标的估计值与精度", "Whole population: estimates and their precision"),
    "detail.indicator": _t("指标与口径", "Indicator and definition"),
    "detail.estimate": _t("估计", "Estimate"),
    "detail.interval": _t("{level}置信区间", "{level} CI"),
    "detail.se": _t("标准误", "SE"),
    "detail.n": _t("样本 n", "n"),
    "detail.n_eff": _t("有效样本", "Effective n"),
    "detail.deff": _t("设计效应", "Deff"),
    "detail.note": _t("比率以%表示，其标准误以百分点表示。全部行见 estimates.csv。", "Rates in %, their SE in percentage points. All rows are in estimates.csv."),
    "detail.note.amounts": _t("金额与数量的单位见指标名称后括号。全部行见 estimates.csv。", "Units of amounts stand in brackets after the name. All rows are in estimates.csv."),
    # Boxes
    "box.points": _t("要点", "Key points"),
    "box.method": _t("方法", "Method"),
    "box.quality": _t("质量说明", "Quality at a glance"),
    "box.read": _t("如何解读", "How to read the figures"),
    "box.notes": _t("定义与说明", "Definitions and notes"),
    "box.reproduce": _t("复现本简报", "Reproduce this brief"),
    "box.coverage": _t("覆盖范围", "Coverage"),
    "read.interval": _t("{level}置信区间：若按同样方法反复抽样，约有{level}的区间会包含总体真值。它只反映抽样误差，不含答复错误、无回答和抽样框误差。", "A {level} confidence interval: if the survey were repeated in the same way, about {level} of such intervals would hold the true value. It covers sampling error only, not wrong answers, nonresponse or frame errors."),
    "read.compare": _t("两个区间重叠不说明两值相等，不重叠也不能代替对差异的检验；本简报未作检验的差异不作升降或高低的表述。", "Overlapping intervals do not show that two values are equal, and gaps do not replace a test of the difference; differences that were not tested are not described here."),
    "read.target": _t("与目标的关系只用“高于、低于、无法判定、取决于口径、未到期”五种说法。", "Against a target only five verdicts are used: above, below, cannot tell, depends on the definition, not due."),
    "read.rounding": _t("数值一次四舍五入；有效样本较小的比率取整数；各数相加可能与合计不完全相等。", "Numbers are rounded once, half up; rates with a small effective sample are whole per cents; sums may differ through rounding."),
    "method.interval": _t("区间方法：{method}。", "Interval method: {method}."),
    "method.definition": _t("指标口径版本：{version}。", "Version of the definitions: {version}."),
    "reproduce.files": _t("本简报每个数都能在同一文件夹的 estimates.csv、assessments.csv、quality.csv 中找到所在行；对应关系见 {trace}。", "Every number here is a row of estimates.csv, assessments.csv or quality.csv in the same folder; {trace} says which."),
    "reproduce.command": _t("命令：", "Command: "),
    "reproduce.digests": _t("输入的摘要：", "Digests of the inputs: "),
    # Quality items
    "quality.n_frame": _t("抽样框单位数", "Units on the frame"),
    "quality.n_sample": _t("样本单位数", "Units in the sample"),
    "quality.n_respondents": _t("答复单位数", "Responding units"),
    "quality.n_complete": _t("完整答复", "Complete responses"),
    "quality.n_partial": _t("部分答复", "Partial responses"),
    "quality.n_refused": _t("拒访", "Refused"),
    "quality.n_not_contacted": _t("未联系上", "Not contacted"),
    "quality.n_ineligible": _t("不属调查范围", "Out of scope"),
    "quality.n_unknown": _t("情况不明", "Eligibility unknown"),
    "quality.response_rate_unweighted": _t("回收率（未加权）", "Response rate, unweighted"),
    "quality.response_rate_weighted": _t("回收率（加权）", "Response rate, weighted"),
    "quality.kish_deff": _t("不等权引起的方差膨胀（Kish）", "Variance inflation by unequal weights (Kish)"),
    "quality.dont_know": _t("答“不清楚”的比重：{field}", "Share of “don’t know”: {field}"),
    # Page furniture
    "page.illustrative": _t("示例数据 · 非真实调查结果", "Illustrative data · not results of a real survey"),
    "page.released": _t("发布日期 {date}", "Released {date}"),
    "page.period": _t("参考期：{period}", "Reference period: {period}"),
    "page.source": _t("来源：{source}", "Source: {source}"),
}  # fmt: skip
"""Templates by key; a template names its slots in braces and holds no digit of its own."""

METHODS: Mapping[str, Text] = {
    "korn-graubard": _t("Korn–Graubard（按有效样本修正的精确二项区间）", "Korn–Graubard (exact binomial on the effective sample)"),
    "beta": _t("Korn–Graubard（按有效样本修正的精确二项区间）", "Korn–Graubard (exact binomial on the effective sample)"),
    "clopper-pearson": _t("Clopper–Pearson 精确二项区间", "Clopper–Pearson exact binomial"),
    "jeffreys": _t("Jeffreys 区间", "Jeffreys"),
    "logit": _t("logit 变换与 t 分位数", "logit scale with t quantiles"),
    "asin": _t("反正弦变换与 t 分位数", "arcsine scale with t quantiles"),
    "likelihood": _t("似然比区间", "likelihood ratio"),
    "wilson": _t("按有效样本的 Wilson 区间", "Wilson on the effective sample"),
    "mean": _t("估计值加减 t 分位数乘标准误", "estimate plus or minus t times its standard error"),
    "wald": _t("估计值加减 t 分位数乘标准误", "estimate plus or minus t times its standard error"),
    "t": _t("估计值加减 t 分位数乘标准误", "estimate plus or minus t times its standard error"),
}  # fmt: skip
"""Names of interval methods by the code in `estimates.ci_method`."""

DEFINITIONS: Mapping[str, Text] = {
    "dk_out": _t("“不清楚”不计入基数", "“don’t know” left out of the base"),
    "dk_yes": _t("“不清楚”全部计为“是”", "every “don’t know” counted as yes"),
    "no_union": _t("不用并集规则", "without the union rule"),
}
"""Words for variants of a definition that the labels table does not name."""
