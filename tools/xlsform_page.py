"""Write the tables of docs/xlsform.md from what the code refuses: python tools/xlsform_page.py."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "xlsform.md"
BEGIN, END = "<!-- made by tools/xlsform_page.py -->", "<!-- end -->"


def tables() -> str:
    """Return the tables of everything that is refused or left out."""
    from forms.xlsform import refused
    from uptake.contract.expressions.functions import ABSENT

    functions = {f"{name}()": reason for name, reason in ABSENT.items()}
    return "\n".join([
        "### Types of rows", "", *_refusals(refused.TYPES),
        "", "### Columns", "", *_refusals(refused.COLUMNS),
        "", "### Structures", "", *_refusals(refused.STRUCTURES),
        "", "### Functions", "", *_reasons(functions, "function"),
        "", "### Rows that are left out, with a note", "", *_reasons(refused.LEFT_OUT, "type"),
        "", "### Settings that are left out, with a note", "",
        *_reasons({name: why for name, why in refused.SETTINGS_LEFT_OUT.items() if why}, "setting"),
    ])  # fmt: skip


def _refusals(table: Mapping[str, object]) -> list[str]:
    rows = [f"| `{name}` | {reason.why} | {reason.instead} |" for name, reason in table.items()]  # type: ignore[attr-defined]
    return ["| not imported | because | instead |", "|---|---|---|", *rows]


def _reasons(table: Mapping[str, str], noun: str) -> list[str]:
    return [f"| {noun} | because |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in table.items())]


def page(text: str) -> str:
    """Return the page with its tables as the code has them now."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
