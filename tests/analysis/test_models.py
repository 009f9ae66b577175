"""Models and margins: by hand, by what must hold, by what formulas mean, and by what is refused."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Expr, Survey, SurveyDesign, glm, mean, proportion
from analysis.formula import parse_formula
from uptake.contract.errors import DesignError, EstimationError


def made(n: int = 60, seed: int = 1) -> pd.DataFrame:
    """Rows in strata and clusters: an answer, a number, a code, a count."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"h": np.arange(n) % 3, "psu": np.arange(n) // 4, "w": rng.uniform(1, 5, n).round(4),
                         "x": rng.normal(size=n).round(4), "g": rng.choice(list("abc"), n)})  # fmt: skip
    rows["h"] = rows.psu % 3
    rows["y"] = (rng.random(n) < 1 / (1 + np.exp(-0.6 * rows.x - 0.4 * (rows.g == "b")))).astype(int)
    rows["k"] = rng.poisson(np.exp(0.5 + 0.3 * rows.x))
    return rows


def survey(rows: pd.DataFrame, **design: Any) -> Survey:
    return Survey(rows, SurveyDesign(weights="w", **{"strata": "h", "psu": "psu", **design}))


# By hand.


def test_a_line_through_four_points() -> None:
    #   x  y  w     weighted means: x 2/4 = 0.5, y 8/4 = 2      b = Sum w (x - .5)(y - 2) / Sum w (x - .5)^2
    #   0  1  1     b = (.5*1 + .5*1 + .5*1 + .5*1) / (4 * .25) = 2;  a = 2 - 1 = 1, residuals 0, 0, 0, 0 with
    #   0  1  1     y = 1, 1, 3, 3; so that there is something left take y = 0, 2, 2, 4: a = 1, b = 2,
    #   1  3  1     residuals e = -1, 1, -1, 1.
    #   1  3  1
    # A = Sum x x' = [[4, 2], [2, 2]], A^-1 = [[.5, -.5], [-.5, 1]]. Scores A^-1 x e: (x = 0): (.5, -.5) e,
    # (x = 1): (0, .5) e. Sum z z' = 2 (.5, -.5)(.5, -.5)' + 2 (0, .5)(0, .5)' = [[.5, -.5], [-.5, 1]];
    # Sum z = 0; V = 4/3 of it.
    rows = pd.DataFrame({"x": [0.0, 0, 1, 1], "y": [0.0, 2, 2, 4], "w": 1.0})
    found = glm(Survey(rows, SurveyDesign(weights="w")), "y ~ x", "gaussian")
    assert found.frame["estimate"].tolist() == pytest.approx([1, 2])
    assert found.vcov == pytest.approx(4 / 3 * np.array([[0.5, -0.5], [-0.5, 1]]))
    assert found.df == 2  # 4 rows - 1 stratum + 1 - 2 coefficients
    # r^2 = 1 throughout, their variance 4/4 * 4/3.
    assert (found.dispersion, found.pearson_variance) == pytest.approx((4 / 3, 1))


def test_the_logit_of_a_constant_is_that_of_the_proportion() -> None:
    rows = made()
    p = proportion(survey(rows), "y").frame.iloc[0]
    found = glm(survey(rows), "y ~ 1").frame.iloc[0]
    odds = p.estimate / (1 - p.estimate)
    assert found.estimate == pytest.approx(math.log(odds), rel=1e-10)
    assert found.se == pytest.approx(p.se / (p.estimate * (1 - p.estimate)), rel=1e-9)
    assert found.df == p.df


@pytest.mark.parametrize(("family", "y"), [("binomial", "y"), ("gaussian", "x"), ("poisson", "k")])
def test_a_code_alone_gives_the_means_of_its_levels(family: str, y: str) -> None:
    # A saturated model: the predictive margin of a level is the mean of its domain, with the domain's standard error.
    rows = made()
    levels = mean(survey(rows), y, by="g")
    found = glm(survey(rows), f"{y} ~ g", family).margins("g", kind="mean", covariates="fixed")
    assert found.frame["name"].tolist() == ["g=a", "g=b", "g=c"]
    assert found.frame["estimate"].to_numpy() == pytest.approx(levels.frame["estimate"].to_numpy(), rel=1e-9)
    assert found.vcov == pytest.approx(levels.vcov, rel=1e-7, abs=1e-12)


