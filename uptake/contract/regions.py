"""Regions down to counties: GB/T 2260 as of April 2019, with the names in full.

Official English names exist for provinces only (`uptake.contract.codes.PROVINCES`); below them both languages show the
Chinese name. A later revision is another list: codes change when divisions do, and an answer means what its year's list
says.
"""

from __future__ import annotations

from pathlib import Path

from uptake.contract.codes import PROVINCES, Code
from uptake.contract.text import Text

REVISION = "2019-04"
_NO_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def _regions() -> tuple[Code, ...]:
    lines = (Path(__file__).parent / "regions.txt").read_text("utf-8").splitlines()
    names = dict(line.split(" ", 1) for line in lines)
    english = {province.code: province.name["en"] for province in PROVINCES}
    made = []
    for code in names:
        above = dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00", code))
        full = "".join(names[each] for each in above if each in names and names[each] not in _NO_NAMES)
        made.append(Code(code, Text.of(zh=full, en=english.get(code, full))))
    return tuple(made)


REGIONS = _regions()
