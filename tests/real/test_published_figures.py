"""Real surveys that nobody here wrote: through the command line they must give what their agencies published."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

from uptake.cli import main

HERE = Path(__file__).parent
# EIA tables HC1.6 and HC1.8 of the 2015 survey, million homes, to the printed digit.
EIA = {
    ("HOMES", "all", "all"): "118.2",
    ("AC_HOMES", "all", "all"): "102.8",
    ("AC_HOMES", "Region", "South"): "42.2",
    ("AC_HOMES", "Region", "West"): "18.4",
    ("AC_HOMES", "ClimateRegion_BA", "Cold/Very Cold"): "36.2",
    ("AC_HOMES", "ClimateRegion_BA", "Mixed-Humid"): "31.6",
    ("AC_HOMES", "ClimateRegion_BA", "Hot-Dry/Mixed-Dry"): "10.1",
    ("AC_HOMES", "ClimateRegion_BA", "Hot-Humid"): "21.4",
    ("AC_HOMES", "ClimateRegion_BA", "Marine"): "3.5",
    ("AC_HOMES", "Division", "South Atlantic"): "22.3",
    ("AC_HOMES", "Division", "East South Central"): "6.7",
    ("AC_HOMES", "Division", "West South Central"): "13.1",
    ("AC_HOMES", "Division", "Mountain North"): "3.0",
    ("AC_HOMES", "Division", "Mountain South"): "3.6",
    ("AC_HOMES", "Division", "Pacific"): "11.8",
}
# BTS Transportation Statistics Annual Report, table E-1, thousand trucks.
BTS = {"TRUCKS": 85174.8, "LIGHT": 79759.6, "MEDIUM": 1914.1, "LIGHT_HEAVY": 910.3, "HEAVY": 2590.9}

CLASSES = {
    "LIGHT": "clslight<10001",
    "MEDIUM": "clsmedium10001-19500",
    "LIGHT_HEAVY": "clslightheavy19501-26000",
    "HEAVY": "clsheavy>26000",
}

Estimated = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def estimated(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Estimated:
    """Copy a study folder, run stages 5 and 6 on its real data, and give the folder."""
    made: dict[str, Path] = {}

    def run(name: str, data: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("real") / name
            shutil.copytree(HERE / name, folder)
            for arguments in (
                ["estimate", str(folder), "--responses", str(shared / "realdata" / data)],
                ["report", str(folder)],
            ):
                with_exit_code_zero(arguments)
            made[name] = folder
        return made[name]

    return run


def with_exit_code_zero(arguments: list[str]) -> None:
    try:
        main(arguments)
    except SystemExit as end:
        assert not end.code, arguments


def estimates_of(folder: Path) -> pd.DataFrame:
    (path,) = folder.glob("waves/*/estimates.parquet")
    return pd.read_parquet(path).set_index(["indicator", "domain_by", "domain_key"])


def reference_of(dataset: str, shared: Path) -> pd.DataFrame:
    values = pd.read_csv(shared / "realdata" / "r_reference_values.csv")
    return values[values["dataset"] == dataset].set_index("quantity")


@pytest.fixture
def recs(estimated: Estimated) -> Path:
    return estimated("recs2015", "recs2015/recs_2015.csv.gz")


@pytest.fixture
def vius(estimated: Estimated) -> Path:
    return estimated("vius2002", "vius2002/vius.csv.gz")


def test_recs_gives_all_fifteen_published_cells_to_the_printed_digit(recs: Path) -> None:
    estimates = estimates_of(recs)["estimate"]
    printed = {
        key: str((Decimal(str(estimates[key])) / 1_000_000).quantize(Decimal("0.1"), ROUND_HALF_UP)) for key in EIA
    }
    assert printed == EIA


def test_recs_standard_errors_are_those_of_r(recs: Path, shared: Path) -> None:
    reference = reference_of("recs2015", shared)
    estimates = estimates_of(recs)
    keys = {"homes using AC": ("AC_HOMES", "all", "all"), "share using AC": ("AC_SHARE", "all", "all"),
            "total homes": ("HOMES", "all", "all")}  # fmt: skip
    keys |= {f"AC homes {key}": ("AC_HOMES", by, key) for _, by, key in EIA if by != "all"}
    for quantity, key in keys.items():
        assert estimates.loc[key, "estimate"] == pytest.approx(reference.loc[quantity, "estimate"], rel=1e-9), quantity
        if quantity != "total homes":  # its standard error is rounding noise of the published weights
            assert estimates.loc[key, "se"] == pytest.approx(reference.loc[quantity, "se"], rel=1e-8), quantity
        assert estimates.loc[key, "df"] == 95, quantity


def test_vius_gives_the_five_published_figures(vius: Path, shared: Path) -> None:
    estimates = estimates_of(vius)
    for indicator, published in BTS.items():
        assert estimates.loc[(indicator, "all", "all"), "estimate"] / 1000 == pytest.approx(published, abs=0.1), (
            indicator
        )
    reference = reference_of("vius2002", shared)
    for indicator, quantity in CLASSES.items():
        assert estimates.loc[(indicator, "all", "all"), "se"] == pytest.approx(reference.loc[quantity, "se"], rel=1e-8)


@pytest.mark.parametrize("name", ["recs", "vius"])
def test_each_gives_a_brief_in_both_languages(name: str, request: pytest.FixtureRequest) -> None:
    import pypdfium2

    folder: Path = request.getfixturevalue(name)
    figures = {"recs": ("102.8", "42.2", "18.4"), "vius": ("85,174.8", "79,759.6", "910.3")}[name]
    for lang in ("zh", "en"):
        (path,) = folder.glob(f"releases/*/tables-{lang}.pdf")
        document = pypdfium2.PdfDocument(path)
        text = "".join(page.get_textpage().get_text_range() for page in document)
        assert 1 <= len(document) <= 2
        assert [figure for figure in figures if figure not in text] == []
        document.close()
