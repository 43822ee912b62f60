"""What a stack reads of other stacks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ecs_workloads.testing._json import Json, objects, section, texts
from ecs_workloads.testing._stacks import StackToCompare

_READS_PARAMETER = "AWS::SSM::Parameter::Value<"
# What one stack has in another region comes the same way, under the name that its writer gave it there.
_RESOLVED = re.compile(r"\{\{resolve:ssm(?:-secure)?:([^:}]+)")


@dataclass(frozen=True, kw_only=True)
class Reads:
    """What one stack reads of others: names of exports as JSON, names of parameters, and outputs with their stack."""

    stack: StackToCompare
    exports: set[str] = field(default_factory=set[str])
    parameters: set[str] = field(default_factory=set[str])
    outputs: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @staticmethod
    def of(stack: StackToCompare) -> Reads:
        """Return what ``stack`` reads."""
        found = Reads(stack=stack)
        for one in objects(stack.template):
            if "Fn::ImportValue" in one:
                found.exports.add(key(one["Fn::ImportValue"]))
            output = one.get("Fn::GetStackOutput")
            if isinstance(output, dict):
                found.outputs.append((key(output.get("StackName")), str(output.get("OutputName"))))
        for parameter in section(stack.template, "Parameters").values():
            if str(parameter.get("Type")).startswith(_READS_PARAMETER):
                found.parameters.add(str(parameter.get("Default")))
        for text in texts(stack.template):
            found.parameters.update(_RESOLVED.findall(text))
        return found

    def fetches(self, stack_name: str, output: str) -> bool:
        """Tell whether an output is fetched from the stack of that name."""
        return any(stack_name in stack and output == name for stack, name in self.outputs)


def key(value: Json) -> str:
    """Return the name of an export, which may be a function, as something to compare."""
    return json.dumps(value, sort_keys=True)
