"""What a stack hands on to others, and who reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ecs_workloads.testing._json import Json, in_words, references, section
from ecs_workloads.testing._reads import Reads, key
from ecs_workloads.testing._stacks import NESTED, StackToCompare

_PARAMETER = "AWS::SSM::Parameter"
# What aws_cdk makes for cross_region_references: it writes SSM parameters into another region, and deletes those that
# its properties name no longer, in aws-cdk-lib/core/lib/dist/core/cross-region-ssm-writer-handler.
_WRITER = "Custom::CrossRegionExportWriter"


@dataclass(frozen=True)
class _Value:
    """A resource of one stack, by any of its attributes, or by ``attribute`` alone."""

    stack: StackToCompare
    logical_id: str
    attribute: str = ""

    def inside(self, value: Json) -> bool:
        return any(
            one.name == self.logical_id
            and one.kind in (("GetAtt",) if self.attribute else ("Ref", "GetAtt"))
            # The name of an attribute may be computed.
            and (not self.attribute or one.attribute in ("", self.attribute))
            for one in references(value)
        )


class PublishedValues:
    """The ways by which others read the resources of a stack.

    These are exports, SSM parameters, outputs, and the parameters of nested stacks.

    Args:
        stacks: All stacks as they are deployed before the update, those that read included.
    """

    def __init__(self, stacks: Sequence[StackToCompare]) -> None:
        self._reads = [Reads.of(stack) for stack in stacks]

    def readers(self, stack: StackToCompare, logical_id: str, new: StackToCompare | None) -> list[str]:
        """Return each way by which a value of the resource leaves its stack, and the stacks that read it there.

        Args:
            stack: The stack as it is deployed.
            logical_id: The resource, which the update replaces or removes.
            new: The stack as it will be, ``None`` where it goes as well.
        """
        found = [*self._by_own_name(stack, logical_id, new), *self._of(_Value(stack, logical_id))]
        return list(dict.fromkeys(found))

    def _by_own_name(self, stack: StackToCompare, logical_id: str, new: StackToCompare | None) -> Iterator[str]:
        """Tell who reads a parameter itself: whoever knows its name. CloudFormation makes a missing name up."""
        name = _properties(stack, _PARAMETER).get(logical_id, {}).get("Name")
        if name is not None:
            yield self._parameter(name)
        kept = {} if new is None else _written(new).get(logical_id, {})
        yield from (self._parameter(name) for name in _written(stack).get(logical_id, {}) if name not in kept)

    def _of(self, value: _Value) -> Iterator[str]:
        yield from self._by_outputs(value)
        yield from self._by_parameters(value)
        yield from self._by_nested_stacks(value)

    def _by_outputs(self, value: _Value) -> Iterator[str]:
        for name, output in section(value.stack.template, "Outputs").items():
            if not value.inside(output.get("Value")):
                continue
            export = output.get("Export")
            if isinstance(export, dict):
                exported = key(export.get("Name"))
                yield f"export {in_words(export.get('Name'))}, {self._by(lambda one, e=exported: e in one.exports)}"
            fetched = self._by(lambda one, n=name: one.fetches(value.stack.stack_name, n), nobody="")
            if fetched:
                yield f"output {name}, {fetched}"
            yield from self._by_parent(value.stack, name)

    def _by_parent(self, stack: StackToCompare, output: str) -> Iterator[str]:
        parent_name, _, logical_id = stack.stack_name.rpartition("/")
        for parent in (one.stack for one in self._reads):
            if (parent.stack_name, parent.target) == (parent_name, stack.target):
                inner = _Value(parent, logical_id, f"Outputs.{output}")
                resources = section(parent.template, "Resources").values()
                if any(inner.inside(one.get("Properties")) for one in resources if one.get("Type") != NESTED):
                    yield f"output {output}, which {parent.name} reads"
                yield from self._of(inner)

    def _by_parameters(self, value: _Value) -> Iterator[str]:
        for logical_id, properties in _properties(value.stack, _PARAMETER).items():
            if logical_id != value.logical_id and value.inside(properties.get("Value")):
                yield self._parameter(properties.get("Name") or logical_id)
        for written in _written(value.stack).values():
            yield from (self._parameter(name) for name, exported in written.items() if value.inside(exported))

    def _by_nested_stacks(self, value: _Value) -> Iterator[str]:
        for nested in (one.stack for one in self._reads):
            if (nested.stack_name.rpartition("/")[0], nested.target) == (value.stack.stack_name, value.stack.target):
                passed = (name for name, passed in nested.passed.items() if value.inside(passed))
                yield from (f"parameter {name}, which {nested.name} reads" for name in passed)

    def _parameter(self, name: Json) -> str:
        return (
            f"SSM parameter {in_words(name)}, {self._by(lambda one: isinstance(name, str) and name in one.parameters)}"
        )

    def _by(self, reads: Callable[[Reads], bool], nobody: str = "which no stack given here reads") -> str:
        stacks = [one.stack.name for one in self._reads if reads(one)]
        return f"which {' and '.join(stacks)} {'reads' if len(stacks) == 1 else 'read'}" if stacks else nobody


def _written(stack: StackToCompare) -> dict[str, dict[str, Json]]:
    """Return the values that each resource of ``stack`` writes into another region, by the names of parameters."""
    writers = {logical_id: one.get("WriterProps") for logical_id, one in _properties(stack, _WRITER).items()}
    exports = {logical_id: one.get("exports") for logical_id, one in writers.items() if isinstance(one, dict)}
    return {logical_id: one for logical_id, one in exports.items() if isinstance(one, dict)}


def _properties(stack: StackToCompare, resource_type: str) -> dict[str, dict[str, Json]]:
    """Return the properties of the resources of a type."""
    resources = section(stack.template, "Resources").items()
    found = {logical_id: one.get("Properties") for logical_id, one in resources if one.get("Type") == resource_type}
    return {logical_id: one for logical_id, one in found.items() if isinstance(one, dict)}
