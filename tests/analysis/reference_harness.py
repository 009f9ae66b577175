"""Run the reference cases computed with R: build the design, ask the question, compare every field."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import (
    Component,
    Estimates,
    Expr,
    Pps,
    ReplicateWeights,
    Survey,
    SurveyDesign,
    combine_imputations,
    counts,
    glm,
    independence_test,
    jointly,
    mean,
    proportion,
    proportions,
    quantile,
    ratio,
    total,
    variance,
)  # fmt: skip
from analysis.source import literal, quoted
from uptake.contract.errors import UptakeError

Case = dict[str, Any]
OPERATORS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
ESTIMATORS = (
    "mean",
    "total",
    "ratio",
    "proportion",
    "proportions",
    "counts",
    "df",
    "replicate_weights",
    "chisq",
    "contrast",
    "glm",
    "mi_mean",
    "mi_proportion",
    "quantile",
    "variance",
    "weights",
    "nr_class_mean",
)
STEPS = ("poststratify", "calibrate", "rake", "trim", "replicates", "rep_nr_class")


@dataclass
class Outcome:
    """What became of one case: agreed, differed (with what), or not in what is built."""

    case: Case
    status: str
    differences: list[str] = field(default_factory=list)


def load_cases(reference: Path) -> Iterator[Case]:
    """Yield every estimator case of the reference."""
    for path in sorted((reference / "expected").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if "dataset" in content:
            yield from content["cases"]


def outside(case: Case) -> str:
    """Why a case is not in what is built, or an empty string."""
    design = case["design"]
    if case["estimator"] not in ESTIMATORS:
        return f"estimator {case['estimator']}"
    steps = [step["op"] for step in design.get("steps") or [] if step["op"] not in STEPS]
    return f"step {steps[0]}" if steps else ""


def condition(filters: list[dict[str, Any]] | None) -> str | None:
    """Return the SQL of a list of filters."""
    if not filters:
        return None
    parts = []
    for item in filters:
        name = quoted(item["col"])
        if item["op"] == "in":
            parts.append(f"{name} IN ({', '.join(literal(v) for v in item['value'])})")
        elif item["op"] in ("notnull", "isnull"):
            parts.append(f"{name} IS {'NOT ' if item['op'] == 'notnull' else ''}NULL")
        else:
            parts.append(f"{name} {OPERATORS[item['op']]} {literal(item['value'])}")
    return " AND ".join(parts)


def build(case: Case, reference: Path) -> Survey:
    """Build the survey of a case."""
    spec = case["design"]
    rows = pd.read_csv(reference / spec["data"], keep_default_na=False, na_values=[""])
    if case["estimator"] == "weights":
        rows["up_row"] = np.arange(len(rows))  # the order of the file, in which R gives the first weights
    replicates = None
    if spec.get("replicate_weights"):
        rows, replicates = with_replicates(rows, spec["replicate_weights"], reference)
    survey = Survey(rows, declared(spec, replicates, reference))
    if spec.get("keep"):
        survey = Survey(survey.source.derive("*", condition(spec["keep"]) or ""), survey.design)
    for step in spec.get("steps") or []:
        survey = stepped(survey, step)
    return survey


def stepped(survey: Survey, step: dict[str, Any]) -> Survey:
    """Apply one weighting step."""
    if step["op"] == "replicates":
        return survey.replicate(step["type"].lower(), rho=step.get("fay_rho"), mse=bool(step.get("mse")))
    if step["op"] == "rep_nr_class":
        return survey.adjust_nonresponse(respondent=step["respondent"], classes=step["classes"])
    if step["op"] == "poststratify":
        return survey.poststratify(pd.DataFrame(step["totals"]), by=step["by"], total="N")
    if step["op"] == "trim":
        return survey.trim_weights(lower=step.get("lower"), upper=step.get("upper"), strict=step.get("strict", False))
    if step["op"] == "rake":
        return survey.rake(margins(step), max_sweeps=step["maxit"])
    method = {"linear": "linear", "raking": "raking", "logit": "logit"}[step["calfun"]]
    per = {"per": survey.design.stages[0]} if step.get("aggregate_stage") else {}
    bounds = tuple(float(b) for b in step["bounds"]) if step.get("bounds") else None
    return survey.calibrate(benchmarks(step), method=method, bounds=bounds, **per)


def margins(step: dict[str, Any]) -> pd.DataFrame:
    """Turn the margins of a raking into a tidy frame."""
    rows = [
        ("+".join(margin["by"]), "+".join(str(total[c]) for c in margin["by"]), total["N"])
        for margin in step["margins"]
        for total in margin["totals"]
    ]
    return pd.DataFrame(rows, columns=["variable", "level", "total"])


def benchmarks(step: dict[str, Any]) -> pd.DataFrame:
    """Turn the terms and totals of a calibration into a tidy frame; a total that is not given is missing."""
    rows = [
        ("(intercept)", "") if t["term"] == "intercept" else (t["col"], str(t["level"]) if "level" in t else "")
        for t in step["terms"]
    ]
    totals = [*step["totals"], *[None] * (len(rows) - len(step["totals"]))]
    return pd.DataFrame(
        [(*row, n) for row, n in zip(rows, totals, strict=True)], columns=["variable", "level", "total"]
    )


def declared(spec: dict[str, Any], replicates: ReplicateWeights | None, reference: Path) -> SurveyDesign:
    """Turn the description of a design into ours. Weights of a `pre` step are made by the caller."""
    ids, fpc = spec["ids"], tuple(spec.get("fpc") or ())
    return SurveyDesign(
        weights=spec["weights"],
        probabilities=(spec.get("probs") or [None])[0],
        strata=tuple(spec["strata"]) or None,
        psu=ids[0] if ids else None,
        ssu=tuple(ids[1:]) or None,
        fpc=fpc or None,
        nest=spec["nest"],
        lonely_psu=spec["lonely_psu"],
        replicates=replicates,
        pps=unequal(spec.get("pps"), reference),
        adjust_domain_lonely=bool(spec.get("adjust_domain_lonely")),
    )


def unequal(spec: dict[str, Any] | None, reference: Path) -> Pps | None:
    """Turn the description of a PPS method into ours."""
    if not spec:
        return None
    joint = reference / spec["file"] if "file" in spec else None
    return Pps(
        spec["method"], joint=joint, variance=spec.get("variance", "HT"), p2bar=spec.get("p2bar"),
        tolerance=spec.get("tolerance", 0.0),
    )  # fmt: skip


def with_replicates(rows: pd.DataFrame, spec: dict[str, Any], reference: Path) -> tuple[pd.DataFrame, ReplicateWeights]:
    """Join the replicate file to the rows (same order) and declare it."""
    weights = pd.read_csv(reference / spec["file"])
    columns = tuple(c for c in weights.columns if c.startswith(spec["prefix"]))
    joined = pd.concat([rows, weights.add_prefix("rep_")], axis=1)
    rscales = spec.get("rscales")
    return joined, ReplicateWeights(
        type=spec["type"], columns=tuple(f"rep_{c}" for c in columns), scale=spec.get("scale"),
        rscales=tuple(rscales) if isinstance(rscales, list) else (() if rscales is None else (rscales,)),
        rho=spec.get("rho"), mse=spec["mse"], combined=spec["combined_weights"],
    )  # fmt: skip


def prepared(case: Case, reference: Path) -> Survey:
    """Build the survey, doing weight adjustments that come before the declaration."""
    pre = case["design"].get("pre") or []
    if not pre:
        return build(case, reference)
    step = pre[0]
    plain = {**case["design"], "weights": step["weight"], "pre": None, "steps": None}
    survey = build({**case, "design": plain}, reference)
    survey = survey.adjust_nonresponse(respondent=step["respondent"], classes=step["classes"], phase="fixed")
    for later in case["design"].get("steps") or []:
        survey = stepped(survey, later)
    return survey


def ask(survey: Survey, case: Case, domain: str | None) -> Estimates:
    """Ask a case's question of a survey."""
    options = case["options"] or {}
    by = case["by"]
    common: dict[str, Any] = {"by": tuple(by) if by else None, "where": domain, "level": options.get("level", 0.95)}
    if "df" in options:
        common["df"] = math.inf if options["df"] == "inf" else float(options["df"])
    kind = case["estimator"]
    if kind in ("mean", "total"):
        return (mean if kind == "mean" else total)(survey, options["vars"], missing="listwise", **common)
    if kind == "ratio":
        return ratio(survey, options["num"], options["den"], **common)
    if kind == "proportion":
        return proportion(survey, options["var"], ci=options["method"], **common)
    if kind == "glm":
        return glm(survey, formula_of(options), options["family"], where=domain).estimates
    if kind == "df":
        return mean(survey, Expr("one", "1"), **common)
    if kind == "variance":
        return variance(survey, options["vars"], **common)
    if kind == "quantile":
        asked = {"rule": options.get("qrule", "math"), "interval": options.get("interval_type", "mean")}
        return quantile(survey, options["var"], options["probs"], **asked, **common)
    if kind == "contrast":
        return jointly(survey, {c["name"]: component(c) for c in options["components"]}, level=common["level"])
    return (proportions if kind == "proportions" else counts)(survey, options["col"], **common)


