"""Bad data through the command line: a right answer with its reason, or one sentence that says what to change."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from uptake.cli import main

STUDY = """id: small
name: {zh: 小调查, en: Small survey}
publisher: {zh: 某局, en: An office}
source: {zh: 某局微观数据, en: "An office, microdata"}
waves:
  - {id: "2015", reference_period: {zh: 2015年, en: "2015"}, opens: "2015-01-01", closes: "2015-12-31"}
domains:
  - column: r
    name: {zh: 地区, en: Region}
    values: [{code: p, name: {zh: 甲, en: P}}, {code: q, name: {zh: 乙, en: Q}}]
"""
DESIGN = "unit_id: id\nweights: w\nstrata: [h]\nfpc: N\ndomains: [r]\n"
BRIEF = """id: tables
type: tables
title: {zh: 简报, en: Brief}
population: {zh: 户, en: units}
headline: RATE
domains: [{by: r, title: {zh: 按地区, en: By region}}]
"""
ROWS = """id,w,h,c,N,r,y,x,t
u1,2,a,1,6,p,1,5,yes
u2,2,a,2,6,p,0,3,no
u3,2,a,3,6,q,1,0,yes
u4,3,b,4,9,q,0,2,no
u5,3,b,5,9,q,1,1,yes
u6,3,b,6,9,p,1,4,yes
"""
REPLICATED = "id,w,r,y,R1,R2\n" + "".join(
    f"u{i},{2 + i % 3},{'pq'[i % 2]},{int(i > 4)},{1 + i % 4},{4 - i % 3}\n" for i in range(12)
)
REPLICATES = "unit_id: id\nweights: w\ndomains: [r]\nreplicate_weights: {prefix: R, type: brr}\n"


def indicator(numerator: str = "${y} = 1", *, kind: str = "proportion", more: str = "") -> str:
    return (
        f'indicators:\n  - id: RATE\n    version: "1"\n    type: {kind}\n    name: {{zh: 率, en: Rate}}\n'
        f'    definition: {{zh: 率, en: Rate}}\n    numerator: "{numerator}"\n{more}'
    )


def edited(*changes: tuple[str, str], text: str = ROWS) -> str:
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    return text


def folder(home: Path, *, rows: str | bytes = ROWS, design: str = DESIGN, indicators: str = "") -> Path:
    (home / "briefs").mkdir()
    (home / "study.yaml").write_text(STUDY, encoding="utf-8")
    (home / "design.yaml").write_text(design, encoding="utf-8")
    (home / "indicators.yaml").write_text(indicators or indicator(), encoding="utf-8")
    (home / "briefs/tables.yaml").write_text(BRIEF, encoding="utf-8")
    (home / "rows.csv").write_bytes(rows if isinstance(rows, bytes) else rows.encode())
    return home


def run(*arguments: object) -> int:
    """What a shell would see: the exit code; a traceback would fail the test."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@dataclass(frozen=True)
class Case:
    """One fault: what is changed, the exit code, and the whole message ({file} is the data's path)."""

    id: str
    code: int
    message: str
    rows: str | bytes = ROWS
    design: str = DESIGN
    indicators: str = ""


def weight(value: str) -> str:
    return edited(("u1,2,", f"u1,{value},"))


LONELY = edited(("u6,3,b", "u6,3,z"))
CLUSTERS = DESIGN + "psu: c\n"
NO_WEIGHT = "which is no weight - write weights as plain numbers, or name another column."
NO_FIELD = "which the data do not have."
ELSEWHERE = "Name a field of the questionnaire or a column of the data."

