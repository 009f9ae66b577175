"""Published definitions: a record of each in canonical JSON, and the refusal of a change under the same versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms import source
from forms.differences import Difference, differences
from forms.digest import canonical, definition_document, document_digest
from forms.model import Questionnaire
from uptake.contract.errors import Fault, shown
from uptake.contract.yamlfile import read_yaml

FOLDER = "published"
FORMAT = "uptake-questionnaire-1"
_SHOWN = 3
_LONG, _BEFORE = 60, 15


@dataclass(frozen=True, slots=True)
class Record:
    """A definition as it was published: its versions, the SHA-256 of its document, and the document."""

    path: Path
    id: str
    definition_version: str
    text_version: str
    sha256: str
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """How messages call it: `1.0 (text 2)`."""
        return f"{self.definition_version} (text {self.text_version})"

    @property
    def rank(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What orders the records of one questionnaire: later versions are greater."""
        return version_rank(self.definition_version), version_rank(self.text_version)


def version_rank(version: str) -> tuple[int, ...]:
    """Return what orders versions: 1.10 comes after 1.9.

    >>> version_rank("1.10") > version_rank("1.9")
    True
    """
    return tuple(int(number) for number in re.findall(r"[0-9]+", version))


def record_path(folder: Path, questionnaire: Questionnaire) -> Path:
    """Return where the record of a questionnaire stands: `published/<id>-<definition_version>-<text_version>.json`."""
    name = f"{questionnaire.id}-{questionnaire.definition_version}-{questionnaire.text_version}.json"
    return folder / FOLDER / name


def publish(folder: Path, questionnaire: Questionnaire) -> Path | None:
    """Write the record of a questionnaire that has none under its versions; None where it stands already.

    Does not judge the questionnaire: load the study first, which refuses faults and changes. folder: the study's;
    the record is canonical JSON (RFC 8785), so that everybody who has the definition writes the same bytes.
    """
    path = record_path(folder, questionnaire)
    if path.exists():
        return None
    document = definition_document(_written(folder, questionnaire.id))
    path.parent.mkdir(exist_ok=True)
    record = {"format": FORMAT, "sha256": document_digest(document), "document": document}
    path.write_bytes(canonical(record) + b"\n")
    return path


def published_faults(folder: Path, questionnaires: Iterable[Questionnaire]) -> list[Fault]:
    """List what published records say against the questionnaires of a study folder.

    A record that was tampered with, a definition that differs from what was published under its versions, a change
    that needs the definition version where only the text version was raised, and versions that go back.
    A questionnaire without any record is a draft and may change.
    """
    faults: list[Fault] = []
    records = [record for path in sorted((folder / FOLDER).glob("*.json"))
               if (record := read_record(path, folder, faults)) is not None]  # fmt: skip
    for questionnaire in questionnaires:
        own = [record for record in records if record.id == questionnaire.id]
        if own and all(record.sha256 != questionnaire.sha256 for record in own):
            faults += _changed(folder, questionnaire, own)
        else:
            faults += _older(folder, questionnaire, own)
    return faults


def read_record(path: Path, folder: Path, faults: list[Fault]) -> Record | None:
    """Read one record; None where it is damaged or was changed after it was published, which `faults` then says."""
    where = path.relative_to(folder).as_posix()
    try:
        said = json.loads(path.read_bytes())
        document, sha256 = said["document"], said["sha256"]
        asked = document["questionnaire"]
        made = Record(path, asked["id"], asked["definition_version"], asked["text_version"], sha256, document)
        digest = document_digest(document)
        ids = f"{made.id}-{made.definition_version}-{made.text_version}"
    except (ValueError, KeyError, TypeError, RecursionError, OSError):
        faults.append(Fault(where, "this is no published record (format, sha256, document), so nothing can be held"
                                   " against"
                            " it. Restore it from where it was published; records are never written by"
                            " hand."))  # fmt: skip
        return None
    if digest != sha256 or said.get("format") != FORMAT:
        faults.append(Fault(where, "the record was changed after it was published: its content has the SHA-256"
                                   f" {digest[:12]}…"
                            f" and it says {shown(str(sha256), 12)} Restore it; a new definition gets new"
                            " versions."))  # fmt: skip
        return None
    if path.stem != ids:
        faults.append(
            Fault(where, f"the record is that of {ids}, and its name says something else. Rename it {ids}.json.")
        )
        return None
    return made


