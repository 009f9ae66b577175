"""How long the proof of a questionnaire of 500 questions takes: 25 routed pages, 1,500 fields, 300 checks.

    python benchmarks/prove.py

The questionnaire is made with a fixed seed, so every run proves the same one; nothing in it is wrong, which is the
longest way: each of some three thousand things has to be shown possible, and each check to add to the others.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from forms import source
from forms.loader import load_questionnaire
from forms.proof import prove
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import read_yaml

PAGES, QUESTIONS = 25, 20
HEAD = """\
id: large
title: {zh: 大问卷, en: Large questionnaire}
definition_version: "1.0"
text_version: "1"
header:
  table_number: T1
  authority: {zh: 某局, en: Bureau}
  approval_number: 国统制〔2026〕1号
  approved_by: {zh: 国家统计局, en: National Bureau of Statistics}
  valid_until: "2030-12-31"
choice_lists:
  yes_no: [{code: "yes", label: {zh: 是, en: "Yes"}}, {code: "no", label: {zh: 否, en: "No"}}]
pages:
"""
CHOICES = ", ".join(f"{{code: c{i}, label: {{zh: 选项{i}, en: Choice {i}}}}}" for i in range(6))
LABEL = "label: {zh: 数, en: Number}"


def large_questionnaire(seed: int = 1) -> str:
    """Return the YAML of a questionnaire of 500 questions."""
    r, lines = random.Random(seed), [HEAD]
    for page in range(PAGES):
        lines.append(f"  - id: p{page}\n    title: {{zh: 页, en: Page}}\n")
        if page % 5:
            gate = r.randrange(page // 5 * 5, page)
            lines.append(f"    relevant: \"${{q{gate}_0}} = 'yes'\"\n")
        lines.append("    questions:\n")
        lines.append(f"      - {{id: Q{page}_0, text: {{zh: 问, en: Ask}}, type: sel1, choice_list: yes_no}}\n")
        lines += [_question(r, page, number) for number in range(1, QUESTIONS)]
    lines.append("checks:\n")
    lines += [_across(r, number) for number in range(60)]
    return "".join(lines)


def _question(r: random.Random, page: int, number: int) -> str:
    head = f"      - id: Q{page}_{number}\n        text: {{zh: 问, en: Ask}}\n"
    kind = number % 5
    if kind == 0:
        return f"{head}        type: selN\n        max_choices: 3\n        choices: [{CHOICES}]\n"
    if kind == 1:
        rows = ", ".join(f"{{id: r{i}, label: {{zh: 行, en: Row}}}}" for i in range(4))
        return f"{head}        type: matrix\n        rows: [{rows}]\n        choices: [{CHOICES}]\n"
    most, name = r.randrange(100, 1000), f"q{page}_{number}"
    parts = "".join(f"          - {{id: {part}, type: int, max: \"{most}\", dont_know: true, {LABEL}}}\n"
                    for part in ("all", "of_which", "other"))  # fmt: skip
    rule = f"${{{name}_of_which}} + ${{{name}_other}} <= ${{{name}_all}}"
    check = (
        f'        checks: [{{id: c{name}, severity: {"hard" if number % 2 else "soft"}, rule: "{rule}", {MESSAGE}}}]\n'
    )
    return f"{head}        parts:\n{parts}{check if number % 4 or r.random() < 0.9 else ''}"


MESSAGE = 'message: {zh: "请改正。", en: "Correct one."}'


def _across(r: random.Random, number: int) -> str:
    one, other = sorted(r.sample(range(PAGES), 2))
    first, second = f"q{one}_{r.choice((2, 3, 4, 7, 8, 9))}_all", f"q{other}_{r.choice((12, 13, 14, 17, 18, 19))}_other"
    severity = "soft" if number % 3 else "hard"
    rule = f"${{{first}}} + 2 * ${{{second}}} <= {1200 + number}"
    return f'  - {{id: a{number}, severity: {severity}, rule: "{rule}", {MESSAGE}}}\n'


def main() -> None:
    """Print how long the proof takes, and what it found."""
    with tempfile.TemporaryDirectory() as folder:
        path, faults = Path(folder) / "large.yaml", list[Fault]()
        path.write_text(large_questionnaire(), encoding="utf-8")
        made = load_questionnaire(path, root=path.parent, faults=faults)
        written = read_yaml(path, source.Questionnaire, root=path.parent, faults=faults)
    assert made is not None and written is not None, faults
    start, used = time.perf_counter(), time.process_time()
    proof = prove(made, written)
    wall, used = time.perf_counter() - start, time.process_time() - used
    print(f"{sum(len(page.questions) for page in made.pages)} questions, {len(made.fields)} fields, {len(made.checks)}"
          f" checks: {proof.goals} goals proved in {wall:.1f} s ({used:.1f} s of processor time), with {proof.models}"
          f" answer sets; {len(proof.of('fault'))} faults, {len(proof.of('advice'))} pieces of advice,"
          f" {len(proof.of('not proved'))} not proved")  # fmt: skip


if __name__ == "__main__":
    main()
