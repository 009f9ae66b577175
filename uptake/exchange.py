"""XLSForms in and out of a study folder, and what is told about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uptake.console import tell
from uptake.contract.errors import ConflictError, Fault, StudyError, SystemPartError, UptakeError, did_you_mean

if TYPE_CHECKING:
    from forms.source import Questionnaire as Written

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an XLSForm is to be read: into which file, from which language, with whose legal header, over an old file."""

    into: Path | None = None
    single: str = ""
    header: str | None = None
    replace: bool = False


def take_xlsform(study: Path, file: Path, wishes: Wishes) -> Path:
    """Read an XLSForm and write it as a questionnaire of a study; return the file.

    Raises StudyError with every fault by sheet, row and column, and ConflictError where the file is there already.
    """
    from forms.lint import lint_file
    from forms.xlsform import import_xlsform

    faults: list[Fault] = []
    header = _header(study, wishes.header) if wishes.header else None
    name = wishes.into.stem if wishes.into else ""
    made = import_xlsform(file, faults=faults, name=name, single=wishes.single, header=header)
    if made is None:
        raise StudyError(faults)
    target = wishes.into or study / "questionnaires" / f"{made.questionnaire.id}.yaml"
    _refuse_old(target, wishes.replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"# Read from {file.name}\n{made.text}", encoding="utf-8")
    asked = len(made.questionnaire.fields)
    tell(f"{target}: {len(made.questionnaire.pages)} pages, {asked} fields, {len(made.questionnaire.checks)} checks")
    _tell("To look at", made.notes)
    _tell("What lint says of the new file", [str(advice) for advice in lint_file(target, root=study)])
    _tell("Texts that were copied and need a translation", made.copied)
    return target


def give_xlsform(study: Path, name: str, target: Path, *, replace: bool = False) -> Path:
    """Write a questionnaire of a study as an XLSForm, let pyxform read it where it is installed, and return the file.

    Raises UptakeError for a questionnaire that is not there, StudyError for one that has faults.
    """
    from forms.loader import load_questionnaire
    from forms.xlsform import export_xlsform

    if target.suffix.lower() != ".xlsx":
        raise UptakeError(
            f"{target}: an XLSForm is written as .xlsx, and other programs know it by its name. Write .xlsx."
        )
    _refuse_old(target, replace)
    faults: list[Fault] = []
    path, written = _written(study, name, faults)
    questionnaire = load_questionnaire(path, root=study, faults=faults)
    if questionnaire is None or faults:
        raise StudyError(faults)
    made = export_xlsform(written, questionnaire, target)
    _prove(made.book)
    tell(f"{target}: {len(made.book.rows('survey'))} rows, {len(made.book.rows('choices'))} choices")
    _tell("What standard tools do not see", made.notes)
    return target


def _prove(book: Any) -> None:
    """Let the reference reader take the workbook; without it nothing is proved, and that is said."""
    from forms.xlsform.reference import converted

    faults: list[Fault] = []
    try:
        converted(book, faults)
    except SystemPartError:
        tell("pyxform is not installed, so it was not tried whether standard tools take the file.")
    if faults:
        raise StudyError(faults)


def _written(study: Path, name: str, faults: list[Fault]) -> tuple[Path, Written]:
    from forms.source import Questionnaire
    from uptake.contract.yamlfile import read_yaml

    folder = study / "questionnaires"
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        listed = f" It has {', '.join(known)}." if known else ""
        raise UptakeError(f'{folder}: there is no questionnaire "{name}" here.{listed}{did_you_mean(name, known)}')
    written = read_yaml(folder / f"{name}.yaml", Questionnaire, root=study, faults=faults)
    if written is None:
        raise StudyError(faults)
    return folder / f"{name}.yaml", written


def _header(study: Path, name: str) -> dict[str, Any]:
    from forms.digest import plain

    _, written = _written(study, name, [])
    made: dict[str, Any] = plain(written.header)
    return made


def _refuse_old(target: Path, replace: bool) -> None:
    if target.exists() and not replace:
        raise ConflictError(f"{target}: the file is there already, and what is in it would be lost. Name"
                            " another file, or give --replace.")  # fmt: skip


def _tell(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    tell(f"{title} ({len(lines)}):")
    for line in lines[:_SHOWN]:
        tell(f"  {line}")
    if len(lines) > _SHOWN:
        tell(f"  … and {len(lines) - _SHOWN} more of the same kind")
