"""Drawn, weighed and estimated again and again, the synthetic study finds its known truth, with honest intervals."""

from __future__ import annotations

import dataclasses
import random
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import DesignPlan, draw, estimate, load_indicators, load_plan, weigh
from uptake.contract.errors import Fault
from uptake.simulate.adoption import true_values
from uptake.simulate.register import make_register
from uptake.simulate.respondents import _fate

WAVE = "2026Q4"
ROUNDS = 10
NOT_FIELDS = ["fact_ai", "first_e06", "stands_by_no", "eager"]


def _responses(sample: pd.DataFrame, truth: pd.DataFrame, round_: int) -> pd.DataFrame:
    """What the export would hold if the units answered as they mean to; each round has its own refusers."""
    told = truth.set_index("unit_id").loc[sample["unit_id"]].reset_index()
    eager = np.random.default_rng(round_).random(len(told))
    rows = zip(eager, sample["size"], sample["province"], sample["unit_id"], strict=True)
    fates = pd.Series([_fate(e, size, province, random.Random(f"{round_}{unit}")) for e, size, province, unit in rows])
    responses = told.drop(columns=NOT_FIELDS).replace("dont_know", None)
    responses["confirmed_ai_no_stands"] = told["stands_by_no"].where(told["stands_by_no"], None).astype("boolean")
    fields = [name for name in responses.columns if name != "unit_id"]
    responses.loc[fates.ne("complete").to_numpy(), fields] = None
    return responses.assign(wave=WAVE, disposition=fates.replace("silent", "unknown").to_numpy())


def _one_round(plan: DesignPlan, frame: pd.DataFrame, truth: pd.DataFrame, round_: int) -> pd.DataFrame:
    assert plan.drawing is not None
    again = dataclasses.replace(plan, drawing=dataclasses.replace(plan.drawing, seed=f"round {round_}"), domains=())
    faults: list[Fault] = []
    indicators = load_indicators(Path(str(files("uptake.studies") / "aiplus")), faults=faults)
    sample = draw(frame, again, wave=WAVE)
    responses = _responses(sample, truth, round_)
    weighed = weigh(sample, responses, again, wave=WAVE, frame=frame)
    tables = estimate(responses, weighed.weights, again, indicators, (), wave=WAVE, quality=weighed.quality)
    return tables.estimates.assign(round=round_)


@pytest.fixture(scope="module")
def rounds() -> pd.DataFrame:
    faults: list[Fault] = []
    plan = load_plan(Path(str(files("uptake.studies") / "aiplus")), faults=faults)
    assert plan is not None
    frame, truth = make_register()
    made = pd.concat([_one_round(plan, frame, truth, number) for number in range(ROUNDS)])
    return made.merge(true_values(frame, truth), on=["indicator", "definition", "domain_by", "domain_key"])


def test_every_reading_is_compared_in_every_round(rounds: pd.DataFrame) -> None:
    assert len(rounds) == ROUNDS * (6 * 3 + 2)


def test_the_estimates_lie_around_the_truth(rounds: pd.DataFrame) -> None:
    """Mean error over the rounds, in units of its own standard error: beyond 4 is bias, not chance."""
    error = rounds["estimate"] - rounds["value"]
    mean, deviation = (error.groupby([rounds["indicator"], rounds["definition"]]).agg(how) for how in ("mean", "std"))
    z = mean / (deviation / np.sqrt(ROUNDS))
    assert z.abs().max() < 4, z


def test_the_intervals_hold_the_truth_about_as_often_as_they_say(rounds: pd.DataFrame) -> None:
    held = (rounds["ci_low"] <= rounds["value"]) & (rounds["value"] <= rounds["ci_high"])
    assert held.mean() > 0.85  # nominal 0.95; readings of one round move together, so ten rounds cannot say more


def test_the_standard_errors_are_of_the_size_of_the_errors(rounds: pd.DataFrame) -> None:
    spread = rounds.groupby(["indicator", "definition"])["estimate"].std()
    claimed = rounds.groupby(["indicator", "definition"])["se"].mean()
    assert 0.6 < float(np.median(spread / claimed)) < 1.6