def component(spec: dict[str, Any]) -> Component:
    """Turn the description of a component into ours."""
    return Component(spec["stat"], spec["var"], den=spec.get("den"), where=condition(spec.get("domain")))


def contrasts(options: dict[str, Any]) -> dict[str, Any]:
    """Turn the description of contrasts into ours, linear ones first."""
    linear = {one["name"]: one["coef"] for one in options.get("linear") or []}
    return linear | {one["name"]: (one["kind"], one["num"], one["den"]) for one in options.get("nonlinear") or []}


def run_cases(reference: Path) -> Iterator[Outcome]:
    """Run every case; one that is refused did not agree."""
    for case in load_cases(reference):
        try:
            yield run_case(case, reference)
        except UptakeError as refusal:
            yield Outcome(case, "differed", [str(refusal)])


def run_case(case: Case, reference: Path) -> Outcome:
    """Run one case and list what differs."""
    reason = outside(case)
    if reason:
        return Outcome(case, reason)
    survey, domain = prepared(case, reference), condition(case["domain"])
    if case["estimator"] in MODELS:
        differences = list(MODELS[case["estimator"]](case | {"reference": reference}, survey, domain))
    else:
        differences = list(compare(case, ask(survey, case, domain)))
    return Outcome(case, "differed" if differences else "agreed", differences)


