"""Table contracts: round trips, refusals in words; code lists."""

from __future__ import annotations

import string
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uptake.contract.codes import CODE_LISTS, PROVINCES, section_of_division, uscc_check_character, valid_uscc
from uptake.contract.columns import TABLES, Column, TableContract
from uptake.contract.errors import TableError
from uptake.contract.regions import REGIONS
from uptake.contract.tables import SAMPLE, check_table, read_metadata, read_table, write_table

VALUES = {"text": "x", "int": 3, "float": 0.25, "bool": True, "timestamp": pd.Timestamp("2026-12-31T08:00:00Z")}


def row(contract: TableContract) -> dict[str, object]:
    return {column.name: column.codes[0] if column.codes else VALUES[column.type] for column in contract.columns}


@pytest.mark.parametrize("contract", TABLES, ids=lambda contract: contract.name)
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_table_survives_the_disk_with_its_gaps(tmp_path: Path, contract: TableContract, suffix: str) -> None:
    full, sparse = row(contract), row(contract)
    for column in contract.columns:
        if column.nullable:
            sparse[column.name] = None
    frame = check_table(pd.DataFrame([full, sparse]), contract)
    path = tmp_path / f"{contract.name}.{suffix}"
    write_table(frame, path, contract, metadata={"inputs": "abc"})
    pd.testing.assert_frame_equal(read_table(path, contract), frame)
    assert read_metadata(path) == ({"inputs": "abc"} if suffix == "parquet" else {})


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    frame = pd.DataFrame([row(SAMPLE)]).rename(columns={"stratum": "stratun"})
    with pytest.raises(TableError) as refusal:
        check_table(frame, SAMPLE, where="mine.csv")
    assert str(refusal.value) == (
        'mine.csv: the column "stratum" is missing. Did you mean "stratun"? (table `sample`, docs/tables.md)'
    )


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("unit_id", None, 'the column "unit_id" is empty in row 1 and must not be. Fill it'),
        ("base_weight", "heavy", 'the column "base_weight" must hold numbers: row 1 holds "heavy"'),
        ("selection", "take-all", 'the column "selection" holds "take-all", which is not one of take_all, sampled.'
                                  ' Did you mean "take_all"?'),
    ],
)  # fmt: skip
def test_a_value_that_breaks_the_contract_is_named(column: str, value: object, sentence: str) -> None:
    frame = pd.DataFrame([row(SAMPLE) | {column: value}])
    with pytest.raises(TableError) as refusal:
        check_table(frame, SAMPLE, where="mine.csv")
    assert str(refusal.value) == f"mine.csv: {sentence} (table `sample`, docs/tables.md)"


def test_a_closed_table_refuses_a_column_it_does_not_know() -> None:
    closed = TableContract("t", "", "", "", (Column("wave", "text", False, ""),))
    with pytest.raises(TableError, match=r'the column "wafe" is not part of the table\. Did you mean "wave"'):
        check_table(pd.DataFrame({"wave": ["2026Q4"], "wafe": [1]}), closed)


def test_a_missing_or_broken_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="Run the stage that writes it"):
        read_table(tmp_path / "sample.parquet", SAMPLE)
    (tmp_path / "sample.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(TableError, match="not a readable Parquet file"):
        read_table(tmp_path / "sample.parquet", SAMPLE)


def test_code_lists_are_whole_and_in_both_languages() -> None:
    sizes = {name: len(codes) for name, codes in CODE_LISTS.items()}
    assert sizes == {
        "provinces": 31, "size_classes": 4, "industry_groups": 14, "industry_sections": 20, "industry_divisions": 97
    }  # fmt: skip
    assert [code.code for code in PROVINCES] == sorted(code.code for code in PROVINCES)
    assert next(code for code in PROVINCES if code.code == "540000").name.as_dict() == {"zh": "西藏", "en": "Xizang"}
    assert all(code.name["zh"] and code.name["en"] for codes in CODE_LISTS.values() for code in codes)


def test_divisions_are_numbered_without_gaps_and_belong_to_their_sections() -> None:
    assert [code.code for code in CODE_LISTS["industry_divisions"]] == [f"{number:02}" for number in range(1, 98)]
    # The first and the last division of each section as GB/T 4754-2017 prints them.
    printed = "A0105 B0612 C1343 D4446 E4750 F5152 G5360 H6162 I6365 J6669 K7070 L7172 M7375 N7679 O8082 P8383 Q8485"
    for row in [*printed.split(), "R8690", "S9196", "T9797"]:
        assert {section_of_division(row[1:3]), section_of_division(row[3:])} == {row[0]}
    for none in ("00", "98"):
        with pytest.raises(KeyError, match=none):
            section_of_division(none)


def test_uscc_by_hand() -> None:
    # A published example; the check is recomputed by hand in the comment of GB 32100: sum mod 31 = 28, 31 - 28 = 3.
    assert valid_uscc("91350100M000100Y43")
    assert not valid_uscc("91350100M000100Y44")
    assert not valid_uscc("91350100M000100Y4")
    assert not valid_uscc("9135010OM000100Y43")  # the letter O is not in the alphabet


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.integers(0, 16))
@settings(max_examples=200, derandomize=True)
def test_a_changed_character_of_a_uscc_is_noticed(body: str, place: int) -> None:
    whole = body + uscc_check_character(body)
    assert valid_uscc(whole)
    for other in set(string.digits) - {whole[place]}:
        assert not valid_uscc(whole[:place] + other + whole[place + 1 :])


def test_a_csv_that_is_not_utf_8_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "sample.csv").write_bytes("wave,名称\n2026Q4,北京\n".encode("gb18030"))
    with pytest.raises(TableError, match="not a readable UTF-8 CSV file"):
        read_table(tmp_path / "sample.csv", SAMPLE)


def test_regions_are_whole_and_named_in_full() -> None:
    names = {region.code: region.name for region in REGIONS}
    assert len(names) == len(REGIONS) == 3219  # 34 provinces, 334 prefectures, 2,851 counties at the end of 2018
    assert [sum(code.endswith(end) for code in names) for end in ("0000", "00")] == [34, 34 + 334]
    assert names["110105"]["zh"] == "北京市朝阳区" and names["440305"]["zh"] == "广东省深圳市南山区"
    assert names["659001"]["zh"] == "新疆维吾尔自治区石河子市" and names["540000"]["en"] == "Xizang"
    assert len({name["zh"] for name in names.values()}) == len(names)
    assert {province.code for province in PROVINCES} <= names.keys()
