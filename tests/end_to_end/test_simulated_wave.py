"""Simulated respondents fill in a wave through the collector's services; the export holds what they meant to say."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from collector import export_wave, open_store, start_wave
from forms import load_questionnaires
from forms.model import Questionnaire
from uptake.contract.errors import Fault, UptakeError
from uptake.simulate.register import make_register
from uptake.simulate.respondents import answer_wave

WAVE = "2026Q4"
TIMES = ["started_at", "submitted_at"]


@pytest.fixture(scope="module")
def enterprise() -> Questionnaire:
    faults: list[Fault] = []
    return load_questionnaires(Path(str(files("uptake.studies") / "aiplus")), faults=faults)["enterprise"]


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    return make_register(units=2000)


@pytest.fixture(scope="module")
def sample(world) -> pd.DataFrame:
    """A hundred units that contradict themselves at first, and two hundred others."""
    frame, truth = world
    contradicts = truth["first_e06"].eq("no") & (truth["e09"].eq("yes") | truth["e17"].eq("yes"))
    chosen = pd.concat([frame[contradicts].head(100), frame[~contradicts].head(200)])
    return chosen.assign(
        wave=WAVE,
        stratum=chosen["province"] + "-" + chosen["size"],
        selection="sampled",
        base_weight=6.0,
        n_h=10,
        N_h=60,
    )


def collect(folder: Path, enterprise: Questionnaire, sample, truth, *, threads: int):
    seen: list[int] = []
    with open_store(folder / "answers.sqlite") as store:
        start_wave(store, sample, enterprise, wave=WAVE, code_key=b"k" * 32)
        counts = answer_wave(store, enterprise, sample, truth, wave=WAVE, seed=7, threads=threads,
                             progress=seen.append)  # fmt: skip
        made = export_wave(store, enterprise, wave=WAVE)
    assert seen == [1] * len(sample)
    return counts, made.responses.set_index("unit_id").sort_index(), made


@pytest.fixture(scope="module")
def wave(tmp_path_factory, enterprise, sample, world):
    return collect(tmp_path_factory.mktemp("one"), enterprise, sample, world[1], threads=2)


def test_every_unit_ends_with_a_disposition_and_the_counts_say_so(wave, sample) -> None:
    counts, responses, _ = wave
    assert len(responses) == len(sample)
    exported = responses["disposition"].value_counts().to_dict()
    assert exported.pop("unknown") == counts["silent"]
    assert exported == {name: counts[name] for name in exported}
    assert min(counts[name] for name in ("complete", "partial", "refused", "not_contacted")) > 0


def test_the_export_of_complete_units_is_their_truth_field_by_field(wave, world, enterprise: Questionnaire) -> None:
    _, responses, _ = wave
    truth = world[1].set_index("unit_id")
    fields = [leaf for name, leaf in enterprise.fields.items() if name in truth.columns and not leaf.identity]
    compared = 0
    for unit_id, row in responses[responses["disposition"] == "complete"].iterrows():
        for leaf in fields:
            meant, value, state = truth.loc[unit_id, leaf.name], row[leaf.name], row[f"{leaf.name}_state"]
            if pd.isna(meant) or meant == "dont_know":
                assert pd.isna(value)
                assert state in ("dont_know", "not_applicable", "blank"), (unit_id, leaf.name, state)
                # A number that nobody knows is missing in the truth; the form offers "don't know" for it.
                counted = leaf.dont_know and leaf.type in ("int", "dec") and state != "not_applicable"
                assert (state == "dont_know") == (meant == "dont_know" or counted), (unit_id, leaf.name, state)
            else:
                assert (float(value) if leaf.type == "dec" else value, state) == (meant, "answered"), (
                    unit_id,
                    leaf.name,
                )
                compared += 1
    assert compared > 5000
    asked = responses.loc[responses["disposition"] == "complete", "e37_annual"]
    assert 30 < asked.sum() < 150


@pytest.mark.parametrize(("roster", "first"), [("e24", "function"), ("e21", "class")])
def test_the_lists_of_complete_units_are_their_truth_row_by_row(
    wave, world, enterprise: Questionnaire, roster: str, first: str
) -> None:
    _, responses, made = wave
    truth = world[1].set_index("unit_id")
    complete = responses.index[responses["disposition"] == "complete"]
    rows = made.rosters[roster].set_index(["unit_id", "row"])
    meant = truth.loc[complete].filter(like=f"{roster}_{first}.").notna().sum(axis=1)
    counted = responses.loc[complete, f"{roster}_rows"].fillna(0).astype(int)
    assert counted.to_dict() == meant.to_dict()  # rows are numbered from 1 without gaps, as they were typed
    assert rows.loc[rows.index.get_level_values(0).isin(complete)].groupby("unit_id").size().to_dict() == {
        unit: number for unit, number in meant.items() if number
    }
    compared = 0
    for (unit_id, row), cells in rows.iterrows():
        for leaf in enterprise.rosters[roster].columns:
            if unit_id not in meant or leaf.identity or f"{leaf.name}.{row}" not in truth.columns:
                continue
            value = truth.loc[unit_id, f"{leaf.name}.{row}"]
            stored = float(cells[leaf.name]) if leaf.type == "dec" and pd.notna(value) else cells[leaf.name]
            assert (pd.isna(value) and pd.isna(stored)) or str(stored)[:10] == str(value)[:10], (
                unit_id,
                row,
                leaf.name,
            )
            compared += 1
    assert compared > (300 if roster == "e24" else 0)


def test_slips_were_refused_and_contradictions_corrected_or_explained(wave, world) -> None:
    counts, responses, _ = wave
    assert counts["refused_entries"] > 10
    assert counts["confirmed"] > 5
    assert counts["corrected"] > 5
    assert counts["pages"] > 3 * counts["complete"]
    complete = responses[responses["disposition"] == "complete"]
    stands = world[1].set_index("unit_id").loc[complete.index, "stands_by_no"]
    assert stands.sum() > 5
    confirmed = complete["confirmed_ai_no_stands"].fillna(False).astype(bool)
    assert (confirmed == stands).all()


def test_partial_responses_stop_before_the_sign_off(wave) -> None:
    _, responses, _ = wave
    partial = responses[responses["disposition"] == "partial"]
    assert partial["e04_staff"].notna().all()
    assert partial["e37_minutes"].isna().all()
    assert partial["submitted_at"].isna().all()


def test_both_languages_were_used_and_nobody_can_be_recognised(wave, enterprise: Questionnaire) -> None:
    _, responses, made = wave
    assert set(responses["language"].dropna()) == {"zh", "en"}
    hidden = {name for name, leaf in enterprise.fields.items() if leaf.identity}
    assert not hidden & set(responses.columns)
    assert not hidden & set(made.codebook["field"])
    assert not hidden & {column for rows in made.rosters.values() for column in rows.columns}


def test_the_answers_do_not_depend_on_the_number_of_threads(tmp_path, wave, enterprise, sample, world) -> None:
    _, first, _ = wave
    _, again, _ = collect(tmp_path, enterprise, sample, world[1], threads=5)
    pd.testing.assert_frame_equal(first.drop(columns=TIMES), again.drop(columns=TIMES))


def test_a_wave_that_was_not_started_is_refused_in_words(tmp_path, enterprise, sample, world) -> None:
    with open_store(tmp_path / "answers.sqlite") as store, pytest.raises(UptakeError) as caught:
        answer_wave(store, enterprise, sample, world[1], wave=WAVE, seed=7)
    unit = sample["unit_id"].iloc[0]
    assert str(caught.value) == (
        f'The unit "{unit}" of the sample has no assignment in the wave "2026Q4", so nobody can answer. '
        "Start the wave with this sample first."
    )
