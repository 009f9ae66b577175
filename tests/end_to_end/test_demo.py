"""The demo as a new user meets it: six stages, honest numbers beside the known truth, nothing done twice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pypdfium2
import pytest

from uptake.simulate.adoption import true_values

pytestmark = pytest.mark.xdist_group("demo")
WAVE = "2026Q4"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    words = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return words


def estimates_of(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "waves" / WAVE / "estimates.parquet")


def test_six_stages_are_printed_in_order(demo: Any) -> None:
    numbers = [
        int(found) for found in re.findall(r"(?m)^  (\d) (?:define|draw|collect|weigh|estimate|report)", demo.printed)
    ]
    assert numbers == sorted(numbers)
    assert set(numbers) == {1, 2, 3, 4, 5, 6}
    assert "Traceback" not in demo.printed


def test_it_makes_what_it_promises(demo: Any) -> None:
    release = demo.folder / "releases" / WAVE
    made = {path.name for path in release.iterdir()}
    assert {"national-zh.pdf", "national-en.pdf", "estimates.csv", "tables.xlsx", "manifest.json"} <= made
    for lang in ("zh", "en"):
        document = pypdfium2.PdfDocument(release / f"national-{lang}.pdf")
        assert 2 <= len(document) <= 4
        document.close()
    assert "uptake serve" in demo.printed


def test_the_sample_is_the_design(demo: Any) -> None:
    sample = pd.read_parquet(demo.folder / "waves" / WAVE / "sample.parquet")
    frame = pd.read_parquet(demo.folder / "frame.parquet")
    assert (len(frame), len(sample)) == (20_000, 4_000)
    assert (frame["province"].nunique(), frame["industry"].nunique(), frame["size"].nunique()) == (31, 14, 4)
    assert sample.loc[sample["size"] == "1", "base_weight"].eq(1.0).all()
    assert len(sample[sample["size"] == "1"]) == len(frame[frame["size"] == "1"])
    per_stratum = sample.groupby(["province", "size"])["base_weight"].sum()
    assert per_stratum.to_dict() == pytest.approx(frame.groupby(["province", "size"]).size().to_dict(), rel=1e-12)


def test_nonresponse_differs_by_stratum(demo: Any) -> None:
    responses = pd.read_parquet(demo.folder / "waves" / WAVE / "responses.parquet")
    sample = pd.read_parquet(demo.folder / "waves" / WAVE / "sample.parquet")[["unit_id", "size"]]
    rates = (
        responses.merge(sample, on="unit_id").groupby("size")["disposition"].apply(lambda d: (d == "complete").mean())
    )
    assert rates["1"] - rates["4"] > 0.2
    assert set(responses["disposition"]) == {"complete", "partial", "refused", "not_contacted", "ineligible", "unknown"}


def test_estimates_lie_near_the_known_truth(demo: Any) -> None:
    truth = true_values(pd.read_parquet(demo.folder / "frame.parquet"), pd.read_parquet(demo.folder / "truth.parquet"))
    keys = ["indicator", "definition", "domain_by", "domain_key"]
    both = estimates_of(demo.folder).merge(truth, on=keys)
    shown = both[both["status"] != "suppress"]
    inside = (shown["ci_low"] <= shown["value"]) & (shown["value"] <= shown["ci_high"])
    assert len(shown) > 500
    # 95 % intervals over many dependent cells of one sample: far off would be a fault, not chance.
    assert inside.mean() > 0.90
    national = both[(both["domain_by"] == "all") & (both["definition"] == "headline")]
    off = (national["estimate"] - national["value"]).abs() / national["se"]
    assert set(national["indicator"]) == {"PEN-01", "PEN-02", "PEN-03", "PEN-04", "PEN-05", "DEP-01"}
    assert off.max() < 3.5


def test_every_estimate_has_its_definition_version_interval_and_status(demo: Any) -> None:
    estimates = estimates_of(demo.folder)
    assert estimates["definition_version"].eq("1.0").all()
    shown = estimates[estimates["status"] != "suppress"]
    assert (shown["ci_low"] < shown["ci_high"]).all()
    assert (estimates.loc[estimates["status"] != "publish", "reason"].str.len() > 0).all()
    assert estimates["n"].notna().all()


def test_before_the_deciding_wave_the_verdict_is_not_due(demo: Any) -> None:
    assessments = pd.read_parquet(demo.folder / "waves" / WAVE / "assessments.parquet")
    assert assessments[["target", "deciding_wave", "verdict"]].values.tolist() == [
        ["T2027", "2027Q4", "not_due"], ["T2030", "2030Q4", "not_due"]]  # fmt: skip
    assert (assessments["units_lacking_low"] <= assessments["units_lacking"]).all()
    assert (assessments["units_lacking"] <= assessments["units_lacking_high"]).all()
    assert set(assessments["domain_by"]) == {"all"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_number_of_the_brief_traces_to_the_released_tables(demo: Any, lang: str) -> None:
    release = demo.folder / "releases" / WAVE
    tables = {name: pd.read_csv(release / f"{name}.csv") for name in ("estimates", "assessments", "quality")}
    trace = json.loads((release / f"national-{lang}.trace.json").read_text(encoding="utf-8"))
    allowed: set[str] = set()
    for entry in trace:
        allowed.update(NUMBER.findall(entry["text"]))
        for source in entry["from"]:
            if source == "given":
                continue
            table, row, column = source.split(":")
            assert pd.notna(tables[table].loc[int(row), column]), f"{entry['text']} comes from an empty cell {source}"
    words = re.sub(r"\b[0-9a-f]{12,}\b", "", text_of(release / f"national-{lang}.pdf"))  # without digests
    # Names and dates that the study states.
    stated = "".join(path.read_text(encoding="utf-8") for path in demo.folder.rglob("*.yaml"))
    found = [
        number for number in NUMBER.findall(words) if number not in allowed and number not in NUMBER.findall(stated)
    ]
    # Page numbers, figure numbers and axis ticks are the only other digits.
    assert [number for number in found if not (number.isdigit() and int(number) <= 100)] == []


def test_suppressed_numbers_leave_in_no_file(demo: Any) -> None:
    release = demo.folder / "releases" / WAVE
    released = pd.read_csv(release / "estimates.csv", encoding="utf-8-sig")
    suppressed = released[released["status"] == "suppress"]
    assert len(suppressed) > 0
    assert suppressed[["estimate", "se", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (released["status"] == estimates_of(demo.folder)["status"]).all()


def test_running_again_changes_nothing(study: Path, command: Any) -> None:
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*.parquet")}
    printed = command("run", study)
    assert printed.count("up to date") == 3
    assert {path: path.stat().st_mtime_ns for path in study.rglob("*.parquet")} == before


def test_a_changed_design_is_refused_without_replace(study: Path, command: Any) -> None:
    design = study / "design.yaml"
    design.write_text(
        design.read_text(encoding="utf-8").replace("conf_level: 0.95", "conf_level: 0.90"), encoding="utf-8"
    )
    refused = command("run", study, expect=7)
    assert "was made from other inputs" in refused
    assert "--replace" in refused
    command("run", study, "--replace")
    assert estimates_of(study)["conf_level"].eq(0.90).all()


def test_the_release_is_rebuilt_byte_for_byte(study: Path, demo: Any, command: Any) -> None:
    (study / "releases" / WAVE / "manifest.json").unlink()
    command("report", study, "--replace")
    for name in ("national-zh.pdf", "national-en.pdf", "estimates.csv"):
        rebuilt, first = ((folder / "releases" / WAVE / name).read_bytes() for folder in (study, demo.folder))
        assert rebuilt == first, name


def test_init_refuses_a_folder_that_is_not_empty(study: Path, command: Any) -> None:
    assert "the folder is not empty" in command("init", study, expect=7)
