"""How long a compiled check takes, beside the same check written by hand in Python.

    python benchmarks/expressions.py [STUDY]

Every rule and condition of the study's questionnaires is evaluated over the same random answers, a quarter of them
missing. By hand: a Python function with the same three-valued result, which is the floor; compiled anew: the same tree
turned into closures for each evaluation, which is what keeping the closures saves.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import forms
from forms.model import Questionnaire
from uptake.contract.errors import Fault
from uptake.contract.expressions import Expression, compile_python, parse

Answers = Mapping[str, object]
STUDY = Path(__file__).resolve().parents[1] / "uptake/studies/aiplus"
KINDS: dict[str, Callable[[random.Random], object]] = {
    "number": lambda r: r.randrange(500),
    "text": lambda r: r.choice(["yes", "no", "none", "3611"]),
    "bool": lambda r: r.random() < 0.5,
}


def expressions(questionnaire: Questionnaire) -> list[Expression]:
    """Return every rule and every condition of a questionnaire."""
    conditions = [page.relevant for page in questionnaire.pages]
    conditions += [question.relevant for page in questionnaire.pages for question in page.questions]
    return [check.rule for check in questionnaire.checks] + [found for found in conditions if found is not None]


def random_answers(questionnaire: Questionnaire, rows: int) -> list[dict[str, object]]:
    """Return answers to every field, a quarter of them missing."""
    r = random.Random(1)
    kinds = questionnaire.kinds
    makers = {name: KINDS.get(kind, KINDS["text"]) for name, kind in kinds.items()}
    return [{name: None if r.random() < 0.25 else make(r) for name, make in makers.items()} for _ in range(rows)]


def seconds_each(holds: Callable[[Answers], object], rows: list[dict[str, object]], rounds: int = 7) -> float:
    """Return the least time of one evaluation over a few rounds, the loop included."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for row in rows:
            holds(row)
        times.append(time.perf_counter() - start)
    return min(times) / len(rows)


def by_hand(values: Answers) -> bool | None:
    """`${e04_rd} <= ${e04_staff}`, as somebody would write it who knows that both are whole numbers."""
    a, b = values.get("e04_rd"), values.get("e04_staff")
    return None if a is None or b is None else a <= b  # type: ignore[operator]


def main(study: str = str(STUDY)) -> None:
    """Print the median, the slowest and the ratios."""
    faults: list[Fault] = []
    for name, questionnaire in forms.load_questionnaires(Path(study), faults=faults).items():
        rows, kinds = random_answers(questionnaire, 500), questionnaire.kinds
        found = [
            (seconds_each(compile_python(expression, kinds=kinds, to="bool"), rows), expression.text)
            for expression in expressions(questionnaire)
        ]
        times = [seconds for seconds, _ in found]
        slowest = max(found)
        print(f"{name}: {len(found)} rules and conditions, {len(rows)} sets of answers")
        print(f"  median {statistics.median(times) * 1e6:6.3f} us   (at most 1 is asked)")
        print(f"  mean   {statistics.mean(times) * 1e6:6.3f} us")
        print(f"  most   {slowest[0] * 1e6:6.3f} us   {slowest[1][:90]}")
        if "e04_rd" in kinds:
            _ratios(rows, questionnaire)


def _ratios(rows: list[dict[str, object]], questionnaire: Questionnaire) -> None:
    rule = parse("${e04_rd} <= ${e04_staff}")
    compiled = compile_python(rule, kinds=questionnaire.kinds, to="bool")
    assert [compiled(row) for row in rows] == [by_hand(row) for row in rows]
    one, hand = seconds_each(compiled, rows), seconds_each(by_hand, rows)
    anew = seconds_each(lambda row: compile_python(rule, kinds=questionnaire.kinds, to="bool")(row), rows, rounds=3)
    print(
        f"  {rule.text}: {one * 1e6:.3f} us, {one / hand:.2f} x by hand, {anew / one:.0f} x the speed of compiling anew"
    )


if __name__ == "__main__":
    main(*sys.argv[1:2])
