"""Every reference case computed with R whose estimator is built: same numbers within the case's tolerance."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DATASETS = (
    "a_brr", "a_ent", "a_group", "a_lonely", "a_mi", "a_panel", "a_pps", "apiclus1", "apisrs", "apistrat", "fpc",
    "nhanes",
)  # fmt: skip
MUST_RUN = 572  # cases of strength "must" that the estimators of today cover; later estimators only raise it


def harness() -> ModuleType:
    """The module beside this file (tests are no package)."""
    name = "reference_harness"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="module")
def outcomes(shared: Path) -> list[Any]:
    """Every case of the reference, run once."""
    return list(harness().run_cases(shared / "reference"))


@pytest.mark.parametrize("dataset", DATASETS)
def test_r_gives_the_same_numbers(outcomes: list[Any], dataset: str) -> None:
    mine = [o for o in outcomes if o.case["dataset"] == dataset]
    off = {o.case["id"]: o.differences for o in mine if o.status == "differed" and o.case["strength"] == "must"}
    assert off == {}
    assert any(o.status == "agreed" for o in mine)


def test_all_of_them_were_run(outcomes: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + harness().table(outcomes) + "\n")
    agreed = [o for o in outcomes if o.case["strength"] == "must" and o.status == "agreed"]
    assert len(agreed) >= MUST_RUN
    assert [o.case["id"] for o in outcomes if o.case["strength"] == "must" and o.status != "agreed"] == []


def test_the_page_of_agreement_is_what_the_cases_say(outcomes: list[Any], shared: Path, repository: Path) -> None:
    sys.path.insert(0, str(repository / "tools"))
    try:
        from reference_page import PAGE, bad_designs, page
    finally:
        sys.path.remove(str(repository / "tools"))
    wanted = page(outcomes, bad_designs(shared / "reference"))
    assert PAGE.read_text(encoding="utf-8") == wanted, "run: python tools/reference_page.py"
