"""Two waves of made-up tables that keep the contract: a rate with targets by province, and totals without one."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from reports.brief import Brief, BriefContext, BriefTables, load_briefs
from uptake.contract.codes import INDUSTRY_GROUPS, PROVINCES, SIZE_CLASSES
from uptake.contract.tables import ASSESSMENTS, ESTIMATES, LABELS, QUALITY, check_table
from uptake.contract.text import Text

SECRET = 0.87654321  # the value of every suppressed cell; it must never leave
NATIONAL_YAML = """
id: national
title: {zh: "“人工智能+”行动统计简报", en: AI Plus Initiative Statistical Brief}
subtitle: {zh: 全国版, en: National edition}
population: {zh: 企业, en: enterprises}
headline: PEN-01
readings: [PEN-01, PEN-02, PEN-03, PEN-04, PEN-05]
depth: [DEP-01]
domains:
  - {by: province, title: {zh: 按省（自治区、直辖市）, en: By province}}
  - {by: size, title: {zh: 按企业规模, en: By size of enterprise}}
  - {by: industry, title: {zh: 按行业, en: By industry}}
notes:
  - zh: 普及率指本季度在任一业务环节使用智能终端、智能体或其他人工智能应用的企业占全部在业企业的比重。
    en: >-
      Penetration is the share of active enterprises that used an intelligent terminal, an agent or another AI
      application in any business function in the quarter.
  - zh: 政策文本未规定普及率的计算方法；本简报把所用口径和其他口径并列。
    en: >-
      The policy text does not say how penetration is computed; the definition used here stands beside the other
      readings.
"""
HOMES_YAML = """
id: homes
type: tables
title: {zh: 住宅能源消费调查简报, en: Residential energy brief}
population: {zh: 住户, en: homes}
headline: homes
depth: [homes_ac]
measures:
  homes: {kind: total, scale: 1000000, decimals: 1, unit: {zh: 百万户, en: million homes}}
  homes_ac: {kind: total, scale: 1000000, decimals: 1, unit: {zh: 百万户, en: million homes}}
domains:
  - {by: region, title: {zh: 按地区, en: By region}}
  - {by: region, indicator: homes_ac, title: {zh: 使用空调的住户, en: Homes using air conditioning}}
