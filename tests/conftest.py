"""What all tests share: where the reference data and real surveys lie, and what to say when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared_folder() -> Path | None:
    """The folder with reference numbers and real surveys: UPTAKE_SHARED, or `shared` beside the checkout."""
    named = os.environ.get("UPTAKE_SHARED")
    found = Path(named) if named else ROOT.parent / "shared"
    return found if found.is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with reference numbers and real surveys, or a skip that names what is missing."""
    found = shared_folder()
    if found is None:
        pytest.skip(
            "the folder `shared` (reference numbers, real surveys) is not beside the checkout; set UPTAKE_SHARED"
        )
    return found


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file on one worker, so that what they share is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(ROOT).as_posix()))
