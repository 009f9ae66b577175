"""The command `uptake`: one short function a verb, each calling one public function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from uptake import __version__
from uptake.contract.errors import UptakeError

Command = Callable[..., None]
_STUDY = click.argument("study", type=click.Path(path_type=Path), default=Path())
_WAVE = click.option("--wave", metavar="W", help="The wave; the latest one of study.yaml when left out.")
_REPLACE = click.option("--replace", is_flag=True, help="Overwrite results that were made from other inputs.")
_FILE = click.Path(path_type=Path, dir_okay=False)


def _run(study: Path, wave: str | None, replace: bool) -> Any:
    from uptake.stages import Run
    from uptake.study import load_study

    loaded = load_study(study)
    return Run(loaded, loaded.wave(wave).id, replace)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="uptake")
def commands() -> None:
    """Measure whether a technology has really been adopted.

    \b
    Six stages, from a study folder to a brief:
      1 define    uptake check      questionnaires, indicators, targets
      2 draw      uptake draw       a sample with base weights
      3 collect   uptake serve      the form in the browser
                  uptake export     answers as tables
                  uptake review     every rule over every response
      4 weigh     uptake weigh      nonresponse, post-stratification
      5 estimate  uptake estimate   rates, intervals, verdicts
      6 report    uptake report     PDF, XLSX, CSV

    Example: uptake demo demo
    """


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a new study folder from the example study.

    Example: uptake init my-study
    """
    from uptake.example import make_study

    make_study(folder)


@commands.command()
@_STUDY
@click.option("--strict", is_flag=True, help="Refuse what lint only advises against, too.")
@click.option("--prove", is_flag=True, help="Also prove that every question can be reached and no check contradicts.")
@click.option("--verbose", is_flag=True, help="With --prove: show answers that reach each question.")
def check(study: Path, strict: bool, prove: bool, verbose: bool) -> None:
    """Stage 1: read a study and list every fault with its file and line, then what lint advises.

    Example: uptake check my-study --strict --prove
    """
    from uptake.linting import report_advice
    from uptake.stages import define

    run = _run(study, None, False)
    define(run)
    if prove or verbose:
        from uptake.proving import prove_study

        prove_study(run.study, verbose=verbose)
    report_advice(run.study, strict=strict)


@commands.command()
@_STUDY
def publish(study: Path) -> None:
    """Stage 1, its end: record the questionnaires, which from then on change only under new versions.

    Example: uptake publish my-study
    """
    from uptake.publishing import publish_study

    publish_study(_run(study, None, False).study)


@commands.command()
@_STUDY
@click.option("--lang", metavar="LANG", required=True, help="The language, by its code: fr, pt-BR.")
def words(study: Path, lang: str) -> None:
    """Stage 1: write an empty file for the program's own words in a further language, STUDY/words/LANG.yaml.

    Example: uptake words my-study --lang fr
    """
    from uptake.wording import write_template

    write_template(study, lang)


@commands.command()
@_STUDY
@_WAVE
@click.option("--questionnaire", metavar="NAME", help="One questionnaire; all of the study when left out.")
@click.option("--lang", "languages", metavar="LANG", multiple=True, help="A language (zh, en); all when left out.")
def paper(study: Path, wave: str | None, questionnaire: str | None, languages: tuple[str, ...]) -> None:
    """Stage 1, on paper: print the questionnaires as PDF forms, in every language.

    Example: uptake paper my-study --questionnaire enterprise --lang zh
    """
    from uptake.paper import print_forms

    print_forms(_run(study, wave, False), questionnaire=questionnaire, languages=languages)


@commands.command()
@_STUDY
@_WAVE
@_REPLACE
def draw(study: Path, wave: str | None, replace: bool) -> None:
    """Stage 2: draw the sample of a wave from the frame.

    Example: uptake draw my-study --wave 2026Q4
    """
    from uptake.stages import draw

    draw(_run(study, wave, replace))


@commands.command()
@_STUDY
@_WAVE
@click.option("--port", type=int, help="Port to listen on (default 8000).")
def serve(study: Path, wave: str | None, port: int | None) -> None:
    """Stage 3: open the form to the units of the sample, on this machine.

    Example: uptake serve my-study --port 8000
    """
    from uptake.wiring import serve_study

    serve_study(_run(study, wave, False), port=port)


@commands.command()
@_STUDY
@_WAVE
@_REPLACE
def export(study: Path, wave: str | None, replace: bool) -> None:
    """Stage 3, its end: bring the answers of a wave out of the store.

    Example: uptake export my-study --replace
    """
    from uptake.stages import export

    export(_run(study, wave, replace))


