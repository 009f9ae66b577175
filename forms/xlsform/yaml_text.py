"""A questionnaire as YAML text, and which line of it came from which row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from forms.xlsform.custom import Tree
from forms.xlsform.sheets import Row


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and never an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def yaml_text(tree: Tree) -> str:
    """Return a questionnaire as a file's text.

    >>> print(yaml_text({"id": "small", "title": {"zh": "小", "en": "No"}}))
    id: small
    title: {zh: 小, en: 'No'}
    <BLANKLINE>
    """
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100_000, default_flow_style=None)


def not_kept(read: Tree, tree: Tree) -> str | None:
    """Return the first text of the tree that was not read back from the file sign by sign; None where all were.

    read: what the file says, where keys left at their default are missing.
    """
    waiting: list[tuple[Any, Any]] = [(read, tree)]
    while waiting:
        back, value = waiting.pop()
        if isinstance(value, str) and back != value:
            return value
        if isinstance(value, dict):
            waiting += [(back[key], inner) for key, inner in value.items() if key in back]
        elif isinstance(value, list):
            waiting += list(zip(back, value, strict=True))
    return None


def rows_of_lines(text: str, tree: Tree, origins: Mapping[int, Row]) -> dict[int, Row]:
    """Return for every line of the text the row of the innermost mapping that it belongs to."""
    found: dict[int, Row] = {}
    waiting: list[tuple[yaml.Node | None, Any]] = [(yaml.compose(text, Loader=yaml.SafeLoader), tree)]
    while waiting:
        node, value = waiting.pop(0)
        if id(value) in origins and node is not None:
            lines = range(node.start_mark.line + 1, node.end_mark.line + 2)
            found |= dict.fromkeys(lines, origins[id(value)])
        if isinstance(node, yaml.MappingNode) and isinstance(value, dict):
            waiting += [(inner, value[key.value]) for key, inner in node.value if key.value in value]
        elif isinstance(node, yaml.SequenceNode) and isinstance(value, list):
            waiting += list(zip(node.value, value, strict=False))
    return found
