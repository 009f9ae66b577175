"""Random designs put to our estimators and to svy 0.35, a Rust engine of other hands: the same numbers to 1e-9.

Where the two follow different rules (docs/methods/peers.md) both are brought to one rule, and the difference is tested.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import Estimates, Survey, SurveyDesign, mean, proportion, proportion_interval, ratio, total

ROUNDS, DESIGNS = 10, 1_000  # 10,000 designs in all
MANY = settings(
    max_examples=DESIGNS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
RULES = {"adjust": "center", "average": "scale", "remove": "skip"}  # ours -> svy's
COLUMNS = (("estimate", "est"), ("se", "se"), ("df", "df"), ("n", "n"), ("ci_low", "lci"), ("ci_high", "uci"))


@dataclass(frozen=True)
class Drawn:
    """One design: how it was drawn, and the seed of its rows."""

    seed: int
    strata: int
    clustered: bool
    second_stage: bool
    fpc: bool
    lonely: str  # "" = no stratum has one PSU
    gaps: bool
    spread: float
    ci: str
    fourth: str


DRAWN = st.builds(
    Drawn,
    seed=st.integers(0, 2**32), strata=st.integers(1, 5), clustered=st.booleans(), second_stage=st.booleans(),
    fpc=st.booleans(), lonely=st.sampled_from(["", "", "", *RULES]), gaps=st.booleans(),
    spread=st.sampled_from([0.1, 1.0, 3.0]), ci=st.sampled_from(["korn-graubard", "beta", "xlogit", "wilson"]),
    fourth=st.sampled_from(["total", "ratio", "mean y", "deff wor", "deff wr"]),
)  # fmt: skip


def rows_of(drawn: Drawn, round_: int) -> pd.DataFrame:
    """Rows of the design: amounts over several orders of magnitude, a 0/1 answer with gaps, three domains."""
    random = np.random.default_rng([round_, drawn.seed])
    rows = []
    for h in range(drawn.strata):
        alone = drawn.lonely and h and random.random() < 0.4
        n = 1 if alone else int(random.integers(2, 6))
        n_population = n + int(random.integers(1, 20))
        for i in range(n):
            size = int(random.integers(2 if drawn.second_stage else 1, 5)) if drawn.clustered else 1
            units = size + int(random.integers(0, 6))
            rows += [(f"h{h}", f"h{h}.{i}", f"h{h}.{i}.{k}", n_population, units) for k in range(size)]
    frame = pd.DataFrame(rows, columns=["h", "psu", "ssu", "N", "M"])
    size = len(frame)
    frame["w"] = 1 + np.exp(random.normal(3, drawn.spread, size))  # below n in all, svy gives no design effect
    frame["y"] = (random.random(size) < random.choice([0.1, 0.5, 0.9])).astype(float)
    frame["x"], frame["z"] = random.lognormal(2, 2, size), random.lognormal(1, 1, size)
    frame["d"] = random.choice(list("uvw"), size)
    if drawn.gaps:
        frame.loc[random.random(size) < 0.15, "y"] = np.nan
        frame.loc[0, "y"] = 1.0  # svy stops with a traceback where nobody answered; ours is a row with a reason
    return frame


def ours(rows: pd.DataFrame, drawn: Drawn) -> Survey:
    stages = {"psu": "psu", "fpc": "N" if drawn.fpc else None} if drawn.clustered else {"fpc": "N"}
    if drawn.clustered and drawn.second_stage and drawn.fpc:
        stages |= {"ssu": "ssu", "fpc": ("N", "M")}
    if not drawn.fpc:
        stages["fpc"] = None
    return Survey(rows, SurveyDesign(weights="w", strata="h", lonely_psu=drawn.lonely or "fail", **stages))


def theirs(svy: Any, rows: pd.DataFrame, drawn: Drawn) -> Any:
    import polars as pl

    stages = {"psu": "psu"} if drawn.clustered else {}
    size = "N" if drawn.fpc else None
    if drawn.clustered and drawn.second_stage and drawn.fpc:
        stages, size = {"psu": "psu", "ssu": "ssu"}, svy.PopSize(psu="N", ssu="M")
    rule = {"singleton": RULES[drawn.lonely]} if drawn.lonely else {}
    return svy.Sample(pl.from_pandas(rows), svy.Design(stratum="h", wgt="w", pop_size=size, **stages, **rule))


def known(column: str) -> str:
    return f'"{column}" IS NOT NULL'


def answers(survey: Survey, drawn: Drawn) -> Iterator[tuple[str, Estimates]]:
    """Our answers, each for the whole and three domains in one pass.

    A row whose answer is missing gives degrees of freedom in R and none in svy: as a domain of its own it gives none.
    """
    by: list[tuple[str, ...]] = [(), ("d",)]
    yield "mean x", mean(survey, "x", by=by)
    yield "share y", proportion(survey, "y", by=by, ci=drawn.ci, where=known("y"))
    asked: dict[str, Callable[[], Estimates]] = {
        "total": lambda: total(survey, "x", by=by),
        "ratio": lambda: ratio(survey, "x", "z", by=by),
        "mean y": lambda: mean(survey, "y", by=by, where=known("y")),
        "deff wor": lambda: mean(survey, "z", by=by),
        "deff wr": lambda: mean(survey, "z", by=by),
    }
    yield drawn.fourth, asked[drawn.fourth]()


def peers(sample: Any, drawn: Drawn, by: str | None) -> dict[str, Any]:
    """The answers of svy to the same questions."""
    ask, method = sample.estimation, {"xlogit": "logit"}.get(drawn.ci, drawn.ci)
    asked: dict[str, Callable[[], Any]] = {
        "total": lambda: ask.total("x", by=by),
        "ratio": lambda: ask.ratio("x", "z", by=by),
        "mean y": lambda: ask.mean("y", by=by, drop_nulls=True),
        "deff wor": lambda: with_effect(ask, by, "wor"),
        "deff wr": lambda: with_effect(ask, by, "wr"),
    }
    found = {
        "mean x": ask.mean("x", by=by),
        "share y": ask.prop("y", by=by, ci_method=method, drop_nulls=True),
        drawn.fourth: asked[drawn.fourth](),
    }
    return {name: estimate.to_polars().to_pandas() for name, estimate in found.items()}


def with_effect(ask: Any, by: str | None, reference: str) -> Any:
    """The mean with its design effect; svy refuses all of them when one domain has none (ours is NaN there)."""
    try:
        return ask.mean("z", by=by, deff=reference)
    except Exception as refusal:
        assert "DEFF_NOT_COMPUTABLE" in str(refusal)
        return ask.mean("z", by=by)


def differences(name: str, mine: pd.DataFrame, peer: pd.DataFrame, drawn: Drawn) -> Iterator[str]:
    """Yield what is off by more than 1e-9 of the larger of 1 and the number."""
    if name == "share y":
        peer = peer[peer["y"] == 1]  # a level nobody chose is no row there; ours is 0 with an interval
        key = "d" if "d" in peer else None
        mine = mine[mine["domain_key"].isin(peer[key])] if key else mine[: len(peer)]
    effects = {"deff wor": [("deff", "deff")], "deff wr": [("deff_wr", "deff")]} if "deff" in peer else {}
    pairs = [*COLUMNS, *effects.get(name, [])]
    mine = mine[mine["n"] > 0]  # a domain without an answer is no row there; ours says so
    peer = peer.sort_values("d") if "d" in peer else peer
    if len(mine) != len(peer):
        yield f"{name}: {len(mine)} rows, svy has {len(peer)}"
        return
    for own, other in pairs:
        if own not in ("estimate", "n", "df") and other_rule(name, drawn):
            continue
        for a, b, row in zip(mine[own], peer[other], mine.itertuples(), strict=True):
            wanted = explained(row, own, float(b), drawn) if name == "share y" else float(b)
            near = digits_of(row) if own.startswith("deff") else 1e-9
            same = (math.isnan(a) and math.isnan(wanted)) or abs(a - wanted) <= near * max(1.0, abs(wanted))
            if not same:
                yield f"{name} {row.domain_key} {own}: {a!r}, svy {wanted!r}"


def digits_of(row: Any) -> float:
    """How well a design effect can be known from sums of squares over a file: less, the less its answers vary."""
    squared = row.n * row.se**2 / row.deff_wr if row.deff_wr > 0 else 0.0  # S2
    return 1e-7 + 1e-11 * (1 + row.estimate**2) / squared if squared > 0 else 1e-7


def other_rule(name: str, drawn: Drawn) -> bool:
    """Whether svy has another rule for the variance (docs/methods/peers.md).

    "average" over two stages: R scales the first stage up, svy both. "adjust" of a total: R 4.5 centres at the mean of
    all sampled PSUs, those without rows of the domain included; svy at that of the PSUs with rows.
    """
    two_stages = drawn.clustered and drawn.second_stage and drawn.fpc
    return (drawn.lonely == "average" and two_stages) or (drawn.lonely == "adjust" and name == "total")


def explained(row: Any, column: str, theirs: float, drawn: Drawn) -> float:
    """Bring one number of svy to our rule where the rules differ; the difference itself must hold."""
    if column not in ("ci_low", "ci_high") or not 0 < row.estimate < 1 or not row.se > 0:
        return float(getattr(row, column)) if column.startswith("ci_") else theirs
    if drawn.ci == "wilson" and row.df > 0 and row.n > 1:
        # svy widens twice: n_eff is multiplied by (t_{n-1}/t_df)^2 and t stands for z; R 4.5 and we do the second only.
        shrunk = row.se * stats.t.ppf(0.975, row.df) / stats.t.ppf(0.975, row.n - 1)
        doubled = proportion_interval(row.estimate, shrunk, int(row.n), row.df, method="wilson")
        assert theirs == pytest.approx(doubled.low if column == "ci_low" else doubled.high, rel=1e-8, abs=1e-9)
        return float(getattr(row, column))
    return theirs


@pytest.fixture(scope="module")
def svy() -> Any:
    """The peer; `make proof` installs it (requirements/peers.txt)."""
    return pytest.importorskip(
        "svy", reason="svy 0.35 is not installed (requirements/peers.txt), so nothing to compare"
    )


@pytest.mark.proof
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_svy_gives_the_same_numbers(svy: Any, round_: int) -> None:
    @MANY
    @given(DRAWN)
    def compared(drawn: Drawn) -> None:
        rows = rows_of(drawn, round_)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # svy warns of every lonely PSU and every small cell
            sample = theirs(svy, rows, drawn)
            found = [peers(sample, drawn, by) for by in (None, "d")]
        off = [
            text
            for name, estimates in answers(ours(rows, drawn), drawn)
            for frame, peer in ((estimates.frame[:1], found[0]), (estimates.frame[1:], found[1]))
            for text in differences(name, frame, peer[name], drawn)
        ]
        assert off == [], drawn

    compared()
