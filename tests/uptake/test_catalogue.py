"""Every indicator of the catalogue, computed from the instruments and compared with numbers worked out by hand.

Answers are given to the real questionnaires, pass their hard checks, and are exported as the collector exports them;
returns go through the real ledger. Six enterprises, four agencies, two county agencies, two units under the return.
"""

from __future__ import annotations

import datetime
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.catalogue import load_catalogue
from analysis.plan import DesignPlan, load_plan
from analysis.quality import item_quality, weighting_quality
from forms import exported_answers, run_checks
from forms.model import Answer, Given, Questionnaire
from forms.returns import Ledger, receive
from forms.rosters import rows_of
from uptake.catalogue import WaveTables, compute_catalogue, return_rows
from uptake.catalogued import catalogue_faults
from uptake.contract.codes import uscc_check_character
from uptake.contract.errors import Fault, StudyError
from uptake.study import Study, load_study

Answers = dict[str, object]
DK = "DK"
DAY = datetime.date(2027, 1, 8)


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(Path(str(files("uptake.studies") / "aiplus")))


def said(values: Answers) -> dict[str, Answer]:
    """Answers by name; DK stands for don't know, None for a blank, a float for an amount."""
    states = {DK: Answer(None, "dont_know"), None: Answer(None, "blank")}
    made = {}
    for name, value in values.items():
        plain = Decimal(str(value)) if isinstance(value, float) else value
        made[name] = states.get(plain) or Answer(plain, "answered")  # type: ignore[call-overload, arg-type]
    return made


def code(number: int, lead: str = "91") -> str:
    first = f"{lead}11000000000{number:04}"
    return first + uscc_check_character(first)


# -- six enterprises ------------------------------------------------------------------------------------------------

CLASSES = [*(f"t{number}" for number in range(1, 11)), "byod"]
FUNCTIONS = ("rd", "core", "supply", "sales", "service", "finance", "hr", "office", "it", "decision")
STAGES = ("hypothesis", "design", "simulation", "experiment", "analysis", "literature")
SIGNED: Answers = {
    "principal": "甲",
    "statistician": "乙",
    "filler": "丙",
    "phone": "010-12345678",
    "date": DAY,
    "confirm": True,
}
ENTERPRISE: Answers = {
    "e02_name": "示例", "e02_address": "示例路", "e02_region": "110000", "e03_division": "65", "e03_class": "6513",
    "e03_registration": "150", "e04_rd": 0, "e05_revenue": 9000.0, "e05_assets": 9000.0, "e05_estimated": "none",
    **{f"e07_use_{name}": "none" for name in FUNCTIONS}, "e07_results": "no", "e07_since": "2024",
    "e10_agents": 6, "e10_points": 10, "e10_kinds": "service", "e10_since": "2025", "e11_built": 6, "e11_bought": 0,
    "e11_platform": 0, "e12_autonomous": 2, "e12_stoppable": 6, "e13_tasks": 90, "e13_basis": "records",
    "e14": "service", "e15": "oa", "e16": "closed_domestic",
    **{f"e18_n_{row}_all": 0 for row in CLASSES}, "e18_since": "2023", "e19_opening": 40, "e19_added": 0,
        "e19_retired": 0,
    "e20": "no", "e22_revenue": 0.0, "e22_exports": 0.0, "e22_estimated": "none", "e23": "no",
    **{f"e25_stages_{name}": "none" for name in STAGES},
    "e28_estimated": "none", "e32_incidents": 0, "e33_projects": 0, "e33_standards": 0, "e33_releases": 0,
        "e33_evidence": "x",
    "e34": "none", "e35": "compute", "e36": "records", "e37_minutes": 20,
    **{f"e38_{name}": value for name, value in SIGNED.items()},
}  # fmt: skip


def fleet(**counts: int) -> Answers:
    """Terminals in service: t3=20 is all PCs, t3_ai=5 the new-generation ones of them."""
    ai: Answers = {f"e18_n_{row}_ai": 0 for row in CLASSES} if any(name.endswith("_ai") for name in counts) else {}
    return ai | {f"e18_n_{name if name.endswith('_ai') else f'{name}_all'}": count for name, count in counts.items()}


def spent(total: float, fixed: float, rd: float, cards: int) -> Answers:
    parts = ("model", "compute", "equipment", "data", "staff", "rest", "other")
    return {"e28_software": total, **{f"e28_{name}": 0.0 for name in parts}, "e28_total": total, "e28_fixed": fixed,
            "e28_rd": rd, "e28_accelerators": cards}  # fmt: skip


def posts(created: int, redesigned: int, removed: int) -> Answers:
    return {"e31_created": created, "e31_redesigned": redesigned, "e31_removed": removed}


def cases(*stages: str) -> Answers:
    made: Answers = {}
    for row, stage in enumerate(stages, start=1):
        made |= {f"e24_name.{row}": f"场景{row}", f"e24_function.{row}": "core", f"e24_area.{row}": "industry",
                 f"e24_kind.{row}": "application", f"e24_stage.{row}": stage, f"e24_start.{row}": DK,
                 f"e24_users.{row}": 1, f"e24_effect.{row}": "none"}  # fmt: skip
    return made


