"""Named people and their browsers: Li of the office, Wang who answers for an enterprise, Chen of another one."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector import access_code

STUDY = Path(__file__).parent / "study"
WAVE = "2026Q4"
CODE_KEY = b"a code key that only the tests know, 32 bytes"


@dataclass
class Clock:
    """A clock the tests can set."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 12, 1, 8, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


def sample_of(*units: tuple[str, str, int], wave: str = WAVE) -> pd.DataFrame:
    rows = [
        {
            "wave": wave,
            "unit_id": unit_id,
            "name": name,
            "stratum": "110000-3",
            "selection": "sampled",
            "base_weight": 5.0,
            "n_h": len(units),
            "N_h": 5 * len(units),
            "staff": staff,
        }
        for unit_id, name, staff in units
    ]
    return pd.DataFrame(rows)


class Browser:
    """A person's browser without script: it keeps cookies, and posts a form with the hidden fields it was shown."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.shown: TestResponse = client.get("/")

    @property
    def text(self) -> str:
        return self.shown.text

    @property
    def path(self) -> str:
        return self.shown.request.path

    @property
    def status(self) -> int:
        return self.shown.status_code

    @property
    def hidden(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text)
        return {name: html.unescape(value) for name, value in found}

    def get(self, path: str) -> Browser:
        self.shown = self.client.get(path, follow_redirects=True)
        return self

    def post(self, path: str, data: dict[str, object]) -> Browser:
        self.shown = self.client.post(path, data=data, follow_redirects=True)
        return self

    def enter(self, code: str) -> Browser:
        return self.post("/enter", {**self.hidden, "code": code})

    def send(self, action: str = "save", **typed: object) -> Browser:
        """Press a button of the page that is shown."""
        return self.post(self.path, {**self.hidden, "action": action, **typed})

    def submit(self) -> Browser:
        return self.post("/respond/submit", dict(self.hidden))


def code_of(unit_id: str) -> str:
    return access_code(CODE_KEY, wave=WAVE, questionnaire="robots", unit_id=unit_id)
