"""Choice lists as rows of the choices sheet: named ones, those of one question, code lists, and "don't know"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forms.model import Field
from forms.xlsform.custom import Tree, encode, without
from forms.xlsform.draft import Draft, texts

OURS = "uptake_"  # pyxform copies further columns into the XForm as elements, so a colon could not stand in their names
_LIST_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def write_lists(draft: Draft, lists: dict[str, list[Tree]]) -> None:
    """Write every named choice list, also one that no question uses."""
    for name, choices in lists.items():
        draft.list_names[name] = _listed(draft, name if _LIST_NAME.fullmatch(name) else "list", choices, {"list": name})


def list_of(draft: Draft, tree: Tree, leaf: Field) -> str:
    """Return the name of the list that a question's answers are chosen from, writing it where it is not there yet."""
    if "choice_list" in tree:
        return _with_dont_know(draft, tree, leaf, draft.list_names[tree["choice_list"]])
    if "codes" in tree:
        return _codes(draft, tree, leaf)
    name = f"{leaf.name}_list"
    stem = draft.list_names.get(f"\0{id(tree)}")
    if stem is None:
        stem = draft.list_names[f"\0{id(tree)}"] = _listed(draft, name, tree["choices"], {"inline": "yes"}, leaf)
    return stem


def _with_dont_know(draft: Draft, tree: Tree, leaf: Field, name: str) -> str:
    choices = draft.choice_lists[tree["choice_list"]]
    if not leaf.dont_know or any(choice["code"] == "dont_know" for choice in choices):
        return name
    variant = f"\0{tree['choice_list']}\0{leaf.kind == 'selN'}"
    if variant not in draft.list_names:
        of = {"of": tree["choice_list"]}
        draft.list_names[variant] = _listed(draft, f"{name}_or_dont_know", choices, of, leaf)
    return draft.list_names[variant]


def _codes(draft: Draft, tree: Tree, leaf: Field) -> str:
    key = f"\0codes\0{tree['codes']}\0{leaf.dont_know}"
    if key not in draft.list_names:
        choices = [{"code": choice.code, "label": choice.label.as_dict()} for choice in leaf.choices]
        draft.list_names[key] = _listed(draft, str(tree["codes"]), choices, {"codes": tree["codes"]})
    return draft.list_names[key]


def _listed(draft: Draft, wanted: str, choices: Sequence[Tree], custom: Tree, leaf: Field | None = None) -> str:
    """Write one list under a free name; with a leaf, what the engine adds to its choices too."""
    name, count = wanted, 1
    while name in draft.lists:
        count += 1
        name = f"{wanted}_{count}"
    draft.lists.add(name)
    if custom.get("list") == name:
        custom = without(custom, ("list",))
    for choice in choices:
        rest = without(choice, ("code", "label"))
        draft.choices.append({"list_name": name, "name": choice["code"], **texts("label", choice["label"]),
                              **encode({**custom, **rest}, OURS)})  # fmt: skip
    written = {choice["code"] for choice in choices}
    for added in leaf.choices if leaf else ():
        if added.code not in written:
            draft.choices.append({"list_name": name, "name": added.code, **texts("label", added.label.as_dict()),
                                  **encode({**custom, "engine": True}, OURS)})  # fmt: skip
    return name