#   unit weight size industry staff  E-06 E-09 E-17  annual module
#   e1   1      1    C1       120    yes  yes  yes   yes
#   e2   2      4    A        20     yes  no   no    yes
#   e3   3      4    PQ       10     no   no   no    yes
#   e4   1      1    PQ       200    no   no   yes   yes     the "no" to E-06 was confirmed
#   e5   2      4    A        40     DK   DK   DK    yes
#   e6   1      4    PQ       50     yes  yes  no    no
ENTERPRISES: dict[str, tuple[float, str, str, str, Answers]] = {
    "e1": (1, "1", "C1", "yes", {
        "e04_staff": 120, "e04_rd": 40, "e05_cost": 8000.0, "e06": "yes", "e08": "yes", "e09": "yes", "e17": "yes",
        "e07_use_core": "routine", "e07_use_office": "pilot", "e07_results": "yes",
        **fleet(t3=120, t3_ai=30, t9=20, t9_ai=20), "e19_opening": 50, "e20": "yes",
        "e21_class.1": "t9", "e21_output.1": 1000, "e21_sold.1": 900, "e21_value.1": 72.0,
        "e21_class.2": "t5", "e21_output.2": 10, "e21_sold.2": 5, "e21_value.2": 30.0,
        "e22_revenue": 3000.0, "e22_exports": 100.0, "e22_class": "03", **cases("routine", "pilot", "stopped"),
        "e25_stages_design": "used", "e25_stages_analysis": "main", "e25_model": "apply", "e26_platforms": 2,
        "e26_upgraded": 1, "e26_projects": 3, "e26_crossing": 1, "e27_datasets": 4, "e27_open": 1, "e27_volume": 10.5,
        "e27_joint": "yes", "e27_evidence": "https://example.cn", **spent(200.0, 40.0, 60.0, 8), "e29": 80, "e30": 60,
        **posts(1, 4, 0), "e32_measures": "rules", "e32_incidents": 1, "e33_projects": 1, "e33_releases": 2, "e34":
            "cost data",
    }),
    "e2": (2, "4", "A", "yes", {
        "e04_staff": 20, "e05_cost": 500.0, "e06": "yes", "e08": "yes", "e09": "no", "e17": "no", "e07_use_core":
            "pilot",
        **fleet(t3=20), "e22_revenue": 10.0, "e22_exports": 5.0, "e22_class": "01", **cases("pilot"),
        **spent(10.0, 2.0, 0.0, 1), "e29_band": "b25_49", "e30": 5, **posts(2, 0, 1), "e32_measures": "none",
        "e32_incidents": 2, "e34": "cost",
    }),
    "e3": (3, "4", "PQ", "yes", {
        "e04_staff": 10, "e05_cost": 100.0, "e06": "no", "e08": "no", "e09": "no", "e17": "no", **fleet(t3=10),
        "e30": 0, "e34": "not_needed cost",
    }),
    "e4": (1, "1", "PQ", "yes", {
        "e04_staff": 200, "e04_rd": 10, "e05_cost": 700.0, "e06": "no", "e08": "no", "e09": "no", "e17": "yes",
        **fleet(t3=200, t3_ai=30, t4=10, t4_ai=10), **cases("routine", "routine"), "e25_model": "develop",
        "e26_platforms": 2, "e26_upgraded": 0, "e26_projects": 2, "e26_crossing": 1, "e27_datasets": 4, "e27_open": 3,
        "e27_volume": 2.0, "e27_joint": "no", "e27_evidence": "https://example.cn", **spent(90.0, 10.0, 30.0, 0),
            "e29": 50,
        "e30": 40, **posts(0, 1, 4), "e32_measures": "rules officer", "e33_releases": 1,
    }),
    "e5": (2, "4", "A", "yes", {
        "e04_staff": 40, "e05_cost": DK, "e06": DK, "e08": DK, "e09": DK, "e17": DK, **fleet(t3=40), "e30": DK,
        "e33_projects": DK,
    }),
    "e6": (1, "4", "PQ", "no", {
        "e04_staff": 50, "e05_cost": 50.0, "e06": "yes", "e08": "yes", "e09": "yes", "e17": "no", "e07_use_core":
            "routine",
        "e10_agents": 4, "e10_points": 4, "e11_built": 4, "e12_autonomous": 1, "e12_stoppable": 1, "e29_band": DK,
    }),
}  # fmt: skip
# The wave before: e1 to e3 and e5 used AI, e4 did not, e6 was not asked.
ENTERPRISES_LAST: dict[str, Answers] = {
    "e1": {"e06": "yes", "e22_revenue": 2000.0}, "e2": {"e06": "yes", "e22_revenue": 0.0}, "e3": {"e06": "yes"},
    "e4": {"e06": "no", "e09": "no", "e17": "no"}, "e5": {"e06": "no", "e09": "yes"},
}  # fmt: skip

# -- four agencies and two of a county ------------------------------------------------------------------------------

SCENES = ("qa", "assist", "reach", "monitor", "enforce", "market", "draft", "search", "dispatch", "warning",
    "emergency",
          "evaluate", "review")  # fmt: skip
