"""The rows that a synthetic enterprise would list: its use cases (E-24) and the terminals it makes (E-21)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from uptake.simulate.adoption import FUNCTIONS, Bools, Floats

if TYPE_CHECKING:
    from pandas import DataFrame

Columns = dict[str, Any]

MOST_CASES, MOST_CLASSES = 8, 2
_WHAT = {
    "rd": "方案生成", "core": "质量检测", "supply": "到货预测", "sales": "文案生成", "service": "智能客服",
    "finance": "票据识别", "hr": "简历初筛", "office": "公文起草", "it": "日志分析", "decision": "经营分析",
}  # fmt: skip
_AREAS = {
    "rd": "science",
    "service": "consumption",
    "sales": "consumption",
    "hr": "wellbeing",
    "decision": "governance",
}
_CASE = ("name", "function", "area", "kind", "stage", "start", "users", "effect", "percent", "evidence")
_CLASSES = ("t3", "t9", "t5", "t2", "t6", "t8")
_PRICE = {"t3": 5000, "t9": 800, "t5": 60_000, "t2": 2500, "t6": 400, "t8": 6000}  # yuan a device
_FIRST_DAY = datetime.date(2021, 1, 1)


def make_cases(rng: np.random.Generator, truth: DataFrame, asked: Bools) -> Columns:
    """List a use case for each function in routine use, for at most eight, and one pilot where there is none."""
    made = _empty("e24", _CASE, MOST_CASES, len(truth))
    levels = truth[[f"e07_use_{name}" for name in FUNCTIONS]].to_numpy(dtype=object)
    staff = truth["e04_staff"].to_numpy()
    for unit in np.flatnonzero(asked):
        routine = [name for name, level in zip(FUNCTIONS, levels[unit], strict=True) if level == "routine"]
        for row, name in enumerate(routine[:MOST_CASES] or ["office"], start=1):
            case = _case(rng, name, int(staff[unit]), "routine" if routine else "pilot")
            for column, value in case.items():
                made[f"e24_{column}.{row}"][unit] = value
    return made


def _case(rng: np.random.Generator, function: str, staff: int, stage: str) -> Columns:
    effect = str(rng.choice(["efficiency", "cost", "quality", "none"], p=[0.4, 0.15, 0.2, 0.25]))
    day = _FIRST_DAY + datetime.timedelta(days=int(rng.integers(0, 2000)))
    return {
        "name": f"示例{_WHAT[function]}",
        "function": function,
        "area": _AREAS.get(function, "industry"),
        "kind": str(rng.choice(["agent", "terminal", "application"], p=[0.3, 0.2, 0.5])),
        "stage": stage,
        "start": day.replace(day=1).isoformat(),
        "users": int(rng.binomial(staff, 0.2)),
        "effect": effect,
        "percent": float(np.rint(rng.gamma(4.0, 4.0) * 10) / 10) if effect in ("efficiency", "cost") else None,
        "evidence": None if effect == "none" else f"示例台账{int(rng.integers(1, 9999)):04}",
    }


def make_products(rng: np.random.Generator, sales: Floats, asked: Bools) -> Columns:
    """List the classes of terminals that a maker sells, worth at most half of its revenue from AI (`sales`)."""
    made = _empty("e21", ("class", "output", "sold", "value", "estimated"), MOST_CLASSES, len(sales))
    for unit in np.flatnonzero(asked & (sales > 0)):
        chosen = rng.choice(_CLASSES, size=int(rng.integers(1, MOST_CLASSES + 1)), replace=False)
        for row, kind in enumerate(map(str, chosen), start=1):
            sold = int(sales[unit] * 10_000 / _PRICE[kind] / 4)
            product = {"class": kind, "output": sold + int(rng.poisson(sold * 0.05)), "sold": sold,
                       "value": sold * _PRICE[kind] / 10_000}  # fmt: skip
            for column, value in product.items():
                made[f"e21_{column}.{row}"][unit] = value
    return made


def _empty(roster: str, columns: tuple[str, ...], rows: int, units: int) -> Columns:
    return {
        f"{roster}_{column}.{row}": np.full(units, None, dtype=object)
        for row in range(1, rows + 1)
        for column in columns
    }
