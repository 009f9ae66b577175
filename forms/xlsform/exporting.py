"""Write a questionnaire as an XLSForm that standard tools read; what they have no word for stands in custom columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms import source
from forms.digest import plain
from forms.model import Field, Questionnaire
from forms.xlsform.asking import Asking
from forms.xlsform.custom import Tree, encode, without
from forms.xlsform.draft import Cells, Draft, texts
from forms.xlsform.listing import write_lists
from forms.xlsform.sheets import LANGUAGE_NAMES, NAMESPACE, OURS, Book, Row, Sheet
from forms.xlsform.xpath import Asked
from uptake.contract.errors import Fault, StudyError

_CHOSEN = ("sel1", "selN", "code")
_RULES = frozenset({"rule", "relevant", "message", "value", "required_if"})
_FIRST = ("type", "name", "list_name", "id")
_ESCAPED = re.compile(r"_x(?=[0-9A-Fa-f]{4}_)")  # a workbook writes control signs so; a text that looks so is escaped
_LONGEST = 32_767


@dataclass(frozen=True, slots=True)
class Exported:
    """An XLSForm that was written: its sheets, and what standard tools do not see of the questionnaire."""

    book: Book
    notes: tuple[str, ...]


def export_xlsform(written: source.Questionnaire, questionnaire: Questionnaire, target: Path | None = None) -> Exported:
    """Write a questionnaire as an XLSForm.

    Does not cover what XLSForm has no place for in the eyes of standard tools (wording arms, confirmations with a
    reason): it is carried in custom columns and comes back on import, and the notes name it.
    written: the file as read; questionnaire: the same, loaded. target: the .xlsx to write; nothing is written without.
    Returns the sheets and the notes. Raises StudyError for a text that an XLSForm cannot hold.
    """
    tree = plain(written)
    _refuse_texts(tree, str(written.place))
    draft = Draft(questionnaire.fields, choice_lists=tree.get("choice_lists", {}))
    _settings(draft, tree)
    _name_rows(draft, questionnaire.fields.values())
    write_lists(draft, tree.get("choice_lists", {}))
    asking = Asking(draft)
    for page_tree, page in zip(tree["pages"], questionnaire.pages, strict=True):
        asking.page(page_tree, page)
    _whole_checks(asking, tree)
    _definitions(draft, tree)
    _known_before(draft, tree)
    draft.notes += _unseen(tree)
    book = _book(target.name if target else f"{questionnaire.id}.xlsx", draft)
    made = Exported(book, tuple(dict.fromkeys(draft.notes)))
    if target is not None:
        save_book(made.book, target)
    return made


def _name_rows(draft: Draft, fields: Iterable[Field]) -> None:
    """Decide how every field stands in the form, and what the row for its "don't know" is called."""
    leaves = tuple(fields)
    draft.names |= {leaf.name.lower() for leaf in leaves}
    for leaf in leaves:
        beside = leaf.dont_know and leaf.kind not in _CHOSEN
        draft.asked[leaf.name] = Asked(
            several=leaf.kind == "selN",
            number=leaf.type in ("int", "dec"),
            tick=leaf.kind == "tick",
            roster=leaf.roster != "",
            dont_know_choice=leaf.dont_know and not beside,
            dont_know_row=draft.take(f"{leaf.name}_dont_know") if beside else None,
        )


def _settings(draft: Draft, tree: Tree) -> None:
    said = ("id", "title", "definition_version", "header", "pages", "choice_lists", "definitions", "checks", "notices",
            "sample")  # fmt: skip
    draft.settings = {
        "form_title": tree["title"]["zh"], "form_id": tree["id"], "version": tree["definition_version"],
        "default_language": LANGUAGE_NAMES["zh"], "namespaces": f'uptake="{NAMESPACE}"',
        **encode({"title": tree["title"]}, "uptake:"), **encode(without(tree, said), "uptake:"),
        **encode(tree["header"], "uptake:header_"),
    }  # fmt: skip
    for at, notice in enumerate(tree.get("notices", ()), start=1):
        draft.row("notice", {"type": "note", "name": draft.take(f"notice_{at}"), **texts("label", notice)})


def _whole_checks(asking: Asking, tree: Tree) -> None:
    """Write the checks over several questions as a last group."""
    if tree.get("checks"):
        draft = asking.draft
        draft.row("checks", {"type": "begin_group", "name": draft.take("checks"), "appearance": "field-list",
                             **texts("label", {"zh": "核对", "en": "Checks"})})  # fmt: skip
        for check in tree["checks"]:
            asking.check(check, None, {})
        draft.end("group")


def _definitions(draft: Draft, tree: Tree) -> None:
    for box in tree.get("definitions", ()):
        rest = without(box, ("id", "version", "title", "text", "examples"))
        draft.definitions.append({"id": box["id"], "version": box["version"], **texts("title", box["title"]),
                                  **texts("text", box["text"]), **encode(rest, "")})  # fmt: skip
        for example in box.get("examples", ()):
            counts = encode(without(example, ("text",)), "")
            draft.definitions.append(
                {"id": box["id"], "version": "example", **texts("text", example["text"]), **counts}
            )


def _known_before(draft: Draft, tree: Tree) -> None:
    """Put what is known of a unit before it answers on top, as hidden rows: rules may look at it."""
    body, draft.survey = draft.survey, []
    for entry in tree.get("sample", ()):
        draft.row("sample", {"type": "hidden", "name": draft.take(entry["id"])}, without(entry, ("id",)))
    listed = {entry["id"] for entry in tree.get("sample", ())}
    for name in draft.given:
        if name not in listed:
            draft.row("given", {"type": "hidden", "name": draft.take(name)})
    draft.survey += body


_UNSEEN = {
    "total_of": "parts that must add up to a total: nothing compares them",
    "wordings": "wording experiments: everybody sees the question's own words",
    "prefill": "answers known before: the boxes are empty, and what rules read of them is unknown",
    "soft": "reasons for confirmed soft checks: the note is shown, and no reason is asked for",
}


def _unseen(tree: Tree) -> Iterable[str]:
    """Give what standard tools do not do, for the keys that the questionnaire uses."""
    used = {part for key, _ in _strings(tree, "") for part in key.split(".")}
    soft = any(text == "soft" for key, text in _strings(tree, "") if key.endswith("severity"))
    for key, why in _UNSEEN.items():
        if key in used or (key == "soft" and soft):
            yield f"standard tools do not know {why}."


def _book(name: str, draft: Draft) -> Book:
    sheets = {"survey": draft.survey, "choices": draft.choices, "settings": [draft.settings],
              "uptake_definitions": draft.definitions}  # fmt: skip
    made = {title: _sheet(name, title, rows) for title, rows in sheets.items() if rows}
    return Book(name, made, tuple(made))


def _sheet(book: str, name: str, rows: list[Cells]) -> Sheet:
    headers = list(dict.fromkeys(header for row in rows for header in row))
    headers.sort(key=lambda header: (header.startswith((OURS, "uptake:", "uptake_")), header not in _FIRST))
    made = tuple(Row(book, name, at, row) for at, row in enumerate(rows, start=2))
    return Sheet(name, tuple(headers), made)


def save_book(book: Book, target: Path) -> None:
    """Write sheets as an .xlsx; every cell is a text, so that nothing in it can become a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    workbook = Workbook()
    workbook.remove(workbook.active)
    for sheet in book:
        page = workbook.create_sheet(sheet.name)
        for across, header in enumerate(sheet.headers, start=1):
            page.cell(1, across).font = Font(bold=True)
            _put(page, 1, across, header)
            for row in sheet.rows:
                if row[header]:
                    _put(page, row.number, across, row[header])
                    page.cell(row.number, across).alignment = Alignment(vertical="top")
        page.freeze_panes = "C2"
    workbook.save(target)


def _put(page: Any, row: int, column: int, text: str) -> None:
    cell = page.cell(row, column)
    cell.value = _ESCAPED.sub("_x005F_x", text).replace("\r", "_x000D_")
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _refuse_texts(tree: Tree, where: str) -> None:
    """Refuse a text that a cell cannot hold, or that XLSForm would read as a reference to an answer."""
    faults = []
    for key, text in _strings(tree, ""):
        if len(text) > _LONGEST:
            faults.append(Fault(where, f"a text under {key} has {len(text)} characters, and a cell holds {_LONGEST}."
                                " Shorten it."))  # fmt: skip
        elif "${" in text and not _RULES & set(key.split(".")):
            faults.append(Fault(where, f'the text "{text[:40]}" under {key} has "${{" in it, which XLSForm would'
                                       " read as an answer to be shown there. Write it without."))  # fmt: skip
    if faults:
        raise StudyError(faults)


def _strings(value: Any, key: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
