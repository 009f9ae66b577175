"""Every interval of a proportion: against statsmodels where it has the kernel, by hand, by what must hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from analysis import proportion_interval

P, SE, N, DF = 0.87, 0.031, 140, 23
N_EFF = P * (1 - P) / SE**2
T = 2.0686576104190406  # t(23), 97.5 %
SHARES, ERRORS = st.floats(0.02, 0.98), st.floats(0.005, 0.08)
METHODS = (
    "korn-graubard", "beta", "logit", "xlogit", "wilson", "likelihood", "asin", "mean", "clopper-pearson", "jeffreys",
)  # fmt: skip
WAY = settings(deadline=None, max_examples=150)


def limits(
    method: str, p: float = P, se: float = SE, n: int = N, df: float = DF, level: float = 0.95
) -> tuple[float, float]:
    found = proportion_interval(p, se, n, df, method=method, level=level)
    return found.low, found.high


@pytest.mark.parametrize(
    "ours, theirs", [("clopper-pearson", "beta"), ("jeffreys", "jeffreys"), ("wilson", "wilson"), ("mean", "normal")]
)
def test_statsmodels_has_the_same_kernel(ours: str, theirs: str) -> None:
    # With df = inf t is the normal quantile that wilson and normal use there; the effective size takes the place of n.
    wanted = proportion_confint(N_EFF * P, N_EFF, alpha=0.05, method=theirs)
    assert limits(ours, df=math.inf) == pytest.approx(wanted, rel=1e-12)


@WAY
@given(SHARES, ERRORS, st.integers(20, 3000), st.floats(2, 300), st.floats(0.8, 0.99))
def test_korn_graubard_is_the_beta_kernel_at_its_effective_size(
    p: float, se: float, n: int, df: float, level: float
) -> None:
    found = proportion_interval(p, se, n, df, level=level)
    wanted = proportion_confint(found.n_eff * p, found.n_eff, alpha=1 - level, method="beta")
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert found.n_eff <= n
    if found.n_eff < n:
        free = proportion_interval(p, se, n, df, level=level, method="beta")
        assert (free.low, free.high) == (found.low, found.high)


def test_limits_by_their_formulas() -> None:
    half = T * SE
    logit = math.log(P / (1 - P))
    width = half / (P * (1 - P))
    arc = math.asin(math.sqrt(P))
    across = half / (2 * math.sqrt(P * (1 - P)))
    wanted = {
        "mean": (P - half, P + half),
        "xlogit": (1 / (1 + math.exp(width - logit)), 1 / (1 + math.exp(-width - logit))),
        "asin": (math.sin(arc - across) ** 2, math.sin(arc + across) ** 2),
    }
    for method, pair in wanted.items():
        assert limits(method) == pytest.approx(pair, rel=1e-10), method
    for q in limits("likelihood"):  # both ends lie where the scaled likelihood ratio is t^2 n / (n - 1)
        reached = 2 * N_EFF * (P * math.log(P / q) + (1 - P) * math.log((1 - P) / (1 - q)))
        assert reached == pytest.approx(T**2 * N / (N - 1), rel=1e-9)
    for q in limits("wilson"):  # both ends lie where the score (p - q)^2 / (q (1 - q) / n_eff) is t^2
        assert (P - q) ** 2 / (q * (1 - q) / N_EFF) == pytest.approx(T**2, rel=1e-9)


def test_names_of_the_methods_page_are_the_same_intervals() -> None:
    for name, other in (("wald", "mean"), ("arcsine", "asin"), ("logit-glm", "logit")):
        assert limits(name) == limits(other)


def test_nought_and_all_keep_the_width_of_their_n() -> None:
    # 0 of 50, df 49: the upper limit solves (1 - q)^50 = 0.025; with fewer df n shrinks by (t_49 / t_df)^2.
    full = proportion_interval(0.0, 0.0, 50, 49)
    assert (full.low, full.high) == (0, pytest.approx(1 - 0.025 ** (1 / 50)))
    few = proportion_interval(0.0, 0.0, 50, 4)
    n = 50 * (2.0095752371292397 / 2.7764451051977934) ** 2
    assert few.high == pytest.approx(1 - 0.025 ** (1 / n), rel=1e-9)
    assert limits("clopper-pearson", p=1.0, se=0.0, n=50) == (pytest.approx(0.025 ** (1 / 50)), 1)


@WAY
@given(SHARES, ERRORS, st.integers(20, 2000), st.floats(3, 200), st.sampled_from(METHODS))
def test_no_is_the_mirror_of_yes(p: float, se: float, n: int, df: float, method: str) -> None:
    low, high = limits(method, p, se, n, df)
    mirrored = limits(method, 1 - p, se, n, df)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), rel=1e-7, abs=1e-9)


@WAY
@given(SHARES, ERRORS, st.integers(20, 2000), st.floats(2, 100), st.sampled_from(METHODS))
def test_fewer_degrees_of_freedom_never_narrow(p: float, se: float, n: int, df: float, method: str) -> None:
    few, many = limits(method, p, se, n, df), limits(method, p, se, n, df + 50)
    assert few[0] <= many[0] + 1e-9
    assert many[1] <= few[1] + 1e-9


@pytest.mark.parametrize("method", METHODS)
def test_no_degrees_of_freedom_is_said(method: str) -> None:
    found = proportion_interval(0.5, 0.1, 9, 0, method=method)
    assert math.isnan(found.low)
    assert found.reason == "0 degrees of freedom: the domain has no more sampled units than strata"
