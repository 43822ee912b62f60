"""What the containers of a task run, out of its task definition, its secrets and what the target adds."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ecs_workloads.local import _ministack, _task_states
from ecs_workloads.local._container_plan import ContainerPlan
from ecs_workloads.local._image import Image
from ecs_workloads.local._image_store import ImageStore
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._names import Names
from ecs_workloads.local._task_volumes import TaskVolumes
from ecs_workloads.local.local_error import LocalError

_ecs = _ministack.module("services.ecs")
_responses = _ministack.module("core.responses")


@dataclass(frozen=True, kw_only=True)
class TaskPlans:
    """Makes the plans of a task's containers.

    Args:
        images: The images that the target can run.
        volumes: The volumes of tasks.
        names: The names that tasks find each other by.
        gateway: Address of the target as its tasks see it.
        resolve: Whether names in variables become addresses, because tasks cannot resolve names.
    """

    images: ImageStore
    volumes: TaskVolumes
    names: Names
    gateway: str
    resolve: bool = False

    def make(
        self, task: Document, definition: Document, overrides: list[Document], namespace: str
    ) -> list[ContainerPlan]:
        """Return the plans.

        Raises:
            LocalError: An image or a volume cannot be had here.
        """
        task_id = str(task["taskArn"]).rsplit("/", 1)[-1]
        folder = self.volumes.memory / task_id
        self.volumes.memory.mkdir(parents=True, exist_ok=True)
        volumes = self.volumes.make(task_id, definition, _task_states.service_of(task))
        by_name = {str(each.get("name")): each for each in overrides}
        plans: list[ContainerPlan] = []
        for container in definition["containerDefinitions"]:
            override = by_name.get(str(container["name"]), {})
            command = override.get("command")
            own = _own(container, override)
            if self.resolve:
                own = {name: self.names.resolved(namespace, value) for name, value in own.items()}
            plan = ContainerPlan(
                definition=container,
                image=self._image(str(container["image"])),
                environment={**own, **_of_the_target(task, definition, container, self.gateway)},
                folder=folder / "containers" / str(container["name"]),
                volumes=volumes,
                hosts_file=self.names.hosts_file(namespace),
                resolver=self.names.resolver,
                command=None if command is None else tuple(command),
            )
            plans.append(plan)
        return plans

    def _image(self, name: str) -> Image:
        image = self.images.find(name)
        if image is None:
            raise LocalError(
                f"CannotPullContainerError: no local command for image {name}; "
                "give it a folder with a Dockerfile under [local.images] in ecs-workloads.toml"
            )
        return image


def _own(container: Document, override: Document) -> dict[str, str]:
    """Return the variables and secrets of a container, and those of its override."""
    variables = {str(each["name"]): str(each["value"]) for each in _ministack.listed(container, "environment")}
    variables.update(_ecs._resolve_container_secrets(container))
    return variables | {str(each["name"]): str(each["value"]) for each in _ministack.listed(override, "environment")}


def _of_the_target(task: Document, definition: Document, container: Document, gateway: str) -> dict[str, str]:
    """Return how a container reaches the target instead of AWS."""
    region, account = _responses.get_region(), _responses.get_account_id()
    found: dict[str, str] = {}
    names = (task["taskArn"], task["clusterArn"], definition, container, task["launchType"], found)
    token = _ecs._register_metadata(*names, host_mode=False, ministack_net_ip=gateway)
    task.setdefault("_metadata_tokens", []).append(token)
    return {
        "ECS_CONTAINER_METADATA_URI_V4": found["ECS_CONTAINER_METADATA_URI_V4"],
        "AWS_ENDPOINT_URL": f"http://{gateway}:{os.environ['GATEWAY_PORT']}",
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_ECS_{task['launchType'] or 'FARGATE'}",
    }
