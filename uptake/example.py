"""The example study as commands: make a folder of it, run it, and set the estimates beside the known truth."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from uptake import stages
from uptake.console import progress, say, tell
from uptake.contract import tables
from uptake.contract.errors import ConflictError
from uptake.contract.tables import read_table, write_table
from uptake.estimating import estimate
from uptake.provenance import inputs_digest, program_digest
from uptake.reporting import report
from uptake.stages import Run
from uptake.study import Study, load_study

if TYPE_CHECKING:
    from pandas import DataFrame

EXAMPLE = "aiplus"
TRUTH = "truth.parquet"
MARK = Path(".uptake") / "demo"
_RESPONDENT_SEED = 20261231


def make_study(folder: Path) -> None:
    """Write the example study's files into a new folder and make its synthetic register."""
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(
            f"{folder}: the folder is not empty, and a new study would mix with what is in it. Name a new one."
        )
    _copy_files(folder)
    study = load_study(folder)
    _make_register(study)
    tell(f"The study {study.settings.name['en']} ({study.settings.name['zh']}) is in {folder}.")
    tell(f"Next: {_program()} check {folder}, then {_program()} draw {folder}")


def _copy_files(folder: Path) -> None:
    with as_file(files("uptake") / "studies" / EXAMPLE) as source:
        for path in sorted([*source.rglob("*.yaml"), *source.rglob("*.json")]):
            target = folder / path.relative_to(source)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def _make_register(study: Study) -> None:
    from uptake.simulate.register import make_register

    settings = study.settings.frame
    if settings is None or settings.synthetic is None or study.frame_path.exists():
        return
    frame, truth = make_register(seed=settings.synthetic.seed, units=settings.synthetic.units)
    write_table(frame, study.frame_path, tables.FRAME)
    truth.to_parquet(study.folder / TRUTH, index=False)


def run_stages(run: Run) -> None:
    """Stages 4 to 6 in one go."""
    if not run.study.plan.own_data:
        stages.weigh(run)
    estimate(run)
    report(run)


def demonstrate(folder: Path, *, replace: bool = False) -> None:
    """Run all six stages on the example study in `folder`, with simulated respondents behind the collector's services.

    Study files that stand in the folder are kept: change a question and run it again. Answers of an earlier run are
    moved aside, never deleted.
    """
    _copy_files(folder)
    study = load_study(folder)
    _make_register(study)
    run = Run(study, study.wave().id, replace)
    tell(f"{study.settings.name['en']} | {study.settings.name['zh']} | {run.wave}")
    stages.define(run)
    fresh = _start_afresh(run)
    stages.draw(run)
    if fresh:
        _answer(run)
    stages.export(run)
    run_stages(run)
    _show_truth(run)
    _show_next(run, folder)


def _demo_digest(study: Study) -> str:
    written = [path for path in study.folder.rglob("*.yaml") if "releases" not in path.parts]
    return inputs_digest([*written, study.frame_path], {"program": program_digest()})


def _start_afresh(run: Run) -> bool:
    """Say whether the wave must be asked (again); what an earlier run left is then moved aside."""
    folder, mark = run.study.folder, run.study.folder / MARK
    digest = _demo_digest(run.study)
    if mark.exists() and mark.read_text(encoding="utf-8") == digest:
        return False
    left = [path for name in (".uptake", "waves", "releases") if (path := folder / name).exists()]
    if left and not run.replace:
        raise ConflictError(
            f"{folder} holds a run of other study files or another version of the program. Give --replace to run it"
            " again (what is there is moved aside), or name another folder."
        )
    _move_aside(folder, left)
    return True


def _move_aside(folder: Path, left: list[Path]) -> None:
    if not left:
        return
    number = 1 + sum(1 for _ in folder.glob("earlier-*"))
    aside = folder / f"earlier-{number}"
    aside.mkdir()
    for path in left:
        path.rename(aside / path.name)
    say(1, f"an earlier run was moved to {aside.name}/")


def _answer(run: Run) -> None:
    from collector import Config, open_store, start_wave
    from uptake.simulate.respondents import answer_wave

    study = run.study
    config = Config.for_study(study.folder, wave=run.wave)
    sample, truth = run.read(tables.SAMPLE), _truth(study)
    with open_store(config.database) as store:
        start_wave(store, sample, run.questionnaire, wave=run.wave, code_key=config.code_key)
        with progress(3, "units asked", len(sample)) as advance:
            counts = answer_wave(
                store, run.questionnaire, sample, truth, wave=run.wave, seed=_RESPONDENT_SEED, progress=advance
            )
    (study.folder / MARK).write_text(_demo_digest(study), encoding="utf-8")
    paradata = {
        word.replace("_", " "): f"{counts.get(word, 0):,}" for word in ("pages", "refused_entries", "confirmed")
    }
    say(3, f"asked {len(sample):,} units, who sent " + ", ".join(f"{count} {word}" for word, count in paradata.items()))


def _truth(study: Study) -> DataFrame:
    import pandas as pd

    return pd.read_parquet(study.folder / TRUTH)


def _show_truth(run: Run) -> None:
    from rich.console import Console
    from rich.table import Table

    known = census(run)
    shown = Table(
        "indicator", "estimate", "95 % interval", "known truth", title="\nEstimates and the truth behind them"
    )
    estimates = read_table(run.path(tables.ESTIMATES), tables.ESTIMATES)
    headline = estimates[(estimates["definition"] == "headline") & (estimates["domain_by"] == "all")]
    for row in headline.to_dict("records"):
        low, high, truth = row["ci_low"], row["ci_high"], known.get(row["indicator"])
        outside = "" if truth is None or low <= truth <= high else "  outside"
        truth_words = "" if truth is None else f"{truth:.1%}{outside}"
        shown.add_row(row["indicator"], f"{row['estimate']:.1%}", f"{low:.1%} – {high:.1%}", truth_words)
    Console(width=90).print(shown)


def census(run: Run) -> dict[str, float]:
    """Return what a complete count with the same questionnaire would find, by indicator (headline definition)."""
    from uptake.simulate.adoption import true_values

    frame = read_table(run.study.frame_path, tables.FRAME)
    values = true_values(frame, _truth(run.study))
    headline = values[(values["definition"] == "headline") & (values["domain_by"] == "all")]
    return {str(row["indicator"]): float(row["value"]) for row in headline.to_dict("records")}


def _show_next(run: Run, folder: Path) -> None:
    release = run.study.release(run.wave)
    tell(f"\nBriefs: {release / 'national-zh.pdf'}  {release / 'national-en.pdf'}")
    tell(f"Open the form: {_program()} serve {folder}   (it prints an access code to try)")


def _program() -> str:
    """Return how this program is called from here: by name where it is on the path."""
    if shutil.which("uptake"):
        return "uptake"
    called = Path(sys.argv[0])
    return "python -m uptake" if called.name == "__main__.py" else os.path.relpath(called)
