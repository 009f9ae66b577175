"""Calibration, raking and trimming: by hand, by what must always hold, by their refusals."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, mean, proportion, total
from analysis.calibration import Problem, independent, solve
from analysis.distances import distance
from uptake.contract.errors import DesignError

METHODS: dict[str, tuple[float, float] | None] = {
    "linear": None, "raking": None, "logit": (0.2, 4.0), "truncated": (0.2, 4.0)
}  # fmt: skip


def known(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["variable", "level", "total"])


def four() -> Survey:
    rows = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [1, 0, 1, 1], "w": [10.0] * 4})
    return Survey(rows, SurveyDesign(weights="w"))


def sample(seed: int, n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size, region = rng.choice(["L", "M", "S"], n, p=[0.2, 0.3, 0.5]), rng.choice(["e", "w"], n)
    return pd.DataFrame(
        {
            "h": np.arange(n) % 5, "psu": np.arange(n) % 30, "w": rng.uniform(2, 20, n), "N": 400,
            "size": size, "region": region, "staff": rng.lognormal(3, 1, n).round(2),
            "y": rng.integers(0, 2, n), "z": rng.normal(10, 3, n),
        }
    )  # fmt: skip


def near_totals(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Totals that some factors between 0.7 and 1.4 reach, so that every method can."""
    g = np.random.default_rng(seed).uniform(0.7, 1.4, len(rows))
    w = rows["w"] * g
    cells = [("size", level, float(w[rows["size"] == level].sum())) for level in sorted(set(rows["size"]))]
    return known(
        *cells, ("region", "e", float(w[rows["region"] == "e"].sum())), ("staff", "", float(w @ rows["staff"]))
    )


# By hand -----------------------------------------------------------------------------------------------------------


def test_linear_calibration_by_hand() -> None:
    # sum d = 40, sum d x = 100, wanted 40 and 110: [40 100; 100 300] b = [0, 10] => b = (-0.5, 0.2), g = 0.5 + 0.2 x.
    fitted = four().calibrate(known(("(intercept)", "", 40), ("x", "", 110)))
    assert fitted.table()["calibration_factor"].tolist() == pytest.approx([0.7, 0.9, 1.1, 1.3], rel=1e-13)
    # B = (0.5, 0.1), e = y - 0.5 - 0.1 x = (.4, -.7, .2, .1), w g e = (2.8, -6.3, 2.2, 1.3): they add up to 0,
    # V = 4/3 (2.8^2 + 6.3^2 + 2.2^2 + 1.3^2) = 72.08.
    found = total(fitted, "y").frame
    assert found["estimate"][0] == pytest.approx(31, rel=1e-12)
    assert found["se"][0] == pytest.approx(np.sqrt(72.08), rel=1e-12)


def test_the_variance_takes_the_weights_before_calibration_for_its_regression() -> None:
    rows = pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [1.0, 3.0, 2.0], "w": [2.0, 4.0, 6.0]})
    fitted = Survey(rows, SurveyDesign(weights="w")).calibrate(known(("x", "", 40)))
    # sum d x = 34, sum d x^2 = 114: b = 6/114, g = 1 + 6x/114. B = sum d x y / sum d x^2 = 74/114 with weights d.
    d, x, y = (rows[name].to_numpy() for name in ("w", "x", "y"))
    z = d * (1 + 6 * x / 114) * (y - x * 74 / 114)
    assert total(fitted, "y").frame["se"][0] == pytest.approx(np.sqrt(3 / 2 * ((z - z.mean()) ** 2).sum()), rel=1e-12)


def test_q_scales_the_distance_so_that_one_over_x_gives_the_ratio_estimator() -> None:
    rows = pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [1.0, 3.0, 2.0], "w": [2.0, 4.0, 6.0], "v": [1, 1 / 2, 1 / 4]})
    fitted = Survey(rows, SurveyDesign(weights="w")).calibrate(known(("x", "", 51)), q="v")
    assert fitted.table()["calibration_factor"].tolist() == pytest.approx([51 / 34] * 3, rel=1e-13)
    ratio = (2 + 12 + 12) / 34  # sum d y / sum d x
    z = rows["w"] * 51 / 34 * (rows["y"] - ratio * rows["x"])
    assert total(fitted, "y").frame["se"][0] == pytest.approx(np.sqrt(3 / 2 * ((z - z.mean()) ** 2).sum()), rel=1e-12)


