"""Reports: what we say. Tables of the contract in; briefs in two languages, a workbook and CSV out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reports.brief import Brief, BriefContext, BriefTables, DomainFigure, Measure, load_briefs

if TYPE_CHECKING:
    from reports.pdf import print_pdf
    from reports.release import write_assessments_csv, write_estimates_csv, write_quality_csv
    from reports.render import render_brief
    from reports.workbook import write_workbook

# Loaded when first used: pandas, WeasyPrint and XlsxWriter must not be paid for by `import reports`.
_LAZY = {
    "print_pdf": "reports.pdf",
    "render_brief": "reports.render",
    "write_workbook": "reports.workbook",
    "write_estimates_csv": "reports.release",
    "write_assessments_csv": "reports.release",
    "write_quality_csv": "reports.release",
}

__all__ = [
    "Brief",
    "BriefContext",
    "BriefTables",
    "DomainFigure",
    "Measure",
    "load_briefs",
    "print_pdf",
    "render_brief",
    "write_assessments_csv",
    "write_estimates_csv",
    "write_quality_csv",
    "write_workbook",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'reports' has no attribute {name!r}")
