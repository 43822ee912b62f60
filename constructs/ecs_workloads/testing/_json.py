"""What JSON holds, in the words of the type checkers, and the references that CloudFormation puts into it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | None"

_IN_TEXT = re.compile(r"\$\{(?!!)(\w[\w:]*)(\.[\w.]+)?\}")


@dataclass(frozen=True)
class Reference:
    """A place where a template names something of its own.

    Args:
        kind: Ref, GetAtt, If or FindInMap.
        name: What is named: a resource, a parameter, a condition, a mapping.
        attribute: Which attribute of a resource; empty where it is computed, and for the other kinds.
    """

    kind: str
    name: str
    attribute: str = ""


def references(value: Json) -> Iterator[Reference]:
    """Return all that ``value`` refers to."""
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_function(key, inner)
            yield from references(inner)


def is_function(value: Json) -> bool:
    """Tell whether CloudFormation computes the value: nothing can be read inside it."""
    return isinstance(value, dict) and len(value) == 1 and all(key == "Ref" or key.startswith("Fn::") for key in value)


def objects(value: Json) -> Iterator[dict[str, Json]]:
    """Return every object inside ``value``, from the outside to the inside."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def texts(value: Json) -> Iterator[str]:
    """Return every text inside ``value``, names of properties left out."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def section(template: dict[str, Json], name: str) -> dict[str, dict[str, Json]]:
    """Return one section of a template.

    Raises:
        ValueError: An entry is no object: the template needs a transform, which only CloudFormation can apply.
    """
    entries = template.get(name)
    found: dict[str, dict[str, Json]] = {}
    for key, entry in entries.items() if isinstance(entries, dict) else ():
        if not isinstance(entry, dict):
            raise ValueError(  # noqa: TRY004 - the template is of the right type and not expanded
                f"{name} holds {key!r}, which is no object: compare templates after their transforms are applied"
            )
        found[key] = entry
    return found


def in_words(value: Json, longest: int = 60) -> str:
    """Return a value as a message shows it: ``nothing`` where there is none, and not too long."""
    text = "nothing" if value is None else value if isinstance(value, str) else _compact(value)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _of_function(key: str, inner: Json) -> Iterator[Reference]:
    first = inner[0] if isinstance(inner, list) and inner else inner
    if isinstance(first, str):
        match key:
            case "Ref":
                yield Reference("Ref", first)
            case "Fn::GetAtt":
                name, _, attribute = first.partition(".")
                if isinstance(inner, list) and isinstance(inner[-1], str):
                    attribute = inner[-1]
                yield Reference("GetAtt", name, attribute)
            case "Condition" if isinstance(inner, str):
                yield Reference("If", inner)
            case "Fn::If":
                yield Reference("If", first)
            case "Fn::FindInMap":
                yield Reference("FindInMap", first)
            case "Fn::Sub":
                for name, attribute in _IN_TEXT.findall(first):
                    yield Reference("GetAtt" if attribute else "Ref", name, attribute.removeprefix("."))
            case _:
                pass


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(", ", ": "))
