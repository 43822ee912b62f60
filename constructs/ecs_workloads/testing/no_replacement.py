"""An assertion about what an update would replace."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ecs_workloads.testing._comparison import Change, Comparison
from ecs_workloads.testing._create_only import create_only, similar_type
from ecs_workloads.testing._definitions import redefined
from ecs_workloads.testing._json import Reference, section
from ecs_workloads.testing._published import PublishedValues
from ecs_workloads.testing._stacks import StackToCompare, TemplateSource, pairs, stacks_of
from ecs_workloads.testing._stateful_types import fate_when_removed, fate_when_replaced, stateful_types
from ecs_workloads.testing.replacement import Replacement

_PATH = "aws:cdk:path"


def replacements(old: TemplateSource, new: TemplateSource, *, stateful: Collection[str] = ()) -> list[Replacement]:
    """Return every resource that an update from ``old`` to ``new`` replaces or removes, harmless ones too.

    Args:
        old: What is deployed: the folder ``cdk.out`` of the main branch, a template, its file, a stack or an app.
        new: What is to be deployed, in any of these forms.
        stateful: Types that hold data, beside those that are known to.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: What was given is no template, or cannot be compared, or ``stateful`` names no type.
    """
    for one in stateful:
        if one.startswith("AWS::") and create_only(one) is None:
            raise ValueError(f"stateful names {one!r}, which CloudFormation does not know{similar_type(one)}")
    before, after = stacks_of(old), stacks_of(new)
    published = PublishedValues(before)
    types = stateful_types() | frozenset(stateful)
    return [
        one
        for stack, updated, changes in _changes(before, after)
        for one in _of_stack(stack, updated, changes, published=published, types=types)
    ]


def assert_no_replacement(
    old: TemplateSource, new: TemplateSource, *, stateful: Collection[str] = (), accepted: Collection[str] = ()
) -> list[Replacement]:
    """Fail if an update replaces or removes what holds data, or what another stack reads.

    It tells what CloudFormation's own schemas tell: a changed create-only property replaces a resource, and with it
    what refers to it in such a property. A property that is create-only in some cases counts as well, and any change
    of a type without a schema fails. What reads are exports, outputs, SSM parameters, other regions by
    ``cross_region_references``, and nested stacks; an SSM parameter that has a name counts itself.

    Args:
        old: What is deployed: the folder ``cdk.out`` of the main branch, a template, its file, a stack or an app.
        new: What is to be deployed, in any of these forms.
        stateful: Types that hold data, beside those that are known to.
        accepted: Names, ``Stack.LogicalId``, of resources that may be replaced or removed this time.

    Returns:
        Every resource that is replaced or removed and does no harm, or was accepted.

    Raises:
        AssertionError: The update does harm, or something is accepted that is not replaced.
        FileNotFoundError: There is no such file or folder.
        ValueError: What was given is no template, or cannot be compared, or ``stateful`` names no type.
    """
    __tracebackhide__ = True
    found = replacements(old, new, stateful=stateful)
    harmful = [one for one in found if one.harmful and one.name not in accepted]
    unused = sorted(set(accepted) - {one.name for one in found})
    if harmful or unused:
        others = [one for one in found if one not in harmful]
        raise AssertionError("\n\n".join(_told(harmful, others, unused)))
    return found


def _told(harmful: list[Replacement], others: list[Replacement], unused: list[str]) -> Iterator[str]:
    if harmful:
        yield f"the update replaces or removes what holds data, or what others read ({len(harmful)}):"
        yield from (str(one) for one in harmful)
    if harmful and others:
        yield "These too, without harm:\n" + "\n".join(
            f"{one.name} ({one.resource_type}): {one.outcome} because {one.reasons[0]}" for one in others
        )
    if unused:
        yield f"accepted, but neither replaced nor removed: {', '.join(unused)}"
    if harmful:
        names = ", ".join(repr(one.name) for one in harmful)
        yield f"Where that is meant: assert_no_replacement(..., accepted=[{names}])"


def _changes(
    before: Sequence[StackToCompare], after: Sequence[StackToCompare]
) -> Iterator[tuple[StackToCompare, StackToCompare | None, dict[str, list[Change]]]]:
    definitions: dict[tuple[str, str], frozenset[Reference]] = {}
    for old, new in pairs(before, after):
        if new is None:
            elsewhere = " and ".join(one.target for one in after if one.stack_name == old.stack_name)
            reason = "its stack is not there any more" + f"; one of its name is in {elsewhere}" * bool(elsewhere)
            gone = Change(outcome="removed", certain=True, reason=reason)
            yield old, None, {logical_id: [gone] for logical_id in section(old.template, "Resources")}
            continue
        # A nested stack comes after its parent, whose name its own begins with.
        changed = redefined(
            old.template,
            new.template,
            passed=(old.passed, new.passed),
            by_parent=definitions.get((old.stack_name.rpartition("/")[0], old.target), frozenset()),
        )
        definitions[old.stack_name, old.target] = changed
        yield old, new, Comparison(old.template, new.template, redefined=changed).changes()


def _of_stack(
    old: StackToCompare,
    new: StackToCompare | None,
    changes: Mapping[str, list[Change]],
    *,
    published: PublishedValues,
    types: frozenset[str],
) -> Iterator[Replacement]:
    resources = section(old.template, "Resources")
    for logical_id, reasons in changes.items():
        resource = resources[logical_id]
        kind, metadata = str(resource.get("Type")), resource.get("Metadata")
        path = metadata.get(_PATH) if isinstance(metadata, dict) else old.construct_paths.get(logical_id)
        removed = any(one.outcome == "removed" for one in reasons)
        worst = "removed" if removed else "replaced"
        certain = any(one.certain for one in reasons)
        fate = fate_when_removed if removed else fate_when_replaced
        yield Replacement(
            stack=old.stack_name,
            logical_id=logical_id,
            resource_type=kind,
            construct_path=str(path or ""),
            outcome=worst if certain else f"may be {worst}",
            reasons=[one.reason for one in reasons],
            stateful=kind in types,
            data=fate(resource) if kind in types else "",
            readers=published.readers(old, logical_id, new),
            known=all(one.known for one in reasons),
        )