def test_one_factor_a_cluster() -> None:
    rows = pd.DataFrame({"g": ["a", "a", "b", "b"], "x": [1.0, 3.0, 4.0, 6.0], "w": [2.0, 2.0, 3.0, 3.0]})
    fitted = Survey(rows, SurveyDesign(weights="w", psu="g")).calibrate(known(("x", "", 46)), per="g").table()
    # Clusters: D = 4, 6, mean x = 2, 5. sum D x = 38, sum D x^2 = 166: b = 8/166, g = 1 + 16/166, 1 + 40/166.
    assert fitted["calibration_factor"].tolist() == pytest.approx([1 + 16 / 166] * 2 + [1 + 40 / 166] * 2, rel=1e-13)
    assert (fitted["weight"] * fitted["x"]).sum() == pytest.approx(46, rel=1e-13)


def test_raking_by_hand() -> None:
    # A 2 x 2 table of weight 10 a cell, margins (30, 10) and (20, 20): one sweep, factors 1.5 and 0.5.
    rows = pd.DataFrame({"a": list("pprr"), "b": list("stst"), "w": [10.0] * 4})
    wanted = known(("a", "p", 30), ("a", "r", 10), ("b", "s", 20), ("b", "t", 20))
    assert Survey(rows, SurveyDesign(weights="w")).rake(wanted).table()["raking_factor"].tolist() == [
        1.5,
        1.5,
        0.5,
        0.5,
    ]


def test_trimming_by_hand() -> None:
    rows = pd.DataFrame({"w": [1.0, 2.0, 3.0, 10.0], "y": [1, 0, 1, 0]})
    survey = Survey(rows, SurveyDesign(weights="w"))
    # 10 is cut to 6: 4 go in equal parts to the other three.
    assert survey.trim_weights(upper=6).table()["weight"].tolist() == pytest.approx([7 / 3, 10 / 3, 13 / 3, 6])
    # Cut to 4.5: 5.5/3 each makes 3 into 4.8333; strict: 0.3333/3 of it to those not above.
    once, strict = survey.trim_weights(upper=4.5), survey.trim_weights(upper=4.5, strict=True)
    assert once.table()["weight"].tolist() == pytest.approx([1 + 5.5 / 3, 2 + 5.5 / 3, 3 + 5.5 / 3, 4.5])
    assert strict.table()["weight"].max() <= 4.5
    assert strict.table()["weight"].sum() == pytest.approx(16, rel=1e-14)
    # 1 is raised to 2, which the other three pay.
    lifted = survey.trim_weights(lower=2).table()["weight"].tolist()
    assert lifted == pytest.approx([2, 2 - 1 / 3, 3 - 1 / 3, 10 - 1 / 3])


def test_every_factor_stays_as_a_column_and_is_numbered_when_repeated() -> None:
    survey = Survey(sample(1), SurveyDesign(weights="w", strata="h"))
    steps = survey.adjust_nonresponse(respondent="y", classes="size").calibrate(
        near_totals(sample(1), 1), method="raking"
    )
    again = steps.trim_weights(upper=60).calibrate(near_totals(sample(1), 1), method="raking")
    table = again.table()
    names = ["nonresponse_factor", "calibration_factor", "trimming_factor", "calibration_factor_2"]
    assert [name for name in table.columns if name.endswith(("factor", "_2"))] == names
    assert [step.factor for step in again.steps] == names
    here = table["y"] == 1
    product = table.loc[here, ["w", *names]].prod(axis=1)
    assert table.loc[here, "weight"].tolist() == pytest.approx(product.tolist(), rel=1e-12)
    assert (table.loc[~here, "weight"] == 0).all()
    assert survey.steps == () and "nonresponse_factor" not in survey.table().columns  # the first survey is unchanged


