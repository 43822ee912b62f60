"""Where the agent of ECS Exec writes, although the root file system is read-only."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import require
from ecs_workloads.container import Container

# An agent in each container writes here, as root, whatever the user of the container.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
_PATHS = {"exec-lib": "/var/lib/amazon", "exec-log": "/var/log/amazon"}


def check_exec_paths(path: str, container: Container) -> None:
    """Refuse what takes the place of the volumes that `mount_exec_paths` adds."""
    for volume in container.volumes:
        require(
            not volume.name.startswith(tuple(_PATHS)),
            path,
            f"enable_execute_command takes the volume names that begin with {' or '.join(_PATHS)}: call "
            f"{volume.name!r} otherwise",
        )
    folders = [folder.container_path for folder in container.writable_paths]
    for folder in [*folders, *(volume.container_path for volume in container.volumes)]:
        require(
            folder not in _PATHS.values(),
            path,
            f"enable_execute_command makes {folder} writable itself: leave it out of writable_paths and volumes",
        )


def mount_exec_paths(container: ecs.ContainerDefinition, *, suffix: str = "") -> None:
    """Let the agent of ``container`` write. Each container has volumes of its own: two agents must not share files."""
    for name, path in _PATHS.items():
        volume = f"{name}{suffix}"
        container.task_definition.add_volume(name=volume)
        container.add_mount_points(ecs.MountPoint(container_path=path, source_volume=volume, read_only=False))


def mount_exec_paths_in_sidecars(definition: ecs.TaskDefinition, *, but: ecs.ContainerDefinition) -> None:
    """Let the agents write in every other container whose root file system is read-only, unless they can already."""
    for container in definition.node.children:
        if not isinstance(container, ecs.ContainerDefinition) or container is but:
            continue
        rendered = Stack.of(definition).resolve(container.render_container_definition())
        folders = [*rendered.get("mountPoints", []), *rendered.get("linuxParameters", {}).get("tmpfs", [])]
        paths = {folder["containerPath"] for folder in folders}
        if rendered.get("readonlyRootFilesystem") is True and paths.isdisjoint(_PATHS.values()):
            mount_exec_paths(container, suffix=f"-{container.container_name}")