def compare(case: Case, found: Estimates) -> Iterator[str]:
    """Yield a sentence for every field that is off by more than the case's tolerance."""
    expected = case["expected"]
    frame = found.frame
    if case["estimator"] == "contrast":
        yield from compare_contrasts(case, found)
        return
    if "rows" not in expected:
        yield from compare_rows(case, expected, frame)
        if expected.get("vcov") is not None and "vcov" not in (case.get("advisory_fields") or []):
            yield from compare_vcov(case, np.array(expected["vcov"], dtype=float), found.vcov)
    else:
        used = []
        for row in expected["rows"]:
            here = np.ones(len(frame), dtype=bool)
            for column, value in row["group"].items():
                here &= frame[column].astype(str).to_numpy() == str(value)
            used += list(np.flatnonzero(here))
            yield from compare_rows(case, row, frame[here])
        if expected.get("vcov") is not None and len(expected["vcov"]) == len(used):
            yield from compare_vcov(case, np.array(expected["vcov"], dtype=float), found.vcov[np.ix_(used, used)])
    if "df_full_design" in expected and expected["df_full_design"] is not None:
        yield from compare_field(case, "df_full_design", [expected["df_full_design"]], [found.meta.df_design])


def compare_contrasts(case: Case, found: Estimates) -> Iterator[str]:
    """Compare the components, and every part of the contrasts made of them."""
    made = found.contrast(contrasts(case["options"]))
    for part, answer in (("components", found), ("linear", made), ("nonlinear", made)):
        expected = case["expected"].get(part)
        if expected is None:
            continue
        rows = [answer.frame["name"].tolist().index(name) for name in expected["names"]]
        own = answer.frame.iloc[rows]
        yield from compare_rows(case, expected, own)
        yield from compare_vcov(case, np.array(expected["vcov"], dtype=float), answer.vcov[np.ix_(rows, rows)])
        for name in ("t", "p_value"):
            if name in expected:
                yield from compare_field(case, name, expected[name], own[name].tolist())