CASES = [
    Case("lonely stratum", 5, 'stratum "z": only one unit was sampled - its variance cannot be estimated; merge the'
         " stratum with a neighbour, or declare lonely_psu as certainty, adjust or average.", LONELY),
    Case("lonely PSU", 5, 'stratum "b": only one PSU was sampled - its variance cannot be estimated; merge the'
         " stratum with a neighbour, or declare lonely_psu as certainty, adjust or average.",
         edited(("b,4,", "b,9,"), ("b,5,", "b,9,"), ("b,6,", "b,9,")), CLUSTERS),
    Case("one row", 5, "the design: the whole sample is one unit - no variance can be estimated from it; give all rows"
         " of the sample.", "\n".join(ROWS.splitlines()[:2]) + "\n"),
    Case("weight missing", 5, 'column "w": 1 row has no weight (row 1) - a unit without weight stands for nobody; fill'
         " it in or take the row out on purpose.", weight("")),
    Case("weight below zero", 5, 'column "w": 1 row has a weight below zero (row 1) - a unit cannot stand for fewer'
         " than none; correct the weights.", weight("-1")),
    Case("weight text", 5, f'column "w": row 1 holds "abc", {NO_WEIGHT}', weight("abc")),
    Case("weight nan", 5, f'column "w": row 1 holds "nan", {NO_WEIGHT}', weight("nan")),
    Case("weight full-width", 5, f'column "w": row 1 holds "１２", {NO_WEIGHT}', weight("１２")),
    Case("weight infinite", 5, 'column "w": a weight is not finite (row 1) - correct it.', weight("inf")),
    Case("weights too far apart", 5, 'column "w": weights run from 2 to 1e+12 over 6 rows - their exact sums need 153'
         " bits and there are 126; correct the largest or the smallest weight.", weight("1e12")),
    Case("weight next to nothing", 5, 'column "w": weights run from 1e-12 to 3 over 6 rows - their exact sums need 159'
         " bits and there are 126; correct the largest or the smallest weight.", weight("1e-12")),
    Case("all weights zero", 5, 'column "w": every weight is zero - the sample stands for nobody; name the right weight'
         " column.", edited((",2,a", ",0,a"), (",3,b", ",0,b"))),
    Case("weight column unknown", 5, f'the design names the column "ww", {NO_FIELD} Did you mean "w"?',
         design=DESIGN.replace("weights: w", "weights: ww")),
    Case("FPC below n", 5, 'stratum "a": column "N" says that the population has 2 units but 3 were sampled - correct'
         " the population count.", edited((",6,p", ",2,p"), (",6,q", ",2,q"))),
    Case("FPC missing", 5, 'column "N": 1 row has no population count - give it for every row of the sample.',
         edited(("u1,2,a,1,6", "u1,2,a,1,"))),
    Case("FPC zero", 5, 'stratum "a": column "N" is 0 - a population count or sampling fraction is above zero; correct'
         " it.", edited(("u1,2,a,1,6", "u1,2,a,1,0"))),
    Case("FPC text", 5, 'column "N": row 1 holds "six", which is no population count - write population counts as plain'
         " numbers, or name another column.", edited(("u1,2,a,1,6", "u1,2,a,1,six"))),
    Case("PSU repeats", 5, 'column "c": PSU "1" stands in the strata "a", "b" - if ids are numbered anew in each'
         " stratum declare nest as true, else correct the stratum.", edited(("b,4,", "b,1,")), CLUSTERS),
    Case("PSU missing", 5, 'column "c": 1 row has no psu id - without it the row belongs to no part of the design; fill'
         " it in.", edited(("b,4,", "b,,")), CLUSTERS),
    Case("stratum missing", 5, 'column "h": 1 row has no stratum id - without it the row belongs to no part of the'
         " design; fill it in.", edited(("u4,3,b", "u4,3,"))),
    Case("stratum column unknown", 5, 'design.yaml: strata names the column "hh", which the data do not have. Did you'
         ' mean "h"? Name one of their columns.', design=DESIGN.replace("[h]", "[hh]")),
    Case("domain column not in the data", 5, f'design.yaml: domains names the column "r", {NO_FIELD} Name one of their'
         " columns.", edited((",r,y", ",s,y"))),
    Case("domain column not in the study", 3, "1 fault in the study:\n  design.yaml:1: the domain column"
         ' "rr" has no names in study.yaml (`domains`), so its rows could not be printed. Did you mean "r"?',
         design=DESIGN.replace("[r]", "[rr]")),
    Case("no rows", 4, "{file}: the file has no rows, so nothing can be estimated. Give the file with the answers.",
         ROWS.splitlines()[0] + "\n"),
    Case("empty file", 4, "{file}: not a readable UTF-8 CSV file (No columns to parse from file). Save it as UTF-8 CSV"
         " or Parquet.", ""),
    Case("column twice", 4, '{file}: the column "y" stands twice in the first line, so nobody could tell which one is'
         " meant. Rename or delete one of them.", edited((",y,x,", ",y,y,"))),
    Case("more values than names", 4, "{file}: the rows have more values than the header has names, so values would"
         " stand under a wrong name. Name every column in the first line.", edited((",x,t\n", ",x\n"))),
    Case("a row too long", 4, "{file}: not a readable UTF-8 CSV file (Error tokenizing data. C error: Expected 9 fields"
         " in line 3, saw 10). Save it as UTF-8 CSV or Parquet.", edited(("3,no\nu3", "3,no,7\nu3"))),
    Case("columns that differ in case", 5, 'the columns "y" and "Y" differ in capital letters only, so a query cannot'
         " tell them apart. Rename one of them.", edited((",x,t", ",Y,t"))),
    Case("unit id twice", 4, 'responses: unit "u1" stands in more than one row, so it would count twice. Keep one row a'
         " unit (`id`).", edited(("u2,", "u1,"))),
    Case("unit id unknown", 5, f'design.yaml: unit_id names the column "idd", {NO_FIELD} Did you mean "id"? Name one of'
         " their columns.", design=DESIGN.replace("unit_id: id", "unit_id: idd")),
    Case("GB18030", 4, "{file}: the file is not in UTF-8 (it holds the byte 0xca); Excel in China saves CSV in GB18030."
         " Save it as UTF-8 CSV or Parquet.", ROWS.replace("yes", "是").encode("gb18030")),
    Case("full-width answer", 6, 'indicators.yaml:7: indicator "RATE" reads "y" as a number, but row 1 holds "１".'
         " Correct the value, or count units by a word, as in ${y} = '１'.", edited((",p,1,5", ",p,１,5"))),
    Case("text compared with a number", 6, 'indicators.yaml:7: indicator "RATE" reads "t" as a number, but row 1 holds'
         ' "yes". Correct the value, or count units by a word, as in ${t} = \'yes\'.',
         indicators=indicator("${t} = 1")),
    Case("mean of text", 6, 'indicators.yaml:7: indicator "RATE" reads "t" as a number, but row 1 holds "yes". Correct'
         " the value, or count units by a word, as in ${t} = 'yes'.", indicators=indicator("${t}", kind="mean")),
    Case("number compared with text", 3, "indicators.yaml:7: in the expression `${y} = 'yes'`, at character 8:"
         ' "yes" is a text, but a number is needed here.', indicators=indicator("${y} = 'yes'")),
    Case("share of an amount", 6, 'indicators.yaml:7: indicator "RATE" is the share of "x", but row 1 holds 5, which is'
         ' neither 0 nor 1. Write a condition such as ${x} > 0, or "type: mean".', indicators=indicator("${x}")),
    Case("field unknown", 6, f'indicators.yaml:7: indicator "RATE" counts "yy", {NO_FIELD} Did you mean "y"?'
         f" {ELSEWHERE}", indicators=indicator("${yy} = 1")),
    Case("field of nothing", 6, f'indicators.yaml:7: indicator "RATE" counts "adopted", {NO_FIELD} {ELSEWHERE}',
         indicators=indicator("${adopted} = 1")),
    Case("infinite answer", 6, 'indicators.yaml:7: indicator "RATE" counts "x", but row 1 holds "inf", which is not a'
         " finite number. Correct the value, or leave it empty.", edited((",p,1,5", ",p,1,inf")),
         indicators=indicator("${x}", kind="mean")),
    Case("denominator of nothing", 6, 'the denominator of "RATE headline/denominator" adds up to zero - the ratio does'
         " not exist; check the column.",
         indicators=indicator("${y}", kind="ratio", more='    denominator: "${x} - ${x}"\n')),
    Case("size of text", 6, 'indicators.yaml: indicator "RATE" is weighted by the size "t", but row 1 holds "yes"; a'
         " size is a number of 0 or more. Correct the value, or name another column.",
         indicators=indicator(more="    size: t\n")),
    Case("size below zero", 6, 'indicators.yaml: indicator "RATE" is weighted by the size "x", but row 1 holds "-5"; a'
         " size is a number of 0 or more. Correct the value, or name another column.",
         edited((",p,1,5", ",p,1,-5")), indicators=indicator(more="    size: x\n")),
    Case("base of nobody", 6, 'indicators.yaml:8: the base of indicator "RATE", ${t} = \'maybe\', holds no respondent,'
         " so nothing can be estimated. Check its codes; if it is right, leave the indicator out of this wave.",
         indicators=indicator(more="    where: \"${t} = 'maybe'\"\n")),
    Case("replicate cell missing", 5, 'replicate weight "R1" is missing in 1 row - a replicate must weigh every unit'
         " (with 0 where it leaves the unit out); fill it in.",
         edited(("u3,2,q,0,4", "u3,2,q,0,"), text=REPLICATED), REPLICATES),
    Case("replicate below zero", 5, 'replicate weight "R1" is below zero - correct the column.',
         edited(("u3,2,q,0,4", "u3,2,q,0,-4"), text=REPLICATED), REPLICATES),
    Case("replicate text", 5, f'column "R1": row 4 holds "four", {NO_WEIGHT}',
         edited(("u3,2,q,0,4", "u3,2,q,0,four"), text=REPLICATED), REPLICATES),
    Case("replicate too large", 5, 'replicate weight "R1" is 1e+30 in a row, too large for exact sums beside the'
         " weights - correct the column.", edited(("u3,2,q,0,4", "u3,2,q,0,1e30"), text=REPLICATED), REPLICATES),
    Case("replicate of nothing", 5, 'replicate weight "R2" is zero in every row - its estimate would be 0/0; remove the'
         " replicate or correct the column.",
         "\n".join([REPLICATED.splitlines()[0], *(line[:-1] + "0" for line in REPLICATED.splitlines()[1:])]) + "\n",
         REPLICATES),
    Case("replicates not found", 5, 'no column is called "RR" and a number - name the prefix of the replicate weights.',
         REPLICATED, REPLICATES.replace("prefix: R", "prefix: RR")),
    Case("Fay without rho", 3, "1 fault in the study:\n  design.yaml:4: the replicate weights are of type fay but rho"
         " is not given, so the factor 1/(1-rho)² is not known. Write the rho of the data's handbook, often 0.3 or"
         " 0.5.",
         REPLICATED, REPLICATES.replace("brr", "fay")),
    Case("JKn without scale", 3, "1 fault in the study:\n  design.yaml:4: the replicate weights are of type jkn but"
         " scale is not given, and it cannot be guessed. Write the scale of the data's handbook.",
         REPLICATED, REPLICATES.replace("brr", "jkn")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_cannot_be_estimated_is_one_sentence(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = folder(tmp_path, rows=case.rows, design=case.design, indicators=case.indicators)
    code = run("estimate", home, "--responses", home / "rows.csv")
    said = capsys.readouterr()
    assert said.err == f"uptake: {case.message.replace('{file}', str(home / 'rows.csv'))}\n"
    assert (code, said.out) == (case.code, "")
    assert not (home / "waves").exists()


@pytest.mark.parametrize("case", [CASES[0], CASES[3], CASES[23]], ids=lambda case: case.id)
def test_a_shell_sees_the_sentence_and_the_exit_code(case: Case, tmp_path: Path) -> None:
    home = folder(tmp_path, rows=case.rows, design=case.design, indicators=case.indicators)
    command = [sys.executable, "-m", "uptake", "estimate", str(home), "--responses", str(home / "rows.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == case.code and "Traceback" not in done.stderr
    assert done.stderr.startswith("uptake: ")


def answered(home: Path, capsys: pytest.CaptureFixture[str], **made: object) -> tuple[pd.DataFrame, str]:
    """Estimate a study that holds something odd; return the estimates by domain and what was said."""
    folder(home, **made)  # type: ignore[arg-type]
    assert run("estimate", home, "--responses", home / "rows.csv") == 0
    said = capsys.readouterr()
    assert said.err == ""
    table = pd.read_parquet(home / "waves/2015/estimates.parquet")
    return table.set_index(table["domain_key"].astype(str)), said.out


def by_hand(text: str = ROWS, *, lonely: str = "fail") -> tuple[float, float]:
    """The share of y = 1 and its standard error from the textbook formula of stratified sampling."""
    data = pd.read_csv(io.StringIO(text))
    w, share = data["w"], (data["w"] * data["y"]).sum() / data["w"].sum()
    score = w * (data["y"] - share) / w.sum()
    variance, lonely_strata, strata = 0.0, 0, 0
    for _, z in score.groupby(data["h"]):
        n, f = len(z), len(z) / data.loc[z.index, "N"].max()
        strata += 1
        if n > 1:
            variance += (1 - f) * n / (n - 1) * ((z - z.mean()) ** 2).sum()
        else:
            lonely_strata += 1
            variance += (1 - f) * float((z.iloc[0] - score.sum() / len(score)) ** 2) if lonely == "adjust" else 0.0
    return share, math.sqrt(variance * (strata / (strata - lonely_strata) if lonely == "average" else 1.0))


@pytest.mark.parametrize("rule", ["certainty", "remove", "adjust", "average"])
def test_a_lonely_stratum_under_each_rule(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, _ = answered(tmp_path, capsys, rows=LONELY, design=DESIGN + f"lonely_psu: {rule}\n")
    share, error = by_hand(LONELY, lonely=rule)
    assert table.loc["all", ["estimate", "se"]].tolist() == pytest.approx([share, error], rel=1e-12)
    assert table.loc["all", ["n", "df"]].tolist() == [6, 3]


ODD = [
    ("zero weight", weight("0"), 'WEIGHT_ZERO: column "w": 1 row has weight zero - a row without weight stays in the'
     " design but counts in no estimate and in no degrees of freedom.", 5),
    ("FPC varies", edited(("u1,2,a,1,6", "u1,2,a,1,5"), ("u3,2,a,3,6", "u3,2,a,3,7")), "FPC_VARIES_IN_STRATUM: stratum"
     ' "a": column "N" runs from 5 to 7 within the stratum - the value with the larger variance is used; make it'
     " constant.", 6),
    ("code missing", edited(("9,q,0", "9,,0")), 'DOMAIN_MISSING: column "r": 1 row has no code, counted in the whole'
     " but in no domain.", 6),
    ("codes all missing", edited((",p,", ",,"), (",q,", ",,")), 'DOMAIN_MISSING: column "r": 6 rows have no code,'
     " counted in the whole but in no domain.", 6),
    ("code unknown", edited(("9,q,0", "9,z,0")), 'DOMAIN_CODE_UNKNOWN: column "r" holds "z", which study.yaml does not'
     " name; estimated all the same, but printed as a bare code.", 6),
    ("answer missing", edited((",p,0,3", ",p,,3")), 'UNKNOWN_ANSWER: indicator "RATE": unknown in 1 row, counted as no'
     " (dont_know: in_base).", 6),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "note", "n"), ODD, ids=[odd[0] for odd in ODD])
def test_what_is_odd_is_estimated_and_told(
    name: str, rows: str, note: str, n: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, said = answered(tmp_path, capsys, rows=rows)
    assert f"note: {note}\n" in said
    share, error = by_hand(rows.replace(",p,,3", ",p,0,3"))  # no answer counts as no
    assert table.loc["all", ["estimate", "se", "n"]].tolist() == pytest.approx([share, error, n], rel=1e-12)
    assert {"all", "p", "q"} <= set(table.index)
    assert run("report", tmp_path) == 0 and (tmp_path / "releases/2015/tables-zh.pdf").stat().st_size > 10_000
    assert (table["n"] == 0).tolist() == (table["reason"] == "no_respondents").tolist()


def test_cells_where_all_or_none_say_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "id,w,h,N,r,y\n" + "".join(f"u{i},3,{'ab'[i % 2]},60,{'pq'[i // 20]},{i // 20}\n" for i in range(40))
    table, _ = answered(tmp_path, capsys, rows=rows)
    n_eff = 20 * (stats.t.ppf(0.975, 19) / stats.t.ppf(0.975, 18)) ** 2  # 20 rows in two strata
    end = 0.025 ** (1 / n_eff)  # the Clopper-Pearson limit has this closed form at 0 and 1
    assert table.loc["q", ["estimate", "se", "ci_low", "ci_high"]].tolist() == pytest.approx([1, 0, end, 1], rel=1e-9)
    assert table.loc["p", ["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx([0, 0, 1 - end], abs=1e-9)
    assert table.loc[["p", "q"], "status"].tolist() == ["suppress"] * 2


def test_a_domain_of_which_every_unit_answered_has_no_sampling_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "id,w,h,N,r,y\n" + "".join(f"u{i},1,a,40,p,{i % 2}\n" for i in range(40))
    rows += "".join(f"v{i},3,b,120,q,{int(i > 3)}\n" for i in range(40))
    table, _ = answered(tmp_path, capsys, rows=rows)
    assert table.loc["p", ["estimate", "se", "ci_low", "ci_high", "n"]].tolist() == [0.5, 0, 0.5, 0.5, 40]
    assert table.loc["p", "status"] == "publish"
    share, error = by_hand(rows)
    assert table.loc["all", ["estimate", "se"]].tolist() == pytest.approx([share, error], rel=1e-12)
    assert table.loc["all", "ci_low"] < share < table.loc["all", "ci_high"]


def test_dividing_by_zero_is_unknown_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, said = answered(tmp_path, capsys, indicators=indicator("6 div ${x}", kind="mean"))
    assert 'note: UNKNOWN_ANSWER: indicator "RATE": unknown in 1 row, left out of the base (dont_know: out).\n' in said
    w, x = np.array([2, 2, 3, 3, 3]), np.array([5, 3, 2, 1, 4])
    assert table.loc["all", ["estimate", "n"]].tolist() == pytest.approx([(w * 6 / x).sum() / w.sum(), 5], rel=1e-6)


def test_a_zero_denominator_in_one_domain_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratio = indicator("${y}", kind="ratio", more='    denominator: "${x}"\n')
    rows = edited((",q,0,2", ",q,0,0"), (",q,1,1", ",q,1,0"))
    table, _ = answered(tmp_path, capsys, rows=rows, indicators=ratio)
    assert table.loc["q", ["n", "status", "reason"]].tolist() == [3, "suppress", "zero_denominator"]
    assert table["estimate"].tolist() == pytest.approx([10 / 28, 5 / 28, math.nan], nan_ok=True)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_weights_of_any_size_alike_give_the_same_share(
    scale: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pd.read_csv(io.StringIO(ROWS)).assign(w=lambda data: data["w"] * scale).to_csv(index=False)
    table, _ = answered(tmp_path, capsys, rows=rows)
    assert table.loc["all", ["estimate", "se"]].tolist() == pytest.approx(by_hand(), rel=1e-9)
    assert table.loc["all", "n_population"] == pytest.approx(15 * scale, rel=1e-9)


def test_ten_thousand_domains_are_answered_without_their_covariances(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"u{i},2,{'ab'[i % 2]},40000,d{i // 2:05d},{i % 2}\n" for i in range(20004))
    home = folder(tmp_path, rows="id,w,h,N,r,y\n" + rows, design=DESIGN)
    assert run("estimate", home, "--responses", home / "rows.csv") == 0
    said = capsys.readouterr()
    assert "COVARIANCE_LEFT_OUT" in said.out + said.err
    assert len(pd.read_parquet(home / "waves" / "2015" / "estimates.parquet")) >= 10_003
