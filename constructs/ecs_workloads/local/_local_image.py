"""What stands for an image of a registry on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ecs_workloads.local._build import Build
from ecs_workloads.local._image import DEFAULT_PATH, Image
from ecs_workloads.local._mode import Mode
from ecs_workloads.local.local_error import LocalError


class LocalImage(Protocol):
    """Something that an image is made of."""

    def make(self, name: str, mode: Mode) -> Image:
        """Return the image called ``name``, for a target of this mode.

        Raises:
            LocalError: It cannot be made.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class DockerfileImage:
    """A folder with a Dockerfile.

    Args:
        folder: The folder.
        contexts: Named build contexts, each with its folder.
    """

    folder: Path
    contexts: Mapping[str, Path]

    def make(self, name: str, mode: Mode) -> Image:  # noqa: ARG002 - the Dockerfile says it all
        """Return what the Dockerfile makes.

        Raises:
            LocalError: The Dockerfile cannot be read, or a step of it failed.
        """
        return Build(
            context=self.folder, dockerfile=self.folder / "Dockerfile", contexts=self.contexts, mode=mode
        ).run()


@dataclass(frozen=True, kw_only=True)
class RootImage:
    """A folder with a whole system, which its containers see instead of the programs of this machine.

    Args:
        folder: The folder.
        entry_point: What the image says as ``ENTRYPOINT``.
        command: What the image says as ``CMD``.
        environment: What the image says as ``ENV``.
        user: What the image says as ``USER``: a number, and the number of a group after a colon.
    """

    folder: Path
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str]
    user: str = ""

    def make(self, name: str, mode: Mode) -> Image:
        """Return the folder as an image.

        Raises:
            LocalError: Tasks run in loopback mode, which sees this machine as it is.
        """
        if mode is Mode.LOOPBACK:
            raise LocalError(f"image {name} is the root {self.folder}, which tasks cannot have in loopback mode")
        return Image(
            folder=str(self.folder),
            entry_point=self.entry_point,
            command=self.command,
            environment={"PATH": DEFAULT_PATH, **self.environment},
            user=self.user,
            whole=True,
        )
