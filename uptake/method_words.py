"""The sentences of a brief's method box, in both languages, written from what `design.yaml` says was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from uptake.contract.text import Text

if TYPE_CHECKING:
    from analysis.plan import DesignPlan

_REPLICATES = {
    "brr": Text.of(zh="平衡半样本法（BRR）", en="balanced repeated replication (BRR)"),
    "fay": Text.of(zh="经 Fay 修正的平衡半样本法", en="Fay’s balanced repeated replication"),
    "jk1": Text.of(zh="刀切法（JK1）", en="the jackknife (JK1)"),
    "jkn": Text.of(zh="分层刀切法（JKn）", en="the stratified jackknife (JKn)"),
    "bootstrap": Text.of(zh="自助法", en="the bootstrap"),
    "sdr": Text.of(zh="逐次差分重复法（SDR）", en="successive difference replication (SDR)"),
}


def methods(plan: DesignPlan) -> tuple[Text, ...]:
    """Return how the sample was drawn, weighted and estimated, as sentences without numbers."""
    return tuple(_sentences(plan))


def _sentences(plan: DesignPlan) -> Iterator[Text]:
    yield _sample(plan)
    if plan.weighting is not None:
        yield _weights(plan)
    yield _variance(plan)
    yield _scope(plan)


def _sample(plan: DesignPlan) -> Text:
    if plan.own_data:
        return Text.of(
            zh="数据和权数由数据提供方给出，本简报未作改动。",
            en="Data and weights are the provider’s and were not changed.",
        )
    whole = Text.of(zh="", en="")
    if plan.drawing and plan.drawing.take_all:
        whole = Text.of(zh="；设计规定的单位全部调查", en="; the units named in the design are all asked")
    return Text.of(
        zh=f"分层抽样；层内按设计规定的顺序和永久随机数排列后等距抽取{whole['zh']}。",
        en="Stratified sample; within strata units are drawn systematically from an order given by the design and by"
        f" permanent random numbers{whole['en']}.",
    )


def _weights(plan: DesignPlan) -> Text:
    calibrated = plan.weighting is not None and plan.weighting.poststratify is not None
    more = Text.of(
        zh="，再按抽样框单位数作事后分层" if calibrated else "",
        en=" and post-stratified to the frame’s counts of units" if calibrated else "",
    )
    return Text.of(
        zh=f"权数：基础权数按加权类作无回答调整{more['zh']}。",
        en=f"Weights: base weights are adjusted for nonresponse by weighting class{more['en']}.",
    )


def _variance(plan: DesignPlan) -> Text:
    if plan.replicate_weights is not None:
        name = _REPLICATES.get(plan.replicate_weights.type, Text.of(zh="给定方法", en="the given method"))
        return Text.of(
            zh=f"方差：用数据所带的复制权数（{name['zh']}）估计。",
            en=f"Variance: from the replicate weights of the data, {name['en']}.",
        )
    if plan.own_data:
        strata = (
            Text.of(zh="按数据所带的层", en=" with the strata of the data") if plan.strata else Text.of(zh="", en="")
        )
        finite = Text.of(zh="", en="")
        if plan.fpc:
            finite = Text.of(zh="，并作有限总体校正", en=" and finite population correction")
        return Text.of(
            zh=f"方差：{strata['zh']}作泰勒线性化{finite['zh']}。",
            en=f"Variance: Taylor linearisation{strata['en']}{finite['en']}.",
        )
    return Text.of(
        zh="方差：按分层设计作泰勒线性化，并作有限总体校正。",
        en="Variance: Taylor linearisation with strata and finite population correction.",
    )


def _scope(plan: DesignPlan) -> Text:
    if plan.weighting is None:
        return Text.of(
            zh="置信区间只反映抽样误差，不含填报误差和无回答偏差。",
            en="Intervals cover sampling error, not reporting error or nonresponse bias.",
        )
    return Text.of(
        zh="置信区间反映抽样误差，无回答按加权类视同随机；不含填报误差和调整后仍存在的无回答偏差。",
        en="Intervals cover sampling error, with nonresponse taken as random within weighting classes; not reporting"
        " error or the nonresponse bias that remains.",
    )
