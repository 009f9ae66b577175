"""Write docs/tables.md from the table contracts, so that the page cannot say something else than the code."""

from __future__ import annotations

import sys
from pathlib import Path

from uptake.contract.columns import TABLES, Column, TableContract

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tables.md"
HEAD = """# The tables between the stages

The two towers meet only here. In memory a table is a pandas DataFrame; on disk it is Parquet
(`STUDY/waves/W/*.parquet`), and CSV is accepted. One reader (`uptake.contract.tables.read_table`) refuses a table that
breaks its contract and says which column and row. This page is made by `python tools/tables_page.py`; the tests compare
the two.

Empty means *missing*, never *no* and never 0. Codes are text. Rates are fractions. Times are UTC.
"""


def table_section(table: TableContract) -> str:
    """Return the part of the page that describes one table."""
    rows = [
        f"| `{column.name}` | {column.type} | {'yes' if column.nullable else 'no'} | {_about(column)} |"
        for column in table.columns
    ]
    others = "\nFurther columns may stand beside these.\n" if table.open else ""
    return "\n".join(
        [f"\n## {table.name}\n", table.about, f"\nWritten by: {table.writer}. Read by: {table.reader}.{others}",
         "\n| column | type | may be empty | what it says |", "|---|---|---|---|", *rows, ""]
    )  # fmt: skip


def _about(column: Column) -> str:
    listed = f" ({', '.join(f'`{code}`' for code in column.codes)})" if column.codes else ""
    return f"{column.about}{listed}".replace("|", "\\|")


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(table_section(table) for table in TABLES)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
