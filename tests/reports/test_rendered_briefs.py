"""Whole briefs, printed: every number is a released one, nothing suppressed leaves, the PDF is accessible."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import page
import pandas as pd
import pikepdf
import pypdfium2
import pytest

from reports.brief import Brief, BriefContext, BriefTables
from reports.release import write_assessments_csv, write_estimates_csv, write_quality_csv
from reports.render import brief_html, render_brief, trace_path
from reports.trace import traces, untraced
from uptake.contract.codes import PROVINCES
from uptake.contract.errors import SystemPartError, UptakeError
from uptake.contract.text import Text

EDITIONS = [("national", "zh"), ("national", "en"), ("homes", "zh"), ("homes", "en")]
TOKEN = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?")
SECRETS = ("0.876", "0.976", "0.776", "87.6", "87.7", "97.7", "77.7")  # the suppressed value and its interval, printed


@pytest.fixture(scope="module")
def releases(
    tmp_path_factory: pytest.TempPathFactory,
    national: BriefTables,
    national_brief: Brief,
    release_context: BriefContext,
    homes: BriefTables,
    homes_brief: Brief,
    homes_context: BriefContext,
) -> Path:
    """Both briefs in both languages with their released tables; any warning of the printer is an error."""
    folder = tmp_path_factory.mktemp("releases")
    sets = {"national": (national, national_brief, release_context), "homes": (homes, homes_brief, homes_context)}
    heard = _Heard()
    logging.getLogger("weasyprint").addHandler(heard)
    for name, (tables, brief, context) in sets.items():
        for lang in ("zh", "en"):
            render_brief(tables, brief, lang=lang, out=folder / name / f"{name}-{lang}.pdf", context=context)
        write_estimates_csv(tables, folder / name / "estimates.csv")
        write_assessments_csv(tables, folder / name / "assessments.csv")
        write_quality_csv(tables, folder / name / "quality.csv")
    logging.getLogger("weasyprint").removeHandler(heard)
    assert heard.messages == []
    return folder


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def pdf_text(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return "\n".join(document[number].get_textpage().get_text_bounded() for number in range(len(document)))


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


def released(folder: Path) -> dict[str, list[dict[str, str]]]:
    tables = {}
    for name in ("estimates", "assessments", "quality"):
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
        tables[name] = frame.to_dict("records")
    return tables  # type: ignore[return-value]


def rounds_to(printed: str, value: Decimal) -> bool:
    """Tell whether a printed number is a value rounded once: as it stands, in per cent, in thousands or millions."""
    number = Decimal(printed.replace(",", ""))
    places = -number.as_tuple().exponent  # type: ignore[operator]
    for scale in (Decimal(1), Decimal(100), 1 / Decimal(1000), 1 / Decimal(1_000_000)):
        if abs(abs(value) * scale - number) <= Decimal("0.5").scaleb(-places):
            return True
    third = Decimal("0.5").scaleb(number.adjusted() - 2) if number else Decimal("0.5")
    return abs(value) >= 100 and abs(abs(value) - number) <= third


def traced(folder: Path, name: str, lang: str) -> tuple[list[dict], list[str]]:
    """Return the printed numbers with their sources, and apart from them the alternative texts of the figures."""
    listed = json.loads(trace_path(folder / f"{name}-{lang}.pdf").read_text(encoding="utf-8"))
    return [t for t in listed if len(t["text"]) < 40], [t["text"] for t in listed if len(t["text"]) >= 40]


def stated(brief: Brief, context: BriefContext, lang: str) -> set[str]:
    """Return the numbers that the study states: dates, names, digests, versions; and ticks, page and figure numbers."""
    texts = [brief.title, context.reference_period, context.source, *context.legal_header, *context.methods]
    words = [text[lang] for text in (*texts, *brief.notes)]
    words += [context.wave, context.released, context.command, *context.digests.values(), "e06_use 1.0 Q4 2027 2030"]
    return {token for word in words for token in tokens(word)} | {str(n) for n in (*range(0, 130, 5), 1, 2, 3, 4)}


@pytest.mark.parametrize(("name", "lang"), EDITIONS)
def test_every_traced_number_is_a_row_of_the_released_tables(releases: Path, name: str, lang: str) -> None:
    """Read back from disk: each number of the trace is one of its CSV cells, rounded."""
    tables = released(releases / name)
    checked = 0
    for trace in traced(releases / name, name, lang)[0]:
        cells = [source.split(":", 2) for source in trace["from"]]
        values = [tables[table][int(row)][column] for table, row, column in cells]
        columns = {column for _, _, column in cells}
        if "status" in columns:
            assert int(trace["text"]) in (0, len(values))  # a count of cells by status
            continue
        if "required_per_year" in columns and len(cells) > 1:
            continue  # the interval of the pace: checked against its formula below
        if len(cells) == len(tokens(trace["text"])) == 2:  # an interval: its ends in order
            pairs = zip(tokens(trace["text"]), values, strict=True)
            assert all(rounds_to(token, Decimal(value)) for token, value in pairs), trace
        for token in tokens(trace["text"]):
            assert any(value and rounds_to(token, Decimal(value)) for value in values), (trace, values)
            checked += 1
    assert checked > (120 if name == "national" else 25)


@pytest.mark.parametrize(("name", "lang"), EDITIONS)
def test_every_number_in_the_pdf_is_traced_or_stated(
    releases: Path, request: pytest.FixtureRequest, name: str, lang: str
) -> None:
    """Neither the text extracted from the PDF nor what a screen reader is told holds a number from nowhere."""
    numbers, alternatives = traced(releases / name, name, lang)
    brief = request.getfixturevalue(f"{name}_brief")
    context = request.getfixturevalue("release_context" if name == "national" else "homes_context")
    known = {token for trace in numbers for token in tokens(trace["text"])} | stated(brief, context, lang)
    assert [token for token in tokens(pdf_text(releases / name / f"{name}-{lang}.pdf")) if token not in known] == []
    assert len(alternatives) == (5 if name == "national" else 3)
    assert [token for text in alternatives for token in tokens(text) if token not in known] == []


def test_the_interval_of_the_pace_follows_from_the_formula(releases: Path) -> None:
    """(0.70 - level) / years at both ends of the interval; years = (0.70 - 0.4642) / 0.2358 = 1."""
    tables = released(releases / "national")
    low, high = (float(tables["estimates"][0][end]) for end in ("ci_low", "ci_high"))
    wanted = f"{(0.70 - high) * 100:.1f}–{(0.70 - low) * 100:.1f}"
    listed = json.loads((releases / "national" / "national-en.trace.json").read_text(encoding="utf-8"))
    found = [t["text"] for t in listed if "assessments:0:required_per_year" in t["from"] and len(t["from"]) > 1]
    assert set(found) == {wanted}


@pytest.mark.parametrize(("name", "lang"), EDITIONS)
def test_nothing_suppressed_leaves(releases: Path, name: str, lang: str) -> None:
    path = releases / name / f"{name}-{lang}.pdf"
    with pikepdf.open(path) as pdf:
        attached = [pdf.attachments[key].get_file().read_bytes().decode("utf-8-sig") for key in pdf.attachments]
        alternatives = [str(element.Alt) for element in _elements(pdf) if "/Alt" in element]
    assert len(attached) == 1
    texts = [pdf_text(path), *attached, *alternatives, trace_path(path).read_text(encoding="utf-8")]
    texts += [
        (path.parent / f"{table}.csv").read_text(encoding="utf-8-sig")
        for table in ("estimates", "assessments", "quality")
    ]
    for secret in SECRETS:
        assert not any(re.search(rf"(?<![\d.]){re.escape(secret)}", text) for text in texts), secret


def _elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/StructElem":
            yield item


def test_a_suppressed_row_stays_in_the_csv_with_its_status_and_no_number(releases: Path) -> None:
    rows = released(releases / "national")["estimates"]
    hidden = [row for row in rows if row["status"] == "suppress"]
    assert len(hidden) == 3
    for row in hidden:
        assert {row[column] for column in ("estimate", "se", "ci_low", "ci_high", "n_eff", "cv")} == {""}
    closed = [row for row in hidden if row["disclosure"]]
    assert [row["n"] for row in closed] == [""]


@pytest.mark.parametrize(("name", "lang"), EDITIONS)
@pytest.mark.parametrize("profile", ["ua1", "3a"])
def test_the_pdf_is_accessible_and_archivable(releases: Path, name: str, lang: str, profile: str) -> None:
    report = page.validate_pdf(str(releases / name / f"{name}-{lang}.pdf"), profile=profile)
    assert [str(failure) for failure in report.failures] == []
    assert report.is_compliant


@pytest.mark.parametrize(("name", "lang"), EDITIONS)
def test_figures_are_described_with_their_numbers_and_tables_have_headers(releases: Path, name: str, lang: str) -> None:
    with pikepdf.open(releases / name / f"{name}-{lang}.pdf") as pdf:
        kinds = [str(element.S) for element in _elements(pdf)]
        figures = [str(element.Alt) for element in _elements(pdf) if element.S == "/Figure"]
        assert str(pdf.Root.Lang) == {"zh": "zh-CN", "en": "en"}[lang]
    assert kinds.count("/H1") == 1
    assert kinds.count("/TH") > kinds.count("/Table") > 0
    assert len(figures) == (5 if name == "national" else 3)
    assert all(len(tokens(text)) >= 3 for text in figures)


def test_pages(releases: Path) -> None:
    counts = {
        f"{name}-{lang}": len(pypdfium2.PdfDocument(releases / name / f"{name}-{lang}.pdf")) for name, lang in EDITIONS
    }
    assert counts == {"national-zh": 3, "national-en": 3, "homes-zh": 1, "homes-en": 1}


def edges(path: Path) -> list[tuple[float, float]]:
    """Return the leftmost and rightmost edge of the text of each page, in points."""
    found = []
    for number in range(len(document := pypdfium2.PdfDocument(path))):
        text = document[number].get_textpage()
        boxes = [text.get_charbox(place) for place in range(text.count_chars())]
        boxes = [box for box in boxes if box[2] > box[0]]
        found.append((min(box[0] for box in boxes), max(box[2] for box in boxes)))
    return found


@pytest.mark.parametrize(("name", "lang"), EDITIONS)
def test_no_text_runs_out_of_the_margins(releases: Path, name: str, lang: str) -> None:
    """A4 is 595.3 pt wide with margins of 15 mm, 42.5 pt."""
    for left, right in edges(releases / name / f"{name}-{lang}.pdf"):
        assert left > 41.5
        assert right < 595.3 - 41.5


def test_five_key_figures_with_long_units_stay_inside(
    tmp_path: Path, homes: BriefTables, homes_brief: Brief, homes_context: BriefContext
) -> None:
    more = [homes.estimates[homes.estimates["indicator"] == "homes_ac"].assign(indicator=f"more{k}") for k in range(3)]
    tables = replace(homes, estimates=pd.concat([homes.estimates, *more], ignore_index=True))
    names = ("homes_ac", "more0", "more1", "more2")
    measures = {name: homes_brief.measure("homes") for name in ("homes", *names)}
    brief = replace(homes_brief, depth=names, measures=measures)
    out = render_brief(tables, brief, lang="en", out=tmp_path / "homes-en.pdf", context=homes_context)
    assert all(left > 41.5 and right < 553.8 for left, right in edges(out))


def test_equal_inputs_give_equal_bytes(
    releases: Path, tmp_path: Path, homes: BriefTables, homes_brief: Brief, homes_context: BriefContext
) -> None:
    out = render_brief(homes, homes_brief, lang="zh", out=tmp_path / "again.pdf", context=homes_context)
    assert out.read_bytes() == (releases / "homes" / "homes-zh.pdf").read_bytes()


def test_provinces_stand_in_code_order_and_none_is_held_against_the_target(releases: Path) -> None:
    with pikepdf.open(releases / "national" / "national-en.pdf") as pdf:
        text = next(str(e.Alt) for e in _elements(pdf) if e.S == "/Figure" and "Beijing" in str(e.Alt))
    places = [text.index(f"{code.name['en']}:") for code in PROVINCES]
    assert len(places) == 31
    assert places == sorted(places)
    assert "Xizang: not published: sample too small [x]" in text
    assert not re.search(r"above|below|target", text)


def test_the_two_languages_carry_the_same_numbers(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    found = {}
    for lang in ("zh", "en"):
        html = brief_html(national, national_brief, lang=lang, context=release_context)
        assert untraced(html) == ()
        shown = [trace for trace in traces(html) if len(trace.text) < 40]  # alternative texts hold labels, too
        found[lang] = {(tuple(tokens(trace.text)), trace.sources) for trace in shown}
    assert len(found["zh"]) > 150
    assert found["zh"] == found["en"]


def with_verdict(tables: BriefTables, verdict: str) -> BriefTables:
    return replace(tables, assessments=tables.assessments.assign(verdict=verdict))


@pytest.mark.parametrize(
    ("verdict", "zh", "en"),
    [("above", "高于", "above the"), ("below", "低于", "below the"),
     ("cannot_tell", "无法区分", "cannot be distinguished"),
     ("depends_on_definition", "取决于口径", "depends on the definition"), ("not_due", "未到期", "not due")],
)  # fmt: skip
def test_the_words_come_from_the_verdict_alone(
    national: BriefTables, national_brief: Brief, release_context: BriefContext, verdict: str, zh: str, en: str
) -> None:
    """The estimate (46.4 %) lies far below 70 %: whatever it is, the page says what the verdict says."""
    for lang, words in (("zh", zh), ("en", en)):
        html = brief_html(with_verdict(national, verdict), national_brief, lang=lang, context=release_context)
        top = re.sub(r"<[^>]+>", "", html[html.index("<h1") : html.index('<div class="tiles')])
        assert words in top
        others = {"zh": ("高于", "低于"), "en": (" above ", " below ")}[lang]
        if verdict in ("cannot_tell", "not_due"):
            assert not any(word in top for word in others)


def test_a_suppressed_headline_prints_no_number_of_its_own(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    estimates = national.estimates.copy()
    estimates.loc[0, "status"] = "suppress"
    html = brief_html(replace(national, estimates=estimates), national_brief, lang="en", context=release_context)
    assert "is not published for this wave" in html
    assert "estimates:0:" not in html.replace("estimates:0:conf_level", "")
    assert not re.search(r"assessments:\d:(?!target_value|one_sided_level)", html)


def test_a_suppressed_reading_closes_the_range_over_definitions(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    estimates = national.estimates.copy()
    estimates.loc[estimates["indicator"] == "PEN-04", "status"] = "suppress"
    html = brief_html(replace(national, estimates=estimates), national_brief, lang="en", context=release_context)
    assert "definition_low" not in html


def test_a_number_in_a_label_is_stated_but_a_number_in_our_own_words_is_refused(
    national: BriefTables, national_brief: Brief, release_context: BriefContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    import reports.rules

    broken = {**reports.rules.RULES, "tile.level": Text.of(zh="约 45", en="about 45")}
    monkeypatch.setattr("reports.words.RULES", broken)
    with pytest.raises(UptakeError, match=r'would print "about 45", whose number is in no table row'):
        brief_html(national, national_brief, lang="en", context=release_context)


def test_a_forbidden_word_in_a_name_is_refused(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    labels = national.labels.copy()
    labels.loc[labels["key"] == "PEN-01", "en"] = "Leading penetration, exceeded"
    with pytest.raises(UptakeError, match=r'the brief would say "exceeded"'):
        brief_html(replace(national, labels=labels), national_brief, lang="en", context=release_context)


def test_text_of_a_study_is_escaped(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    context = replace(release_context, source=Text.of(zh="<script>x</script>", en="<img src=http://x/>"))
    html = brief_html(national, national_brief, lang="en", context=context)
    assert "<img" not in html


def test_a_character_that_no_font_has_is_named(
    tmp_path: Path, homes: BriefTables, homes_brief: Brief, homes_context: BriefContext
) -> None:
    context = replace(homes_context, source=Text.of(zh="\U0001f600 调查", en="\U0001f600 survey"))
    with pytest.raises(SystemPartError, match=r"1 character\(s\) are in none of the fonts .*U\+1F600"):
        render_brief(homes, homes_brief, lang="zh", out=tmp_path / "x.pdf", context=context)
    assert not (tmp_path / "x.pdf").exists()


def test_a_brief_that_would_not_be_read_is_refused(
    tmp_path: Path, homes: BriefTables, homes_brief: Brief, homes_context: BriefContext
) -> None:
    long = replace(homes_brief, notes=tuple(Text.of(zh=f"说明{'很长' * 300}", en="long " * 600) for _ in range(12)))
    with pytest.raises(UptakeError, match=r"x\.pdf: the brief has \d+ pages; a brief of type tables has 1 to 2"):
        render_brief(homes, long, lang="en", out=tmp_path / "x.pdf", context=homes_context)


def test_a_national_brief_of_one_page_is_told_what_it_is(
    tmp_path: Path, homes: BriefTables, homes_brief: Brief, homes_context: BriefContext
) -> None:
    brief, out = replace(homes_brief, type="national"), tmp_path / "x.pdf"
    with pytest.raises(UptakeError, match=r"has 1 pages; .* national has 2 to 4, .* or write `type: tables` in"):
        render_brief(homes, brief, lang="zh", out=out, context=homes_context)


def test_an_all_yes_cell_keeps_its_interval_and_a_fixed_total_says_so(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    """A standard error of 0 is no certainty: the Korn-Graubard interval of an all-yes cell is wide."""
    estimates = national.estimates.copy()
    columns = ["estimate", "se", "ci_low", "ci_high", "n_eff"]
    estimates.loc[estimates["domain_key"] == "110000", columns] = [1.0, 0.0, 0.912, 1.0, 40.0]
    html = brief_html(replace(national, estimates=estimates), national_brief, lang="en", context=release_context)
    assert "Beijing: 100 (91–100);" in html
    assert "fixed by the design" not in html
    estimates.loc[0, columns] = [0.4642, 1e-12, 0.4642, 0.4642, 2000.0]
    html = brief_html(replace(national, estimates=estimates), national_brief, lang="en", context=release_context)
    assert "fixed by the design or the calibration" in html


def test_variants_that_end_the_range_stand_in_its_figure(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    """The range ends at a variant of PEN-05; without its row a reader could not see where the range comes from."""
    extra = national.estimates[national.estimates["indicator"] == "PEN-05"].assign(definition="dk_yes", estimate=0.6811)
    estimates = pd.concat([national.estimates, extra], ignore_index=True)
    assessments = national.assessments.assign(range_high_definition="PEN-05/dk_yes", definition_high=0.6811)
    tables = replace(national, estimates=estimates, assessments=assessments)
    html = brief_html(tables, national_brief, lang="en", context=release_context)
    figure = html[html.index("Figure 1") : html.index("Figure 2")]
    told = figure[figure.index("Employment-weighted penetration: ") :]
    assert re.match(r"Employment-weighted penetration: 60\.3 \(.*?\); · every “don’t know” counted as yes: 68\.1", told)
    headline = figure[figure.index("(headline): ") : figure.index("Agent penetration: ")]
    assert [name in headline for name in ("left out of the base", "counted as yes", "without the union rule")] == [
        True
    ] * 3


def test_the_first_key_point_says_the_level_and_what_is_not_known_yet(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    said = {}
    for verdict in ("not_due", "below"):
        html = brief_html(with_verdict(national, verdict), national_brief, lang="zh", context=release_context)
        first = html[html.index('<section class="points">') :].split("<p>")[1]
        said[verdict] = re.sub(r"<[^>]+>", "", first).partition("\n")[0]
    assert "46.4%" in said["not_due"]
    assert said["not_due"].endswith("70%的目标是否实现，目前不能回答：要以2027年第四季度的数据判定。")
    assert said["below"].endswith("对照70%的目标，结论为“低于”。")


def test_units_are_counted_with_their_measure_word(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    for counted, words in ((None, "2,412个企业的数据"), (Text.of(zh="家企业", en="enterprises"), "2,412家企业的数据")):
        brief = replace(national_brief, counted=counted)
        html = brief_html(national, brief, lang="zh", context=release_context)
        assert words in re.sub(r"<[^>]+>", "", html)


def test_a_design_effect_that_does_not_go_with_the_effective_sample_is_left_out_and_said(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    """A rate weighted by size: n_eff 2,210 of 2,412 beside a deff of 0.04 would look like a mistake."""
    estimates = national.estimates.copy()
    assert "rest on different comparisons" not in brief_html(
        national, national_brief, lang="en", context=release_context
    )
    estimates.loc[estimates["indicator"] == "PEN-05", ["n_eff", "deff"]] = [2210.0, 0.04]
    tables = replace(national, estimates=estimates)
    html = brief_html(tables, national_brief, lang="en", context=release_context)
    assert "0.04" not in html
    assert "rest on different comparisons" in html


def test_who_responded_and_who_completed_are_one_line_when_they_are_the_same(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    for n, lines in ((2377.0, ["Responding units"]), (2400.0, ["Responding units", "Complete responses"])):
        more = national.quality.head(1).assign(item="n_respondents", value=n)
        tables = replace(national, quality=pd.concat([national.quality, more], ignore_index=True))
        html = brief_html(tables, national_brief, lang="en", context=release_context)
        assert [name for name in ("Responding units", "Complete responses") if name in html] == lines


def test_what_an_indicator_counts_and_what_the_policy_says_stand_on_the_back(
    national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    assert "What the indicators count" not in brief_html(national, national_brief, lang="en", context=release_context)
    more = [{"kind": "indicator_definition", "key": "PEN-02", "zh": "占比", "en": "share with an agent", "order": 0},
            {"kind": "target_wording", "key": "T2027", "zh": "超70%", "en": "will exceed 70%", "order": 0},
            {"kind": "target_source", "key": "T2027", "zh": "国发", "en": "State Council", "order": 0}]  # fmt: skip
    tables = replace(national, labels=pd.concat([national.labels, pd.DataFrame(more)], ignore_index=True))
    text = re.sub(r"<[^>]+>", "", brief_html(tables, national_brief, lang="en", context=release_context))
    assert "Share with an agent" in text
    assert "Policy text: will exceed 70% (State Council)." in text
