"""briefs/*.yaml: the examples of the documentation load, and every fault is told with file and line."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

import reports.brief
from reports.brief import BriefTables, load_briefs
from reports.tables import check_brief, read_cells
from uptake.contract.errors import Fault, TableError

GOOD = """id: national
title: {zh: 简报, en: Brief}
population: {zh: 企业, en: enterprises}
headline: PEN-01
"""


def load(folder: Path, text: str, name: str = "national") -> tuple[tuple[reports.brief.Brief, ...], list[str]]:
    (folder / "briefs").mkdir(exist_ok=True)
    (folder / "briefs" / f"{name}.yaml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    return load_briefs(folder, faults=faults), [str(fault) for fault in faults]


def test_the_examples_of_the_module_load(tmp_path: Path) -> None:
    examples = [textwrap.dedent(block) for block in re.findall(r"(?m)(?:^    .*\n)+", reports.brief.__doc__ or "")]
    assert len(examples) == 2
    for text in examples:
        name = re.match(r"id: (\w+)", text).group(1)  # type: ignore[union-attr]
        briefs, faults = load(tmp_path, text, name)
        assert not faults
    assert [brief.id for brief in briefs] == ["national", "tables"]
    assert [brief.type for brief in briefs] == ["national", "tables"]
    assert str(briefs[1].measure("homes").scale) == "1000000"
    assert briefs[0].indicators() == ("PEN-01", "PEN-02", "PEN-03", "PEN-04", "PEN-05", "DEP-01")


def test_a_study_without_briefs_has_none(tmp_path: Path) -> None:
    assert load_briefs(tmp_path, faults=[]) == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("readings: [PEN-02]", 'the headline "PEN-01" is not among the readings'),
        ("editions: []", "the brief has no edition"),
        ("editions: [zh, fr]", '"fr" is not one of zh, en'),
        ("headlin: PEN-01", 'Did you mean "headline"?'),
        ("measures: {PEN-01: {kind: total}}", 'measure "PEN-01" is a total without a unit'),
        (
            "measures: {PEN-01: {unit: {zh: 户, en: homes}}}",
            "printed in per cent, yet it has a unit",
        ),
        ("measures: {PEN-01: {kind: total, scale: 0, unit: {zh: 户, en: homes}}}", "so it must be above 0"),
        ("measures: {PEN-01: {decimals: 9}}", "asks for 9 decimals"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, line: str, told: str) -> None:
    briefs, faults = load(tmp_path, GOOD + line + "\n")
    assert briefs == ()
    assert any(told in fault and re.match(r"briefs/national\.yaml:\d+: ", fault) for fault in faults), faults


def test_an_id_that_differs_from_the_file_name_is_refused(tmp_path: Path) -> None:
    _, faults = load(tmp_path, GOOD, "other")
    assert faults == [
        'briefs/other.yaml:1: the id "national" differs from the file name "other.yaml", and releases are named after'
        " it. Write `id: other` or rename the file."
    ]


def test_a_brief_that_names_what_the_tables_lack_is_refused(tmp_path: Path, national: BriefTables) -> None:
    cells = read_cells(national.estimates)
    (brief,), _ = load(tmp_path, GOOD.replace("PEN-01", "PEN-1"))
    with pytest.raises(TableError, match=r'the indicator "PEN-1", for which .* no national row\. Did you mean'):
        check_brief(national, brief, cells)
    (brief,), _ = load(tmp_path, GOOD + "domains: [{by: provinse}]\n")
    with pytest.raises(TableError, match=r'by "provinse", for which estimates has no row\. Did you mean "province"'):
        check_brief(national, brief, cells)
