"""Open a YAML file as nodes: what is too big, too deep, in another encoding or not YAML is refused in a sentence."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from uptake.contract.errors import Fault

LARGEST_FILE = 5_000_000  # bytes; a questionnaire of 500 questions has less than a tenth of this
DEEPEST = 40  # levels; a questionnaire has about a dozen
_HOPELESS = 200  # levels at which reading stops, since the C parser takes quadratic time on what nests without end
MOST_NODES = 500_000  # once every alias is written out, so that a small file cannot stand for a huge one
_Fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML without its C part is slower, and works
_HAN = re.compile("[\u3400-\u9fff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TAG = "tag:yaml.org,2002:"
_OWN_TAG = re.compile(r"tag:yaml\.org,2002:(null|bool|int|float|timestamp|str|seq|map|merge|value)")


def open_yaml(path: Path, name: str, faults: list[Fault]) -> Node | None:
    """Read a file and compose its nodes; None where it cannot be read, and then `faults` says why.

    path: the file; name: what faults call it. Aliases share their node, as YAML has it; tags other than YAML's own,
    merge keys and aliases that hold themselves are refused, since nothing a study says needs them.
    """
    text = _text(path, name, faults)
    if text is None:
        return None
    try:
        node = compose(text)
    except yaml.YAMLError as error:
        faults.append(_syntax_fault(name, error))
        return None
    except RecursionError:
        faults.append(_too_deep(name))
        return None
    if node is None:
        faults.append(Fault(name, "the file is empty. Write its keys, or delete it if the study does not use it."))
        return None
    found = list(_bad_nodes(name, node))
    faults.extend(found)
    return None if found else node


def compose(text: str) -> Node | None:
    """Return the nodes of a YAML text, None for an empty one; raises yaml.YAMLError, and RecursionError when too deep.

    The C parser is some ten times as fast as the Python one. Its own composer is not used, because it calls itself for
    each level and ends the program on hostile nesting; and what it refuses is read again by the Python one, whose
    sentences are better.
    """
    try:
        return _composed(yaml.parse(text, Loader=_Fast))
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _composed(events: Iterable[Event]) -> Node | None:
    """Put the nodes of one document together, on a stack of its own."""
    anchors: dict[str | None, Node] = {}
    waiting: list[tuple[Node, list[Node]]] = []  # collections still open, each with its parts so far
    top: list[Node] = []
    for event in events:
        if isinstance(event, CollectionEndEvent):
            node, parts = waiting.pop()
            node.value = parts if isinstance(node, SequenceNode) else list(zip(parts[::2], parts[1::2], strict=True))
        elif isinstance(event, NodeEvent):
            node = _node(event, anchors)
            (waiting[-1][1] if waiting else top).append(node)
            if isinstance(event, CollectionStartEvent):
                waiting.append((node, []))
                if len(waiting) > _HOPELESS:
                    raise RecursionError
    if len(top) > 1:
        raise yaml.YAMLError("a second document")
    return top[0] if top else None


def _node(event: NodeEvent, anchors: dict[str | None, Node]) -> Node:
    if isinstance(event, AliasEvent):
        if event.anchor not in anchors:
            raise yaml.YAMLError("an alias of nothing")
        return anchors[event.anchor]
    begin: Any = event.start_mark
    end: Any = event.end_mark
    tag = getattr(event, "tag", None)
    if isinstance(event, ScalarEvent):
        plain = "merge" if event.value == "<<" and event.implicit[0] else "str"
        made: Node = ScalarNode(tag or _TAG + plain, event.value, begin, end, event.style)
    elif isinstance(event, SequenceStartEvent):
        made = SequenceNode(tag or _TAG + "seq", [], begin, end)
    else:
        made = MappingNode(tag or _TAG + "map", [], begin, end)
    if event.anchor is not None:
        anchors[event.anchor] = made
    return made


def _text(path: Path, name: str, faults: list[Fault]) -> str | None:
    """Return the text of a file without its byte-order mark."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        faults.append(Fault(name, "the file is missing. A study needs it; `uptake init` shows a complete one."))
        return None
    except OSError as error:
        faults.append(
            Fault(name, f"the file cannot be opened ({error.strerror}). Check what it is and who may read it.")
        )
        return None
    if len(data) > LARGEST_FILE:
        faults.append(Fault(name, f"the file has {len(data):,} bytes; files of a study have at most {LARGEST_FILE:,}."
                            " Move what is not part of the definition elsewhere."))  # fmt: skip
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.append(Fault(name, f"{_encoding(data, error.start)}, so the file cannot be read. Save it as UTF-8."))
        return None