AGENCY: Answers = {
    "g01_name": "示例", "g01_region": "110000", "g01_level": "province", "g02_posts": 100, "g04": "yes",
    "g06_service": "none", "g06_governance": "none", "g06_office": "none", "g06_decision": "none",
    **{f"g10_use_{scene}": "none" for scene in SCENES}, "g09_agents": 6, "g09_points": 10, "g09_autonomous": 2,
    "g09_stoppable": 6, "g21": "all", **{f"g16_n_{row}_all": 0 for row in CLASSES}, "g17": 0,
    "g03_it": 300.0, "g03_it_basis": "records", "g03_ai": 80.0, "g03_ai_basis": "estimate", "g28_contracts": 0,
    "g28_amount": 0.0, "g14_source": "upper", "g18_available": 10, "g18_annotated": 4, "g18_open": 3,
    "g19_automatic": 0, "g27_source": "none", "g20_with_ai": DK, "g20_without_ai": DK, "g26": 2024, "g29": "both",
    "g30": 0, "g32_basis": "records", "g32_minutes": 30, **{f"g32_{name}": value for name, value in SIGNED.items()},
}  # fmt: skip


def agency_cases(*stages: str) -> Answers:
    made: Answers = {}
    for row, stage in enumerate(stages, start=1):
        made |= {f"g11_name.{row}": f"场景{row}", f"g11_scene.{row}": "qa", f"g11_area.{row}": "governance",
                 f"g11_model.{row}": "own", f"g11_stage.{row}": stage, f"g11_start.{row}": "2025-06",
                 f"g11_audience.{row}": "public", f"g11_items.{row}": 1, f"g11_review.{row}": "all"}  # fmt: skip
    return made


#   unit weight staff  G-05 G-08 G-15  annual module  function
#   a1   1      120    yes  yes  yes   yes            research
#   a2   2      50     yes  no   no    yes            economy
#   a3   1      30     no   no   no    yes            market
#   a4   1      100    DK   yes  no    no             safety
AGENCIES: dict[str, tuple[float, str, Answers]] = {
    "a1": (1, "yes", {
        "g01_function": "research", "g02_staff": 120, "g05": "yes", "g07": "yes", "g08": "yes", "g15": "yes",
        "g13": "upper service", "g06_service": "routine", "g10_use_qa": "routine", "g22": "rules officer", "g23": 1,
            "g24": 80,
        **{f"g16_n_{row}_ai": 0 for row in CLASSES}, "g16_n_t3_all": 120, "g16_n_t3_ai": 30, "g16_n_t9_all": 20,
        "g16_n_t9_ai": 20, "g14_source": "own", "g14_pflops": 5.0, "g19_items": 1000, "g19_assisted": 400,
        **agency_cases("routine", "pilot"), "g12_stages": "design analysis", "g12_main": 1, "g12_models": "apply",
        "g12_platforms": 4, "g12_upgraded": 2, "g12_projects": 10, "g12_cross": 3, "g12_datasets": 8, "g12_open": 5,
        "g12_size": 12.0, "g12_evidence": "https://example.cn", "g12_multimodal": "yes", "g25": 60, "g30": 1, "g31":
            "data",
    }),
    "a2": (2, "yes", {
        "g01_function": "economy", "g02_staff": 50, "g05": "yes", "g07": "no", "g08": "no", "g15": "no", "g13": "own",
        "g06_office": "routine", "g10_use_draft": "routine", "g10_use_search": "routine", "g22": "none", "g23": 2,
        "g24_band": "b50_74", "g16_n_t3_all": 50, "g19_items": 500, "g19_assisted": 100, **agency_cases("routine"),
        "g25": 10, "g31": "cost data",
    }),
    "a3": (1, "yes", {
        "g01_function": "market", "g02_staff": 30, "g05": "no", "g07": "yes", "g08": "no", "g15": "no", "g13": "none",
        "g16_n_t3_all": 30, "g19_items": 100, "g19_assisted": 0, "g25": 0, "g31": "need",
    }),
    "a4": (1, "no", {
        "g01_function": "safety", "g02_staff": 100, "g05": DK, "g07": DK, "g08": "yes", "g15": "no", "g13": "upper",
        "g09_agents": 4, "g09_points": 4, "g09_stoppable": 2, "g22": "rules", "g23": DK, "g24": 40,
    }),
}  # fmt: skip
AGENCIES_LAST: dict[str, Answers] = {
    "a1": {"g05": "yes"}, "a2": {"g05": "no", "g08": "no", "g15": "no"}, "a3": {"g05": "yes"},
}  # fmt: skip
COUNTIES: dict[str, tuple[float, str, Answers]] = {
    "c1": (1, "", {"g01_function": "general", "g02_staff": 20, "g05": "yes", "g07": "no", "g08": "no", "g15": "yes",
                   "g13": "upper", "g16_all": 20, "g16_ai": 5, "g24": 3}),
    "c2": (3, "", {"g01_function": "general", "g02_staff": 9, "g05": "no", "g07": "no", "g08": "no", "g15": "no",
                   "g13": "none", "g16_all": 10, "g16_ai": 0}),
}  # fmt: skip

# -- the monthly return ---------------------------------------------------------------------------------------------

