"""Hold an edited export against itself: where standard and custom columns disagree, one of the two would be lost."""

from __future__ import annotations

from forms import source
from forms.model import Questionnaire
from forms.xlsform.exporting import export_xlsform
from forms.xlsform.sheets import Book, Row, language_of
from uptake.contract.errors import Fault

_SHOWN = 60


def refuse_disagreement(
    book: Book, written: source.Questionnaire, questionnaire: Questionnaire, faults: list[Fault]
) -> None:
    """Report rows of our own export that would look different if the questionnaire were exported again."""
    if not any(row.ours("kind") for row in book.rows("survey")):
        return
    again = export_xlsform(written, questionnaire).book
    for sheet, key in (("survey", _survey_key), ("choices", _choice_key)):
        ours = {key(row): row for row in again.rows(sheet)}
        columns = {language_of(header) or header for header in book.headers(sheet)} - {"appearance"}
        for row in book.rows(sheet):
            if key(row):
                _compare(row, ours.get(key(row)), columns, faults)


def _survey_key(row: Row) -> str:
    return row["name"] if row.ours("kind") else ""


def _choice_key(row: Row) -> str:
    marked = any(header.startswith("uptake_") for header in row.cells)
    return f"{row['list_name']} {row['name']}" if marked else ""


def _compare(row: Row, again: Row | None, columns: set[str | tuple[str, str]], faults: list[Fault]) -> None:
    if again is None:
        faults.append(row.fault("the row came from an export and follows from other rows, which no longer ask"
                                " for it. Delete it, or restore them."))  # fmt: skip
        return
    now, then = _plain(row), _plain(again)
    for column in dict.fromkeys((*now, *then)):
        if column in columns and now.get(column, "") != then.get(column, ""):
            header = column if isinstance(column, str) else "::".join(column)
            faults.append(row.fault(
                f'here stands "{now.get(column, "")[:_SHOWN]}", but from the custom columns (bind::uptake:...)'
                f' and the rows it belongs to follows "{then.get(column, "")[:_SHOWN]}", and one would be lost.'
                ' Change both, or restore'
                " this cell.", header,
            ))  # fmt: skip


def _plain(row: Row) -> dict[str | tuple[str, str], str]:
    return {language_of(header) or header: value for header, value in row.cells.items()}
