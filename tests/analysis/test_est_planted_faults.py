"""Faults planted in the engine one by one: every one must be caught by numbers that were right without it."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import ReplicateWeights, Survey, SurveyDesign, mean, proportion, ratio, total

ROWS = pd.DataFrame(
    {
        "h": list("aaaaaabbbbbb"), "psu": [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3], "ssu": [1, 2] * 6,
        "A": [9.0] * 6 + [6.0] * 6, "B": [4.0] * 12, "w": [6.0] * 6 + [4.0] * 6,
        "y": [1, 1, 0, 1, 1, None, 1, 0, 0, 1, 0, 0], "x": [3.0, 7, 4, 9, 12, 5, 2, 8, 6, 1, 4, 10],
        "g": list("pqpqpqpqpqpq"), "d": list("uuuvuvuvuvuu"),
    }
)  # fmt: skip
REPLICATES = ROWS.join(
    pd.DataFrame({f"r{i}": ROWS.w * np.where((ROWS.psu + i) % 3 == 0, 0.5, 1.5) for i in range(1, 4)})
)
LONELY = ROWS.iloc[:8].drop(index=7)


def answers() -> dict[str, Any]:
    """The numbers of a handful of questions; each fault must change at least one of them."""
    rows = SurveyDesign(weights="w", strata="h", fpc="A")
    clusters = SurveyDesign(weights="w", strata="h", psu="psu", ssu="ssu", fpc=("A", "B"))
    fay = SurveyDesign(weights="w", replicates=ReplicateWeights("Fay", prefix="r", rho=0.5, mse=False))
    benchmarks = pd.DataFrame({"g": ["p", "q"], "total": [40.0, 25.0]})
    found = {
        "rows": proportion(Survey(ROWS, rows), "y", by=[(), ("d",)]),
        "rows mean": mean(Survey(ROWS, rows), "x", by="d"),
        "clusters": proportion(Survey(ROWS, clusters), "y", by="d"),
        "ratio": ratio(Survey(ROWS, clusters), "y", "x"),
        "beta": proportion(Survey(ROWS, clusters), "y", ci="beta"),
        "cells": total(Survey(ROWS, rows).poststratify(benchmarks, by="g"), "x"),
        "replicates": proportion(Survey(REPLICATES, fay), "y"),
        "adjust": total(Survey(LONELY, dataclasses.replace(rows, fpc=None, psu="psu", lonely_psu="adjust")), "x"),
        "average": total(Survey(LONELY, dataclasses.replace(rows, fpc=None, psu="psu", lonely_psu="average")), "x"),
    }
    numbers = {}
    for name, estimates in found.items():
        columns = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff_wr"]
        numbers[name] = np.nan_to_num(estimates.frame[columns].to_numpy(dtype=float), nan=-1.0)
    return numbers


@pytest.fixture(scope="module")
def right() -> dict[str, Any]:
    return answers()


def changed(right: dict[str, Any]) -> list[str]:
    now = answers()
    return [
        name
        for name, value in right.items()
        if value.shape != now[name].shape or not np.allclose(value, now[name], rtol=1e-6)
    ]


def stage_without(**values: Callable[[Any], Any]) -> Callable[..., Any]:
    cells = importlib.import_module("analysis.cells")
    original = cells.sampling_stages

    def planted(*arguments: Any) -> Any:
        return tuple(dataclasses.replace(s, **{k: make(s) for k, make in values.items()}) for s in original(*arguments))

    return planted


STAGE = importlib.import_module("analysis.covariance").stage_covariance
SCALE = importlib.import_module("analysis.covariance")._scale


def first_stage_only(*arguments: Any) -> Any:
    return importlib.import_module("analysis.cells").sampling_stages(*arguments)[:1]


def uncentred(scores: Any, stage: Any, design: Any, present: Any) -> Any:
    scale = (stage.outer * (1 - stage.fraction) * stage.n / np.maximum(stage.n - 1, 1))[stage.parent]
    return (scores * scale[:, None]).T @ scores


def by_n(scores: Any, stage: Any, design: Any, present: Any) -> Any:
    smaller = dataclasses.replace(stage, outer=stage.outer * (stage.n - 1) / stage.n)
    return STAGE(scores, smaller, design, present)


def no_adjusting(stage: Any, parent: Any, alone: Any, rule: Any) -> Any:
    return SCALE(stage, parent, alone, "certainty")


def no_average(stage: Any, alone: Any, present: Any) -> Any:
    return np.ones((len(stage.n), 1))


def no_score_sums(layout: Any, estimates: Any, at: Any, rows: int) -> Any:
    return np.zeros((rows, layout.size))


def rows_as_df(layout: Any, stage: Any) -> Any:
    return np.full(layout.size, float(layout.totals.counts["up__rows"].sum() - 1))


def design_df(layout: Any, stage: Any) -> Any:
    units = len(stage.parent) if len(stage.unit) else stage.n.sum()
    return np.full(layout.size, float(units - len(stage.n)))


def of_replicates(**values: Any) -> Callable[..., Any]:
    original = importlib.import_module("analysis.replicate_pass").replicated
    return lambda *arguments, **named: dataclasses.replace(original(*arguments, **named), **values)


FAULTS: list[tuple[str, str, str, Callable[..., Any] | Any]] = [
    ("the FPC is dropped", "analysis.lonely", "sampling_stages", stage_without(fraction=lambda s: 0 * s.fraction)),
    ("the second stage is dropped", "analysis.lonely", "sampling_stages", first_stage_only),
    ("the normal quantile stands for t", "analysis.intervals", "t_quantile", lambda level, df: 1.959963984540054),
    ("df is rows minus one", "analysis.estimation", "domain_degrees", rows_as_df),
    ("df of a domain is that of the design", "analysis.estimation", "domain_degrees", design_df),
    ("cluster scores are not centred", "analysis.linearisation", "stage_covariance", uncentred),
    ("cluster sums are divided by n", "analysis.linearisation", "stage_covariance", by_n),
    ("element scores are not centred", "analysis.elements", "score_sums", no_score_sums),
    ("post-strata are forgotten in the variance", "analysis.estimation", "_post_cells", lambda survey, layout: None),
    ("lonely PSUs are certainties under adjust", "analysis.covariance", "_scale", no_adjusting),
    ("the rule average does not scale up", "analysis.covariance", "_average", no_average),
    ("the Fay coefficient is forgotten", "analysis.estimation", "replicated", of_replicates(scale=1 / 3)),
    ("replicates are centred at the full sample", "analysis.estimation", "replicated", of_replicates(mse=True)),
    ("the covariance lacks the ratio's denominator", "analysis.points", "_ratio_second", None),
    ("Korn-Graubard forgets the ratio of t", "analysis.intervals", "_beta", None),
    ("Korn-Graubard is not cut at n", "analysis.intervals", "_METHODS", None),
    ("weights keep four digits only", "analysis.survey", "weight_exponent", lambda smallest: 1),
    ("design effects use n for n - 1", "analysis.frames", "design_effects", None),
]  # fmt: skip


def special(name: str) -> Callable[..., Any] | dict[str, Any]:
    """Faults that wrap what they replace."""
    intervals = importlib.import_module("analysis.intervals")
    deff = importlib.import_module("analysis.deff")
    if name == "_METHODS":
        return {**intervals._METHODS, "korn-graubard": intervals._beta}
    if name == "_beta":
        plain = lambda at: intervals._clopper_pearson(at.p, at.p * (1 - at.p) / at.se**2, at.level)  # noqa: E731
        return {**intervals._METHODS, "beta": plain}

    def by_n_effects(layout: Any, estimates: Any, variance: Any) -> Any:
        pair = deff.design_effects(layout, estimates, variance)
        return tuple(d * estimates.n / (estimates.n - 1) for d in pair)

    return by_n_effects


def no_second(layout: Any) -> Any:
    found = importlib.import_module("analysis.points").points(layout)
    return dataclasses.replace(found, second=0 * found.second)


@pytest.mark.parametrize(("fault", "module", "name", "planted"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_planted_fault_is_caught(
    monkeypatch: pytest.MonkeyPatch, right: dict[str, Any], fault: str, module: str, name: str, planted: Any
) -> None:
    if name == "_ratio_second":
        module, name, planted = "analysis.estimation", "points", no_second
    elif planted is None:
        planted = special(name)
        name = "_METHODS" if module == "analysis.intervals" else name
    # String targets fail when the name is gone: a fault planted nowhere would look as if it had been missed.
    monkeypatch.setattr(f"{module}.{name}", planted)
    assert changed(right) != [], fault


def test_without_a_fault_nothing_changes(right: dict[str, Any]) -> None:
    assert changed(right) == []


def test_filtering_rows_in_place_of_a_domain_is_seen(right: dict[str, Any]) -> None:
    # The classic mistake: strata and PSUs without members of the domain vanish, and so does their part of the variance.
    design = SurveyDesign(weights="w", strata="h", psu="psu")
    inside = mean(Survey(ROWS, design), "x", where="d = 'v'").frame.se[0]
    kept = Survey(ROWS[ROWS.d == "v"], dataclasses.replace(design, lonely_psu="certainty"))
    assert mean(kept, "x").frame.se[0] != pytest.approx(inside, rel=1e-3)
