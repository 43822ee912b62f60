"""The ways to run tasks, best first, and which of them this machine can do."""

from __future__ import annotations

import enum
import sys

from ecs_workloads.local import _namespaces
from ecs_workloads.local.local_error import LocalError


class Mode(enum.StrEnum):
    """How tasks run."""

    NAMESPACES = "namespaces"
    """As processes, each task with its own network and its images' files."""
    LOOPBACK = "loopback"
    """As processes of this machine, each task with an address of its own in 127.0.0.0/8, which ``TASK_IP`` says."""
    SIMULATED = "simulated"
    """Not at all: what is deployed is a record."""

    @property
    def label(self) -> str:
        """What a deployment in this mode does not prove, in one line; empty for the best mode."""
        return {
            Mode.NAMESPACES: "",
            Mode.LOOPBACK: (
                "Loopback mode: tasks see the files and the network of this machine and run as you, one to a service; "
                "names of Service Connect are known in variables alone, and read-only roots are not in force."
            ),
            Mode.SIMULATED: "Simulated mode: no program runs; services are records that say nothing of your images.",
        }[self]


def choose(wanted: str | None) -> Mode:
    """Return the mode to run in.

    Args:
        wanted: Name of a mode; ``None`` for the best that this machine can do.

    Raises:
        LocalError: There is no such mode, or this machine cannot do it.
    """
    if wanted is not None:
        if wanted not in set(Mode):
            raise LocalError(f"--mode must be one of {', '.join(Mode)}, got {wanted!r}")
        mode = Mode(wanted)
        if mode is Mode.NAMESPACES:
            _namespaces.check()
        if mode is Mode.LOOPBACK and sys.platform != "linux":
            raise LocalError(f"loopback mode runs on Linux, this machine is {sys.platform}; say --mode simulated")
        return mode
    if sys.platform != "linux":
        return Mode.SIMULATED
    return Mode.NAMESPACES if why_not() is None else Mode.LOOPBACK


def why_not() -> str | None:
    """Return why this machine lets us have no namespaces; ``None`` when it does."""
    try:
        _namespaces.check()
    except LocalError as error:
        return str(error)
    return None
