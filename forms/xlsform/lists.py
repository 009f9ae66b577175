"""The choices sheet as choice lists: named ones, those of one question, and what the engine adds itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from forms import source
from forms.xlsform.custom import Tree
from forms.xlsform.refused import COLUMNS
from forms.xlsform.sheets import Book, Row, language_of
from forms.xlsform.taking import Taking
from uptake.contract.errors import did_you_mean

_OURS = "uptake_"
_MARKS = frozenset({"list", "inline", "of", "codes", "engine"})
_STANDARD = frozenset({"list_name", "name", "label"})


@dataclass(slots=True)
class Lists:
    """The choices of every list by its name in the workbook, and what each list is to us."""

    taking: Taking
    choices: dict[str, list[Tree]] = field(default_factory=dict)
    first: dict[str, Row] = field(default_factory=dict)

    def read(self, book: Book) -> None:
        """Read the sheet; further columns are told, since only choice_filter could use them."""
        for row in book.rows("choices"):
            name = row["list_name"].strip()
            if not name or not row["name"].strip():
                self.taking.fault(
                    row, "a choice needs list_name and name, so that it can be chosen and stored. Add both."
                )
                continue
            self.first.setdefault(name, row)
            listed = self.choices.setdefault(name, [])
            if row.cells.get(f"{_OURS}engine", "") != "yes":
                listed.append(self._choice(row))
        self._tell_columns(book)

    def _choice(self, row: Row) -> Tree:
        label = self.taking.text(row, "label")
        if not label:
            self.taking.fault(row, "the choice has no label, so nobody could choose it. Add label.", "label")
        made = self.taking.tree(row, code=row["name"].strip(), label=label or {"zh": "?", "en": "?"})
        made |= self.taking.keys(row, source.Choice, _OURS, also_not=_MARKS)
        return made

    def _tell_columns(self, book: Book) -> None:
        for header in book.headers("choices"):
            named = language_of(header)
            if header.startswith(_OURS) or header in _STANDARD or (named and named[0] == "label"):
                continue
            used = next((row for row in book.rows("choices") if row[header]), None)
            base = named[0] if named else header.split("::")[0]
            if used and base in COLUMNS:
                reason = COLUMNS[base]
                self.taking.fault(used, f"{base}: not imported, because {reason.why}. {reason.instead}", header)
            elif used:
                self.taking.note(used, "the column is left out: only choice_filter could use it", header)

    def keys(self, row: Row, words: str = "") -> Tree:
        """Return the key that gives a row its choices: `choice_list` or `choices`."""
        listed = (words or row["type"]).split()
        name = listed[1] if len(listed) > 1 else ""
        if name not in self.first:
            near = did_you_mean(name, self.first)
            self.taking.fault(row, f'no list in the sheet choices is called "{name[:60]}", so there is nothing to'
                                   f" choose from. Add it.{near}", "type")  # fmt: skip
            return {"choices": []}
        first = self.first[name]
        if first.cells.get(f"{_OURS}inline"):
            return {"choices": self.choices[name]}
        return {"choice_list": first.cells.get(f"{_OURS}of") or self.called(name)}

    def called(self, name: str) -> str:
        """Return what a list is called in the questionnaire."""
        return self.first[name].cells.get(f"{_OURS}list") or name

    def named(self) -> dict[str, list[Tree]]:
        """Return the lists that stand in choice_lists."""
        return {self.called(name): choices for name, choices in self.choices.items() if not self._marked(name)}

    def _marked(self, name: str) -> bool:
        cells = self.first[name].cells
        return any(cells.get(f"{_OURS}{mark}") for mark in ("inline", "of", "codes", "engine"))