def test_the_effect_in_a_linear_model_is_the_coefficient() -> None:
    model = glm(survey(made()), "k ~ x + g", "gaussian")
    for covariates in ("sampled", "fixed"):
        found = model.margins(covariates=covariates)
        assert found.frame["estimate"].to_numpy() == pytest.approx(model.frame["estimate"].to_numpy()[1:])
        assert found.vcov == pytest.approx(model.vcov[1:, 1:], rel=1e-7, abs=1e-12)


def test_the_margin_of_what_was_observed_has_the_error_of_a_mean() -> None:
    # With x and the indicator in the model, mean of mu = mean of y; a margin that moves nothing is that mean.
    rows = made().assign(one=1)
    model = glm(survey(rows), "y ~ 0 + (one == 1) + x")
    found = model.margins("one=1", kind="mean").frame
    direct = mean(survey(rows), "y").frame
    assert found["estimate"][1] == pytest.approx(direct["estimate"][0], rel=1e-9)
    assert found["se"][1] == pytest.approx(direct["se"][0], rel=1e-7)


# What must always hold.


@pytest.mark.parametrize("family", ["binomial", "poisson", "gaussian"])
def test_linearised_and_jackknifed_errors_are_close(family: str) -> None:
    rows = made(400, 3)
    taylor = survey(rows)
    jackknife = taylor.replicate(method="jkn")
    y = {"binomial": "y", "poisson": "k", "gaussian": "x"}[family]
    explained = "k + g" if family == "gaussian" else "x + g"
    one, other = (glm(s, f"{y} ~ {explained}", family) for s in (taylor, jackknife))
    assert one.frame["estimate"].to_numpy() == pytest.approx(other.frame["estimate"].to_numpy(), rel=1e-9)
    assert one.frame["se"].to_numpy() == pytest.approx(other.frame["se"].to_numpy(), rel=0.06)
    for kind in ("effect", "mean"):
        a, b = (m.margins("g", kind=kind).frame["se"].to_numpy() for m in (one, other))
        assert a == pytest.approx(b, rel=0.06)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([("y", "binomial"), ("k", "poisson"), ("x", "gaussian")]))
def test_order_units_and_coding_do_not_matter(seed: int, what: tuple[str, str]) -> None:
    rows = made(90, seed)
    formula = f"{what[0]} ~ g + (psu > 3)"
    first = glm(survey(rows), formula, what[1])
    mixed = glm(survey(rows.sample(frac=1, random_state=seed)), formula, what[1])
    assert (first.vcov == mixed.vcov).all()
    assert first.frame["estimate"].tolist() == mixed.frame["estimate"].tolist()
    heavier = glm(survey(rows.assign(w=rows.w * 1000)), formula, what[1])
    assert heavier.vcov == pytest.approx(first.vcov, rel=1e-8, abs=1e-12)
    other = glm(survey(rows), f"{what[0]} ~ C(g, Treatment('b')) + (psu > 3)", what[1])
    assert other.fitted.mu == pytest.approx(first.fitted.mu, rel=1e-8, abs=1e-12)
    tests = [m.wald_test("g")["statistic"][0] for m in (first, other)]
    assert tests[0] == pytest.approx(tests[1], rel=1e-6)


def test_a_domain_is_a_domain_not_a_smaller_sample() -> None:
    rows = made()
    inside = glm(survey(rows), "y ~ x", where="g = 'a'")
    kept = glm(survey(rows[rows.g == "a"], lonely_psu="certainty"), "y ~ x")
    assert inside.frame["estimate"].tolist() == pytest.approx(kept.frame["estimate"].tolist())
    assert inside.frame["se"][1] != pytest.approx(kept.frame["se"][1], rel=1e-3)
    with_expr = glm(survey(rows), "y ~ x", where=Expr("a", "g = 'a'"))
    assert with_expr.frame.equals(inside.frame)


def test_missing_values_leave_the_model_and_are_counted() -> None:
    rows = made()
    rows.loc[0:2, "x"], rows.loc[2:4, "y"] = None, None
    found = glm(survey(rows), "y ~ x")
    assert found.meta.warnings == (
        "OUTCOME_MISSING: 5 rows of the domain lack the answer or what should explain it, left out of the model.",
    )
    assert found.frame[["n", "n_rows"]].iloc[0].tolist() == [55, 60]