"""
NAMES = {
    "PEN-01": ("智能应用普及率", "Penetration of intelligent applications"),
    "PEN-02": ("智能体普及率", "Agent penetration"),
    "PEN-03": ("新一代智能终端普及率", "Intelligent-terminal penetration"),
    "PEN-04": ("终端且智能体普及率", "Both terminal and agent"),
    "PEN-05": ("从业人员加权普及率", "Employment-weighted penetration"),
    "DEP-01": ("深度应用率", "Deep use"),
    "homes": ("住户总数", "All homes"),
    "homes_ac": ("使用空调的住户", "Homes using air conditioning"),
}


def _row(indicator: str, by: str, key: str, p: float, n: int, **more: object) -> dict[str, object]:
    deff = 1.4
    se = math.sqrt(max(p * (1 - p), 1e-4) * deff / max(n, 1))
    return {"wave": "2026Q4", "indicator": indicator, "definition": "headline", "definition_version": "1.0",
            "domain_by": by, "domain_key": key, "estimate": p, "se": se, "ci_low": max(p - 1.98 * se, 0.001),
            "ci_high": min(p + 1.96 * se, 0.999), "conf_level": 0.95, "ci_method": "korn-graubard", "df": float(n - 1),
            "n": n, "n_eff": n / deff, "deff": deff, "cv": se / p, "n_population": 20000.0, "status": "publish",
            "reason": None, "disclosure": None, **more}  # fmt: skip


def _status(row: dict[str, object]) -> dict[str, object]:
    n_eff = float(row["n_eff"])  # type: ignore[arg-type]
    if n_eff < 30:
        hidden = {"estimate": SECRET, "ci_low": SECRET - 0.1, "ci_high": SECRET + 0.1}
        return {**row, **hidden, "status": "suppress", "reason": "effective sample below 30"}
    if n_eff < 60:
        return {**row, "status": "caution", "reason": "effective sample below 60"}
    return row


def _domains() -> Iterable[dict[str, object]]:
    dice = random.Random(7)
    for place, code in enumerate(PROVINCES):
        n = 24 if code.code == "540000" else 60 if place % 9 == 4 else dice.randint(95, 190)
        yield _status(_row("PEN-01", "province", code.code, 0.30 + 0.35 * dice.random(), n))
    for code, p, n in zip(SIZE_CLASSES, (0.842, 0.671, 0.52, 0.381), (690, 700, 730, 300), strict=True):
        yield _status(_row("PEN-01", "size", code.code, p, n))
    for place, code in enumerate(INDUSTRY_GROUPS):
        row = _status(_row("PEN-01", "industry", code.code, 0.25 + 0.4 * dice.random(), 30 if place == 1 else 170))
        yield {**row, "disclosure": "confidential", "estimate": SECRET, "status": "suppress"} if place == 2 else row


def national_tables() -> BriefTables:
    """The tables of a national wave: readings, variants, 31 provinces, four sizes, fourteen industries, two targets."""
    levels = {
        "PEN-01": 0.4642,
        "PEN-02": 0.2178,
        "PEN-03": 0.3315,
        "PEN-04": 0.1289,
        "PEN-05": 0.6034,
        "DEP-01": 0.0975,
    }
    rows = [_row(name, "all", "all", p, 2412) for name, p in levels.items()]
    variants = {"dk_out": 0.4881, "dk_yes": 0.5139, "no_union": 0.4417}
    rows += [_row("PEN-01", "all", "all", p, 2412, definition=name) for name, p in variants.items()]
    estimates = pd.DataFrame([*rows, *_domains()])
    quality = {"n_frame": 20000, "n_sample": 4000, "n_complete": 2377, "n_partial": 35, "n_refused": 512,
               "n_not_contacted": 1031, "n_ineligible": 45, "response_rate_unweighted": 0.6099,
               "response_rate_weighted": 0.5823, "item_dk_rate:e06_use": 0.0517, "kish_deff": 1.382}  # fmt: skip
    return BriefTables(
        check_table(estimates, ESTIMATES), check_table(_assessments(), ASSESSMENTS),
        check_table(pd.DataFrame([{"wave": "2026Q4", "item": item, "domain_by": "all", "domain_key": "all",
                                   "value": float(value)} for item, value in quality.items()]), QUALITY),
        check_table(_labels(), LABELS),
    )  # fmt: skip


def _assessments() -> pd.DataFrame:
    common = {"wave": "2026Q4", "indicator": "PEN-01", "definition_version": "1.0", "domain_by": "all",
              "domain_key": "all", "estimate": 0.4642, "one_sided_level": 0.95, "lower_bound": 0.4440,
              "upper_bound": 0.4845, "definition_low": 0.1289, "definition_high": 0.6034,
              "range_low_definition": "PEN-04", "range_high_definition": "PEN-05", "verdict": "not_due"}  # fmt: skip
    first = {"target": "T2027", "target_value": 0.70, "deciding_wave": "2027Q4", "p_value": 1.0,
             "units_lacking": 4716.0, "units_lacking_low": 4240.0, "units_lacking_high": 5193.0,
             "required_per_year": 0.2358}  # fmt: skip
    second = {"target": "T2030", "target_value": 0.90, "deciding_wave": "2030Q4", "p_value": 1.0,
              "units_lacking": 8716.0, "units_lacking_low": 8240.0, "units_lacking_high": 9193.0,
              "required_per_year": 0.10895}  # fmt: skip
    return pd.DataFrame([{**common, **first}, {**common, **second}])


def _labels() -> pd.DataFrame:
    def rows(kind: str, names: Iterable[tuple[str, str, str]]) -> list[dict[str, object]]:
        return [{"kind": kind, "key": key, "zh": zh, "en": en, "order": k} for k, (key, zh, en) in enumerate(names)]

    made = rows("indicator", ((key, zh, en) for key, (zh, en) in NAMES.items()))
    for by, codes in (("province", PROVINCES), ("size", SIZE_CLASSES), ("industry", INDUSTRY_GROUPS)):
        made += rows("domain_key", ((f"{by}/{c.code}", c.name["zh"], c.name["en"]) for c in codes))
    made += rows("domain_by", [("province", "省份", "province"), ("size", "规模", "size"),
                               ("industry", "行业", "industry"), ("region", "地区", "region")])  # fmt: skip
    made += rows("target", [("T2027", "2027年目标", "Target for 2027"), ("T2030", "2030年目标", "Target for 2030")])
    made += rows("domain_key", [("region/1", "东北部", "Northeast"), ("region/2", "中西部", "Midwest"),
                                ("region/3", "南部", "South"), ("region/4", "西部", "West")])  # fmt: skip
    return pd.DataFrame(made)


def home_tables() -> BriefTables:
    """The tables of a survey that publishes totals: no target, no rate, a calibrated total without interval."""

    def total(indicator: str, by: str, key: str, value: float, se: float) -> dict[str, object]:
        ends = {"ci_low": value - 1.99 * se, "ci_high": value + 1.99 * se} if se else {"ci_low": None, "ci_high": None}
        return {**_row(indicator, by, key, 0.5, 1400), "wave": "2015", "estimate": value, "se": se, "n_eff": None,
                "ci_method": "t", **ends, "deff": None, "n": 5686 if by == "all" else 1400}  # fmt: skip

    rows = [total("homes", "all", "all", 118_208_250.0, 0.0), total("homes_ac", "all", "all", 102_774_810.0, 705_000.0)]
    values = {"1": 20_990_000.0, "2": 26_360_000.0, "3": 42_230_000.0, "4": 18_398_000.0}
    rows += [total("homes", "region", key, value, 190_000.0) for key, value in values.items()]
    rows += [total("homes_ac", "region", key, value * 0.84, 310_000.0) for key, value in values.items()]
    empty = pd.DataFrame(columns=[column.name for column in ASSESSMENTS.columns])
    quality = pd.DataFrame(
        [{"wave": "2015", "item": "n_complete", "domain_by": "all", "domain_key": "all", "value": 5686.0}]
    )
    return BriefTables(
        check_table(pd.DataFrame(rows), ESTIMATES), empty, check_table(quality, QUALITY), check_table(_labels(), LABELS)
    )


def context(wave: str = "2026Q4", *, illustrative: bool = True) -> BriefContext:
    """What the release adds to the tables."""
    return BriefContext(
        study=Text.of(zh="人工智能应用普及率调查", en="AI adoption survey"), wave=wave,
        reference_period=Text.of(zh="2026年10—12月", en="October–December 2026"), released="2027-03-02",
        source=Text.of(zh="人工智能应用普及率调查（模拟数据）", en="AI adoption survey (simulated)"),
        legal_header=(Text.of(zh="表号：AI+E101（示例）", en="Form: AI+E101 (illustrative)"),
                      Text.of(zh="有效期至：2027年12月（示例）", en="Valid until: December 2027 (illustrative)")),
        methods=(Text.of(zh="按省与规模分层的随机样本，大型企业全部调查；答复按加权类调整无回答并校准到抽样框。",
                         en="A random sample stratified by province and size with all large enterprises; weights are"
                            " adjusted for nonresponse by classes and calibrated to the frame."),
                 Text.of(zh="方差按泰勒线性化估计，计有限总体修正。",
                         en="Variances by Taylor linearisation with finite population correction.")),
        coverage=Text.of(zh="不含香港特别行政区、澳门特别行政区和台湾省。",
                         en="Hong Kong SAR, Macao SAR and Taiwan are not covered."),
        illustrative=illustrative, digests={"estimates": "3f9c2ab0d1e4", "weights": "77aa01c2b3d4"},
        command="uptake report --wave 2026Q4",
    )  # fmt: skip


def load(tmp_path: Path, name: str, text: str) -> Brief:
    """Write a brief file and load it."""
    (tmp_path / "briefs").mkdir(exist_ok=True)
    (tmp_path / "briefs" / f"{name}.yaml").write_text(text, encoding="utf-8")
    faults: list = []
    briefs = {brief.id: brief for brief in load_briefs(tmp_path, faults=faults)}
    assert not faults, faults
    return briefs[name]


@pytest.fixture(scope="session")
def national() -> BriefTables:
    return national_tables()


@pytest.fixture(scope="session")
def homes() -> BriefTables:
    return home_tables()


@pytest.fixture(scope="session")
def national_brief(tmp_path_factory: pytest.TempPathFactory) -> Brief:
    return load(tmp_path_factory.mktemp("national"), "national", NATIONAL_YAML)


@pytest.fixture(scope="session")
def homes_brief(tmp_path_factory: pytest.TempPathFactory) -> Brief:
    return load(tmp_path_factory.mktemp("homes"), "homes", HOMES_YAML)


@pytest.fixture(scope="session")
def release_context() -> BriefContext:
    return context()


@pytest.fixture(scope="session")
def homes_context() -> BriefContext:
    base = context("2015", illustrative=False)
    return replace(base, reference_period=Text.of(zh="2015年", en="2015"), command="uptake report --wave 2015",
                   source=Text.of(zh="住宅能源消费调查", en="Residential energy survey"), legal_header=())  # fmt: skip
