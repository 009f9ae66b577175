"""SQL in layers: named columns that use one another become a chain of SELECTs, each reading only the one before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from uptake.contract.expressions.dialects import Dialect


@dataclass(frozen=True, slots=True)
class Defined:
    """A column: its SQL, the columns that the SQL reads, the layer it stands in, and the join it needs, or ""."""

    sql: str
    uses: frozenset[str]
    layer: int
    join: str


@dataclass(slots=True)
class Layers:
    """Columns over one table; a column is computed once, in the first layer where all it reads is known.

    joins: by name, what is added to FROM where a column needs it.
    """

    dialect: Dialect
    joins: dict[str, str] = dataclasses.field(default_factory=dict)
    defined: dict[str, Defined] = dataclasses.field(default_factory=dict)

    def add(self, name: str, sql: str, uses: Iterable[str] = (), join: str = "") -> str:
        """Add a column and return its name; `uses` are the columns that its SQL reads, none for the table itself."""
        read = frozenset(uses)
        layer = max((self.defined[column].layer for column in read), default=-1) + 1
        self.defined[name] = Defined(sql, read, layer, join)
        return name

    def select(self, source: str, keys: Sequence[str], outputs: Sequence[str], where: str = "") -> str:
        """Return the query that gives the keys and the output columns; columns that nothing asks for are left out.

        source: what stands behind FROM; where: a condition over the output columns, or "".
        """
        wanted = self._wanted(outputs)
        depth = max((self.defined[name].layer for name in wanted), default=0)
        joins = {self.defined[name].join for name in wanted}
        source = " ".join([source, *(sql for name, sql in self.joins.items() if name in joins)])
        chain, known = [], set[str]()
        hint = "MATERIALIZED " if self.dialect.name == "PostgreSQL" else ""  # it would copy each column into its users
        for layer in range(depth + 1):
            new = [name for name in wanted if self.defined[name].layer == layer]
            later = {use for name in wanted if self.defined[name].layer > layer for use in self.defined[name].uses}
            kept = [name for name in wanted if name in known and (name in later or name in outputs)]
            columns = [column_sql(name) for name in kept]
            columns += [f"{self.defined[name].sql} AS {column_sql(name)}" for name in new]
            head = [column_sql(key) for key in keys]
            chain.append(f"layer{layer} AS {hint}(SELECT {', '.join(head + columns)} FROM {source})")
            source, known = f"layer{layer}", {*kept, *new}
        shown = ", ".join(map(column_sql, (*keys, *outputs)))
        return "WITH " + ",\n".join(chain) + f"\nSELECT {shown} FROM {source}{f' WHERE {where}' if where else ''}"

    def _wanted(self, outputs: Iterable[str]) -> list[str]:
        """Return what the outputs need, in the order in which it was defined."""
        needed: set[str] = set()
        waiting = list(outputs)
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting.extend(self.defined[name].uses)
        return [name for name in self.defined if name in needed]


def column_sql(name: str) -> str:
    """Return the name of a column or table as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
