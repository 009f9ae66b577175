"""Joint estimates, quantiles and variances against plain loops over rows, on random designs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from analysis import Component, Survey, SurveyDesign, jointly, quantile, variance

SLICE, ROUND = range(6), range(6, 300)


def drawn(seed: int) -> pd.DataFrame:
    """A sample of two to four strata with two to five clusters each, rows of unequal weight, gaps and ties."""
    rng = np.random.default_rng(seed)
    parts = []
    for h in range(rng.integers(2, 5)):
        for i in range(rng.integers(2, 6)):
            size = int(rng.integers(2, 9))
            parts.append(pd.DataFrame({"h": h, "psu": f"{h}.{i}", "w": rng.uniform(1, 9, size).round(2)}))
    rows = pd.concat(parts, ignore_index=True)
    n = len(rows)
    rows = rows.assign(x=rng.integers(1, 30, n) / 2, z=rng.uniform(1, 5, n), d=rng.choice(list("uv"), n))
    rows.loc[rng.random(n) < 0.1, "x"] = np.nan
    return rows.sample(frac=1, random_state=seed)


def spread(rows: pd.DataFrame, scores: np.ndarray) -> np.ndarray:
    """V of the totals of scores (n, P): sum_h n/(n-1) sum_i (z_hi - zbar_h)(z_hi - zbar_h)'."""
    total = np.zeros((scores.shape[1],) * 2)
    for h in rows.h.unique():
        clusters = rows.psu[rows.h == h].unique()
        sums = np.array([scores[(rows.psu == c).to_numpy()].sum(axis=0) for c in clusters])
        away = sums - sums.mean(axis=0)
        total += len(clusters) / (len(clusters) - 1) * away.T @ away
    return total


def scores_of(rows: pd.DataFrame, stat: str, inside: np.ndarray) -> tuple[float, np.ndarray]:
    w, x, z = (rows[c].to_numpy() for c in "wxz")
    known = inside & ~np.isnan(x)
    w, x = np.where(known, w, 0.0), np.where(known, x, 0.0)
    if stat == "total":
        return float((w * x).sum()), w * x
    below = z if stat == "ratio" else np.ones(len(rows))
    value = (w * x).sum() / (w * below).sum()
    return float(value), w * (x - value * below) / (w * below).sum()


def agree_jointly(seed: int) -> None:
    rows = drawn(seed)
    survey = Survey(rows, SurveyDesign(weights="w", strata="h", psu="psu"))
    asked = [(stat, d) for stat in ("mean", "total", "ratio") for d in ("u", "v")]
    found = jointly(
        survey,
        {f"{s} {d}": Component(s, "x", den="z" if s == "ratio" else None, where=f"d = '{d}'") for s, d in asked},  # type: ignore[arg-type]
    )
    made = [scores_of(rows, stat, (rows.d == d).to_numpy()) for stat, d in asked]
    assert found.frame.estimate.tolist() == pytest.approx([value for value, _ in made], rel=1e-10)
    wanted = spread(rows, np.stack([z for _, z in made], axis=1))
    assert found.vcov == pytest.approx(wanted, rel=1e-8, abs=1e-10 * abs(wanted).max())


def agree_on_quantiles(seed: int) -> None:
    rows = drawn(seed)
    found = quantile(Survey(rows, SurveyDesign(weights="w", strata="h", psu="psu")), "x", 0.37, by="d").frame
    for row in found.itertuples():
        known = (rows.d == row.d) & rows.x.notna()
        part = rows[known].sort_values("x")
        reached = part.w.cumsum().to_numpy() / part.w.sum()

        def value(p: float, part: pd.DataFrame = part, reached: np.ndarray = reached) -> float:
            return float(part.x.to_numpy()[np.argmax(reached >= p - 1e-12)]) if 0 <= p <= 1 + 1e-12 else math.nan

        assert row.estimate == value(0.37)
        share = part.w[part.x <= row.estimate].sum() / part.w.sum()
        z = np.where(known, rows.w * ((rows.x <= row.estimate) - share) / part.w.sum(), 0.0)[:, None]
        df = part.psu.nunique() - part.h.nunique()
        assert row.df == df
        if df > 0:
            half = student.ppf(0.975, df) * math.sqrt(spread(rows, z)[0, 0])
            limits = [value(share - half), value(share + half)] if half > 1e-9 else [math.nan] * 2
            assert [row.ci_low, row.ci_high] == pytest.approx(limits, nan_ok=True)


def agree_on_variances(seed: int) -> None:
    rows = drawn(seed)
    found = variance(Survey(rows, SurveyDesign(weights="w", strata="h", psu="psu")), ["x", "z"], by="d")
    known = rows.x.notna()
    for d in ("u", "v"):
        part = rows[known & (rows.d == d)]
        away = {c: rows[c] - np.average(part[c], weights=part.w) for c in "xz"}
        factor = len(part) / (len(part) - 1)
        inside = (known & (rows.d == d)).to_numpy()
        pairs = [("x", "x"), ("z", "x"), ("x", "z"), ("z", "z")]
        products = [np.where(inside, away[a] * away[b] * factor, 0.0) for a, b in pairs]
        value = [np.average(p[inside], weights=part.w) for p in products]
        w = np.where(inside, rows.w, 0.0)
        scores = np.stack([w * (p - v) / w.sum() for p, v in zip(products, value, strict=True)], axis=1)
        own = np.flatnonzero(found.frame.d == d)
        assert found.frame.estimate[own].tolist() == pytest.approx(value, rel=1e-9)
        wanted = spread(rows, scores)
        assert found.vcov[np.ix_(own, own)] == pytest.approx(wanted, rel=1e-8, abs=1e-10 * abs(wanted).max())


CHECKS = [agree_jointly, agree_on_quantiles, agree_on_variances]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("seed", SLICE)
def test_loops_over_rows_agree(check: object, seed: int) -> None:
    check(seed)  # type: ignore[operator]


@pytest.mark.proof
@pytest.mark.parametrize("check", CHECKS)
def test_loops_over_rows_agree_on_many_designs(check: object) -> None:
    for seed in ROUND:
        check(seed)  # type: ignore[operator]