def test_what_the_weights_reproduce_has_no_sampling_error_and_says_why() -> None:
    fitted = Survey(sample(2), SurveyDesign(weights="w", strata="h")).calibrate(near_totals(sample(2), 2))
    found = total(fitted, ["staff", "z"]).frame
    assert found["se"][0] == 0.0 and found["se"][1] > 0
    assert found["reason"].tolist() == ["the weights are fitted to this number, so it has no sampling error", ""]
    by_size = mean(fitted, "z", by="size").frame
    assert (by_size["se"] > 0).all() and (by_size["reason"] == "").all()


def test_a_share_that_is_fitted_has_no_interval() -> None:
    rows = sample(3).assign(east=lambda t: (t["region"] == "e").astype(int))
    fitted = Survey(rows, SurveyDesign(weights="w", strata="h")).calibrate(near_totals(rows, 3))
    found = proportion(fitted, "east").frame.iloc[0]
    assert found["se"] == 0 and np.isnan(found["ci_low"]) and found["reason"].startswith("the weights are fitted")


# What must always hold -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_totals_are_hit_and_factors_stay_in_their_bounds(method: str, seed: int) -> None:
    hits(method, seed)


@pytest.mark.proof
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_totals_are_hit_in_many_samples(method: str, seed: int) -> None:
    hits(method, seed)


def hits(method: str, seed: int) -> None:
    rows = sample(seed)
    wanted = near_totals(rows, seed + 1)
    fitted = Survey(rows, SurveyDesign(weights="w")).calibrate(
        wanted,
        method=method,
        bounds=METHODS[method],
        partial=True,  # type: ignore[arg-type]
    )
    table = fitted.table()
    for variable, level, goal in wanted.itertuples(index=False):
        x = table[variable] if level == "" else (table[variable] == level).astype(float)
        assert float((table["weight"] * x).sum()) == pytest.approx(goal, rel=1e-9)
    g = table["calibration_factor"]
    if METHODS[method]:
        low, high = METHODS[method] or (0, 0)
        assert g.min() >= low - 1e-12 and g.max() <= high + 1e-12
    if method == "raking":
        assert (g > 0).all()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_rows_changes_no_digit(seed: int) -> None:
    rows, design = sample(seed), SurveyDesign(weights="w", strata="h", psu="psu")
    answers = []
    for data in (rows, rows.sample(frac=1, random_state=seed)):
        fitted = Survey(data, design).calibrate(near_totals(rows, seed), method="raking").trim_weights(upper=40)
        found = mean(fitted, ["y", "z"], by="size")
        answers.append((found.frame["estimate"].to_numpy().tobytes(), found.vcov.tobytes()))
    assert answers[0] == answers[1]


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_raking_in_sweeps_and_by_newton_is_one_thing(seed: int) -> None:
    rows = sample(seed)
    wanted = near_totals(rows, seed).query("variable != 'staff'")
    west = float(
        wanted.query("variable == 'size'")["total"].sum() - wanted.query("variable == 'region'")["total"].sum()
    )
    full = pd.concat([wanted, known(("region", "w", west))])
    survey = Survey(rows, SurveyDesign(weights="w", strata="h"))
    one, other = survey.rake(full), survey.calibrate(full, method="raking")
    assert one.table()["weight"].tolist() == pytest.approx(other.table()["weight"].tolist(), rel=1e-9)
    assert mean(one, "z").frame["se"][0] == pytest.approx(mean(other, "z").frame["se"][0], rel=1e-9)


def test_all_distances_are_linear_in_the_limit() -> None:
    rows = sample(5)
    start = rows["w"] @ rows["staff"]
    goal = known(("staff", "", float(start * (1 + 1e-6))))
    survey = Survey(rows, SurveyDesign(weights="w"))
    made = [survey.calibrate(goal, method=m, bounds=b).table()["calibration_factor"] - 1 for m, b in METHODS.items()]  # type: ignore[arg-type]
    for other in made[1:]:
        assert other.tolist() == pytest.approx(made[0].tolist(), rel=1e-4)


def test_one_margin_is_post_stratification_with_every_method() -> None:
    rows = sample(6)
    goals = {"L": 300.0, "M": 350.0, "S": 480.0}
    survey = Survey(rows, SurveyDesign(weights="w", strata="h", psu="psu"))
    cells = survey.poststratify(pd.DataFrame(goals.items(), columns=["size", "total"]), by="size")
    for method, bounds in METHODS.items():
        fitted = survey.calibrate(known(*(("size", k, v) for k, v in goals.items())), method=method, bounds=bounds)  # type: ignore[arg-type]
        assert mean(fitted, ["y", "z"], by="region").vcov == pytest.approx(
            mean(cells, ["y", "z"], by="region").vcov, rel=1e-8
        )


