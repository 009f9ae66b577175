"""What each synthetic enterprise would truly answer, question by question, and the adoption rates that follow.

The columns of `truth` are the fields of the enterprise questionnaire (e06, e07_use_core, e10_agents, ...), with the
values a unit would stand by after the form's checks; None = not asked of it. Four columns are not fields: `fact_ai`
(does it really use AI), `first_e06` (what it types at first), `stands_by_no` (confirms a "no" that its other answers
contradict), `eager` (its place between those who answer at once, 0, and those who never do, 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from uptake.contract.codes import INDUSTRY_GROUPS, PROVINCES, SIZE_CLASSES

if TYPE_CHECKING:
    from pandas import DataFrame

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]
Objects = np.ndarray[tuple[int], np.dtype[np.object_]]

FUNCTIONS = ("rd", "core", "supply", "sales", "service", "finance", "hr", "office", "it", "decision")
TERMINALS = tuple(f"t{number}" for number in range(1, 11))
BANDS = ("b0", "b0_1", "b1_9", "b10_24", "b25_49", "b50_74", "b75_100")
_BAND_EDGES = (0.01, 0.10, 0.25, 0.50, 0.75)

# On the logit scale; sizes in the order large ... micro, industries and provinces in the order of their code lists.
_SIZE_EFFECT = (1.9, 1.1, 0.35, -0.35)
_INDUSTRY_EFFECT = (-0.9, -0.4, 0.7, 0.35, -0.1, -0.3, 0.2, -0.5, -0.1, -0.05, 1.5, 1.0, 0.6, 0.3)
_PROVINCE_EFFECT = (0.8, 0.35, -0.1, -0.3, -0.35, -0.05, -0.35, -0.35, 0.75, 0.5, 0.6, 0.1, 0.15, -0.1, 0.2, -0.15, 0.1,
                    0.0, 0.55, -0.3, -0.05, 0.15, 0.1, -0.2, -0.3, -0.5, 0.05, -0.45, -0.5, -0.35, -0.45)  # fmt: skip
_COMMON = 1.0  # how much one hidden readiness drives all three kinds of use
# Intercept and slope of other AI applications, agents, terminals.
_KINDS = ((-0.45, 1.0), (-2.0, 1.25), (-1.3, 0.9))
_FUNCTION_EFFECT = (-1.2, -0.3, -1.3, -0.1, 0.0, -0.5, -0.9, 0.9, -0.2, -1.0)
_TERMINAL_EFFECT = (-2.2, -0.2, 0.0, -1.9, -2.0, -1.6, -2.0, -2.0, -0.1, -2.6)


def make_truth(rng: np.random.Generator, *, province: Ints, industry: Ints, size: Ints, staff: Ints) -> DataFrame:
    """Return the true answers, one row a unit; all arguments are index arrays of one length, staff is persons."""
    import pandas as pd

    score = (
        np.array(_SIZE_EFFECT)[size] + np.array(_INDUSTRY_EFFECT)[industry] + np.array(_PROVINCE_EFFECT)[province]
        + _COMMON * rng.standard_normal(len(size))
    )  # fmt: skip
    other, agent, terminal = (rng.random(len(size)) < _expit(a + b * score) for a, b in _KINDS)
    now = np.maximum(1, np.rint(staff * np.exp(0.06 * rng.standard_normal(len(staff))))).astype(np.int64)
    columns: dict[str, Any] = {"e04_staff": now, "e04_rd": _research(rng, now, industry)}
    columns |= _gates(rng, other, agent, terminal)
    uses, has_agent = columns["e06"] == "yes", columns["e09"] == "yes"
    columns |= _functions(rng, score, uses)
    columns |= _agents(rng, now, has_agent)
    columns |= _terminals(rng, now, columns["e17"] == "yes")
    columns |= _weekly_users(rng, score, now, uses | has_agent | (columns["e17"] == "yes"))
    columns["eager"] = rng.random(len(size))
    return pd.DataFrame(columns)


def _expit(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def _research(rng: np.random.Generator, staff: Ints, industry: Ints) -> Ints:
    share = rng.beta(1.0, 9.0, size=len(staff)) * np.isin(industry, (2, 3, 10, 12)) * 1.6
    return np.floor(staff * np.minimum(share, 1.0)).astype(np.int64)


def _yes_no(flags: Bools) -> Objects:
    return np.where(flags, "yes", "no").astype(object)


def _gates(rng: np.random.Generator, other: Bools, agent: Bools, terminal: Bools) -> dict[str, Any]:
    """Turn facts into the four gate answers: some do not know, some say "no" although a device of theirs uses AI."""
    n = len(other)
    fact = other | agent | terminal
    e09, e17 = _yes_no(agent), _yes_no(terminal)
    e09[rng.random(n) < 0.015] = "dont_know"
    e17[rng.random(n) < 0.02] = "dont_know"
    contradicts = (e09 == "yes") | (e17 == "yes")
    denies = np.where(contradicts, rng.random(n) < 0.06, fact & (rng.random(n) < 0.03))
    first = _yes_no(fact & ~denies)
    unsure = rng.random(n) < np.where(fact, 0.015, 0.03)
    first[unsure] = "dont_know"
    stands_by = (first == "no") & contradicts & (rng.random(n) < 0.35)
    e06 = np.where((first == "no") & contradicts & ~stands_by, "yes", first).astype(object)
    e08 = _yes_no(rng.random(n) < np.where(fact, 0.82, 0.28))
    e08[rng.random(n) < 0.08] = "dont_know"
    return {
        "fact_ai": fact,
        "first_e06": first,
        "stands_by_no": stands_by,
        "e06": e06,
        "e08": e08,
        "e09": e09,
        "e17": e17,
    }


def _asked(values: Any, asked: Bools) -> Objects:
    made = np.asarray(values, dtype=object).copy()
    made[~asked] = None
    return made


def _functions(rng: np.random.Generator, score: Floats, uses: Bools) -> dict[str, Any]:
    """Answer the matrix of functions: none, pilot or routine; at least one is not none."""
    chance = _expit(np.array(_FUNCTION_EFFECT)[None, :] + 0.5 * score[:, None])
    some = rng.random(chance.shape) < chance
    routine = rng.random(chance.shape) < 0.62
    some[~some.any(axis=1), FUNCTIONS.index("office")] = True
    level = np.where(some, np.where(routine, "routine", "pilot"), "none").astype(object)
    core = level[:, FUNCTIONS.index("core")]
    drawn = rng.random(len(score))
    results = np.where(drawn < 0.62, "yes", np.where(drawn < 0.96, "no", "dont_know"))
    made: dict[str, Any] = {f"e07_use_{name}": _asked(level[:, i], uses) for i, name in enumerate(FUNCTIONS)}
    made["e07_results"] = _asked(np.where(core == "none", "not_applicable", results), uses)
    return made


def _agents(rng: np.random.Generator, staff: Ints, has: Bools) -> dict[str, Any]:
    n = len(staff)
    agents = 1 + np.minimum(rng.poisson(0.5 + 0.8 * np.log(staff)), np.maximum(staff, 1) - 1)
    points = agents + rng.poisson(agents * 0.8)
    built = rng.binomial(agents, 0.3)
    bought = rng.binomial(agents - built, 0.5)
    autonomous = rng.binomial(agents, 0.4)
    stoppable = np.minimum(agents, np.maximum(rng.binomial(agents, 0.8), np.minimum(autonomous, 1)))
    tasks = np.rint(agents * np.exp(6.0 + rng.standard_normal(n))).astype(np.int64)
    counted = rng.random(n) >= 0.12
    made: dict[str, Any] = {
        "e10_agents": agents, "e10_points": points, "e11_built": built, "e11_bought": bought,
        "e11_platform": agents - built - bought, "e12_autonomous": autonomous, "e12_stoppable": stoppable,
        "e13_tasks": _asked(tasks, counted),
        "e13_basis": _asked(np.where(rng.random(n) < 0.45, "records", "estimate"), counted),
    }  # fmt: skip
    return {name: _asked(values, has) for name, values in made.items()}


def _terminals(rng: np.random.Generator, staff: Ints, has: Bools) -> dict[str, Any]:
    """Count devices of ten classes, all and new-generation; a unit that has any has at least one AI camera."""
    shape = (len(staff), len(TERMINALS))
    present = rng.random(shape) < _expit(np.tile(np.array(_TERMINAL_EFFECT), (len(staff), 1)))
    scale = np.array((0.02, 0.5, 0.7, 0.02, 0.01, 0.05, 0.05, 0.01, 0.08, 0.02))
    total = np.where(present, 1 + rng.poisson(staff[:, None] * scale[None, :]), 0)
    smart = rng.binomial(total, 0.3)
    none = smart.sum(axis=1) == 0
    camera = TERMINALS.index("t9")
    total[none, camera] = np.maximum(total[none, camera], 1)
    smart[none, camera] = 1
    made: dict[str, Any] = {}
    for i, name in enumerate(TERMINALS):
        made[f"e18_n_{name}_all"] = _asked(total[:, i], has)
        made[f"e18_n_{name}_ai"] = _asked(smart[:, i], has)
    own = rng.poisson(0.1 * staff)
    return made | {"e18_n_byod_all": _asked(own, has), "e18_n_byod_ai": _asked(rng.binomial(own, 0.4), has)}


def _weekly_users(rng: np.random.Generator, score: Floats, staff: Ints, asked: Bools) -> dict[str, Any]:
    """Give the weekly users as a number or, where nobody counted, as a band of the persons employed."""
    share = rng.beta(1.2, 3.0, size=len(staff)) * _expit(score + 1.0)
    users = np.floor(staff * share).astype(np.int64)
    band = np.array(BANDS, dtype=object)[1 + np.digitize(share, _BAND_EDGES)]
    counted = rng.random(len(staff)) < np.where(staff < 50, 0.75, 0.3)
    return {"e29": _asked(users, asked & counted), "e29_band": _asked(band, asked & ~counted)}


# What a complete count would find ----------------------------------------------------------------------------------


def true_values(frame: DataFrame, truth: DataFrame) -> DataFrame:
    """Return what a census with the same questionnaire would print, without sampling error.

    Columns: indicator, definition (headline, dk_out, dk_yes, no_union, no_phone_pc, or fact: real use whatever the unit
    would say), domain_by, domain_key, value (a share). It uses no formula of `analysis`, so that it can judge it.
    """
    import pandas as pd

    readings = _readings(truth)
    staff = truth["e04_staff"].to_numpy(dtype=np.float64)
    rows = []
    for by, codes in _domains():
        keys = np.array(["all"] * len(frame)) if by == "all" else frame[by].to_numpy(dtype=str)
        for code in codes:
            here = keys == code
            for (indicator, definition), (value, base) in readings.items():
                weight = (staff if indicator == "PEN-05" else np.ones(len(staff))) * (here & base)
                share = float((weight * value).sum() / weight.sum()) if weight.sum() else float("nan")
                rows.append((indicator, definition, by, code, share))
    return pd.DataFrame(rows, columns=["indicator", "definition", "domain_by", "domain_key", "value"])


def _domains() -> list[tuple[str, list[str]]]:
    lists = {"size": SIZE_CLASSES, "province": PROVINCES, "industry": INDUSTRY_GROUPS}
    return [("all", ["all"]), *((by, [code.code for code in codes]) for by, codes in lists.items())]


def _readings(truth: DataFrame) -> dict[tuple[str, str], tuple[Bools, Bools]]:
    """Return (in use, in the base) of every reading, unit by unit; Kleene's logic written out by hand."""
    yes = {name: (truth[name] == "yes").to_numpy() for name in ("e06", "e09", "e17")}
    no = {name: (truth[name] == "no").to_numpy() for name in ("e06", "e09", "e17")}
    stands = truth["stands_by_no"].to_numpy()
    any_yes = (yes["e06"] | yes["e09"] | yes["e17"]) & ~stands
    any_no = (no["e06"] & no["e09"] & no["e17"]) | stands
    both_no = no["e09"] | no["e17"]
    core = (truth["e07_use_core"] == "routine").to_numpy()
    deep = yes["e06"] & core & (truth["e07_results"] == "yes").to_numpy()
    shallow = no["e06"] | (yes["e06"] & (~core | truth["e07_results"].isin(["no", "not_applicable"]).to_numpy()))
    sides = {
        "PEN-01": (any_yes, any_no), "PEN-02": (yes["e09"], no["e09"]), "PEN-03": (yes["e17"], no["e17"]),
        "PEN-04": (yes["e09"] & yes["e17"], both_no), "PEN-05": (any_yes, any_no), "DEP-01": (deep, shallow),
    }  # fmt: skip
    everyone = np.ones(len(truth), dtype=bool)
    made: dict[tuple[str, str], tuple[Bools, Bools]] = {}
    for indicator, (holds, fails) in sides.items():
        made[indicator, "headline"] = (holds, everyone)
        made[indicator, "dk_out"] = (holds, holds | fails)
        made[indicator, "dk_yes"] = (~fails, everyone)
    made["PEN-01", "no_union"] = (yes["e06"], everyone)
    others = [f"e18_n_{name}_ai" for name in TERMINALS if name not in ("t2", "t3")]
    made["PEN-03", "no_phone_pc"] = (yes["e17"] & (truth[others].fillna(0).sum(axis=1).to_numpy() >= 1), everyone)
    made["PEN-01", "fact"] = (truth["fact_ai"].to_numpy(), everyone)
    return made
