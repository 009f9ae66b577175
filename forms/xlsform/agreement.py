"""Hold an edited export against itself: where standard and custom columns disagree, one of the two would be lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forms import source
from forms.model import Questionnaire
from forms.xlsform.exporting import export_xlsform
from forms.xlsform.sheets import Book, Row, language_of
from forms.xlsform.taking import Taking
from uptake.contract.errors import Fault, StudyError

Column = str | tuple[str, str]
_SHOWN = 60
_FOLLOWS = frozenset({"row", "cell", "number", "band", "other", "dont_know"})  # rows that a question makes
_LOOKS = frozenset({"appearance"})


def refuse_disagreement(book: Book, written: source.Questionnaire, made: Questionnaire, taking: Taking) -> None:
    """Report what of our own export would look different if the questionnaire were exported again.

    An edit is either taken, or told: no edit is ignored in silence.
    """
    if not any(row.ours("kind") for row in book.rows("survey")):
        return
    try:
        again = export_xlsform(written, made).book
    except StudyError as error:
        taking.faults += [Fault(book.name, fault.message) for fault in error.faults]
        return
    agreement = _Agreement(book, again, taking)
    agreement.survey()
    agreement.choices()
    agreement.title()


@dataclass(frozen=True, slots=True)
class _Agreement:
    """The workbook as it came, and as the questionnaire would be exported now."""

    book: Book
    again: Book
    taking: Taking

    def survey(self) -> None:
        now = {row["name"]: row for row in self.book.rows("survey") if row.ours("kind")}
        then = {row["name"]: row for row in self.again.rows("survey") if row.ours("kind")}
        self._compare("survey", now, then)
        for name in then.keys() - now.keys():
            if then[name].ours("kind") in _FOLLOWS:
                self._missing("survey", name)

    def choices(self) -> None:
        """Compare lists that follow from others or from a code list row by row; of others what the engine adds."""
        follows = {row["list_name"] for row in self.book.rows("choices")
                   if row["uptake_of"] or row["uptake_codes"]}  # fmt: skip
        now = {_choice(row): row for row in self.book.rows("choices") if row["list_name"] in follows or _marked(row)}
        then = {_choice(row): row for row in self.again.rows("choices")}
        self._compare("choices", now, then)
        for key in then.keys() - now.keys():
            if key.split()[0] in follows or then[key]["uptake_engine"]:
                self._missing("choices", key)

    def title(self) -> None:
        """The one title of XLSForm is the Chinese one of ours."""
        for row, again in zip(self.book.rows("settings"), self.again.rows("settings"), strict=False):
            if row["uptake:title_zh"] and row["form_title"]:
                self._cell(row, "form_title", row["form_title"], again["form_title"])
            for column in ("default_language", "uptake:text_version"):
                if row[column] != again[column]:
                    self.taking.note(row, f'{column} is "{row[column]}"; "{again[column]}" was taken')

    def _compare(self, sheet: str, now: Mapping[str, Row], then: Mapping[str, Row]) -> None:
        columns = {language_of(header) or header for header in self.book.headers(sheet)}
        for key, row in now.items():
            if key not in then:
                self.taking.fault(row, "the row came from an export and follows from other rows, which no"
                                  " longer ask for it. Delete it, or restore them.")  # fmt: skip
                continue
            here, there = _plain(row), _plain(then[key])
            for column in dict.fromkeys((*here, *there)):
                if column in columns and here.get(column, "") != there.get(column, ""):
                    self._cell(row, column, here.get(column, ""), there.get(column, ""))

    def _cell(self, row: Row, column: Column, here: str, there: str) -> None:
        header = column if isinstance(column, str) else "::".join(column)
        if column in _LOOKS:
            self.taking.note(row, f"the appearance is left out; an export writes {there or 'none'}", header)
        elif here != there:
            self.taking.fault(
                row, f'here stands "{here[:_SHOWN]}", but from the custom columns (bind::uptake:...) and the'
                f' rows it belongs to follows "{there[:_SHOWN]}", and one would be lost. Change both, or'
                ' restore this cell.', header,
            )  # fmt: skip

    def _missing(self, sheet: str, key: str) -> None:
        self.taking.faults.append(Fault(
            f"{self.book.name}: sheet {sheet}", f'the row "{key}" of the export is not there any more, but what it'
                                                " follows from still asks for it. Put it back, or remove that"
                                                " too.",
        ))  # fmt: skip


def _marked(row: Row) -> bool:
    return any(header.startswith("uptake_") for header in row.cells)


def _choice(row: Row) -> str:
    return f"{row['list_name']} {row['name']}"


def _plain(row: Row) -> dict[Column, str]:
    return {language_of(header) or header: value for header, value in row.cells.items()}
