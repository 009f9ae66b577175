"""Where the towers meet: the collector's application with the services that analysis and reports give it."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from uptake.console import say, tell
from uptake.contract import tables

if TYPE_CHECKING:
    from collector import Config, Services
    from uptake.stages import Run


def services() -> Services:
    """Return what the collector's pages may ask of the right tower."""
    from collector import Services
    from reports import print_pdf

    return Services(print_pdf=print_pdf)


def serve_study(run: Run, *, port: int | None = None) -> None:
    """Stage 3: open the form of a wave to the units of its sample, until stopped.

    Settings come from `UPTAKE_...`; on one's own machine none is needed. Prints the address, and one access code to try
    where nobody but this machine can use it: what a real server prints is kept in its log.
    """
    from collector import Config, open_store, serve, start_wave

    environ = {name: value for name, value in os.environ.items() if name.startswith("UPTAKE_")}
    if port is not None:
        environ["UPTAKE_PORT"] = str(port)
    config = Config.for_study(run.study.folder, wave=run.wave, environ=environ)
    with open_store(config.database) as store:
        asked = start_wave(store, run.read(tables.SAMPLE), run.questionnaire, wave=run.wave, code_key=config.code_key)
    if asked:
        say(3, f"{asked:,} units may now answer")
    serve(config, services=services(), ready=partial(_announce, run, config))


def _announce(run: Run, config: Config) -> None:
    from collector.config import is_loopback

    scheme = "https" if config.tls_certificate else "http"
    host = f"[{config.host}]" if ":" in config.host else config.host
    tell(f"The form is at {scheme}://{host}:{config.port}/  (stop with Ctrl+C)")
    if is_loopback(config.host) and not config.secure:
        tell(f"An access code to try: {code_to_try(run, config)}")


def code_to_try(run: Run, config: Config) -> str:
    """Return the access code of a unit that has not answered yet, or of the first unit where all have."""
    from collector import access_code, export_responses, open_for_reading

    with open_for_reading(config.database) as store:
        responses, _ = export_responses(store, run.questionnaire, wave=run.wave)
    waiting = responses.sort_values("disposition", key=lambda column: column != "unknown", kind="stable")
    unit_id = str(waiting["unit_id"].iloc[0])
    return access_code(config.code_key, wave=run.wave, questionnaire=run.questionnaire.id, unit_id=unit_id)
