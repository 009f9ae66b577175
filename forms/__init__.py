"""What we ask: questionnaires as data, their pages as forms, their routing and their checks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forms.answers import answers_from_json as answers_from_json
    from forms.answers import answers_to_json as answers_to_json
    from forms.answers import shown_value as shown_value
    from forms.answers import typed_from_answers as typed_from_answers
    from forms.batch import wave_sql as wave_sql
    from forms.build import ParsedPage as ParsedPage
    from forms.build import build_form as build_form
    from forms.build import parse_page as parse_page
    from forms.checks import Finding as Finding
    from forms.checks import run_checks as run_checks
    from forms.document import ReadDocument as ReadDocument
    from forms.document import read_document as read_document
    from forms.exporting import computed_answers as computed_answers
    from forms.exporting import exported_answers as exported_answers
    from forms.given import beside as beside
    from forms.given import boxed as boxed
    from forms.given import given_answers as given_answers
    from forms.given import given_from_json as given_from_json
    from forms.given import given_to_json as given_to_json
    from forms.given import wording_of as wording_of
    from forms.leaves import Given as Given
    from forms.leaves import cell_name as cell_name
    from forms.leaves import split_cell as split_cell
    from forms.loader import load_questionnaire as load_questionnaire
    from forms.loader import load_questionnaires as load_questionnaires
    from forms.model import Answer as Answer
    from forms.model import Field as Field
    from forms.model import Page as Page
    from forms.model import Question as Question
    from forms.model import Questionnaire as Questionnaire
    from forms.model import Roster as Roster
    from forms.paper import render_paper as render_paper
    from forms.paper import render_return as render_return
    from forms.render import render_page as render_page
    from forms.rosters import rows_of as rows_of
    from forms.routing import Route as Route
    from forms.routing import route as route
    from forms.sheets import ReadSheet as ReadSheet
    from forms.sheets import read_workbook as read_workbook

_HOME = {
    "answers": ("answers_from_json", "answers_to_json", "typed_from_answers", "shown_value"),
    "batch": ("wave_sql",),
    "build": ("ParsedPage", "build_form", "parse_page"),
    "checks": ("Finding", "run_checks"),
    "document": ("ReadDocument", "read_document"),
    "exporting": ("computed_answers", "exported_answers"),
    "given": ("beside", "boxed", "given_answers", "given_from_json", "given_to_json", "wording_of"),
    "leaves": ("Given", "cell_name", "split_cell"),
    "loader": ("load_questionnaire", "load_questionnaires"),
    "model": ("Answer", "Field", "Page", "Question", "Questionnaire", "Roster"),
    "paper": ("render_paper", "render_return"),
    "render": ("render_page",),
    "rosters": ("rows_of",),
    "routing": ("Route", "route"),
    "sheets": ("ReadSheet", "read_workbook"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'forms' has no attribute {name!r}")
    return getattr(importlib.import_module(f"forms.{_MODULE_OF[name]}"), name)
