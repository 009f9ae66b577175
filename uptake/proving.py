"""`uptake check --prove`: prove every questionnaire of a study, and say what cannot happen in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from uptake.console import say, tell
from uptake.contract.errors import Fault, StudyError

if TYPE_CHECKING:
    from forms.proof import Proof
    from uptake.study import Study


def prove_study(study: Study, *, verbose: bool = False) -> None:
    """Prove the questionnaires of a study and print what was found.

    verbose: also show, for each question, answers that reach it and can be submitted.
    Raises StudyError where a questionnaire contradicts itself or holds what nobody can reach; advice and what was not
    proved are printed and raise nothing. Raises SystemPartError where z3 is not installed.
    """
    faults: list[Fault] = []
    for name in study.questionnaires:
        proof, seconds = _proved(study, name)
        _print(study, proof, seconds, verbose=verbose)
        faults += [found.fault for found in proof.of("fault")]
    if faults:
        raise StudyError(faults)


def _proved(study: Study, name: str) -> tuple[Proof, float]:
    from forms import source
    from forms.proof import prove
    from uptake.contract.yamlfile import read_yaml

    path = study.folder / "questionnaires" / f"{name}.yaml"
    written = read_yaml(path, source.Questionnaire, root=study.folder, faults=[])
    assert written is not None  # the study was loaded from it
    start = time.perf_counter()
    return prove(study.questionnaires[name], written), time.perf_counter() - start


def _print(study: Study, proof: Proof, seconds: float, *, verbose: bool) -> None:
    say(1, f'questionnaire "{proof.questionnaire}" proved in {seconds:.1f} s: {proof.goals} things tried,'
           f" {_count(len(proof.of('fault')), 'fault', 'faults')}, {len(proof.of('advice'))} advice,"
           f" {len(proof.of('not proved'))} not proved")  # fmt: skip
    for found in proof.conclusions:
        tell(f"    {found}")
    if verbose:
        _print_witnesses(study, proof)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _print_witnesses(study: Study, proof: Proof) -> None:
    from forms.proof import reaching

    questionnaire = study.questionnaires[proof.questionnaire]
    for question, seen in proof.reached.items():
        tell(f"    {question} is reached, for example, with: {reaching(questionnaire, question, seen)}.")
