"""What the collector asks of the other tower: functions from tables to tables, handed in when the app is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class PrintPdf(Protocol):
    """Print a page of HTML as PDF."""

    def __call__(self, html: str, *, lang: str, title: str, created: str, identifier: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Services:
    """The outside services; one that is missing is told to the person on the page, and nothing else stops."""

    print_pdf: PrintPdf | None = None
