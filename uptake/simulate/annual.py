"""What each synthetic enterprise would truly answer to the accounts, the years of first use and the annual module.

Columns are the fields of the enterprise questionnaire; one cell of row 3 of a roster is the column `e24_users.3`.
None = not asked of the unit, left empty, or a number that nobody knows. Amounts are ten thousand yuan with two decimals
and keep every hard rule of the form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from uptake.simulate.adoption import TERMINALS, Bools, Floats, Ints, Objects
from uptake.simulate.rosters import make_cases, make_products

if TYPE_CHECKING:
    from pandas import DataFrame

# Yuan of revenue a person employed, in ten thousand, by section of GB/T 4754; all other sections as the last.
_REVENUE = {
    "A": 20,
    "B": 80,
    "C": 90,
    "D": 200,
    "E": 60,
    "F": 180,
    "G": 60,
    "H": 18,
    "I": 80,
    "J": 150,
    "K": 70,
    "": 40,
}
_YEARS = ("2026", "2025", "2024", "2023", "2022", "2021", "2020", "earlier")
_YEAR_SHARE = (0.27, 0.27, 0.19, 0.11, 0.06, 0.04, 0.03, 0.03)
_STAGES = ("hypothesis", "design", "simulation", "experiment", "analysis", "literature")
_SPENDING = ("software", "model", "compute", "equipment", "data", "staff", "rest")
_AGENT_USES = ("service", "programming", "documents", "analysis", "purchasing", "scheduling", "quality", "maintenance",
               "marketing", "risk", "research")  # fmt: skip
_BARRIERS = ("not_needed", "cost", "talent", "data", "security", "uncertain", "compatibility", "law", "supplier")
_WISHES = ("funding", "compute", "data", "training", "standards", "scenarios", "security", "platform")


def make_annual(rng: np.random.Generator, frame: DataFrame, truth: DataFrame) -> dict[str, Any]:
    """Return the columns to add to `truth`: frame and truth are those of make_register, row by row."""
    annual = (frame["annual_module"] == "yes").to_numpy()
    uses = np.any([(truth[gate] == "yes").to_numpy() for gate in ("e06", "e09", "e17")], axis=0)
    staff = truth["e04_staff"].to_numpy()
    made = make_accounts(rng, frame["section"].to_numpy(dtype=str), staff)
    made |= _first_use(rng, truth)
    made |= _agents(rng, truth, annual)
    made |= _fleet(rng, truth, annual)
    made["e16"] = _asked(_several(rng, len(truth), ("open_domestic", "closed_domestic", "foreign", "own"), 0.4),
                         annual & _yes(truth, "e06"))  # fmt: skip
    made |= _products(rng, frame, made, annual)
    made |= _research(rng, annual & (truth["e04_rd"].to_numpy() > 0))
    made |= _spending(rng, made["e05_cost"], annual & uses)
    made |= _staff(rng, staff, annual, annual & uses)
    made |= _views(rng, annual)
    cases = make_cases(rng, truth, annual & uses)
    return {name: _missing(values) for name, values in (made | cases).items()}


def make_accounts(rng: np.random.Generator, section: np.ndarray[Any, Any], staff: Ints) -> dict[str, Any]:
    """Return last year's accounts of every unit; revenue follows persons employed and the section."""
    n = len(staff)
    median = np.array([_REVENUE.get(letter, _REVENUE[""]) for letter in section], dtype=np.float64)
    revenue = _cents(staff * median * np.exp(0.6 * rng.standard_normal(n)))
    cost = _cents(revenue * rng.uniform(0.55, 0.95, n))
    assets = _cents(revenue * np.exp(0.1 + 0.6 * rng.standard_normal(n)))
    made: dict[str, Any] = {"e05_revenue": revenue, "e05_assets": assets, "e05_cost": cost}
    for name, share in (("e05_revenue", 0.01), ("e05_assets", 0.02), ("e05_cost", 0.03)):
        made[name] = _unsure(rng, made[name], share)
    return made | {"e05_estimated": _estimated(rng, n, ("revenue", "assets", "cost"))}


def _cents(values: Floats) -> Floats:
    """Round amounts to two decimals."""
    return np.asarray(np.rint(values * 100) / 100, dtype=np.float64)


def _asked(values: Any, asked: Bools) -> Objects:
    made = np.asarray(values, dtype=object).copy()
    made[~asked] = None
    return made


def _yes(truth: DataFrame, gate: str) -> Bools:
    return np.asarray((truth[gate] == "yes").to_numpy(), dtype=np.bool_)


def _missing(values: Any) -> Objects:
    """Turn what pandas or numpy call missing into None."""
    made = np.asarray(values, dtype=object)
    made[[value != value for value in made]] = None
    return made


