"""`Survey.check()`: every fault of a design as one table, the bad designs of the reference among them."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from analysis import Pps, ReplicateWeights, Survey, SurveyDesign
from uptake.contract.errors import DesignError

# Faults of a question, not of a design, and those of weighting steps.
OF_A_QUESTION = ("OUTCOME_MISSING", "NOT_BINARY", "EMPTY_DOMAIN", "ZERO_DENOMINATOR", "SEPARATION", "COLUMN_NOT_FOUND")


def harness() -> ModuleType:
    name = "reference_harness"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def test_bad_designs_are_refused_when_declared_or_stand_in_the_table(shared: Path) -> None:
    reference = shared / "reference"
    cases = json.loads((reference / "expected/bad_designs.json").read_text(encoding="utf-8"))["cases"]
    found = {}
    for case in cases:
        code, must = case["expected"]["error_code"], case["expected"]["must"]
        if case["design"].get("steps") or code in OF_A_QUESTION:
            continue
        try:
            table = harness().prepared(case, reference).check()
        except DesignError as refusal:
            found[case["id"]] = refusal.code == code
        else:
            listed = table[table.code == code]
            found[case["id"]] = len(listed) > 0 and set(listed.severity) == {must}
    assert len(found) == 20
    assert [name for name, agreed in found.items() if not agreed] == []


ROWS = pd.DataFrame({
    "h": ["a", "a", "b", "b", "c", None], "p": [1, 2, 2, 3, 4, 5], "w": [2.0, -1, 3, 0, 4, 1],
    "N": [1, 1, 9, 8, 0.5, 9], "u": ["x", "y", "y", None, None, "z"],
})  # fmt: skip


def test_one_table_holds_every_fault_at_once_compared_whole() -> None:
    design = SurveyDesign(weights="w", strata="h", psu="p", fpc="N", nest=False, unit_id="u")
    assert Survey(ROWS, design).check().to_numpy().tolist() == [
        ["reject", "WEIGHT_NEGATIVE", 'column "w"',
         "1 row has a weight below zero (row 2) - a unit cannot stand for fewer than none; correct the weights."],
        ["warn", "WEIGHT_ZERO", 'column "w"',
         "1 row has weight zero - a row without weight stays in the design but counts in no estimate and in no degrees "
         "of freedom."],
        ["reject", "STRATUM_MISSING", 'column "h"',
         "1 row has no stratum id - without it the row belongs to no part of the design; fill it in."],
        ["reject", "PSU_NOT_NESTED", 'column "p"',
         'PSU "2" stands in the strata "a", "b" - if ids are numbered anew in each stratum declare nest as true, else '
         "correct the stratum."],
        ["reject", "FPC_MIXED_SCALE", 'stratum "c"',
         'column "N" is 0.5 here and up to 9 elsewhere - give either population counts or sampling fractions, not '
         "both."],
        ["reject", "FPC_TOO_SMALL", 'stratum "a"',
         'column "N" says that the population has 1 units but 2 were sampled - correct the population count.'],
        ["warn", "FPC_VARIES_IN_STRATUM", 'stratum "b"',
         'column "N" runs from 8 to 9 within the stratum - the value with the larger variance is used; make it '
         "constant."],
        ["reject", "DUPLICATE_UNIT", 'unit "y"', "stands in 2 rows - keep one row a unit and wave."],
        ["warn", "UNIT_ID_MISSING", 'column "u"',
         "2 rows have no unit id - whether they are one unit cannot be told; fill it in."],
    ]  # fmt: skip


def test_a_sound_design_has_facts_only() -> None:
    rows = pd.DataFrame({"h": list("aabb"), "w": [1.0, 1, 2, 4], "N": [2, 2, 9, 9]})
    assert Survey(rows, SurveyDesign(weights="w", strata="h", fpc="N")).check().to_numpy().tolist() == [
        ["info", "KISH", 'column "w"', "4 rows, weights from 1 to 4 add up to 8, Kish design effect 1.3750"],
        ["info", "DESIGN", "the design", "4 units drawn in 2 strata, 1 of them whole; df 2"],
    ]


def test_more_than_five_of_a_kind_are_all_listed() -> None:
    rows = pd.DataFrame({"h": np.repeat(range(9), 2), "w": 1.0, "N": 1, "u": np.repeat(range(9), 2)})
    table = Survey(rows, SurveyDesign(weights="w", strata="h", fpc="N", unit_id="u")).check()
    assert table[table.code == "DUPLICATE_UNIT"]["where"].tolist() == [f'unit "{u}"' for u in range(9)]
    few = Survey(
        rows.assign(N=np.where(rows.h < 8, 1, 5), w=1.0), SurveyDesign(weights="w", strata="h", fpc="N")
    ).check()
    assert few[few.code == "FPC_TOO_SMALL"]["where"].tolist() == [f'stratum "{h}"' for h in range(8)]


def test_weights_of_text_stand_in_the_table_too() -> None:
    rows = pd.DataFrame({"w": ["1", "two", "3"], "h": ["a", "a", "b"]})
    table = Survey(rows, SurveyDesign(weights="w", strata="h")).check()
    assert table[["severity", "code"]].to_numpy().tolist() == [
        ["reject", "WEIGHT_NOT_NUMERIC"], ["reject", "LONELY_PSU"]
    ]  # fmt: skip
    assert table.message[0] == (
        'column "w": row 2 holds "two", which is no weight - write weights as plain numbers, or name another column.'
    )


def test_probabilities_and_replicates_are_looked_at() -> None:
    rows = pd.DataFrame({"pi": [0.5, 1.5, 0.3], "w": 2.0, "r1": [1.0, 2, 3], "r2": 0.0})
    table = Survey(rows, SurveyDesign(weights="w", fpc="pi", pps=Pps("brewer"))).check()
    assert "PROBABILITY_OUT_OF_RANGE" in table.code.tolist()
    given = SurveyDesign(weights="w", replicates=ReplicateWeights("bootstrap", columns=("r1", "r2")))
    assert Survey(rows, given).check().to_numpy().tolist()[0] == [
        "reject", "REPLICATE_ALL_ZERO", 'replicate weight "r2"',
        "is zero in every row - its estimate would be 0/0; remove the replicate or correct the column.",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_a_rule_for_lonely_strata_leaves_none_in_the_table(rule: str) -> None:
    rows = pd.DataFrame({"h": list("aab"), "w": 1.0})
    table = Survey(rows, SurveyDesign(weights="w", strata="h", lonely_psu=rule)).check()  # type: ignore[arg-type]
    assert table.severity.tolist() == ["info", "info"]
