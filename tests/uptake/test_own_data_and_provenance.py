"""Reading files of one's own, and refusing to overwrite what came from elsewhere."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from uptake.contract.errors import ConflictError, TableError
from uptake.contract.tables import QUALITY, write_table
from uptake.owndata import read_own_data
from uptake.provenance import frame_digest, inputs_digest, made_before, origin


def test_only_columns_written_as_numbers_become_numbers(tmp_path: Path) -> None:
    path = tmp_path / "own.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write("code,flag,count,share,mixed,gap\n0110,TRUE,3,0.25,7,NA\n0120,FALSE,4,,x,\n")
    frame = read_own_data(path)
    assert frame["code"].tolist() == ["0110", "0120"]
    assert frame["flag"].tolist() == ["TRUE", "FALSE"]
    assert frame["count"].tolist() == [3, 4]
    assert frame["share"].iloc[0] == 0.25
    assert pd.isna(frame["share"].iloc[1])
    assert frame["mixed"].tolist() == ["7", "x"]
    assert frame["gap"].isna().all()


def test_a_file_that_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="the file is missing, so nothing can be estimated"):
        read_own_data(tmp_path / "none.csv")
    (tmp_path / "gb.csv").write_bytes("名称,值\n北京,1\n".encode("gb18030"))
    with pytest.raises(TableError, match="Save it as UTF-8 CSV or Parquet"):
        read_own_data(tmp_path / "gb.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(TableError, match="not a readable UTF-8 CSV file"):
        read_own_data(tmp_path / "empty.csv")


def quality(tmp_path: Path, inputs: str) -> Path:
    path = tmp_path / "quality.parquet"
    row = {"wave": "w", "item": "n", "domain_by": "all", "domain_key": "all", "value": 1.0}
    write_table(pd.DataFrame([row]), path, QUALITY, metadata=origin(inputs))
    return path


def test_the_same_inputs_are_a_no_op_and_others_are_refused(tmp_path: Path) -> None:
    path = quality(tmp_path, "one")
    assert made_before([path], "one", replace=False)
    assert not made_before([tmp_path / "none.parquet"], "one", replace=False)
    with pytest.raises(ConflictError) as refusal:
        made_before([path], "two", replace=False)
    assert str(refusal.value) == (
        f"{path} was made from other inputs; running the stage again would overwrite it."
        " Give --replace to do so, or keep it and use another wave."
    )
    assert not made_before([path], "two", replace=True)


def test_digests_see_names_bytes_and_facts(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    second.write_text("1")
    digests = {inputs_digest([first]), inputs_digest([second]), inputs_digest([first, second]),
               inputs_digest([first], {"wave": "x"}), inputs_digest([first], {"wave": "y"})}  # fmt: skip
    assert len(digests) == 5
    assert inputs_digest([second, first]) == inputs_digest([first, second])


def test_a_table_digest_sees_values_and_column_names() -> None:
    frame = pd.DataFrame({"a": ["x", None], "b": [1, 2]})
    assert frame_digest(frame) == frame_digest(frame.copy())
    assert frame_digest(frame) != frame_digest(frame.rename(columns={"a": "c"}))
    assert frame_digest(frame) != frame_digest(frame.assign(b=[1, 3]))
