"""A seeded register of synthetic enterprises and what each of them would truly answer; no real unit is in it.

Shares follow the shape of real registers (few large units, most of them micro; provinces very unequal), not their
counts. `frame` is what a statistical office knows; `truth` is what only a simulation can know, one row a unit in the
same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from uptake.contract.codes import (
    INDUSTRY_GROUPS,
    PROVINCES,
    SIZE_CLASSES,
    section_of_division,
    uscc_check_character,
)
from uptake.simulate.adoption import make_truth
from uptake.simulate.annual import make_annual

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

# Rough shares of legal units in per cent, GB/T 2260 order; rounded by hand so that no real count is implied.
_PROVINCE_SHARE = (4.2, 1.8, 4.4, 2.2, 1.5, 2.6, 1.4, 1.6, 4.0, 9.8, 8.8, 4.3, 3.6, 2.7, 8.6, 5.2, 4.1, 3.7, 12.6, 2.6,
                   0.9, 2.6, 4.6, 2.1, 2.2, 0.4, 2.9, 1.3, 0.4, 0.5, 1.4)  # fmt: skip
_SIZE_SHARE = (1.2, 5.0, 23.8, 70.0)
# The smallest number of units in a province, by size class: every stratum can then be drawn from.
_SIZE_FLOOR = (4, 8, 12, 24)
_INDUSTRY_SHARE = (4.0, 1.0, 2.2, 5.4, 6.6, 6.8, 1.2, 8.0, 28.0, 4.4, 6.4, 1.4, 15.6, 9.0)
# Industries whose units are larger (manufacturing, mining, finance) or smaller (trade) than others.
_INDUSTRY_IN_LARGE = (0.5, 2.0, 2.4, 2.0, 1.6, 1.4, 2.2, 1.8, 0.5, 1.2, 1.2, 2.2, 0.7, 0.8)

# Lower and upper bounds of persons employed by size class: manufacturing and the like, all other industries.
_STAFF_MANUFACTURING = ((1000, 20_000), (300, 1000), (20, 300), (1, 20))
_STAFF_OTHER = ((300, 8000), (100, 300), (10, 100), (1, 10))

# One or more classes of GB/T 4754-2017 for each industry group, so that question E-03 has something to show.
_CLASSES = {
    "A": ("0111", "0141", "0313"), "B": ("0610", "0810"), "C1": ("2710", "3921", "3952"), "C2": ("3611", "3811"),
    "C3": ("2921", "3011", "3311"), "C4": ("1711", "1811", "2110"), "D": ("4411", "4610"), "E": ("4710", "4813"),
    "F": ("5151", "5211", "5212"), "G": ("5431", "5910"), "I": ("6511", "6513", "6531"), "J": ("6621", "6812"),
    "LM": ("7211", "7231", "7320"), "PQ": ("8010", "8310", "8411"),
}  # fmt: skip
_BUSINESS = {
    "A": "农业", "B": "矿业", "C1": "电子科技", "C2": "机械制造", "C3": "建材", "C4": "纺织", "D": "水务",
    "E": "建设工程", "F": "商贸", "G": "物流", "I": "软件", "J": "金融信息", "LM": "商务咨询", "PQ": "教育服务",
}  # fmt: skip
_FIRST = "甲乙丙丁戊己庚辛壬癸"
_SECOND = "云帆星禾岚澄沐朗睿宁远恒禹舟泽"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def make_register(seed: int = 20251126, units: int = 20_000) -> tuple[DataFrame, DataFrame]:
    """Return (frame, truth): a register of synthetic enterprises and the true answers of each, one row a unit.

    seed: the same seed gives the same register; units: how many, at least 2,000.
    frame: unit_id, name, address, province, industry, section, division, industry_class, registration, size, staff,
    revenue, annual_module, wording_2026; truth: adoption.py and annual.py.
    Raises ValueError for fewer units, since a stratum would then be empty.
    """
    import pandas as pd

    if units < 2000:
        raise ValueError(f"units={units}: every province needs units of every size, so at least 2000 are made.")
    rng = np.random.default_rng(seed)
    province, size = _cells(units)
    order = rng.permutation(units)
    province, size = province[order], size[order]
    industry = _industries(rng, size)
    staff = _staff(rng, size, industry)
    frame = pd.DataFrame({
        "unit_id": _unit_ids(rng, province),
        "name": _names(rng, province, industry),
        "address": _addresses(rng, province),
        "province": _coded(province, [code.code for code in PROVINCES]),
        "industry": _coded(industry, [code.code for code in INDUSTRY_GROUPS]),
        "industry_class": _classes(rng, industry),
        "registration": _coded(rng.choice(4, size=units, p=(0.03, 0.9, 0.03, 0.04)), ["100", "150", "200", "300"]),
        "size": _coded(size, [code.code for code in SIZE_CLASSES]),
        "staff": staff,
    })  # fmt: skip
    truth = make_truth(rng, province=province, industry=industry, size=size, staff=staff)
    truth.insert(0, "unit_id", frame["unit_id"])
    frame["division"] = frame["industry_class"].str[:2]
    frame["section"] = frame["division"].map(section_of_division)
    more = np.random.default_rng((seed, 1))  # a source of its own: what is above stays as it is
    frame["annual_module"] = _annual_module(more, frame)
    truth = truth.assign(**make_annual(more, frame, truth))
    frame["revenue"] = _register_revenue(more, truth["e05_revenue"], staff)
    frame["wording_2026"] = ""  # no wording experiment runs: every unit sees the questions' own words
    return frame, truth


def _annual_module(rng: np.random.Generator, frame: DataFrame) -> list[str]:
    """Say who gets the annual module this quarter, by the rotation that every unit keeps for life.

    Makers of terminals (large and medium, divisions 34 to 39): every fourth quarter. Other large units, which are
    always in the sample: one quarter in eight, once in two years. All others: one quarter in four.
    """
    turn = rng.integers(0, 8, size=len(frame))
    maker = frame["division"].between("34", "39") & frame["size"].isin(["1", "2"])
    large = frame["size"] == "1"
    due = np.where(maker, True, np.where(large, turn == 0, turn % 4 == 0))
    return ["yes" if here else "no" for here in due]


def _register_revenue(rng: np.random.Generator, revenue: Series, staff: Ints) -> Floats:
    """Give the revenue that the register has, a year older than the unit's own figure."""
    own = np.array([value if isinstance(value, float) else 40.0 * n for value, n in zip(revenue, staff, strict=True)])
    return np.asarray(np.rint(own * np.exp(0.15 * rng.standard_normal(len(own))) * 100) / 100, dtype=np.float64)