def compare_rows(case: Case, expected: dict[str, Any], frame: pd.DataFrame) -> Iterator[str]:
    """Compare one set of parallel vectors."""
    if case["estimator"] == "df":
        yield from compare_field(case, "df", [expected["df"]], frame["df"].tolist())
        return
    if case["estimator"] in ("proportions", "counts"):
        order = {name: i for i, name in enumerate(expected["names"])}
        frame = frame[frame["name"].isin(order)].sort_values("name", key=lambda names: names.map(order))
    ours = {name: frame[name].tolist() for name in ("estimate", "se", "cv", "df", "n", "deff", "deff_wr")}
    ours["sum_w"] = frame["n_population"].tolist()
    if case["estimator"] != "proportions":
        ours |= {"ci_low": frame["ci_low"].tolist(), "ci_high": frame["ci_high"].tolist()}
    if "ci_low_exact" in expected:
        ours |= {"ci_low_exact": ours["ci_low"], "ci_high_exact": ours["ci_high"]}
    if case["estimator"] == "proportion" and (case["options"] or {}).get("method") == "beta":
        ours["n_eff"] = frame["n_eff"].tolist()
    for name, values in ours.items():
        if name in expected and name not in (case.get("advisory_fields") or []):
            yield from compare_field(case, name, expected[name], values)


def compare_chisq(case: Case, survey: Survey, domain: str | None) -> Iterator[str]:
    """Test independence and compare statistic, degrees of freedom, p-value and the table."""
    options, expected = case["options"], case["expected"]
    test = independence_test(survey, options["row"], options["col"], options["statistic"], where=domain)
    for name in ("statistic", "ndf", "ddf", "p_value"):
        yield from compare_field(case, name, expected[name], [getattr(test, name)])
    yield from compare_field(case, "n_rows", expected["n_rows"], test.frame["n_rows"].tolist())
    if (list(test.rows), list(test.cols)) != (expected["rows"], expected["cols"]):
        yield f"levels: {test.rows} and {test.cols}"
    shares = np.array(expected["cell_proportions"], dtype=float).ravel()
    yield from compare_field(case, "cell_proportions", shares.tolist(), test.cell_proportions.ravel().tolist())


def formula_of(options: dict[str, Any]) -> str:
    """Write the terms of a case as a formula."""
    return f"{options['response']} ~ " + " + ".join(map(term_of, options["terms"]))


def term_of(term: dict[str, Any]) -> str:
    """A constant, a number, or an indicator of a level."""
    if term["term"] == "intercept":
        return "1"
    return term["col"] if term["term"] == "numeric" else f"({term['col']} == '{term['level']}')"


