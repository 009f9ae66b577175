"""What `study.yaml` says: names, waves, the frame's file, the columns that domains may use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from uptake.contract.codes import CODE_LISTS, Code
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, read_yaml


@dataclass(frozen=True, slots=True)
class DomainCode:
    """One code of a domain column that has no official list."""

    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class DomainColumn:
    """A column that estimates may be broken down by, with the names of its codes."""

    column: str
    name: Text
    place: Place
    codes: Literal["provinces", "size_classes", "industry_groups", "industry_sections", "industry_divisions"] | None = (
        None
    )
    values: tuple[DomainCode, ...] = ()

    def names(self) -> tuple[Code, ...]:
        """Return the codes of this column in printing order."""
        if self.codes is not None:
            return CODE_LISTS[self.codes]
        return tuple(Code(value.code, value.name) for value in self.values)


@dataclass(frozen=True, slots=True)
class Wave:
    """One round of asking: its id, what its answers are about, when it is open and when released (YYYY-MM-DD)."""

    id: str
    reference_period: Text
    opens: str
    closes: str
    place: Place
    released: str | None = None
    questionnaire: str | None = None  # what this wave asks, where it is not the study's own


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A frame made by the simulator instead of coming from a register."""

    seed: int
    units: int


@dataclass(frozen=True, slots=True)
class FrameFile:
    """Where the sampling frame lies."""

    file: str
    synthetic: Synthetic | None = None


@dataclass(frozen=True, slots=True)
class StudySettings:
    """`study.yaml`: one study, its languages, waves, frame and domains."""

    id: str
    name: Text
    publisher: Text
    source: Text
    waves: tuple[Wave, ...]
    place: Place
    domains: tuple[DomainColumn, ...] = ()
    languages: tuple[str, ...] = ("zh", "en")
    frame: FrameFile | None = None
    questionnaire: str | None = None
    illustrative: bool = False

    def wave(self, wave_id: str | None) -> Wave | None:
        """Return the named wave, the only or latest one when no name is given, or None."""
        if wave_id is None:
            return self.waves[-1]
        return next((wave for wave in self.waves if wave.id == wave_id), None)


def load_settings(folder: Path, *, faults: list[Fault]) -> StudySettings | None:
    """Read `study.yaml`; what is wrong is added to `faults`."""
    settings = read_yaml(folder / "study.yaml", StudySettings, root=folder, faults=faults)
    if settings is None:
        return None
    if not settings.waves:
        faults.append(
            Fault(str(settings.place), "the study has no wave, so nothing can be asked. List one in `waves`.")
        )
    faults.extend(_domain_faults(settings))
    return settings


def _domain_faults(settings: StudySettings) -> list[Fault]:
    faults = []
    seen: set[str] = set()
    for domain in settings.domains:
        if domain.column in seen:
            faults.append(Fault(str(domain.place), f'the domain column "{domain.column}" is listed twice. Keep one.'))
        seen.add(domain.column)
        if not domain.names():
            faults.append(Fault(str(domain.place), f'the domain column "{domain.column}" names no codes, so its rows'
                                " could not be labelled. Give `codes` (a code list) or `values`."))  # fmt: skip
    return faults


def missing_wave(settings: StudySettings, wave_id: str) -> str:
    """Return the sentence for a wave that the study does not have."""
    known = [wave.id for wave in settings.waves]
    return f'study.yaml has no wave "{wave_id}".{did_you_mean(wave_id, known)} It has: {", ".join(known)}.'
