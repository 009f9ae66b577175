"""The error an expression may raise: the expression, where in it, why, and what to write."""

from __future__ import annotations

from uptake.contract.errors import Fault, UptakeError
from uptake.contract.yamlfile import Place


class ExpressionError(UptakeError):
    """An expression cannot be read, or asks for something that has no meaning."""

    exit_code = 3

    def __init__(self, message: str, *, text: str, at: int = 0, place: Place | None = None) -> None:
        self.reason = message
        self.text = text
        self.at = at
        self.place = place
        super().__init__(str(self.fault))

    @property
    def fault(self) -> Fault:
        """The error as one fault of a study, with the line of its file."""
        where = str(self.place) if self.place else ""
        return Fault(where, f"in the expression `{self.text}`, at character {self.at + 1}: {self.reason}")


class Misuse(Exception):  # noqa: N818 - never leaves the package; parse() turns it into an ExpressionError
    """A node that has no meaning, before the text and the place of the expression are known."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
