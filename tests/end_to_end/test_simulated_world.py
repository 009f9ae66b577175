"""The synthetic register and its truth: repeatable, shaped like a register, obedient to the form, known exactly."""

from __future__ import annotations

import random
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.indicators import Definition, definitions, load_indicators
from forms import load_questionnaires, run_checks
from forms.model import Answer, Questionnaire
from uptake.contract.codes import INDUSTRY_GROUPS, PROVINCES, SIZE_CLASSES, valid_uscc
from uptake.contract.errors import Fault
from uptake.contract.expressions import parse, to_duckdb
from uptake.simulate.adoption import true_values
from uptake.simulate.register import make_register
from uptake.simulate.respondents import _fate

STUDY = Path(str(files("uptake.studies") / "aiplus"))


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    return make_register()


@pytest.fixture(scope="module")
def enterprise() -> Questionnaire:
    faults: list[Fault] = []
    return load_questionnaires(STUDY, faults=faults)["enterprise"]


def test_the_same_seed_makes_the_same_world_and_another_seed_another(world) -> None:
    frame, truth = make_register()
    pd.testing.assert_frame_equal(frame, world[0])
    pd.testing.assert_frame_equal(truth, world[1])
    other, _ = make_register(seed=1, units=2000)
    assert len(other) == 2000
    assert not set(other["unit_id"]) & set(frame["unit_id"])


def test_every_unit_has_its_own_valid_code_and_a_name_that_says_it_is_made_up(world) -> None:
    frame, truth = world
    assert frame["unit_id"].is_unique
    assert frame["name"].is_unique
    assert all(map(valid_uscc, frame["unit_id"]))
    assert frame["name"].str.contains("示例").all()
    assert (truth["unit_id"] == frame["unit_id"]).all()


def test_the_register_is_skewed_and_no_stratum_is_empty(world) -> None:
    frame, _ = world
    cells = frame.groupby(["province", "size"]).size()
    assert len(cells) == len(PROVINCES) * len(SIZE_CLASSES)
    assert cells.min() >= 4
    assert set(frame["industry"]) == {code.code for code in INDUSTRY_GROUPS}
    share = frame["size"].value_counts(normalize=True)
    assert share["4"] > 0.6
    assert share["1"] < 0.03
    assert frame.groupby("size")["staff"].median().is_monotonic_decreasing
    assert cells["440000"].sum() > 10 * cells["540000"].sum()


def test_a_register_too_small_for_its_strata_is_refused() -> None:
    with pytest.raises(ValueError, match="units=1999: every province needs units of every size, so at least 2000"):
        make_register(units=1999)


def test_adoption_differs_by_size_province_and_industry_as_declared(world) -> None:
    frame, truth = world
    values = true_values(frame, truth)
    headline = values[(values["definition"] == "headline") & (values["indicator"] == "PEN-01")]
    by = {by: part.set_index("domain_key")["value"] for by, part in headline.groupby("domain_by")}
    assert 0.55 < by["all"]["all"] < 0.62
    assert by["size"]["1"] > by["size"]["2"] > by["size"]["3"] > by["size"]["4"]
    assert by["industry"]["I"] > by["industry"]["A"] + 0.2
    assert by["province"].max() - by["province"].min() > 0.15


def _as_answers(questionnaire: Questionnaire, row: dict[str, Any]) -> dict[str, Answer]:
    made = {}
    for name in questionnaire.fields.keys() & row.keys():
        value = row[name]
        state = "blank" if value is None else "dont_know" if value == "dont_know" else "answered"
        made[name] = Answer(value if state == "answered" else None, state)
    return made


