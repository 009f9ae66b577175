"""A study folder, loaded whole: each package reads its own files, and what they say of one another is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.contract.errors import Fault, StudyError, UptakeError
from uptake.settings import StudySettings, Wave, load_settings, missing_wave

if TYPE_CHECKING:
    from analysis.catalogue import Catalogue
    from analysis.indicators import Indicator
    from analysis.plan import DesignPlan
    from analysis.targets import Target
    from forms.model import Questionnaire
    from forms.returns import Return
    from reports.brief import Brief


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that is written down of one study."""

    folder: Path
    settings: StudySettings
    questionnaires: dict[str, Questionnaire]
    plan: DesignPlan
    indicators: tuple[Indicator, ...]
    targets: tuple[Target, ...]
    briefs: tuple[Brief, ...]
    returns: Mapping[str, Return] = field(default_factory=dict)
    catalogue: Catalogue | None = None

    def wave(self, wave_id: str | None = None) -> Wave:
        """Return a wave by id (the latest when none is named); raise StudyError where there is none."""
        wave = self.settings.wave(wave_id)
        if wave is None:
            raise StudyError([Fault("study.yaml", missing_wave(self.settings, wave_id or ""))])
        return wave

    def table(self, wave_id: str, name: str) -> Path:
        """Return where a table of a wave lies."""
        return self.folder / "waves" / wave_id / f"{name}.parquet"

    def release(self, wave_id: str) -> Path:
        """Return the folder that a wave's briefs and tables are written to."""
        return self.folder / "releases" / wave_id

    @property
    def frame_path(self) -> Path:
        """Return where the sampling frame lies."""
        return self.folder / (self.settings.frame.file if self.settings.frame else "frame.parquet")

    @property
    def questionnaire(self) -> Questionnaire:
        """Return the questionnaire of the latest wave; raise UptakeError for a study that asks none."""
        return self.asked_in(self.settings.waves[-1].id)

    def asked_in(self, wave_id: str) -> Questionnaire:
        """Return the questionnaire that a wave asks; raise UptakeError for a study that asks none."""
        named = self.wave(wave_id).questionnaire or self.settings.questionnaire
        if named is not None and named in self.questionnaires:
            return self.questionnaires[named]
        raise UptakeError(
            f"{self.folder.name}: the study has no questionnaire, so nobody can be asked."
            " Write questionnaires/NAME.yaml and name it in study.yaml (`questionnaire: NAME`)."
        )


def load_study(folder: Path) -> Study:
    """Read and cross-check a study folder; raise StudyError that lists every fault with file and line."""
    from uptake.crosscheck import cross_faults
    from uptake.linting import study_faults

    if not folder.is_dir():
        raise UptakeError(
            f"{folder}: there is no such folder, so there is no study to read."
            " Name the study's folder, or make one with `uptake init FOLDER`."
        )
    faults: list[Fault] = []
    study = _read(folder.resolve(), faults)
    if study is not None:
        faults += cross_faults(study, faults)
        faults += [] if faults else study_faults(study)
    if faults or study is None:
        raise StudyError(faults)
    return study


def _read(folder: Path, faults: list[Fault]) -> Study | None:
    from analysis.catalogue import load_catalogue
    from analysis.indicators import load_indicators
    from analysis.plan import load_plan
    from analysis.targets import load_targets
    from forms.returns import load_returns
    from reports.brief import load_briefs

    settings = load_settings(folder, faults=faults)
    questionnaires = _read_questionnaires(folder, faults)
    plan = load_plan(folder, faults=faults)
    indicators = load_indicators(folder, faults=faults)
    targets = load_targets(folder, faults=faults) if (folder / "targets.yaml").exists() else ()
    briefs = load_briefs(folder, faults=faults)
    returns = load_returns(folder, faults=faults)
    catalogue = load_catalogue(folder, faults=faults)
    if settings is None or plan is None:
        return None
    return Study(folder, settings, questionnaires, plan, indicators, targets, briefs, returns, catalogue)


def _read_questionnaires(folder: Path, faults: list[Fault]) -> dict[str, Questionnaire]:
    from forms import load_questionnaires

    if not (folder / "questionnaires").is_dir():
        return {}
    return dict(load_questionnaires(folder, faults=faults))
