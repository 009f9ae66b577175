"""Faults planted in tests, models, imputation and small areas: each changes a number that was right without it."""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import Survey, SurveyDesign, combine_imputations, fay_herriot, glm, impute, independence_test, mean

RNG = np.random.default_rng(5)
ROWS = pd.DataFrame(
    {
        "h": np.arange(72) // 24, "psu": np.arange(72) // 4, "N": 40.0, "w": RNG.uniform(1, 4, 72).round(3),
        "y": RNG.integers(0, 2, 72), "x": RNG.normal(size=72).round(3), "g": RNG.choice(list("abc"), 72),
        "area": np.arange(72) % 9, "k": RNG.poisson(2, 72),
    }
)  # fmt: skip
AREAS = pd.DataFrame({"area": np.arange(11), "z": np.arange(11) ** 2 / 9.0})
LACKING = pd.DataFrame(
    {"unit_id": np.arange(40), "c": np.arange(40) % 4, "v": np.where(np.arange(40) % 3, np.arange(40.0), np.nan)}
)
FRAME = ["estimate", "se", "ci_low", "ci_high", "df"]


def numbers(frame: pd.DataFrame, *more: str) -> np.ndarray:
    return np.nan_to_num(frame[[*FRAME, *more]].to_numpy(dtype=float), nan=-1.0, posinf=9e9)


def answers() -> dict[str, Any]:
    """The numbers of a handful of questions; each fault must change at least one of them."""
    plain = Survey(ROWS, SurveyDesign(weights="w", strata="h", psu="psu", fpc="N"))
    found: dict[str, Any] = {}
    for statistic in ("F", "Chisq", "Wald", "adjWald"):
        test = independence_test(plain, "y", "g", statistic)
        found[statistic] = np.nan_to_num([test.statistic, test.ndf, test.ddf, test.p_value], nan=-1.0)
    logit = glm(plain, "y ~ x * g")
    found["logit"] = numbers(logit.frame, "t", "p_value")
    found["wald"] = logit.wald_test("g").iloc[0, 1:5].to_numpy(dtype=float)
    found["margins"] = numbers(glm(plain, "y ~ x + g").margins().frame)
    found["means"] = numbers(glm(plain, "y ~ x + g").margins("g", kind="mean").frame)
    found["fixed"] = numbers(glm(plain, "y ~ x + g").margins(covariates="fixed").frame)
    found["counts"] = numbers(glm(plain, "k ~ x", "poisson").frame)
    found["jackknife"] = numbers(glm(plain.replicate(method="jkn"), "y ~ x").frame)
    direct = mean(plain, "x", by="area")
    for method in ("reml", "ml", "moment"):
        found[method] = numbers(fay_herriot(direct, AREAS, method=method).frame, "mse", "gamma")
    made = impute(LACKING, "v", cells="c", seed=1, datasets=3)
    found["imputed"] = np.stack([t["v"].to_numpy() for t in made.tables])
    unequal = SurveyDesign(weights="one")
    single = [mean(Survey(t.assign(one=1.0), unequal), "v") for t in made.tables]
    found["rubin"] = numbers(combine_imputations(single).frame, "missing_information")
    return found


@pytest.fixture(scope="module")
def right() -> dict[str, Any]:
    return answers()


def changed(right: dict[str, Any]) -> list[str]:
    now = answers()
    return [
        name for name, value in right.items()
        if value.shape != now[name].shape or not np.allclose(value, now[name], rtol=1e-6, atol=1e-9)
    ]  # fmt: skip


def of(module: str, name: str, make: Callable[[Any], Callable[..., Any]]) -> tuple[str, str, Callable[..., Any]]:
    """A fault that wraps the function it replaces."""
    return module, name, make(getattr(importlib.import_module(module), name))


def without_g3(original: Any) -> Callable[..., Any]:
    return lambda *a: dataclasses.replace(original(*a), variance_of_a=0.0)


def without_bias(original: Any) -> Callable[..., Any]:
    return lambda *a: dataclasses.replace(original(*a), bias_of_a=0.0)


def larger(original: Any, **by: float) -> Callable[..., Any]:
    def planted(*a: Any, **k: Any) -> Any:
        found = original(*a, **k)
        return dataclasses.replace(found, **{name: getattr(found, name) + add for name, add in by.items()})

    return planted


def uncorrected_contrasts(rows: int, cols: int) -> Any:
    return np.kron(np.eye(rows)[:, 1:], np.eye(cols)[:, 1:])


