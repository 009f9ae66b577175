"""Contrasts, formulas and joint estimates: by hand, by property, by refusal."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Component, Estimates, Survey, SurveyDesign, index, jointly, mean, proportion, ratio, total
from uptake.contract.errors import EstimationError

# Two strata of three units, weight 10; y and x as drawn. Means of y: a 2/3, b 1/3.
ROWS = pd.DataFrame(
    {
        "h": list("aaabbb"), "y": [1, 0, 1, 1, 0, 0], "x": [4.0, 6.0, 8.0, 1.0, 2.0, 3.0], "w": [10.0] * 6,
        "g": list("pqpqpq"),
    }
)  # fmt: skip
SURVEY = Survey(ROWS, SurveyDesign(weights="w", strata="h"))
BY_H = mean(SURVEY, "y", by="h")


def test_the_difference_of_two_strata_has_the_sum_of_their_variances() -> None:
    # Within a stratum of 3 with two of one kind s2 = 1/3; V of each mean = (1/3)/3 = 1/9; V of the difference 2/9.
    found = BY_H.contrast({"a-b": {"a": 1, "b": -1}}).frame.iloc[0]
    assert (found.estimate, found.se) == (pytest.approx(1 / 3), pytest.approx(math.sqrt(2 / 9)))
    assert found.t == pytest.approx(1 / 3 / math.sqrt(2 / 9))
    assert (found.df, found.n, found.n_rows) == (4, 3, 3)
    # t with 4 df, two-sided: p = 1 - (t / sqrt(4 + t^2)) (1 + 2 / (4 + t^2)), t^2 = 1/2
    assert found.p_value == pytest.approx(1 - math.sqrt(0.5 / 4.5) * (1 + 2 / 4.5))


def test_kinds_of_two_estimates_have_their_gradients() -> None:
    # R = 2; V(R) = R^2 (V_a/a^2 + V_b/b^2) = 4 (1/9 / (4/9) + 1/9 / (1/9)) = 4 (1/4 + 1) = 5
    kinds = ("ratio", "pct_change", "log_ratio", "logit_difference", "product", "difference")
    found = BY_H.contrast({kind: (kind, "a", "b") for kind in kinds}).frame.set_index("name")
    assert found.estimate.tolist() == pytest.approx([2, 100, math.log(2), math.log(4), 2 / 9, 1 / 3])
    logit = math.sqrt(2 / 9 / (2 / 9) ** 2)  # each logit: V / (p (1 - p))^2
    wanted = [math.sqrt(5), 100 * math.sqrt(5), math.sqrt(5) / 2, logit, math.sqrt(5 / 81), math.sqrt(2 / 9)]
    assert found.se.tolist() == pytest.approx(wanted)


@pytest.mark.parametrize(
    "formula, kind",
    [
        ("a / b", "ratio"), ("100 * (a / b - 1)", "pct_change"), ("log(a) - log(b)", "log_ratio"),
        ("logit(a) - logit(b)", "logit_difference"), ("a * b", "product"), ("a - b", "difference"),
        ("`a` / 'b'", "ratio"), ("exp(log(a) - log(b))", "ratio"), ("a * b ** -1", "ratio"), ("-(b - a)", "difference"),
        ("sqrt(a ** 2) * b", "product"), ("a ** (b / b) * b", "product"), ("expit(logit(a)) - b", "difference"),
    ],
)  # fmt: skip
def test_a_formula_is_the_kind_it_spells(formula: str, kind: str) -> None:
    found = BY_H.contrast({"formula": formula, "kind": (kind, "a", "b")})
    assert found.frame.estimate[0] == pytest.approx(found.frame.estimate[1], rel=1e-12)
    assert found.vcov[0, 0] == pytest.approx(found.vcov[1, 1], rel=1e-12)


def test_estimates_may_be_referred_to_in_every_way_that_names_one() -> None:
    both = mean(SURVEY, ["y", "x"], by=[(), ("h",)])
    ways = {
        "tuple": {("y", "a"): 1, ("y", "b"): -1}, "label": {"y:a": 1, "y:b": -1},
        "rows": [0, 0, 1, 0, -1, 0], "formula": "'y:a' - 'y:b'",
        "kind": ("difference", ("y", "h", "a"), ("y", "h", "b")),
        "mapping": {"kind": "difference", "num": "y:a", "den": "y:b"},
    }  # fmt: skip
    found = both.contrast(ways)
    assert found.frame.estimate.tolist() == pytest.approx([1 / 3] * len(ways))
    assert both.difference(("y", "a"), ("y", "b")).frame.estimate[0] == pytest.approx(1 / 3)
    assert both.labels == ("y", "x", "y:a", "x:a", "y:b", "x:b")
    assert both.covariance("y:a", "x:a") == both.vcov[2, 3]


def test_a_domain_coded_by_numbers_is_named_by_its_number() -> None:
    waves = mean(Survey(ROWS.assign(wave=[1, 1, 1, 2, 2, 2]), SurveyDesign(weights="w", strata="h")), "y", by="wave")
    assert waves.contrast({"change": {2: 1, 1: -1}}).frame.estimate[0] == pytest.approx(-1 / 3)


def test_differences_from_the_whole_know_that_the_whole_holds_the_domain() -> None:
    found = mean(SURVEY, "y", by=[(), ("h",)])
    # a - all = a - (a + b)/2 = (a - b)/2
    away = found.differences(("y", "all"))
    assert away.frame["name"].tolist() == ["y:a - y", "y:b - y"]
    assert away.frame.estimate.tolist() == pytest.approx([1 / 6, -1 / 6])
    assert away.frame.se.tolist() == pytest.approx([math.sqrt(2 / 9) / 2] * 2)


def test_differences_stay_within_their_own_answer() -> None:
    both = mean(SURVEY, ["y", "x"], by=[(), ("h",)])
    assert both.differences(("x", "all")).frame["name"].tolist() == ["x:a - x", "x:b - x"]


def test_components_of_every_kind_equal_their_own_estimators_and_share_one_covariance() -> None:
    parts = {
        "mean": Component("mean", "x", where="g = 'p'"), "share": Component("proportion", "y"),
        "total": Component("total", "x", where="h = 'b'"), "ratio": Component("ratio", "x", "w", where="g = 'q'"),
    }  # fmt: skip
    found = jointly(SURVEY, parts)
    alone = [
        mean(SURVEY, "x", where="g = 'p'"), mean(SURVEY, "y"), total(SURVEY, "x", where="h = 'b'"),
        ratio(SURVEY, "x", "w", where="g = 'q'"),
    ]  # fmt: skip
    for i, one in enumerate(alone):
        for column in ("estimate", "se", "n", "n_rows", "deff_wr"):
            assert found.frame[column][i] == pytest.approx(one.frame[column][0], rel=1e-12), column
    assert found.frame.df.tolist() == [4.0] * 4
    # The covariance by rows: sum_h n/(n-1) sum_k (z_k - zbar_h)(v_k - vbar_h), z of the mean, v of the total.
    inside = ROWS.g == "p"
    z = np.where(inside, 10 * (ROWS.x - ROWS.x[inside].mean()) / 30, 0.0)
    v = np.where(ROWS.h == "b", 10 * ROWS.x, 0.0)
    wanted = sum(1.5 * ((z[k] - z[k].mean()) * (v[k] - v[k].mean())).sum() for k in ([0, 1, 2], [3, 4, 5]))
    assert found.covariance("mean", "total") == pytest.approx(wanted, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.floats(0.1, 4))
def test_contrasts_are_linear_in_their_coefficients(coefficients: list[float], scale: float) -> None:
    a, b, _ = coefficients
    found = mean(SURVEY, "x", by="h").contrast({"one": {"a": a, "b": b}, "scaled": {"a": scale * a, "b": scale * b}})
    assert found.frame.estimate[1] == pytest.approx(scale * found.frame.estimate[0], rel=1e-9, abs=1e-12)
    assert found.frame.se[1] == pytest.approx(scale * found.frame.se[0], rel=1e-9, abs=1e-12)
    assert np.linalg.eigvalsh(found.vcov).min() >= -1e-9 * max(abs(found.vcov).max(), 1)


def test_an_index_is_computed_in_every_domain() -> None:
    found = index(mean(SURVEY, ["y", "x"], by="h"), {"y": 1, "x": 3})
    assert found.frame[["name", "domain_key", "h"]].to_numpy().tolist() == [["index", "a", "a"], ["index", "b", "b"]]
    assert found.frame.estimate.tolist() == pytest.approx([(2 / 3 + 18) / 4, (1 / 3 + 6) / 4])
    again = mean(SURVEY, ["y", "x"], by="h").contrast({"a": {("y", "a"): 0.25, ("x", "a"): 0.75}})
    assert found.frame.se[0] == pytest.approx(again.frame.se[0], rel=1e-12)
    assert found.meta.weights_digest == index(mean(SURVEY, ["y", "x"]), {"x": 6, "y": 2}).meta.weights_digest


def test_a_geometric_index_is_the_product_of_powers_with_the_standard_error_of_its_logarithm() -> None:
    both = mean(SURVEY, ["y", "x"])
    found = index(both, {"y": 1, "x": 1}, aggregate="geometric")
    plain = both.contrast({"product": "sqrt(y * x)"})
    assert found.frame.estimate[0] == pytest.approx(plain.frame.estimate[0], rel=1e-12)
    assert found.frame.se[0] == pytest.approx(plain.frame.se[0], rel=1e-12)


def test_json_brings_every_digit_back() -> None:
    found = proportion(Survey(ROWS.assign(y=[1, 0, None, 1, 1, 1]), SurveyDesign(weights="w", strata="h")), "y", by="h")
    again = Estimates.from_json(found.to_json())
    pd.testing.assert_frame_equal(again.frame, found.frame)
    assert np.array_equal(again.vcov, found.vcov, equal_nan=True)
    assert again.meta == found.meta
    json.loads(found.to_json(), parse_constant=lambda name: pytest.fail(name))  # no NaN, which JSON does not know


def test_a_component_without_rows_takes_only_its_own_contrasts_along() -> None:
    found = jointly(SURVEY, {"gone": Component("mean", "x", where="x > 99"), "x": Component("mean", "x")})
    assert found.frame.n.tolist() == [0, 6]
    made = found.contrast({"lost": {"gone": 1, "x": -1}, "kept": "2 * x"}).frame
    assert made.reason.tolist() == ["a component has no estimate, or the function does not exist there", ""]
    assert made.se[1] == pytest.approx(2 * found.frame.se[1])


def test_an_index_may_be_asked_of_domains_called_like_a_statistic() -> None:
    both = mean(Survey(ROWS.assign(t=ROWS.g), SurveyDesign(weights="w", strata="h")), ["y", "x"], by="t")
    assert index(both, {"y": 1, "x": 1}).frame["t"].tolist() == ["p", "q"]


def test_where_there_is_no_interval_a_contrast_says_why() -> None:
    ends = mean(Survey(ROWS.assign(y=[1, 1, 1, 0, 0, 0]), SurveyDesign(weights="w", strata="h")), "y", by="h")
    found = ends.contrast({"gap": {"a": 1, "b": -1}, "odds": "logit(a)", "ratio": "a / b"}).frame
    assert found.estimate[0] == 1
    assert found[["ci_low", "ci_high"]].isna().all(axis=None)
    assert found.reason.tolist() == [
        "the standard error is 0, where a t interval has no width",
        "a component has no estimate, or the function does not exist there",
        "a component has no estimate, or the function does not exist there",
    ]


REFUSALS: list[tuple[Callable[[], object], str, str]] = [
    (
        lambda: BY_H.contrast({"d": {"a": 1, "c": -1}}), "CONTRAST_UNKNOWN",
        'no estimate is called "c" - name one of y, a, b.',
    ),
    (
        lambda: BY_H.contrast({"d": {"y": 1}}), "CONTRAST_AMBIGUOUS",
        '"y" stands for 2 of the estimates, such as (y, a), (y, b) - name both the estimate and its domain, as a '
        "tuple.",
    ),
    (
        lambda: BY_H.contrast({"d": ("rato", "a", "b")}), "UNKNOWN_CONTRAST",
        'the contrast "rato" of 2 estimates is not known - choose one of ratio, pct_change, log_ratio, '
        'logit_difference, product, difference, of two estimates. Did you mean "ratio"?',
    ),
    (
        lambda: BY_H.contrast({"d": [1, -1, 0]}), "CONTRAST_LENGTH",
        'contrast "d" has 3 coefficients for 2 estimates - give one for each, or name the estimates.',
    ),
    (
        lambda: BY_H.contrast({"d": "a.real / b"}), "FORMULA",
        'the formula "a.real / b" holds "a.real" - it may use + - * / **, log, exp, sqrt, logit, expit, numbers, and '
        "the names of estimates (in quotes where they are no plain word).",
    ),
    (
        lambda: BY_H.contrast({"d": "a /"}), "FORMULA",
        'the formula "a /" cannot be read - it may use + - * / **, log, exp, sqrt, logit, expit, numbers, and the '
        "names of estimates (in quotes where they are no plain word).",
    ),
    (lambda: BY_H.contrast({}), "NOTHING_ASKED", "no contrast is named - give at least one."),
    (lambda: jointly(SURVEY, {}), "NOTHING_ASKED", "nothing is to be estimated - name at least one component."),
    (
        lambda: Component("meen", "y"), "UNKNOWN_STATISTIC",
        'a component is a "meen" - choose one of mean, proportion, total, ratio. Did you mean "mean"?',
    ),
    (
        lambda: Component("ratio", "y"), "COMPONENT_DENOMINATOR",
        "a component of kind ratio has no denominator - name it as den.",
    ),
    (
        lambda: Component("mean", "y", "x"), "COMPONENT_DENOMINATOR",
        "a component of kind mean has a denominator - only a ratio has one; leave den out.",
    ),
    (
        lambda: jointly(SURVEY, {"x": Component("proportion", "x")}), "NOT_BINARY",
        '"x" holds values other than 0 and 1 - a proportion counts how often a statement is true; use mean(), or a '
        "condition such as column > 0.",
    ),
    (
        lambda: index(mean(SURVEY, "y"), {"y": -1}), "INDEX_WEIGHT",
        'the weight of "y" is below 0 or not a number - an index weighs its parts by numbers of 0 or more.',
    ),
    (
        lambda: index(mean(SURVEY, "y"), {"y": 1}, aggregate="geometrik"), "UNKNOWN_AGGREGATE",  # type: ignore[arg-type]
        'the aggregate "geometrik" is not known - choose arithmetic or geometric. Did you mean "geometric"?',
    ),
]  # fmt: skip


@pytest.mark.parametrize("call, code, message", REFUSALS, ids=[f"{c[1]}-{i}" for i, c in enumerate(REFUSALS)])
def test_refusals_say_what_to_change(call: Callable[[], object], code: str, message: str) -> None:
    with pytest.raises(EstimationError) as caught:
        call()
    assert (str(caught.value), caught.value.code) == (message, code)
