"""What every page shows around its content: language, words, notices, and who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import get_flashed_messages, render_template, request, session

from collector.deployment import deployment
from collector.store.times import from_text
from collector.visitor import language, languages, signed_in
from collector.words import HTML_LANGUAGES, name_of, say

if TYPE_CHECKING:
    from flask import Flask

OFFICE_HOURS = 8  # the offset of China's one time zone, in which receipts are dated


def init_app(app: Flask) -> None:
    """Give the templates their words."""
    app.context_processor(_around)
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def page(template: str, *, status: int = 200, **values: Any) -> tuple[str, int]:
    """Render a page of the collector in the visitor's language.

    HTML has no way to write NUL; in what was typed it is shown as browsers show it.
    """
    return render_template(template, **values).replace("\0", "\ufffd"), status


def message(title: str, text: str, *, status: int, **words: object) -> tuple[str, int]:
    """Render a page that says one thing; `title` and `text` are keys of the words, `words` fill the text."""
    return page("message.html", status=status, title_key=title, text_key=text, words=words)


def moment(stored: str) -> str:
    """Write a stored moment as people in the office's time zone read it.

    >>> moment("2026-12-01T08:00:00.000000Z")
    '2026-12-01 16:00:00 (UTC+8)'
    """
    from datetime import timedelta

    return f"{from_text(stored) + timedelta(hours=OFFICE_HOURS):%Y-%m-%d %H:%M:%S} (UTC+{OFFICE_HOURS})"


def _notice(said: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the key of a notice and its values; most notices have none."""
    return (said, {}) if isinstance(said, str) else (str(said[0]), said[1])


def _around() -> dict[str, Any]:
    # A cookie that has ended must not stop the page that says so.
    lang = language()
    return {
        "lang": lang,
        "html_lang": HTML_LANGUAGES.get(lang, lang),
        "languages": [(code, name_of(code), HTML_LANGUAGES.get(code, code)) for code in languages()],
        "t": lambda key, **values: say(lang, key, **values),
        "notices": [_notice(said) for said in get_flashed_messages()] if session else [],
        "here": signed_in() if request.endpoint != "static" else None,
        "contact": deployment().config.contact,
    }
