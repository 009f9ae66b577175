"""The command `uptake return`: what a file of a metrics return would change, row by row, before anybody sends it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import tell
from uptake.contract.errors import Fault, StudyError, UptakeError, did_you_mean

if TYPE_CHECKING:
    from forms.returns import Outcome, Records, Report, Return

MOST_SHOWN = 200


class RefusedRowsError(UptakeError):
    """Rows of a file of a return were refused; each was printed with what to change."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A file as it would be sent: the file, the files sent before it, when, and the language of the report."""

    file: Path
    before: tuple[Path, ...]
    sent: datetime.datetime
    lang: str


def find_return(study: Path, name: str | None) -> Return:
    """Return one return of a study; the only one when none is named."""
    from forms.returns import load_returns

    faults: list[Fault] = []
    found = load_returns(study, faults=faults)
    if faults:
        raise StudyError(faults)
    if not found:
        raise UptakeError(f"{study}: the study has no returns, so nothing can be sent. Write one in returns/.")
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None or name not in found:
        near = did_you_mean(name or "", found)
        raise UptakeError(f"name one of the returns with --return: {', '.join(found)}.{near}")
    return found[name]


def read_sent(text: str | None) -> datetime.datetime:
    """Read when a file was sent: a day or a day with the time; now where nothing is said."""
    try:
        return datetime.datetime.now() if text is None else datetime.datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise UptakeError(f'"{text}" is not a time. Write 2026-11-08 or 2026-11-08T16:30.') from None


def check_file(definition: Return, sending: Sending) -> None:
    """Print what a file would change; raise RefusedRowsError where rows are refused."""
    from forms.returns import Ledger, read_file, receive

    ledger = Ledger()
    for step, path in enumerate(sending.before):
        earlier = sending.sent - datetime.timedelta(seconds=len(sending.before) - step)
        ledger, _ = receive(definition, ledger, read_file(definition, path).records, sent=earlier)
    records = read_file(definition, sending.file)
    _, report = receive(definition, ledger, records.records, sent=sending.sent)
    _print(definition, records, report, sending)
    refused = report.counts["refused"] + len(records.broken)
    if refused:
        rows = "1 row was" if refused == 1 else f"{refused:,} rows were"
        raise RefusedRowsError(f"{sending.file}: {rows} not taken. Correct them and check the file again.")


def _print(definition: Return, records: Records, report: Report, sending: Sending) -> None:
    lang = sending.lang
    tell(f"{definition.header.table_number} {definition.title[lang]} ({sending.file.name}, {records.encoding})")
    lines = [*_broken_lines(records, lang), *_lines(report.outcomes, lang)]
    for line in lines[:MOST_SHOWN]:
        tell(line)
    if len(lines) > MOST_SHOWN:
        tell({"zh": f"……另有 {len(lines) - MOST_SHOWN:,} 条", "en": f"… and {len(lines) - MOST_SHOWN:,} more"}[lang])
    tell(_counts(report, len(records.broken), lang))


def _broken_lines(records: Records, lang: str) -> Iterator[str]:
    for line, problem in records.broken:
        yield _line(line, "refused", problem.column, problem.message[lang], lang)


def _lines(outcomes: Sequence[Outcome], lang: str) -> Iterator[str]:
    for outcome in outcomes:
        for problem in (*outcome.problems, *outcome.checks):
            yield _line(outcome.line, outcome.status, problem.column, problem.message[lang], lang)


def _line(line: int, status: str, column: str, message: str, lang: str) -> str:
    from forms.returns.words import LABELS, STATUSES
    from forms.words import safe_to_show

    label = LABELS[column][lang] if column in LABELS else safe_to_show(column)
    where = {"zh": f"第 {line} 行", "en": f"row {line}"}[lang] + (f" {label}" if label else "")
    return f"  {where} [{STATUSES[status][lang]}] {message}"


def _counts(report: Report, broken: int, lang: str) -> str:
    from forms.returns.words import STATUSES

    counts = dict(report.counts)
    counts["refused"] += broken
    shown = [f"{STATUSES[status][lang]} {count:,}" for status, count in counts.items() if count]
    nothing = {"zh": "没有任何变化。", "en": "Nothing changes."}[lang]
    head = {"zh": f"合计：{'，'.join(shown)}。", "en": f"In all: {', '.join(shown)}. "}[lang]
    return (head if report.changed else head + nothing).rstrip()