def test_odds_ratios_are_exponentials_and_refused_where_they_mean_nothing() -> None:
    model = glm(survey(made()), "y ~ x")
    found, coefficient = model.odds_ratios().iloc[0], model.frame.iloc[1]
    assert [found.estimate, found.ci_low, found.ci_high] == pytest.approx(
        np.exp([coefficient.estimate, coefficient.ci_low, coefficient.ci_high])
    )
    assert found.se == pytest.approx(found.estimate * coefficient.se)
    with pytest.raises(EstimationError, match="exp of a coefficient means something for logit"):
        glm(survey(made()), "x ~ g", "linear").odds_ratios()


def test_few_degrees_of_freedom_give_no_interval_but_a_reason() -> None:
    rows = made(8).assign(h=0, psu=lambda t: np.arange(len(t)) % 2, y=[0, 1, 0, 1, 1, 0, 1, 0])
    frame = glm(survey(rows), "y ~ x").frame
    assert frame["df"].tolist() == [0, 0]
    assert set(frame["reason"]) == {"0 degrees of freedom are left"}
    assert np.isnan(frame[["ci_low", "ci_high", "p_value"]].to_numpy(dtype=float)).all()


# Formulas.


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("y ~ a + b", [("a",), ("b",)]),
        ("y ~ a*b", [("a",), ("b",), ("a", "b")]),
        ("y ~ a:b - 1", [("a", "b")]),
        ("y ~ (a + b)^2", [("a",), ("b",), ("a", "b")]),
        ("y ~ (a + b + c)**2 - a:c", [("a",), ("b",), ("c",), ("a", "b"), ("b", "c")]),
        ("y ~ a*b - a", [("b",), ("a", "b")]),
        ("y ~ a + b*c:d", [("a",), ("b",), ("c", "d"), ("b", "c", "d")]),
        ("y ~ log(a) + `员工 数` + C(b, Treatment('x y'))",
         [("log(a)",), ("Q('员工 数')",), ("C(b,Treatment('x y'))",)]),
        ("y ~ (a == 'M') + I(a > 3 and b < 2)", [("I(a=='M')",), ("I(a>3 and b<2)",)]),
        ("y ~ a + offset(log(b))", [("a",)]),
        ("y ~ 1", []),
    ],
)  # fmt: skip
def test_a_formula_is_read(text: str, terms: list[tuple[str, ...]]) -> None:
    found = parse_formula(text)
    assert list(found.terms) == terms
    assert found.intercept == ("- 1" not in text)


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("y ~ g", ["intercept", "g=b", "g=c"]),
        ("y ~ 0 + g", ["g=a", "g=b", "g=c"]),
        ("y ~ g*x", ["intercept", "g=b", "g=c", "x", "g=b:x", "g=c:x"]),
        ("y ~ g:x", ["intercept", "g=a:x", "g=b:x", "g=c:x"]),
        ("y ~ g:x + g", ["intercept", "g=b", "g=c", "g=a:x", "g=b:x", "g=c:x"]),
        ("y ~ x + C(h)", ["intercept", "x", "h=1", "h=2"]),
        ("y ~ C(h, Treatment(2))", ["intercept", "h=0", "h=1"]),
        ("y ~ (g == 'a') + (h == '1')", ["intercept", "g=a", "h=1"]),
        ("y ~ x + I(x**2) + np.exp(x)", ["intercept", "x", "I(x**2)", "np.exp(x)"]),
    ],
)
def test_columns_of_a_formula(formula: str, names: list[str]) -> None:
    assert glm(survey(made()), formula, "gaussian").frame["name"].tolist() == names


def test_numbers_of_a_formula_are_those_of_the_columns() -> None:
    rows = made().assign(z=lambda t: t.x.abs() + 1, b=lambda t: t.x > 0)
    expected = np.column_stack([np.ones(60), np.log(rows.z) * 2 - 1, (rows.g.isin(["a", "b"]) & ~rows.b).astype(float),
                                -(rows.z**2) / 3])  # fmt: skip
    found = glm(survey(rows), "y ~ I(2*log(z) - 1) + (g in ['a', 'b'] and not b) + I(-z**2/3)", "linear")
    key = lambda m: m[np.lexsort(m.T)]  # noqa: E731
    assert key(found.data.x) == pytest.approx(key(expected), rel=1e-12)


# Separation and refusals.


