"""Stage 5 as a command: from the tables of the wave, or from data that others collected and weighted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import say
from uptake.contract import tables
from uptake.contract.errors import TableError, UptakeError
from uptake.contract.tables import read_table
from uptake.labels import label_table
from uptake.provenance import inputs_digest
from uptake.stages import Run, require

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis import EstimateTables
    from analysis.indicators import Indicator
    from analysis.targets import Target

STUDY_FILES = ("study.yaml", "design.yaml", "indicators.yaml", "targets.yaml")
OUTPUTS = (tables.ESTIMATES, tables.ESTIMATES_VCOV, tables.ASSESSMENTS, tables.QUALITY, tables.LABELS)


def estimate(run: Run, *, responses: Path | None = None, weights: Path | None = None) -> None:
    """Stage 5: estimate every indicator of a wave and assess the targets.

    responses, weights: files of one's own instead of the wave's tables. A study whose `design.yaml` names a `weights`
    column brings its own data; its weights stand in the file of answers, or in a file of their own with the unit ids.
    """
    sources = _sources(run, responses, weights)
    written = [run.study.folder / name for name in STUDY_FILES if (run.study.folder / name).exists()]
    inputs = inputs_digest([*sources, *written], {"wave": run.wave})
    if run.up_to_date(5, OUTPUTS, inputs):
        return
    made = _estimated(run, sources)
    for contract, frame in _written(run, made):
        run.write(contract, frame, inputs)
    for warning in made.warnings:
        say(5, f"note: {warning}")
    counts = made.estimates["status"].value_counts()
    say(5, f"{len(made.estimates):,} estimates: {counts.get('publish', 0):,} to publish, {counts.get('caution', 0):,}"
           f" with caution, {counts.get('suppress', 0):,} not to publish")  # fmt: skip


def _sources(run: Run, responses: Path | None, weights: Path | None) -> list[Path]:
    """Return the files of answers and weights, in that order."""
    if run.study.plan.own_data:
        return _own_files(run, responses, weights)
    answers = responses or require(run, tables.RESPONSES)
    return [answers, weights or require(run, tables.WEIGHTS)]


def _own_files(run: Run, responses: Path | None, weights: Path | None) -> list[Path]:
    if responses is None:
        raise UptakeError(
            f'{run.study.folder.name}: design.yaml names the weight column "{run.study.plan.weights}" of your own data,'
            " but no file of data was given. Name it: `uptake estimate STUDY --responses FILE`."
        )
    files = [responses] if weights is None else [responses, weights]
    for path in files:
        if not path.exists():
            raise TableError(
                f"{path}: the file is missing, so nothing can be estimated. Check --responses and --weights."
            )
    return files


def _estimated(run: Run, sources: list[Path]) -> EstimateTables:
    from analysis import estimate as estimate_tables

    study = run.study
    if study.plan.own_data:
        from uptake.owndata import read_own_data

        answers, quality = read_own_data(sources[0]), None
        weights = read_own_data(sources[1]) if len(sources) > 1 else None
    else:
        answers, weights = read_table(sources[0], tables.RESPONSES), read_table(sources[1], tables.WEIGHTS)
        quality = _weighing_quality(run)
    known = {domain.column: [code.code for code in domain.names()] for domain in study.settings.domains}
    indicators, targets = _asked(run)
    return estimate_tables(
        answers, weights, study.plan, indicators, targets, wave=run.wave, quality=quality, domain_keys=known
    )


def _asked(run: Run) -> tuple[list[Indicator], list[Target]]:
    """Return the indicators of the questionnaire that the wave asks, and the targets that are read from them."""
    study = run.study
    if study.settings.questionnaire is None:
        return list(study.indicators), list(study.targets)
    asked = run.questionnaire.id
    indicators = [item for item in study.indicators if item.questionnaire in (None, asked)]
    ids = {item.id for item in indicators}
    return indicators, [target for target in study.targets if target.indicator in ids]


def _weighing_quality(run: Run) -> DataFrame | None:
    path = run.path(tables.WEIGHTS).with_name("weights_quality.parquet")
    return read_table(path, tables.QUALITY) if path.exists() else None


def _written(run: Run, made: EstimateTables) -> list[tuple[tables.TableContract, DataFrame]]:
    frames = (made.estimates, made.estimates_vcov, made.assessments, made.quality, label_table(run.study))
    return list(zip(OUTPUTS, frames, strict=True))
