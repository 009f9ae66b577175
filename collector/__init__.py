"""Who answered what: the web pages of a survey, the answer store behind them, and the tables that come out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collector.app import create_app as create_app
    from collector.config import Config as Config
    from collector.outside import Services as Services
    from collector.server import serve as serve
    from collector.services.assignments import Assignment as Assignment
    from collector.services.assignments import find_assignments as find_assignments
    from collector.services.codes import access_code as access_code
    from collector.services.codes import find_by_code as find_by_code
    from collector.services.codes import letters as letters
    from collector.services.confirmations import confirm as confirm
    from collector.services.dispositions import record_disposition as record_disposition
    from collector.services.export import Exported as Exported
    from collector.services.export import export_responses as export_responses
    from collector.services.export import export_wave as export_wave
    from collector.services.pages import SavedPage as SavedPage
    from collector.services.pages import save_page as save_page
    from collector.services.submissions import Receipt as Receipt
    from collector.services.submissions import Submitted as Submitted
    from collector.services.submissions import submit as submit
    from collector.services.waves import start_wave as start_wave
    from collector.store.open import Store as Store
    from collector.store.open import open_for_reading as open_for_reading
    from collector.store.open import open_store as open_store

_HOME = {
    "app": ("create_app",),
    "config": ("Config",),
    "outside": ("Services",),
    "server": ("serve",),
    "services.assignments": ("Assignment", "find_assignments"),
    "services.codes": ("access_code", "find_by_code", "letters"),
    "services.dispositions": ("record_disposition",),
    "services.export": ("Exported", "export_responses", "export_wave"),
    "services.confirmations": ("confirm",),
    "services.pages": ("SavedPage", "save_page"),
    "services.submissions": ("Receipt", "Submitted", "submit"),
    "services.waves": ("start_wave",),
    "store.open": ("Store", "open_for_reading", "open_store"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'collector' has no attribute {name!r}")
    return getattr(importlib.import_module(f"collector.{_MODULE_OF[name]}"), name)