def _unsure(rng: np.random.Generator, values: Any, share: float) -> Objects:
    """Let some units not know: a code says so, a number is missing."""
    made = np.asarray(values, dtype=object).copy()
    made[rng.random(len(made)) < share] = "dont_know" if isinstance(made[0], str) else None
    return made


def _several(rng: np.random.Generator, n: int, codes: tuple[str, ...], chance: float, none: str = "") -> Objects:
    """Choose several codes a unit, in the order of the form; `none` (or the first code) where none was chosen."""
    taken = rng.random((n, len(codes))) < chance
    texts = [" ".join(code for code, here in zip(codes, row, strict=True) if here) for row in taken]
    return np.array([text or none or codes[0] for text in texts], dtype=object)


def _estimated(rng: np.random.Generator, n: int, codes: tuple[str, ...]) -> Objects:
    made = _several(rng, n, codes, 0.4, "none")
    made[rng.random(n) < 0.6] = "none"
    return made


def _first_use(rng: np.random.Generator, truth: DataFrame) -> dict[str, Any]:
    made = {}
    for name, gate in (("e07_since", "e06"), ("e10_since", "e09"), ("e18_since", "e17")):
        drawn = rng.choice(np.array(_YEARS, dtype=object), size=len(truth), p=_YEAR_SHARE)
        made[name] = _asked(_unsure(rng, drawn, 0.06), _yes(truth, gate))
    return made


def _agents(rng: np.random.Generator, truth: DataFrame, annual: Bools) -> dict[str, Any]:
    """Answer what the agents are like; one unit in a hundred names what the definition leaves out."""
    n, has = len(truth), _yes(truth, "e09")
    kinds = _several(rng, n, ("service", "operations"), 0.6)
    kinds[rng.random(n) < 0.01] = "chat"
    systems = _several(rng, n, ("erp", "mes", "oa", "database", "internet", "equipment"), 0.35, "none")
    return {
        "e10_kinds": _asked(kinds, has),
        "e10_kinds_other_text": np.full(n, None, dtype=object),
        "e14": _asked(_unsure(rng, _several(rng, n, _AGENT_USES, 0.25), 0.02), has & annual),
        "e14_other_text": np.full(n, None, dtype=object),
        "e15": _asked(_unsure(rng, systems, 0.02), has & annual),
    }


def _fleet(rng: np.random.Generator, truth: DataFrame, annual: Bools) -> dict[str, Any]:
    """Count all terminals of units of the annual module without an intelligent one, and the flows of the others."""
    staff, has = truth["e04_staff"].to_numpy(), _yes(truth, "e17")
    made: dict[str, Any] = {}
    for name, share in zip((*TERMINALS, "byod"), (0.02, 0.5, 0.7, 0, 0, 0.05, 0, 0, 0.08, 0.02, 0.1), strict=True):
        column = f"e18_n_{name}_all"
        made[column] = np.where(has, truth[column], _asked(rng.poisson(staff * share), annual))
    other = np.array([(value or 0) > 0 for value in made["e18_n_t10_all"]])
    made["e18_other"] = _asked(np.full(len(staff), "示例终端", dtype=object), other)
    now = truth[[f"e18_n_{name}_ai" for name in TERMINALS]].fillna(0).sum(axis=1).to_numpy(dtype=np.int64)
    added = rng.binomial(now, 0.3)
    retired = rng.binomial(now - added, 0.1)
    flows = {"e19_opening": now - added + retired, "e19_added": added, "e19_retired": retired}
    return made | {name: _asked(_unsure(rng, values, 0.03), has & annual) for name, values in flows.items()}


def _products(rng: np.random.Generator, frame: DataFrame, accounts: dict[str, Any], annual: Bools) -> dict[str, Any]:
    """Answer what is sold: to consumers, terminals by class, and the revenue from AI with its exports."""
    n, section = len(frame), frame["section"].to_numpy(dtype=str)
    maker = frame["division"].isin(["34", "35", "36", "37", "38", "39"]).to_numpy()
    likely = np.where((section == "I") | maker, 0.35, np.where(np.isin(section, ["F", "H", "P"]), 0.08, 0.02))
    sells = rng.random(n) < likely
    e20 = np.where(sells, "yes", "no").astype(object)
    revenue = np.array([value if isinstance(value, float) else 0.0 for value in accounts["e05_revenue"]])
    ai = np.where(sells, _cents(revenue * rng.beta(1.5, 6.0, n)), 0.0)
    exports = np.where(rng.random(n) < 0.2, _cents(ai * rng.uniform(0.05, 0.5, n)), 0.0)
    proxy = np.where(maker, "01", np.where(section == "F", "02", np.where(section == "I", "03", "05"))).astype(object)
    made = {
        "e20": _asked(e20, annual),
        "e22_revenue": _asked(ai, annual),
        "e22_exports": _asked(exports, annual),
        "e22_estimated": _asked(_estimated(rng, n, ("revenue", "exports")), annual),
        "e22_class": _asked(proxy, annual & (ai > 0)),
        "e23": _asked(np.where(sells & (rng.random(n) < 0.3), "yes", "no"), annual),
    }
    return made | make_products(rng, ai, annual & maker & sells)