RETURNED = [
    ("u1", "M-01", "autonomous", {"agents": 5, "stoppable": 5}),
    ("u1", "M-01", "approved", {"agents": 3, "stoppable": 1}),
    ("u1", "M-02", "t3", {"terminals": 40, "intelligent": 12}),
    ("u2", "M-02", "t3", {"terminals": 60, "intelligent": 8}),
    ("u1", "M-04", "", {"items": 1000, "assisted": 400, "automatic": 50}),
    ("u2", "M-04", "", {"items": 500, "assisted": 50, "automatic": 0}),
    ("u1", "M-05", "", {"outputs": 800, "reviewed": 700, "rejected": 30}),
    ("u1", "M-06", "with_ai", {"minutes": 1200, "cases": 100}), ("u1", "M-06", "without_ai", {"minutes": 3000,
        "cases": 100}),
    ("u1", "M-07", "", {"incidents": 2}), ("u2", "M-07", "", {"incidents": 1}),
    ("u1", "M-11", "", {"card_hours": "720.5"}), ("u2", "M-11", "", {"card_hours": "79.5"}),
]  # fmt: skip

# -- what it all adds up to, by hand --------------------------------------------------------------------------------

EXPECTED: dict[str, float] = {
    # weights: 10 in all; yes e1 (1), e2 (2), e6 (1); e4's confirmed "no" stands, e5 is unknown and stays in the base
    "PEN-01.enterprise": 4 / 10,
    "PEN-01.agency": 4 / 5,  # a1 1, a2 2, a4 1 (its agent)
    "PEN-01.county": 1 / 4,
    "PEN-02.enterprise": 2 / 10,  # e1, e6
    "PEN-02.agency": 2 / 5,  # a1, a4
    "PEN-02.county": 0,
    "PEN-03.enterprise": 2 / 10,  # e1, e4
    "PEN-03.agency": 1 / 5,
    "PEN-03.county": 1 / 4,
    "PEN-04.enterprise": 1 / 10,  # e1
    "PEN-04.agency": 1 / 5,
    # staff: e1 120, e2 2x20, e3 3x10, e4 200, e5 2x40, e6 50 = 520; of users 120 + 40 + 50
    "PEN-05.enterprise": 210 / 520,
    # annual module only; e5 does not know whether it has new-generation terminals and is left out
    "PEN-06.enterprise": (50 + 40) / (140 + 2 * 20 + 3 * 10 + 210),
    "PEN-06.agency": 50 / (140 + 2 * 50 + 30),
    "PEN-06.county": 5 / (20 + 3 * 10),
    "PEN-06.returned": (12 + 8) / (40 + 60),
    # e2 by its band: 0.37 x 20; e3 and e5 were not asked: 0; e6 does not know: out
    "PEN-07.enterprise": (80 + 2 * 7.4 + 50) / (120 + 2 * 20 + 3 * 10 + 200 + 2 * 40),
    "PEN-07.agency": (80 + 2 * 0.62 * 50 + 40) / (120 + 2 * 50 + 30 + 100),
    "PEN-08.enterprise": 4 / 10,
    "PEN-08.agency": 2 / 5,
    "PEN-09.enterprise": 3 / 8,  # used before: e1 1, e2 2, e3 3, e5 2; now all "no": e3
    "PEN-09.agency": 1 / 2,  # a1, a3; a3 stopped
    "PEN-10.enterprise": 1 / 2 - 3 / 8,  # large: e1 of e1, e4; micro: e2 2 and e6 1 of 8
    "DEP-01.enterprise": 1 / 10,  # e1; e6 has no records
    "DEP-01.agency": 1 / 4,
    "DEP-02.all": (2 + 2 * 1 + 0 + 0 + 1) / 8,  # e5 unknown: out
    "DEP-02.users": (2 + 2 * 1 + 1) / 4,
    "DEP-03.enterprise": (1 + 0 + 2) / (2 + 2 * 1 + 2),  # the stopped one counts nowhere
    "DEP-03.agency": (1 + 2 * 1) / (2 + 2 * 1),
    # R&D: e1 and e4; a1
    "ST-01.enterprise": 1 / 2,
    "ST-01.agency": 1,
    "ST-02.develop": 1 / 2,
    "ST-02.apply": 1 / 2,
    "ST-02.agency.develop": 0,
    "ST-02.agency.apply": 1,
    "ST-03.enterprise": 1 / 4,
    "ST-03.agency": 2 / 4,
    "ST-04.number": 1 + 3,
    "ST-04.share": 4 / 8,
    "ST-04.volume": 12.5,
    "ST-04.agency_number": 5,
    "ST-04.agency_share": 5 / 8,
    "ST-04.agency_size": 12,
    "ST-05.enterprise": 1 / 2,
    "ST-05.agency": 1,
    "ST-06.enterprise": 2 / 5,
    "ST-06.agency": 3 / 10,
    "ST-07.enterprise": 1 / 2,
    "ST-07.agency": 1,
    "IN-01.enterprise.C1": 1,
    "IN-01.enterprise.A": 2 / 4,
    "IN-01.enterprise.PQ": 1 / 5,
    "IN-02.enterprise": 4 / 10,
    # e3 spends nothing because it was not asked; e5's cost is unknown: out
    "IN-03.enterprise": (200 + 2 * 10 + 90) / (8000 + 2 * 500 + 3 * 100 + 700),
    "IN-04.enterprise": 100 * 10 / (120 + 2 * 20 + 3 * 10 + 200),
    "IN-05.enterprise": 2 / 4,
    "CO-01.enterprise": 1 / 9,  # 9 = weights of the annual module
    **{f"CO-02.{what}.t{number}": 0 for what in ("produced", "sold") for number in range(1, 11)},
    "CO-02.produced.t9": 1000,
    "CO-02.produced.t5": 10,
    "CO-02.sold.t9": 900,
    "CO-02.sold.t5": 5,
    "CO-02.value": 102,
    "CO-03.persons": 0.428,
    "WB-01.enterprise": 1 / 5,
    "WB-02.enterprise": (60 + 2 * 5 + 40) / (120 + 2 * 20 + 3 * 10 + 200),
    "WB-02.agency": (60 + 2 * 10) / (120 + 2 * 50 + 30),
    "WB-03.created": 1 + 2 * 2,
    "WB-03.redesigned": 4 + 1,
    "WB-03.removed": 2 * 1 + 4,
    "GV-01.agency": 4 / 5,
    "GV-02.mean": (1 + 2 * 2 + 0) / 4,  # a4 unknown: out
    "GV-02.any": 3 / 5,
    "GV-03.returned": 450 / 1500,
    "GV-03.agency": (400 + 2 * 100) / (1000 + 2 * 500 + 100),
    "GV-04.returned": 700 / 800,
    "GV-05.agency": 2 / 5,
    "GV-05.county": 1 / 4,
    "GV-06.with_ai": 12,
    "GV-06.without_ai": 30,
    "GV-06.difference": -18,
    "GC-01.enterprise": 1 / 9,
    "GC-01.agency": 1 / 4,
    "GC-02.enterprise": 100 + 2 * 5,
    "GC-03.enterprise": 2 + 1,
    "SC-01.total": 3000 + 2 * 10,
    "SC-01.class.01": 20,
    "SC-01.class.02": 0,
    "SC-01.class.03": 3000,
    "SC-01.class.04": 0,
    "SC-01.class.05": 0,
    "SC-01.growth": 3000 / 2000,
    "SC-02.fixed": 40 + 2 * 2 + 10,
    "SC-02.rd": 60 + 30,
    "SC-03.enterprise": 8 + 2 * 1,
    "SC-03.agency": 5,
    "SC-03.returned": 800,
    "SF-01.enterprise": 2 / 4,  # users of the annual module: e1 1, e2 2, e4 1
    "SF-01.agency": 2 / 4,
    "SF-02.enterprise": (6 + 1) / (6 + 4),
    "SF-02.agency": (6 + 2) / (6 + 4),
    "SF-02.returned": 6 / 8,
    "SF-03.enterprise": 1 + 2 * 2,
    "SF-03.agency": 1 + 2 * 2,
    "SF-03.returned": 3,
    **{f"BR-01.{who}.{what}": 0 for who in ("users", "others") for what in (
        "not_needed", "cost", "talent", "data", "security", "uncertain", "compatibility", "law", "supplier", "none")},
    "BR-01.users.cost": 3 / 4,
    "BR-01.users.data": 1 / 4,
    "BR-01.users.none": 1 / 4,
    "BR-01.others.not_needed": 1,  # e3 alone: e5 does not know whether it is a user
    "BR-01.others.cost": 1,
    **{f"BR-01.agency.{what}": 0 for what in ("skills", "security", "effect", "systems", "rules", "suppliers", "none")},
    "BR-01.agency.need": 1 / 4,
    "BR-01.agency.cost": 2 / 4,
    "BR-01.agency.data": 3 / 4,
    "IX-01.enterprise": 100 * (0.3 * 0.4 + 0.2 * 90 / 420 + 0.2 * 144.8 / 470 + 0.2 * 0.1 + 0.1 * 0.0625),
    # five drawn, one ineligible, one unknown: 3 respondents / (3 eligible + 3/4 of the unknown one)
    "QL-01.unweighted": 3 / (3 + 3 / 4),
    # the same with base weights 2: respondents 6, known eligible 6 of 8, unknown 2
    "QL-01.weighted": 6 / (6 + 6 / 8 * 2),
    "QL-02.dont_know": 1 / 6,
    "QL-02.blank": 0,
    "QL-03.confirmed": 1 / 6,
    "QL-03.imputed": 1 / 11,  # E-06 of six units, E-30 of five
}  # fmt: skip


