"""What a cloud assembly asks of the target, before anything of it is created."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
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

    def check(self, types: Collection[str], images: Mapping[str, str], mode: Mode) -> None:
        """See that the target can create all that the stacks hold.

        Args:
            types: The resource types that it creates.
            images: The images that have a folder on this machine, by name.
            mode: How tasks run.

        Raises:
            LocalError: It cannot; the message names what.
        """
        unsupported: dict[str, str] = {}
        unmapped: dict[str, str] = {}
        several: list[str] = []
        mounting: list[str] = []
        for stack in read_assembly(self.folder):
            for logical_id, resource in stack.template.get("Resources", {}).items():
                kind = str(resource["Type"])
                if kind not in types and not kind.startswith("Custom::"):
                    unsupported[kind] = f"{stack.stack_name}/{logical_id}"
                count = _least_tasks(kind, resource)
                if count > 1:
                    several.append(f"{stack.stack_name}/{logical_id} wants {count}")
                if kind == "AWS::ECS::TaskDefinition":
                    if any(each.get("MountPoints") for each in resource["Properties"].get("ContainerDefinitions", [])):
                        mounting.append(f"{stack.stack_name}/{logical_id}")
                    names = [each.get("Image") for each in resource["Properties"].get("ContainerDefinitions", [])]
                    unmapped |= {
                        name: stack.stack_name for name in names if isinstance(name, str) and name not in images
                    }
        if unsupported:
            named = ", ".join(f"{kind} ({where})" for kind, where in sorted(unsupported.items()))
            raise LocalError(f"the local target cannot create {named}")
        if several and mode is Mode.LOOPBACK:
            raise LocalError(f"a service has one task in loopback mode; {', '.join(several)}")
        if mounting and mode is Mode.LOOPBACK:
            raise LocalError(f"no volume can be mounted in loopback mode; {', '.join(mounting)} mounts one")
        if unmapped and mode is not Mode.SIMULATED:
            raise LocalError(
                f"no local command for image {', '.join(sorted(unmapped))}; "
                "give each a folder with a Dockerfile under [local.images] in ecs-workloads.toml"
            )

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


def _least_tasks(kind: str, resource: dict[str, Any]) -> int:
    """Return how many tasks of a service a resource asks for at least; 0 where it does not say."""
    properties = resource.get("Properties", {})
    counts = {
        "AWS::ECS::Service": properties.get("DesiredCount"),
        "AWS::ApplicationAutoScaling::ScalableTarget": properties.get("MinCapacity"),
    }
    count = counts.get(kind)
    return count if isinstance(count, int) else 0
