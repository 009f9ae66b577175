"""Where the towers meet: the collector's application with the services that analysis and reports give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from collector import Config, Services


def services() -> Services:
    """Return what the collector's pages may ask of the right tower."""
    from collector import Services
    from reports import print_pdf

    return Services(print_pdf=print_pdf)


def application(config: Config) -> Flask:
    """Return the collector's application for one deployment, wired."""
    from collector import create_app

    return create_app(config, services=services())
