"""Read an XLSForm from a stranger as a questionnaire: hostile input is refused in words, nothing is lost silently."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms import source
from forms.digest import plain
from forms.loader import make_questionnaire
from forms.model import Questionnaire, field_name
from forms.xlsform.agreement import refuse_disagreement
from forms.xlsform.blocks import Block, blocks_of
from forms.xlsform.custom import Tree
from forms.xlsform.expressions import Names
from forms.xlsform.lists import Lists
from forms.xlsform.opening import open_xlsform
from forms.xlsform.paging import Paging
from forms.xlsform.reference import converted
from forms.xlsform.refused import SETTINGS_LEFT_OUT
from forms.xlsform.sheets import Book, Row, language_of
from forms.xlsform.taking import Taking
from forms.xlsform.taking_foreign import TakingForeign, is_table, type_words
from forms.xlsform.taking_ours import TakingOurs
from forms.xlsform.yaml_text import not_kept, rows_of_lines, yaml_text
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import read_yaml

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,50}")
_TO_FILL = Tree(
    table_number="（待填写 / to be filled in）",
    authority={"zh": "（待填写）", "en": "(to be filled in)"},
    approval_number="（待填写 / to be filled in）",
    approved_by={"zh": "（待填写）", "en": "(to be filled in)"},
    valid_until="2000-01-01",  # lapsed, so that the collector refuses the form until somebody writes the date
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A questionnaire that was read from an XLSForm: its YAML, and what the author should know."""

    questionnaire: Questionnaire
    written: source.Questionnaire
    text: str
    notes: tuple[str, ...]
    copied: tuple[str, ...]


def import_xlsform(
    path: Path, *, faults: list[Fault], name: str = "", single: str = "", header: Mapping[str, Any] | None = None
) -> Imported | None:
    """Read an XLSForm (.xlsx) as a questionnaire.

    Does not cover what docs/xlsform.md lists as refused; each such row is a fault.
    path: the file, which may be hostile. faults: receives every fault with sheet, row and column. name: the id of the
    questionnaire instead of form_id. single: the language (zh or en) whose texts are copied where the other lacks.
    header: the legal header as written in a questionnaire, where the workbook brings none.
    Returns the questionnaire with its YAML; None where there are faults. Raises SystemPartError without pyxform.
    """
    before = len(faults)
    book = open_xlsform(path, faults)
    if book is None or len(faults) > before:
        return None
    taking = Taking(single, faults=faults)
    tree = _tree(book, taking, name, header or {})
    if len(faults) == before:
        converted(book, faults)
    return _loaded(book, tree, taking) if len(faults) == before else None


def _tree(book: Book, taking: Taking, name: str, header: Mapping[str, Any]) -> Tree:
    """Return the whole questionnaire as it will be written."""
    settings = next(iter(book.rows("settings")), Row(book.name, "settings", 2, {}))
    if not book.rows("survey"):
        taking.faults.append(
            Fault(book.name, "there is no sheet survey with rows, so there is nothing to ask. Add it.")
        )
        return Tree()
    named = language_of(f"label::{settings['default_language']}") if settings["default_language"] else None
    taking.default_language = named[1] if named else ""
    blocks = blocks_of(book.rows("survey"), taking.faults)
    if taking.faults:
        return Tree()
    _refuse_names(blocks, taking)
    taking.names = _names(blocks)
    lists = Lists(taking)
    lists.read(book)
    made = _head(book, settings, taking, name, header)
    made |= _known_before(blocks, taking)
    paging = Paging(taking, TakingOurs(taking, lists), TakingForeign(taking, lists), made["title"])
    paging.take(blocks)
    return _finished(made, book, blocks, paging)


def _finished(made: Tree, book: Book, blocks: list[Block], paging: Paging) -> Tree:
    taking = paging.taking
    definitions = _definitions(book, taking)
    named = paging.foreign.lists.named()
    made |= {"definitions": definitions} if definitions else {}
    made |= {"choice_lists": named} if named else {}
    made["pages"] = paging.pages
    if not paging.pages:
        taking.faults.append(Fault(book.name, "the sheet survey asks nothing. Add a question."))
    checks = [
        paging.ours.check(inner.row)
        for block in blocks
        if block.kind == "checks"
        for inner in block.inside
        if inner.kind == "check"
    ]
    return made | ({"checks": checks} if checks else {})