# -- from answers to tables -----------------------------------------------------------------------------------------


def exported(questionnaire: Questionnaire, unit: str, answers: Answers, given: Given) -> dict[str, Any]:
    """One row of `responses` as the collector writes it; the answers must pass every hard check."""
    made = said(answers)
    found = run_checks(questionnaire, made, given=given, today=DAY)
    assert [finding.check_id for finding in found if finding.severity == "hard"] == [], unit
    confirmed = {f"confirmed_{finding.check_id}": True for finding in found}
    row: dict[str, Any] = {"unit_id": unit, "questionnaire": questionnaire.id}
    answered = exported_answers(questionnaire, made, given=given, today=DAY)
    for name, leaf in questionnaire.fields.items():
        if not leaf.identity and not leaf.roster:
            answer = answered.get(name)
            row[name] = answer.value if answer else None
            row[f"{name}_state"] = answer.state if answer else None
    return row | {f"confirmed_{check}": confirmed.get(f"confirmed_{check}") for check in questionnaire.soft_checks}


def table(questionnaire: Questionnaire, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Give the columns the types that the collector's export gives them."""
    made = pd.DataFrame(rows)
    types = {"int": "Int64", "dec": "float64", "bool": "boolean", "text": "str", "code": "str"}
    for name, leaf in questionnaire.fields.items():
        if name in made.columns and leaf.type in types:
            values = made[name].map(float, na_action="ignore") if leaf.type == "dec" else made[name]
            made[name] = values.astype(types[leaf.type])
    for check in questionnaire.soft_checks:
        if f"confirmed_{check}" in made.columns:
            made[f"confirmed_{check}"] = made[f"confirmed_{check}"].astype("boolean")
    return made


def long_table(questionnaire: Questionnaire, roster: str, units: Mapping[str, Answers]) -> pd.DataFrame:
    rows = []
    for unit, answers in units.items():
        made = said(answers)
        for row in rows_of(questionnaire.rosters[roster], made):
            cells = {
                leaf.name: made.get(f"{leaf.name}.{row}")
                for leaf in questionnaire.rosters[roster].columns
                if not leaf.identity
            }
            rows.append(
                {"unit_id": unit, "row": row} | {name: cell.value if cell else None for name, cell in cells.items()}
            )
    frame = pd.DataFrame(rows)
    for name in frame.columns:
        if name in questionnaire.fields and questionnaire.fields[name].type in ("int", "dec"):
            frame[name] = frame[name].map(float, na_action="ignore").astype("float64")
    return frame


def enterprise_table(questionnaire: Questionnaire) -> pd.DataFrame:
    rows = []
    for number, (unit, (weight, size, industry, annual, answers)) in enumerate(ENTERPRISES.items()):
        given = Given(prefilled=said({"e01": code(number)}), sample={"annual": annual})
        frame = {"w": weight, "size": size, "industry": industry, "annual_module": annual}
        rows.append(exported(questionnaire, unit, ENTERPRISE | {"e01": code(number)} | answers, given) | frame)
    return table(questionnaire, rows)


def agency_table(questionnaire: Questionnaire, units: Mapping[str, tuple[float, str, Answers]]) -> pd.DataFrame:
    rows = []
    for number, (unit, (weight, annual, answers)) in enumerate(units.items()):
        given = Given(sample={"annual": annual} if "annual" in questionnaire.sample else {})
        every = AGENCY | {"g01_code": code(number, "11")} | answers
        known = {name: value for name, value in every.items() if name.partition(".")[0] in questionnaire.fields}
        row = exported(questionnaire, unit, known, given)
        rows.append(row | {"w": weight, "annual_module": annual})
    return table(questionnaire, rows)


def last_table(questionnaire: Questionnaire, units: Mapping[str, Answers]) -> pd.DataFrame:
    fields = sorted({name for answers in units.values() for name in answers})
    rows = []
    for unit, answers in units.items():
        made = said(answers)
        row: dict[str, Any] = {"unit_id": unit}
        for name in fields:
            row |= {
                name: made[name].value if name in made else None,
                f"{name}_state": "answered" if name in made else None,
            }
        rows.append(row)
    return table(questionnaire, rows)


def returned(study: Study) -> pd.DataFrame:
    definition = study.returns["agency_metrics"]
    units = {"u1": code(1, "11"), "u2": code(2, "11")}
    records = [
        {"unit": units[unit], "period": "2026-10", "metric": metric, "dimension": dimension, **values}
        for unit, metric, dimension, values in RETURNED
    ]
    ledger, report = receive(definition, Ledger(), enumerate(records), sent=datetime.datetime(2026, 11, 8))
    assert report.counts["accepted"] == len(RETURNED)
    return return_rows(definition, ledger)


def quality(responses: pd.DataFrame) -> pd.DataFrame:
    """The table `quality`: of five units drawn for QL-01, of two questions of the enterprises for QL-02 and QL-03."""
    drawn = pd.DataFrame({
        "disposition": ["complete"] * 3 + ["ineligible", "unknown"], "respondent": [True] * 3 + [False] * 2,
        "eligible": [True] * 3 + [False, True], "_known": [True] * 4 + [False], "base_weight": [2.0] * 5,
        "weight": [2.5] * 5, "stratum": ["s"] * 5, "N_h": [10] * 5,
    })  # fmt: skip
    questions = responses[["e06", "e06_state", "e30", "e30_state", "confirmed_ai_no_stands"]].copy()
    questions.loc[1, "e30_state"] = "imputed"
    return pd.concat([weighting_quality(drawn, [], wave="w"), item_quality(questions, wave="w")], ignore_index=True)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> DesignPlan:
    folder = tmp_path_factory.mktemp("plan")
    text = "unit_id: unit_id\nweights: w\ndomains: []\nlonely_psu: fail\nconf_level: 0.95\nci_method: korn-graubard\n"
    (folder / "design.yaml").write_text(text, encoding="utf-8")
    made = load_plan(folder, faults=[])
    assert made is not None
    return made


@pytest.fixture(scope="module")
def tables(study: Study) -> WaveTables:
    asked = study.questionnaires
    enterprises = {unit: row[4] for unit, row in ENTERPRISES.items() if row[3] == "yes"}
    responses = enterprise_table(asked["enterprise"])
    return WaveTables(
        wave="w",
        responses={
            "enterprise": responses,
            "agency": agency_table(asked["agency"], AGENCIES),
            "agency_short": agency_table(asked["agency_short"], COUNTIES),
        },
        rosters={
            "e21": long_table(asked["enterprise"], "e21", enterprises),
            "e24": long_table(asked["enterprise"], "e24", enterprises),
            "g11": long_table(asked["agency"], "g11", {unit: row[2] for unit, row in AGENCIES.items()}),
        },
        last={
            "enterprise": last_table(asked["enterprise"], ENTERPRISES_LAST),
            "agency": last_table(asked["agency"], AGENCIES_LAST),
        },
        returns={"agency_metrics": returned(study)},
        quality=quality(responses),
        external={"cnnic_users": 0.428},
    )


@pytest.fixture(scope="module")
def values(study: Study, tables: WaveTables, plan: DesignPlan) -> dict[str, float]:
    assert study.catalogue is not None
    return compute_catalogue(study.catalogue, study.indicators, tables, plan)


# -- the tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPECTED)
def test_each_measure_is_what_it_comes_to_by_hand(values: dict[str, float], name: str) -> None:
    assert values[name] == pytest.approx(EXPECTED[name], abs=1e-9)


def test_every_measure_of_the_catalogue_is_computed_and_tested_above(study: Study, values: dict[str, float]) -> None:
    assert study.catalogue is not None
    names = {name for name, _, _ in study.catalogue.measures()}
    assert {
        name for name in names if not any(value == name or value.startswith(f"{name}.") for value in values)
    } == set()
    assert set(values) == set(EXPECTED)


def test_a_unit_without_rows_adds_nothing_but_counts(tables: WaveTables, plan: DesignPlan, tmp_path: Path) -> None:
    text = "catalogue:\n  - id: X-01\n    area: all\n    name: {zh: 甲, en: A}\n    report: {zh: 甲, en: A}\n"
    text += '    measures:\n      - {id: a, source: agency, roster: g11, type: mean, numerator: "1"}\n'
    (tmp_path / "catalogue.yaml").write_text(text, encoding="utf-8")
    catalogue = load_catalogue(tmp_path, faults=[])
    assert catalogue is not None
    # use cases: a1 2, a2 1 (weight 2), a3 and a4 none
    assert compute_catalogue(catalogue, (), tables, plan) == {"X-01.a": pytest.approx((2 + 2 * 1) / 5)}


def test_the_catalogue_has_every_indicator_of_the_plan(study: Study) -> None:
    counts = {
        "PEN": 10,
        "DEP": 3,
        "ST": 7,
        "IN": 5,
        "CO": 3,
        "WB": 3,
        "GV": 6,
        "GC": 3,
        "SC": 3,
        "SF": 3,
        "BR": 1,
        "IX": 1,
        "QL": 3,
    }
    assert study.catalogue is not None
    wanted = [f"{group}-{number:02}" for group, many in counts.items() for number in range(1, many + 1)]
    assert [entry.id for entry in study.catalogue.catalogue] == wanted
    estimated = {measure.indicator.value for _, _, measure in study.catalogue.measures() if measure.indicator}
    assert estimated == {indicator.id for indicator in study.indicators}


def test_the_page_of_indicators_is_what_the_catalogue_says(repository: Path) -> None:
    sys.path.insert(0, str(repository / "tools"))
    try:
        from indicators_page import page
    finally:
        sys.path.remove(str(repository / "tools"))
    shown = (repository / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert shown == page(), "run: python tools/indicators_page.py"


def test_a_measure_whose_table_is_missing_has_no_value(study: Study, tables: WaveTables, plan: DesignPlan) -> None:
    assert study.catalogue is not None
    only = WaveTables(wave="w", responses={"agency": tables.responses["agency"]})
    found = compute_catalogue(study.catalogue, study.indicators, only, plan)
    assert found["GV-05.agency"] == pytest.approx(2 / 5)
    assert {name.partition(".")[2].partition(".")[0] for name in found} <= {
        "agency", "agency_number", "agency_share", "agency_size", "mean", "any"}  # fmt: skip
    assert "PEN-09.agency" not in found
    assert "DEP-03.agency" not in found


# -- what the catalogue may not say ---------------------------------------------------------------------------------


def faults(study: Study, folder: Path, *measures: str) -> list[str]:
    """What is wrong with a catalogue of these measures beside the other files of the example study."""
    text = "catalogue:\n  - id: X-01\n    area: all\n    name: {zh: 甲, en: A}\n"
    text += "    report: {zh: 甲, en: A}\n    measures:\n" + "".join(f"      - {one}\n" for one in measures)
    (folder / "catalogue.yaml").write_text(text, encoding="utf-8")
    found: list[Fault] = []
    catalogue = load_catalogue(folder, faults=found)
    return [fault.message for fault in (*found, *catalogue_faults(replace(study, catalogue=catalogue)))]


FORMULA = "source: agency, type: proportion"
FAULTY = {
    "no source": ("{id: a, type: proportion, numerator: \"${g05} = 'yes'\"}",
                  'the measure "a" lacks source, so it cannot be computed. Add it.'),
    "no denominator": ('{id: a, source: agency, type: ratio, numerator: "${g02_staff}"}',
                       'the measure "a" must have a denominator if it is a ratio, and only then. Add or delete it.'),
    "a slot without codes": (f"{{id: a, {FORMULA}, numerator: \"selected(${{g31}}, '{{code}}')\"}}",
                             'the measure "a" must have both "codes" and {code} in its numerator, or neither. Write the'
                             " other one."),
    "two at once": ("{id: a, indicator: PEN-01, source: agency}",
                    'the measure "a" is given by "indicator", so "source" would be lost. Delete one of them.'),
    "one of a difference": ("{id: a, difference: [X-01.b]}", 'the measure "a" is a difference of 1; it needs two.'),
    "by nothing": ("{id: a, indicator: PEN-01, by: size}",
                   'the measure "a" needs "by" to say whose codes are meant, and only then.'),
    "weights": ("{id: a, index: [{measure: X-01.b, weight: 0.5, low: 0, high: 1}]}",
                'the weights of the index "a" do not add up to 1. Correct them.'),
    "no such measure": ("{id: a, of: X-01.b, by: size}", '"X-01.a" is made from "X-01.b", which is no measure'
                                                         ' before it.'),
    "no such indicator": ("{id: a, indicator: PEN-11}",
                          '"X-01.a" is the indicator "PEN-11", which indicators.yaml does not have. Did you mean'
                          ' "PEN-01"?'),
    "no such source": ("{id: a, source: agencies, type: proportion, numerator: \"true()\"}",
                       '"X-01.a" is computed from "agencies", which is neither a questionnaire nor a return of'
                       ' the study.'
                       ' Did you mean "agency"?'),
    "no such roster": ('{id: a, source: agency, roster: g12, type: total, numerator: "1"}',
                       'the questionnaire "agency" has no roster "g12". Did you mean "g11"?'),
    "no such field": (f"{{id: a, {FORMULA}, numerator: \"${{g055}} = 'yes'\"}}",
                      '"X-01.a" counts "g055", which the questionnaire "agency" does not have. Did you mean "g05"?'),
    "a field of another questionnaire": (f"{{id: a, {FORMULA}, numerator: \"${{e17}} = 'yes'\"}}",
                                         '"X-01.a" counts "e17", which the questionnaire "agency" does not have.'
                                         ' Did you'
                                         ' mean "g17"?'),
    "a column outside its roster": ('{id: a, source: agency, type: total, numerator: "${g11_items}"}',
                                    '"X-01.a" counts "g11_items", which the questionnaire "agency" does not have.'
                                    ' Did you'
                                    ' mean "g19_items"?'),
    "no such choice": (f"{{id: a, {FORMULA}, codes: [costs], numerator: \"selected(${{g31}}, '{{code}}')\"}}",
                       '"a" counts the choice "costs", which none of its questions offers. Did you mean "cost"?'),
    "no metric": ('{id: a, source: agency_metrics, type: total, numerator: "${items}"}',
                  '"X-01.a" does not say which metric of the return "agency_metrics" it counts. Add where: "${metric} ='
                  " 'M-01'\"."),
    "no such metric": (
        "{id: a, source: agency_metrics, type: total, numerator: \"${items}\", where: \"${metric} = 'M-41'\"}",
                       '"X-01.a" counts the metric "M-41", which the return "agency_metrics" does not have. Did'
                       ' you mean'
                       ' "M-12"?'),
    "a routed base": ('{id: a, source: agency, type: mean, numerator: "${g24}"}',
                      'the numerator of indicator "X-01.a" rests on "g24", which is asked only where question G-24 is'
                      " reached (${g05} = 'yes' or ${g08} = 'yes' or ${g15} = 'yes'); the units that were not"
                      " asked would"
                      " drop out and the rate would be too high. Ask it of every unit, use another base, or, where not"
                      " being asked means 0, say so and why: structural_zero: {g24: {zh: …, en: …}}."),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_measure_is_refused_in_words(study: Study, tmp_path: Path, case: str) -> None:
    measure, sentence = FAULTY[case]
    assert sentence in faults(study, tmp_path, measure)


def test_a_measure_stands_once(study: Study, tmp_path: Path) -> None:
    found = faults(study, tmp_path, "{id: a, indicator: PEN-01}", "{id: a, indicator: PEN-02}")
    assert found == [
        '"X-01.a" stands on line 7 already, so its values could not be told apart. Give one of them another id.'
    ]


def test_the_catalogue_is_part_of_the_check_of_a_study(tmp_path: Path) -> None:
    with as_file(files("uptake") / "studies" / "aiplus") as source:
        shutil.copytree(source, tmp_path / "study")
    path = tmp_path / "study" / "catalogue.yaml"
    text = path.read_text(encoding="utf-8")
    line = text[: text.index("${g08}")].count("\n") + 1
    path.write_text(text.replace("${g08}", "${g088}", 1), encoding="utf-8")
    with pytest.raises(StudyError) as refusal:
        load_study(tmp_path / "study")
    assert refusal.value.faults[0].where == f"catalogue.yaml:{line}"
    assert 'counts "g088", which the questionnaire "agency" does not have. Did you mean "g08"?' in str(refusal.value)
