"""The policy targets of a study, `targets.yaml`: a value, the wave that decides, and the words of the policy.

targets:
  - id: T2027
    indicator: PEN-01
    value: 0.70                       # a rate is a share: 0.70 is 70 %
    deciding_wave: 2027Q4             # before it the verdict is `not_due`
    name: {zh: 2027年目标, en: Target for 2027}
    wording: {zh: 到2027年……普及率超70%, en: "by 2027 ... will exceed 70%"}
    source: {zh: 国发〔2025〕11号, en: "State Council [2025] No. 11"}
    definition_range: [PEN-01, PEN-02, PEN-03, PEN-04, PEN-05]   # all readings of these count
    scope: []                         # optional: domains the policy sets the target for; empty = national only
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from uptake.contract.errors import Fault
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, read_yaml

FILE = "targets.yaml"
_PERIODS = {"Q": 4, "H": 2, "-": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A policy target: the indicator must lie above `value` in the deciding wave."""

    place: Place
    id: str
    indicator: str
    value: float
    deciding_wave: str
    name: Text
    wording: Text
    source: Text
    definition_range: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFile:
    """The whole of `targets.yaml`."""

    targets: tuple[Target, ...]


def load_targets(study_dir: Path, *, faults: list[Fault]) -> tuple[Target, ...]:
    """Read and check `targets.yaml`; a study without the file has no targets.

    study_dir: the study folder; faults: what is wrong is added here. Returns the targets in the order of the file.
    """
    if not (study_dir / FILE).exists():
        return ()
    file = read_yaml(study_dir / FILE, TargetFile, root=study_dir, faults=faults)
    if file is None:
        return ()
    found = [fault for target in file.targets for fault in _target_faults(target)]
    seen: dict[str, Place] = {}
    for target in file.targets:
        if target.id in seen:
            found.append(Fault(str(target.place), f'the target "{target.id}" stands on line {seen[target.id].line}'
                               " already. Give one of them another id."))  # fmt: skip
        seen.setdefault(target.id, target.place)
    faults.extend(found)
    return () if found else file.targets


def _target_faults(target: Target) -> list[Fault]:
    where, found = str(target.place), []
    if wave_time(target.deciding_wave) is None:
        found.append(Fault(where, f'the deciding wave "{target.deciding_wave}" is not a period, so nobody could say'
                           " whether it is due. Write 2027, 2027H2, 2027Q4 or 2027-12."))  # fmt: skip
    if not 0 < target.value < 1:
        found.append(Fault(where, f"the value {target.value:g} is not a share between 0 and 1. Write 0.70 for 70 %."))
    return found


def wave_time(wave: str) -> float | None:
    """Return the end of a wave in years, or None when its name is not a period.

    The end of 2026Q4 and of 2026 is 2027.0; waves are ordered, and the years left are counted, by it.

    >>> wave_time("2027Q4"), wave_time("2026-06"), wave_time("pilot")
    (2028.0, 2026.5, None)
    """
    year, mark, part = wave[:4], wave[4:5], wave[5:]
    if not (year.isdecimal() and len(year) == 4):
        return None
    if not mark:
        return float(year) + 1
    periods = _PERIODS.get(mark)
    if periods is None or not part.isdecimal() or not 1 <= int(part) <= periods:
        return None
    return int(year) + int(part) / periods
