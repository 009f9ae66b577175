"""Write docs/methods/agreement.md: which cases computed with R were run, and how many gave the same numbers."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/methods/agreement.md"
HEAD = """# Agreement with R

Cases computed once with R 4.2.2 and the package survey 4.1.1 (set A: public teaching data and simulated surveys), run
through the public functions of `analysis`. A case *agrees* when every field it has (estimates, standard errors, degrees
of freedom, intervals, design effects, covariances, test statistics, weights) lies within the tolerance that came with
it: 1e-8 of the number for closed forms, 1e-7 for transformed intervals, 1e-6 for iterated results. *must* cases are
those that a correct engine has to match; in *advisory* ones R follows a quirk or a coarse numeric method, and they are
reported, not required.

This page is made by `python tools/reference_page.py`; `tests/analysis/test_est_reference.py` compares the two.
"""


def page(outcomes: Iterable[Any], bad_designs: Counter[str]) -> str:
    """Return the page from what became of every case."""
    known = list(outcomes)
    parts = [
        HEAD,
        table("data", known, lambda case: str(case["dataset"])),
        table("estimator", known, lambda case: str(case["estimator"])),
        _advisory(known),
        _bad(bad_designs),
    ]
    return "\n".join(parts)


def table(title: str, outcomes: list[Any], key: Callable[[dict[str, Any]], str]) -> str:
    """Return a table of cases run and agreed by one property of a case, with a line for all."""
    lines = [
        f"| {title} | must: cases | run | agreed | advisory: cases | run | agreed |",
        "|---|---|---|---|---|---|---|",
    ]
    names = sorted({key(o.case) for o in outcomes})
    for name in [*names, "all"]:
        own = [o for o in outcomes if name in (key(o.case), "all")]
        numbers = [n for strength in ("must", "advisory") for n in _counted(own, strength)]
        shown = f"**{name}**" if name == "all" else f"`{name}`"
        lines.append(f"| {shown} | {' | '.join(f'{n:,}' for n in numbers)} |")
    return "\n".join([*lines, ""])


def _counted(outcomes: list[Any], strength: str) -> tuple[int, int, int]:
    own = [o for o in outcomes if o.case["strength"] == strength]
    ran = [o for o in own if o.status in ("agreed", "differed")]
    return len(own), len(ran), sum(o.status == "agreed" for o in ran)


def _advisory(outcomes: list[Any]) -> str:
    """Name the cases that do not agree, each with what the reference says of it."""
    lines = ["Cases that do not agree:", ""]
    for o in outcomes:
        if o.status != "agreed":
            says = o.case.get("quirk") or o.status
            lines.append(f"- `{o.case['id']}` ({o.case['strength']}): {says}")
    return "\n".join([*lines, ""]) if len(lines) > 2 else "Every case agrees.\n"


def _bad(counts: Counter[str]) -> str:
    listed = ", ".join(f"{count} must be {word}" for word, count in sorted(counts.items()))
    return (
        f"Of the {counts.total()} bad designs of the reference {listed};\n"
        "`tests/analysis/test_est_bad_designs.py` runs them and compares the codes.\n"
    )


def bad_designs(reference: Path) -> Counter[str]:
    """Count the bad designs by what must become of them."""
    words = {"reject": "refused", "warn": "answered with a warning", "accept": "answered"}
    cases = json.loads((reference / "expected/bad_designs.json").read_text(encoding="utf-8"))["cases"]
    return Counter(words[case["expected"]["must"]] for case in cases)


def harness() -> Any:
    """Return the module that runs the cases."""
    path = ROOT / "tests/analysis/reference_harness.py"
    spec = importlib.util.spec_from_file_location("reference_harness", path)
    assert spec is not None
    assert spec.loader is not None
    sys.modules["reference_harness"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["reference_harness"])
    return sys.modules["reference_harness"]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared/reference"
    found = list(harness().run_cases(folder))
    PAGE.write_text(page(found, bad_designs(folder)), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
