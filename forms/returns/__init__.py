"""Metrics returns: sums and counts that units send every month, their checks, and the ledger of what stands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forms.returns.census import Total as Total
    from forms.returns.census import totals as totals
    from forms.returns.files import Records as Records
    from forms.returns.files import ReturnFileError as ReturnFileError
    from forms.returns.files import read_bytes as read_bytes
    from forms.returns.files import read_file as read_file
    from forms.returns.ledger import Ledger as Ledger
    from forms.returns.ledger import Receipt as Receipt
    from forms.returns.loader import load_return as load_return
    from forms.returns.loader import load_returns as load_returns
    from forms.returns.model import Metric as Metric
    from forms.returns.model import Return as Return
    from forms.returns.receiving import Outcome as Outcome
    from forms.returns.receiving import Report as Report
    from forms.returns.receiving import receive as receive
    from forms.returns.rows import Row as Row
    from forms.returns.rows import read_row as read_row

_HOME = {
    "files": ("Records", "ReturnFileError", "read_bytes", "read_file"),
    "ledger": ("Ledger", "Receipt"),
    "loader": ("load_return", "load_returns"),
    "model": ("Metric", "Return"),
    "receiving": ("Outcome", "Report", "receive"),
    "rows": ("Row", "read_row"),
    "census": ("Total", "totals"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'forms.returns' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forms.returns.{_MODULE_OF[name]}"), name)