def compare_glm(case: Case, survey: Survey, domain: str | None) -> Iterator[str]:
    """Fit the model and compare its coefficients, their covariance, the Wald test and the dispersion."""
    options, expected = case["options"], case["expected"]
    model = glm(survey, formula_of(options), options["family"], where=domain)
    if list(model.frame["name"]) != expected["names"]:
        yield f"names: {list(model.frame['name'])}"
    for name in ("estimate", "se", "cv", "df", "ci_low", "ci_high", "t", "p_value"):
        yield from compare_field(case, name, expected[name], model.frame[name].tolist())
    yield from compare_vcov(case, np.array(expected["vcov"], dtype=float), model.vcov)
    yield from compare_field(case, "dispersion", expected["dispersion"], [model.dispersion])
    yield from compare_field(case, "df_full_design", expected["df_full_design"], [model.meta.df_design])
    if "wald" in expected:
        tested = [t["col"] if t["term"] == "numeric" else f"{t['col']}={t['level']}" for t in options["test"]]
        found = model.wald_test(*tested).iloc[0]
        for ours, theirs in (("statistic", "F"), ("ndf", "ndf"), ("ddf", "ddf"), ("p_value", "p_value")):
            yield from compare_field(case, theirs, expected["wald"][theirs], [found[ours]])


def compare_imputed(case: Case, survey: Survey, domain: str | None) -> Iterator[str]:
    """Combine the imputations and compare estimate, df, missing information and the two variances."""
    options, expected = case["options"], case["expected"]
    estimator = mean if case["estimator"] == "mi_mean" else proportion
    single = [estimator(survey, name, where=domain) for name in options["vars"]]
    df = "barnard-rubin" if options.get("small_sample_df") else "rubin"
    found = combine_imputations(single, df=df)
    if list(found.frame["name"]) != expected["names"]:
        yield f"names: {list(found.frame['name'])}"
    ours = {"missinfo": "missing_information"}
    for name in ("estimate", "se", "df", "missinfo", "ci_low", "ci_high", "within", "between"):
        yield from compare_field(case, name, expected[name], found.frame[ours.get(name, name)].tolist())
    for name, column in (("per_imputation_estimate", "estimate"), ("per_imputation_se", "se")):
        yield from compare_field(case, name, expected[name], [float(one.frame[column][0]) for one in single])
    yield from compare_field(case, "df_full_design", expected["df_full_design"], [found.meta.df_design])


def compare_weights(case: Case, survey: Survey, domain: str | None) -> Iterator[str]:
    """Compare the weights themselves: moments, the first ten, and the range of the factors."""
    table = survey.table().sort_values("up_row") if "up_row" in survey.source.types else survey.table()
    w, expected = table[table.columns[-1]].to_numpy(), case["expected"]
    ours: dict[str, list[float]] = {
        "n": [len(w)], "sum": [w.sum()], "min": [w.min()], "max": [w.max()], "sum_sq": [(w**2).sum()],
        "kish_deff": [len(w) * (w**2).sum() / w.sum() ** 2], "n_eff_kish": [w.sum() ** 2 / (w**2).sum()],
        "first": w[:10].tolist(),
    }  # fmt: skip
    if "weights_file" in (case["options"] or {}):
        full = pd.read_csv(case["reference"] / case["options"]["weights_file"])
        yield from compare_field(case, "weights_file", full[full.columns[-1]].tolist(), w.tolist())
    if "g_min" in expected:
        g = w / table[case["design"]["weights"]].to_numpy()
        ours |= {"g_min": [g.min()], "g_max": [g.max()], "g_mean": [g.mean()]}
    for name, values in ours.items():
        if expected.get(name) is not None:
            yield from compare_field(case, name, expected[name], values)


def compare_nr_class_mean(case: Case, survey: Survey, domain: str | None) -> Iterator[str]:
    """Compare the mean adjusted by weighting classes, linearised over the full sample."""
    options = case["options"]
    adjusted = survey.adjust_nonresponse(
        respondent=options["respondent"], classes=options["classes"], phase="linearized"
    )
    yield from compare(case, mean(adjusted, options["var"]))


MODELS = {
    "chisq": compare_chisq,
    "glm": compare_glm,
    "mi_mean": compare_imputed,
    "mi_proportion": compare_imputed,
    "nr_class_mean": compare_nr_class_mean,
    "weights": compare_weights,
}


