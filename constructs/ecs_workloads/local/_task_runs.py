"""Makes what runs a task, by the mode of the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ecs_workloads.local import _service_connect, _task_states
from ecs_workloads.local._container import ContainerProcess
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._network import Network
from ecs_workloads.local._simulated_run import SimulatedRun
from ecs_workloads.local._task_plans import TaskPlans
from ecs_workloads.local._task_run import TaskRun

Log = Callable[[str, str], None]


class Run(Protocol):
    """What runs a task."""

    @property
    def task_id(self) -> str:
        """The task's id."""
        ...

    @property
    def address(self) -> str:
        """Its address; empty for one that is reached nowhere."""
        ...

    @property
    def simulated(self) -> bool:
        """Whether nothing runs."""
        ...

    def start(self) -> None:
        """Start it."""
        ...

    def wait(self) -> None:
        """Wait until it ended or is being stopped."""
        ...

    def stop(self) -> None:
        """Stop it, and return when it ended."""
        ...

    def exit_codes(self) -> Mapping[str, int | None]:
        """Return the exit code of each container."""
        ...

    def health(self, name: str) -> str:
        """Return the health of a container."""
        ...

    def has_checks(self) -> bool:
        """Return whether an essential container has a health check."""
        ...

    def task_health(self) -> str:
        """Return the health of the task."""
        ...


class TaskRuns(Protocol):
    """Makes what runs a task."""

    def make(
        self, task: Document, definition: Document, overrides: list[Document], *, log: Log, changed: Callable[[], None]
    ) -> Run:
        """Return what runs ``task``; it is not started yet."""
        ...


@dataclass(frozen=True, kw_only=True)
class ProcessRuns:
    """Tasks as processes.

    Args:
        plans: Says what a task runs.
        network: Where tasks are reached.
        container: Starts a container.
    """

    plans: TaskPlans
    network: Network
    container: type[ContainerProcess]

    def make(
        self, task: Document, definition: Document, overrides: list[Document], *, log: Log, changed: Callable[[], None]
    ) -> Run:
        """Return what runs ``task``.

        Raises:
            LocalError: An image or a volume cannot be had here.
        """
        namespace = _service_connect.namespace_of(_task_states.service_of(task) or {})
        return TaskRun(
            task_id=_task_id(task),
            plans=self.plans.make(task, definition, overrides, namespace),
            network=self.network,
            names=self.plans.names,
            volumes=self.plans.volumes,
            container=self.container,
            log=log,
            changed=changed,
        )


class SimulatedRuns:
    """Tasks as records."""

    def make(
        self,
        task: Document,
        definition: Document,
        overrides: list[Document],  # noqa: ARG002 - nothing runs
        *,
        log: Log,  # noqa: ARG002 - nothing is written
        changed: Callable[[], None],  # noqa: ARG002 - nothing changes
    ) -> Run:
        """Return what stands for ``task``."""
        names = [str(each["name"]) for each in definition["containerDefinitions"]]
        lasting = _task_states.service_of(task) is not None
        return SimulatedRun(task_id=_task_id(task), containers=names, lasting=lasting)


def _task_id(task: Document) -> str:
    return str(task["taskArn"]).rsplit("/", 1)[-1]