def test_separation_is_told_and_has_no_interval() -> None:
    rows = made().assign(y=lambda t: np.where(t.g == "c", 1, t.y))
    found = glm(survey(rows), "y ~ x + g")
    assert found.meta.warnings == (
        'SEPARATION: some of the answers are told without exception by "g=c" - such coefficients have no limit and no '
        "interval; join levels, or take the column out.",
    )
    last = found.frame.iloc[3]
    assert math.isnan(last.ci_low) and last.se >= 0 and math.isnan(found.wald_test("g")["p_value"][0])
    assert found.frame["ci_low"].notna().tolist() == [True, True, True, False]
    without = glm(survey(rows), "y ~ x + g", where="g <> 'c'")
    assert found.frame["estimate"].to_numpy()[:3] == pytest.approx(without.frame["estimate"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize(
    ("formula", "options", "message"),
    [
        ("y ~ x + I(2*x)", {},
         '"I(2*x)" is made up of "x" in the rows of the model - their coefficients cannot be told apart; take one of '
         "them out of the formula."),
        ("y ~ g", {"where": "g = 'a'"},
         '"g" has the one value "a" in the rows of the model - a constant explains nothing; take it out of the formula,'
         " or a wider domain."),
        ("y ~ x", {"where": "g = 'z'"},
         "no row of the domain has the answer and all that should explain it - there is nothing to fit; check the "
         "condition and the columns of the formula."),
        ("y ~ xx", {}, 'the formula names the column "xx", which the data do not have. Did you mean "x"?'),
        ("g ~ x", {}, 'the answer "g" is text - a model explains a number; write a condition such as (g == \'yes\') '
         "before the ~."),
        ("k ~ x", {}, None),
        ("x ~ k", {"family": "poisson"}, None),
        ("y x", {}, 'the formula "y x" has 0 signs ~ - no model can be built from it; write `answer ~ what explains it`'
         "."),
        ("y ~ __import__('os')", {},
         '"__import__(\'os\')" in the formula calls "__import__", which a formula does not have - it cannot enter a '
         "model; use one of log, log2, log10, log1p, exp, sqrt, abs, I, square, C or Q with one column."),
        ("y ~ x.__class__", {},
         '"x.__class__" in the formula uses what a formula does not have - it cannot enter a model; use columns, '
         "numbers, + - * / **, comparisons and the functions log, log2, log10, log1p, exp, sqrt, abs, I, square."),
        ("y ~ I(x > 'many')", {},
         '"I(x>\'many\')" in the formula compares numbers with the text "many" - it cannot enter a model; give a '
         "number."),
        ("y ~ x", {"family": "binomal"},
         'family is "binomal", which is not known - choose one of binomial, quasibinomial, gaussian, poisson, '
         'quasipoisson, gamma. Did you mean "binomial"?'),
        ("y ~ x", {"link": "inverse"},
         'link is "inverse", which the family binomial does not take - choose one of logit, probit, cloglog, log, '
         "identity."),
        ("y ~ C(g, Treatment('z'))", {},
         'the reference "z" of "g" is not among its levels in the rows of the model - nothing can be compared with it; '
         "name one of them."),
        ("y ~ x", {"level": 95}, "level is 95 - a confidence level is between 0 and 1, such as 0.95."),
    ],
)  # fmt: skip
def test_refusals(formula: str, options: dict[str, Any], message: str | None) -> None:
    with pytest.raises(EstimationError) as refusal:
        glm(survey(made()), formula, **options)
    if message is not None:
        assert str(refusal.value) == message
    else:
        assert "the family" in str(refusal.value)


def test_unknown_terms_and_margins_are_refused() -> None:
    model = glm(survey(made()), "y ~ x + g")
    with pytest.raises(EstimationError) as refusal:
        model.wald_test("gg")
    assert str(refusal.value) == (
        'the model has no term "gg" - there is nothing to test; name one of its terms or coefficients. '
        'Did you mean "g"?'
    )
    with pytest.raises(EstimationError) as refusal:
        model.margins("x", kind="mean")
    assert str(refusal.value) == (
        "the model has no factor of which this can be told - numbers have effects, codes and indicators means too; use "
        'kind="effect", or add a factor.'
    )


def test_odd_columns_and_bad_weights() -> None:
    rows = made().assign(
        **{"X": lambda t: -(t.x**2), "x.1": lambda t: t.k, '规模 "大': lambda t: t.g, "b": lambda t: t.x > 0}
    )
    assert glm(survey(rows), "y ~ x + X + x.1").frame["name"].tolist() == ["intercept", "x", "X", "x.1"]
    assert glm(survey(rows), 'b ~ `规模 "大`').frame["name"].tolist()[1:] == ['规模 "大=b', '规模 "大=c']
    with pytest.raises(DesignError) as refusal:
        glm(survey(rows.assign(w=-rows.w)), "y ~ x")
    assert "60 rows have a weight below zero" in str(refusal.value)
    told = glm(survey(rows.assign(y=1)), "y ~ C(psu)").meta.warnings[0]
    assert '"psu=4" and 10 more - such coefficients' in told


def test_tests_of_coefficients_by_hand() -> None:
    from scipy import stats

    found = glm(survey(made()), "y ~ x + g")
    row = found.frame.iloc[1]
    assert row.t == pytest.approx(row.estimate / row.se)
    assert row.p_value == pytest.approx(2 * stats.t.sf(abs(row.t), row.df))
    b, v = found.frame["estimate"].to_numpy()[2:], found.vcov[2:, 2:]
    joint = found.wald_test("g").iloc[0]
    assert joint.statistic == pytest.approx(b @ np.linalg.inv(v) @ b / 2)
    assert joint.p_value == pytest.approx(stats.f.sf(joint.statistic, 2, row.df))
    assert found.wald_test("x")["statistic"][0] == pytest.approx(row.t**2)


def test_rows_without_weight_or_answer_do_not_count() -> None:
    rows = made()
    rows.loc[0:4, "x"], rows.loc[5:6, "w"] = None, 0.0
    found = glm(Survey(rows, SurveyDesign(weights="w")), "y ~ x")
    assert found.frame[["n", "n_rows", "df"]].iloc[0].tolist() == [53, 58, 53 - 1 + 1 - 2]


def test_a_fit_that_does_not_settle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.likelihood.ITERATIONS", 1)
    with pytest.raises(EstimationError) as refusal:
        glm(survey(made()), "y ~ x")
    assert str(refusal.value) == (
        "the model has not settled after 1 rounds - its coefficients are not to be trusted; rescale or take out "
        "columns, or choose another link."
    )


@pytest.mark.parametrize("kind", ["effect", "mean"])
@pytest.mark.parametrize(("formula", "family"), [("y ~ x * g", "binomial"), ("k ~ x + g + offset(log(w))", "poisson")])
def test_the_delta_method_is_that_of_small_steps(formula: str, family: str, kind: Any) -> None:
    # theta(beta) recomputed by steps of 1e-5 in each coefficient; V = G V(beta) G'.
    model = glm(survey(made()), formula, family)
    beta, x, w = model.fitted.beta, model.data.x, model.data.weight

    def moved(b: Any) -> Any:
        eta = x @ b + model.data.offset
        fitted = dataclasses.replace(model.fitted, beta=b, eta=eta, mu=model.family.mean(eta))
        made_model = dataclasses.replace(model, fitted=fitted)
        return made_model.margins(kind=kind, covariates="fixed").frame["estimate"].to_numpy()

    steps = 1e-5 * np.eye(len(beta))
    gradient = np.stack([(moved(beta + h) - moved(beta - h)) / 2e-5 for h in steps], axis=1)
    found = model.margins(kind=kind, covariates="fixed")
    assert found.vcov == pytest.approx(gradient @ model.vcov @ gradient.T, rel=1e-5, abs=1e-10)
    if kind == "mean":
        eta = np.where(np.array(model.data.matrix.names) == "g=b", 1, 0)
        level = x.copy()
        level[:, [j for j, n in enumerate(model.data.matrix.names) if n.startswith("g=")]] = 0
        level[:, eta == 1] = 1
        if "x:g=b" in model.data.matrix.names:
            for j, name in enumerate(model.data.matrix.names):
                level[:, j] = level[:, 1] if name == "x:g=b" else 0 if name == "x:g=c" else level[:, j]
        mu = model.family.mean(level @ beta + model.data.offset)
        assert found.frame["estimate"][1] == pytest.approx(np.average(mu, weights=w), rel=1e-10)


def test_a_comparison_with_a_missing_value_is_missing() -> None:
    rows = made()
    rows.loc[0:6, "g"] = None
    assert glm(survey(rows), "y ~ (g == 'a')").frame["n"][0] == 53
