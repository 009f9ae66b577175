"""The identity of a questionnaire: the SHA-256 of everything it says, whatever its layout."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from forms import source
from forms.choices import CODE_LISTS
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar


def definition_digest(written: source.Questionnaire) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of everything a questionnaire says, layout left out."""
    return document_digest(definition_document(written))


def document_digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of a definition's document."""
    return hashlib.sha256(canonical(document)).hexdigest()


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write a document as canonical JSON (RFC 8785): the same content gives the same bytes."""
    import rfc8785

    return rfc8785.dumps(dict(document))


def definition_document(written: source.Questionnaire) -> dict[str, Any]:
    """Return everything a questionnaire says as plain data: what is published, and what the digest is made of.

    Comments, the order of keys, aliases, quotation marks and keys written out at their default leave it the same. The
    official code lists it uses are in it, since the program and not the file holds them.
    """
    asked = [question for page in written.pages for question in page.questions]
    inputs: list[source.Question | source.Part | source.Column] = [*asked]
    inputs += [part for question in asked for part in question.parts]
    inputs += [column for question in asked for column in question.columns]
    used = {part.codes for part in inputs if part.codes is not None}
    lists = {name: [[code.code, code.name.as_dict()] for code in CODE_LISTS[name]] for name in used}
    return {"questionnaire": plain(written), "code_lists": lists}


def plain(value: Any) -> Any:
    """Return what was written as plain mappings, lists and texts, without places and keys left at their default."""
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, Text):
        return value.as_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Keys left at their default are left out, so that a key added to the format later changes no digest.
        said = [key for key in dataclasses.fields(value) if getattr(value, key.name) != key.default]
        pairs = {key.name: getattr(value, key.name) for key in said}
        return {name: plain(part) for name, part in pairs.items() if not isinstance(part, Place)}
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, tuple) else value
