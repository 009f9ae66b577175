"""Publish the questionnaires of a study: a record of each, against which every later change is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uptake.console import say
from uptake.contract.errors import UptakeError

if TYPE_CHECKING:
    from uptake.study import Study


def publish_study(study: Study) -> None:
    """Write the record of every questionnaire that has none under its versions."""
    from forms.published import publish, record_path

    if not study.questionnaires:
        raise UptakeError(f"{study.folder.name}: the study has no questionnaire, so nothing can be published.")
    for asked in study.questionnaires.values():
        new = publish(study.folder, asked) is not None
        path = record_path(study.folder, asked).relative_to(study.folder).as_posix()
        say(1, f"{'published' if new else 'stands already:'} {path} (SHA-256 {asked.sha256[:12]}…)")
