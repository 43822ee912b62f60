"""What a stack hands on to others, and who reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ecs_workloads.testing._json import Json, in_words, objects, references, section, texts
from ecs_workloads.testing._stacks import StackToCompare

_PARAMETER = "AWS::SSM::Parameter"
_READS_PARAMETER = "AWS::SSM::Parameter::Value<"
_RESOLVED = re.compile(r"\{\{resolve:ssm(?:-secure)?:([^:}]+)")
_NOBODY = "which no stack given here reads"


@dataclass(frozen=True, kw_only=True)
class _Reads:
    """What one stack reads of others: names of exports as JSON, names of parameters, and outputs with their stack."""

    stack: StackToCompare
    exports: set[str] = field(default_factory=set[str])
    parameters: set[str] = field(default_factory=set[str])
    outputs: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @staticmethod
    def of(stack: StackToCompare) -> _Reads:
        found = _Reads(stack=stack)
        for one in objects(stack.template):
            if "Fn::ImportValue" in one:
                found.exports.add(_key(one["Fn::ImportValue"]))
            output = one.get("Fn::GetStackOutput")
            if isinstance(output, dict):
                found.outputs.append((_key(output.get("StackName")), str(output.get("OutputName"))))
        for parameter in section(stack.template, "Parameters").values():
            if str(parameter.get("Type")).startswith(_READS_PARAMETER):
                found.parameters.add(str(parameter.get("Default")))
        for text in texts(stack.template):
            found.parameters.update(_RESOLVED.findall(text))
        return found


class PublishedValues:
    """The exports, SSM parameters and outputs of stacks by which others read their resources.

    Args:
        stacks: All stacks as they are deployed before the update, those that read included.
    """

    def __init__(self, stacks: Sequence[StackToCompare]) -> None:
        self._reads = [_Reads.of(stack) for stack in stacks]

    def readers(self, stack: StackToCompare, logical_id: str) -> list[str]:
        """Return each way by which a value of the resource leaves its stack, and the stacks that read it there."""
        return [*self._by_outputs(stack, logical_id), *self._by_parameters(stack, logical_id)]

    def _by_outputs(self, stack: StackToCompare, logical_id: str) -> Iterator[str]:
        for name, output in section(stack.template, "Outputs").items():
            if not _names(output.get("Value"), logical_id):
                continue
            export = output.get("Export")
            if isinstance(export, dict):
                key = _key(export.get("Name"))
                by = [one.stack.name for one in self._reads if key in one.exports]
                yield f"export {in_words(export.get('Name'))}, {_by(by)}"
            by = [one.stack.name for one in self._reads if _fetches(one, stack.stack_name, name)]
            if by:
                yield f"output {name}, {_by(by)}"

    def _by_parameters(self, stack: StackToCompare, logical_id: str) -> Iterator[str]:
        for parameter_id, resource in section(stack.template, "Resources").items():
            properties = resource.get("Properties")
            if resource.get("Type") != _PARAMETER or not isinstance(properties, dict) or parameter_id == logical_id:
                continue
            if _names(properties.get("Value"), logical_id):
                name = properties.get("Name")
                by = [one.stack.name for one in self._reads if isinstance(name, str) and name in one.parameters]
                yield f"SSM parameter {in_words(name or parameter_id)}, {_by(by)}"


def _names(value: Json, logical_id: str) -> bool:
    return any(one.kind in ("Ref", "GetAtt") and one.name == logical_id for one in references(value))


def _fetches(reads: _Reads, stack_name: str, output: str) -> bool:
    return any(stack_name in stack and name == output for stack, name in reads.outputs)


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _by(stacks: Sequence[str]) -> str:
    return f"which {' and '.join(stacks)} {'reads' if len(stacks) == 1 else 'read'}" if stacks else _NOBODY
