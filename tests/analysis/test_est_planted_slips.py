"""Slips planted in the source of the estimators, one line at a time: the numbers of a named question must change.

Each entry replaces a piece of the text of one function (its code object, so that every importer runs the slip). A piece
that is no longer there fails the test: a slip planted nowhere would look as if it had been missed.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis as a
from analysis import Pps, ReplicateWeights, Survey, SurveyDesign

RNG = np.random.default_rng(11)
N = 60
ROWS = pd.DataFrame(
    {
        "h": np.repeat(list("abc"), N // 3), "psu": np.tile(np.repeat(range(5), 4), 3),
        "N": np.repeat([9.0, 12, 30], 20),
        "w": RNG.uniform(2, 9, N).round(3), "y": (RNG.random(N) < 0.4).astype(float), "x": RNG.lognormal(2, 0.6, N),
        "z": RNG.lognormal(1, 0.4, N), "g": RNG.choice(list("pqr"), N), "k": RNG.choice(list("st"), N),
        "area": np.repeat(list("uvwxyz"), N // 6), "r": (RNG.random(N) < 0.8).astype(int),
        "side": np.tile(np.repeat([1, 2], 10), 3),
    }
)  # fmt: skip
ROWS.loc[[3, 17, 41], "y"] = np.nan
ROWS["unit"] = [f"u{i}" for i in range(N)]
DESIGN = SurveyDesign(weights="w", strata="h", psu="psu")
FPC = SurveyDesign(weights="w", strata="h", psu="psu", fpc="N")
HALVES = SurveyDesign(weights="w", strata="h", psu="side")
GIVEN = ROWS.assign(r1=ROWS.w * 1.2, r2=ROWS.w * np.where(ROWS.k == "s", 0.5, 1.4), r3=ROWS.w * (1 + (ROWS.g == "p")))
KNOWN = ROWS.dropna()


def survey(design: SurveyDesign = DESIGN, rows: pd.DataFrame = ROWS) -> Survey:
    return Survey(rows, design)


def marginal(scale: float = 1.1) -> pd.DataFrame:
    sums = [ROWS.groupby(c).w.sum().rename_axis("level").reset_index(name="total").assign(variable=c) for c in "gk"]
    frame = pd.concat(sums)[["variable", "level", "total"]]
    frame["total"] *= np.where(frame.level == "p", 1.2, 1.0)
    lift = frame[frame.variable == "g"].total.sum() / frame[frame.variable == "k"].total.sum()
    frame.loc[frame.variable == "k", "total"] *= lift
    return frame.assign(total=frame.total * scale)


def amounts() -> pd.DataFrame:
    size, x = float(ROWS.w.sum()), float((ROWS.w * ROWS.x).sum())
    return pd.DataFrame({"variable": ["(intercept)", "x"], "level": [None, None], "total": [size * 1.05, x * 1.1]})


def lonely(rule: str) -> Survey:
    alone = ROWS[(ROWS.h != "c") | (ROWS.psu == 0)]
    return Survey(alone, SurveyDesign(weights="w", strata="h", psu="psu", lonely_psu=rule))  # type: ignore[arg-type]


def pps(method: str) -> Survey:
    rows = ROWS[:12].assign(pi=np.linspace(0.2, 0.7, 12))
    return Survey(rows, SurveyDesign(probabilities="pi", pps=Pps(method)))  # type: ignore[arg-type]


def areas() -> Any:
    x = pd.DataFrame({"area": list("uvwxyzo"), "size": [1.0, 3, 2, 5, 4, 7, 6]})
    return a.fay_herriot(a.mean(survey(), "x", by="area"), x, method="reml")


QUESTIONS: dict[str, Callable[[], Any]] = {
    "adjust": lambda: a.total(lonely("adjust"), "x"),
    "average": lambda: a.total(lonely("average"), "x"),
    "Brewer": lambda: a.total(pps("brewer"), "x"),
    "Overton": lambda: a.total(pps("overton"), "x"),
    "Hartley-Rao": lambda: a.total(pps("hartley_rao"), "x"),
    "linear": lambda: a.total(survey().calibrate(amounts(), method="linear"), ["z", "y"]),
    "raking": lambda: a.total(survey().calibrate(marginal(), method="raking"), ["z", "y"]),
    "logit": lambda: a.total(survey().calibrate(amounts(), method="logit", bounds=(0.7, 1.5)), ["z", "y"]),
    "cells": lambda: a.total(survey().poststratify(marginal()[:3].rename(columns={"level": "g"}), by="g"), "x"),
    "trimmed": lambda: a.total(survey().trim_weights(upper=7.0), "x"),
    "nonresponse": lambda: a.mean(survey(FPC).adjust_nonresponse(respondent="r", classes="g"), "x"),
    "JKn": lambda: a.ratio(survey(FPC).replicate(method="jkn"), "x", "z"),
    "Rao-Wu": lambda: a.ratio(survey(FPC).replicate(method="rao-wu", replicates=40, seed=3), "x", "z"),
    "Fay": lambda: a.ratio(survey(HALVES).replicate(method="fay", rho=0.3), "x", "z"),
    "F": lambda: a.independence_test(survey(), "g", "k"),
    "Chisq": lambda: a.independence_test(survey(), "g", "k", statistic="Chisq"),
    "Wald": lambda: a.independence_test(survey(), "g", "k", statistic="Wald"),
    "median": lambda: a.quantile(survey(), "x", [0.25, 0.5]),
    "variance": lambda: a.variance(survey(), "x"),
    "logistic": lambda: a.glm(survey(rows=KNOWN), "y ~ x + k", "binomial"),
    "imputations": lambda: a.combine_imputations(
        [a.mean(survey(rows=ROWS.assign(y=ROWS.y.fillna(v))), "y") for v in (0.0, 1.0, 0.5)]
    ),
    "areas": areas,
    "change": lambda: a.mean(survey(), "x", by="k").contrast({"d": ("pct_change", "s", "t")}),
    "rate": lambda: a.penetration(survey(), "y", size="x", by="k"),
    "bounds": lambda: a.penetration(survey(), "y", missing="bounds"),
    "shares": lambda: a.proportion(survey(FPC), "y", by=[(), ("k",)]),
    "cut": lambda: a.proportion(survey(SurveyDesign(weights="w", strata="h")), a.Expr("q", "h = 'a' OR unit = 'u25'")),
    "wide": lambda: a.proportion(survey(), a.Expr("q", "psu < 2")),
    "elements": lambda: a.mean(survey(SurveyDesign(weights="w", strata="h")), "x", by="k"),
    "wilson": lambda: a.proportion(survey(), "y", ci="wilson"),
    "likelihood": lambda: a.proportion(survey(), "y", ci="likelihood"),
    "jeffreys": lambda: a.proportion(survey(), "y", ci="jeffreys"),
    "given replicates": lambda: a.mean(
        survey(SurveyDesign(weights="w", replicates=ReplicateWeights("JK1", columns=("r1", "r2", "r3"))), GIVEN), "x"
    ),
}  # fmt: skip

SLIPS: list[tuple[str, str, str, str, str]] = [
    ("the FPC is dropped", "covariance:_scale", "1 - (stage.fraction[parent]",
     "1 - (0 * stage.fraction[parent]", "shares"),
    ("n for n - 1", "covariance:_scale", "np.maximum(stage.n - 1, 1)", "stage.n", "shares"),
    ("a lonely PSU is centred at itself", "covariance:_centres", "centres[alone] = whole", "pass", "adjust"),
    ("average does not scale up", "covariance:_average", "counts[0] / counts[1]", "1.0", "average"),
    ("Brewer takes f for 1 - pi", "covariance:_scale", "else stage.pi)", "else 0 * stage.pi)", "Brewer"),
    ("Overton forgets the half", "unequal:_approximate", "(0.5, np", "(1.0, np", "Overton"),
    ("Hartley-Rao forgets p2", "unequal:_approximate", "1 + _p2(stage, pps)", "1 + 0 * _p2(stage, pps)", "Hartley-Rao"),
    ("calibration forgets its residuals", "calibrated:Calibration.residual", "left = left - ",
     "left = left - 0 * ", "linear"),
    ("the slope of calibration takes final weights", "calibrated:Calibration.residual", "over(left, factor[:, None])",
     "left", "raking"),
    ("post-strata are not taken out", "linearisation:slopes", "score_sums(", "0 * score_sums(", "cells"),
    ("what is trimmed is lost", "trimming:shifts", "found.append(cut / inside)", "found.append(0.0)", "trimmed"),
    ("nonresponse adds no phase", "nonresponse:ResponseClasses.phase", "np.sqrt(1 - rate[code])",
     "0 * np.sqrt(1 - rate[code])", "nonresponse"),
    ("nonresponse leaves the class mean in", "nonresponse:ResponseClasses.residual", "scores - (before",
     "scores - 0 * (before", "nonresponse"),
    ("the jackknife forgets n - 1 over n", "resampling:jackknife", "left * (n - 1) / n", "left * n / n", "JKn"),
    ("the jackknife forgets the FPC", "resampling:jackknife", "1 - stage.fraction", "1 - 0 * stage.fraction", "JKn"),
    ("the bootstrap forgets the FPC", "resampling:rao_wu", "np.sqrt(1 - stage.fraction[h])", "1.0", "Rao-Wu"),
    ("the bootstrap draws n of n", "resampling:rao_wu", "share * n / (n - 1) * times", "share * times", "Rao-Wu"),
    ("Fay's factor is not undone", "resampling:half_samples", "(replicates * (1 - rho) ** 2)", "replicates", "Fay"),
    ("squares of replicates are not scaled", "replicates:squared_deviations", "np.sqrt(by.scale * by.rscales)",
     "1.0", "given replicates"),
    ("the delta of Rao-Scott is that of simple sampling", "independence:_rao_scott", "x2 / trace", "x2", "F"),
    ("the degrees of Rao-Scott are the table's", "independence:_rao_scott", "d * table.df", "table.df", "F"),
    ("the first-order correction is left out", "independence:_rao_scott", "x2 * k / trace", "x2", "Chisq"),
    ("Wald's statistic is not divided by its degrees", "independence:_wald", "away)) / k", "away))", "Wald"),
    ("Woodruff takes two standard errors too many", "woodruff:woodruff_frame", "(2 * t)", "t", "median"),
    ("the variance lacks n over n - 1", "dispersion:_scaled", "n / np.where(n > 1, n - 1, 1)", "n / n", "variance"),
    ("the sandwich has one slice", "likelihood:score_residuals", "/ family.slope(", "* 2 / family.slope(", "logistic"),
    ("Rubin forgets 1/m", "rubin:_pool", "within + (1 + 1 / m) * between", "within + between", "imputations"),
    ("Rubin's degrees forget the design", "rubin:_pool", "if barnard_rubin:", "if False:", "imputations"),
    ("between is divided by m", "rubin:_pool", "away.T @ away / (m - 1)", "away.T @ away / m", "imputations"),
    ("a quotient forgets its denominator", "formulas:Dual.__truediv__", "-other.slope", "0 * other.slope", "change"),
    ("a quotient is not divided", "formulas:Dual.__truediv__", "self.slope / below", "self.slope", "change"),
    ("small areas count g3 once", "areamodel:mean_squared_errors", "2 * g3", "g3", "areas"),
    ("small areas forget the variance between them", "areamodel:mean_squared_errors", "+= g1 + ", "+= ", "areas"),
    ("the normal stands for t", "intervals:t_quantile", "stdtrit(df, upper)", "ndtri(upper)", "wide"),
    ("df counts rows", "degrees:domain_degrees", "units - strata", "units", "shares"),
    ("a rate of size forgets the size below", "points:_points_of", "-estimate * 2.0", "0 * estimate * 2.0", "rate"),
    ("unknown answers count as no in both bounds", "unanswered:_variable", "{known}, {value})",
     "{known}, 0)", "bounds"),
    ("Korn-Graubard is not cut at n", "intervals:_korn_graubard", "min(n_eff, at.n)", "n_eff", "cut"),
    ("Korn-Graubard forgets the ratio of t", "intervals:_korn_graubard", "at.se**2 * at.ratio", "at.se**2", "wide"),
    ("Wilson takes z for t", "intervals:_wilson", "at.t**2", "3.84", "wilson"),
    ("the likelihood interval forgets n over n - 1", "intervals:_likelihood", "* at.rows / (at.rows - 1)",
     "", "likelihood"),
    ("Jeffreys forgets the half", "intervals:_jeffreys", "x + 0.5, n_eff - x + 0.5, tail",
     "x, n_eff - x, tail", "jeffreys"),
    ("element squares are not scaled by stratum", "elements:_squares", "layout.spread(scale * ",
     "layout.spread(1.0 * ", "elements"),
]  # fmt: skip


@contextmanager
def planted(where: str, old: str, new: str) -> Iterator[None]:
    """Replace a piece of a function's text for a while."""
    module, _, name = where.partition(":")
    home = importlib.import_module(f"analysis.{module}")
    owner: Any = home
    for part in name.split("."):
        owner = inspect.getattr_static(owner, part)
    target: FunctionType = inspect.unwrap(owner.fget if isinstance(owner, property) else owner)
    text = textwrap.dedent(inspect.getsource(target))
    assert text.count(old) >= 1, f"{where} no longer has {old!r}"
    names: dict[str, Any] = dict(vars(home))
    exec(compile("from __future__ import annotations\n" + text.replace(old, new), where, "exec"), names)
    made = inspect.unwrap(names[target.__name__])
    if owner is not target:
        owner.cache_clear()
    right, target.__code__ = target.__code__, made.__code__
    try:
        yield
    finally:
        target.__code__ = right
        if owner is not target:
            owner.cache_clear()


def numbers(question: str) -> np.ndarray:
    """Every number of an answer, in one row."""
    frame = QUESTIONS[question]().frame.select_dtypes("number")
    return np.nan_to_num(frame.to_numpy(dtype=float).ravel(), nan=-1.0, posinf=-2.0)


@cache
def right(question: str) -> np.ndarray:
    return numbers(question)


@pytest.mark.parametrize(("slip", "where", "old", "new", "question"), SLIPS, ids=[slip for slip, *_ in SLIPS])
def test_a_slip_is_caught(slip: str, where: str, old: str, new: str, question: str) -> None:
    before = right(question)
    with planted(where, old, new):
        now = numbers(question)
    assert before.shape != now.shape or not np.allclose(before, now, rtol=1e-6), slip


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_the_same_question_gives_the_same_numbers(question: str) -> None:
    assert np.array_equal(right(question), numbers(question))
