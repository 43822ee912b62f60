"""What one container of a task runs, and what it sees, out of its definition and its image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ecs_workloads.local import _ministack, _namespaces
from ecs_workloads.local._image import Image
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._sandbox import Sandbox
from ecs_workloads.local.local_error import LocalError

_STOP_TIMEOUT = 30.0  # seconds, as ECS has it


@dataclass(frozen=True, kw_only=True)
class ContainerPlan:
    """One container.

    Args:
        definition: Its definition.
        image: Its image.
        environment: Variables besides those of the image.
        folder: Empty folder of this container.
        volumes: Folders of the task's volumes, by name.
        hosts_file: What it sees as ``/etc/hosts``.
        resolver: What it sees as ``/etc/resolv.conf``.
        command: What it runs instead of what the definition says.
    """

    definition: Document
    image: Image
    environment: Mapping[str, str]
    folder: Path
    volumes: Mapping[str, Path]
    hosts_file: Path
    resolver: Path
    command: tuple[str, ...] | None = None

    @property
    def stop_timeout(self) -> float:
        """How long it may take to end after SIGTERM, in seconds."""
        return float(self.definition.get("stopTimeout") or _STOP_TIMEOUT)

    @property
    def essential(self) -> bool:
        """Whether the task ends with it."""
        return bool(self.definition.get("essential", True))

    def sandbox(self, host_name: str) -> Sandbox:
        """Return what to run.

        Args:
            host_name: Name of its task's host.

        Raises:
            LocalError: The definition asks for something that cannot be done here.
        """
        linux: Document = _ministack.nested(self.definition, "linuxParameters")
        self.folder.mkdir(parents=True)
        return Sandbox(
            staging=str(self.folder),
            image=self.image.folder,
            whole=self.image.whole,
            host_name=host_name,
            interpreter=str(_namespaces.interpreter_folder()),
            command=self._words(),
            environment={**self.image.environment, **self.environment},
            working_directory=str(self.definition.get("workingDirectory") or self.image.working_directory),
            user=self._user(),
            read_only=bool(self.definition.get("readonlyRootFilesystem", False)),
            temporary={str(each["containerPath"]): _options(each) for each in _ministack.listed(linux, "tmpfs")},
            volumes=[
                (str(self._volume(str(each["sourceVolume"]))), str(each["containerPath"]), bool(each.get("readOnly")))
                for each in _ministack.listed(self.definition, "mountPoints")
            ],
            files=[(str(self.hosts_file), "/etc/hosts"), (str(self.resolver), "/etc/resolv.conf")],
            init=bool(linux.get("initProcessEnabled", False)),
        )

    def _words(self) -> list[str]:
        entry_point = self.definition.get("entryPoint")
        command = self.command or self.definition.get("command")
        if command is None and entry_point is None:
            command = self.image.command
        words = [*(self.image.entry_point if entry_point is None else entry_point), *(command or ())]
        if not words:
            raise LocalError(f"neither image {self.definition['image']} nor its container says what to run")
        return [str(word) for word in words]

    def _user(self) -> tuple[int, int] | None:
        if not _namespaces.may_be_another_user():
            return None
        name, _, group = str(self.definition.get("user") or self.image.user or "0").partition(":")
        numbers = [0 if each == "root" else each for each in (name, group or name)]
        if not all(str(each).isdecimal() for each in numbers):
            raise LocalError(f"user {name} of {self.definition['name']} is a name; the local target needs its number")
        return int(numbers[0]), int(numbers[1])

    def _volume(self, name: str) -> Path:
        if name not in self.volumes:
            raise LocalError(f"container {self.definition['name']} mounts {name}, which is no volume of its task")
        return self.volumes[name]


def _options(tmpfs: Document) -> str:
    return ",".join(
        [f"size={int(tmpfs['size'])}m", "mode=1777", *(str(each) for each in _ministack.listed(tmpfs, "mountOptions"))]
    )
