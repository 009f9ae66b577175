"""How long a page's form takes from the cache, and a roster of 2,000 rows from posted text to findings.

    python benchmarks/forms_speed.py

The form: a page of 20 fields, made from the class in the cache and filled with posted text; beside it the same page
when the class is built for every request. The roster: 2,000 rows of 6 columns read, routed and judged by every check,
beside 200 rows (10 = it grows as the rows do).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import forms
from forms.build import Typed, build_form
from forms.model import Questionnaire
from uptake.contract.errors import Fault

HEAD = """\
id: speed
title: {zh: 速度, en: Speed}
definition_version: "1.0"
text_version: "1"
header:
  table_number: T1
  authority: {zh: 某局, en: Bureau}
  approval_number: 国统制〔2026〕1号
  approved_by: {zh: 国家统计局, en: National Bureau of Statistics}
  valid_until: "2030-12-31"
pages:
  - id: numbers
    title: {zh: 页, en: Page}
    questions:
      - id: N
        text: {zh: 数, en: Numbers}
        parts:
"""
CASES = """\
  - id: cases
    title: {zh: 页, en: Page}
    questions:
      - id: C
        text: {zh: 应用场景, en: Use cases}
        type: roster
        max_rows: 2000
        rows_per_page: 50
        row_label: {zh: 应用场景, en: Use case}
        columns:
          - {id: name, type: text, label: {zh: 名称, en: Name}}
          - {id: stage, type: sel1, label: {zh: 阶段, en: Stage},
             choices: [{code: pilot, label: {zh: 试点, en: Pilot}}, {code: routine, label: {zh: 常规, en: Routine}}]}
          - {id: users, type: int, label: {zh: 人数, en: Users}, dont_know: true}
          - {id: cost, type: money, money_unit: wan, label: {zh: 费用, en: Cost}}
          - {id: since, type: date, label: {zh: 启用, en: Since}, required: false}
          - {id: each, type: computed, label: {zh: 人均, en: Each}, gives: dec, value: "${c_cost} div ${c_users}"}
        checks:
          - {id: few, severity: hard, rule: "${c_users} <= ${n_f1}", message: {zh: 多, en: many}}
          - {id: cheap, severity: soft, rule: "${c_each} < 100 or ${c_stage} = 'routine'", message: {zh: 贵, en: dear}}
          - {id: names, severity: hard, rule: "count-distinct(${c_name}) = count(${c_name})",
             message: {zh: 同名, en: same}}
          - {id: all, severity: soft, rule: "sum(${c_users}) <= 1000000", message: {zh: 多, en: many}}
"""


def questionnaire(fields: int = 20) -> Questionnaire:
    """Return the questionnaire that is timed."""
    parts = "".join(
        f"          - {{id: f{i}, type: int, label: {{zh: 数 {i}, en: Number {i}}}, dont_know: true}}\n"
        for i in range(1, fields + 1)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speed.yaml"
        path.write_text(HEAD + parts + CASES, encoding="utf-8")
        faults: list[Fault] = []
        made = forms.load_questionnaire(path, root=Path(folder), faults=faults)
    assert made is not None, faults
    return made


def seconds_each(call: Callable[[], object], *, calls: int, rounds: int = 7) -> float:
    """Return the processor time of one call, the median over rounds; other work on the machine does not count."""
    call()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            call()
        times.append((time.process_time() - start) / calls)
    return statistics.median(times)


def roster_text(rows: int) -> dict[str, list[str]]:
    """Return what is posted for so many rows."""
    typed = {}
    for row in range(1, rows + 1):
        cells = {"name": f"场景{row}", "stage": "pilot", "users": f"{row % 90 + 1}", "cost": "1,200.5",
                 "since": "2026-03-01"}  # fmt: skip
        typed |= {f"c_{column}.{row}": [text] for column, text in cells.items()}
    return typed


def validated(asked: Questionnaire, typed: dict[str, list[str]]) -> int:
    """Read and judge a roster; returns how many findings there are."""
    page = forms.parse_page(asked, "cases", "zh", typed)
    assert not page.errors
    staff = forms.Answer(80, "answered")
    return len(forms.run_checks(asked, page.answers | {"n_f1": staff}, page="cases"))


def main() -> None:
    """Print the times and their ratios."""
    asked = questionnaire()
    typed = Typed({f"n_f{i}": ["12"] for i in range(1, 21)})
    kept = seconds_each(lambda: build_form(asked, "numbers", "zh")(typed), calls=200)
    fresh = seconds_each(lambda: build_form.__wrapped__(asked, "numbers", "zh")(typed), calls=50)
    print(f"form of 20 fields from the cache {kept * 1e3:.3f} ms (at most 0.2 is asked), with the class built anew"
          f" {fresh / kept:.1f} times as long")  # fmt: skip
    whole, tenth = roster_text(2000), roster_text(200)
    many = seconds_each(lambda: validated(asked, whole), calls=1, rounds=5)
    few = seconds_each(lambda: validated(asked, tenth), calls=5, rounds=5)
    print(f"roster of 2,000 rows by 6 columns {many:.3f} s (at most 0.3 is asked), {many / few:.1f} times 200 rows")


if __name__ == "__main__":
    main()