def naive_scores(data: Any, fitted: Any, family: Any) -> Any:
    return fitted.working / data.weight * (data.y - fitted.mu) / family.slope(fitted.eta)


def first_donor(lenders: list[int], left: dict[int, int], rng: Any) -> Any:
    while any(left[d] > 0 for d in lenders):
        yield from (d for d in lenders if left[d] > 0)


FAULTS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "contrasts hold main effects": ("analysis.independence", "_interactions", uncorrected_contrasts),
    "first order for second": of("analysis.independence", "_rao_scott",
                                 lambda f: lambda t, **k: f(t, first_order=True)),
    "Wald is never adjusted": of("analysis.independence", "_wald", lambda f: lambda *a, **k: f(*a, adjusted=False)),
    "nu is one less": of("analysis.independence", "_rao_scott",
                         lambda f: lambda t, **k: f(dataclasses.replace(t, df=t.df - 1), **k)),
    "X2 counts one row too many": of("analysis.independence", "_rao_scott",
                                     lambda f: lambda t, **k: f(dataclasses.replace(t, n_rows=t.n_rows + 1), **k)),
    "scores without weights": ("analysis.modelspread", "score_residuals", naive_scores),
    "the design is left out": ("analysis.modelspread", "score_covariance", lambda s, rows, z, **k: z.T @ z),
    "A is twice itself": of("analysis.models", "fit",
                            lambda f: lambda *a, **k: dataclasses.replace(f(*a, **k), inverse=f(*a, **k).inverse / 2)),
    "df of the design alone": of("analysis.models", "model_spread", lambda f: larger(f, df=1.0)),
    "replicates never fitted again": ("analysis.modelspread", "_fit_again", lambda d, w, fitted, *a, **k: fitted),
    "the first level is not left out": of("analysis.modelmatrix", "_parts",
                                          lambda f: lambda c, contrast: f(c, contrast)[::-1]),
    "interactions are sums": of("analysis.modelmatrix", "_indicator", lambda f: lambda c, level: f(c, level) + 1),
    "the normal quantile for t": ("analysis.coefficients", "t_quantile", lambda level, df: 1.959963984540054),
    "Wald F is not divided by k": of("analysis.models", "wald_frame",
                                     lambda f: lambda *a: f(*a).assign(statistic=lambda t: t.statistic * t.ndf)),
    "slopes are those of eta": of("analysis.margins", "_set", lambda f: lambda m, t, v: f(m, t, v) * 2),
    "margins take covariates for fixed": of("analysis.margins", "function_covariance",
        lambda f: lambda s, d, z, again, spread: f(s, d, z * 0.9, again, spread)),
    "g3 is forgotten": of("analysis.smallarea", "fit_areas", without_g3),
    "the bias of A is forgotten": of("analysis.smallarea", "fit_areas", without_bias),
    "REML is ML": of("analysis.smallarea", "fit_areas", lambda f: lambda y, x, d, m: f(y, x, d, "ml")),
    "moments are REML": of("analysis.smallarea", "fit_areas",
                           lambda f: lambda y, x, d, m: f(y, x, d, "reml" if m == "moment" else m)),
    "A is a little larger": of("analysis.smallarea", "fit_areas", lambda f: larger(f, area_variance=0.01)),
    "between variance by m": of("analysis.rubin", "_pool", lambda f: lambda made, **k: dataclasses.replace(
        f(made, **k), vcov=f(made, **k).vcov * 0.9)),
    "Rubin's df without the design": of("analysis.rubin", "_pool", lambda f: lambda m, **k: f(m, barnard_rubin=False)),
    "donors from any cell": of("analysis.donors", "_by_label", lambda f: lambda rows, cell: f(
        rows, dataclasses.replace(cell, label=np.full(len(cell.label), "all", dtype=object)))),
    "the same donors in turn": ("analysis.donors", "_in_turn", first_donor),
    "all data sets alike": of("analysis.imputation", "hot_deck_rows", lambda f: lambda r, d, c, rng, rule: f(
        r, d, c, np.random.default_rng(1), rule)),
}  # fmt: skip


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_planted_fault_is_caught(monkeypatch: pytest.MonkeyPatch, right: dict[str, Any], fault: str) -> None:
    module, name, planted = FAULTS[fault]
    monkeypatch.setattr(f"{module}.{name}", planted)
    assert changed(right) != [], fault


def test_without_a_fault_nothing_changes(right: dict[str, Any]) -> None:
    assert changed(right) == []
    assert not any(math.isnan(float(np.sum(value))) for name, value in right.items() if name != "imputed")
