"""The stages a statistician runs: read the tables of the stage before, call one public function, write its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import say
from uptake.contract import tables
from uptake.contract.errors import TableError
from uptake.contract.tables import read_table, write_table
from uptake.provenance import frame_digest, inputs_digest, made_before, origin

if TYPE_CHECKING:
    from pandas import DataFrame

    from forms.model import Questionnaire
    from uptake.contract.columns import TableContract
    from uptake.study import Study


@dataclass(frozen=True, slots=True)
class Run:
    """One run over one wave of a study: what was asked on the command line."""

    study: Study
    wave: str
    replace: bool = False

    @property
    def questionnaire(self) -> Questionnaire:
        """Return the questionnaire that this wave asks."""
        return self.study.asked_in(self.wave)

    def path(self, contract: TableContract) -> Path:
        """Return where a table of this wave lies."""
        return self.study.table(self.wave, contract.name)

    def read(self, contract: TableContract) -> DataFrame:
        """Return a table of this wave."""
        return read_table(self.path(contract), contract)

    def write(
        self, contract: TableContract, frame: DataFrame, inputs: str, facts: Mapping[str, str] | None = None
    ) -> None:
        """Write a table of this wave together with its origin."""
        write_table(frame, self.path(contract), contract, metadata={**origin(inputs), **(facts or {})})

    def up_to_date(self, stage: int, outputs: tuple[TableContract, ...], inputs: str) -> bool:
        """Say (and print) whether the stage's outputs stand already, made from the same inputs."""
        done = made_before([self.path(output) for output in outputs], inputs, replace=self.replace)
        if done:
            say(stage, f"{outputs[0].name} is up to date")
        return done


def define(run: Run) -> None:
    """Stage 1: say what the study asks and measures (reading it has checked it)."""
    study = run.study
    for questionnaire in study.questionnaires.values():
        count = sum(len(page.questions) for page in questionnaire.pages)
        say(1, f'questionnaire "{questionnaire.id}" {questionnaire.definition_version}: {count} questions on'
               f" {len(questionnaire.pages)} pages, {len(questionnaire.checks)} checks")  # fmt: skip
    for definition in study.returns.values():
        say(1, f'return "{definition.id}" {definition.definition_version}: {len(definition.metrics)} metrics, a row for'
               f" each unit and {definition.period}")  # fmt: skip
    counts = {"indicator": study.indicators, "target": study.targets, "brief": study.briefs}
    say(1, ", ".join(f"{len(found)} {word}{'s' * (len(found) != 1)}" for word, found in counts.items()))
    if study.catalogue is not None:
        measures = sum(1 for _ in study.catalogue.measures())
        say(1, f"catalogue: {len(study.catalogue.catalogue)} indicators with {measures} measures")


def draw(run: Run) -> None:
    """Stage 2: draw the sample of a wave from the frame."""
    from analysis import draw as draw_sample

    study = run.study
    inputs = inputs_digest([_frame_path(study), study.folder / "design.yaml"], {"wave": run.wave})
    if run.up_to_date(2, (tables.SAMPLE,), inputs):
        return
    frame = read_table(study.frame_path, tables.FRAME)
    sample = draw_sample(frame, study.plan, wave=run.wave)
    run.write(tables.SAMPLE, sample, inputs)
    taken = int((sample["selection"] == "take_all").sum())
    say(2, f"{len(sample):,} of {len(frame):,} units in {sample['stratum'].nunique()} strata ({taken:,} take-all)")


def export(run: Run) -> None:
    """Stage 3, its end: bring the answers of a wave out of the store as tables."""
    from collector import Config, export_wave, open_for_reading

    config = Config.for_study(run.study.folder, wave=run.wave)
    with open_for_reading(config.database) as store:
        made = export_wave(store, run.questionnaire, wave=run.wave)
    rosters = {tables.roster_contract(roster): rows for roster, rows in made.rosters.items()}
    written = {tables.RESPONSES: made.responses, tables.CODEBOOK: made.codebook, **rosters}
    inputs = inputs_digest([], {contract.name: frame_digest(frame) for contract, frame in written.items()})
    if run.up_to_date(3, tuple(written), inputs):
        return
    for contract, frame in written.items():
        run.write(contract, frame, inputs)
    counts = made.responses["disposition"].value_counts()
    say(3, "exported " + ", ".join(f"{count:,} {str(word).replace('_', ' ')}" for word, count in counts.items()))


def weigh(run: Run) -> None:
    """Stage 4: make the weights of a wave from its sample and responses."""
    from analysis import weigh as weigh_responses

    study = run.study
    files = [
        require(run, tables.SAMPLE),
        require(run, tables.RESPONSES),
        _frame_path(study),
        study.folder / "design.yaml",
    ]
    inputs = inputs_digest(files, {"wave": run.wave})
    if run.up_to_date(4, (tables.WEIGHTS,), inputs):
        return
    sample, responses = run.read(tables.SAMPLE), run.read(tables.RESPONSES)
    frame = read_table(study.frame_path, tables.FRAME)
    weighed = weigh_responses(sample, responses, study.plan, wave=run.wave, frame=frame)
    write_table(weighed.quality, run.path(tables.WEIGHTS).with_name("weights_quality.parquet"), tables.QUALITY)
    run.write(tables.WEIGHTS, weighed.weights, inputs, weighed.metadata())
    answers = weighed.weights[weighed.weights["respondent"]]
    say(4, f"{len(answers):,} respondents stand for {answers['weight'].sum():,.0f} units of the population")


def _frame_path(study: Study) -> Path:
    """Return where the frame lies; refuse in words where it is missing."""
    if not study.frame_path.exists():
        raise TableError(
            f"{study.frame_path}: the sampling frame is missing, so no unit can be drawn or weighed."
            " Put the register there, or name its file in study.yaml (`frame: {file: ...}`)."
        )
    return study.frame_path


def require(run: Run, contract: TableContract) -> Path:
    """Return where a table of this wave lies; refuse in words where the stage that writes it has not run."""
    path = run.path(contract)
    if not path.exists():
        run.read(contract)
    return path
