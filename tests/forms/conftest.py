"""Questionnaires for the tests of forms: written as YAML, loaded as a study's would be."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from forms.loader import load_questionnaire
from forms.model import Questionnaire
from tests.contract.conftest import postgresql as postgresql
from uptake.contract.errors import Fault

HEAD = """\
id: small
title: {zh: 小问卷, en: Small questionnaire}
definition_version: "1.0"
text_version: "1"
header:
  table_number: T1
  authority: {zh: 某局, en: Bureau}
  approval_number: 国统制〔2026〕1号
  approved_by: {zh: 国家统计局, en: National Bureau of Statistics}
  valid_until: "2030-12-31"
"""

EVERY_TYPE = """\
definitions:
  - id: DEF-1
    version: "1.0"
    title: {zh: 智能应用, en: AI application}
    text: {zh: "第一段。\\n\\n第二段。", en: "First.\\n\\nSecond."}
    examples:
      - {text: {zh: 固定规则, en: Fixed rules}, counts: no}
choice_lists:
  yes_no:
    - {code: "yes", label: {zh: 是, en: "Yes"}}
    - {code: "no", label: {zh: 否, en: "No"}}
pages:
  - id: unit
    title: {zh: 单位, en: Unit}
    intro: {zh: 请先核对。, en: Please check first.}
    questions:
      - id: Q-01
        text: {zh: 统一社会信用代码, en: Unified social credit code}
        type: uscc
        identity: true
        prefill: {column: unit_id, mode: fixed}
      - id: Q-02
        text: {zh: 地址与地区, en: Address and region}
        parts:
          - {id: address, type: text, label: {zh: 地址, en: Address}, identity: true, required: false, max_length: 60}
          - {id: region, type: code, codes: provinces, label: {zh: 地区, en: Region},
             prefill: {column: province, mode: editable}}
      - id: Q-03
        text: {zh: 从业人员, en: Persons employed}
        hint: {zh: 期末数, en: At the end of the quarter}
        parts:
          - {id: staff, type: int, label: {zh: 从业人员, en: Persons employed},
             unit: {zh: 人, en: persons}, max: "1000000"}
          - {id: rd, type: int, label: {zh: 研发人员, en: R&D staff}, unit: {zh: 人, en: persons}, dont_know: true}
        checks:
          - id: rd_within_staff
            severity: hard
            rule: "${q03_rd} <= ${q03_staff}"
            message:
              zh: "研发人员（${q03_rd} 人）多于从业人员（${q03_staff} 人）。"
              en: "R&D staff (${q03_rd}) exceed persons employed (${q03_staff})."
            fields: [q03_rd]
          - id: many_rd
            severity: soft
            rule: "${q03_rd} <= 0.5 * ${q03_staff}"
            message: {zh: "研发人员占从业人员一半以上。", en: "R&D staff are more than half."}
  - id: use
    title: {zh: 使用, en: Use}
    questions:
      - {id: Q-04, text: {zh: "是否使用？", en: "In use?"}, type: sel1, choice_list: yes_no, dont_know: true,
         definitions: [DEF-1]}
      - {id: Q-05, text: {zh: 收入, en: Revenue}, type: money, money_unit: wan}
      - {id: Q-06, text: {zh: 系数, en: Factor}, type: dec, decimals: 3, min: "-5", max: "5", required: false}
      - {id: Q-07, text: {zh: 日期, en: Date}, type: date, min: "2026-01-01", max: "2026-12-31"}
  - id: detail
    title: {zh: 细节, en: Detail}
    relevant: "${q04} = 'yes'"
    questions:
      - id: Q-08
        text: {zh: 环节, en: Functions}
        type: matrix
        rows: [{id: rd, label: {zh: 研发, en: R&D}}, {id: core, label: {zh: 主营, en: Core}}]
        choices: [{code: none, label: {zh: 未用, en: None}}, {code: routine, label: {zh: 常规, en: Routine}}]
      - id: Q-09
        text: {zh: 终端, en: Terminals}
        type: matrix
        rows: [{id: t1, label: {zh: 汽车, en: Vehicles}}, {id: t2, label: {zh: 手机, en: Phones}}]
        columns: [{id: all, label: {zh: 总数, en: All}}, {id: ai, label: {zh: 智能, en: Intelligent}}]
        unit: {zh: 台, en: devices}
      - id: Q-10
        text: {zh: 每周使用人数, en: Weekly users}
        type: int_or_band
        choices: [{code: "0", label: {zh: 无, en: None}}, {code: b1, label: {zh: 1–9%, en: 1–9%}}]
      - id: Q-11
        text: {zh: 来源, en: Sources}
        type: selN
        max_choices: 2
        choices:
          - {code: records, label: {zh: 记录, en: Records}}
          - {code: units, label: {zh: 部门, en: Departments}}
          - {code: other, label: {zh: 其他, en: Other}, text: true}
          - {code: nothing, label: {zh: 都没有, en: None of these}, exclusive: true}
      - {id: Q-12, text: {zh: 备注, en: Remarks}, type: text, lines: 3, required: false}
      - {id: Q-13, text: {zh: 以上属实, en: The above is true}, type: tick}
"""


@pytest.fixture
def head() -> str:
    """The first lines of every questionnaire here."""
    return HEAD


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Questionnaire]:
    """Load a questionnaire from the YAML that follows the header; faults fail the test."""

    def loaded(body: str) -> Questionnaire:
        faults: list[Fault] = []
        made = load_questionnaire(_written(tmp_path, HEAD + textwrap.dedent(body)), root=tmp_path, faults=faults)
        assert made is not None, [str(fault) for fault in faults]
        return made

    return loaded


@pytest.fixture
def faults_of(tmp_path: Path) -> Callable[..., list[str]]:
    """Load a questionnaire that is wrong and give its faults as the user reads them."""

    def found(body: str, head: str = HEAD) -> list[str]:
        faults: list[Fault] = []
        made = load_questionnaire(_written(tmp_path, head + textwrap.dedent(body)), root=tmp_path, faults=faults)
        assert made is None and faults
        return [str(fault) for fault in faults]

    return found


@pytest.fixture
def every_type(load: Callable[[str], Questionnaire]) -> Questionnaire:
    """One questionnaire with every type of question."""
    return load(EVERY_TYPE)


@pytest.fixture(scope="session")
def everything() -> Questionnaire:
    """The questionnaire of `everything.yaml`: every key and type there is."""
    faults: list[Fault] = []
    here = Path(__file__).parent
    made = load_questionnaire(here / "everything.yaml", root=here, faults=faults)
    assert made is not None, [str(fault) for fault in faults]
    return made


def _written(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path
