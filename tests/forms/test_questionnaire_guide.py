"""What the guide and the benchmark say of forms is so."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import get_args

from forms.build import parse_page
from forms.model import PartType, Questionnaire
from forms.numbers import read_number

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "write-a-questionnaire.md").read_text(encoding="utf-8")


def benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_guide_names_every_type() -> None:
    assert [name for name in get_args(PartType) if f"`{name}`" not in GUIDE] == []


def test_the_guide_tells_the_truth_about_numbers(every_type: Questionnaire) -> None:
    said = GUIDE.split("## What respondents may type")[1].split("##")[0]
    taken, refused = ("1,200", "1，200", "1.2万", "3亿"), ("1e5", "0x1f", "NaN", "1,5", "10²")
    assert all(f"`{typed}`" in said for typed in (*taken, *refused))
    assert all(read_number(typed) for typed in taken)
    assert not any(read_number(typed) for typed in refused)
    for typed in ("2026-12-31", "2026/12/31", "2026年12月31日", "20261231"):
        assert f"`{typed}`" in said
        assert parse_page(every_type, "use", "zh", {"q07": [typed]}).errors == {}
    for typed in ("500万", "3亿元", "12000元"):
        assert f"`{typed}`" in said
        assert "q05" in parse_page(every_type, "use", "zh", {"q05": [typed]}).readings


def test_the_flat_template_is_many_times_faster_than_plain_wtforms(every_type: Questionnaire) -> None:
    """The figure is printed by the benchmark (about 30); here only a fall to a tenth of it is caught."""
    ours, plain = benchmark("page_render").compare(every_type, every_type.page("detail"), "zh")
    assert plain / ours > 6


def test_the_roster_of_the_benchmark_is_judged_row_by_row() -> None:
    timed = benchmark("forms_speed")
    asked, rows = timed.questionnaire(), 2000
    many = sum(row % 90 + 1 > 80 for row in range(1, rows + 1))  # more users than the 80 persons there are
    dear = sum(row % 90 + 1 <= 12 for row in range(1, rows + 1))  # 1,200.5 among at most 12 is 100 and more
    assert timed.validated(asked, timed.roster_text(rows)) == many + dear
