"""Folders of this machine that stand for the volumes of a task: scratch space, EFS and EBS."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

from ecs_workloads.local import _ministack, _namespaces
from ecs_workloads.local._ministack import Document
from ecs_workloads.local.local_error import LocalError

_efs = _ministack.module("services.efs")
_MAKING = threading.Lock()
_NOT_HERE = ("fsxWindowsFileServerVolumeConfiguration", "dockerVolumeConfiguration")


class TaskVolumes:
    """Volumes of tasks.

    Scratch space and volumes of EBS are new for each task and go with it; what is on EFS stays as long as the target.

    Args:
        folder: Where EFS and EBS keep their files; made when a task needs it.
        memory: Where scratch space is, and what else a task needs while it runs.
    """

    def __init__(self, folder: Path, memory: Path) -> None:
        self._folder = folder
        self.memory = memory

    def make(self, task_id: str, definition: Document, service: Document | None) -> dict[str, Path]:
        """Return the folder of each volume of a task, by the volume's name.

        Args:
            task_id: The task's id.
            definition: Its task definition.
            service: Its service; ``None`` for a task that was run by itself.

        Raises:
            LocalError: A volume cannot be had: here, or on AWS neither.
        """
        configured = {str(each["name"]) for each in _ministack.listed(service or {}, "volumeConfigurations")}
        found: dict[str, Path] = {}
        for volume in _ministack.listed(definition, "volumes"):
            name = str(volume["name"])
            for kind in _NOT_HERE:
                if volume.get(kind):
                    raise LocalError(f"volume {name}: the local target has no {kind.removesuffix('Configuration')}")
            if volume.get("efsVolumeConfiguration"):
                found[name] = self._on_efs(name, volume["efsVolumeConfiguration"])
                continue
            if volume.get("configuredAtLaunch") and service is not None and name not in configured:
                raise LocalError(f"volume {name} is configured at launch, and its service does not configure it")
            base = self._of_task(task_id) if volume.get("configuredAtLaunch") else self.memory / task_id / "volumes"
            found[name] = base / name
            found[name].mkdir(parents=True)  # owned by root, 0755, as on Fargate
        return found

    def remove(self, task_id: str) -> None:
        """Remove what belongs to one task."""
        for folder in (self.memory / task_id, self._of_task(task_id)):
            shutil.rmtree(folder, ignore_errors=True)

    def _of_task(self, task_id: str) -> Path:
        return self._folder / "ebs" / task_id

    def _on_efs(self, name: str, configuration: Document) -> Path:
        file_system = str(configuration["fileSystemId"])
        if file_system not in _efs._file_systems:
            raise LocalError(f"volume {name}: there is no file system {file_system}")
        root = self._folder / "efs" / file_system
        root.mkdir(parents=True, exist_ok=True)
        directory = str(configuration.get("rootDirectory") or "/")
        point = _ministack.nested(configuration, "authorizationConfig").get("accessPointId")
        if point is None:
            path = _below(root, directory)
        else:
            if directory != "/":
                raise LocalError(f"volume {name}: rootDirectory must be / with an access point, got {directory!r}")
            path = _behind(root, name, file_system, str(point))
        if not path.is_dir():
            raise LocalError(f"volume {name}: file system {file_system} has no directory {path.relative_to(root)}")
        return path


def _behind(root: Path, name: str, file_system: str, point: str) -> Path:
    """Return the directory of an access point, made as the access point says unless it exists."""
    access_point = _efs._access_points.get(point)
    if access_point is None or access_point["FileSystemId"] != file_system:
        raise LocalError(f"volume {name}: file system {file_system} has no access point {point}")
    directory = _ministack.nested(access_point, "RootDirectory")
    path, creation = _below(root, str(directory.get("Path") or "/")), _ministack.nested(directory, "CreationInfo")
    with _MAKING:  # several tasks may come first
        if creation and not path.exists():
            made = [each for each in (path, *path.parents) if not each.exists()]
            path.mkdir(parents=True)
            for each in made:
                if _namespaces.may_be_another_user():
                    os.chown(each, int(creation["OwnerUid"]), int(creation["OwnerGid"]))
                each.chmod(int(str(creation["Permissions"]), 8))
    return path


def _below(root: Path, path: str) -> Path:
    return root / os.path.normpath(f"/{path}").lstrip("/")