def test_redundant_margins_and_units_of_weight_change_nothing() -> None:
    rows = sample(7)
    wanted = near_totals(rows, 7)
    size = float(wanted.query("variable == 'size'")["total"].sum())
    east = float(wanted.query("variable == 'region'")["total"].sum())
    design = SurveyDesign(weights="w", strata="h")
    plain = mean(Survey(rows, design).calibrate(wanted), "z").frame
    more = pd.concat([wanted, known(("(intercept)", "", size), ("region", "w", size - east))])
    again = mean(Survey(rows, design).calibrate(more), "z").frame
    big = wanted.assign(total=wanted["total"] * 1000)
    scaled = mean(Survey(rows.assign(w=rows["w"] * 1000), design).calibrate(big), "z").frame
    for other in (again, scaled):
        assert other["estimate"][0] == pytest.approx(plain["estimate"][0], rel=1e-10)
        assert other["se"][0] == pytest.approx(plain["se"][0], rel=1e-9)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), upper=st.floats(12, 19), strict=st.booleans())
def test_trimming_keeps_the_total(seed: int, upper: float, strict: bool) -> None:
    rows = sample(seed)
    table = Survey(rows, SurveyDesign(weights="w")).trim_weights(lower=3, upper=upper, strict=strict).table()
    assert table["weight"].sum() == pytest.approx(rows["w"].sum(), rel=1e-12)
    if strict:
        assert table["weight"].min() >= 3 * (1 - 1e-12) and table["weight"].max() <= upper * (1 + 1e-12)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_trimming_can_keep_the_margins_too(seed: int) -> None:
    rows = sample(seed)
    wanted = near_totals(rows, seed)
    fitted = Survey(rows, SurveyDesign(weights="w", strata="h")).calibrate(wanted, method="raking")
    upper = float(fitted.table()["weight"].quantile(0.97))
    trimmed = fitted.trim_weights(upper=upper, preserve="margins")
    table = trimmed.table()
    assert table["weight"].max() <= upper * (1 + 1e-12)
    for variable, level, goal in wanted.itertuples(index=False):
        x = table[variable] if level == "" else (table[variable] == level).astype(float)
        assert float((table["weight"] * x).sum()) == pytest.approx(goal, rel=1e-9)
    assert total(trimmed, "staff").frame["se"][0] == 0.0


def test_crossed_margins_are_levels_joined_by_a_plus() -> None:
    rows = sample(8)
    cells = rows.assign(t=rows["w"] * 1.1).groupby(["size", "region"])["t"].sum()
    crossed = known(*(("size+region", f"{a}+{b}", float(t)) for (a, b), t in cells.items()))
    table = Survey(rows, SurveyDesign(weights="w")).calibrate(crossed).table()
    assert table["calibration_factor"].tolist() == pytest.approx([1.1] * len(rows), rel=1e-12)


def test_codes_that_are_numbers_are_levels_when_the_benchmarks_say_so() -> None:
    rows = sample(9).assign(code=lambda t: np.where(t["size"] == "S", 3.0, 1.0))
    goals = rows.groupby("code")["w"].sum() * 1.2
    frame = pd.DataFrame({"variable": "code", "level": [1.0, 3.0], "total": goals.tolist()})
    table = Survey(rows, SurveyDesign(weights="w")).calibrate(frame).table()
    assert table["calibration_factor"].tolist() == pytest.approx([1.2] * len(rows), rel=1e-12)


def test_two_calibrations_leave_what_the_last_one_fits_without_error() -> None:
    rows = sample(10)
    survey = Survey(rows, SurveyDesign(weights="w", strata="h"))
    first = survey.calibrate(near_totals(rows, 10).query("variable == 'size'"))
    both = first.calibrate(known(("staff", "", float(rows["w"] @ rows["staff"] * 1.05))))
    found = total(both, ["staff", "z"]).frame
    assert found["se"][0] == 0 and found["se"][1] > 0
    one_step = survey.calibrate(known(("staff", "", float(rows["w"] @ rows["staff"] * 1.05))))
    assert found["se"][1] < total(one_step, "z").frame["se"][0]  # size still explains its part


