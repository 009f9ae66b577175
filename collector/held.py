"""Text a visitor typed while they were no longer signed in: it travels through the code page and comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

#: What belongs to the request and not to the text.
_LEFT_BEHIND = frozenset({"csrf_token", "action", "language"})


@dataclass(frozen=True, slots=True)
class Held:
    """A page as it was typed, and the opaque name of the assignment it was typed for."""

    page: str
    reference: str
    typed: Mapping[str, list[str]]

    def to_text(self) -> str:
        """Write it for a hidden field of the code page."""
        return json.dumps({"page": self.page, "for": self.reference, "typed": self.typed}, ensure_ascii=False)

    @property
    def base_seq(self) -> int:
        """Return the state the page was shown from."""
        return whole_number((self.typed.get("base_seq") or [""])[0])

    @property
    def client_key(self) -> str:
        """Return the page's own key."""
        return (self.typed.get("client_key") or [""])[0][:64]


def hold(page: str, form: Mapping[str, list[str]]) -> Held:
    """Hold what was posted to a page."""
    typed = {name: list(values) for name, values in form.items() if name not in _LEFT_BEHIND}
    return Held(page, (form.get("for") or [""])[0], typed)


def from_text(text: str | None) -> Held | None:
    """Read a held page back; whatever is not exactly one is ignored, because anybody can write a hidden field."""
    try:
        raw = json.loads(text or "")
        page, reference, typed = raw["page"], raw["for"], raw["typed"]
        texts = {_sendable(name): [_sendable(value) for value in values] for name, values in typed.items()}
        return Held(_sendable(page), _sendable(reference), texts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _sendable(text: object) -> str:
    """Return a text; JSON can also spell half characters, which no page can be sent with."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    text.encode()
    return text


def whole_number(text: str) -> int:
    """Return a whole number sent by a page, 0 where it is none: the page was then filled in from nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