def _refuse_names(blocks: list[Block], taking: Taking) -> None:
    """Refuse rows whose name gives no field name here, or the same field name as another."""
    seen: dict[str, Row] = {}
    in_repeats = {id(inner.row) for block in _all(blocks) if block.word == "repeat" for inner in block.inside}
    for block in _all(blocks):
        row, word = block.row, (type_words(block.row) or [""])[0]
        if not row["type"].strip():
            taking.fault(row, "the row has no type, so its meaning is not known. Add it, or empty the row.", "type")
        elif block.kind and not row["name"].strip():
            taking.fault(row, "the row has no name, so nothing could be stored for it. Put it back.", "name")
        elif block.kind or word == "note" or block.word != "row":
            continue
        elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,30}", row["name"].strip()):
            taking.fault(row, f'the name "{row["name"][:60]}" must begin with a letter and have 1 to 31 of a-z A-Z'
                              " 0-9 _ -, because it names a column of the results. Change it.", "name")  # fmt: skip
        elif (other := seen.setdefault(field_name(row["name"]), row)) is not row and id(row) not in in_repeats:
            taking.fault(row, f'the names "{other["name"]}" (row {other.number}) and "{row["name"]}" give the same'
                              " field, and one would be lost. Change one.", "name")  # fmt: skip


def _all(blocks: Iterable[Block]) -> Iterable[Block]:
    for block in blocks:
        yield from block.all()


def _names(blocks: list[Block]) -> Names:
    """Return what every name of the workbook is here, so that expressions can be read."""
    fields: dict[str, str] = {}
    rosters: dict[str, str] = {}
    ticks, numbers, todays = set(), set(), set()
    for stem, block in _placed(blocks, ""):
        name, words = block.row["name"].strip(), type_words(block.row) or [""]
        ours = name if block.kind else field_name(stem, name)
        if block.word == "repeat" and not block.kind:
            columns = [inner for inner in block.inside if inner.word == "row"]
            rosters |= {name: field_name(name, columns[0].row["name"])} if columns else {}
        if block.word != "row" or words[0] == "note":
            continue
        fields[name] = block.row.ours("id") or name if block.kind == "sample" else ours
        if "or_other" in words:
            fields[f"{name}_other"] = f"{ours}_other_text"
        ticks |= {ours} if words[0] in ("acknowledge", "trigger") else set()
        numbers |= {ours} if words[0] in ("integer", "int", "decimal", "range") else set()
        todays |= {name} if words[0] == "today" else set()
    return Names(fields, frozenset(ticks), frozenset(numbers), frozenset(todays), rosters)


def _placed(blocks: list[Block], stem: str) -> Iterable[tuple[str, Block]]:
    """Give every block with the name that its field begins with: that of the table or repeat around it."""
    for block in blocks:
        yield stem, block
        around = block.word == "repeat" or (block.word == "group" and is_table(block))
        yield from _placed(block.inside, block.row["name"].strip() if around and not block.kind else "")


def _head(book: Book, row: Row, taking: Taking, name: str, header: Mapping[str, Any]) -> Tree:
    """Return who asks what, in which version, with the legal header."""
    cells = {key.removeprefix("uptake:"): value for key, value in row.cells.items() if key.startswith("uptake:")}
    said = taking.decoded(row, {key: value for key, value in cells.items() if not key.startswith("header_")},
                          source.Questionnaire)  # fmt: skip
    own = name or row["form_id"].strip() or Path(book.name).stem
    if not _ID.fullmatch(own):
        taking.fault(
            row,
            f'the form_id "{own[:60]}" cannot name a file: it must begin with a letter and have 1 to'
            " 51 of a-z A-Z 0-9 _ -. Change it, or give a name on the command line.",
            "form_id",
        )
        own = "imported"
    title = said.pop("title", None) or _title(row, taking, own)
    made = taking.tree(row, id=own, title=title, definition_version=row["version"].strip() or "1.0",
                       text_version=said.pop("text_version", "1"))  # fmt: skip
    if not row["version"].strip():
        taking.note(row, 'there is no version; definition_version "1.0" was written', "version")
    made["header"] = _header(row, taking, cells, header)
    for column in book.headers("settings"):
        if not column.startswith("uptake:") and row[column]:
            why = SETTINGS_LEFT_OUT.get(column, "it has no meaning here")
            taking.notes += [f"{row.where(column)}: the setting is left out: {why}"] if why else []
    return made | said


