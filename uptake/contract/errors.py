"""The kinds of error a user may see: a sentence, where it stands, and an exit code for each kind."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from uptake.contract.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where it stands (`indicators.yaml:14`, `stratum 110000-3`) and what to change."""

    where: str
    message: str

    def __str__(self) -> str:
        return visible(f"{self.where}: {self.message}" if self.where else self.message)


class UptakeError(Exception):
    """Root of every error that is shown to a user as a sentence, without traceback."""

    exit_code = 1


class StudyError(UptakeError):
    """A study folder has faults; all of them are listed, not just the first."""

    exit_code = 3

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        head = "1 fault in the study:" if len(self.faults) == 1 else f"{len(self.faults)} faults in the study:"
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))


class TableError(UptakeError):
    """A table breaks its contract (docs/tables.md)."""

    exit_code = 4


class DesignError(UptakeError):
    """A sample design cannot carry an estimate: a lonely PSU, a missing weight, an FPC below n, ..."""

    exit_code = 5

    def __init__(self, message: str, *, code: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.faults = tuple(faults)


class EstimationError(UptakeError):
    """An estimate that was asked for cannot be given: an empty domain, a zero denominator, ..."""

    exit_code = 6

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class ConflictError(UptakeError):
    """A stage would overwrite the result of other inputs, and `--replace` was not given."""

    exit_code = 7


class SystemPartError(UptakeError):
    """A part of the system is missing: Pango, a Chinese font, a character in a font."""

    exit_code = 8


class ConfigError(UptakeError):
    """A deployment setting is unknown, missing or unsafe."""

    exit_code = 9


class StoreError(UptakeError):
    """The answer store cannot be opened or written."""

    exit_code = 10


class InputError(UptakeError):
    """A file or document that somebody gave us cannot be read; `text` is the sentence in every language."""

    exit_code = 11

    def __init__(self, text: Text) -> None:
        super().__init__(text["en"])
        self.text = text


def visible(text: str) -> str:
    r"""Return text with its control and invisible signs written out, so that a terminal shows it and obeys nothing.

    >>> visible("a" + chr(27) + "[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(_written_out(sign) if unicodedata.category(sign) in ("Cc", "Cf", "Cs") else sign for sign in text)


def _written_out(sign: str) -> str:
    return sign if sign == "\n" else f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}"


def shown(text: str, most: int = 60) -> str:
    """Return a text as a message repeats it: on one line, and cut when it is long."""
    flat = " ".join(text.split("\n"))
    return flat if len(flat) <= most else f"{flat[:most]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for the nearest known word, or an empty text; nobody mistypes 100 signs."""
    if len(word) > 100:
        return ""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(word.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f' Did you mean "{by_fold[near[0]]}"?' if near else ""
