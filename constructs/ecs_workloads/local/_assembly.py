"""What a cloud assembly asks of the target, before anything of it is created."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecs_workloads.checks import read_assembly
from ecs_workloads.local._mode import Mode
from ecs_workloads.local.local_error import LocalError


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """A cloud assembly.

    Args:
        folder: Where ``cdk synth`` wrote it.
    """

    folder: Path

    def check(self, types: Collection[str], images: Collection[str], mode: Mode) -> None:
        """See that the target can create all that the stacks hold.

        Args:
            types: The resource types that it creates.
            images: The names of the images that something on this machine stands for.
            mode: How tasks run.

        Raises:
            LocalError: It cannot; the message names what.
        """
        resources = list(self._resources())
        unsupported = {
            str(resource["Type"]): where
            for where, resource in resources
            if resource["Type"] not in types and not str(resource["Type"]).startswith("Custom::")
        }
        if unsupported:
            named = ", ".join(f"{kind} ({where})" for kind, where in sorted(unsupported.items()))
            raise LocalError(f"the local target cannot create {named}")
        if mode is Mode.LOOPBACK:
            _check_loopback(resources)
        names = {name for _, resource in resources for name in _images(resource) if name not in images}
        if names and mode is not Mode.SIMULATED:
            raise LocalError(
                f"no local command for image {', '.join(sorted(names))}; "
                "give each a folder with a Dockerfile under [local.images] in ecs-workloads.toml"
            )

    def _resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for stack in read_assembly(self.folder):
            for logical_id, resource in stack.template.get("Resources", {}).items():
                yield f"{stack.stack_name}/{logical_id}", resource

    def environments(self, account: str, region: str) -> set[tuple[str, str]]:
        """Return account and region of the stacks; what is not known is ``account`` or ``region``."""
        found: set[tuple[str, str]] = set()
        for manifest in self.folder.rglob("manifest.json"):
            artifacts: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8")).get("artifacts", {})
            for artifact in artifacts.values():
                if artifact["type"] == "aws:cloudformation:stack":
                    its_account, its_region = str(artifact["environment"]).removeprefix("aws://").split("/")
                    found.add((
                        account if its_account == "unknown-account" else its_account,
                        region if its_region == "unknown-region" else its_region,
                    ))  # fmt: skip
        return found


def _containers(resource: dict[str, Any]) -> list[dict[str, Any]]:
    if resource["Type"] != "AWS::ECS::TaskDefinition":
        return []
    found: list[dict[str, Any]] = resource["Properties"].get("ContainerDefinitions", [])
    return found


def _images(resource: dict[str, Any]) -> list[str]:
    """Return the images of a task definition that are named outright: those of assets are not."""
    return [each["Image"] for each in _containers(resource) if isinstance(each.get("Image"), str)]


def _check_loopback(resources: Iterable[tuple[str, dict[str, Any]]]) -> None:
    counts = {where: _least_tasks(resource) for where, resource in resources}
    several = [f"{where} wants {count}" for where, count in counts.items() if count > 1]
    if several:
        raise LocalError(f"a service has one task in loopback mode; {', '.join(several)}")
    mounting = [where for where, resource in resources if _lasting_volumes(resource)]
    if mounting:
        raise LocalError(f"loopback mode has scratch volumes alone, no EFS and no EBS; {', '.join(mounting)} wants one")


def _lasting_volumes(resource: dict[str, Any]) -> bool:
    if resource["Type"] != "AWS::ECS::TaskDefinition":
        return False
    volumes: list[dict[str, Any]] = resource["Properties"].get("Volumes", [])
    return any(set(volume) - {"Name", "Host"} for volume in volumes)


def _least_tasks(resource: dict[str, Any]) -> int:
    """Return how many tasks of a service a resource asks for at least; 0 where it does not say."""
    properties = resource.get("Properties", {})
    counts = {
        "AWS::ECS::Service": properties.get("DesiredCount"),
        "AWS::ApplicationAutoScaling::ScalableTarget": properties.get("MinCapacity"),
    }
    count = counts.get(str(resource["Type"]))
    return count if isinstance(count, int) else 0
