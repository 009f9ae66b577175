"""Published returns: a record of each in canonical JSON, and the refusal of a change under the same versions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from forms.differences import differences
from forms.digest import canonical, document_digest
from forms.returns.loader import return_document, written_return
from forms.returns.model import Return
from uptake.contract.errors import Fault

FOLDER = "published/returns"
FORMAT = "uptake-return-1"
_SHOWN = 3


def return_record_path(folder: Path, definition: Return) -> Path:
    """Return where the record of a return stands: `published/returns/<id>-<definition_version>-<text_version>.json`."""
    name = f"{definition.id}-{definition.definition_version}-{definition.text_version}.json"
    return folder / FOLDER / name


def publish_return(folder: Path, definition: Return) -> Path | None:
    """Write the record of a return that has none under its versions; None where it stands already.

    folder: the study's. The record is canonical JSON (RFC 8785), as that of a questionnaire.
    """
    path = return_record_path(folder, definition)
    if path.exists():
        return None
    document = return_document(written_return(folder, definition.id))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(canonical({"format": FORMAT, "sha256": document_digest(document), "document": document}) + b"\n")
    return path


def published_return_faults(folder: Path, returns: Iterable[Return]) -> list[Fault]:
    """List the returns that differ from what was published under their versions, and records that were changed.

    A return without a record under its versions is a draft and may change.
    """
    return [fault for definition in returns for fault in _faults(folder, definition)]


def _faults(folder: Path, definition: Return) -> list[Fault]:
    path = return_record_path(folder, definition)
    if not path.exists():
        return []
    document = _document(path)
    if document is None:
        where = path.relative_to(folder).as_posix()
        return [Fault(where, "the record is damaged or was changed after it was published, so nothing can be held"
                             " against it. Restore it from where it was published.")]  # fmt: skip
    if document_digest(document) == definition.sha256:
        return []
    written = written_return(folder, definition.id)
    found = differences(_alike(document), _alike(return_document(written)))
    said = "; ".join(f"{item.path} was {_value(item.old)}, is {_value(item.new)}" for item in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [Fault(str(written.definition_version.place), f"{definition.id} differs from what was published as"
                  f" {definition.definition_version} (text {definition.text_version}), and rows sent under the two"
                  f" could not be told apart: {said}{more}. Raise a version.")]  # fmt: skip


def _document(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
        document: dict[str, Any] = said["document"]
        good = said["format"] == FORMAT and document_digest(document) == said["sha256"] and "return" in document
    except (ValueError, KeyError, TypeError, RecursionError, OSError):
        return None
    return document if good else None


def _alike(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document under the keys that `differences` compares."""
    return {"questionnaire": document["return"], "code_lists": {}}


def _value(value: Any) -> str:
    text = "not there" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
