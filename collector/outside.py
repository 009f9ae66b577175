"""What the collector asks of the other tower: functions from tables to tables, handed in when the app is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pandas import DataFrame


class PrintPdf(Protocol):
    """Print a page of HTML as PDF."""

    def __call__(self, html: str, *, lang: str, title: str, created: str, identifier: str) -> bytes: ...


class WatchQuality(Protocol):
    """Say how well a running wave represents its frame, without the level of any indicator."""

    def __call__(self, sample: DataFrame, responses: DataFrame, *, wave: str) -> DataFrame: ...


@dataclass(frozen=True, slots=True)
class Services:
    """The outside services; one that is missing is told to the person on the page, and nothing else stops."""

    print_pdf: PrintPdf | None = None
    watch_quality: WatchQuality | None = None