def test_the_solver_finds_what_a_random_factor_made_feasible() -> None:
    for seed, method in itertools.product(range(25), METHODS):
        rng = np.random.default_rng(seed)
        x = np.column_stack([np.ones(60), rng.lognormal(3, 1, 60), rng.random(60) < 0.4])
        d = rng.uniform(1, 40, 60)
        goals = x.T @ (d * rng.uniform(0.4, 2.5, 60))
        found = solve(Problem(x, d, goals, np.ones(60), distance(method, METHODS[method])))
        assert found.converged and found.steps < 20, (seed, method)


def test_dependent_columns_are_told_from_independent_ones() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 50))
    kept, by = independent(np.column_stack([a, 2 * a, b, a - 3 * b, np.zeros(50)]), np.ones(50))
    assert kept == [0, 2]
    assert by[:, 1].tolist() == pytest.approx([2, 0], abs=1e-12)
    assert by[:, 3].tolist() == pytest.approx([1, -3])


# Refusals ------------------------------------------------------------------------------------------------------------

ROWS = pd.DataFrame({"s": list("aabb"), "r": list("pqpq"), "x": [1.0, 2.0, 3.0, 4.0], "w": [10.0] * 4})
TWICE = ROWS.assign(x2=ROWS["x"] * 2, o=0, t=["1", "2", "3", "4"], m=[1.0, None, 3.0, 4.0])
BOTH = (("s", "a", 20), ("s", "b", 20))
CASES: dict[str, tuple[tuple[tuple[str, str, Any], ...], dict[str, Any], str, str]] = {
    "margins that disagree": (
        (*BOTH, ("r", "p", 30), ("r", "q", 30)), {}, "MARGINS_DISAGREE",
        'the benchmarks of "s" add up to 40 and those of "r" to 60 - both count the same units, so no weights can reach'
        " both; correct one of them.",
    ),
    "more levels than units": (
        (("", "", 40), ("s", "a", 40)), {}, "MARGINS_DISAGREE",
        'the benchmarks of "s" add up to 40 of 40 units - nothing is left for "b", which is in the sample; correct the'
        " totals.",
    ),
    "a level without benchmark": (
        (("s", "a", 20), ("x", "", 100)), {}, "LEVEL_WITHOUT_BENCHMARK",
        's = "b" is in the sample but has no benchmark - its units could be weighted to anything; add its total, or set'
        " partial=True to leave such levels free.",
    ),
    "a level without sample": (
        (*BOTH, ("s", "c", 5)), {}, "LEVEL_NOT_IN_SAMPLE",
        's = "c" has a total of 5 but nobody in the sample - nobody can stand for them; merge it with a neighbouring'
        " level.",
    ),
    "a level of nobody": (
        (("s", "a", 40), ("s", "b", 0)), {}, "LEVEL_TOTAL_ZERO",
        's = "b" is in the sample but its total is 0 - units of a code that nobody has cannot be weighted; correct the'
        " code or the total.",
    ),
    "a sum of others": (
        (("x", "", 100), ("x2", "", 210)), {}, "CALIBRATION_SINGULAR",
        "x2 is made of x in every row of the sample, whose totals make 200, but its own total is 210 - no weights can"
        " reach both; take one of them out or correct it.",
    ),
    "nothing but zeros": (
        (("", "", 40), ("o", "", 3)), {}, "CALIBRATION_SINGULAR",
        "o is 0 in every row of the sample, whose totals make 0, but its own total is 3 - no weights can reach both;"
        " take one of them out or correct it.",
    ),
    "text for a number": (
        (("t", "", 3),), {}, "BENCHMARK_LEVEL",
        'column "t" is text but its benchmark names no level - give one total for each of its levels.',
    ),
    "a missing auxiliary": (
        (("m", "", 3),), {}, "AUXILIARY_MISSING",
        '"m" is missing in 1 row with weight - a unit whose auxiliary is unknown cannot be calibrated; fill it in, or'
        " leave the benchmark out.",
    ),
    "a total that is missing": (
        (("x", "", None),), {}, "CALIBRATION_TOTALS_LENGTH",
        '"x" has no total - every benchmark needs a number; fill it in or take the row out.',
    ),
    "two benchmarks for one thing": (
        (*BOTH, ("s", "a", 21)), {}, "BENCHMARK_REPEATED", 's = "a" has two benchmarks - keep one of them.',
    ),
    "an unknown column": (
        (("sx", "a", 21),), {}, "COLUMN_NOT_FOUND",
        'the benchmarks names the column "sx", which the data do not have. Did you mean "x"?',
    ),
    "a method with a typing error": (
        BOTH, {"method": "rakin"}, "CALIBRATION_METHOD",
        'method is "rakin" - choose one of linear, raking, logit, truncated. Did you mean "raking"?',
    ),
    "logit without bounds": (
        BOTH, {"method": "logit"}, "CALIBRATION_BOUNDS",
        "method logit has the bounds (none) - it keeps every factor between two finite bounds, the lower below 1 and"
        " the upper above 1; give them, such as bounds=(0.5, 2).",
    ),
    "bounds upside down": (
        BOTH, {"method": "truncated", "bounds": (2, 0.5)}, "CALIBRATION_BOUNDS",
        "method truncated has the bounds (2, 0.5) - the lower one must be below the upper one; give them, such as"
        " bounds=(0.5, 2).",
    ),
    "bounds that bind": (
        (("", "", 40), ("x", "", 140)), {"method": "truncated", "bounds": (0.8, 1.2)}, "CALIBRATION_NOT_CONVERGED",
        "calibration by method truncated does not reach its totals: x shall be 140 and 108 is reached (22.9% away); the"
        " lower bound 0.8 binds for 2 of 4 units and the upper bound 1.2 binds for 2 of 4 units - widen the bounds,"
        " leave a benchmark out or correct it.",
    ),
    "a total out of reach of raking": (
        (("", "", 40), ("x", "", 180)), {"method": "raking"}, "CALIBRATION_NOT_CONVERGED", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_calibrated_is_refused_in_a_sentence(name: str) -> None:
    rows, options, code, message = CASES[name]
    survey = Survey(TWICE, SurveyDesign(weights="w"))
    with pytest.raises(DesignError) as refusal:
        survey.calibrate(known(*rows), **options)
    assert refusal.value.code == code
    assert not message or str(refusal.value) == message


def test_raking_and_trimming_refuse_in_sentences() -> None:
    survey = Survey(TWICE, SurveyDesign(weights="w"))
    wrong: list[tuple[Any, str]] = [
        (lambda: survey.rake(known(("x", "", 3))), 'the benchmark of "x" is the total of a number - raking sweeps over'
         ' codes; use calibrate(method="raking"), or give its levels.'),
        (lambda: survey.rake(known(("s", "a", 3))), 's = "b" is in the sample but has no benchmark - a margin of a'
         " raking must be complete; add its total."),
        (lambda: survey.trim_weights(), "weights shall lie between None and None - give a lower or an upper bound, the"
         " lower below the upper."),
        (lambda: survey.trim_weights(upper=9, strict=True), "weights between -inf and 9 cannot carry the same total:"
         " the mean weight is 10 and too few units are left to take what is cut off - choose wider bounds."),
        (lambda: survey.trim_weights(upper=9, preserve="margins"), 'preserve is "margins" but no step has fitted the'
         ' weights to any - calibrate first, or preserve="total".'),
    ]  # fmt: skip
    for ask, message in wrong:
        with pytest.raises(DesignError) as refusal:
            ask()
        assert str(refusal.value) == message


def test_negative_weights_are_told_and_do_not_stop_the_estimate() -> None:
    fitted = four().calibrate(known(("(intercept)", "", 40), ("x", "", 145)))
    found = total(fitted, "y")
    assert (fitted.table()["weight"] < 0).any()
    assert found.meta.warnings == (
        "NEGATIVE_CALIBRATED_WEIGHT: the adjusted weights: 1 row has a weight below zero after calibration - totals are"
        " reached, but a unit that stands for fewer than none makes small domains unreliable; use method raking, logit"
        " or truncated.",
    )
