"""Stage 6 as a command: briefs in every language, the workbook and the released CSV files of a wave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import say
from uptake.contract import tables
from uptake.contract.errors import ConflictError, UptakeError
from uptake.contract.text import Text
from uptake.method_words import methods
from uptake.provenance import file_digest, inputs_digest, origin, program_digest
from uptake.stages import Run, require

if TYPE_CHECKING:
    from reports.brief import BriefContext, BriefTables

MANIFEST = "manifest.json"


def report(run: Run) -> None:
    """Stage 6: print the briefs of a wave and write its released tables; nothing suppressed leaves in any of them."""
    study, folder = run.study, run.study.release(run.wave)
    if not study.briefs:
        raise UptakeError(
            f"{study.folder.name}: the study has no brief, so there is nothing to print. Write briefs/*.yaml."
        )
    inputs = _inputs(run)
    if _up_to_date(folder, inputs, run.replace):
        say(6, f"releases/{run.wave} is up to date")
        return
    made = list(_outputs(run, folder))
    manifest = {**origin(inputs), "outputs": {path.name: file_digest(path) for path in made}}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    shown = [path.name for path in made if path.suffix != ".json"]
    say(6, f"releases/{run.wave}: " + ", ".join(shown))


def _inputs(run: Run) -> str:
    study = run.study
    needed = [
        require(run, contract) for contract in (tables.ESTIMATES, tables.ASSESSMENTS, tables.QUALITY, tables.LABELS)
    ]
    written = [
        study.folder / "study.yaml",
        study.folder / "design.yaml",
        *sorted((study.folder / "briefs").glob("*.yaml")),
    ]
    return inputs_digest([*needed, *written], {"wave": run.wave})


def _up_to_date(folder: Path, inputs: str, replace: bool) -> bool:
    path = folder / MANIFEST
    if not path.exists():
        return False
    manifest = json.loads(path.read_text(encoding="utf-8"))
    whole = all((folder / name).exists() and file_digest(folder / name) == digest
                for name, digest in manifest["outputs"].items())  # fmt: skip
    if whole and origin(inputs).items() <= manifest.items():
        return True
    if not replace:
        raise ConflictError(
            f"{folder} holds a release made from other inputs, by another version of the program, or changed by hand;"
            " printing again would overwrite it. Give --replace to do so."
        )
    return False


def _outputs(run: Run, folder: Path) -> Iterator[Path]:
    from reports import render_brief, write_assessments_csv, write_estimates_csv, write_quality_csv, write_workbook

    folder.mkdir(parents=True, exist_ok=True)
    contents, context = brief_tables(run), brief_context(run)
    for brief in run.study.briefs:
        for lang in brief.editions:
            out = folder / f"{brief.id}-{lang}.pdf"
            render_brief(contents, brief, lang=lang, out=out, context=context)
            yield from (out, out.with_suffix(".trace.json"))
    yield write_estimates_csv(contents, folder / "estimates.csv")
    yield write_assessments_csv(contents, folder / "assessments.csv")
    yield write_quality_csv(contents, folder / "quality.csv")
    yield write_workbook(contents, run.study.briefs[0], out=folder / "tables.xlsx", context=context)


def brief_tables(run: Run) -> BriefTables:
    """Return the tables of a wave that its briefs are printed from."""
    from reports import BriefTables

    return BriefTables(
        estimates=run.read(tables.ESTIMATES),
        assessments=run.read(tables.ASSESSMENTS),
        quality=run.read(tables.QUALITY),
        labels=run.read(tables.LABELS),
    )


def brief_context(run: Run) -> BriefContext:
    """Return what a brief prints besides its tables: names, dates, the legal header, methods and digests."""
    from reports import BriefContext

    settings, wave = run.study.settings, run.study.wave(run.wave)
    return BriefContext(
        study=settings.name,
        wave=wave.id,
        reference_period=wave.reference_period,
        released=wave.released or wave.closes,
        source=settings.source,
        legal_header=tuple(_legal_header(run)),
        methods=methods(run.study.plan),
        illustrative=settings.illustrative,
        digests={"estimates": file_digest(run.path(tables.ESTIMATES)), "program": program_digest()},
        command=_command(run),
    )


def _command(run: Run) -> str:
    """Return the line that makes the brief again; a survey that came with its weights begins at stage 5."""
    if run.study.plan.own_data:
        return f"uptake estimate --wave {run.wave} --responses FILE; uptake report --wave {run.wave}"
    return f"uptake run --wave {run.wave}"


def _legal_header(run: Run) -> Iterator[Text]:
    from reports.words import date_name

    if run.study.settings.questionnaire is None:
        return
    header = run.questionnaire.header
    yield Text.of(zh=f"表号：{header.table_number}", en=f"Form: {header.table_number}")
    yield Text.of(zh=f"制定机关：{header.authority['zh']}", en=f"Issued by: {header.authority['en']}")
    yield Text.of(zh=f"批准文号：{header.approval_number}", en=f"Approval: {header.approval_number}")
    until = header.valid_until.isoformat()
    yield Text.of(zh=f"有效期至：{date_name(until, 'zh')}", en=f"Valid until: {date_name(until, 'en')}")