def _title(row: Row, taking: Taking, own: str) -> dict[str, str]:
    title = row["form_title"].strip() or own
    taking.note(row, "XLSForm has one title for all languages; it was written in zh and en. Translate it", "form_title")
    return {"zh": title, "en": title}


def _header(row: Row, taking: Taking, cells: Mapping[str, str], header: Mapping[str, Any]) -> Tree:
    own = {key.removeprefix("header_"): value for key, value in cells.items() if key.startswith("header_")}
    if own:
        return taking.decoded(row, own, source.Header)
    if header:
        return Tree(header)
    taking.note(row, "XLSForm has no legal header; fill in header (table_number, authority, approval_number,"
                " approved_by, valid_until). Until then the form counts as lapsed and cannot be collected")  # fmt: skip
    return Tree(_TO_FILL)


def _known_before(blocks: list[Block], taking: Taking) -> Tree:
    """Return notices, and the columns of the sample that rules read."""
    notices = [taking.text(block.row, "label") for block in blocks if block.kind == "notice"]
    sample = []
    for block in blocks:
        if block.kind == "sample":
            entry = taking.tree(block.row, id=block.row.ours("id") or block.row["name"])
            kinds = {key: block.row.ours(key) for key in ("column", "type") if block.row.ours(key)}
            sample.append(entry | kinds)
    return Tree((key, value) for key, value in (("notices", notices), ("sample", sample)) if value)


def _definitions(book: Book, taking: Taking) -> list[Tree]:
    made: list[Tree] = []
    for row in book.rows("uptake_definitions"):
        rest = {key: value for key, value in row.cells.items() if key not in ("id", "version") and not language_of(key)}
        if row["version"] != "example":
            box = taking.tree(row, id=row["id"], version=row["version"], title=taking.text(row, "title"),
                              text=taking.text(row, "text"))  # fmt: skip
            made.append(box | taking.decoded(row, rest, source.Definition))
        elif made and made[-1]["id"] == row["id"]:
            example = Tree(text=taking.text(row, "text")) | taking.decoded(row, rest, source.Example)
            made[-1].setdefault("examples", []).append(example)
        else:
            taking.fault(
                row, "an example stands under no definition of the same id. Put it under its definition.", "id"
            )
    return made


def _loaded(book: Book, tree: Tree, taking: Taking) -> Imported | None:
    """Write the YAML, load it as a study's would be, and bring every fault back to its row."""
    text = yaml_text(tree)
    faults: list[Fault] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{tree['id']}.yaml"
        path.write_text(text, encoding="utf-8")
        written = read_yaml(path, source.Questionnaire, root=Path(folder), faults=faults)
    made = make_questionnaire(written, faults=faults) if written is not None else None
    if made is None or written is None:
        rows = rows_of_lines(text, tree, taking.origins)
        taking.faults += [_at_row(book, fault, rows) for fault in dict.fromkeys(faults)]
        return None
    if (lost := not_kept(plain(written), tree)) is not None:
        taking.faults.append(Fault(book.name, f'the text "{lost[:40]}" cannot be written into a YAML file as it'
                                              " is. Change its unusual signs."))  # fmt: skip
    refuse_disagreement(book, written, made, taking)
    if taking.faults:
        return None
    return Imported(made, written, text, tuple(taking.notes), tuple(taking.copied))


def _at_row(book: Book, fault: Fault, rows: Mapping[int, Row]) -> Fault:
    line = fault.where.rpartition(":")[2]
    row = rows.get(int(line)) if line.isdigit() else None
    return Fault(row.where() if row else book.name, fault.message)