def _encoding(data: bytes, at: int) -> str:
    if data.startswith(_UTF16):
        return "the file is UTF-16"
    try:
        chinese = _HAN.search(data.decode("gb18030"))
    except UnicodeDecodeError:
        chinese = None
    return f"the file is GB18030/GBK (byte {at} is not UTF-8)" if chinese else f"byte {at} is not UTF-8"


def _syntax_fault(name: str, error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "'\\t'" in problem:
        return Fault(where, "a tab stands where YAML wants blanks, so nothing of the file could be read. Indent with"
                     " blanks; most editors can turn tabs into them.")  # fmt: skip
    if "but found another document" in problem:
        return Fault(where, "a second document begins here (`---`), which would be lost. A file is one document: remove"
                     " the line, or make two files.")  # fmt: skip
    if "undefined alias" in problem:
        return Fault(where, f"{problem}: no anchor of that name stands before it. Write the value out.")
    return Fault(where, f"not valid YAML ({problem}), so nothing of the file could be read. Check indent and quotes.")


def _too_deep(name: str, line: int | None = None) -> Fault:
    where = name if line is None else f"{name}:{line}"
    return Fault(where, f"the file is nested more than {DEEPEST} levels deep, which no study file is. Check its"
                 " brackets and indent.")  # fmt: skip


def _too_many(name: str) -> Fault:
    return Fault(name, f"the file stands for more than {MOST_NODES:,} values once its aliases (`*name`) are written"
                 " out. Use fewer aliases; `choice_lists` holds what several questions share.")  # fmt: skip


def _bad_nodes(name: str, root: Node) -> Iterator[Fault]:
    """Give what a composed file must not hold; walks with aliases written out, and stops at the first excess."""
    count = 0
    waiting: list[tuple[Node, int, frozenset[int]]] = [(root, 1, frozenset())]
    told: set[int] = set()
    while waiting:
        node, depth, above = waiting.pop()
        count += 1
        line = node.start_mark.line + 1
        if id(node) in above:
            yield Fault(
                f"{name}:{line}",
                "an alias (`*name`) inside this value means the value itself, so it never ends. Write it out.",
            )
            return
        if depth > DEEPEST:
            yield _too_deep(name, line)
            return
        if count > MOST_NODES:
            yield _too_many(name)
            return
        if id(node) not in told:
            told.add(id(node))
            yield from _foreign(name, node)
        if isinstance(node, CollectionNode):
            below = above | {id(node)}
            waiting.extend((child, depth + 1, below) for child in _children(node))


def _children(node: CollectionNode) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value)


def _foreign(name: str, node: Node) -> Iterator[Fault]:
    where = f"{name}:{node.start_mark.line + 1}"
    if node.tag == "tag:yaml.org,2002:merge" and isinstance(node, ScalarNode) and not node.style:
        yield Fault(where, "merge keys (`<<`) are not read, because a reader could not see what holds where. Write the"
                    " keys out; `choice_lists` holds what several questions share.")  # fmt: skip
    elif not _OWN_TAG.fullmatch(node.tag):
        yield Fault(where, f"the tag \"{node.tag}\" means nothing here, and a program that obeyed it could be misled."
                    " Remove it (`!...`).")  # fmt: skip
