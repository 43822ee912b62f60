"""One task: containers as processes that share a network, started in order and ended together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from ecs_workloads.local import _ministack
from ecs_workloads.local._container import ContainerProcess
from ecs_workloads.local._container_plan import ContainerPlan
from ecs_workloads.local._health import HealthCheck
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._names import Names, host_name
from ecs_workloads.local._network import Network
from ecs_workloads.local._task_volumes import TaskVolumes
from ecs_workloads.local.local_error import LocalError

_PAUSE = 0.05
_START_TIMEOUT = 180.0  # seconds, as ECS waits for a dependency


class TaskRun:
    """A task that can be started once and stopped once.

    Args:
        task_id: The task's id.
        plans: Its containers.
        network: Where its network is made.
        names: Where its host gets a name.
        volumes: Where its volumes were made.
        container: Starts a container.
        log: Called with the name of a container and each line that it writes.
        changed: Called when the health of a container changed.
    """

    simulated = False

    def __init__(
        self,
        *,
        task_id: str,
        plans: Sequence[ContainerPlan],
        network: Network,
        names: Names,
        volumes: TaskVolumes,
        container: type[ContainerProcess],
        log: Callable[[str, str], None],
        changed: Callable[[], None],
    ) -> None:
        self.task_id = task_id
        self.address = ""
        self._plans = {str(plan.definition["name"]): plan for plan in plans}
        self._network = network
        self._names = names
        self._volumes = volumes
        self._container = container
        self._log = log
        self._changed = changed
        self._containers: dict[str, ContainerProcess] = {}
        self._checks: dict[str, HealthCheck] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start all containers, each when what it depends on is as far as the definition says.

        Raises:
            LocalError: A container cannot be started, or a dependency failed. What started is stopped.
        """
        self.address = self._network.add(self.task_id)
        self._names.add_host(self.address)
        waiting = dict(self._plans)
        end = time.monotonic() + _START_TIMEOUT
        while waiting and not self._stopping.is_set():
            ready = [name for name, plan in waiting.items() if self._may_start(plan)]
            for name in ready:
                self._start(name, waiting.pop(name))
            if waiting and not ready:
                if time.monotonic() > end:
                    raise LocalError(f"containers {', '.join(waiting)} waited too long for what they depend on")
                time.sleep(_PAUSE)

    def _start(self, name: str, plan: ContainerPlan) -> None:
        def log(line: str) -> None:
            self._log(name, line)

        container = self._container(
            plan.sandbox(host_name(self.address)), network=self._network.path(self.task_id), log=log
        )
        self._containers[name] = container
        if plan.definition.get("healthCheck"):
            self._checks[name] = HealthCheck(container, plan.definition["healthCheck"], self._changed)

    def _may_start(self, plan: ContainerPlan) -> bool:
        return all(self._is(each) for each in _ministack.listed(plan.definition, "dependsOn"))

    def _is(self, dependency: Document) -> bool:
        name, condition = str(dependency["containerName"]), str(dependency["condition"])
        container = self._containers.get(name)
        if container is None:
            return False
        code = container.exit_code()
        if condition == "SUCCESS" and code not in {None, 0}:
            raise LocalError(f"container {name} ended with exit code {code}, and another waits for its success")
        if condition == "HEALTHY" and self.health(name) == "UNHEALTHY":
            raise LocalError(f"container {name} is unhealthy, and another waits for it")
        return {
            "START": True,
            "HEALTHY": self.health(name) == "HEALTHY",
            "COMPLETE": code is not None,
            "SUCCESS": code == 0,
        }[condition]

    def health(self, name: str) -> str:
        """Return ``HEALTHY``, ``UNHEALTHY``, or ``UNKNOWN`` for a container without a check or before its end."""
        return self._checks[name].status if name in self._checks else "UNKNOWN"

    def has_checks(self) -> bool:
        """Return whether an essential container has a health check."""
        return any(plan.essential and plan.definition.get("healthCheck") for plan in self._plans.values())

    def task_health(self) -> str:
        """Return the health of the task: that of its essential containers with a check."""
        states = {self.health(name) for name, plan in self._plans.items() if plan.essential and name in self._checks}
        for state in ("UNHEALTHY", "UNKNOWN", "HEALTHY"):
            if state in states:
                return state
        return "UNKNOWN"

    def wait(self) -> None:
        """Wait until an essential container ended, or all did, or the task is being stopped."""
        while not self._stopping.is_set():
            ended = [name for name, container in self._containers.items() if container.exit_code() is not None]
            if any(self._plans[name].essential for name in ended) or len(ended) == len(self._plans):
                return
            self._stopping.wait(_PAUSE)

    def exit_codes(self) -> Mapping[str, int | None]:
        """Return the exit code of each container; ``None`` for one that runs or was never started."""
        return {name: container.exit_code() for name, container in self._containers.items()}

    def stop(self) -> None:
        """Stop all containers: SIGTERM, then SIGKILL after the stop time-out of each; dependents go first."""
        self._stopping.set()
        running = dict(self._containers)
        while running:
            needed = {
                str(each["containerName"])
                for name in running
                for each in _ministack.listed(self._plans[name].definition, "dependsOn")
            }
            last = {name: container for name, container in running.items() if name not in needed} or running
            with ThreadPoolExecutor(len(last)) as pool:
                for name, container in last.items():
                    pool.submit(container.stop, self._plans[name].stop_timeout)
            running = {name: container for name, container in running.items() if name not in last}
        self._names.remove_host(self.address)
        self._network.remove(self.task_id)
        self._volumes.remove(self.task_id)
