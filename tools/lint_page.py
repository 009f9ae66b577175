"""Write docs/lint.md from the registries of lint, so that the page cannot say something else than the code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from forms.lint import rules
from forms.lint.refused import REFUSALS
from uptake.linting import RULES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lint.md"
HEAD = """# What `uptake check` finds

`uptake check STUDY` reads a study and says what is wrong with it: file, line, what is wrong with which thing, why it
matters, what to change. A **fault** stops the study (exit code 3). **Advice** is for the author to judge; `--strict`
refuses it too. Every class has a stable code, which stands in brackets at the end of what lint says, and a failing
sample in `tests/forms/lint_samples/`. What only a proof can tell (questions nobody reaches, checks that contradict each
other) is found by `uptake check --prove`. This page is made by `python tools/lint_page.py`; the tests compare the two.

There are {count} classes.
"""


def table(title: str, about: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """Return one section with its table."""
    lines = [f"| `{code}` | {weight} | {finds} |" for code, weight, finds in rows]
    return "\n".join([f"\n## {title}\n", about, "\n| code | weight | what it finds |", "|---|---|---|", *lines, ""])


def page() -> str:
    """Return the whole page."""
    return HEAD.format(count=len(rules()) + len(RULES) + len(REFUSALS)) + "".join(
        [
            table("In a questionnaire that loads", "Found by `forms.lint`.",
                  ((rule.code, rule.severity, rule.looks_for) for rule in rules())),
            table("Between the files of a study", "Waves, languages and what was published.",
                  ((rule.code, rule.severity, rule.looks_for) for rule in RULES)),
            table("Refused on reading", "Found by the readers of YAML, the loader and the expression language.",
                  ((refusal.code, "fault", refusal.looks_for) for refusal in REFUSALS)),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