def compare_field(case: Case, name: str, expected: Any, values: list[float]) -> Iterator[str]:
    """Compare one vector; where R has none, ours must not invent a number that says otherwise."""
    wanted = expected if isinstance(expected, list) else [expected]
    tolerance = case["tolerance"]
    rel = 1e-6 if name.endswith("_exact") else tolerance["rel"]
    if len(wanted) == 1 and len(values) > 1:
        wanted = wanted * len(values)
    if len(wanted) != len(values):
        yield f"{name}: {len(values)} values, expected {len(wanted)}"
        return
    for exp, got in zip(wanted, values, strict=True):
        if exp is None:
            continue
        exp = float(exp)
        same = math.isinf(exp) and exp == got
        if not same and not abs(got - exp) <= tolerance["abs"] + rel * abs(exp):
            yield f"{name}: {got!r}, expected {exp!r}"


def compare_replicates(case: Case, survey: Survey, domain: str | None) -> Iterator[str]:
    """Compare the replicate weights as sets: ours are numbered by the labels of the PSUs, R's by their first rows."""
    expected, table = case["expected"], survey.replicate_weights()
    weights = table.frame.filter(like="replicate_")
    first = survey.source.columns(f"SELECT * FROM ({survey.source.text}) AS r LIMIT 1")
    keys = [c for c in table.frame.columns if c in first and c != "weight"]
    here = (table.frame[keys] == [first[key][0] for key in keys]).all(axis=1)
    row = weights[here & (table.frame["weight"] == first[survey.design.weights][0])].iloc[0]
    yield from compare_field(case, "n_replicates", expected["n_replicates"], [weights.shape[1]])
    yield from compare_field(case, "scale", expected["scale"], [table.scale])
    yield from compare_field(case, "df", expected["df"], [table.df])
    found = {"rscales": table.rscales.tolist(), "row1": row.tolist(), "col_sums": weights.sum().tolist()}
    for name, values in found.items():
        yield from compare_field(case, name, sorted(expected[name]), sorted(values))


MODELS["replicate_weights"] = compare_replicates


def compare_vcov(case: Case, expected: np.ndarray, vcov: np.ndarray) -> Iterator[str]:
    """Compare a covariance matrix relative to its largest entry."""
    if expected.shape != vcov.shape:
        yield f"vcov: shape {vcov.shape}, expected {expected.shape}"
        return
    away = np.abs(vcov - expected).max()
    if not away <= case["tolerance"]["abs"] + case["tolerance"]["rel"] * np.abs(expected).max():
        yield f"vcov: off by {away:.3g} of {np.abs(expected).max():.3g}"


def table(outcomes: list[Outcome]) -> str:
    """Return the table of what was run, agreed and is not in what is built."""
    must = [o for o in outcomes if o.case["strength"] == "must"]
    lines = [f"{'dataset':12} {'run':>5} {'agreed':>7} {'outside':>8}"]
    for name in dict.fromkeys(o.case["dataset"] for o in must):
        own = [o for o in must if o.case["dataset"] == name]
        ran = [o for o in own if o.status in ("agreed", "differed")]
        lines.append(f"{name:12} {len(ran):5} {sum(o.status == 'agreed' for o in ran):7} {len(own) - len(ran):8}")
    ran = [o for o in must if o.status in ("agreed", "differed")]
    lines.append(f"{'all':12} {len(ran):5} {sum(o.status == 'agreed' for o in ran):7} {len(must) - len(ran):8}")
    left = Counter(o.status for o in must if o.status not in ("agreed", "differed"))
    return "\n".join([*lines, "not built: " + ", ".join(f"{k} {v}" for k, v in left.most_common())])


if __name__ == "__main__":
    import sys
    import traceback

    root = Path(sys.argv[1])
    outcomes = []
    for case in load_cases(root):
        try:
            outcomes.append(run_case(case, root))
        except Exception:
            outcomes.append(Outcome(case, "differed", [traceback.format_exc().splitlines()[-1]]))
    for o in outcomes:
        if o.status == "differed":
            print(o.case["id"], o.case["strength"], o.differences[:4])  # noqa: T201
    print(table(outcomes))  # noqa: T201
