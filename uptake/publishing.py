"""Publish the questionnaires and returns of a study: a record of each, against which every later change is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uptake.console import say
from uptake.contract.errors import UptakeError

if TYPE_CHECKING:
    from uptake.study import Study


def publish_study(study: Study) -> None:
    """Write the record of every questionnaire and return that has none under its versions."""
    from forms.published import publish, record_path
    from forms.returns.published import publish_return, return_record_path

    if not study.questionnaires and not study.returns:
        raise UptakeError(f"{study.folder.name}: the study has no questionnaire, so nothing can be published.")
    for asked in study.questionnaires.values():
        new = publish(study.folder, asked) is not None
        path = record_path(study.folder, asked).relative_to(study.folder).as_posix()
        say(1, f"{'published' if new else 'stands already:'} {path} (SHA-256 {asked.sha256[:12]}…)")
    for definition in study.returns.values():
        new = publish_return(study.folder, definition) is not None
        path = return_record_path(study.folder, definition).relative_to(study.folder).as_posix()
        say(1, f"{'published' if new else 'stands already:'} {path} (SHA-256 {definition.sha256[:12]}…)")
