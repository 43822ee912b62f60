"""The one door to ministack, which ships no types and whose inner names we rely on (``_self_check.py`` lists them)."""

from __future__ import annotations

import importlib
import json
from types import ModuleType
from typing import Any, cast

# What CloudFormation and the services of AWS say is JSON of any shape: only who reads a property knows its type.
Document = dict[str, Any]

VERSION = "1.5.33"
"""The only version whose inner names were tried. ``pyproject.toml`` pins the same."""

# status, headers, body
Response = tuple[int, dict[str, str], bytes | str]


def listed(document: Document, name: str) -> list[Document]:
    """Return the list of documents that ``document`` has under ``name``; an empty one where it has none."""
    found: list[Document] | None = document.get(name)
    return found or []


def nested(document: Document, name: str) -> Document:
    """Return the document that ``document`` has under ``name``; an empty one where it has none."""
    found: Document | None = document.get(name)
    return found or {}


def module(name: str) -> ModuleType:
    """Return a module of ministack, such as ``services.ecs``."""
    return importlib.import_module(f"ministack.{name}")


def provisioners() -> ModuleType:
    """Return the module that creates the resources of CloudFormation."""
    return module("services.cloudformation.provisioners")


def answer(response: Response, what: str) -> Document:
    """Return what a service answered.

    Raises:
        ValueError: It refused. CloudFormation then fails the resource, and rolls the stack back.
    """
    status, _, body = response
    text = body.decode() if isinstance(body, bytes) else body
    if status >= 400:  # noqa: PLR2004 - the first status of HTTP that means an error
        document: Document = json.loads(text) if text.lstrip().startswith("{") else {}
        raise ValueError(f"{what}: {document.get('message', text)}")
    result: Document = json.loads(text) if text.lstrip().startswith("{") else {}
    return result


def replace(changed: ModuleType, name: str, value: object) -> None:
    """Make ministack use ``value`` for what it calls ``name`` in one of its modules, and in the module's tables.

    Raises:
        AttributeError: It has no such name.
    """
    original = getattr(changed, name)
    setattr(changed, name, value)
    for table in list(vars(changed).values()):
        if isinstance(table, dict):  # such as that of an API's actions
            for key, entry in cast("dict[object, object]", table).items():
                if entry is original:
                    table[key] = value