@commands.command()
@_STUDY
@_WAVE
@click.option("--responses", type=_FILE, help="Your own answers (CSV or Parquet) instead of the wave's table.")
@_REPLACE
def review(study: Path, wave: str | None, responses: Path | None, replace: bool) -> None:
    """Stage 3: judge every response of a wave by the questionnaire's rules.

    Example: uptake review my-study --responses answers.csv
    """
    from uptake.reviewing import review

    review(_run(study, wave, replace), responses=responses)


@commands.command()
@_STUDY
@_WAVE
@_REPLACE
def weigh(study: Path, wave: str | None, replace: bool) -> None:
    """Stage 4: make the weights of a wave.

    Example: uptake weigh my-study --wave 2026Q4
    """
    from uptake.stages import weigh

    weigh(_run(study, wave, replace))


@commands.command()
@_STUDY
@_WAVE
@click.option("--responses", type=_FILE, help="Your own answers (CSV or Parquet) instead of the wave's table.")
@click.option("--weights", type=_FILE, help="Your own weights instead of the wave's table.")
@_REPLACE
def estimate(study: Path, wave: str | None, responses: Path | None, weights: Path | None, replace: bool) -> None:
    """Stage 5: estimate every indicator and assess the targets.

    Example: uptake estimate my-study --responses survey.csv
    """
    from uptake.estimating import estimate

    estimate(_run(study, wave, replace), responses=responses, weights=weights)


@commands.command()
@_STUDY
@_WAVE
@_REPLACE
def report(study: Path, wave: str | None, replace: bool) -> None:
    """Stage 6: print the briefs and write the released tables.

    Example: uptake report my-study --replace
    """
    from uptake.reporting import report

    report(_run(study, wave, replace))


@commands.command()
@_STUDY
@_WAVE
@_REPLACE
def run(study: Path, wave: str | None, replace: bool) -> None:
    """Stages 4 to 6: weigh, estimate and report in one go.

    Example: uptake run my-study --wave 2026Q4
    """
    from uptake.example import run_stages

    run_stages(_run(study, wave, replace))


@commands.group("return")
def returns() -> None:
    """Metrics returns: sums and counts that units send every month.

    Example: uptake return check october.csv my-study
    """


@returns.command("check")
@click.argument("file", type=_FILE)
@_STUDY
@click.option("--return", "name", metavar="NAME", help="Which return; the only one of the study when left out.")
@click.option("--before", type=_FILE, multiple=True, help="A file sent earlier; may be given several times, in order.")
@click.option("--sent", metavar="TIME", help="When the file is sent, as 2026-11-08; now when left out.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="Language of the report.")
def return_check(
    file: Path, study: Path, name: str | None, before: tuple[Path, ...], *, sent: str | None, lang: str
) -> None:
    """Say what a file of a return would change, row by row; nothing is stored.

    Example: uptake return check october.csv my-study --before september.csv
    """
    from uptake.returning import Sending, check_file, find_return, read_sent

    check_file(find_return(study, name), Sending(file, before, read_sent(sent), lang))


@commands.group()
def xlsform() -> None:
    """XLSForm, the format of ODK and Kobo: questionnaires in and out.

    Example: uptake xlsform import survey.xlsx my-study
    """


@xlsform.command("import")
@click.argument("file", type=_FILE)
@_STUDY
@click.option("--into", type=_FILE, help="The file to write (default: questionnaires/FORM_ID.yaml of the study).")
@click.option("--single", type=click.Choice(["zh", "en"]), help="The one language; the other is copied.")
@click.option("--header", metavar="NAME", help="Take the legal header of this questionnaire of the study.")
@_REPLACE
def xlsform_import(
    file: Path, study: Path, into: Path | None, *, single: str | None, header: str | None, replace: bool
) -> None:
    """Read an XLSForm as a questionnaire; what cannot be read is listed with sheet, row and column.

    Example: uptake xlsform import survey.xlsx my-study --header enterprise
    """
    from uptake.exchange import Wishes, take_xlsform

    take_xlsform(study, file, Wishes(into, single or "", header, replace))


@xlsform.command("export")
@click.argument("name")
@click.argument("file", type=_FILE)
@_STUDY
@_REPLACE
def xlsform_export(name: str, file: Path, study: Path, replace: bool) -> None:
    """Write a questionnaire as an XLSForm that standard tools read.

    Example: uptake xlsform export enterprise enterprise.xlsx my-study
    """
    from uptake.exchange import give_xlsform

    give_xlsform(study, name, file, replace=replace)


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@_REPLACE
def demo(folder: Path, replace: bool) -> None:
    """All six stages on the example study, with simulated respondents.

    Example: uptake demo demo
    """
    from uptake.example import demonstrate

    demonstrate(folder, replace=replace)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake ends with a sentence and the exit code of its kind, never a traceback."""
    try:
        commands.main(args=list(arguments) if arguments is not None else None, prog_name="uptake")
    except UptakeError as error:
        from uptake.console import complain

        complain(f"uptake: {error}")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
