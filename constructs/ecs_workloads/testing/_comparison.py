"""What an update of one template replaces or removes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ecs_workloads.testing._create_only import CreateOnly, PropertyPath, create_only, similar_type
from ecs_workloads.testing._json import Json, Reference, in_words, references, section

_REMOVED, _REPLACED = "removed", "replaced"
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")


@dataclass(frozen=True, kw_only=True)
class Change:
    """Why a resource is replaced or removed.

    Args:
        outcome: ``replaced`` or ``removed``.
        certain: Whether it surely is; else CloudFormation knows when it updates.
        reason: Why, in words.
        known: Whether there is a schema for the type.
    """

    outcome: str
    certain: bool
    reason: str
    known: bool = True


class Comparison:
    """Two templates of one stack.

    Args:
        old: What is deployed.
        new: What is to be deployed.
        redefined: The definitions that may have another value after the update.
    """

    def __init__(self, old: dict[str, Json], new: dict[str, Json], *, redefined: AbstractSet[Reference]) -> None:
        self._old, self._new = section(old, "Resources"), section(new, "Resources")
        self._redefined = redefined

    def changes(self) -> dict[str, list[Change]]:
        """Return why each resource that is replaced or removed is, by its logical id, in the order of the template."""
        found = {logical_id: list(self._of_resource(logical_id)) for logical_id in self._old}
        while self._follow(found):
            pass
        return {logical_id: changes for logical_id, changes in found.items() if changes}

    def _of_resource(self, logical_id: str) -> Iterator[Change]:
        old, new = self._old[logical_id], self._new.get(logical_id)
        if new is None:
            yield Change(outcome=_REMOVED, certain=True, reason=self._why_gone(logical_id))
            return
        if old.get("Type") != new.get("Type"):
            reason = f"its type becomes {new.get('Type')}, for which CloudFormation refuses the update"
            yield Change(outcome=_REPLACED, certain=True, reason=reason)
            return
        condition = new.get("Condition")
        if condition is not None and condition != old.get("Condition"):
            reason = f"its condition changes from {in_words(old.get('Condition'))} to {in_words(condition)}"
            yield Change(outcome=_REMOVED, certain=False, reason=reason)
        elif Reference("If", str(condition)) in self._redefined:
            reason = f"its condition is {condition}, which may have another answer"
            yield Change(outcome=_REMOVED, certain=False, reason=reason)
        yield from _of_properties(str(old.get("Type")), old.get("Properties"), new.get("Properties"))

    def _why_gone(self, logical_id: str) -> str:
        kind = self._old[logical_id].get("Type")
        added = [one for one, resource in self._new.items() if one not in self._old and resource.get("Type") == kind]
        reason = "the new template has no resource of that name"
        return f"{reason}; {' and '.join(added)} is new: did a construct's id or place change?" if added else reason

    def _follow(self, found: dict[str, list[Change]]) -> bool:
        """Add what is replaced because it refers to something that is, and tell whether there was any."""
        replaced = {
            logical_id: any(one.certain for one in changes)
            for logical_id, changes in found.items()
            if any(one.outcome == _REPLACED for one in changes)
        }
        followers = {
            logical_id: list(self._because_of(logical_id, replaced))
            for logical_id, changes in found.items()
            if not changes and logical_id in self._new
        }
        found.update({logical_id: changes for logical_id, changes in followers.items() if changes})
        return any(followers.values())

    def _because_of(self, logical_id: str, replaced: Mapping[str, bool]) -> Iterator[Change]:
        resource = self._new[logical_id]
        schema = create_only(str(resource.get("Type")))
        for always, path in _all_paths(schema):
            for one in references(path.value(resource.get("Properties"))):
                if one in self._redefined:
                    reason = f"{path} refers to {one.name}, whose value may change"
                    yield Change(outcome=_REPLACED, certain=False, reason=reason)
                elif one.kind in ("Ref", "GetAtt") and one.name in replaced:
                    # An attribute, such as an account's id, may stay the same.
                    certain = always and one.kind == "Ref" and replaced[one.name]
                    reason = f"{path} refers to {one.name}, which is replaced"
                    yield Change(outcome=_REPLACED, certain=certain, reason=reason)


def _of_properties(resource_type: str, old: Json, new: Json) -> Iterator[Change]:
    schema = create_only(resource_type)
    if schema is None:
        if not _same(old, new):
            reason = f"its properties change, and no schema of CloudFormation knows {resource_type!r}"
            reason += similar_type(resource_type)
            yield Change(outcome=_REPLACED, certain=False, reason=reason, known=False)
        return
    told: list[PropertyPath] = []
    for always, path in _all_paths(schema):
        before, after = path.value(old), path.value(new)
        if _same(before, after) or any(path.within(one) for one in told):
            continue
        told.append(path)
        kind = "is create-only" if always else "is create-only in some cases"
        reason = f"{path} {kind} and changes from {in_words(before)} to {in_words(after)}"
        yield Change(outcome=_REPLACED, certain=always, reason=reason)
    if not told and resource_type.startswith(_CUSTOM) and not _same(old, new):
        reason = "its properties change, and its own handler decides what that means"
        yield Change(outcome=_REPLACED, certain=False, reason=reason)


def _all_paths(schema: CreateOnly | None) -> Iterator[tuple[bool, PropertyPath]]:
    if schema is not None:
        yield from ((True, path) for path in schema.always)
        yield from ((False, path) for path in schema.sometimes)


def _same(old: Json, new: Json) -> bool:
    return _plain(old) == _plain(new)


def _plain(value: Json) -> Json:
    """Return a value as CloudFormation reads it: to a schema, 80 and "80" are one, as are true and "true"."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