def _coded(index: Ints, codes: list[str]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(codes, dtype=object)[index]


def _cells(units: int) -> tuple[Ints, Ints]:
    """Share the units among province x size, never below the floor, by largest remainder: no chance in it."""
    floor = np.tile(np.array(_SIZE_FLOOR, dtype=np.float64), len(_PROVINCE_SHARE))
    share = np.outer(_PROVINCE_SHARE, _SIZE_SHARE).ravel()
    exact = floor + share / share.sum() * (units - floor.sum())
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: units - counts.sum()]] += 1
    cell = np.repeat(np.arange(len(counts)), counts)
    return cell // len(_SIZE_SHARE), cell % len(_SIZE_SHARE)


def _industries(rng: np.random.Generator, size: Ints) -> Ints:
    """Draw an industry group a unit; large units lean to manufacturing, mining, energy and finance."""
    lean = np.array(_INDUSTRY_IN_LARGE)[None, :] ** np.array((1.5, 1.0, 0.4, -0.1))[:, None]
    shares = np.array(_INDUSTRY_SHARE)[None, :] * lean
    edges = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    drawn = (rng.random(len(size))[:, None] > edges[size]).sum(axis=1)
    return np.asarray(np.minimum(drawn, len(_INDUSTRY_SHARE) - 1), dtype=np.int64)


def _staff(rng: np.random.Generator, size: Ints, industry: Ints) -> Ints:
    """Draw persons employed inside the bounds of the size class, more units near the lower bound."""
    manufacturing = (industry >= 1) & (industry <= 6)
    bounds = np.where(manufacturing[:, None], np.array(_STAFF_MANUFACTURING)[size], np.array(_STAFF_OTHER)[size])
    low, high = bounds[:, 0].astype(np.float64), bounds[:, 1].astype(np.float64)
    place = rng.beta(1.2, 2.0, size=len(size))
    return np.asarray(np.floor(np.exp(np.log(low) + place * (np.log(high) - np.log(low)))), dtype=np.int64)


def _unit_ids(rng: np.random.Generator, province: Ints) -> list[str]:
    """Make valid unified social credit codes in a range that no registry gives out (registry number 99)."""
    codes = [code.code for code in PROVINCES]
    serial = rng.permutation(len(province))
    digits = np.array(list(_ALPHABET))[rng.integers(0, 31, size=(len(province), 3))]
    first = [f"91{codes[p][:2]}9900{s:06d}{''.join(d)}" for p, s, d in zip(province, serial, digits, strict=True)]
    return [text + uscc_check_character(text) for text in first]


def _names(rng: np.random.Generator, province: Ints, industry: Ints) -> list[str]:
    """Make names that say they are made up: 示例 ("example") stands in each."""
    business = [_BUSINESS[code.code] for code in INDUSTRY_GROUPS]
    place = [code.name["zh"] for code in PROVINCES]
    first = rng.integers(0, len(_FIRST), size=len(province))
    second = rng.integers(0, len(_SECOND), size=len(province))
    number = rng.permutation(len(province)) + 1
    return [
        f"{place[p]}示例{_FIRST[a]}{_SECOND[b]}{business[i]}第{n}有限公司"
        for p, i, a, b, n in zip(province, industry, first, second, number, strict=True)
    ]


def _addresses(rng: np.random.Generator, province: Ints) -> list[str]:
    place = [code.name["zh"] for code in PROVINCES]
    number = rng.integers(1, 999, size=len(province))
    return [f"{place[p]}示例市示例区虚构路{n}号" for p, n in zip(province, number, strict=True)]


def _classes(rng: np.random.Generator, industry: Ints) -> list[str]:
    options = [_CLASSES[code.code] for code in INDUSTRY_GROUPS]
    drawn = rng.random(len(industry))
    return [options[i][int(u * len(options[i]))] for i, u in zip(industry, drawn, strict=True)]
