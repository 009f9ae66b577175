"""The web app of a survey: this file is its table of contents."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from collector.deployment import EXTENSION, Deployment
from collector.outside import Services
from collector.words import languages_of, words_faults
from uptake.contract.errors import ConfigError, Fault, StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from collector.config import Config
    from collector.store.open import Store
    from forms import Questionnaire

LARGEST_PAGE = 64 * 1024
#: Fifty rows of a roster are more than a page; werkzeug reads no form above 500 kB.
LARGEST_LIST = 480 * 1024
#: The code page may carry a page that was typed before the visitor was signed out.
LARGEST_CODE_PAGE = LARGEST_LIST


def create_app(config: Config, *, services: Services | None = None, store: Store | None = None) -> Flask:
    """Make the app of one deployment; it opens the store named in the settings unless one is given."""
    from flask import Flask

    from collector import entry, failures, headers, log, looks, ops, respond
    from collector.store.open import open_store

    questionnaires = load_all(config)
    app = Flask("collector")
    app.config.from_mapping(_flask_settings(config))
    app.extensions[EXTENSION] = Deployment(
        config,
        questionnaires,
        store or open_store(config.database),
        services or Services(),
        languages_of(questionnaires),
    )
    _trust_proxy(app, config)
    headers.init_app(app, secure=config.secure)
    log.init_app(app)
    looks.init_app(app)
    _allow_long_forms(app, questionnaires)
    failures.init_app(app)
    app.register_blueprint(entry.blueprint)
    app.register_blueprint(respond.blueprint)
    app.register_blueprint(ops.blueprint)
    return app


def _allow_long_forms(app: Flask, questionnaires: Mapping[str, Questionnaire]) -> None:
    """Let the code page carry a whole page of text, and a page with a roster many rows; asked before a form is read."""
    from flask import request

    from collector.services.rows import split_place

    lists = {roster.page for questionnaire in questionnaires.values() for roster in questionnaire.rosters.values()}

    @app.before_request
    def widen() -> None:
        if request.endpoint == "entry.enter":
            request.max_content_length = LARGEST_CODE_PAGE
        elif request.endpoint == "respond.send_page" and split_place((request.view_args or {})["place"])[0] in lists:
            request.max_content_length = LARGEST_LIST


def load_all(config: Config) -> Mapping[str, Questionnaire]:
    """Load every questionnaire of the study, or raise StudyError with all that is wrong with them."""
    from forms import load_questionnaires

    faults: list[Fault] = []
    questionnaires = load_questionnaires(config.study, faults=faults)
    faults += words_faults(config.study)
    if faults:
        raise StudyError(faults)
    if not questionnaires:
        raise ConfigError(
            f"The study folder {config.study} has no questionnaires/*.yaml: there is nothing to ask. "
            "Correct UPTAKE_STUDY."
        )
    return questionnaires


def _flask_settings(config: Config) -> dict[str, object]:
    prefix = "__Host-" if config.secure else ""
    return {
        "SECRET_KEY": config.secret_key,
        "MAX_CONTENT_LENGTH": LARGEST_PAGE,
        "SESSION_COOKIE_NAME": f"{prefix}uptake",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": config.secure,
        "SESSION_COOKIE_PATH": "/",
        # Bound to the session and valid as long: a form that takes an hour to fill in must not be refused for its age.
        "WTF_CSRF_TIME_LIMIT": None,
        # The token is bound to a cookie no other site can set (`__Host-`). Asking for the Referer as well would only
        # shut out enterprises whose network removes it: they could type for ever and never save.
        "WTF_CSRF_SSL_STRICT": False,
        "SEND_FILE_MAX_AGE_DEFAULT": datetime.timedelta(hours=1),
    }


def _trust_proxy(app: Flask, config: Config) -> None:
    if config.behind_tls_proxy:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0)  # type: ignore[method-assign]
        app.before_request(_only_encrypted)


def _only_encrypted() -> tuple[str, int] | None:
    """Refuse what did not reach the proxy by HTTPS, or did not come through it at all."""
    from flask import request

    from collector.looks import message

    if request.is_secure or request.blueprint == "ops":
        return None
    return message("bad_request_title", "not_encrypted", status=403)
