"""The sentences of a brief's method box, in both languages, written from what `design.yaml` says was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from uptake.contract.text import Text

if TYPE_CHECKING:
    from analysis.plan import DesignPlan

_INTERVALS = {
    "korn-graubard": Text.of(zh="Korn–Graubard 区间", en="Korn–Graubard intervals"),
    "wilson": Text.of(zh="Wilson 区间", en="Wilson intervals"),
    "logit": Text.of(zh="logit 区间", en="logit intervals"),
}
_REPLICATES = {
    "brr": Text.of(zh="平衡半样本（BRR)", en="balanced repeated replication (BRR)"),
    "fay": Text.of(zh="Fay 改进的平衡半样本", en="Fay's balanced repeated replication"),
    "bootstrap": Text.of(zh="自助法", en="the bootstrap"),
}


def methods(plan: DesignPlan) -> tuple[Text, ...]:
    """Return how the sample was drawn, weighted and estimated, as sentences without numbers."""
    return tuple(_sentences(plan))


def _sentences(plan: DesignPlan) -> Iterator[Text]:
    yield _sample(plan)
    if plan.weighting is not None:
        yield _weights(plan)
    yield _variance(plan)
    yield Text.of(
        zh="置信区间只反映抽样误差（含按类调整的无回答），不含填报误差和未纠正的无回答偏差。",
        en="Intervals cover sampling error (with nonresponse adjusted by class), not reporting error or remaining"
        " nonresponse bias.",
    )


def _sample(plan: DesignPlan) -> Text:
    if plan.own_data:
        return Text.of(
            zh="数据与权数由数据提供方给出，本简报未作改动。",
            en="Data and weights are the provider's and were not changed.",
        )
    whole = Text.of(zh="", en="")
    if plan.drawing and plan.drawing.take_all:
        whole = Text.of(zh="；规定的单位全部调查", en="; the units named in the design are all asked")
    return Text.of(
        zh=f"分层抽样，层内按永久随机数系统抽取{whole['zh']}。",
        en=f"Stratified sample, drawn systematically within strata by permanent random numbers{whole['en']}.",
    )


def _weights(plan: DesignPlan) -> Text:
    calibrated = plan.weighting is not None and plan.weighting.poststratify is not None
    more = Text.of(
        zh="，并按抽样框单位数作事后分层" if calibrated else "",
        en=" and post-stratified to the frame's counts of units" if calibrated else "",
    )
    return Text.of(
        zh=f"权数：基础权数按无回答调整类调整{more['zh']}。",
        en=f"Weights: base weights are adjusted for nonresponse by weighting class{more['en']}.",
    )


def _variance(plan: DesignPlan) -> Text:
    how = Text.of(
        zh="分层泰勒线性化，计有限总体校正", en="Taylor linearisation with strata and finite population correction"
    )
    if plan.replicate_weights is not None:
        name = _REPLICATES.get(plan.replicate_weights.type, Text.of(zh="给定方法", en="the given method"))
        how = Text.of(zh=f"复制权数（{name['zh']})", en=f"replicate weights from {name['en']}")
    elif plan.own_data:
        how = Text.of(zh="泰勒线性化", en="Taylor linearisation")
    interval = _INTERVALS.get(plan.ci_method, Text.of(zh=f"{plan.ci_method} 区间", en=f"{plan.ci_method} intervals"))
    return Text.of(
        zh=f"方差：{how['zh']}；比率用 {interval['zh']}。", en=f"Variance: {how['en']}; rates have {interval['en']}."
    )