def test_the_truth_keeps_every_hard_rule_of_the_form(world, enterprise: Questionnaire) -> None:
    chosen = world[1].sample(800, random_state=1)
    rows = chosen.astype(object).where(chosen.notna(), None).to_dict("records")
    for row in rows:
        found = run_checks(enterprise, _as_answers(enterprise, row))
        assert [finding.check_id for finding in found if finding.severity == "hard" and not finding.missing] == []
        stands = [finding for finding in found if finding.check_id == "ai_no_stands"]
        assert bool(stands) == bool(row["stands_by_no"])


def _census(definition: Definition) -> str:
    """SQL of one reading over the truth: the study's own expression, its don't-know rule written out here."""
    holds = to_duckdb(parse(definition.numerator.value), to="bool")
    weight = "e04_staff" if definition.size else "1"
    filled = {"in_base": f"COALESCE({holds}, FALSE)", "yes": f"COALESCE({holds}, TRUE)", "out": holds}
    value = filled[definition.dont_know]
    return f"SUM({weight} * CAST({value} AS INTEGER))::DOUBLE / SUM({weight}) FILTER ({value} IS NOT NULL)"


def test_the_known_truth_is_what_the_indicators_of_the_study_say_of_a_census(world) -> None:
    frame, truth = world
    faults: list[Fault] = []
    answers = truth.replace("dont_know", None)
    answers["confirmed_ai_no_stands"] = truth["stands_by_no"].where(truth["stands_by_no"], None)
    answers["size"] = frame["size"]
    known = true_values(frame, truth).set_index(["indicator", "definition", "domain_by", "domain_key"])["value"]
    compared = 0
    connection = duckdb.connect()
    connection.register("answers", answers)
    for indicator in load_indicators(STUDY, faults=faults):
        for reading in definitions(indicator):
            (overall,) = connection.execute(f"SELECT {_census(reading)} FROM answers").fetchall()[0]
            assert overall == pytest.approx(known[indicator.id, reading.id, "all", "all"], abs=1e-12)
            query = f"SELECT size, {_census(reading)} FROM answers GROUP BY size"
            for size, value in connection.execute(query).fetchall():
                assert value == pytest.approx(known[indicator.id, reading.id, "size", size], abs=1e-12)
                compared += 1
    assert faults == []
    assert compared == 4 * (3 * 6 + 2)  # six indicators in three readings, and the two special ones


def _fates(frame: pd.DataFrame, truth: pd.DataFrame) -> pd.Series:
    rows = zip(truth["eager"], frame["size"], frame["province"], frame["unit_id"], strict=True)
    return pd.Series([_fate(eager, size, province, random.Random(unit)) for eager, size, province, unit in rows])


def test_nonresponse_differs_by_stratum_and_not_by_use_inside_one(world) -> None:
    frame, truth = world
    complete = _fates(frame, truth) == "complete"
    by_size = complete.groupby(frame["size"]).mean()
    assert by_size["1"] > by_size["2"] > by_size["3"] > by_size["4"]
    by_province = complete.groupby(frame["province"]).mean()
    assert by_province.max() - by_province.min() > 0.2
    # Inside the strata, users among respondents differ from what is expected by a few standard deviations at most.
    cell = frame["size"] + frame["province"]
    uses = truth["fact_ai"].astype(float)
    n, share = complete.groupby(cell).transform("mean"), uses.groupby(cell).transform("mean")
    excess = ((complete.astype(float) - n) * (uses - share)).sum()
    deviation = np.sqrt((n * (1 - n) * share * (1 - share)).sum())
    assert abs(excess) < 4 * deviation


def test_unweighted_respondents_mislead_and_weighting_by_stratum_repairs_it(world) -> None:
    frame, truth = world
    complete = _fates(frame, truth) == "complete"
    cell = frame["size"] + frame["province"]
    weight = (1 / complete.groupby(cell).transform("mean"))[complete]
    uses = (truth["e06"] == "yes").astype(float)
    fact = uses.mean()
    naive, repaired = uses[complete].mean(), np.average(uses[complete], weights=weight)
    assert naive - fact > 0.01
    assert abs(repaired - fact) < 0.006