def _research(rng: np.random.Generator, asked: Bools) -> dict[str, Any]:
    n = len(asked)
    levels = np.array(["none", "used", "main"], dtype=object)
    made: dict[str, Any] = {f"e25_stages_{stage}": rng.choice(levels, n, p=(0.55, 0.35, 0.10)) for stage in _STAGES}
    made["e25_model"] = rng.choice(np.array(["develop", "apply", "both", "neither"], dtype=object), n,
                                   p=(0.03, 0.2, 0.05, 0.72))  # fmt: skip
    platforms, projects, datasets = rng.poisson(0.6, n), rng.poisson(1.5, n), rng.poisson(1.2, n)
    shared = rng.binomial(datasets, 0.15)
    made |= {
        "e26_platforms": platforms, "e26_upgraded": rng.binomial(platforms, 0.3), "e26_projects": projects,
        "e26_crossing": rng.binomial(projects, 0.25), "e27_datasets": datasets, "e27_open": shared,
        "e27_volume": _cents(datasets * rng.lognormal(1.0, 1.0, n)),
        "e27_joint": np.where(rng.random(n) < 0.25, "yes", "no"),
        "e27_evidence": _asked(np.full(n, "https://data.example.cn/open", dtype=object), shared > 0),
    }  # fmt: skip
    return {name: _asked(values, asked) for name, values in made.items()}


def _spending(rng: np.random.Generator, cost: Objects, asked: Bools) -> dict[str, Any]:
    """Split the spending on AI by kind; a few units use free or built-in functions only and spend nothing."""
    n = len(asked)
    known = np.array([value if isinstance(value, float) else 100.0 for value in cost])
    total = np.rint(known * 100 * rng.beta(1.2, 40.0, n)).astype(np.int64)
    total[rng.random(n) < 0.05] = 0
    parts = np.array([rng.multinomial(amount, (0.3, 0.1, 0.15, 0.2, 0.05, 0.15, 0.05)) for amount in total])
    made: dict[str, Any] = {f"e28_{kind}": parts[:, i] / 100 for i, kind in enumerate(_SPENDING)}
    made["e28_total"] = total / 100
    made["e28_fixed"] = np.floor(total * rng.uniform(0, 0.5, n)) / 100
    made["e28_rd"] = np.floor(total * rng.uniform(0, 0.4, n)) / 100
    made["e28_estimated"] = _estimated(rng, n, (*_SPENDING, "total", "fixed", "rd"))
    made["e28_accelerators"] = rng.poisson(np.minimum(parts[:, 3] / 100 / 20, 500.0))
    return {name: _asked(values, asked) for name, values in made.items()}


def _staff(rng: np.random.Generator, staff: Ints, annual: Bools, users: Bools) -> dict[str, Any]:
    n = len(staff)
    shares = {"created": 0.01, "redesigned": 0.03, "removed": 0.01}
    made: dict[str, Any] = {f"e31_{name}": _asked(rng.binomial(staff, p), users) for name, p in shares.items()}
    made["e30"] = _asked(_unsure(rng, rng.binomial(staff, rng.beta(1.0, 6.0, n)), 0.03), annual)
    made["e32_measures"] = _asked(_several(rng, n, ("rules", "officer", "data", "filing"), 0.3, "none"), users)
    made["e32_incidents"] = _asked(_unsure(rng, rng.poisson(0.05, n), 0.02), users)
    return made


def _views(rng: np.random.Generator, annual: Bools) -> dict[str, Any]:
    n = len(annual)
    counts = {
        name: rng.poisson(mean, n) for name, mean in (("projects", 0.03), ("standards", 0.02), ("releases", 0.05))
    }
    some = np.sum(list(counts.values()), axis=0) > 0
    barriers = [" ".join(text.split()[:5]) for text in _several(rng, n, _BARRIERS, 0.25, "none")]
    made: dict[str, Any] = {f"e33_{name}": values for name, values in counts.items()}
    made["e33_evidence"] = _asked(np.full(n, "示例项目（虚构）", dtype=object), some)
    made |= {"e34": np.array(barriers, dtype=object), "e35": _several(rng, n, _WISHES, 0.3, "none"),
             "e35_other_text": np.full(n, None, dtype=object)}  # fmt: skip
    return {name: _asked(values, annual) for name, values in made.items()}
