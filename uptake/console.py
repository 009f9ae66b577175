"""What the commands print: numbered lines, a progress bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

STAGES = {1: "define", 2: "draw", 3: "collect", 4: "weigh", 5: "estimate", 6: "report"}
_SECONDS_BETWEEN_LINES = 5.0

Advance = Callable[[int], None]


def say(stage: int, sentence: str) -> None:
    """Print one line of a stage: its number, its word and what happened."""
    print(f"  {stage} {STAGES[stage]:<9} {sentence}", flush=True)  # noqa: T201 - the console is this module's purpose


def tell(sentence: str = "") -> None:
    """Print a line that belongs to no stage."""
    print(sentence, flush=True)  # noqa: T201


def complain(sentence: str) -> None:
    """Print an error for the user on the error stream."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def progress(stage: int, label: str, total: int) -> Iterator[Advance]:
    """Show how far long work is; gives a function that is called with the number of things done since the last call."""
    if sys.stdout.isatty():
        with _bar(stage, label, total) as advance:
            yield advance
    else:
        yield _plain_lines(sys.stdout, f"  {stage} {STAGES[stage]:<9} {label}", total)


@contextmanager
def _bar(stage: int, label: str, total: int) -> Iterator[Advance]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(f"{stage} {STAGES[stage]:<9} {label}", total=total)
        yield lambda done: bar.advance(task, done)


def _plain_lines(stream: TextIO, head: str, total: int) -> Advance:
    state = {"done": 0, "next": time.monotonic() + _SECONDS_BETWEEN_LINES}

    def advance(done: int) -> None:
        state["done"] += done
        if time.monotonic() >= state["next"]:
            state["next"] = time.monotonic() + _SECONDS_BETWEEN_LINES
            print(f"{head}: {state['done']:,.0f} of {total:,}", file=stream, flush=True)

    return advance
