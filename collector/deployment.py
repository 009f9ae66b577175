"""What every view of one running app needs: settings, questionnaires, the store and the outside services."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from collector.config import Config
from collector.outside import Services
from collector.services.sessions import Lifetime
from collector.store.open import Store

if TYPE_CHECKING:
    from forms import Questionnaire

EXTENSION = "uptake"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One running collector; languages: those in which its pages and every questionnaire are written."""

    config: Config
    questionnaires: Mapping[str, Questionnaire]
    store: Store
    services: Services
    languages: tuple[str, ...]

    @property
    def lifetime(self) -> Lifetime:
        """Return how long a browser stays signed in."""
        return Lifetime(timedelta(seconds=self.config.idle_seconds), timedelta(seconds=self.config.absolute_seconds))

    def reference(self, assignment_id: int) -> str:
        """Return an opaque name of an assignment that a page can carry without saying whose it is."""
        message = f"assignment {assignment_id}".encode()
        return hmac.new(self.config.secret_key.encode(), message, hashlib.sha256).hexdigest()[:24]


def deployment() -> Deployment:
    """Return the deployment of the app that is handling this request."""
    from flask import current_app

    return cast(Deployment, current_app.extensions[EXTENSION])
