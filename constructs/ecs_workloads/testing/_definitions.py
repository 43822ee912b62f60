"""Which parameters, conditions and mappings an update of a template changes."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from ecs_workloads.testing._json import Json, Reference, references

# How a template refers to what each part defines.
_KINDS = {"Parameters": "Ref", "Conditions": "If", "Mappings": "FindInMap"}


def redefined(
    old: Mapping[str, Json],
    new: Mapping[str, Json],
    *,
    passed: tuple[Mapping[str, Json], Mapping[str, Json]] = ({}, {}),
    by_parent: AbstractSet[Reference] = frozenset(),
) -> frozenset[Reference]:
    """Return the definitions that may have another value after the update, as what refers to them does.

    A condition counts as well when something that it asks changes, such as another condition.

    Args:
        old: What is deployed.
        new: What is to be deployed.
        passed: What the parent of a nested stack passes as its parameters, before and after.
        by_parent: The definitions of the parent that may have another value.
    """
    found = {
        Reference(kind, name)
        for part, kind in _KINDS.items()
        for name in _entries(old, part).keys() | _entries(new, part).keys()
        if _entries(old, part).get(name) != _entries(new, part).get(name)
    }
    before, after = passed
    found |= {
        Reference("Ref", name)
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) or not by_parent.isdisjoint(references(after.get(name)))
    }
    conditions = {Reference("If", name): set(references(one)) for name, one in _entries(new, "Conditions").items()}
    while follow := {one for one, asked in conditions.items() if one not in found and not found.isdisjoint(asked)}:
        found |= follow
    return frozenset(found)


def _entries(template: Mapping[str, Json], part: str) -> Mapping[str, Json]:
    found = template.get(part)
    return found if isinstance(found, dict) else {}
