"""What a cloud assembly, the folder that ``cdk synth`` writes, holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_LIMITS = {"Resources": 500, "Outputs": 200, "Parameters": 200, "Mappings": 200}
_LARGEST_TEMPLATE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class StackTemplate:
    """One stack of an assembly.

    Args:
        environment: Name of the stage that the stack belongs to; the stack's own name outside any stage.
        stack_name: Name of the stack.
        target: Account and region in which the stack is deployed, such as ``aws://111111111111/eu-west-1``.
        template: The template, as JSON reads it.
        size: Size of the template's file, in bytes.
        folder: Folder of the assembly that holds the template, and the files that it names.
        metadata: File in which the assembly says which construct made what, if there is one.
    """

    environment: str
    stack_name: str
    target: str
    template: dict[str, Any]
    size: int
    folder: Path
    metadata: Path | None

    @property
    def percent_of_limits(self) -> float:
        """How near the template is to the first of CloudFormation's limits that it would reach."""
        shares = [len(self.template.get(section, {})) / limit for section, limit in _LIMITS.items()]
        return 100 * max(*shares, self.size / _LARGEST_TEMPLATE)


@dataclass(frozen=True, kw_only=True)
class EnvironmentSummary:
    """Counts over the stacks of one environment.

    Args:
        environment: Name of the environment.
        stacks: Number of stacks.
        resources: Number of resources in all of them.
        services: Number of ECS services among the resources.
        largest_stack: Name of the stack nearest to a limit of CloudFormation.
        percent_of_limits: How near that is.
    """

    environment: str
    stacks: int
    resources: int
    services: int
    largest_stack: str
    percent_of_limits: float


def read_assembly(directory: Path) -> list[StackTemplate]:
    """Return the stacks of an assembly, those of nested assemblies included, in the order of the manifest.

    Raises:
        FileNotFoundError: There is no assembly in ``directory``.
    """
    if not (directory / "manifest.json").is_file():
        raise FileNotFoundError(f"{directory} holds no cloud assembly; run 'cdk synth' first")
    return list(_stacks(directory, None))


def summarize(stacks: Sequence[StackTemplate]) -> list[EnvironmentSummary]:
    """Return one summary for each environment, in the order in which they first appear."""
    environments = list(dict.fromkeys(stack.environment for stack in stacks))
    return [_summary(name, [stack for stack in stacks if stack.environment == name]) for name in environments]


def _summary(environment: str, stacks: Sequence[StackTemplate]) -> EnvironmentSummary:
    resources = [resource for stack in stacks for resource in stack.template.get("Resources", {}).values()]
    largest = max(stacks, key=lambda stack: stack.percent_of_limits)
    return EnvironmentSummary(
        environment=environment,
        stacks=len(stacks),
        resources=len(resources),
        services=sum(resource["Type"] == "AWS::ECS::Service" for resource in resources),
        largest_stack=largest.stack_name,
        percent_of_limits=largest.percent_of_limits,
    )


def _stacks(directory: Path, environment: str | None) -> Iterator[StackTemplate]:
    manifest: dict[str, Any] = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    for name, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            stage = properties.get("displayName", name)
            yield from _stacks(directory / properties["directoryName"], stage)
        elif artifact["type"] == "aws:cloudformation:stack":
            file = directory / properties["templateFile"]
            stack_name = properties.get("stackName", name)
            yield StackTemplate(
                environment=environment or stack_name,
                stack_name=stack_name,
                target=str(artifact["environment"]),
                template=json.loads(file.read_text(encoding="utf-8")),
                size=file.stat().st_size,
                folder=directory,
                metadata=directory / artifact["additionalMetadataFile"]
                if "additionalMetadataFile" in artifact
                else None,
            )