def _written(folder: Path, questionnaire_id: str) -> source.Questionnaire:
    faults: list[Fault] = []
    path = folder / "questionnaires" / f"{questionnaire_id}.yaml"
    written = read_yaml(path, source.Questionnaire, root=folder, faults=faults)
    assert written is not None, "the questionnaire was loaded from this file a moment ago"
    return written


def _changed(folder: Path, questionnaire: Questionnaire, records: list[Record]) -> list[Fault]:
    written = _written(folder, questionnaire.id)
    document = definition_document(written)
    same = [record for record in records if record.definition_version == questionnaire.definition_version]
    exact = [record for record in same if record.text_version == questionnaire.text_version]
    if exact:
        found = differences(exact[0].document, document)
        raised = _raised(found)
        place = written.text_version.place if raised == "text_version" else written.definition_version.place
        return [Fault(str(place), f"{questionnaire.id} differs from what was published as {exact[0].name}, and answers"
                                  " to the"
                      f" two could not be told apart: {_listed(found)}. Raise {raised}.")]  # fmt: skip
    if same:
        latest = max(same, key=lambda record: record.rank)
        weighty = [found for found in differences(latest.document, document) if found.raises == "definition_version"]
        if weighty:
            return [Fault(str(written.definition_version.place), f"{questionnaire.id} changes more than words since"
                          f" {latest.name} was published: {_listed(weighty)}. Raise definition_version, which starts a"
                          " new series.")]  # fmt: skip
    return _older(folder, questionnaire, records)


def _older(folder: Path, questionnaire: Questionnaire, records: list[Record]) -> list[Fault]:
    """Refuse versions below the latest published ones: nobody could say which definition is in force."""
    rank = version_rank(questionnaire.definition_version), version_rank(questionnaire.text_version)
    later = [record for record in records if record.rank > rank]
    if not later or any(record.sha256 == questionnaire.sha256 for record in records):
        return []
    latest = max(later, key=lambda record: record.rank)
    written = _written(folder, questionnaire.id)
    return [Fault(str(written.definition_version.place), f"{questionnaire.id} is {questionnaire.definition_version}"
                                                         " (text"
                  f" {questionnaire.text_version}), and {latest.name} was published already. Raise the versions above"
                  " it.")]  # fmt: skip


def _raised(found: Iterable[Difference]) -> str:
    return "definition_version" if any(item.raises == "definition_version" for item in found) else "text_version"


def _listed(found: Iterable[Difference]) -> str:
    items = sorted(found, key=lambda item: item.raises)  # what weighs more first
    said = [f"{item.path} was {old}, is {new}" for item in items[:_SHOWN] for old, new in [_both(item.old, item.new)]]
    more = f"; and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return "; ".join(said) + more


def _both(old: Any, new: Any) -> tuple[str, str]:
    """Return two values as a sentence shows them; long texts from a little before the place where they part."""
    begin = 0
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _LONG:
        begin = max(0, _shared(old, new) - _BEFORE)
    return _value(old, begin), _value(new, begin)


def _shared(old: str, new: str) -> int:
    """Return how many signs two texts have in common from the beginning."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _value(value: Any, begin: int = 0) -> str:
    if value is None:
        return "not there"
    if not isinstance(value, str):
        return shown(json.dumps(value, ensure_ascii=False), _LONG)
    return f'"{"…" if begin else ""}{shown(value[begin:], _LONG)}"'
