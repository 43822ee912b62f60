"""ARNs with a wildcard, as cdk-nag writes them in the ids of its findings."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import jsii
from aws_cdk import Stack
from constructs import IValidation


@jsii.implements(IValidation)
class Wildcards:
    """The ARNs with a wildcard that policies of one stack name.

    What belongs to another stack gets its last name when all stacks are there. `IValidation` is the first that
    aws_cdk asks after that, and the last before the packs.

    Args:
        stack: The stack that the policies are in.
        arns: The ARNs, unresolved.
    """

    def __init__(self, stack: Stack, arns: Sequence[str]) -> None:
        self._stack = stack
        self._arns = arns
        self._known = self._names()
        self._told: list[Callable[[Sequence[str]], None]] = []
        stack.node.add_validation(self)

    def tell(self, acknowledge: Callable[[Sequence[str]], None]) -> None:
        """Call ``acknowledge`` with the names, and again with those that become known."""
        self._told.append(acknowledge)
        acknowledge(self._known)

    def validate(self) -> list[str]:
        """Find nothing, and tell the names that became known."""
        found = [name for name in self._names() if name not in self._known]
        if found:
            self._known.extend(found)
            for acknowledge in self._told:
                acknowledge(found)
        return []

    def _names(self) -> list[str]:
        return [_flat(self._stack.resolve(arn)) for arn in self._arns]


def _flat(value: Any) -> str:  # noqa: ANN401 - a resolved text is a text or a function of CloudFormation
    """Return a resolved text as cdk-nag's ``lib/utils/flatten-cfn-reference.js`` does: references in angle brackets."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(delimiter), parts]}:
            return delimiter.join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": inner} | {"Fn::Sub": inner}:
            return _flat(inner)
        case {"Ref": str(name)}:
            return f"<{name}>"
        case _:
            return json.dumps(value, separators=(",", ":"))
