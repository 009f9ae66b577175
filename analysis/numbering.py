"""Rows that are their own PSU get an id where a variance must know them one by one."""

from __future__ import annotations

from dataclasses import replace

from analysis.design import SurveyDesign
from analysis.source import Source, quoted
from uptake.contract.errors import DesignError

ROW_ID = "up__unit"


def with_unit_ids(source: Source, design: SurveyDesign) -> tuple[Source, SurveyDesign]:
    """Return rows and design with ids of the units, where PPS or strata lonely within a domain need them.

    Rows are numbered in the order of all their columns: rows that tie are equal, so that the order of the input changes
    no digit. Only a joint matrix without ids counts on the order of the input.
    """
    if design.replicates is not None or (design.pps is None and not design.adjust_domain_lonely):
        return source, design
    if design.pps is not None and design.fpc is None and design.probabilities is not None:
        design = replace(design, fpc=design.probabilities)
    joint = design.pps.joint if design.pps else None
    if design.ids:
        if joint is not None and not joint.ids and ROW_ID not in design.ids:
            raise DesignError(
                "the joint matrix has no ids but the sampled units are clusters - whose row is whose cannot be told; "
                "give a frame whose index and columns are the ids of the PSUs.",
                code="JOINT_IDS",
            )
        return source, design
    if joint is not None and joint.ids:
        return source, replace(design, psu=_unique_ids(source, design))
    if joint is not None:
        _refuse_size(source, len(joint.matrix))
    columns = [source.column(name) for name in source.types]
    order = "" if joint is not None else f"ORDER BY {', '.join(f'{c} NULLS LAST' for c in dict.fromkeys(columns))}"
    return source.derive(f"*, ROW_NUMBER() OVER ({order}) AS {quoted(ROW_ID)}"), replace(design, psu=ROW_ID)


def _unique_ids(source: Source, design: SurveyDesign) -> str:
    if design.unit_id is None:
        raise DesignError(
            "the joint matrix has ids but the design names no unit_id - its rows cannot be found; name the column of "
            "the ids.",
            code="JOINT_IDS",
        )
    source.require([design.unit_id], "unit_id")
    column = source.column(design.unit_id)
    twice = source.columns(
        f"SELECT CAST({column} AS VARCHAR) AS unit, COUNT(*) AS n FROM ({source.text}) AS r GROUP BY {column} "
        "HAVING COUNT(*) > 1 ORDER BY 1 LIMIT 1"
    )
    if len(twice["unit"]):
        raise DesignError(
            f'unit "{twice["unit"][0]}" stands in {twice["n"][0]} rows - its joint probabilities would count twice; '
            "keep one row a unit.",
            code="DUPLICATE_UNIT",
        )
    return design.unit_id


def _refuse_size(source: Source, size: int) -> None:
    rows = int(source.columns(f"SELECT COUNT(*) AS n FROM ({source.text}) AS r")["n"][0])
    if rows != size:
        raise DesignError(
            f"the joint matrix is of {size} units but the data have {rows} rows - without ids row i belongs to unit i; "
            "give the matrix of this sample, or one with ids.",
            code="JOINT_SIZE",
        )
